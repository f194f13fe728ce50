package api

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

const reservationsPath = "/v1/lodging/reservations"

func (s *server) registerLodging() {
	register(s, huma.Operation{
		OperationID: "place-reservation", Method: http.MethodPost, Path: reservationsPath, Tags: []string{tagLodging},
		Summary: "Reserve rooms", DefaultStatus: http.StatusCreated,
		Description: "Charges the price, holds the rooms for every night, and tells the owner. " +
			"201: the reservation stands (confirmed, or awaiting_owner). 202: not decided yet; it goes on and can be read at Location. " +
			"A reservation that is refused has been undone completely when the refusal is answered. " +
			"With an Idempotency-Key, a repeated request is answered as the first one was.",
		Responses: s.placingResponses(),
	}, s.placeReservation)
	register(s, huma.Operation{
		OperationID: "get-reservation", Method: http.MethodGet, Path: reservationsPath + "/{id}", Tags: []string{tagLodging},
		Summary: "Look at a reservation", Responses: s.problems(notFound, temporalUnavailable, unavailable),
	}, func(ctx context.Context, in *orderByID) (*orderAnswer, error) {
		return s.getOrder(ctx, booking.Lodging, in)
	})
	s.registerDecisions(booking.Lodging, reservationsPath, tagLodging)
}

// reservationRequest is what a customer asks for. Its hash tells a repeated
// request from another one: fields that are added later must be left out of
// the JSON when they are empty.
type reservationRequest struct {
	PlaceID       name   `json:"placeId" example:"place-0m5w3k1v8t2z6r4q"`
	CustomerID    name   `json:"customerId" example:"alice"`
	CheckIn       string `json:"checkIn" format:"date" doc:"First night; from today to two years ahead, in the place's time zone" example:"2026-12-24"`
	CheckOut      string `json:"checkOut" format:"date" doc:"Day of departure" example:"2026-12-26"`
	Rooms         whole  `json:"rooms" minimum:"1" maximum:"1000" example:"1"`
	PaymentMethod name   `json:"paymentMethod,omitempty" default:"pm_card_visa" doc:"The payment provider's token" example:"pm_card_visa"`
}

type placeReservationInput struct {
	Labelled
	Keyed
	Body reservationRequest

	id     string
	placed bool // an order with this id is in the read model
	place  booking.Place
	nights
	amount booking.Money
}

// Resolve finds what the schema cannot, and the place. What the world has to
// say does not matter to a repeated request: it is answered as before, though
// the place may be gone or the day past.
func (in *placeReservationInput) Resolve(ctx huma.Context) []error {
	s := serverOf(ctx)
	var f faults
	f.checkQuery(ctx)
	f.checkKey(ctx)
	in.id, in.placed = s.orderIDFor(ctx.Context(), booking.Lodging, string(in.Body.CustomerID), in.IdempotencyKey)
	if in.placed {
		return f
	}
	found := f.findPlace(ctx, &in.place, string(in.Body.PlaceID))
	if in.checkStay(&f, s.Now(), found) && found {
		in.price(&f)
	}
	return f
}

func (f *faults) findPlace(ctx huma.Context, place *booking.Place, id string) bool {
	if id == "" {
		return false
	}
	s := serverOf(ctx)
	p, err := s.place(ctx.Context(), id)
	switch {
	case err == nil:
		*place = p
		return true
	case errors.Is(err, &booking.Error{Code: notFound}):
		f.add("body.placeId", "there is no such place")
	default:
		f.fail(s.toProblem(ctx.Context(), err))
	}
	return false
}

// lastTimeZone is where a day ends last. A day that has passed even there is
// past, wherever the place may be.
var lastTimeZone = time.FixedZone("", -12*60*60)

// yearsAhead is how far ahead a stay may begin. Its order lives that long, as
// a workflow that waits.
const yearsAhead = 2

func (in *placeReservationInput) checkStay(f *faults, now time.Time, placeKnown bool) (ok bool) {
	in.from, in.to, ok = f.checkDates("body.checkIn", "body.checkOut", in.Body.CheckIn, in.Body.CheckOut)
	zone := lastTimeZone
	if placeKnown {
		zone = in.place.Location()
	}
	now = now.In(zone)
	switch {
	case in.from.IsZero():
		return false
	case in.from.Before(booking.DateOf(now)):
		f.add("body.checkIn", "is in the past")
		return false
	case booking.DateOf(now.AddDate(yearsAhead, 0, 0)).Before(in.from):
		f.add("body.checkIn", "is more than %d years ahead", yearsAhead)
		return false
	default:
		return ok
	}
}

func (in *placeReservationInput) price(f *faults) {
	if in.Body.Rooms < 1 {
		return
	}
	amount, fits := in.place.Price.Times(int64(in.from.DaysUntil(in.to)))
	if fits {
		amount, fits = amount.Times(int64(in.Body.Rooms))
	}
	if !fits || amount.Amount > maxAmount {
		f.add("body.rooms", "the price of the whole stay is more than can be charged at once")
	}
	in.amount = amount
}

func (s *server) placeReservation(ctx context.Context, in *placeReservationInput) (*orderAnswer, error) {
	input := contract.Lodging{
		OrderID: in.id, CustomerID: string(in.Body.CustomerID), Place: in.place,
		CheckIn: in.from, CheckOut: in.to, Rooms: int(in.Body.Rooms), Amount: in.amount,
		PaymentMethod: string(in.Body.PaymentMethod), RequestHash: in.requestHash(in.Body),
		PlacedAt: s.Now().UTC().Truncate(time.Microsecond), Policy: s.Policy,
	}
	return s.placeOrder(ctx, in.language(), newOrder{
		view: input.View(), requestHash: input.RequestHash, placed: in.placed,
		workflow: contract.LodgingWorkflow, input: input, summary: summarize(input),
	})
}

// summarize is the reservation in a line for the web UI.
func summarize(l contract.Lodging) string {
	return fmt.Sprintf("%s, %s from %s, %s, customer %s", shortened(l.Place.Name),
		counted(l.CheckIn.DaysUntil(l.CheckOut), "night"), l.CheckIn, counted(l.Rooms, "room"), l.CustomerID)
}

func counted(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// shortened keeps a summary below the 400 bytes that Temporal takes.
func shortened(text string) string {
	const most = 150
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "") + "…"
}
