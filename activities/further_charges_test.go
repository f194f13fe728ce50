package activities_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/activities"
	"github.com/yeyak/yeyak/booking"
)

// purse is a provider that stores each charge and its refunds.
type purse struct {
	mu        sync.Mutex
	charges   map[string]int64 // by key; -1: it was voided
	refunds   map[string]activities.Refund
	ofRef     map[string]string // the ref of a refund's charge, by its key
	nextError error             // the answer to the next charge, after it was made
	refuses   bool
	// refusesAmount refuses all charges for their amount.
	refusesAmount bool
	voidError     error // the answer to a void
	twice         bool  // whether a void finds each charge twice
	unseen        error // the answer to a retrieval
	// refusals are its answers to refunds, by the reference of their charge.
	refusals  map[string]error
	requested []string // refunds, with their amounts
	voided    []string
}

func newPurse() *purse {
	return &purse{charges: map[string]int64{}, refunds: map[string]activities.Refund{}, ofRef: map[string]string{}}
}

func (p *purse) Charge(_ context.Context, c booking.Charge) (string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.refuses:
		return "", activities.ErrDeclined
	case p.refusesAmount:
		return "", activities.ErrAmountRefused
	}
	if p.charges[c.Key] < 0 {
		return "", activities.ErrVoided
	}
	p.charges[c.Key] = c.Amount.Amount
	err := p.nextError
	p.nextError = nil
	return refOf(c.Key), err
}

func (p *purse) Confirm(ctx context.Context, c booking.Charge, _ string, _ booking.PaymentReturn) (string, error) {
	return p.Charge(ctx, c)
}

func refOf(key string) string { return "ch:" + key }

func (p *purse) Void(_ context.Context, c booking.Charge) ([]string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.voided = append(p.voided, c.Key)
	if p.voidError != nil {
		return nil, p.voidError
	}
	switch made := p.charges[c.Key]; {
	case made > 0 && p.twice:
		p.charges[c.Key+"*"] = made
		return []string{refOf(c.Key), refOf(c.Key + "*")}, nil
	case made > 0:
		return []string{refOf(c.Key)}, nil
	}
	p.charges[c.Key] = -1
	return nil, nil
}

func (p *purse) Retrieve(_ context.Context, ref string) (activities.ChargeState, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.unseen != nil {
		return activities.ChargeState{}, p.unseen
	}
	charged, known := p.charges[ref[len("ch:"):]]
	if !known {
		return activities.ChargeState{}, errors.New("no charge " + ref)
	}
	seen := activities.ChargeState{Ref: ref, Charged: booking.Money{Amount: charged, Currency: price.Currency}, Left: charged}
	for key, r := range p.refunds {
		if p.ofRef[key] == ref {
			if r.State != booking.EntryFailed {
				seen.Left -= r.Amount
			}
			seen.Refunds = append(seen.Refunds, r)
		}
	}
	return seen, nil
}

func (p *purse) Refund(_ context.Context, key string, seen activities.ChargeState, amount booking.Money) (string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if amount.Amount == 0 {
		return "", nil
	}
	p.requested = append(p.requested, key)
	if err := p.refusals[seen.Ref]; err != nil {
		return "", err
	}
	if _, made := p.refunds[key]; made {
		return "", errors.New("the key was used: " + key)
	}
	p.refunds[key] = activities.Refund{ID: "re:" + key, Key: key, Amount: amount.Amount, State: booking.EntryDone, At: time.Now()}
	p.ofRef[key] = seen.Ref
	return "re:" + key, nil
}

// fails makes a refund fail that was made.
func (p *purse) fails(key string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	r := p.refunds[key]
	r.State, r.Words = booking.EntryFailed, "failed"
	p.refunds[key] = r
}

func (p *purse) Part(amount booking.Money) booking.Money { return amount }

// left is what was charged and not refunded.
func (p *purse) left() (sum int64) {
	for _, charged := range p.charges {
		sum += max(0, charged)
	}
	for _, r := range p.refunds {
		if r.State != booking.EntryFailed {
			sum -= r.Amount
		}
	}
	return sum
}

// changed is an order of 50000 that a change makes more expensive by 30000.
func changed(t *testing.T) (*activities.Payments, *purse, booking.Charge, booking.Charge) {
	t.Helper()
	p, provider := newPayments(t, &till{}), newPurse()
	p.Provider = provider
	first := newCharge(t.Name())
	outcome, err := charge(p, first)
	require.NoError(t, err)
	require.Equal(t, done, outcome)
	further := first
	further.Key, further.Amount.Amount = booking.ChangeKey(first.OrderID, "1"), 30000
	return p, provider, first, further
}

func chargeFurther(p *activities.Payments, c booking.Charge) (booking.Outcome, error) {
	return do(durably, func(ctx context.Context) (booking.Outcome, error) { return p.ChargeFurther(ctx, c) })
}

func settleFurther(p *activities.Payments, c booking.Charge) (booking.Outcome, error) {
	return do(durably, func(ctx context.Context) (booking.Outcome, error) { return p.SettleFurther(ctx, c) })
}

func TestChargeFurther_OncePerKeyAndTheOrderRefundsAll(t *testing.T) {
	t.Parallel()
	p, provider, first, further := changed(t)
	for range 2 {
		outcome, err := chargeFurther(p, further)
		require.NoError(t, err)
		require.Equal(t, done, outcome)
	}
	payment := onRecord(t, p, first.OrderID)
	require.EqualValues(t, 80000, payment.Amount.Amount)
	require.EqualValues(t, 80000, payment.Refundable())
	require.EqualValues(t, 80000, payment.Price())
	require.Equal(t, first.Amount, payment.FirstCharge())
	require.Len(t, payment.Further, 1)

	undo, err := refund(p, because(first, booking.ByCustomer))
	require.NoError(t, err)
	require.True(t, undo.Acted)
	require.EqualValues(t, 80000, undo.Refunded)
	require.Zero(t, provider.left())
	undo, err = refund(p, because(first, booking.ByCustomer))
	require.NoError(t, err)
	require.EqualValues(t, 80000, undo.Refunded, "it is refunded once")
	require.Len(t, provider.requested, 2)

	further.Key = booking.ChangeKey(first.OrderID, "2")
	outcome, err := chargeFurther(p, further)
	require.NoError(t, err)
	require.Equal(t, booking.Undone, outcome.Result, "an order that is undone is charged no more")
	require.Zero(t, provider.left())
}

func TestRefundPart_RefundsTheNewestChargeFirst(t *testing.T) {
	t.Parallel()
	p, provider, first, further := changed(t)
	_, err := chargeFurther(p, further)
	require.NoError(t, err)
	part := func(key string, amount int64) booking.Repaid {
		e := booking.Entry{OrderID: first.OrderID, Key: key, Amount: booking.Money{Amount: amount, Currency: price.Currency}, Reason: booking.Changed}
		repaid, err := do(durably, func(ctx context.Context) (booking.Repaid, error) { return p.RefundPart(ctx, e) })
		require.NoError(t, err)
		return repaid
	}
	require.Equal(t, booking.EntryDone, part("refund/1", 40000).Entry.State)
	require.EqualValues(t, 30000, provider.refunds[first.OrderID+"/refund/1 of "+refOf(further.Key)].Amount)
	require.EqualValues(t, 10000, provider.refunds[first.OrderID+"/refund/1"].Amount)
	payment := onRecord(t, p, first.OrderID)
	require.EqualValues(t, 40000, payment.Refundable())
	require.EqualValues(t, 40000, payment.Price())
	require.Len(t, payment.Entries, 1, "the provider's two refunds are one")
	require.Equal(t, booking.RefundExceeds, part("refund/2", 40001).Refused)

	undo, err := refund(p, booking.Charge{Key: first.Key, OrderID: first.OrderID, Amount: price, Reason: booking.ByCustomer, Keep: 25000, Tier: "before:24h"})
	require.NoError(t, err)
	require.EqualValues(t, 25000, undo.Kept)
	require.EqualValues(t, 25000, provider.left())
}

func TestChargeFurther_DeclinedChangesNothing(t *testing.T) {
	t.Parallel()
	p, provider, first, further := changed(t)
	provider.refuses = true
	for range 2 {
		outcome, err := chargeFurther(p, further)
		require.NoError(t, err)
		require.Equal(t, declined, outcome)
	}
	require.Equal(t, price, onRecord(t, p, first.OrderID).Amount)
}

// TestChargeFurther_AmountRefused: the change is refused as impossible to pay now, not as declined,
// and its undo finds that nothing was charged.
func TestChargeFurther_AmountRefused(t *testing.T) {
	t.Parallel()
	p, provider, first, further := changed(t)
	provider.refusesAmount = true
	for range 2 {
		outcome, err := chargeFurther(p, further)
		require.NoError(t, err)
		require.Equal(t, booking.Outcome{Result: booking.Deferred}, outcome)
	}
	outcome, err := settleFurther(p, further)
	require.NoError(t, err)
	require.Equal(t, booking.Undone, outcome.Result)
	require.Equal(t, price, onRecord(t, p, first.OrderID).Amount)
	require.Equal(t, price.Amount, provider.left())
}

func TestSettleFurther_UnansweredChargeIsVoidedOrKnown(t *testing.T) {
	t.Parallel()
	t.Run("never requested", func(t *testing.T) {
		t.Parallel()
		p, provider, _, further := changed(t)
		outcome, err := settleFurther(p, further)
		require.NoError(t, err)
		require.Equal(t, booking.Undone, outcome.Result)
		outcome, err = chargeFurther(p, further)
		require.NoError(t, err)
		require.Equal(t, booking.Undone, outcome.Result)
		require.Empty(t, provider.voided)
		require.Equal(t, price.Amount, provider.left())
	})
	t.Run("requested and lost", func(t *testing.T) {
		t.Parallel()
		p, provider, first, further := changed(t)
		provider.nextError = errAway
		_, err := chargeFurther(p, further)
		require.ErrorContains(t, err, errAway.Error())
		require.Equal(t, price, onRecord(t, p, first.OrderID).Amount)
		outcome, err := settleFurther(p, further)
		require.NoError(t, err)
		require.Equal(t, done, outcome)
		require.EqualValues(t, 80000, onRecord(t, p, first.OrderID).Amount.Amount)
	})
}

// TestResolveByHand_EndsAChangeThatTheProviderIsSilentOf: the operator's resolution ends the
// charge unless the provider answers by then. Repetitions return the same answer.
func TestResolveByHand_EndsAChangeThatTheProviderIsSilentOf(t *testing.T) {
	t.Parallel()
	for name, known := range map[string]bool{"silent": false, "known by then": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, provider, first, further := changed(t)
			provider.nextError, provider.voidError = errAway, errAway
			_, err := chargeFurther(p, further)
			require.ErrorContains(t, err, errAway.Error())
			_, err = settleFurther(p, further)
			require.ErrorContains(t, err, errAway.Error())
			if known {
				provider.voidError = nil
			}
			for range 2 {
				is, err := do(durably, func(ctx context.Context) (booking.Resolved, error) {
					return p.ResolveByHand(ctx, booking.Resolution{OrderID: first.OrderID, Evidence: "not charged", By: "1", UnknownCharges: []string{further.Key}})
				})
				require.NoError(t, err)
				require.Equal(t, known, is.Refused == booking.NothingOwed)
			}
			outcome, err := settleFurther(p, further)
			require.NoError(t, err)
			require.Equal(t, known, outcome.Result == booking.Done)
			payment := onRecord(t, p, first.OrderID)
			require.Equal(t, known, payment.Amount.Amount == 80000)
			require.Equal(t, known, payment.Further[0].Ref != "not charged")
		})
	}
}

func TestRefundPayment_EndsFurtherChargesThatWereNotAnswered(t *testing.T) {
	t.Parallel()
	for name, charged := range map[string]bool{"charged": true, "not charged": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p, provider, first, further := changed(t)
			if charged {
				provider.nextError = errAway
				_, err := chargeFurther(p, further)
				require.ErrorContains(t, err, errAway.Error())
			} else {
				_, err := p.Ledger.BeginFurther(t.Context(), further)
				require.NoError(t, err)
			}
			keeping := because(first, booking.ByCustomer)
			keeping.Keep, keeping.Tier = 20000, "before:24h"
			undo, err := refund(p, keeping)
			require.NoError(t, err)
			require.EqualValues(t, 20000, provider.left(), "what is not answered for keeps nothing")
			require.EqualValues(t, 20000, undo.Kept)
			require.Equal(t, []string{further.Key}, provider.voided)
			own, _ := onRecord(t, p, first.OrderID).Entry(first.Key + "/refund")
			require.Equal(t, undo.Refunded, own.Amount.Amount)
		})
	}
}
