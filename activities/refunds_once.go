package activities

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/yeyak/yeyak/booking"
)

// undone is what an attempt of an undo came to.
type undone struct {
	payment booking.Payment
	err     error
}

// undoOnce undoes a charge. There is one flight a key in this process: an attempt that was
// cancelled goes on, and the next one, which may owe another amount, waits for what comes of it.
// A flight has the time of the attempt that has begun it.
func (p *Payments) undoOnce(ctx context.Context, c booking.Charge) (booking.Payment, error) {
	key := booking.Payment{Charge: c}.RefundKey()
	landed := p.flights.DoChan(key, func() (any, error) {
		until, bounded := ctx.Deadline()
		if !bounded {
			until = time.Now().Add(providerPatience)
		}
		ctx, cancel := context.WithDeadline(context.WithoutCancel(ctx), until)
		defer cancel()
		payment, err := p.undo(ctx, c)
		return undone{payment, err}, nil
	})
	late := make(chan struct{}) // its own flight ends with the attempt, and may have something to say then
	stop := context.AfterFunc(ctx, func() { time.AfterFunc(Heard/2, func() { close(late) }) })
	defer stop()
	select {
	case r := <-landed:
		came := r.Val.(undone)
		return came.payment, came.err
	case <-late:
		p.flights.Forget(key)
		return booking.Payment{}, elsewhere{ctx.Err()}
	}
}

// longestInFlight is for how long a request may be on its way: an attempt asks for
// providerPatience at most, and the provider may be slower to carry it out than to be given up.
const longestInFlight = 2 * providerPatience

// unsettled is for a request of which it will be known later what became of it.
type unsettled struct {
	amount int64
	wait   time.Duration
}

// Error implements error.
func (f unsettled) Error() string {
	return fmt.Sprintf("an earlier request for %d may be carried out yet", f.amount)
}

// RetryAfter is when it is known what became of it.
func (f unsettled) RetryAfter() time.Duration { return f.wait }

// asks notes in the ledger that the undo asks for due of what was seen. It fails while another
// attempt, of this process or another one, has asked for another amount, and the provider may
// carry that out yet: both would be made.
func (p *Payments) asks(ctx context.Context, payment *booking.Payment, seen Outlay, due int64) error {
	ever := seen.everUnder(payment.RefundKey())
	open := payment.Asked - ever
	wait := cmp.Or(p.InFlight, longestInFlight) - time.Since(payment.AskedAt)
	switch {
	case open > 0 && open != due && open <= seen.Left && wait > 0:
		return elsewhere{unsettled{open, max(wait, soonestAgain)}}
	case due == 0:
		return nil
	}
	noted, err := p.Ledger.NoteAsked(ctx, payment.OrderID, payment.Asked, ever+due)
	switch {
	case err != nil:
		return fmt.Errorf("write what is asked for: %w", err)
	case !noted:
		return elsewhere{unsettled{due, soonestAgain}}
	}
	payment.Asked = ever + due
	return nil
}

// answered notes what is known of a request of the undo that has not ended it: that the provider
// has refused it, and what of the undo's own refund is made.
func (p *Payments) answered(ctx context.Context, payment booking.Payment, made []booking.Entry, err error) error {
	if _, refused := errors.AsType[*Owed](err); (refused || errors.Is(err, booking.ErrNothingDone)) && payment.Asked > 0 {
		if _, err := p.Ledger.NoteAsked(ctx, payment.OrderID, payment.Asked, 0); err != nil {
			return fmt.Errorf("record that a request was refused: %w", err)
		}
	}
	if own, _ := payment.Entry(payment.RefundKey()); len(made) == 0 && own.Ref == "" {
		return nil // nothing was ever made
	}
	return p.noteMade(ctx, payment, made)
}

func (p *Payments) noteMade(ctx context.Context, payment booking.Payment, made []booking.Entry) error {
	if err := p.Ledger.NoteMade(ctx, payment.OrderID, made); err != nil {
		return fmt.Errorf("record what was made: %w", err)
	}
	return nil
}
