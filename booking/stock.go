package booking

import (
	"slices"
	"time"
)

// Hold requests a quantity of an item on every day of [From, To): rooms of a place for its
// nights, cups of a drink for its day.
type Hold struct {
	Key      string `json:"key"`
	OrderID  string `json:"orderId"`
	ItemID   string `json:"itemId"`
	From     Date   `json:"from"`
	To       Date   `json:"to"` // exclusive
	Quantity int    `json:"quantity"`
	Late     bool   `json:"late,omitempty"` // it is too late to begin
	Reason   Reason `json:"why,omitempty"`  // why it is released or not begun; set on the undo, or when it is late
}

// HoldChange requests to replace an existing hold: its Hold is the hold after the change,
// and its Key that of the change.
type HoldChange struct {
	Hold
	Of string `json:"of"` // the key of the hold that is changed
	// Has is the hold that the caller expects, zero for any.
	Has DailyQuantity `json:"has,omitzero"`
	// Agreed is whatever else belongs to the change, in the caller's own encoding.
	Agreed string `json:"agreed,omitempty"`
	Made   bool   `json:"made,omitempty"`
}

// HoldChanges are the changes of a hold.
type HoldChanges struct {
	// All changes, oldest first, without refused ones.
	All []HoldChange `json:"all"`
}

// Made reports whether the change with this key was made.
func (c *HoldChanges) Made(key string) bool {
	return c != nil && slices.ContainsFunc(c.All, func(is HoldChange) bool { return is.Key == key && is.Made })
}

// StayEnd is the end of the stay that a hold was made for.
type StayEnd struct {
	Hold
	Left        time.Time `json:"left"`
	CheckInTime Clock     `json:"checkInTime"` // the time at which nights begin, in TimeZone
	TimeZone    string    `json:"timeZone"`    // IANA name
	Begins      time.Time `json:"begins"`      // the instant of the first night's CheckInTime
}

// FirstFreeNight is the first night of the hold that the guests do not use. In a time zone
// that this build does not know, clocks have the offset from UTC that they had when the
// stay began.
func (e StayEnd) FirstFreeNight() Date {
	zone, err := Zone(e.TimeZone)
	if err != nil {
		ahead := e.From.At(e.CheckInTime, time.UTC).Sub(e.Begins)
		zone = time.FixedZone(e.TimeZone, int(ahead/time.Second))
	}
	return FirstFreeNight(e.From, e.To, e.CheckInTime, e.Left, zone)
}

// Nights are the nights of [From, To).
type Nights struct {
	From Date `json:"from" format:"date" doc:"The first of the nights"`
	To   Date `json:"to" format:"date" doc:"The day after the last of them"`
}

// Freed is what the end of a stay released.
type Freed struct {
	// Nights are the nights that are free again, nil if there are none.
	Nights *Nights `json:"nights,omitempty"`
	// Remaining is how many were left then, in the night with the fewest.
	Remaining *int `json:"remaining,omitempty"`
}

// StockDay is the stock of an item on one day.
type StockDay struct {
	Date      Date `json:"date"`
	Capacity  int  `json:"capacity"`
	Remaining int  `json:"remaining"`
}

// StockChange sets the stock of an item on each of the days of [From, To).
type StockChange struct {
	Kind     Kind
	OwnerID  string
	Item     Item
	From     Date
	To       Date // exclusive
	Capacity int
}

// ItemDay is an item on one day.
type ItemDay struct {
	ItemID string
	Date   Date
}

// DailyQuantity is a quantity on every day of [From, To).
type DailyQuantity struct {
	From     Date `json:"from"`
	To       Date `json:"to"`
	Quantity int  `json:"quantity"`
}

// DailyQuantity is what the hold requests.
func (h Hold) DailyQuantity() DailyQuantity { return DailyQuantity{h.From, h.To, h.Quantity} }

// Beyond is the part of s that other does not cover, in the order of days.
func (s DailyQuantity) Beyond(other DailyQuantity) (more []DailyQuantity) {
	for _, part := range []DailyQuantity{
		{s.From, earlier(s.To, other.From), s.Quantity},
		{later(s.From, other.From), earlier(s.To, other.To), s.Quantity - other.Quantity},
		{later(s.From, other.To), s.To, s.Quantity},
	} {
		if part.From.Before(part.To) && part.Quantity > 0 {
			more = append(more, part)
		}
	}
	return more
}

func earlier(a, b Date) Date {
	if b.Before(a) {
		return b
	}
	return a
}

func later(a, b Date) Date {
	if a.Before(b) {
		return b
	}
	return a
}
