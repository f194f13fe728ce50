package booking

import "time"

// Page requests a part of a list. The zero Cursor is the beginning; every part comes with
// the cursor of the next one, "" at the end.
type Page struct {
	Limit  int
	Cursor string
}

// CountedTo is the limit of counting a list: it means as many or more.
const CountedTo = 10_000

// InvalidCursor is the code for a cursor that the list has not issued.
const InvalidCursor Code = "invalid_cursor"

// OrderFilter selects the orders of one customer or of one owner. An empty kind or status
// selects all.
type OrderFilter struct {
	CustomerID string
	OwnerID    string
	ItemID     string // of one place, menu or drink of the owner's; "" for all
	Kind       Kind
	Status     Status
	// PlacedBefore selects the orders that were placed before it; zero selects all.
	PlacedBefore time.Time
}

// EventFilter selects the events of orders of one customer or of one owner. Only one of them is
// given: each has an index of its own.
type EventFilter struct {
	CustomerID string
	OwnerID    string
}

// CatalogueFilter selects items of the catalogue; an empty OwnerID or Date selects all.
// Only drinks have dates.
type CatalogueFilter struct {
	OwnerID string
	Date    Date
	// EndsAfter excludes drinks whose day has ended by then, and orders the others by the end of
	// their day, soonest first; zero excludes none.
	EndsAfter time.Time
	// Withdrawn selects withdrawn items only; without it, only the others are selected.
	Withdrawn bool
}

// CleanerFilter selects either withdrawn cleaners or the others.
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
