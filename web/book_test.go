package web_test

import (
	"context"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/orders"
	"github.com/yeyak/yeyak/workflows/contract"
)

func (b *book) DeleteDrink(_ context.Context, _ booking.Caller, drinkID string) error {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.deleted = append(b.deleted, drinkID)
	return nil
}

func (b *book) Return(ctx context.Context, caller booking.Caller, id string, back booking.PaymentReturn) (orders.Outcome, error) {
	if err := b.Allow(ctx, caller, booking.ReturnToOrder, "", id); err != nil {
		return orders.Outcome{}, err
	}
	return b.returns(id, back)
}

func (b *book) Refund(ctx context.Context, caller booking.Caller, r orders.Refund) (orders.Refunded, error) {
	if err := b.Allow(ctx, caller, booking.RefundOrder, "", r.OrderID); err != nil {
		return orders.Refunded{}, err
	}
	return b.refund(ctx, r)
}

// employ makes a person staff of an owner, for one place or for all.
func (s *site) employ(owner, person, place string) {
	s.Helper()
	member := booking.Member{
		PersonID: person, By: owner, At: now, Membership: booking.Membership{OwnerID: owner, Place: place, Level: booking.StaffLevel},
	}
	require.NoError(s, s.members.PutMember(s.Context(), owner, person, []booking.Member{member}))
}

func (b *book) QuoteChange(ctx context.Context, caller booking.Caller, c orders.Change) (contract.View, orders.ChangeQuote, error) {
	view, err := b.Read(ctx, caller, booking.Lodging, c.OrderID)
	if err != nil {
		return view, orders.ChangeQuote{}, err
	}
	q, err := b.quote(view, c)
	return view, q, err
}

func (b *book) QuoteQuantity(ctx context.Context, caller booking.Caller, c orders.QuantityChange) (contract.View, orders.QuantityQuote, error) {
	view, err := b.Read(ctx, caller, c.Kind, c.OrderID)
	if err != nil {
		return view, orders.QuantityQuote{}, err
	}
	q, err := b.quoteCups(view, c)
	return view, q, err
}

func (b *book) ChangeQuantity(ctx context.Context, caller booking.Caller, c orders.QuantityChange) (orders.Outcome, error) {
	if err := b.Allow(ctx, caller, booking.ChangeOrder, "", c.OrderID); err != nil {
		return orders.Outcome{}, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.refilled = append(b.refilled, c)
	view, err := b.rows.View(ctx, c.OrderID)
	return orders.Outcome{View: view, Done: true}, err
}

func (b *book) Change(ctx context.Context, caller booking.Caller, c orders.Change) (orders.Outcome, error) {
	if err := b.Allow(ctx, caller, booking.ChangeOrder, "", c.OrderID); err != nil {
		return orders.Outcome{}, err
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	b.changed = append(b.changed, c)
	return b.change(c)
}

// settlements are the orders of a book that were settled.
type settlements struct{ *book }

func (s settlements) Settle(_ context.Context, _ orders.Warrant, orderID, by string) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.settled = append(s.settled, orderID+" by "+by)
	return nil
}

func (b *book) IsLost(context.Context, contract.View) (bool, error) { return b.lost, nil }

func (b *book) Waiting(context.Context, booking.Caller, string) ([]orders.WaitingStep, error) {
	return b.waits, nil
}

func (b *book) Retry(_ context.Context, _ booking.Caller, _ string, reason booking.Personal) (orders.Retried, error) {
	if len(b.waits) == 0 {
		return orders.Retried{}, &booking.Error{Code: orders.NothingToRetry}
	}
	b.retried = append(b.retried, reason)
	return orders.Retried{Steps: b.waits}, nil
}

func (b *book) Resolve(_ context.Context, _ booking.Caller, _ string, evidence booking.Personal) (orders.Outcome, error) {
	return b.resolve(evidence)
}
