package contract

import (
	"time"

	"github.com/yeyak/yeyak/booking"
)

// CleaningWorkflow is the workflow type of calls for a cleaner.
const CleaningWorkflow = "Cleaning"

// Cleaning is what a call for a cleaner starts with. Its amount is what the
// customer offers, which may be nothing.
type Cleaning struct {
	Order
	Tel      booking.Personal `json:"tel"`
	Location booking.Personal `json:"location"`
}

// CleaningOffice is who cleanings are ordered from, and so their owner. It is
// the name of no person: no request can name it, so that the calls of all
// customers are listed for none of them.
const CleaningOffice = "@cleaning"

// CleaningItem is what every call asks for.
func CleaningItem() booking.Item { return booking.Item{ID: "cleaning", Name: "Cleaning"} }

// View is the call as it stands before its workflow has run.
func (c Cleaning) View() View {
	v := c.view(booking.Cleaning, CleaningOffice, CleaningItem(), 1)
	v.Terms = c.terms(time.Time{}, "")
	v.Cleaning = &Visit{Location: c.Location}
	return v
}

// Check is an Invalid if no call for a cleaner can start with this.
func (c Cleaning) Check() error {
	var is objections
	c.check(booking.Cleaning, &is)
	if c.Settle == nil {
		is.unless(booking.IsTelephone(c.Tel), "tel", "is not a telephone number as +8221234567")
		is.words("location", c.Location)
	}
	return is.err()
}

func settleCleaning(o Order, v View) (Input, error) {
	return Cleaning{Order: o, Location: v.location()}, nil
}
