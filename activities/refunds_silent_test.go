package activities_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/activities"
	"github.com/yeyak/yeyak/booking"
)

// TestRefund_AcceptedByAProviderThatFallsSilent: a pending refund needs a person once the
// provider has answered only with errors for long enough. It is reported once, and may be
// paid by hand.
func TestRefund_AcceptedByAProviderThatFallsSilent(t *testing.T) {
	t.Parallel()
	// part and undo request the refund for a saga that knows words, and return the reported
	// words.
	part := func(p *activities.Payments, words string) (string, error) {
		e := goodwill("refund/1", 20000)
		e.Words = words
		is, err := refundPart(p, e)
		return is.Entry.Words, err
	}
	undo := func(p *activities.Payments, words string) (string, error) {
		c := keeping(30000)
		c.Owed = words
		is, err := refund(p, c)
		return is.Owed, err
	}
	for name, begin := range map[string]func(*activities.Payments, string) (string, error){"APart": part, "TheUndo": undo} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			payments, d := paid(t)
			answers := d.retrieve
			silent := func(string) (activities.ChargeState, error) { return activities.ChargeState{}, errAway }
			entry := func() booking.Entry { return onRecord(t, payments, "o1").Entries[0] }
			d.answers(&activities.Owed{Words: "refund re_0 is pending"})
			words, err := begin(payments, "")
			require.NoError(t, err)
			require.Equal(t, "refund re_0 is pending", words)

			d.retrieve = silent
			_, err = begin(payments, words)
			require.ErrorIs(t, err, errAway)
			require.Equal(t, booking.EntryPending, entry().State, "it may answer yet")
			payments.SilenceTimeout = time.Nanosecond
			var reported string
			for range 2 { // the first answer may be lost
				reported, err = begin(payments, words)
				require.NoError(t, err)
				require.Contains(t, reported, "refund re_0 is pending; since then the payment provider has answered nothing but errors")
				require.Equal(t, []any{booking.EntryFailed, reported}, []any{entry().State, entry().Words})
			}
			_, err = begin(payments, reported)
			require.ErrorIs(t, err, errAway, "which is nothing new")

			d.retrieve = answers
			words, err = begin(payments, reported)
			require.NoError(t, err)
			require.Equal(t, "refund re_0 is pending", words)
			require.Equal(t, booking.EntryPending, entry().State, "it answers again")
			d.retrieve = silent
			_, err = begin(payments, words)
			require.NoError(t, err)
			resolved, err := resolve(payments, "transfer 7")
			require.NoError(t, err)
			require.Len(t, resolved.Entries, 1)
			require.EqualValues(t, 20000, resolved.Entries[0].Amount.Amount)
		})
	}
}

// TestResolveByHand_OfWhatWasMadeBeforeTheSilence: an amount that the undo's own refund has
// paid back while a part was pending is not paid again by hand, even if the provider no
// longer answers.
func TestResolveByHand_OfWhatWasMadeBeforeTheSilence(t *testing.T) {
	t.Parallel()
	payments, d := paid(t)
	payments.SilenceTimeout = time.Nanosecond
	d.byHandIs(1, booking.EntryFailed) // so that the next one is re_1, as the till says
	pending := &activities.Owed{Words: "refund re_9 is pending"}
	d.answersTo("o1/refund/1", pending)
	part, err := refundPart(payments, goodwill("refund/1", 20000))
	require.NoError(t, err)
	c := newCharge("o1")
	undo, err := refund(payments, c)
	require.NoError(t, err)
	require.EqualValues(t, 30000, d.refundedUnder("o1/charge/refund"))

	answers := d.retrieve
	d.retrieve = func(string) (activities.ChargeState, error) { return activities.ChargeState{}, errAway }
	c.Owed = undo.Owed
	undo, err = refund(payments, c)
	require.NoError(t, err)
	require.True(t, undo.NeedsPerson)
	early, err := resolve(payments, "transfer 7")
	require.NoError(t, err)
	require.Equal(t, booking.DecisionPending, early.Refused, "it has refunded all but the part, which may be made yet")
	require.Len(t, onRecord(t, payments, "o1").Entries, 2)
	e := goodwill("refund/1", 20000)
	e.State, e.Words = part.Entry.State, part.Entry.Words
	part, err = refundPart(payments, e)
	require.NoError(t, err)
	require.Equal(t, booking.EntryFailed, part.Entry.State)
	resolved, err := resolve(payments, "transfer 7")
	require.NoError(t, err)
	require.Len(t, resolved.Entries, 1)
	require.EqualValues(t, 20000, resolved.Entries[0].Amount.Amount)

	d.retrieve = answers
	c.Owed = undo.Owed
	for range 2 {
		undo, err = refund(payments, c)
		require.NoError(t, err)
		require.Equal(t, booking.Undo{Acted: true, Payment: booking.Returned, Refunded: 30000, RefundedInAll: price.Amount}, undo)
		_, err = checkCharge(payments, "o1")
		require.NoError(t, err)
		require.Equal(t, price.Amount, onRecord(t, payments, "o1").RefundedInAll())
	}
}
