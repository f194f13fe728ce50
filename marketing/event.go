package marketing

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/uptrace/bun"
)

// booking is what is remembered of an order.
type booking struct {
	bun.BaseModel `bun:"table:marketing_bookings"`

	OrderID    string `bun:",pk"`
	CustomerID string
	Kind       string
	ItemID     string
	ItemName   string // as it was called then
	PlacedAt   time.Time
	Cancelled  bool // for good; a cancelled one may lack all that is above
}

// Types of events that matter here. All others are passed over.
var (
	placements    = map[string]bool{"ReservationPlaced": true, "OrderPlaced": true, "CallPlaced": true}
	cancellations = map[string]bool{"ReservationCanceled": true, "OrderCanceled": true, "CallCanceled": true}
)

// event is a CloudEvent of the feed: https://github.com/cloudevents/spec.
type event struct {
	SpecVersion string          `json:"specversion"`
	Type        string          `json:"type"`
	Subject     string          `json:"subject"` // the order's id
	Time        time.Time       `json:"time"`
	Data        json.RawMessage `json:"data"`
}

func readEvent(raw json.RawMessage) (e event, err error) {
	if err := json.Unmarshal(raw, &e); err != nil {
		return event{}, err
	}
	// What the databases keep of a time, and JSON can tell.
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

// booking is what the event says of its order; ok is false when it says
// nothing that matters here.
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

// longestID is in bytes: three of them fit into an index of PostgreSQL.
const longestID = 512

// checkID refuses what no database would take, or could not find again.
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
