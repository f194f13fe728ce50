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

// providerPatience bounds one flight to the provider. It is longer than any
// activity waits: the answer is recorded even when nobody waits for it.
const providerPatience = 30 * time.Second

// keysLast is for how long a charge may be asked for again under its key. A
// provider forgets keys, Stripe after 24 hours, and would take it twice.
const keysLast = 23 * time.Hour

// keepsTrying is for how long a charge is asked for again that fails at the
// provider, before it stands in line: with few orders the gate stays open, and
// customers are to hear that payment follows, and of an end to it, all the same.
const keepsTrying = 30 * time.Second

// Payments charges and refunds.
type Payments struct {
	Service
	Ledger   PaymentLedger
	Provider PaymentProvider
	Gate     PaymentGate
	// Follower follows disputes that are met; nil: nothing does.
	Follower PaymentFollower
	// Silence is for how long the provider may answer nothing but errors of a refund that it
	// has accepted before a person has to see to that; 0: a day.
	Silence time.Duration
	// InFlight is for how long a request that was not answered may be carried out yet, though the
	// provider does not show it; 0: a minute.
	InFlight time.Duration

	flights singleflight.Group
	asking  sync.Map // keys of charges for which the provider is being asked
}

// ChargePayment takes the order's price, once. What was not taken in time never
// will be. It is Deferred while the provider takes no payments.
func (p *Payments) ChargePayment(ctx context.Context, c booking.Charge) (booking.Outcome, error) {
	return do(ctx, &p.Service, func(ctx context.Context) (booking.Outcome, error) {
		payment, err := p.charge(ctx, c)
		return cameTo(payment), err
	})
}

func cameTo(payment booking.Payment) booking.Outcome {
	switch payment.Status {
	case booking.Charged:
		return booking.Outcome{Result: booking.Done}
	case booking.Declined:
		return booking.Outcome{Result: booking.Refused, Reason: booking.PaymentDeclined}
	case booking.ChargeDeferred:
		return booking.Outcome{Result: booking.Deferred}
	case booking.ActionRequired:
		return booking.Outcome{Result: booking.Unconfirmed, Action: payment.Action}
	default:
		return booking.Outcome{Result: booking.Undone, Reason: payment.Why}
	}
}

func (p *Payments) charge(ctx context.Context, c booking.Charge) (booking.Payment, error) {
	if !c.Late {
		return p.fly(ctx, c, false)
	}
	payment, err := p.Ledger.BeginCharge(ctx, c)
	if err == nil && payment.Status == booking.ChargePending {
		return p.giveUp(ctx, c) // it may have been asked for while there was time
	}
	return payment, err
}

// giveUp undoes a charge that may have been taken. What is still owed then is
// left to the order's own undo.
func (p *Payments) giveUp(ctx context.Context, c booking.Charge) (booking.Payment, error) {
	payment, err := p.undoOnce(ctx, c)
	if _, owed := errors.AsType[*Owed](err); owed {
		return payment, nil
	}
	return payment, err
}

// fly asks the provider and records its answer.
func (p *Payments) fly(ctx context.Context, c booking.Charge, waited bool) (booking.Payment, error) {
	return inFlight(ctx, p, c.Key, func(ctx context.Context) (booking.Payment, error) { return p.pass(ctx, c, waited) })
}

// inFlight asks the provider by pass. There is one flight a key in this process, and
// it goes on when the activity that asked has given up: an answer that was paid for is
// not thrown away.
func inFlight[T any](ctx context.Context, p *Payments, key string, pass func(context.Context) (T, error)) (none T, err error) {
	landed := p.flights.DoChan(key, func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), providerPatience)
		defer cancel()
		return pass(ctx)
	})
	select {
	case r := <-landed:
		if r.Err != nil {
			return none, r.Err
		}
		return r.Val.(T), nil
	case <-ctx.Done():
		if _, asked := p.asking.Load(key); asked {
			return none, elsewhere{ctx.Err()}
		}
		return none, ctx.Err()
	}
}

// pass takes a charge through the gate. One that is kept away waits in the
// ledger.
func (p *Payments) pass(ctx context.Context, c booking.Charge, waited bool) (booking.Payment, error) {
	pass, err := p.Gate.Enter(ctx, waited)
	if err != nil {
		return p.stand(ctx, c)
	}
	defer pass.Leave(ErrNotAsked) // the first word counts
	payment, err := p.Ledger.BeginCharge(ctx, c)
	switch {
	case err != nil:
		return payment, fmt.Errorf("write payment intent: %w", err)
	case payment.Status != booking.ChargePending:
		return payment, nil
	case time.Since(payment.At) > keysLast:
		c.Why = booking.PaymentUnavailable
		return p.giveUp(ctx, c)
	}
	c.Since = payment.At
	ref, err := p.ask(ctx, c, pass)
	switch {
	case err == nil:
		return p.Ledger.EndCharge(ctx, c.OrderID, booking.Charged, ref)
	case errors.Is(err, ErrDeclined):
		return p.Ledger.EndCharge(ctx, c.OrderID, booking.Declined, "")
	case errors.Is(err, ErrVoided):
		return p.Ledger.BeginCharge(ctx, c) // it knows why: the refund's intent was written first
	case isToConfirm(err):
		return p.requireAction(ctx, c, err)
	case isSettledByUndo(err):
		c.Why = booking.PaymentUnavailable
		return p.giveUp(ctx, c)
	case isBusy(err):
		return p.stand(ctx, c) // it was turned away at the door
	case !waited && time.Since(payment.At) > keepsTrying:
		return p.stand(ctx, c)
	default:
		return booking.Payment{}, elsewhere{fmt.Errorf("charge at provider: %w", err)}
	}
}

// ask asks the provider, and says at the gate what came of it.
func (p *Payments) ask(ctx context.Context, c booking.Charge, pass PaymentPass) (ref string, err error) {
	p.asking.Store(c.Key, nil)
	defer p.asking.Delete(c.Key)
	pass.Asks()
	ref, err = p.Provider.Charge(ctx, c)
	if errors.Is(err, ErrDeclined) || errors.Is(err, ErrVoided) || isToConfirm(err) || isSettledByUndo(err) {
		pass.Leave(nil) // the provider is well
	} else {
		pass.Leave(err)
	}
	return ref, err
}

// isSettledByUndo is for a provider's answer after which a charge cannot stand,
// and asking again changes nothing. The undo gives back what was taken, or calls
// a person.
func isSettledByUndo(err error) bool {
	_, owed := errors.AsType[*Owed](err)
	return owed || errors.Is(err, ErrOtherAmount)
}

// stand puts a charge in line. One that was asked for before stays pending in
// the ledger: what came of that is known only when it can be asked again.
func (p *Payments) stand(ctx context.Context, c booking.Charge) (booking.Payment, error) {
	payment, err := p.Ledger.DeferCharge(ctx, c)
	if payment.Status == booking.ChargePending {
		payment.Status = booking.ChargeDeferred
	}
	return payment, err
}
