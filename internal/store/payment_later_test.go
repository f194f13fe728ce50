package store_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/store"
)

// testRefundsThatFailLater: done refunds that fail at the provider later.
func testRefundsThatFailLater(t *testing.T, fresh newURL) {
	payments := store.NewPayments(setup(t, fresh, "payments"))
	charged := func(t *testing.T) booking.Charge {
		t.Helper()
		c := newCharge(t.Name())
		_, err := payments.BeginCharge(t.Context(), c)
		require.NoError(t, err)
		_, err = payments.EndCharge(t.Context(), c.OrderID, booking.Charged, "ch_1")
		require.NoError(t, err)
		return c
	}
	refunded := func(t *testing.T) (booking.Payment, booking.Entry) {
		t.Helper()
		c := charged(t)
		_, err := payments.BeginRefund(t.Context(), because(c, booking.ByCustomer))
		require.NoError(t, err)
		require.NoError(t, errOf(payments.EndRefund(t.Context(), c.OrderID, booking.Refunded, "ch_1", won.Amount, "re_1")))
		p, err := payments.Payment(t.Context(), c.OrderID)
		require.NoError(t, err)
		return p, p.Entries[0]
	}

	run(t, "Own", func(t *testing.T) {
		p, own := refunded(t)
		own.State, own.Words = booking.EntryFailed, "the account is closed"
		for range 2 {
			is, err := payments.Import(t.Context(), p.OrderID, []booking.Entry{own}, nil)
			require.NoError(t, err)
			require.Equal(t, booking.RefundPending, is.Status)
			require.Zero(t, is.Refunded)
			require.Equal(t, won.Amount, is.Refundable())
			require.Equal(t, []any{booking.EntryFailed, "the account is closed"}, []any{is.Entries[0].State, is.Entries[0].Words})
		}
		paid, err := payments.PayByHand(t.Context(), booking.Resolution{OrderID: p.OrderID, Evidence: "transfer 4711", By: "1"})
		require.NoError(t, err)
		require.Len(t, paid, 1)
		require.NoError(t, errOf(payments.EndRefund(t.Context(), p.OrderID, booking.Returned, "ch_1", 0, "")))
		is, err := payments.Import(t.Context(), p.OrderID, []booking.Entry{own}, nil)
		require.NoError(t, err)
		require.Equal(t, booking.Returned, is.Status)
		require.Equal(t, booking.EntryDone, is.Entries[0].State, "a slower check does not revoke what was paid by hand")
	})

	run(t, "OwnOfWhichNothingIsOwed", func(t *testing.T) {
		c := charged(t)
		part := booking.Entry{
			Key: "refund/1", OrderID: c.OrderID, Amount: booking.Money{Amount: 20000, Currency: won.Currency}, Reason: booking.Goodwill, By: "1",
		}
		_, err := payments.BeginEntry(t.Context(), part)
		require.NoError(t, err)
		part.State, part.Words = booking.EntryFailed, "the account is closed"
		require.NoError(t, payments.NoteEntry(t.Context(), part))
		undo := because(c, booking.ByCustomer)
		undo.Keep, undo.Tier = won.Amount-15000, "none"
		_, err = payments.BeginRefund(t.Context(), undo)
		require.NoError(t, err)
		ended, err := payments.EndRefund(t.Context(), c.OrderID, booking.Refunded, "ch_1", 15000, "re_1")
		require.NoError(t, err)
		own, _ := ended.Entry(ended.RefundKey())
		_, err = payments.PayByHand(t.Context(), booking.Resolution{OrderID: c.OrderID, Evidence: "transfer 4711", By: "1"})
		require.NoError(t, err)
		own.State, own.Words = booking.EntryFailed, "the account is closed"
		is, err := payments.Import(t.Context(), c.OrderID, []booking.Entry{own}, nil)
		require.NoError(t, err)
		require.Equal(t, booking.Refunded, is.Status, "the customer has more than the policy refunds")
		require.Len(t, is.Entries, 1)
		require.Zero(t, is.Refunded)
	})

	run(t, "APartWithoutAnOwn", func(t *testing.T) {
		c := charged(t)
		part := booking.Entry{Key: "refund/1", OrderID: c.OrderID, Amount: won, Reason: booking.Goodwill, By: "1"}
		_, err := payments.BeginEntry(t.Context(), part)
		require.NoError(t, err)
		part.State, part.Ref = booking.EntryDone, "re_1"
		require.NoError(t, payments.NoteEntry(t.Context(), part))
		_, err = payments.BeginRefund(t.Context(), because(c, booking.ByCustomer))
		require.NoError(t, err)
		require.NoError(t, errOf(payments.EndRefund(t.Context(), c.OrderID, booking.Refunded, "ch_1", 0, "")))
		part.State, part.Words = booking.EntryFailed, "the account is closed"
		is, err := payments.Import(t.Context(), c.OrderID, []booking.Entry{part}, nil)
		require.NoError(t, err)
		require.Len(t, is.Entries, 1, "the undo has refunded nothing, whatever was refunded when it failed")
		require.Zero(t, is.Refunded)
		require.True(t, is.HasRoom(is.Entries[0]))
	})

	run(t, "SeenBeforeItWasMadeAgain", func(t *testing.T) {
		p, own := refunded(t)
		own.State, own.Words, own.Ref = booking.EntryFailed, "the account is closed", "re_0"
		is, err := payments.Import(t.Context(), p.OrderID, []booking.Entry{own}, nil)
		require.NoError(t, err)
		require.Equal(t, booking.Refunded, is.Status, "that was another refund")
		require.Equal(t, booking.EntryDone, is.Entries[0].State)
	})

	run(t, "SeenToBeMadeByTwoAtOnce", func(t *testing.T) {
		p, own := refunded(t)
		for range 2 {
			is, err := payments.Import(t.Context(), p.OrderID, []booking.Entry{own}, nil)
			require.NoError(t, err)
			require.Len(t, is.Entries, 1)
		}
	})

	run(t, "NotedByASlowerAttempt", func(t *testing.T) {
		p, own := refunded(t)
		failed := own
		failed.State, failed.Words = booking.EntryFailed, "the account is closed"
		_, err := payments.Import(t.Context(), p.OrderID, []booking.Entry{failed}, nil)
		require.NoError(t, err)
		require.NoError(t, payments.NoteEntry(t.Context(), own), "it was read before it failed")
		is, err := payments.Payment(t.Context(), p.OrderID)
		require.NoError(t, err)
		require.Equal(t, booking.EntryFailed, is.Entries[0].State)
		now := is.Entries[0]
		now.State = booking.EntryDone
		require.NoError(t, payments.NoteEntry(t.Context(), now), "it was read since")
		is, err = payments.Payment(t.Context(), p.OrderID)
		require.NoError(t, err)
		require.Equal(t, booking.EntryDone, is.Entries[0].State)
	})

	run(t, "NotedWithAnAmountOfBefore", func(t *testing.T) {
		c := newCharge(t.Name())
		_, err := payments.BeginCharge(t.Context(), c)
		require.NoError(t, err)
		_, err = payments.EndCharge(t.Context(), c.OrderID, booking.Charged, "ch_1")
		require.NoError(t, err)
		p, err := payments.BeginRefund(t.Context(), because(c, booking.ByCustomer))
		require.NoError(t, err)
		slow := p.Entries[0]
		hand := booking.Entry{
			Key: booking.KeyAtProvider("re_9"), OrderID: c.OrderID, Amount: booking.Money{Amount: 20000, Currency: won.Currency},
			Reason: booking.AtProvider, ByHand: true, Ref: "re_9", State: booking.EntryDone,
		}
		_, err = payments.Import(t.Context(), c.OrderID, []booking.Entry{hand}, nil)
		require.NoError(t, err)
		slow.Words = "refund re_1 is pending"
		require.NoError(t, payments.NoteEntry(t.Context(), slow))
		p, err = payments.Payment(t.Context(), c.OrderID)
		require.NoError(t, err)
		own, _ := p.Entry(p.RefundKey())
		require.EqualValues(t, 30000, own.Amount.Amount)
		require.Equal(t, slow.Words, own.Words)
	})

	run(t, "Requested", func(t *testing.T) {
		c := newCharge(t.Name())
		_, err := payments.BeginCharge(t.Context(), c)
		require.NoError(t, err)
		for _, step := range []struct {
			was, requested int64
			noted          bool
			is             int64
		}{{0, 300, true, 300}, {0, 200, false, 300}, {300, 300, true, 300}, {300, 0, true, 0}, {300, 200, false, 0}} {
			noted, err := payments.NoteRequested(t.Context(), c.OrderID, step.was, step.requested)
			require.NoError(t, err)
			require.Equal(t, step.noted, noted)
			p, err := payments.Payment(t.Context(), c.OrderID)
			require.NoError(t, err)
			require.Equal(t, step.is, p.Requested)
			require.WithinDuration(t, time.Now(), p.RequestedAt, time.Minute)
		}
	})

	run(t, "MadeBeforeItWasPaidByHand", func(t *testing.T) {
		p, own := refunded(t)
		own.State, own.Words = booking.EntryFailed, "the account is closed"
		_, err := payments.Import(t.Context(), p.OrderID, []booking.Entry{own}, nil)
		require.NoError(t, err)
		made := func(id string, amount int64) booking.Entry {
			return booking.Entry{Ref: id, Amount: booking.Money{Amount: amount, Currency: won.Currency}}
		}
		require.NoError(t, payments.NoteCompleted(t.Context(), p.OrderID, []booking.Entry{made("re_7", won.Amount)}))
		require.NoError(t, payments.NoteCompleted(t.Context(), p.OrderID, []booking.Entry{made("re_8", 100), made("re_9", 200)}))
		paid, err := payments.PayByHand(t.Context(), booking.Resolution{OrderID: p.OrderID, Evidence: "transfer 4711", Blind: true})
		require.NoError(t, err)
		require.Len(t, paid, 1)
		require.Equal(t, won.Amount-300, paid[0].Amount.Amount)
		is, err := payments.Payment(t.Context(), p.OrderID)
		require.NoError(t, err)
		require.EqualValues(t, 300, is.Refunded)
		require.Equal(t, won.Amount, is.RefundedInAll())
	})

	run(t, "MadeOfAPartBeforeTheRestWasPaidByHand", func(t *testing.T) {
		for reason, beside := range map[booking.EntryReason]booking.EntryReason{booking.Goodwill: booking.AtProvider, booking.Changed: booking.Changed} {
			p := newCharge(string(reason))
			_, err := payments.BeginCharge(t.Context(), p)
			require.NoError(t, err)
			_, err = payments.EndCharge(t.Context(), p.OrderID, booking.Charged, "ch_1")
			require.NoError(t, err)
			part := booking.Entry{Key: "refund/1", OrderID: p.OrderID, Kind: booking.RefundEntry, Amount: won, Reason: reason}
			_, err = payments.BeginEntry(t.Context(), part)
			require.NoError(t, err)
			part.State, part.Words = booking.EntryFailed, "the account is closed"
			require.NoError(t, payments.NoteEntry(t.Context(), part))
			made := []booking.Entry{{Ref: "re_8", Amount: booking.Money{Amount: 100, Currency: won.Currency}}}
			require.NoError(t, payments.NoteMadeOfPart(t.Context(), p.OrderID, part.Key, []booking.Entry{{Ref: "re_7", Amount: won}}))
			require.NoError(t, payments.NoteMadeOfPart(t.Context(), p.OrderID, part.Key, made))
			paid, err := payments.PayByHand(t.Context(), booking.Resolution{OrderID: p.OrderID, Evidence: "transfer 4711", Blind: true})
			require.NoError(t, err)
			require.Len(t, paid, 1)
			require.Equal(t, won.Amount-100, paid[0].Amount.Amount)
			is, err := payments.Payment(t.Context(), p.OrderID)
			require.NoError(t, err)
			require.EqualValues(t, 100, is.Refunded)
			require.Equal(t, won.Amount, is.RefundedInAll())
			piece, _ := is.Entry(booking.KeyAtProvider("re_8"))
			require.Equal(t, beside, piece.Reason)
			if reason == booking.Changed {
				require.Equal(t, is.Amount.Amount-won.Amount, is.Price(), "the price is less by all of it")
			}
		}
	})
}
