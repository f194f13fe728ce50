package activities

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sync/singleflight"

	"github.com/yeyak/yeyak/booking"
)

// PaymentLedger is our own record of what was asked of the payment provider
// and what came of it: one line an order, found again by its order id.
type PaymentLedger interface {
	// BeginCharge writes a pending payment unless the order has one, and
	// returns the order's payment as it stands.
	BeginCharge(ctx context.Context, c booking.Charge) (booking.Payment, error)
	// EndCharge records the provider's answer (Charged with its reference, or
	// Declined) if the payment is still pending, and returns the payment as it
	// stands then.
	EndCharge(ctx context.Context, orderID string, answer booking.PaymentStatus, ref string) (booking.Payment, error)
	// BeginRefund turns the pending or charged payment of c's order into
	// RefundPending, for the reason c.Why. An order without a payment gets c
	// as one that is ChargePrevented, so that a charge that comes late finds
	// it. The first reason given stays. Returns the payment as it stands then.
	BeginRefund(ctx context.Context, c booking.Charge) (booking.Payment, error)
	// EndRefund records what a RefundPending payment came to: Refunded with
	// the amount given back, or ChargePrevented.
	EndRefund(ctx context.Context, orderID string, end booking.PaymentStatus, ref string, refunded int64) error
}

// PaymentProvider moves the money. Any error other than those named leaves the
// outcome unknown; asking again with the same key settles it, after the time
// that the error's RetryAfter() gives, if it has one.
type PaymentProvider interface {
	// Charge takes the money once per key and returns the provider's
	// reference. ErrDeclined: the provider refused, for good. ErrVoided: the
	// key was voided before it was charged.
	Charge(ctx context.Context, c booking.Charge) (ref string, err error)
	// Void makes certain that a charge whose outcome is unknown is never taken
	// from now on. It returns the reference of the charge if it already was,
	// and "" if it never will be.
	Void(ctx context.Context, c booking.Charge) (ref string, err error)
	// Refund gives a charge back once per key.
	Refund(ctx context.Context, key, ref string, amount booking.Money) error
}

// Errors of a PaymentProvider that are answers, not failures.
var (
	ErrDeclined = errors.New("payment declined")
	ErrVoided   = errors.New("charge was voided")
)

// providerPatience bounds one flight to the provider. It is longer than any
// activity waits: the answer is recorded even when nobody waits for it.
const providerPatience = 30 * time.Second

// Payments charges and refunds.
type Payments struct {
	Service
	Ledger   PaymentLedger
	Provider PaymentProvider

	flights singleflight.Group
}

// ChargePayment takes the order's price, once. What was not taken in time never
// will be.
func (p *Payments) ChargePayment(ctx context.Context, c booking.Charge) (booking.Outcome, error) {
	return do(ctx, &p.Service, func(ctx context.Context) (booking.Outcome, error) {
		payment, err := p.Ledger.BeginCharge(ctx, c)
		if err != nil {
			return booking.Outcome{}, fmt.Errorf("write payment intent: %w", err)
		}
		switch {
		case payment.Status == booking.ChargePending && c.Late:
			c.Why = booking.TooLate
			payment, err = p.undo(ctx, c) // it may have been asked for while there was time
		case payment.Status == booking.ChargePending:
			payment, err = p.fly(ctx, c)
		}
		if err != nil {
			return booking.Outcome{}, err
		}
		switch payment.Status {
		case booking.Charged:
			return booking.Outcome{Result: booking.Done}, nil
		case booking.Declined:
			return booking.Outcome{Result: booking.Refused, Reason: booking.PaymentDeclined}, nil
		default:
			return booking.Outcome{Result: booking.Undone, Reason: payment.Why}, nil
		}
	})
}

// fly asks the provider and records its answer. There is one flight a key in
// this process, and it goes on when the activity that asked has given up: an
// answer that was paid for is not thrown away.
func (p *Payments) fly(ctx context.Context, c booking.Charge) (booking.Payment, error) {
	landed := p.flights.DoChan(c.Key, func() (any, error) {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), providerPatience)
		defer cancel()
		ref, err := p.Provider.Charge(ctx, c)
		switch {
		case err == nil:
			return p.Ledger.EndCharge(ctx, c.OrderID, booking.Charged, ref)
		case errors.Is(err, ErrDeclined):
			return p.Ledger.EndCharge(ctx, c.OrderID, booking.Declined, "")
		case errors.Is(err, ErrVoided):
			return p.Ledger.BeginCharge(ctx, c) // it knows why: the refund's intent was written first
		default:
			return booking.Payment{}, fmt.Errorf("charge at provider: %w", err)
		}
	})
	select {
	case r := <-landed:
		if r.Err != nil {
			return booking.Payment{}, r.Err
		}
		return r.Val.(booking.Payment), nil
	case <-ctx.Done():
		return booking.Payment{}, ctx.Err()
	}
}

// RefundPayment undoes ChargePayment: what was charged is given back, what
// may or may not have been charged is settled with the provider first, and
// what was never asked for never will be.
func (p *Payments) RefundPayment(ctx context.Context, c booking.Charge) (booking.Undo, error) {
	return do(ctx, &p.Service, func(ctx context.Context) (booking.Undo, error) {
		payment, err := p.undo(ctx, c)
		return booking.Undo{Acted: payment.Status == booking.Refunded}, err
	})
}

func (p *Payments) undo(ctx context.Context, c booking.Charge) (booking.Payment, error) {
	payment, err := p.Ledger.BeginRefund(ctx, c)
	if err != nil {
		return payment, fmt.Errorf("write refund intent: %w", err)
	}
	if payment.Status != booking.RefundPending {
		return payment, nil
	}
	return p.giveBack(ctx, payment)
}

func (p *Payments) giveBack(ctx context.Context, payment booking.Payment) (booking.Payment, error) {
	ref := payment.Ref
	if ref == "" {
		var err error
		if ref, err = p.Provider.Void(ctx, payment.Charge); err != nil {
			return payment, fmt.Errorf("settle unknown charge at provider: %w", err)
		}
	}
	payment.Status, payment.Ref = booking.ChargePrevented, ref
	if ref != "" {
		if err := p.Provider.Refund(ctx, payment.Key+"/refund", ref, payment.Amount); err != nil {
			return payment, fmt.Errorf("refund at provider: %w", err)
		}
		payment.Status, payment.Refunded = booking.Refunded, payment.Amount.Amount
	}
	if err := p.Ledger.EndRefund(ctx, payment.OrderID, payment.Status, ref, payment.Refunded); err != nil {
		return payment, fmt.Errorf("record refund: %w", err)
	}
	return payment, nil
}
