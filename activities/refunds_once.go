package activities

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/yeyak/yeyak/booking"
)

// undoResult is the result of one attempt of an undo.
type undoResult struct {
	payment booking.Payment
	err     error
}

// undoOnce undoes a charge. There is one call per key in this process: the call of a cancelled
// attempt continues, and the next attempt, which may owe another amount, waits for its result. A
// call has the deadline of the attempt that started it.
func (p *Payments) undoOnce(ctx context.Context, c booking.Charge) (booking.Payment, error) {
	key := booking.Payment{Charge: c}.RefundKey()
	result := p.calls.DoChan(key, func() (any, error) {
		until, bounded := ctx.Deadline()
		if !bounded {
			until = time.Now().Add(providerTimeout)
		}
		ctx, cancel := context.WithDeadline(context.WithoutCancel(ctx), until)
		defer cancel()
		payment, err := p.undo(ctx, c)
		return undoResult{payment, err}, nil
	})
	late := make(chan struct{}) // its own call ends with the attempt and may return a result then
	stop := context.AfterFunc(ctx, func() { time.AfterFunc(ReplyMargin/2, func() { close(late) }) })
	defer stop()
	select {
	case r := <-result:
		came := r.Val.(undoResult)
		return came.payment, came.err
	case <-late:
		p.calls.Forget(key)
		return booking.Payment{}, calleeFailure{ctx.Err()}
	}
}

// defaultRequestLifetime is how long a request may be under way: an attempt waits for
// providerTimeout at most, and the provider may carry the request out later than that.
const defaultRequestLifetime = 2 * providerTimeout

// outcomeUnknown is the error of a request whose outcome will be known later.
type outcomeUnknown struct {
	amount int64
	wait   time.Duration
}

// Error implements error.
func (f outcomeUnknown) Error() string {
	return fmt.Sprintf("an earlier request for %d may be carried out yet", f.amount)
}

// RetryAfter is how long it takes until the outcome is known.
func (f outcomeUnknown) RetryAfter() time.Duration { return f.wait }

// recordRequest records in the ledger that the undo requests due of the charge seen. It fails while
// another attempt, of this or another process, has requested another amount that the
// provider may still carry out: both would be made.
func (p *Payments) recordRequest(ctx context.Context, payment *booking.Payment, seen ChargeState, due int64) error {
	ever := seen.requestedUnder(payment.RefundKey())
	open := payment.Requested - ever
	wait := cmp.Or(p.RequestLifetime, defaultRequestLifetime) - time.Since(payment.RequestedAt)
	switch {
	case open > 0 && open != due && open <= seen.Left && wait > 0:
		return calleeFailure{outcomeUnknown{open, max(wait, minRetryInterval)}}
	case due == 0:
		return nil
	}
	noted, err := p.Ledger.NoteRequested(ctx, payment.OrderID, payment.Requested, ever+due)
	switch {
	case err != nil:
		return fmt.Errorf("record what is requested: %w", err)
	case !noted:
		return calleeFailure{outcomeUnknown{due, minRetryInterval}}
	}
	payment.Requested = ever + due
	return nil
}

// recordAnswer records the result of a request that has not ended the undo: that the provider
// has refused it, and which refunds under the undo's own key are made.
func (p *Payments) recordAnswer(ctx context.Context, payment booking.Payment, made []booking.Entry, err error) error {
	if _, refused := errors.AsType[*Owed](err); (refused || errors.Is(err, booking.ErrNothingDone)) && payment.Requested > 0 {
		if _, err := p.Ledger.NoteRequested(ctx, payment.OrderID, payment.Requested, 0); err != nil {
			return fmt.Errorf("record that a request was refused: %w", err)
		}
	}
	if own, _ := payment.Entry(payment.RefundKey()); len(made) == 0 && own.Ref == "" {
		return nil // nothing was made
	}
	return p.noteCompleted(ctx, payment, made)
}

func (p *Payments) noteCompleted(ctx context.Context, payment booking.Payment, made []booking.Entry) error {
	if err := p.Ledger.NoteCompleted(ctx, payment.OrderID, made); err != nil {
		return fmt.Errorf("record what was made: %w", err)
	}
	return nil
}
