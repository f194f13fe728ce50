package activities

import (
	"cmp"
	"context"
	"errors"
	"strings"
	"time"

	"go.temporal.io/sdk/activity"

	"github.com/yeyak/yeyak/booking"
)

// noAnswer is an error in place of the provider's answer.
type noAnswer struct{ error }

func (u noAnswer) Unwrap() error { return u.error }

// A refund that the provider has accepted is followed without end. If the provider answers
// only with errors for silenceTimeout, the refund needs a person: the key may be revoked,
// or the account closed.
const (
	silenceTimeout = 24 * time.Hour
	silent         = "; since then the payment provider has answered nothing but errors for more than a day"
)

// owedForSilence returns an *Owed with these words once the provider has answered only with errors
// for silenceTimeout. It returns nil before that, if there are no words, and if they say so already.
func (p *Payments) owedForSilence(ctx context.Context, words string, err error) *Owed {
	_, isNoAnswer := errors.AsType[noAnswer](err)
	silence := time.Since(activity.GetInfo(ctx).ScheduledTime)
	if !isNoAnswer || words == "" || strings.HasSuffix(words, silent) || silence < cmp.Or(p.SilenceTimeout, silenceTimeout) {
		return nil
	}
	return &Owed{Words: words + silent, NeedsPerson: true}
}

// errAfterSilence returns err, or an *Owed if the provider has accepted the refund and answers
// only with errors for too long.
func (p *Payments) errAfterSilence(ctx context.Context, c booking.Charge, payment booking.Payment, err error) error {
	own, _ := payment.Entry(payment.RefundKey())
	known := own.State == booking.EntryFailed && own.Words == c.Owed
	if owed := p.owedForSilence(ctx, cmp.Or(c.Owed, own.Words), err); owed != nil && !known {
		return p.recordOwed(ctx, payment, owed)
	}
	return err
}

// failAfterSilence marks a pending part as failed and returns nil if the provider answers
// only with errors for too long; otherwise it returns err. A part that had failed before
// keeps its words.
func (p *Payments) failAfterSilence(ctx context.Context, e *booking.Entry, was booking.Entry, err error) error {
	owed := p.owedForSilence(ctx, e.Words, err)
	if owed == nil || was.State == booking.EntryFailed {
		return err
	}
	e.State, e.Words = booking.EntryFailed, owed.Words
	return nil
}
