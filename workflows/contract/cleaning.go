package contract

import (
	"time"

	"github.com/yeyak/yeyak/booking"
)

// CleaningWorkflow is the workflow type of calls for a cleaner.
const CleaningWorkflow = "Cleaning"

// Cleaning is the input of a call for a cleaner. Its amount is what the customer offers,
// which may be 0.
type Cleaning struct {
	Order
	Tel      booking.Personal `json:"tel"`
	Location booking.Personal `json:"location"`
}

// CleaningOffice is the owner of all cleanings. It is not a valid id of a person, so that
// no request can have it as its owner and list the calls of all customers.
const CleaningOffice = "@cleaning"

// CleaningItem is the item of every call.
func CleaningItem() booking.Item { return booking.Item{ID: "cleaning", Name: "Cleaning"} }

// View is the call before its workflow has run.
func (c Cleaning) View() View {
	v := c.view(booking.Cleaning, CleaningOffice, CleaningItem(), 1)
	v.Terms = c.terms(time.Time{}, "")
	v.Cleaning = &Visit{Location: c.Location}
	return v
}

// Check returns Invalid if the saga does not accept the input.
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
