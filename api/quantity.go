package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/orders"
)

// registerQuantity adds the change of an order's quantity, and its quote.
func (s *server) registerQuantity(kind booking.Kind, path, tag string) {
	quote, change := quantityCodes(kind)
	register(s, huma.Operation{
		OperationID: "quote-" + string(kind) + "-change", Method: http.MethodGet, Path: path + "/{id}/change", Tags: []string{tag},
		Summary: "Quote a change of the quantity", Description: quantityWords[kind].quote, Responses: s.problems(quote...),
	}, func(ctx context.Context, in *quoteQuantityInput) (*quantityAnswer, error) {
		return s.quoteQuantity(ctx, kind, in)
	})
	register(s, huma.Operation{
		OperationID: "change-" + string(kind) + "-order", Method: http.MethodPost, Path: path + "/{id}/change", Tags: []string{tag},
		Summary: "Change how many are ordered", Description: quantityWords[kind].change, Responses: s.withAccepted(s.problems(change...)),
	}, func(ctx context.Context, in *changeQuantityInput) (*orderAnswer, error) {
		return s.changeQuantity(ctx, kind, in)
	})
}

// quantityCodes lists the codes of a quote and a change of the quantity.
func quantityCodes(kind booking.Kind) (quote, change []booking.Code) {
	if kind == booking.Food {
		never := []booking.Code{
			booking.NotChangeable, booking.AlreadyDelivered, booking.AlreadyCancelled, booking.BeingCancelled, booking.NotFound,
			orders.TemporalUnavailable, booking.Unavailable,
		}
		return never, never
	}
	return orders.QuantityQuoteCodes(), append(actedMeanwhile(orders.QuantityCodes()),
		orders.CodeOf(booking.SoldOut), orders.CodeOf(booking.MenuDeleted), orders.CodeOf(booking.PaymentDeclined),
		orders.CodeOf(booking.PaymentUnavailable), orders.CodeOf(booking.CafeUnavailable), booking.InventoryUnavailable,
		orders.CodeOf(booking.TooLate))
}

var quantityWords = map[booking.Kind]struct{ quote, change string }{
	booking.Cafe: {
		"Drinks that are kept cost what they did, and those that were ordered last are removed first; additional ones cost the present price. " +
			"A difference in the customer's favour is refunded by the percentage of the cancellation policy, without its fee. " +
			"A change that carries `quote` as its `expect` charges or refunds exactly that, or is refused (409 `quote_changed`).",
		"Until the drink's day begins. Holds what is new, charges the difference, notifies the café, and only then releases what is no longer " +
			"needed and refunds the difference. Until then, and if it is refused or declined, the order stays as it was. A cancel in the meantime " +
			"takes precedence, and refunds both charges. 200: it is made. 202: it is under way, and `production.change` shows it. Repeating the " +
			"request under its Idempotency-Key changes nothing. Another change under a used key is refused (422 `idempotency_key_reused`). " +
			"503: it was not accepted. Only with `order_unreachable` it may still be made. `payment_unavailable`, `cafe_unavailable` and " +
			"`inventory_unavailable` are the answer to each repeat under the key if the detail says so: then send the change again under " +
			"another one. While the service stays away, changes are tried after growing pauses only (`Retry-After`).",
	},
	booking.Food: {
		"Always refused (409 `not_changeable`): the shop and its courier begin with an order as soon as it is paid for.",
		"Always refused (409 `not_changeable`): the shop and its courier begin with an order as soon as it is paid for. Cancel it, and order anew.",
	},
}

type quoteQuantityInput struct {
	Strict
	Labelled
	ID       string `path:"id" doc:"The order's id"`
	Quantity int    `query:"quantity" required:"true" minimum:"1" maximum:"1000" doc:"The new quantity" example:"3"`
}

// quantityView is the price of another quantity.
type quantityView struct {
	Charge    booking.Money `json:"charge" doc:"The charge"`
	Refund    booking.Money `json:"refund" doc:"The refund"`
	Keep      booking.Money `json:"keep" doc:"What the cancellation policy keeps of a difference in the customer's favour"`
	Amount    booking.Money `json:"amount" doc:"The price of the order after the change"`
	Quantity  int           `json:"quantity"`
	Available bool          `json:"available" doc:"Whether there are enough now"`
	Quote     string        `json:"quote" doc:"Id of the difference, for the field expect of a change" example:"+4500/KRW"`
}

type quantityAnswer struct{ Body quantityView }

func (s *server) quoteQuantity(ctx context.Context, kind booking.Kind, in *quoteQuantityInput) (*quantityAnswer, error) {
	aboutOrder(ctx, kind, in.ID)
	view, q, err := s.Orders.QuoteQuantity(ctx, CallerOf(ctx), orders.QuantityChange{Kind: kind, OrderID: in.ID, Quantity: in.Quantity})
	if err != nil {
		return nil, s.problemAbout(ctx, in.language(), view, err)
	}
	var more []booking.DailyQuantity
	if q.More > 0 {
		more = []booking.DailyQuantity{{From: q.Day, To: q.Day.AddDays(1), Quantity: q.More}}
	}
	available, err := orders.HaveStock(ctx, s.Stock, view.Item.ID, more)
	if err != nil {
		return nil, err
	}
	return &quantityAnswer{Body: quantityView{
		Charge: q.Charge, Refund: q.Refund, Keep: q.Keep, Amount: q.Amount, Quantity: in.Quantity, Available: available, Quote: q.Quote(),
	}}, nil
}

type changeQuantityInput struct {
	Labelled
	Conditional
	Acting
	ID             string `path:"id" doc:"The order's id"`
	IdempotencyKey string `header:"Idempotency-Key" required:"true" minLength:"1" maxLength:"255" pattern:"^[ -~]+$" patternDescription:"printable ASCII" doc:"Makes it safe to repeat the request: requests of a caller with the same key make one change" example:"7c1f0d6e-change-1"`
	Body           quantityChange
}

// quantityChange is an order's new quantity.
type quantityChange struct {
	Quantity          whole  `json:"quantity" minimum:"1" maximum:"1000" doc:"The new quantity" example:"3"`
	Expect            string `json:"expect,omitempty" minLength:"1" maxLength:"64" pattern:"^[ -~]+$" patternDescription:"printable ASCII" doc:"The quote that the customer was shown: if the quote is different, nothing is changed" example:"+4500/KRW"`
	PaymentMethod     name   `json:"paymentMethod,omitempty" doc:"The payment provider's token to which a difference is charged; by default that of the order. A token that can be used once has already paid for the order" example:"pm_card_visa"`
	KeepPaymentMethod bool   `json:"keepPaymentMethod,omitempty" doc:"The customer agrees that the provider keeps paymentMethod for the next order. Only together with paymentMethod"`
}

// Resolve validates what the schema cannot.
func (in *changeQuantityInput) Resolve(ctx huma.Context) []error {
	var f faults
	f.checkQuery(ctx)
	f.checkKey(ctx)
	f.keepsItsOwn(in.Body.PaymentMethod, in.Body.KeepPaymentMethod)
	return f
}

func (s *server) changeQuantity(ctx context.Context, kind booking.Kind, in *changeQuantityInput) (*orderAnswer, error) {
	aboutOrder(ctx, kind, in.ID)
	l := in.language()
	out, err := s.Orders.ChangeQuantity(in.acting(ctx), CallerOf(ctx), orders.QuantityChange{
		Kind: kind, OrderID: in.ID, Quantity: int(in.Body.Quantity), Expect: in.Body.Expect, Version: in.seenVersion(), Key: in.IdempotencyKey,
		PaymentMethod: string(in.Body.PaymentMethod), KeepsMethod: in.Body.KeepPaymentMethod,
	})
	if err != nil {
		return nil, s.problemAbout(ctx, l, out.View, err)
	}
	return l.answerOutcome(out, readerOf(ctx, out.View), http.StatusOK), nil
}
