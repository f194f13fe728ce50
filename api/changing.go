package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/orders"
)

// registerChanges adds the change of a reservation's nights and rooms, and its quote.
func (s *server) registerChanges() {
	register(s, huma.Operation{
		OperationID: "quote-change", Method: http.MethodGet, Path: reservationsPath + "/{id}/change", Tags: []string{tagLodging},
		Summary: "Quote a change of the nights or rooms",
		Description: "Nights and rooms that are kept cost what they did, others the present price of the place. Fields that are " +
			"left out do not change. A difference in the customer's favour is refunded by the percentage of the cancellation " +
			"policy, without its fee. A change that carries `quote` as its `expect` charges or refunds exactly that, or is " +
			"refused (409 `quote_changed`).",
		Responses: s.problems(orders.ChangeQuoteCodes()...),
	}, s.quoteChange)
	register(s, huma.Operation{
		OperationID: "change-reservation", Method: http.MethodPost, Path: reservationsPath + "/{id}/change", Tags: []string{tagLodging},
		Summary: "Change the nights or rooms",
		Description: "Holds what is new, charges the difference, lets the owner confirm if the place requires it, and only then " +
			"releases what is no longer needed and refunds the difference. Until then, and if it is refused, declined or not " +
			"answered, the reservation stays as it was. A cancel in the meantime takes precedence, and refunds both charges. " +
			"200: it is made. 202: it is under way, and `change` shows its state. Repeating the request under its " +
			"Idempotency-Key changes nothing. Another change under a used key is refused (422 `idempotency_key_reused`). 503: it " +
			"was not accepted. Only with `order_unreachable` it may still be made. `payment_unavailable` and " +
			"`inventory_unavailable` are the answer to each repeat under the key if the detail says so: then send the change again " +
			"under another one. While the service stays away, changes are tried after growing pauses only (`Retry-After`).",
		Responses: s.withAccepted(s.withProblems(s.problems(actedMeanwhile(orders.ChangeCodes())...),
			orders.CodeOf(booking.SoldOut), orders.CodeOf(booking.PaymentDeclined), orders.CodeOf(booking.PaymentUnavailable),
			booking.InventoryUnavailable, orders.CodeOf(booking.TooLate), orders.CodeOf(booking.RejectedByOwner), orders.CodeOf(booking.OwnerTimeout))),
	}, s.changeReservation)
}

type quoteChangeInput struct {
	Strict
	Labelled
	ID       string `path:"id" doc:"The order's id"`
	CheckIn  string `query:"checkIn" format:"date" doc:"First night; by default unchanged" example:"{today+31}"`
	CheckOut string `query:"checkOut" format:"date" doc:"Day of departure; by default unchanged" example:"{today+33}"`
	Rooms    int    `query:"rooms" minimum:"1" maximum:"1000" doc:"Number of rooms; by default unchanged" example:"1"`
}

// changeQuoteView is the price of a change.
type changeQuoteView struct {
	Charge        booking.Money        `json:"charge" doc:"The charge"`
	Refund        booking.Money        `json:"refund" doc:"The refund"`
	Keep          booking.Money        `json:"keep" doc:"What the cancellation policy keeps of a difference in the customer's favour"`
	Amount        booking.Money        `json:"amount" doc:"The price of the reservation after the change"`
	CheckIn       string               `json:"checkIn" format:"date" doc:"First night"`
	CheckOut      string               `json:"checkOut" format:"date" doc:"Day of departure"`
	Rooms         int                  `json:"rooms"`
	Prices        []booking.NightPrice `json:"prices" nullable:"false" doc:"The prices of the nights after the change"`
	OwnerConfirms bool                 `json:"ownerConfirms" doc:"Whether the owner has to confirm it once it is paid for"`
	Available     bool                 `json:"available" doc:"Whether there are enough rooms now"`
	Quote         string               `json:"quote" doc:"Id of the difference, for the field expect of a change" example:"+50000/KRW"`
}

type changeQuoteAnswer struct{ Body changeQuoteView }

func (s *server) quoteChange(ctx context.Context, in *quoteChangeInput) (*changeQuoteAnswer, error) {
	aboutOrder(ctx, booking.Lodging, in.ID)
	view, q, err := s.Orders.QuoteChange(ctx, CallerOf(ctx), orders.Change{
		OrderID: in.ID, CheckIn: dateOf(in.CheckIn), CheckOut: dateOf(in.CheckOut), Rooms: in.Rooms,
	})
	if err != nil {
		return nil, s.problemAbout(ctx, in.language(), view, err)
	}
	available, err := orders.HaveStock(ctx, s.Stock, view.Item.ID, q.More)
	if err != nil {
		return nil, err
	}
	return &changeQuoteAnswer{Body: changeQuoteView{
		Charge: q.Charge, Refund: q.Refund, Keep: q.Keep, Amount: q.Amount, CheckIn: q.Wants.CheckIn.String(), CheckOut: q.Wants.CheckOut.String(),
		Rooms: q.Wants.Rooms, Prices: q.Nights, OwnerConfirms: q.OwnerConfirms, Available: available, Quote: q.Quote(),
	}}, nil
}

type changeInput struct {
	Labelled
	Conditional
	Acting
	ID             string `path:"id" doc:"The order's id"`
	IdempotencyKey string `header:"Idempotency-Key" required:"true" minLength:"1" maxLength:"255" pattern:"^[ -~]+$" patternDescription:"printable ASCII" doc:"Makes it safe to repeat the request: requests of a caller with the same key make one change" example:"7c1f0d6e-change-1"`
	Body           stayChange
}

// stayChange is the new state of a reservation.
type stayChange struct {
	CheckIn           string `json:"checkIn,omitempty" format:"date" doc:"First night; by default unchanged. It cannot be changed any more once the guests may have come" example:"{today+31}"`
	CheckOut          string `json:"checkOut,omitempty" format:"date" doc:"Day of departure; by default unchanged" example:"{today+33}"`
	Rooms             whole  `json:"rooms,omitempty" minimum:"1" maximum:"1000" doc:"Number of rooms; by default unchanged" example:"1"`
	Expect            string `json:"expect,omitempty" minLength:"1" maxLength:"64" pattern:"^[ -~]+$" patternDescription:"printable ASCII" doc:"The quote that the customer was shown: if the quote is different, nothing is changed" example:"+50000/KRW"`
	PaymentMethod     name   `json:"paymentMethod,omitempty" doc:"The payment provider's token to which a difference is charged; by default that of the order. A token that can be used once has already paid for the order" example:"pm_card_visa"`
	KeepPaymentMethod bool   `json:"keepPaymentMethod,omitempty" doc:"The customer agrees that the provider keeps paymentMethod for the next order. Only together with paymentMethod"`
}

// Resolve validates what the schema cannot.
func (in *changeInput) Resolve(ctx huma.Context) []error {
	var f faults
	f.checkQuery(ctx)
	f.checkKey(ctx)
	f.keepsItsOwn(in.Body.PaymentMethod, in.Body.KeepPaymentMethod)
	return f
}

func (s *server) changeReservation(ctx context.Context, in *changeInput) (*orderAnswer, error) {
	aboutOrder(ctx, booking.Lodging, in.ID)
	l, b := in.language(), in.Body
	out, err := s.Orders.Change(in.acting(ctx), CallerOf(ctx), orders.Change{
		OrderID: in.ID, CheckIn: dateOf(b.CheckIn), CheckOut: dateOf(b.CheckOut), Rooms: int(b.Rooms), Expect: b.Expect, Version: in.seenVersion(), Key: in.IdempotencyKey,
		PaymentMethod: string(b.PaymentMethod), KeepsMethod: b.KeepPaymentMethod,
	})
	if err != nil {
		return nil, s.problemAbout(ctx, l, out.View, err)
	}
	return l.answerOutcome(out, readerOf(ctx, out.View), http.StatusOK), nil
}
