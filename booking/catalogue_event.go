package booking

import (
	"slices"
	"time"
)

// The facts about what can be ordered. Of each thing they come in the order in
// which it was changed.
const (
	// PlaceRegistered: a place can be reserved from now on.
	PlaceRegistered EventType = "PlaceRegistered"
	// PlaceChanged: its owner has changed it.
	PlaceChanged EventType = "PlaceChanged"
	// PlaceWithdrawn: it takes no new reservations.
	PlaceWithdrawn EventType = "PlaceWithdrawn"
	// PlaceBroughtBack: it takes new reservations again.
	PlaceBroughtBack EventType = "PlaceBroughtBack"

	// MenuRegistered and what follows are the same of a menu.
	MenuRegistered  EventType = "MenuRegistered"
	MenuChanged     EventType = "MenuChanged"
	MenuWithdrawn   EventType = "MenuWithdrawn"
	MenuBroughtBack EventType = "MenuBroughtBack"

	// DrinkRegistered and what follows are the same of a drink.
	DrinkRegistered  EventType = "DrinkRegistered"
	DrinkChanged     EventType = "DrinkChanged"
	DrinkWithdrawn   EventType = "DrinkWithdrawn"
	DrinkBroughtBack EventType = "DrinkBroughtBack"
	// DrinkDeleted: it was taken off the menu, for good.
	DrinkDeleted EventType = "DrinkDeleted"

	// StockChanged: the owner has set how many there are of a place or drink.
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

// CatalogueEvents lists the types of the events about what can be ordered.
func CatalogueEvents() []EventType {
	return []EventType{
		PlaceRegistered, PlaceChanged, PlaceWithdrawn, PlaceBroughtBack,
		MenuRegistered, MenuChanged, MenuWithdrawn, MenuBroughtBack,
		DrinkRegistered, DrinkChanged, DrinkWithdrawn, DrinkBroughtBack, DrinkDeleted,
		StockChanged,
		CleanerRegistered, CleanerChanged, CleanerWithdrawnEvent, CleanerBroughtBack,
	}
}

// OfCatalogue tells whether events of the type are about what can be ordered,
// and not about an order.
func (t EventType) OfCatalogue() bool { return slices.Contains(CatalogueEvents(), t) }

// CatalogueData is what an event tells of something that can be ordered, or of
// a cleaner, as it is from then on.
type CatalogueData struct {
	Kind    Kind   `json:"kind"`
	OwnerID string `json:"ownerId,omitempty"`
	// By is the number of the one who changed it so, absent while authentication is off
	// and of changes that are older than this field.
	By      string   `json:"by,omitempty"`
	Item    *Item    `json:"item,omitempty"`    // of all but cleaners
	Cleaner *Cleaner `json:"cleaner,omitempty"` // of cleaners
	Price   *Money   `json:"price,omitempty"`   // of one; of a place, a room for a night
	// Withdrawn and Deleted: it takes no new orders, for now or for good.
	Withdrawn *bool `json:"withdrawn,omitempty"`
	Deleted   bool  `json:"deleted,omitempty"`
	// Cancellation is what customers who cancel get back of orders that are placed
	// from then on; absent: everything.
	Cancellation *CancellationPolicy `json:"cancellation,omitempty"`

	// Of a place.
	Confirmation  Confirmation `json:"confirmation,omitempty"`
	ConfirmWithin string       `json:"confirmWithin,omitempty"`
	CheckInTime   string       `json:"checkInTime,omitempty"`
	CheckOutTime  string       `json:"checkOutTime,omitempty"`
	// TimeZone of a place or a drink, an IANA name.
	TimeZone string `json:"timeZone,omitempty"`

	// Of a drink: the day that it can be ordered for, when that ends, and how many
	// there are at the beginning.
	Date   string     `json:"date,omitempty" format:"date"`
	EndsAt *time.Time `json:"endsAt,omitempty"`
	Count  *int       `json:"count,omitempty"`

	Stock *EventStock `json:"stock,omitempty"` // of StockChanged
}

// EventStock is how many there are on each of the days of [From, To), and on
// the day on which the fewest are left, how many these are.
type EventStock struct {
	From      string `json:"from" format:"date"`
	To        string `json:"to" format:"date"`
	Capacity  int    `json:"capacity"`
	Remaining int    `json:"remaining"`
}

// EventData is what events tell of the place.
func (p Place) EventData() CatalogueData {
	return CatalogueData{
		Kind: Lodging, OwnerID: p.OwnerID, Item: &Item{p.ID, p.Name}, Price: &p.Price, Withdrawn: &p.Withdrawn,
		Confirmation: p.Confirmation, ConfirmWithin: p.ConfirmWithin.String(), TimeZone: p.TimeZone,
		CheckInTime: p.CheckInTime.String(), CheckOutTime: p.CheckOutTime.String(),
		Cancellation: p.Cancellation,
	}
}

// EventData is what events tell of the menu.
func (m Menu) EventData() CatalogueData {
	return CatalogueData{Kind: Food, OwnerID: m.OwnerID, Item: &Item{m.ID, m.Name}, Price: &m.Price, Withdrawn: &m.Withdrawn, Cancellation: m.Cancellation}
}

// EventData is what events tell of the drink.
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

// EventData is what events tell of the cleaner.
func (c CleanerAtWork) EventData() CatalogueData {
	return CatalogueData{Kind: Cleaning, Cleaner: &c.Cleaner, Withdrawn: &c.Withdrawn}
}

// EventData is what an event tells of the change. remaining is how many are left
// on the day on which the fewest are.
func (c StockChange) EventData(remaining int) CatalogueData {
	return CatalogueData{
		Kind: c.Kind, OwnerID: c.OwnerID, Item: &c.Item,
		Stock: &EventStock{From: c.From.String(), To: c.To.String(), Capacity: c.Capacity, Remaining: remaining},
	}
}
