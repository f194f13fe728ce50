package activities

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"go.temporal.io/sdk/activity"

	"github.com/yeyak/yeyak/booking"
)

// RefundPayment undoes ChargePayment. A charge that was made is refunded. A charge whose
// outcome is unknown is voided at the provider first. A charge that was not requested is
// prevented. If the provider cannot make the refund now, its words are in the result's Owed. If
// c.Owed has these words already, RefundPayment fails, and is retried until they change.
func (p *Payments) RefundPayment(ctx context.Context, c booking.Charge) (booking.Undo, error) {
	return do(ctx, &p.Service, func(ctx context.Context) (booking.Undo, error) {
		payment, err := p.undoOnce(ctx, c)
		owed, isOwed := errors.AsType[*Owed](err)
		switch {
		case isOwed && owed.Words == c.Owed:
			return booking.Undo{}, calleeFailure{stillOwed{owed, retryInterval(ctx)}}
		case isOwed:
			return owing(owed, payment), nil
		}
		undo := booking.Undo{Declined: payment.Status == booking.Declined}
		if err == nil && payment.WasCharged() {
			undo.Acted, undo.Payment, undo.Refunded, undo.Kept = true, payment.Status, payment.Refunded, payment.Kept
			undo.Further = payment.Amount.Amount - payment.FirstCharge().Amount
			if inAll := payment.RefundedInAll(); inAll != payment.Refunded {
				undo.RefundedInAll = inAll
			}
			if c.WantsOwnRefund {
				undo.Own, undo.AtProvider = ownRefunded(payment), new(payment.RefundedAtProvider())
			}
		}
		return undo, err
	})
}

// ownRefunded is the amount of the undo's own refund, made by the provider or by a person in
// its place.
func ownRefunded(payment booking.Payment) *int64 {
	inAll := int64(0)
	if own, _ := payment.Entry(payment.RefundKey()); own.State == booking.EntryDone {
		inAll = own.Amount.Amount
	}
	return &inAll
}

// owing is the result of an undo that is not complete. What a person has paid by hand is no
// longer due.
func owing(owed *Owed, payment booking.Payment) booking.Undo {
	undo := booking.Undo{Owed: owed.Words, NeedsPerson: owed.NeedsPerson}
	if !owed.NeedsPerson {
		return undo
	}
	undo.Due = payment.Owed()
	if own, _ := payment.Entry(payment.RefundKey()); isPaidByHand(payment) {
		undo.Due = max(0, undo.Due-own.Amount.Amount)
	}
	return undo
}

// and is one *Owed for two charges.
func (o *Owed) and(other *Owed) *Owed {
	if o == nil {
		return other
	}
	return &Owed{Words: o.Words + "; " + other.Words, NeedsPerson: o.NeedsPerson || other.NeedsPerson}
}

// stillOwed is an *Owed whose words the saga knows already, with the time until the next
// request.
type stillOwed struct {
	*Owed
	wait time.Duration
}

// RetryAfter is the time until the next request.
func (s stillOwed) RetryAfter() time.Duration { return s.wait }

// Bounds of the time between two requests for a refund that is owed.
const (
	minRetryInterval = time.Second
	maxRetryInterval = 10 * time.Minute
)

// retryInterval grows with the age of the activity: refunds take seconds or days.
func retryInterval(ctx context.Context) time.Duration {
	return min(max(time.Since(activity.GetInfo(ctx).ScheduledTime)/10, minRetryInterval), maxRetryInterval)
}

func (p *Payments) undo(ctx context.Context, c booking.Charge) (booking.Payment, error) {
	if c.Keep > 0 {
		c.Keep = p.kept(c)
	}
	payment, err := p.Ledger.BeginRefund(ctx, c)
	switch {
	case err != nil:
		return payment, fmt.Errorf("write refund intent: %w", err)
	case payment.Status != booking.RefundPending:
		return payment, nil
	case isPaidByHand(payment):
		return p.undoPaidByHand(ctx, c, payment)
	}
	if payment, err = p.voidAllFurther(ctx, payment); err != nil {
		return payment, p.recordOwed(ctx, payment, err)
	}
	refs := []string{payment.Ref}
	if payment.Ref == "" {
		payment.ReturnTo = c.ReturnTo // the ledger does not store this field of the request
		if refs, err = p.void(ctx, payment); err != nil {
			return payment, p.recordOwed(ctx, payment, owedAfterSilence(ctx, c, err))
		}
	}
	payment, err = p.refundAll(ctx, payment, refs)
	return payment, p.errAfterSilence(ctx, c, payment, err)
}

// kept is how much of c.Keep is kept: less than all of it if the provider cannot refund exactly
// the rest.
func (p *Payments) kept(c booking.Charge) int64 {
	inAll := p.Provider.Part(booking.Money{Amount: max(0, c.Amount.Amount-c.Keep), Currency: c.Amount.Currency})
	return max(0, c.Amount.Amount-inAll.Amount)
}

// isPaidByHand reports whether a person has paid by hand what the undo owes.
func isPaidByHand(payment booking.Payment) bool {
	e, found := payment.Entry(payment.RefundKey())
	return found && e.State == booking.EntryDone && e.ByHand
}

// restOf completes an undo whose own refund a person has paid by hand. A part that was pending
// at that time is not included in what was paid. restOf requests that part again, also if it
// has failed, and returns an error until no such part is left.
func (p *Payments) restOf(ctx context.Context, payment *booking.Payment) error {
	own, _ := payment.Entry(payment.RefundKey())
	part := pendingPart(*payment)
	if part == nil && payment.Owed() > own.Amount.Amount {
		part = failedPart(*payment)
	}
	if part == nil {
		return nil
	}
	recorded, now, err := p.refundPart(ctx, *part)
	if errors.Is(err, &booking.Error{Code: booking.RefundExceeds}) {
		return nil // it has been refunded otherwise
	}
	if err != nil {
		return err
	}
	*payment = now
	owed := &Owed{Words: "refund " + part.Key + " of the same charge is under way"}
	if recorded.State == booking.EntryFailed {
		owed = &Owed{Words: "refund " + part.Key + " of the same charge: " + recorded.Words, NeedsPerson: true}
	}
	return calleeFailure{owed}
}

// failedPart is a refund of a part that has failed and can still be made.
func failedPart(payment booking.Payment) *booking.Entry {
	for _, e := range payment.Entries {
		if mayBeReplaced(payment, e) && payment.HasRoom(e) {
			return &e
		}
	}
	return nil
}

// refundAll refunds what is owed of the charges with these references. There are several only
// if the provider has made the order's charge more than once.
func (p *Payments) refundAll(ctx context.Context, payment booking.Payment, refs []string) (booking.Payment, error) {
	end, ref, last := booking.ChargePrevented, "", ownRefund{}
	var owed *Owed
	for _, charged := range refs {
		came, err := p.refundOne(ctx, &payment, charged, len(refs) == 1)
		said, isOwed := errors.AsType[*Owed](err)
		switch {
		case err == nil:
			end, ref, last = booking.Refunded, charged, came
			if payment.KeptAfter(came.amount) > 0 && came.amount == 0 && !slices.ContainsFunc(payment.Entries, booking.Entry.ByProvider) {
				end = booking.Retained
			}
		case errors.Is(err, ErrReturned):
			if end != booking.Refunded {
				end, ref = booking.Returned, charged
			}
		case isOwed:
			owed = owed.and(said)
		default:
			return payment, err
		}
	}
	if owed != nil {
		return payment, p.recordOwed(ctx, payment, owed)
	}
	return p.endRefund(ctx, payment, end, ref, last)
}

// recordOwed records in the ledger what the undo waits for, if err is an *Owed, and returns
// err.
func (p *Payments) recordOwed(ctx context.Context, payment booking.Payment, err error) error {
	owed, isOwed := errors.AsType[*Owed](err)
	if !isOwed {
		return calleeFailure{err}
	}
	e, found := payment.Entry(payment.RefundKey())
	state := booking.EntryPending
	if owed.NeedsPerson {
		state = booking.EntryFailed
	}
	if found && e.State == state && e.Words == owed.Words {
		return calleeFailure{err}
	}
	if !found {
		e = booking.Entry{
			Key: payment.RefundKey(), OrderID: payment.OrderID, Kind: booking.RefundEntry, Reason: booking.EntryReason(payment.Reason),
			Amount: booking.Money{Amount: payment.Owed(), Currency: payment.Amount.Currency},
		}
	}
	e.State, e.Words = state, owed.Words
	if failed := p.Ledger.NoteEntry(ctx, e); failed != nil {
		return fmt.Errorf("record what the refund waits for: %w", failed)
	}
	return calleeFailure{err}
}

// endRefund records the end of the undo, with its own refund, and returns the payment as the
// ledger has it. A notice may have changed the amount that is kept since the payment was read.
func (p *Payments) endRefund(
	ctx context.Context, payment booking.Payment, end booking.PaymentStatus, ref string, own ownRefund,
) (booking.Payment, error) {
	ended, err := p.Ledger.EndRefund(ctx, payment.OrderID, end, ref, own.amount, own.id)
	if err != nil {
		return payment, fmt.Errorf("record refund: %w", err)
	}
	return ended, nil
}
