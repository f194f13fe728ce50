package booking

import (
	"slices"
	"time"
)

// Events of the catalogue. Those of one thing come in the order of its changes.
const (
	// PlaceRegistered: a place can be reserved from now on.
	PlaceRegistered EventType = "PlaceRegistered"
	// PlaceChanged: its owner has changed it.
	PlaceChanged EventType = "PlaceChanged"
	// PlaceWithdrawn: it takes no new reservations.
	PlaceWithdrawn EventType = "PlaceWithdrawn"
	// PlaceBroughtBack: it takes new reservations again.
	PlaceBroughtBack EventType = "PlaceBroughtBack"

	// MenuRegistered and the next constants are the same for a menu.
	MenuRegistered  EventType = "MenuRegistered"
	MenuChanged     EventType = "MenuChanged"
	MenuWithdrawn   EventType = "MenuWithdrawn"
	MenuBroughtBack EventType = "MenuBroughtBack"

	// DrinkRegistered and the next constants are the same for a drink.
	DrinkRegistered  EventType = "DrinkRegistered"
	DrinkChanged     EventType = "DrinkChanged"
	DrinkWithdrawn   EventType = "DrinkWithdrawn"
	DrinkBroughtBack EventType = "DrinkBroughtBack"
	// DrinkDeleted: it was taken off the menu for good.
	DrinkDeleted EventType = "DrinkDeleted"

	// StockChanged: the owner has set the stock of a place or drink.
	StockChanged EventType = "StockChanged"

	// CleanerRegistered: a cleaner takes calls from now on.
	CleanerRegistered EventType = "CleanerRegistered"
	// CleanerChanged: the cleaner's name was changed.
	CleanerChanged EventType = "CleanerChanged"
	// CleanerWithdrawnEvent: the cleaner gets no new calls.
	CleanerWithdrawnEvent EventType = "CleanerWithdrawn"
	// CleanerBroughtBack: the cleaner gets new calls again.
	CleanerBroughtBack EventType = "CleanerBroughtBack"
)

// CatalogueEvents lists the types of events of the catalogue.
func CatalogueEvents() []EventType {
	return []EventType{
		PlaceRegistered, PlaceChanged, PlaceWithdrawn, PlaceBroughtBack,
		MenuRegistered, MenuChanged, MenuWithdrawn, MenuBroughtBack,
		DrinkRegistered, DrinkChanged, DrinkWithdrawn, DrinkBroughtBack, DrinkDeleted,
		StockChanged,
		CleanerRegistered, CleanerChanged, CleanerWithdrawnEvent, CleanerBroughtBack,
	}
}

// OfCatalogue reports whether events of the type are about the catalogue and not about an
// order.
func (t EventType) OfCatalogue() bool { return slices.Contains(CatalogueEvents(), t) }

// CatalogueData is the content of a catalogue event: the item or cleaner as it is after the
// change.
type CatalogueData struct {
	Kind    Kind   `json:"kind"`
	OwnerID string `json:"ownerId,omitempty"`
	// By is the number of the caller that made the change, absent while authentication is
	// off and for changes older than this field.
	By      string   `json:"by,omitempty"`
	Item    *Item    `json:"item,omitempty"`    // for everything but cleaners
	Cleaner *Cleaner `json:"cleaner,omitempty"` // for cleaners
	Price   *Money   `json:"price,omitempty"`   // per piece; for a place, per room and night
	// Withdrawn and Deleted: it takes no new orders, for now or for good.
	Withdrawn *bool `json:"withdrawn,omitempty"`
	Deleted   bool  `json:"deleted,omitempty"`
	// Cancellation is what customers who cancel get back of orders placed after the change;
	// absent: everything.
	Cancellation *CancellationPolicy `json:"cancellation,omitempty"`

	// For a place.
	Confirmation  Confirmation `json:"confirmation,omitempty"`
	ConfirmWithin string       `json:"confirmWithin,omitempty"`
	CheckInTime   string       `json:"checkInTime,omitempty"`
	CheckOutTime  string       `json:"checkOutTime,omitempty"`
	// TimeZone is that of a place or drink, an IANA name.
	TimeZone string `json:"timeZone,omitempty"`

	// For a drink: the day that it can be ordered for, the end of that day, and the stock
	// at the beginning.
	Date   string     `json:"date,omitempty" format:"date"`
	EndsAt *time.Time `json:"endsAt,omitempty"`
	Count  *int       `json:"count,omitempty"`

	Stock *EventStock `json:"stock,omitempty"` // for StockChanged
}

// EventStock is the stock on each of the days of [From, To), and how many are left on the
// day with the fewest.
type EventStock struct {
	From      string `json:"from" format:"date"`
	To        string `json:"to" format:"date"`
	Capacity  int    `json:"capacity"`
	Remaining int    `json:"remaining"`
}

// EventData is the content of an event about the place.
func (p Place) EventData() CatalogueData {
	return CatalogueData{
		Kind: Lodging, OwnerID: p.OwnerID, Item: &Item{p.ID, p.Name}, Price: &p.Price, Withdrawn: &p.Withdrawn,
		Confirmation: p.Confirmation, ConfirmWithin: p.ConfirmWithin.String(), TimeZone: p.TimeZone,
		CheckInTime: p.CheckInTime.String(), CheckOutTime: p.CheckOutTime.String(),
		Cancellation: p.Cancellation,
	}
}

// EventData is the content of an event about the menu.
func (m Menu) EventData() CatalogueData {
	return CatalogueData{Kind: Food, OwnerID: m.OwnerID, Item: &Item{m.ID, m.Name}, Price: &m.Price, Withdrawn: &m.Withdrawn, Cancellation: m.Cancellation}
}

// EventData is the content of an event about the drink.
func (d Drink) EventData() CatalogueData {
	data := CatalogueData{
		Kind: Cafe, OwnerID: d.OwnerID, Item: &Item{d.ID, d.Name}, Price: &d.Price, Withdrawn: &d.Withdrawn, Cancellation: d.Cancellation,
		Date: d.Date.String(), TimeZone: d.TimeZone,
	}
	if _, err := Zone(d.TimeZone); err == nil {
		ends := d.Ends().UTC()
		data.EndsAt = &ends
	}
	return data
}

// EventData is the content of an event about the cleaner.
func (c CleanerAtWork) EventData() CatalogueData {
	return CatalogueData{Kind: Cleaning, Cleaner: &c.Cleaner, Withdrawn: &c.Withdrawn}
}

// EventData is the content of an event about the change. remaining is how many are left on
// the day with the fewest.
func (c StockChange) EventData(remaining int) CatalogueData {
	return CatalogueData{
		Kind: c.Kind, OwnerID: c.OwnerID, Item: &c.Item,
		Stock: &EventStock{From: c.From.String(), To: c.To.String(), Capacity: c.Capacity, Remaining: remaining},
	}
}
