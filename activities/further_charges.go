package activities

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/yeyak/yeyak/booking"
)

// ChargeFurther charges more for an order that is paid for, once per key. It is Deferred
// while the provider accepts no payments, and Undone if the order is being undone.
func (p *Payments) ChargeFurther(ctx context.Context, c booking.Charge) (booking.Outcome, error) {
	return do(ctx, &p.Service, func(ctx context.Context) (booking.Outcome, error) {
		further, err := oneCallPerKey(ctx, p, c.Key, func(ctx context.Context) (booking.FurtherCharge, error) {
			return p.furtherThroughGate(ctx, c)
		})
		return outcomeOf(booking.Payment{Charge: further.Charge, Status: further.Status}), err
	})
}

// SettleFurther finds out the outcome of a further charge that is no longer wanted: Done if
// it was made and has to be refunded, Undone if it was not made and never will be.
func (p *Payments) SettleFurther(ctx context.Context, c booking.Charge) (booking.Outcome, error) {
	return do(ctx, &p.Service, func(ctx context.Context) (booking.Outcome, error) {
		further, err := p.voidFurther(ctx, c)
		if err != nil || further.Status != booking.Charged {
			return booking.Outcome{Result: booking.Undone}, err
		}
		return booking.Outcome{Result: booking.Done}, p.refundAfterUndo(ctx, c.OrderID)
	})
}

// BeginPart records a refund of a part of an order's payment before it is requested. It is
// refused for the same reasons as RefundPart.
func (p *Payments) BeginPart(ctx context.Context, e booking.Entry) (booking.Repaid, error) {
	return do(ctx, &p.Service, func(ctx context.Context) (booking.Repaid, error) {
		payment, err := p.Ledger.BeginEntry(ctx, e)
		if refusal := whyRefused(err); refusal != "" {
			return booking.Repaid{Entry: e, Refused: refusal, Left: leftOf(payment, e)}, nil
		}
		if err != nil {
			return booking.Repaid{}, fmt.Errorf("write refund intent: %w", err)
		}
		recorded, _ := payment.Entry(e.Key)
		return booking.Repaid{Entry: recorded, Left: leftOf(payment, e)}, nil
	})
}

// furtherThroughGate takes a further charge through the gate. Further charges are not
// queued: the change is not made.
func (p *Payments) furtherThroughGate(ctx context.Context, c booking.Charge) (booking.FurtherCharge, error) {
	slot, err := p.Gate.Enter(ctx, false)
	if err != nil {
		return booking.FurtherCharge{Status: booking.ChargeDeferred}, nil
	}
	defer slot.Leave(ErrNotCalled) // only the first Leave counts
	further, err := p.Ledger.BeginFurther(ctx, c)
	switch {
	case err != nil:
		return further, fmt.Errorf("write payment intent: %w", err)
	case !further.Pending():
		return further, nil
	case time.Since(further.At) > keyLifetime:
		return p.voidFurther(ctx, c)
	}
	c = asRecorded(c, further.Charge, further.At)
	ref, err := p.chargeAtProvider(ctx, c, slot)
	switch {
	case err == nil:
		return p.Ledger.EndFurther(ctx, c, booking.Charged, ref)
	case errors.Is(err, ErrDeclined):
		return p.Ledger.EndFurther(ctx, c, booking.Declined, "")
	case isBusy(err), errors.Is(err, ErrAmountRefused): // the change is refused, and its undo voids the charge
		return booking.FurtherCharge{Status: booking.ChargeDeferred}, nil
	case errors.Is(err, ErrVoided), needsUndo(err), isToConfirm(err): // a further charge has no page for the customer's confirmation
		return p.voidFurther(ctx, c)
	default:
		return further, calleeFailure{fmt.Errorf("charge at provider: %w", err)}
	}
}

// voidFurther makes certain that a further charge is not made from now on. A charge that was
// requested and not answered is voided.
func (p *Payments) voidFurther(ctx context.Context, c booking.Charge) (booking.FurtherCharge, error) {
	further, err := p.Ledger.PreventFurther(ctx, c)
	if err != nil || !further.Pending() {
		return further, err
	}
	c = further.Charge
	c.Since = further.At
	refs, err := p.Provider.Void(ctx, c)
	if err != nil {
		return further, calleeFailure{fmt.Errorf("void unknown charge at provider: %w", err)}
	}
	ref, err := p.keepOne(ctx, c, refs)
	switch {
	case err != nil:
		return further, calleeFailure{err}
	case ref == "":
		return p.Ledger.EndFurther(ctx, c, booking.ChargePrevented, "")
	default:
		return p.Ledger.EndFurther(ctx, c, booking.Charged, ref)
	}
}

// voidAllFurther voids the further charges of a payment that are not answered, newest first,
// and returns the payment with their outcomes.
func (p *Payments) voidAllFurther(ctx context.Context, payment booking.Payment) (booking.Payment, error) {
	voided := false
	for _, further := range slices.Backward(payment.Further) {
		if !further.Pending() {
			continue
		}
		if _, err := p.voidFurther(ctx, further.Charge); err != nil {
			return payment, err
		}
		voided = true
	}
	if !voided {
		return payment, nil
	}
	return p.Ledger.Payment(ctx, payment.OrderID)
}
