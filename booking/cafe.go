package booking

import "time"

// Drink is what a café sells on one day. An order keeps the drink as it was when the order
// was placed.
type Drink struct {
	ID      string `json:"id"`
	Name    string `json:"name"`
	OwnerID string `json:"ownerId"`
	Price   Money  `json:"price"` // each
	Date    Date   `json:"date"`  // the day it can be ordered for
	// TimeZone is the zone of Date, an IANA name.
	TimeZone string `json:"timeZone"`
	// Cancellation applies to orders that are placed from now on: see Place.
	Cancellation *CancellationPolicy `json:"cancellation,omitempty"`
	// Withdrawn drinks take no new orders.
	Withdrawn bool `json:"withdrawn,omitempty"`
}

// SaleStatus is the status of a drink's sale.
type SaleStatus string

// The statuses of sale.
const (
	OnSale       SaleStatus = "on_sale"
	SaleOver     SaleStatus = "over"      // its day has ended, so it cannot be ordered any more
	OffSale      SaleStatus = "withdrawn" // it accepts no new orders
	SaleDeleting SaleStatus = "deleting"  // its orders are being cancelled
	SaleDeleted  SaleStatus = "deleted"
)

// SaleStatuses lists every status of sale.
func SaleStatuses() []SaleStatus {
	return []SaleStatus{OnSale, SaleOver, OffSale, SaleDeleting, SaleDeleted}
}

// Fault is why the drink cannot be ordered as it is stored, nil if it can: see Place.Fault.
func (d Drink) Fault() error {
	if _, err := Zone(d.TimeZone); err != nil {
		return zoneFault(d.TimeZone)
	}
	return nil
}

// Begins is the instant at which the drink's day begins, by UTC for a drink with a Fault.
func (d Drink) Begins() time.Time { return d.Date.At(Clock{}, zoneOrUTC(d.TimeZone)) }

// Ends is the instant at which the drink's day ends, by UTC for a drink with a Fault.
func (d Drink) Ends() time.Time { return d.Date.Ends(zoneOrUTC(d.TimeZone)) }

// HasEnded reports whether the drink's day has ended, so that it cannot be ordered any more.
func (d Drink) HasEnded(now time.Time) bool { return !now.Before(d.Ends()) }

// DrinkDeletion is the progress of deleting a drink.
type DrinkDeletion struct {
	// Orders held some of the drink when it was closed.
	Orders int `json:"orders"`
	// Cancelled is how many of these are cancelled, with all undos done.
	Cancelled int `json:"cancelled"`
	// Ended is how many had ended before: handed over, or cancelled for another reason.
	Ended int `json:"over"`
	// Done: no order of the drink is open.
	Done bool `json:"done"`
}

// MayServe: drinks that are being made may be handed over, once.
func MayServe(s Status) error {
	if s == InProduction {
		return nil
	}
	return refusalIfEnded(s, Errorf(NotInProduction, "the order is not in production: it is %s", s))
}

// MayChangeCups: the number of drinks may be changed while they are on the list of orders
// being made, until their day begins.
func MayChangeCups(s Status, now, dayBegins time.Time) error {
	switch {
	case s != InProduction:
		return refusalIfEnded(s, Errorf(NotInProduction, "the order is not in production: it is %s", s))
	case !now.Before(dayBegins):
		return Errorf(NotChangeable, "the day of the drink began at %s: it may be being made", dayBegins.Format(time.RFC3339))
	default:
		return nil
	}
}
