package activities

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"github.com/yeyak/yeyak/booking"
)

// providerTimeout limits one call to the provider. The call does not end with its activity, so
// that an answer that comes later is recorded.
const providerTimeout = 30 * time.Second

// keyLifetime is how long a charge may be repeated under its key. Providers forget keys, Stripe
// after 24 hours, and would then make the charge a second time.
const keyLifetime = 23 * time.Hour

// queuedAfter is how long a charge that fails at the provider is repeated before it is queued.
// With few orders failures do not shut the gate, and the customer has to be notified of the
// delay all the same.
const queuedAfter = 30 * time.Second

// Payments charges and refunds.
type Payments struct {
	Service
	Ledger   PaymentLedger
	Provider PaymentProvider
	Gate     PaymentGate
	// Follower follows payments with disputes or failed refunds; nil follows none.
	Follower PaymentFollower
	// SilenceTimeout is how long the provider may answer only with errors about a refund that it
	// has accepted, before the refund needs a person; 0: a day.
	SilenceTimeout time.Duration
	// RequestLifetime is how long the provider may still carry out a request that it has not answered
	// and does not show; 0: a minute.
	RequestLifetime time.Duration

	calls   singleflight.Group
	running sync.Map // keys of charges whose call to the provider is running
}

// ChargePayment charges the order's price, once. If c is Late, it makes no new charge. The
// result is Deferred while the provider accepts no payments.
func (p *Payments) ChargePayment(ctx context.Context, c booking.Charge) (booking.Outcome, error) {
	return do(ctx, &p.Service, func(ctx context.Context) (booking.Outcome, error) {
		payment, err := p.charge(ctx, c)
		return outcomeOf(payment), err
	})
}

func outcomeOf(payment booking.Payment) booking.Outcome {
	switch payment.Status {
	case booking.Charged:
		return booking.Outcome{Result: booking.Done}
	case booking.Declined:
		return booking.Outcome{Result: booking.Refused, Reason: booking.PaymentDeclined, WasUnconfirmed: payment.ActionRef != ""}
	case booking.ChargeDeferred:
		return booking.Outcome{Result: booking.Deferred}
	case booking.ActionRequired:
		return booking.Outcome{Result: booking.Unconfirmed, Action: payment.Action}
	default:
		return booking.Outcome{Result: booking.Undone, Reason: payment.Reason}
	}
}

func (p *Payments) charge(ctx context.Context, c booking.Charge) (booking.Payment, error) {
	if !c.Late {
		return p.callProvider(ctx, c, false)
	}
	payment, err := p.Ledger.BeginCharge(ctx, c)
	if err == nil && payment.Status == booking.ChargePending {
		return p.undoCharge(ctx, c) // the charge may have been requested in time
	}
	return payment, err
}

// undoCharge undoes a charge that may have been made. A refund that is not complete then is
// left to the order's own undo.
func (p *Payments) undoCharge(ctx context.Context, c booking.Charge) (booking.Payment, error) {
	payment, err := p.undoOnce(ctx, c)
	if _, owed := errors.AsType[*Owed](err); owed {
		return payment, nil
	}
	return payment, err
}

// callProvider calls the provider and records its answer.
func (p *Payments) callProvider(ctx context.Context, c booking.Charge, waited bool) (booking.Payment, error) {
	return oneCallPerKey(ctx, p, c.Key, func(ctx context.Context) (booking.Payment, error) { return p.throughGate(ctx, c, waited) })
}

// oneCallPerKey runs callProvider, which calls the provider, or waits for the result of a call
// that this process runs for the same key. callProvider continues after the activity that started
// it has ended, so that the provider's answer is not lost.
func oneCallPerKey[T any](ctx context.Context, p *Payments, key string, callProvider func(context.Context) (T, error)) (none T, err error) {
	result := p.calls.DoChan(key, func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), providerTimeout)
		defer cancel()
		return callProvider(ctx)
	})
	select {
	case r := <-result:
		if r.Err != nil {
			return none, r.Err
		}
		return r.Val.(T), nil
	case <-ctx.Done():
		if _, calling := p.running.Load(key); calling {
			return none, calleeFailure{ctx.Err()}
		}
		return none, ctx.Err()
	}
}

// throughGate makes a charge if the gate admits it, and otherwise queues it in the ledger.
func (p *Payments) throughGate(ctx context.Context, c booking.Charge, waited bool) (booking.Payment, error) {
	slot, err := p.Gate.Enter(ctx, waited)
	if err != nil {
		return p.queue(ctx, c)
	}
	defer slot.Leave(ErrNotCalled) // only the first Leave counts
	payment, err := p.Ledger.BeginCharge(ctx, c)
	switch {
	case err != nil:
		return payment, fmt.Errorf("write payment intent: %w", err)
	case payment.Status != booking.ChargePending:
		return payment, nil
	case time.Since(payment.At) > keyLifetime:
		c.Reason = booking.PaymentUnavailable
		return p.undoCharge(ctx, c)
	}
	c = asRecorded(c, payment.Charge, payment.At)
	ref, err := p.chargeAtProvider(ctx, c, slot)
	switch {
	case err == nil:
		return p.Ledger.EndCharge(ctx, c.OrderID, booking.Charged, ref)
	case errors.Is(err, ErrDeclined):
		return p.Ledger.EndCharge(ctx, c.OrderID, booking.Declined, "")
	case errors.Is(err, ErrVoided):
		return p.Ledger.BeginCharge(ctx, c) // an undo has recorded its reason in the ledger before it voided the charge
	case isToConfirm(err):
		return p.requireAction(ctx, c, err)
	case needsUndo(err):
		c.Reason = booking.PaymentUnavailable
		return p.undoCharge(ctx, c)
	case isBusy(err):
		return p.queue(ctx, c) // the provider was busy
	case !waited && time.Since(payment.At) > queuedAfter:
		return p.queue(ctx, c)
	default:
		return booking.Payment{}, calleeFailure{fmt.Errorf("charge at provider: %w", err)}
	}
}

// asRecorded is a charge that began at a moment, as the ledger has recorded it: a repeated
// request says the same about the customer as the first one.
func asRecorded(c, recorded booking.Charge, at time.Time) booking.Charge {
	c.Customer, c.KeepsMethod, c.CustomerRef = recorded.Customer, recorded.KeepsMethod, recorded.CustomerRef
	c.Since = at
	return c
}

// chargeAtProvider calls the provider and reports the result to the gate.
func (p *Payments) chargeAtProvider(ctx context.Context, c booking.Charge, slot PaymentSlot) (ref string, err error) {
	p.running.Store(c.Key, nil)
	defer p.running.Delete(c.Key)
	slot.Begin()
	ref, err = p.Provider.Charge(ctx, c)
	if errors.Is(err, ErrDeclined) || errors.Is(err, ErrVoided) || errors.Is(err, ErrRepeatAnew) || isToConfirm(err) || needsUndo(err) {
		slot.Leave(nil) // the provider works
	} else {
		slot.Leave(err)
	}
	return ref, err
}

// needsUndo reports whether the provider's answer requires that the charge is undone, since no
// repetition makes it succeed. The undo refunds what was charged, or the order needs a person.
func needsUndo(err error) bool {
	_, owed := errors.AsType[*Owed](err)
	return owed || errors.Is(err, ErrOtherAmount) || errors.Is(err, ErrAmountRefused)
}

// queue queues a charge and returns it as ChargeDeferred. In the ledger a charge that was
// requested before stays pending, since its outcome is known only after the next call.
func (p *Payments) queue(ctx context.Context, c booking.Charge) (booking.Payment, error) {
	payment, err := p.Ledger.DeferCharge(ctx, c)
	if payment.Status == booking.ChargePending {
		payment.Status = booking.ChargeDeferred
	}
	return payment, err
}
