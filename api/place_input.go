package api

import (
	"fmt"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/yeyak/yeyak/booking"
)

// addPlaceInput is a new place.
type addPlaceInput struct {
	Body struct {
		Name          title                `json:"name" example:"Seaside Inn"`
		OwnerID       name                 `json:"ownerId,omitempty" doc:"The owner; by default the caller's organisation, if there is only one" example:"olivia"`
		Price         money                `json:"price" doc:"Price per room and night"`
		Confirmation  booking.Confirmation `json:"confirmation" enum:"auto,manual" doc:"auto: reservations are confirmed automatically; manual: the owner decides"`
		ConfirmWithin string               `json:"confirmWithin,omitempty" default:"24h" minLength:"1" maxLength:"32" doc:"How long the owner may take to decide; then the reservation is cancelled. At least 1s, at most 30 days" example:"24h"`
		TimeZone      string               `json:"timeZone,omitempty" default:"Asia/Seoul" minLength:"1" maxLength:"64" doc:"IANA name" example:"Asia/Seoul"`
		CheckInTime   string               `json:"checkInTime,omitempty" default:"15:00" minLength:"1" maxLength:"5" doc:"HH:MM" example:"15:00"`
		CheckOutTime  string               `json:"checkOutTime,omitempty" default:"11:00" minLength:"1" maxLength:"5" doc:"HH:MM" example:"11:00"`
		Cancellation  *stayPolicy          `json:"cancellation,omitempty" doc:"How much is refunded to customers who cancel; by default everything"`
	} `nameHint:"NewPlace"`

	placeEdit
}

// Resolve validates what the schema cannot.
func (in *addPlaceInput) Resolve(ctx huma.Context) []error {
	var f faults
	f.checkQuery(ctx)
	b := &in.Body
	in.placeEdit = f.placeEdit(&b.Name, &b.ConfirmWithin, &b.TimeZone, &b.CheckInTime, &b.CheckOutTime)
	in.ownerID, in.price, in.confirmation = &b.OwnerID, &b.Price, &b.Confirmation
	in.cancellation = f.stayPolicy(b.Cancellation)
	f.ownOwner(ctx, "body.ownerId", &b.OwnerID)
	f.checkPrice(ctx, in.price)
	if in.checkIn != nil && in.checkOut != nil && in.checkOut.After(*in.checkIn) {
		f.add("body.checkOutTime", "%s", overlap(*in.checkIn, *in.checkOut))
	}
	return f
}

// changePlaceInput is a change of a place.
type changePlaceInput struct {
	ID   string `path:"id" doc:"The place's id"`
	Body struct {
		Name          *title                `json:"name,omitempty"`
		OwnerID       *name                 `json:"ownerId,omitempty"`
		Price         *money                `json:"price,omitempty" doc:"Price per room and night, for reservations from now on"`
		Confirmation  *booking.Confirmation `json:"confirmation,omitempty" enum:"auto,manual"`
		ConfirmWithin *string               `json:"confirmWithin,omitempty" minLength:"1" maxLength:"32"`
		TimeZone      *string               `json:"timeZone,omitempty" minLength:"1" maxLength:"64"`
		CheckInTime   *string               `json:"checkInTime,omitempty" minLength:"1" maxLength:"5"`
		CheckOutTime  *string               `json:"checkOutTime,omitempty" minLength:"1" maxLength:"5"`
		Cancellation  *stayPolicy           `json:"cancellation,omitempty" doc:"The whole policy, for reservations from now on; {} refunds everything"`
		Withdrawn     *bool                 `json:"withdrawn,omitempty" doc:"Whether it accepts no new reservations"`
	} `nameHint:"PlaceChange"`

	placeEdit
}

// Resolve validates what the schema cannot.
func (in *changePlaceInput) Resolve(ctx huma.Context) []error {
	var f faults
	f.checkQuery(ctx)
	b := &in.Body
	in.placeEdit = f.placeEdit(b.Name, b.ConfirmWithin, b.TimeZone, b.CheckInTime, b.CheckOutTime)
	in.ownerID, in.price, in.confirmation = b.OwnerID, b.Price, b.Confirmation
	in.withdrawn, in.cancellation = b.Withdrawn, f.stayPolicy(b.Cancellation)
	f.checkPrice(ctx, in.price)
	return f
}

// placeEdit is a change of a place; nil fields stay as they are.
type placeEdit struct {
	name          *title
	ownerID       *name
	price         *money
	confirmation  *booking.Confirmation
	confirmWithin *booking.Duration
	timeZone      *string
	checkIn       *booking.Clock
	checkOut      *booking.Clock
	withdrawn     *bool
	cancellation  policyEdit
}

// overlap is the message for a check-out after the next check-in.
func overlap(checkIn, checkOut booking.Clock) string {
	return fmt.Sprintf("guests who leave at %s are still there when the next ones come at %s: check-out must not be later than check-in", checkOut, checkIn)
}

// checkTimes refuses an edit after which guests of p would leave later than the next
// ones arrive, and names the field at fault.
func (e placeEdit) checkTimes(p booking.Place) error {
	if e.checkIn == nil && e.checkOut == nil || !p.CheckOutTime.After(p.CheckInTime) {
		return nil
	}
	field := "body.checkInTime"
	if e.checkOut != nil {
		field = "body.checkOutTime"
	}
	var f faults
	f.add(field, "%s", overlap(p.CheckInTime, p.CheckOutTime))
	return invalid(f)
}

func (e placeEdit) edit(p *booking.Place) {
	set(&p.Name, (*string)(e.name))
	set(&p.Confirmation, e.confirmation)
	set(&p.ConfirmWithin, e.confirmWithin)
	set(&p.TimeZone, e.timeZone)
	set(&p.CheckInTime, e.checkIn)
	set(&p.CheckOutTime, e.checkOut)
	set(&p.Withdrawn, e.withdrawn)
	e.cancellation.edit(&p.Cancellation)
	if e.ownerID != nil {
		p.OwnerID = string(*e.ownerID)
	}
	if e.price != nil {
		p.Price = e.price.value()
	}
}

func set[T any](field, value *T) {
	if value != nil {
		*field = *value
	}
}

// placeEdit checks and parses a request's fields of a place.
func (f *faults) placeEdit(name *title, confirmWithin, timeZone, checkIn, checkOut *string) placeEdit {
	if name != nil {
		f.checkName(name)
	}
	return placeEdit{
		name:          name,
		confirmWithin: parsed(f, "body.confirmWithin", confirmWithin, parseConfirmWithin),
		timeZone:      parsed(f, "body.timeZone", timeZone, parseTimeZone),
		checkIn:       parsed(f, "body.checkInTime", checkIn, parseClock),
		checkOut:      parsed(f, "body.checkOutTime", checkOut, parseClock),
	}
}

// parsed parses an optional field, and reports it if it is not valid. The schema
// reports an empty one.
func parsed[T any](f *faults, location string, text *string, parse func(string) (T, error)) *T {
	if text == nil || *text == "" {
		return nil
	}
	v, err := parse(*text)
	if err != nil {
		f.add(location, "%v", err)
		return nil
	}
	return &v
}

func parseConfirmWithin(text string) (booking.Duration, error) {
	d, err := time.ParseDuration(text)
	switch within := booking.Duration(d); {
	case err != nil:
		return 0, fmt.Errorf("%q is not a duration such as 24h or 90m", text)
	case within < booking.ShortestConfirmWithin || within > booking.LongestConfirmWithin:
		return 0, fmt.Errorf("must be at least %s and at most %s", booking.ShortestConfirmWithin, booking.LongestConfirmWithin)
	default:
		return within, nil
	}
}

// parseClock accepts a time of day only in canonical form: 09:30, not 9:30.
func parseClock(text string) (booking.Clock, error) {
	clock, err := booking.ParseClock(text)
	if err == nil && clock.String() != text {
		err = fmt.Errorf("%q is not a time of day of the form HH:MM", text)
	}
	return clock, err
}

func parseTimeZone(text string) (string, error) {
	_, err := booking.Zone(text)
	return text, err
}
