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

// unheard is an error in place of the provider's answer.
type unheard struct{ error }

func (u unheard) Unwrap() error { return u.error }

// A refund that the provider has accepted is followed without end. When it answers nothing
// but errors for longestSilence, the refund needs a person: the key may be revoked, or the
// account closed.
const (
	longestSilence = 24 * time.Hour
	silent         = "; since then the payment provider has answered nothing but errors for more than a day"
)

// ofSilence is what a refund in such words is owed for once the provider has been silent for
// too long; nil before that, and if it is known already.
func (p *Payments) ofSilence(ctx context.Context, words string, err error) *Owed {
	_, isUnheard := errors.AsType[unheard](err)
	silence := time.Since(activity.GetInfo(ctx).ScheduledTime)
	if !isUnheard || words == "" || strings.HasSuffix(words, silent) || silence < cmp.Or(p.Silence, longestSilence) {
		return nil
	}
	return &Owed{Words: words + silent, NeedsPerson: true}
}

// afterSilence is err, or what is owed of a refund that the provider has accepted and says
// nothing of any more.
func (p *Payments) afterSilence(ctx context.Context, c booking.Charge, payment booking.Payment, err error) error {
	own, _ := payment.Entry(payment.RefundKey())
	known := own.State == booking.EntryFailed && own.Words == c.Owed
	if owed := p.ofSilence(ctx, cmp.Or(c.Owed, own.Words), err); owed != nil && !known {
		return p.noted(ctx, payment, owed)
	}
	return err
}

// failsBySilence is err, or nil for a part that has failed since the provider says nothing of
// it any more. One that had failed before it was asked for again has its words.
func (p *Payments) failsBySilence(ctx context.Context, e *booking.Entry, was booking.Entry, err error) error {
	owed := p.ofSilence(ctx, e.Words, err)
	if owed == nil || was.State == booking.EntryFailed {
		return err
	}
	e.State, e.Words = booking.EntryFailed, owed.Words
	return nil
}
