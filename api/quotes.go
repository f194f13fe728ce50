package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"go.uber.org/zap"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/orders"
	"github.com/yeyak/yeyak/workflows/contract"
)

// registerQuote adds the route that quotes a cancel of an order. refusals are the
// kind's own codes, besides those of every cancel.
func (s *server) registerQuote(kind booking.Kind, path, tag string, refusals ...booking.Code) {
	register(s, huma.Operation{
		OperationID: "quote-" + string(kind), Method: http.MethodGet, Path: path + "/{id}/cancellation", Tags: []string{tag},
		Summary: "Show what a cancel refunds now and later",
		Description: "By the cancellation policy that was in force when the order was placed. Times are in the time zone of " +
			"what was ordered. A cancel that carries `quote` as its `expect` refunds exactly that, or is refused (409 " +
			"`quote_changed`).",
		Responses: s.withProblems(s.problems(refusals...), booking.AlreadyCancelled, booking.BeingCancelled, orders.NotRunning,
			booking.NotFound, orders.TemporalUnavailable, booking.Unavailable),
	}, func(ctx context.Context, in *orderByID) (*quoteAnswer, error) {
		aboutOrder(ctx, kind, in.ID)
		view, quote, err := s.Orders.Quote(ctx, CallerOf(ctx), kind, in.ID)
		if err != nil {
			return nil, s.problemAbout(ctx, in.language(), view, err)
		}
		return &quoteAnswer{Body: showQuote(view, quote)}, nil
	})
}

// quoteView is what a cancel refunds.
type quoteView struct {
	Refund   booking.Money `json:"refund" doc:"The refund of a cancel now, in addition to earlier refunds"`
	Keep     booking.Money `json:"keep" doc:"The amount that is kept in that case"`
	Tier     string        `json:"tier" doc:"The rule: a tier of the policy or none of them; all, for an order without a policy; unconfirmed, for an order that is not confirmed yet" example:"before:72h"`
	Until    *time.Time    `json:"until,omitempty" doc:"The last moment at which this holds; absent if it does not depend on time"`
	Later    []laterView   `json:"later" nullable:"false" doc:"The later refunds, if nothing but time changes"`
	TimeZone string        `json:"timeZone,omitempty" doc:"IANA name of the time zone of the times; absent if they are in UTC" example:"Asia/Seoul"`
	Quote    string        `json:"quote" doc:"Id of the present refund, for the field expect of a cancel" example:"before:72h/95000"`
}

type laterView struct {
	From   time.Time     `json:"from" doc:"The moment after which this holds"`
	Refund booking.Money `json:"refund"`
	Keep   booking.Money `json:"keep"`
	Tier   string        `json:"tier" example:"before:24h"`
}

type quoteAnswer struct{ Body quoteView }

func showQuote(v contract.View, q contract.Quote) quoteView {
	zone, err := booking.Zone(q.TimeZone)
	if err != nil {
		zone = time.UTC
	}
	in := func(amount int64) booking.Money { return booking.Money{Amount: amount, Currency: v.Amount.Currency} }
	shown := quoteView{
		Refund: in(q.StillDue(q.Refund)), Keep: in(q.Kept(q.Refund, q.Keep)), Tier: q.Tier, TimeZone: q.TimeZone, Quote: q.Quote(),
		Later: each(q.Later, func(l booking.DueLater) laterView {
			return laterView{From: l.After.In(zone), Refund: in(q.StillDue(l.Refund)), Keep: in(q.Kept(l.Refund, l.Keep)), Tier: l.Tier}
		}),
	}
	if !q.Until.IsZero() {
		until := q.Until.In(zone)
		shown.Until = &until
	}
	return shown
}

// withQuote adds the current quote to the problem of a cancel that expected another
// one. The quote also depends on earlier refunds: if they cannot be read, the problem
// has no quote.
func (s *server) withQuote(ctx context.Context, p *problem, v contract.View) *problem {
	if p.Code != booking.QuoteChanged || v.ID == "" {
		return p
	}
	quote, err := s.Orders.QuoteAnew(ctx, v)
	if err != nil {
		s.log(ctx).Warn("a cancel that was quoted otherwise is not quoted anew", zap.Error(err))
		return p
	}
	shown := showQuote(v, quote)
	p.Quote = &shown
	return p
}

// shownPrice is the price that the customer was shown. It is omitted from the request's
// hash if it is empty.
type shownPrice struct {
	Amount   whole  `json:"amount" minimum:"0" doc:"In the currency's minor unit" example:"100000"`
	Currency string `json:"currency" minLength:"1" maxLength:"8" doc:"ISO 4217 code" example:"KRW"`
}

func (p *shownPrice) value() *booking.Money {
	if p == nil {
		return nil
	}
	return &booking.Money{Amount: int64(p.Amount), Currency: p.Currency}
}
