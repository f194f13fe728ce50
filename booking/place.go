package booking

import (
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"
)

// Confirmation is how a paid reservation is confirmed.
type Confirmation string

// A place confirms automatically, or its owner does.
const (
	Auto   Confirmation = "auto"
	Manual Confirmation = "manual"
)

// MaxNights is the longest stay, and the longest range of stock that is set or read at
// once.
const MaxNights = 366

// Limits of the time that an owner has to decide.
const (
	ShortestConfirmWithin = Duration(time.Second)
	LongestConfirmWithin  = Duration(30 * 24 * time.Hour)
)

// OwnerDecidesBy is the deadline of an owner whose decision on a stay was requested: within
// the place's time, and before check-out, when nothing is left to decide.
func OwnerDecidesBy(requestedAt time.Time, within Duration, checkOut time.Time) time.Time {
	if due := requestedAt.Add(time.Duration(within)); due.Before(checkOut) {
		return due
	}
	return checkOut
}

// Place is somewhere to stay, as its owner registered it. A reservation keeps the place as
// it was when the reservation was made.
type Place struct {
	ID           string       `json:"id"`
	Name         string       `json:"name"`
	OwnerID      string       `json:"ownerId"`
	Price        Money        `json:"price"` // per room and night
	Confirmation Confirmation `json:"confirmation"`
	// ConfirmWithin is how long the owner may take; used if Confirmation is Manual.
	ConfirmWithin Duration `json:"confirmWithin"`
	TimeZone      string   `json:"timeZone"` // IANA name
	CheckInTime   Clock    `json:"checkInTime"`
	CheckOutTime  Clock    `json:"checkOutTime"`
	// Cancellation is what customers who cancel get back of reservations made from now on;
	// nil: everything.
	Cancellation *CancellationPolicy `json:"cancellation,omitempty"`
	// Withdrawn places take no new reservations.
	Withdrawn bool `json:"withdrawn,omitempty"`
}

// Fault is why the place cannot be reserved as it is stored, nil if it can: a build with
// other rules or time zones may have registered it.
func (p Place) Fault() error {
	if _, err := Zone(p.TimeZone); err != nil {
		return zoneFault(p.TimeZone)
	}
	if p.Confirmation != Auto && p.Confirmation != Manual {
		return fmt.Errorf("confirmation %q is neither %s nor %s", p.Confirmation, Auto, Manual)
	}
	return nil
}

func zoneFault(name string) error { return fmt.Errorf("time zone %q is none that there is", name) }

// Duration is a time.Duration in the notation of people: "24h" where Go writes "24h0m0s".
type Duration time.Duration

// String writes Go's notation without the units at its end that are zero.
func (d Duration) String() string {
	text := time.Duration(d).String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	return text
}

// MarshalText writes what String does, "36h" or "1h30m".
func (d Duration) MarshalText() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalJSON reads what MarshalText writes, and the nanoseconds in the inputs of earlier
// orders.
func (d *Duration) UnmarshalJSON(b []byte) error {
	if number, err := strconv.ParseInt(string(b), 10, 64); err == nil {
		*d = Duration(number)
		return nil
	}
	var text *string
	if err := json.Unmarshal(b, &text); err != nil || text == nil {
		return err
	}
	return d.UnmarshalText([]byte(*text))
}

// UnmarshalText reads Go's notation, short or long: "36h", "36h0m0s", "90m".
func (d *Duration) UnmarshalText(b []byte) error {
	v, err := time.ParseDuration(string(b))
	*d = Duration(v)
	return err
}
