package booking

import "time"

// Page asks for a part of a list. The zero Cursor is the beginning; every
// part comes with the cursor of the next one, "" at the end.
type Page struct {
	Limit  int
	Cursor string
}

// CountedTo is how far what a list selects is counted: it stands for as many or
// more.
const CountedTo = 10_000

// InvalidCursor is the code for a cursor that was not given out by the list.
const InvalidCursor Code = "invalid_cursor"

// OrderFilter selects the orders of one customer or of one owner. An empty
// kind or status selects all.
type OrderFilter struct {
	CustomerID string
	OwnerID    string
	ItemID     string // of one place, menu or drink of the owner's; "" is all
	Kind       Kind
	Status     Status
}

// EventFilter selects the events of the orders of one customer, of one owner, or of
// the one with the other. An empty field selects all.
type EventFilter struct {
	CustomerID string
	OwnerID    string
}

// CatalogueFilter selects what is in the catalogue; an empty OwnerID or Date
// selects all. Only drinks have dates.
type CatalogueFilter struct {
	OwnerID string
	Date    Date
	// EndsAfter leaves out drinks whose day is over by then; zero leaves out none.
	// It does not go with Date.
	EndsAfter time.Time
	// Withdrawn selects what was withdrawn, and nothing else; without it, what
	// was not is selected.
	Withdrawn bool
}

// CleanerFilter selects cleaners: those who were withdrawn, or the others.
type CleanerFilter struct {
	Withdrawn bool
}

// JobFilter selects deliveries, by owner and status, or productions, by item
// and status. An empty field selects all.
type JobFilter struct {
	OwnerID string
	ItemID  string
	Status  JobStatus
}
