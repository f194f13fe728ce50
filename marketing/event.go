package marketing

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strings"
	"time"
	_ "time/tzdata" // containers have no time zones of their own

	"github.com/uptrace/bun"
)

// booking is the stored part of an order.
type booking struct {
	bun.BaseModel `bun:"table:marketing_bookings"`

	OrderID    string `bun:",pk"`
	CustomerID string
	Kind       string
	ItemID     string
	ItemName   string // as it was called then
	PlacedAt   time.Time
	Cancelled  bool // for good; a cancelled one may lack all of the above
}

// offer is the stored part of something that can be booked.
type offer struct {
	bun.BaseModel `bun:"table:marketing_offers"`

	Kind      string `bun:",pk"`
	ItemID    string `bun:",pk"`
	ItemName  string
	Withdrawn bool  // it takes no orders for now
	Deleted   bool  // it never takes any again
	EndsAt    int64 // when it can no longer be booked, in s since 1970
}

// noEnd is for offers that can be booked on any day.
const noEnd = math.MaxInt64

// Event types that matter here. All others are skipped.
var (
	placements    = map[string]bool{"ReservationPlaced": true, "OrderPlaced": true, "CallPlaced": true}
	cancellations = map[string]bool{"ReservationCanceled": true, "OrderCanceled": true, "CallCanceled": true}
	offers        = map[string]bool{
		"PlaceRegistered": true, "PlaceChanged": true, "PlaceWithdrawn": true, "PlaceBroughtBack": true,
		"MenuRegistered": true, "MenuChanged": true, "MenuWithdrawn": true, "MenuBroughtBack": true,
		"DrinkRegistered": true, "DrinkChanged": true, "DrinkWithdrawn": true, "DrinkBroughtBack": true, "DrinkDeleted": true,
	}
)

// event is a CloudEvent of the feed: https://github.com/cloudevents/spec.
type event struct {
	SpecVersion string          `json:"specversion"`
	Type        string          `json:"type"`
	Subject     string          `json:"subject"` // the id of the order, or of what can be booked
	Time        time.Time       `json:"time"`
	Data        json.RawMessage `json:"data"`
}

func readEvent(raw json.RawMessage) (e event, err error) {
	if err := json.Unmarshal(raw, &e); err != nil {
		return event{}, err
	}
	// The precision of the databases and of JSON.
	e.Time = e.Time.UTC().Truncate(time.Microsecond)
	switch {
	case e.SpecVersion != "1.0":
		return event{}, fmt.Errorf("specversion is %.20q", e.SpecVersion)
	case e.Type == "":
		return event{}, errors.New("type is missing")
	case e.Time.Year() < 1 || e.Time.Year() > 9999:
		return event{}, errors.New("time is out of all bounds")
	}
	return e, nil
}

// booking is the order's new state; ok is false if the event does not matter here.
func (e event) booking() (b booking, ok bool, err error) {
	if !placements[e.Type] && !cancellations[e.Type] {
		return booking{}, false, nil
	}
	if err := checkID("subject", e.Subject); err != nil {
		return booking{}, false, err
	}
	if cancellations[e.Type] {
		return booking{OrderID: e.Subject, Cancelled: true}, true, nil
	}
	var data struct {
		Kind       string `json:"kind"`
		CustomerID string `json:"customerId"`
		Item       item   `json:"item"`
	}
	if err := json.Unmarshal(e.Data, &data); err != nil {
		return booking{}, false, fmt.Errorf("data: %w", err)
	}
	if err := errors.Join(
		checkID("data.kind", data.Kind), checkID("data.customerId", data.CustomerID), checkID("data.item.id", data.Item.ID),
	); err != nil {
		return booking{}, false, err
	}
	return booking{
		OrderID: e.Subject, CustomerID: data.CustomerID, Kind: data.Kind,
		ItemID: data.Item.ID, ItemName: strings.ReplaceAll(data.Item.Name, "\x00", ""), PlacedAt: e.Time,
	}, true, nil
}

// offer is the new state of something that can be booked; ok is false if the event is
// about something else.
func (e event) offer() (o offer, ok bool, err error) {
	if !offers[e.Type] {
		return offer{}, false, nil
	}
	var data struct {
		Kind      string     `json:"kind"`
		Item      item       `json:"item"`
		Withdrawn bool       `json:"withdrawn"`
		Deleted   bool       `json:"deleted"`
		EndsAt    *time.Time `json:"endsAt"`
		Date      string     `json:"date"`
		TimeZone  string     `json:"timeZone"`
	}
	if err := json.Unmarshal(e.Data, &data); err != nil {
		return offer{}, false, fmt.Errorf("data: %w", err)
	}
	if err := errors.Join(checkID("data.kind", data.Kind), checkID("data.item.id", data.Item.ID)); err != nil {
		return offer{}, false, err
	}
	o = offer{
		Kind: data.Kind, ItemID: data.Item.ID, ItemName: strings.ReplaceAll(data.Item.Name, "\x00", ""),
		Withdrawn: data.Withdrawn, Deleted: data.Deleted, EndsAt: noEnd,
	}
	switch {
	case data.EndsAt != nil:
		o.EndsAt = data.EndsAt.Unix()
	case data.Date != "":
		ends, err := endOfDay(data.Date, data.TimeZone)
		if err != nil {
			return offer{}, false, fmt.Errorf("data.date: %w", err)
		}
		o.EndsAt = ends.Unix()
	}
	return o, true, nil
}

// endOfDay is when the day ends in the zone, or in UTC if there is no such zone. Drinks
// that were registered before there were events have no other end in theirs.
func endOfDay(date, zone string) (time.Time, error) {
	day, err := time.Parse(time.DateOnly, date)
	if err != nil {
		return time.Time{}, err
	}
	where, err := time.LoadLocation(zone) //nolint:forbidigo // this service knows the feed alone, and not package booking
	if err != nil {
		where = time.UTC
	}
	ends := time.Date(day.Year(), day.Month(), day.Day()+1, 0, 0, 0, 0, where) //nolint:forbidigo // the same
	// Without a midnight the day ends when the clocks change.
	if ends.Day() == day.Day() {
		_, ends = ends.ZoneBounds()
	}
	return ends, nil
}

// longestID is in bytes: three of them fit into an index of PostgreSQL.
const longestID = 512

// checkID refuses ids that a database would not accept, or could not find again.
func checkID(field, id string) error {
	switch {
	case id == "":
		return fmt.Errorf("%s is missing", field)
	case len(id) > longestID:
		return fmt.Errorf("%s is longer than %d bytes", field, longestID)
	case strings.ContainsRune(id, 0):
		return fmt.Errorf("%s contains a zero byte", field)
	}
	return nil
}
