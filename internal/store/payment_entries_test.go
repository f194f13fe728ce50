package store_test

import (
	"errors"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/store"
)

// testPaymentEntries: won is 50000.
func testPaymentEntries(t *testing.T, fresh newURL) {
	db := setup(t, fresh, "payments")
	payments := store.NewPayments(db)

	charged := func(t *testing.T) booking.Charge {
		t.Helper()
		c := newCharge(t.Name())
		_, err := payments.BeginCharge(t.Context(), c)
		require.NoError(t, err)
		_, err = payments.EndCharge(t.Context(), c.OrderID, booking.Charged, "ch_1")
		require.NoError(t, err)
		return c
	}
	part := func(c booking.Charge, key string, amount int64) booking.Entry {
		return booking.Entry{
			Key: key, OrderID: c.OrderID, Amount: booking.Money{Amount: amount, Currency: won.Currency}, Reason: booking.Goodwill,
			By: "1024", Note: "the shower was cold",
		}
	}
	done := func(t *testing.T, e booking.Entry) {
		t.Helper()
		e.State, e.Ref = booking.EntryDone, "re_"+e.Key
		require.NoError(t, payments.NoteEntry(t.Context(), e))
	}
	read := func(t *testing.T, c booking.Charge) booking.Payment {
		t.Helper()
		p, err := payments.Payment(t.Context(), c.OrderID)
		require.NoError(t, err)
		return p
	}
	keeping := func(c booking.Charge, keep int64) booking.Charge {
		c.Reason, c.Keep, c.Tier, c.By = booking.ByCustomer, keep, "before:24h", "1030"
		return c
	}

	run(t, "Part", func(t *testing.T) {
		c := charged(t)
		e := part(c, "refund/1", 20000)
		for range 2 {
			p, err := payments.BeginEntry(t.Context(), e)
			require.NoError(t, err)
			require.Len(t, p.Entries, 1)
			require.EqualValues(t, 30000, p.Refundable())
		}
		stored, ok := read(t, c).Entry("refund/1")
		require.True(t, ok)
		require.WithinDuration(t, time.Now(), stored.At, time.Minute)
		require.Equal(t, time.UTC, stored.At.Location())
		e.Kind, e.State, e.At, e.Changed = booking.RefundEntry, booking.EntryPending, stored.At, stored.Changed
		require.Equal(t, e, stored)
		require.Zero(t, read(t, c).Refunded, "what is under way is not done")

		done(t, e)
		failed := e
		failed.State = booking.EntryFailed
		require.NoError(t, payments.NoteEntry(t.Context(), failed))
		p := read(t, c)
		require.Equal(t, booking.EntryDone, p.Entries[0].State, "what is done stays so")
		require.Equal(t, "re_refund/1", p.Entries[0].Ref)
		require.EqualValues(t, 20000, p.Refunded)
		require.Equal(t, booking.Charged, p.Status)
	})

	run(t, "PartRefused", func(t *testing.T) {
		c := newCharge(t.Name())
		_, err := payments.BeginEntry(t.Context(), part(c, "refund/1", 1))
		requireCode(t, booking.NotFound, err)
		_, err = payments.BeginCharge(t.Context(), c)
		require.NoError(t, err)
		_, err = payments.BeginEntry(t.Context(), part(c, "refund/1", 1))
		requireCode(t, booking.NotCharged, err)
		_, err = payments.EndCharge(t.Context(), c.OrderID, booking.Charged, "ch_1")
		require.NoError(t, err)
		for _, wrong := range []booking.Money{{Amount: won.Amount + 1, Currency: won.Currency}, {Currency: won.Currency}, {Amount: 1, Currency: "EUR"}} {
			e := part(c, "refund/1", 1)
			e.Amount = wrong
			p, err := payments.BeginEntry(t.Context(), e)
			requireCode(t, booking.RefundExceeds, err)
			require.Equal(t, won.Amount, p.Refundable(), "the answer has what is left")
		}
		require.Empty(t, read(t, c).Entries)
	})

	run(t, "NeverMoreThanWasPaid", func(t *testing.T) {
		c := charged(t)
		began := together(t, 20, func(i int) (bool, error) {
			e := part(c, key("refund/", i), 6000)
			_, err := payments.BeginEntry(t.Context(), e)
			if err != nil {
				return false, unless(err, booking.RefundExceeds)
			}
			e.State = booking.EntryDone
			return true, payments.NoteEntry(t.Context(), e)
		})
		require.Equal(t, 8, count(began, true), "8 × 6000 of 50000")
		require.EqualValues(t, 48000, read(t, c).Refunded)
		require.EqualValues(t, 2000, read(t, c).Refundable())
	})

	run(t, "CancelAndPartsAtOnce", func(t *testing.T) {
		for round := range 5 {
			c := newCharge(key(t.Name(), round))
			_, err := payments.BeginCharge(t.Context(), c)
			require.NoError(t, err)
			_, err = payments.EndCharge(t.Context(), c.OrderID, booking.Charged, "ch_1")
			require.NoError(t, err)
			together(t, 10, func(i int) (bool, error) {
				if i == 0 {
					_, err := payments.BeginRefund(t.Context(), keeping(c, 10000))
					return true, err
				}
				_, err := payments.BeginEntry(t.Context(), part(c, key("refund/", i), 9000))
				return true, unless(err, booking.RefundExceeds)
			})
			p := read(t, c)
			sum := p.Kept
			for _, e := range p.Entries {
				sum += e.Amount.Amount
			}
			// What is kept may still be refunded out of goodwill later.
			require.LessOrEqual(t, sum-p.Kept, won.Amount)
			require.GreaterOrEqual(t, sum, won.Amount, "all of it is kept, or being refunded")
			own, _ := p.Entry(p.RefundKey())
			require.LessOrEqual(t, own.Amount.Amount, won.Amount-10000)
		}
	})

	run(t, "FailedMakesRoomAndIsBegunAgain", func(t *testing.T) {
		c := charged(t)
		e := part(c, "refund/1", 30000)
		_, err := payments.BeginEntry(t.Context(), e)
		require.NoError(t, err)
		e.State, e.Words = booking.EntryFailed, "the account is closed"
		require.NoError(t, payments.NoteEntry(t.Context(), e))
		require.Equal(t, won.Amount, read(t, c).Refundable())
		p, err := payments.BeginEntry(t.Context(), e)
		require.NoError(t, err)
		require.Equal(t, booking.EntryPending, p.Entries[0].State)
		require.Equal(t, "the account is closed", p.Entries[0].Words)
		require.NoError(t, payments.NoteEntry(t.Context(), e))
		_, err = payments.BeginEntry(t.Context(), part(c, "refund/2", 30000))
		require.NoError(t, err)
		p, err = payments.BeginEntry(t.Context(), e)
		require.NoError(t, err)
		require.Equal(t, booking.EntryFailed, p.Entries[0].State, "there is no room for it any more")
	})

	run(t, "FailedIsMadeForWhatIsLeft", func(t *testing.T) {
		c := charged(t)
		e := part(c, "refund/1", 30000)
		e.State, e.Words = booking.EntryFailed, "the account is closed"
		require.NoError(t, payments.NoteEntry(t.Context(), e))
		done(t, part(c, "refund/2", 25000))
		p, err := payments.BeginEntry(t.Context(), e)
		require.NoError(t, err)
		failed, _ := p.Entry(e.Key)
		require.Equal(t, booking.EntryFailed, failed.State, "goodwill of a paid order is made as it was decided, or not at all")
		require.NoError(t, errOf(payments.BeginRefund(t.Context(), keeping(c, 10000))))
		p, err = payments.BeginEntry(t.Context(), e)
		require.NoError(t, err)
		failed, _ = p.Entry(e.Key)
		require.Equal(t, booking.EntryFailed, failed.State, "the undo refunds what is owed")
		require.NoError(t, errOf(payments.EndRefund(t.Context(), c.OrderID, booking.Refunded, "ch_1", 5000, "re_2")))
		p, err = payments.BeginEntry(t.Context(), e)
		require.NoError(t, err)
		made, _ := p.Entry(e.Key)
		require.Equal(t, booking.EntryPending, made.State)
		require.EqualValues(t, 10000, made.Amount.Amount)
		p, err = payments.BeginEntry(t.Context(), e)
		require.NoError(t, err)
		again, _ := p.Entry(e.Key)
		require.Equal(t, made, again)
	})

	run(t, "CancelKeeps", func(t *testing.T) {
		c := charged(t)
		for _, keep := range []int64{10000, 30000} {
			p, err := payments.BeginRefund(t.Context(), keeping(c, keep))
			require.NoError(t, err)
			require.Equal(t, booking.RefundPending, p.Status)
			require.EqualValues(t, 10000, p.Kept, "the first decision holds")
			require.Equal(t, "before:24h", p.Tier)
			require.Len(t, p.Entries, 1)
			require.EqualValues(t, 40000, p.Entries[0].Amount.Amount)
			require.Equal(t, booking.EntryReason(booking.ByCustomer), p.Entries[0].Reason)
			require.Equal(t, "1030", p.Entries[0].By)
		}
		for range 2 {
			require.NoError(t, errOf(payments.EndRefund(t.Context(), c.OrderID, booking.Refunded, "ch_1", 40000, "re_1")))
		}
		p := read(t, c)
		require.EqualValues(t, 40000, p.Refunded)
		require.EqualValues(t, 10000, p.Refundable(), "of what is kept some may be refunded out of goodwill")
		require.Equal(t, "re_1", p.Entries[0].Ref)
		require.Equal(t, booking.EntryDone, p.Entries[0].State)
	})

	run(t, "VoidKeepsNothing", func(t *testing.T) {
		c := newCharge(t.Name())
		_, err := payments.BeginCharge(t.Context(), c)
		require.NoError(t, err)
		p, err := payments.BeginRefund(t.Context(), keeping(c, 10000))
		require.NoError(t, err)
		require.Zero(t, p.Kept)
		require.Empty(t, p.Tier)
		require.Empty(t, p.Entries, "whether there is anything to refund is not known")
		require.False(t, p.WasCharged())
		require.NoError(t, errOf(payments.EndRefund(t.Context(), c.OrderID, booking.Refunded, "ch_1", won.Amount, "re_1")))
		require.Equal(t, won.Amount, read(t, c).Refunded)
	})

	run(t, "AllKept", func(t *testing.T) {
		c := charged(t)
		p, err := payments.BeginRefund(t.Context(), keeping(c, won.Amount+1))
		require.NoError(t, err)
		require.Equal(t, won.Amount, p.Kept)
		require.Empty(t, p.Entries)
		require.NoError(t, errOf(payments.EndRefund(t.Context(), c.OrderID, booking.Retained, "ch_1", 0, "")))
		p = read(t, c)
		require.Equal(t, booking.Retained, p.Status)
		require.Zero(t, p.Refunded)
		require.Empty(t, p.Entries)
	})

	run(t, "CancelAfterGoodwill", func(t *testing.T) {
		c := charged(t)
		e := part(c, "refund/1", 20000)
		_, err := payments.BeginEntry(t.Context(), e)
		require.NoError(t, err)
		done(t, e)
		p, err := payments.BeginRefund(t.Context(), keeping(c, 40000))
		require.NoError(t, err)
		require.EqualValues(t, 40000, p.Kept, "it may fail yet")
		require.EqualValues(t, 30000, p.KeptNow(), "no more is there to keep at present")
		require.Zero(t, p.Owed())
		require.NoError(t, errOf(payments.EndRefund(t.Context(), c.OrderID, booking.Retained, "ch_1", 0, "")))
		require.EqualValues(t, 30000, read(t, c).Kept, "no more is there to keep")
		require.EqualValues(t, 20000, read(t, c).Refunded)
	})

	run(t, "ReplacedWhileItIsRequestedAgain", func(t *testing.T) {
		c := charged(t)
		e := part(c, "refund/1", 20000)
		_, err := payments.BeginEntry(t.Context(), e)
		require.NoError(t, err)
		e.State, e.Words = booking.EntryFailed, "the balance is too low"
		require.NoError(t, payments.NoteEntry(t.Context(), e))
		_, err = payments.BeginEntry(t.Context(), e)
		require.NoError(t, err)
		by := e
		by.State, by.Words, by.Ref = booking.EntryDone, "", "re_7"
		p, err := payments.Import(t.Context(), c.OrderID, []booking.Entry{by}, nil)
		require.NoError(t, err)
		is, _ := p.Entry(e.Key)
		require.Equal(t, booking.EntryPending, is.State, "the request may succeed")
		require.NoError(t, payments.NoteEntry(t.Context(), e))
		p, err = payments.Import(t.Context(), c.OrderID, []booking.Entry{by}, nil)
		require.NoError(t, err)
		is, _ = p.Entry(e.Key)
		require.Equal(t, booking.EntryDone, is.State)
		require.Equal(t, "re_7", is.Ref)
	})

	run(t, "CancelAndGoodwillThatFailsLater", func(t *testing.T) {
		c := charged(t)
		e := part(c, "refund/1", 20000)
		_, err := payments.BeginEntry(t.Context(), e)
		require.NoError(t, err)
		e.State, e.Ref = booking.EntryDone, "re_1"
		require.NoError(t, payments.NoteEntry(t.Context(), e))
		_, err = payments.BeginRefund(t.Context(), keeping(c, 40000))
		require.NoError(t, err)
		hand := booking.Entry{
			Key: booking.KeyAtProvider("re_7"), OrderID: c.OrderID, Amount: booking.Money{Amount: 1000, Currency: won.Currency},
			Reason: booking.AtProvider, ByHand: true, Ref: "re_7", State: booking.EntryDone,
		}
		p, err := payments.Import(t.Context(), c.OrderID, []booking.Entry{hand}, nil)
		require.NoError(t, err)
		require.EqualValues(t, 29000, p.KeptNow())
		e, _ = p.Entry(e.Key)
		e.State, e.Words = booking.EntryFailed, "refund re_1 is failed"
		p, err = payments.Import(t.Context(), c.OrderID, []booking.Entry{e}, nil)
		require.NoError(t, err)
		require.EqualValues(t, 9000, p.Owed(), "no more than the policy refunds")
		p, err = payments.EndRefund(t.Context(), c.OrderID, booking.Refunded, "ch_1", 9000, "re_2")
		require.NoError(t, err)
		require.EqualValues(t, 40000, p.Kept)
		require.EqualValues(t, 10000, p.Refunded)
	})

	for _, state := range []booking.EntryState{booking.EntryDone, booking.EntryFailed} {
		run(t, "CancelWhileGoodwillIsPending/"+string(state), func(t *testing.T) {
			c := charged(t)
			e := part(c, "refund/1", 20000)
			_, err := payments.BeginEntry(t.Context(), e)
			require.NoError(t, err)
			p, err := payments.BeginRefund(t.Context(), keeping(c, 40000))
			require.NoError(t, err)
			require.EqualValues(t, 40000, p.Kept, "it may fail")
			require.Zero(t, p.Owed(), "and may be made")
			e.State, e.Words = state, "at the provider"
			require.NoError(t, payments.NoteEntry(t.Context(), e))
			want := map[booking.EntryState]struct{ kept, own int64 }{booking.EntryDone: {30000, 0}, booking.EntryFailed: {40000, 10000}}[state]
			require.Equal(t, want.own, read(t, c).Owed())
			for range 2 {
				p, err = payments.EndRefund(t.Context(), c.OrderID, booking.Refunded, "ch_1", want.own, "re_1")
				require.NoError(t, err)
				require.Equal(t, want.kept, p.Kept)
				require.Equal(t, read(t, c), p)
			}
		})
	}

	run(t, "CancelAndGoodwillThatIsMadeAfterAll", func(t *testing.T) {
		c := charged(t)
		e := part(c, "refund/1", 20000)
		_, err := payments.BeginEntry(t.Context(), e)
		require.NoError(t, err)
		e.State, e.Words = booking.EntryFailed, "the account is closed"
		require.NoError(t, payments.NoteEntry(t.Context(), e))
		_, err = payments.BeginRefund(t.Context(), keeping(c, 40000))
		require.NoError(t, err)
		done(t, e)
		require.Zero(t, read(t, c).Owed())
		p, err := payments.EndRefund(t.Context(), c.OrderID, booking.Refunded, "ch_1", 0, "")
		require.NoError(t, err)
		require.EqualValues(t, 30000, p.Kept, "no more is there to keep")
		require.EqualValues(t, 20000, p.Refunded)
	})

	run(t, "CancelAndGoodwillThatIsMadeAsItEnds", func(t *testing.T) {
		c := charged(t)
		e := part(c, "refund/1", 20000)
		_, err := payments.BeginEntry(t.Context(), e)
		require.NoError(t, err)
		_, err = payments.BeginRefund(t.Context(), keeping(c, 40000))
		require.NoError(t, err)
		e.State, e.Words = booking.EntryFailed, "the account is closed"
		require.NoError(t, payments.NoteEntry(t.Context(), e))
		done(t, e) // once the provider has refunded the 10000 that are owed
		p, err := payments.EndRefund(t.Context(), c.OrderID, booking.Refunded, "ch_1", 10000, "re_1")
		require.NoError(t, err)
		require.EqualValues(t, 20000, p.Kept, "all adds up to what was paid")
	})

	run(t, "GoodwillAfterCancel", func(t *testing.T) {
		c := charged(t)
		_, err := payments.BeginEntry(t.Context(), part(c, "refund/1", 5000))
		require.NoError(t, err)
		_, err = payments.BeginRefund(t.Context(), keeping(c, 20000))
		require.NoError(t, err)
		after, err := payments.BeginEntry(t.Context(), part(c, "refund/2", 15000))
		require.NoError(t, err)
		require.EqualValues(t, 25000, after.Owed(), "it comes out of what is kept")
		p, err := payments.Import(t.Context(), c.OrderID, []booking.Entry{{
			Key: booking.KeyAtProvider("re_7"), OrderID: c.OrderID, Amount: booking.Money{Amount: 4000, Currency: won.Currency},
			Reason: booking.AtProvider, ByHand: true, Ref: "re_7", State: booking.EntryDone, At: time.Now().Add(time.Hour),
		}}, nil)
		require.NoError(t, err)
		own, _ := p.Entry(p.RefundKey())
		require.EqualValues(t, 21000, own.Amount.Amount, "what a person refunds at the provider does not")
		require.EqualValues(t, 20000, p.Kept)
	})

	run(t, "Import", func(t *testing.T) {
		c := charged(t)
		_, err := payments.BeginRefund(t.Context(), keeping(c, 20000))
		require.NoError(t, err)
		due := time.Now().Add(time.Hour).UTC().Truncate(time.Second)
		hand := booking.Entry{
			Key: booking.KeyAtProvider("re_7"), OrderID: c.OrderID, Amount: booking.Money{Amount: 15000, Currency: won.Currency},
			Reason: booking.AtProvider, ByHand: true, Ref: "re_7", State: booking.EntryDone,
		}
		dispute := booking.Dispute{ID: "du_1", Amount: won, State: booking.DisputeOpen, EvidenceDueBy: due}
		for range 2 {
			p, err := payments.Import(t.Context(), c.OrderID, []booking.Entry{hand}, []booking.Dispute{dispute})
			require.NoError(t, err)
			require.Len(t, p.Entries, 2)
			require.EqualValues(t, 15000, p.Refunded)
			require.EqualValues(t, 20000, p.Kept)
			own, _ := p.Entry(p.RefundKey())
			require.EqualValues(t, 15000, own.Amount.Amount, "less is left to be refunded")
			require.Len(t, p.Disputes, 1)
			require.WithinDuration(t, time.Now(), p.Disputes[0].Changed, time.Minute)
			dispute.Changed = p.Disputes[0].Changed
			require.Equal(t, dispute, p.Disputes[0])
		}
		lost := booking.Entry{
			Key: booking.KeyOfDispute("du_1"), OrderID: c.OrderID, Amount: booking.Money{Amount: 25000, Currency: won.Currency},
			Reason: booking.Disputed, ByHand: true, Ref: "du_1", State: booking.EntryDone,
		}
		dispute.State = booking.DisputeLost
		p, err := payments.Import(t.Context(), c.OrderID, []booking.Entry{lost}, []booking.Dispute{dispute})
		require.NoError(t, err)
		require.EqualValues(t, 10000, p.KeptNow(), "the bank withdrew more than the policy refunds")
		require.EqualValues(t, 15000, p.Refunded, "what a bank withdraws is no refund")
		require.Equal(t, booking.DisputeLost, p.Disputes[0].State)
		require.NoError(t, errOf(payments.EndRefund(t.Context(), c.OrderID, booking.Retained, "ch_1", 0, "")))
		p = read(t, c)
		require.EqualValues(t, 10000, p.Kept)
		require.Len(t, p.Entries, 2, "of its own refund nothing came")
		require.EqualValues(t, 15000, p.Refunded)
	})

	run(t, "PaidByHand", func(t *testing.T) {
		c := charged(t)
		resolution := booking.Resolution{OrderID: c.OrderID, Evidence: "transfer 4711", By: "1"}
		_, err := payments.BeginRefund(t.Context(), keeping(c, 10000))
		require.NoError(t, err)
		paid, err := payments.PayByHand(t.Context(), resolution)
		require.NoError(t, err)
		require.Empty(t, paid, "it has not failed")
		own, _ := read(t, c).Entry(c.Key + "/refund")
		own.State, own.Words = booking.EntryFailed, "the account is closed"
		require.NoError(t, payments.NoteEntry(t.Context(), own))
		for range 2 {
			paid, err = payments.PayByHand(t.Context(), resolution)
			require.NoError(t, err)
			require.Len(t, paid, 1)
			require.Equal(t, "transfer 4711", paid[0].Ref)
		}
		resolution.Evidence = "another one"
		paid, err = payments.PayByHand(t.Context(), resolution)
		require.NoError(t, err)
		require.Empty(t, paid, "it is paid already")
		require.NoError(t, errOf(payments.EndRefund(t.Context(), c.OrderID, booking.Returned, "ch_1", 0, "")))
		p := read(t, c)
		require.Equal(t, booking.Returned, p.Status)
		require.Zero(t, p.Refunded, "it is not called refunded")
		require.EqualValues(t, 40000, p.Entries[0].Amount.Amount)
		require.True(t, p.Entries[0].ByHand)
		require.Equal(t, "1", p.Entries[0].By)
		require.Equal(t, "the account is closed", p.Entries[0].Words, "why it came to that stays on record")
		_, err = payments.PayByHand(t.Context(), booking.Resolution{OrderID: "unknown"})
		requireCode(t, booking.NotFound, err)
	})

	run(t, "GoodwillAfterPaidByHand", func(t *testing.T) {
		c := charged(t)
		_, err := payments.BeginRefund(t.Context(), keeping(c, 35000))
		require.NoError(t, err)
		own, _ := read(t, c).Entry(c.Key + "/refund")
		own.State, own.Words = booking.EntryFailed, "the account is closed"
		require.NoError(t, payments.NoteEntry(t.Context(), own))
		_, err = payments.PayByHand(t.Context(), booking.Resolution{OrderID: c.OrderID, Evidence: "transfer 4711"})
		require.NoError(t, err)
		p, err := payments.EndRefund(t.Context(), c.OrderID, booking.Returned, "ch_1", 0, "")
		require.NoError(t, err)
		require.EqualValues(t, 35000, p.Refundable(), "what is kept is at the provider")
		_, err = payments.BeginEntry(t.Context(), part(c, "refund/1", 35001))
		requireCode(t, booking.RefundExceeds, err)
		_, err = payments.BeginEntry(t.Context(), part(c, "refund/1", 10000))
		require.NoError(t, err)
		done(t, part(c, "refund/1", 10000))
		require.EqualValues(t, 25000, read(t, c).Refundable())
		require.EqualValues(t, 10000, read(t, c).Refunded, "what was paid by hand is no refund")
	})

	run(t, "PaidByHandThoughUnanswered", func(t *testing.T) {
		c := charged(t)
		part := booking.Entry{OrderID: c.OrderID, Key: "refund/1", Amount: booking.Money{Amount: 20000, Currency: c.Amount.Currency}, Reason: booking.Goodwill}
		_, err := payments.BeginEntry(t.Context(), part)
		require.NoError(t, err)
		_, err = payments.BeginRefund(t.Context(), c)
		require.NoError(t, err)
		resolution := booking.Resolution{OrderID: c.OrderID, Evidence: "transfer 4711", By: "1", Unanswered: []string{"refund/2"}}
		paid, err := payments.PayByHand(t.Context(), resolution)
		require.NoError(t, err)
		require.Empty(t, paid, "others may be answered yet")
		resolution.Unanswered = []string{"refund/1", c.Key + "/refund"}
		paid, err = payments.PayByHand(t.Context(), resolution)
		require.NoError(t, err)
		require.Len(t, paid, 2)
		require.Equal(t, c.Amount.Amount, paid[0].Amount.Amount+paid[1].Amount.Amount)
		for _, e := range read(t, c).Entries {
			require.Equal(t, booking.EntryDone, e.State)
			require.True(t, e.ByHand)
		}
	})

	run(t, "PaidByHandAfterADisputeWithoutADeadline", func(t *testing.T) {
		c := charged(t)
		_, err := payments.BeginRefund(t.Context(), c)
		require.NoError(t, err)
		_, err = payments.Import(t.Context(), c.OrderID, nil, []booking.Dispute{{ID: "du_1", Amount: won, State: booking.DisputeOpen}})
		require.NoError(t, err)
		resolution := booking.Resolution{OrderID: c.OrderID, Evidence: "transfer 4711", Unanswered: []string{c.Key + "/refund"}, Blind: true}
		_, err = payments.PayByHand(t.Context(), resolution)
		require.ErrorIs(t, err, &booking.Error{Code: booking.UnderDispute})
		long := time.Now().Add(-166 * 24 * time.Hour).UTC().Format("2006-01-02 15:04:05-07:00")
		_, err = db.SQL().ExecContext(t.Context(), "UPDATE payment_disputes SET updated_at = '"+long+"' WHERE order_id = '"+c.OrderID+"'")
		require.NoError(t, err)
		paid, err := payments.PayByHand(t.Context(), resolution)
		require.NoError(t, err)
		require.Len(t, paid, 1)
	})

	run(t, "NotPaidByHandWhilePending", func(t *testing.T) {
		c := charged(t)
		for _, key := range []string{"refund/1", "refund/2"} {
			e := part(c, key, 10000)
			_, err := payments.BeginEntry(t.Context(), e)
			require.NoError(t, err)
			e.State, e.Words = booking.EntryFailed, "it takes too long"
			require.NoError(t, payments.NoteEntry(t.Context(), e))
		}
		resolution := booking.Resolution{OrderID: c.OrderID, Evidence: "transfer 4711", Pending: map[string]string{"refund/1": "re_1 is pending"}}
		paid, err := payments.PayByHand(t.Context(), resolution)
		require.NoError(t, err)
		require.Len(t, paid, 1)
		require.Equal(t, "refund/2", paid[0].Key)
		pending, _ := read(t, c).Entry("refund/1")
		require.Equal(t, booking.EntryFailed, pending.State)
	})

	run(t, "RestPaidByHandWhileAPartIsPending", func(t *testing.T) {
		c := charged(t)
		e := part(c, "refund/1", 20000)
		_, err := payments.BeginEntry(t.Context(), e)
		require.NoError(t, err)
		e.State, e.Words = booking.EntryFailed, "it takes too long"
		require.NoError(t, payments.NoteEntry(t.Context(), e))
		p, err := payments.BeginRefund(t.Context(), c)
		require.NoError(t, err)
		own, _ := p.Entry(p.RefundKey())
		own.State, own.Words = booking.EntryFailed, "the balance is too low"
		require.NoError(t, payments.NoteEntry(t.Context(), own))
		resolution := booking.Resolution{OrderID: c.OrderID, Evidence: "transfer 4711", Pending: map[string]string{e.Key: "re_1 is pending"}}
		paid, err := payments.PayByHand(t.Context(), resolution)
		require.NoError(t, err)
		require.Len(t, paid, 1)
		require.Equal(t, own.Key, paid[0].Key)
		require.EqualValues(t, 30000, paid[0].Amount.Amount, "what is pending may be made yet")
		stored, _ := read(t, c).Entry(e.Key)
		require.Equal(t, booking.EntryFailed, stored.State)
	})

	run(t, "OthersAfterPaidByHand", func(t *testing.T) {
		c := charged(t)
		part := booking.Entry{OrderID: c.OrderID, Key: "refund/1", Amount: booking.Money{Amount: 15000, Currency: c.Amount.Currency}, Reason: booking.Goodwill}
		p, err := payments.BeginEntry(t.Context(), part)
		require.NoError(t, err)
		part, _ = p.Entry(part.Key)
		part.State, part.Words = booking.EntryFailed, "the account is closed"
		require.NoError(t, payments.NoteEntry(t.Context(), part))
		p, err = payments.BeginRefund(t.Context(), keeping(c, 40000))
		require.NoError(t, err)
		own, _ := p.Entry(c.Key + "/refund")
		require.EqualValues(t, 10000, own.Amount.Amount)
		own.State, own.Words = booking.EntryFailed, "the account is closed"
		require.NoError(t, payments.NoteEntry(t.Context(), own))
		paid, err := payments.PayByHand(t.Context(), booking.Resolution{OrderID: c.OrderID, Evidence: "transfer 4711"})
		require.NoError(t, err)
		require.Len(t, paid, 2)
		p, err = payments.Import(t.Context(), c.OrderID, []booking.Entry{{
			Key: booking.KeyAtProvider("re_1"), OrderID: c.OrderID, Amount: booking.Money{Amount: 1000, Currency: c.Amount.Currency},
			Reason: booking.AtProvider, ByHand: true, Ref: "re_1", State: booking.EntryDone,
		}}, nil)
		require.NoError(t, err)
		require.EqualValues(t, 40000, p.Kept, "what comes after it comes out of what is kept")
	})

	run(t, "NotPaidByHandWhileDisputed", func(t *testing.T) {
		c := charged(t)
		dispute := booking.Dispute{ID: "du_1", Amount: c.Amount, State: booking.DisputeOpen, EvidenceDueBy: time.Now().Add(-200 * 24 * time.Hour)}
		_, err := payments.BeginRefund(t.Context(), c)
		require.NoError(t, err)
		own, _ := read(t, c).Entry(c.Key + "/refund")
		own.State, own.Words = booking.EntryFailed, "charge_disputed"
		require.NoError(t, payments.NoteEntry(t.Context(), own))
		disputed := func(state booking.DisputeState) {
			dispute.State = state
			_, err := payments.Import(t.Context(), c.OrderID, nil, []booking.Dispute{dispute})
			require.NoError(t, err)
		}
		disputed(booking.DisputeOpen)
		resolution := booking.Resolution{OrderID: c.OrderID, Evidence: "transfer 4711", By: "1"}
		_, err = payments.PayByHand(t.Context(), resolution)
		requireCode(t, booking.UnderDispute, err)
		require.ErrorContains(t, err, "dispute du_1 over")
		own, _ = read(t, c).Entry(own.Key)
		require.Equal(t, booking.EntryFailed, own.State)
		disputed(booking.DisputeWon)
		for _, state := range []booking.DisputeState{booking.DisputeWon, booking.DisputeOpen} {
			disputed(state)
			paid, err := payments.PayByHand(t.Context(), resolution)
			require.NoError(t, err)
			require.Len(t, paid, 1, "also when it is reported once more, and is disputed since")
		}
	})

	run(t, "PaidByHandThoughNotKnownToBeCharged", func(t *testing.T) {
		c := newCharge(t.Name())
		_, err := payments.BeginCharge(t.Context(), c)
		require.NoError(t, err)
		_, err = payments.BeginRefund(t.Context(), c)
		require.NoError(t, err)
		resolution := booking.Resolution{OrderID: c.OrderID, Evidence: "transfer 4711", By: "1"}
		paid, err := payments.PayByHand(t.Context(), resolution)
		require.NoError(t, err)
		require.Empty(t, paid, "the provider may answer yet")
		resolution.Unanswered = []string{c.Key + "/refund"}
		for range 2 {
			paid, err = payments.PayByHand(t.Context(), resolution)
			require.NoError(t, err)
			require.Len(t, paid, 1)
			require.Equal(t, c.Amount, paid[0].Amount)
		}
		require.NoError(t, payments.NoteCharge(t.Context(), c.OrderID, "ch_early"))
		require.Empty(t, read(t, c).Ref, "its undo has not ended")
		require.NoError(t, errOf(payments.EndRefund(t.Context(), c.OrderID, booking.Returned, "", 0, "")))
		for _, ref := range []string{"ch_1", "ch_2"} {
			require.NoError(t, payments.NoteCharge(t.Context(), c.OrderID, ref))
			p := read(t, c)
			require.Equal(t, []any{booking.Returned, "ch_1"}, []any{p.Status, p.Ref})
			require.Equal(t, c.Amount.Amount, p.RefundedInAll())
		}
	})

	run(t, "PaidByHandButAccepted", func(t *testing.T) {
		c := charged(t)
		e := booking.Entry{OrderID: c.OrderID, Key: "refund/1", Amount: booking.Money{Amount: 20000, Currency: c.Amount.Currency}, Reason: booking.Goodwill}
		p, err := payments.BeginEntry(t.Context(), e)
		require.NoError(t, err)
		e, _ = p.Entry(e.Key)
		e.Words = "refund re_1 is pending"
		require.NoError(t, payments.NoteEntry(t.Context(), e))
		paid, err := payments.PayByHand(t.Context(), booking.Resolution{OrderID: c.OrderID, Evidence: "transfer 4711", Unanswered: []string{e.Key}})
		require.NoError(t, err)
		require.Empty(t, paid, "the provider is about to make it")
	})

	run(t, "PaidByHandAndNoMoreThanIsOwed", func(t *testing.T) {
		c := charged(t)
		fails := func(e booking.Entry) {
			e.State, e.Words = booking.EntryFailed, "the account is closed"
			require.NoError(t, payments.NoteEntry(t.Context(), e))
		}
		for k, amount := range map[string]int64{"refund/1": 8000, "refund/2": 30000} {
			_, err := payments.BeginEntry(t.Context(), part(c, k, amount))
			require.NoError(t, err)
			fails(part(c, k, amount))
		}
		p, err := payments.BeginRefund(t.Context(), keeping(c, 10000))
		require.NoError(t, err)
		own, _ := p.Entry(p.RefundKey())
		require.EqualValues(t, 40000, own.Amount.Amount, "what has failed is owed after all")
		fails(own)
		paid, err := payments.PayByHand(t.Context(), booking.Resolution{OrderID: c.OrderID, Evidence: "transfer 4711", By: "1"})
		require.NoError(t, err)
		require.Len(t, paid, 2, "the cancellation's, and goodwill out of what is kept")
		require.EqualValues(t, 40000, paid[0].Amount.Amount)
		require.Equal(t, "refund/1", paid[1].Key)
		left, _ := read(t, c).Entry("refund/2")
		require.Equal(t, booking.EntryFailed, left.State, "that money is refunded with the cancellation")
	})

	run(t, "WhatCameBackOtherwise", func(t *testing.T) {
		c := charged(t)
		_, err := payments.BeginRefund(t.Context(), because(c, booking.ByCustomer))
		require.NoError(t, err)
		require.NoError(t, errOf(payments.EndRefund(t.Context(), c.OrderID, booking.Returned, "ch_1", 0, "")))
		p := read(t, c)
		require.Zero(t, p.Refunded)
		require.Zero(t, p.Refundable())
		require.True(t, p.Entries[0].ByHand)
		require.Equal(t, won.Amount, p.Entries[0].Amount.Amount)
	})

	run(t, "ListedWithThePayment", func(t *testing.T) {
		c := charged(t)
		_, err := payments.BeginEntry(t.Context(), part(c, "refund/1", 1))
		require.NoError(t, err)
		var found *booking.Payment
		for p, err := range payments.All(t.Context()) {
			require.NoError(t, err)
			if p.OrderID == c.OrderID {
				found = &p
			}
		}
		require.NotNil(t, found)
		require.Equal(t, read(t, c), *found)
	})
}

// testMigratedRefunds: a refund from before there were entries has an entry with the
// same amounts.
func testMigratedRefunds(t *testing.T, fresh newURL) {
	db := setup(t, fresh, "payments")
	for _, before := range []string{
		`'charged', 'charged/charge', '', 'charged', 'ch', 0`, `'refunded', 'refunded/charge', 'customer', 'refunded', 'ch', 50000`,
		`'returned', 'returned/charge', 'sold_out', 'returned', 'ch', 0`, `'refunding', 'refunding/charge', 'customer', 'refunding', 'ch', 0`,
		`'unknown', 'unknown/charge', 'customer', 'refunding', '', 0`,
	} {
		_, err := db.SQL().ExecContext(t.Context(), `INSERT INTO payments
			(order_id, key, why, status, ref, refunded, amount, currency, method, created_at, updated_at)
			VALUES (`+before+`, 50000, 'KRW', 'pm', '2026-11-01 09:00:00+00:00', '2026-11-02 09:00:00+00:00')`)
		require.NoError(t, err)
	}
	migration, err := os.ReadFile("migrations/payments/0003_entries.sql")
	require.NoError(t, err)
	_, moves, found := strings.Cut(string(migration), "\nINSERT INTO payment_entries")
	require.True(t, found)
	_, err = db.SQL().ExecContext(t.Context(), "INSERT INTO payment_entries"+moves)
	require.NoError(t, err)

	payments := store.NewPayments(db)
	for order, want := range map[string]booking.Entry{
		"refunded":  {State: booking.EntryDone, Reason: "customer"},
		"returned":  {State: booking.EntryDone, Reason: "sold_out", ByHand: true},
		"refunding": {State: booking.EntryPending, Reason: "customer"},
	} {
		p, err := payments.Payment(t.Context(), order)
		require.NoError(t, err)
		require.Len(t, p.Entries, 1, order)
		want.Key, want.OrderID, want.Kind, want.Amount = order+"/charge/refund", order, booking.RefundEntry, won
		want.At, want.Changed = p.Entries[0].At, p.Entries[0].Changed
		require.Equal(t, want, p.Entries[0])
		require.Equal(t, 2, p.Entries[0].At.Day())
		require.Zero(t, p.Refundable())
	}
	for _, order := range []string{"charged", "unknown"} {
		p, err := payments.Payment(t.Context(), order)
		require.NoError(t, err)
		require.Empty(t, p.Entries, order)
	}
	require.NoError(t, errOf(payments.EndRefund(t.Context(), "refunding", booking.Refunded, "ch", won.Amount, "re_1")))
}

// testEndedByReleasesBefore: a release without entries may end a refund that was begun
// with one, and begin refunds without.
func testEndedByReleasesBefore(t *testing.T, fresh newURL) {
	db := setup(t, fresh, "payments")
	payments := store.NewPayments(db)
	endsAs := func(t *testing.T, orderID string, end booking.PaymentStatus, refunded int64) {
		t.Helper()
		_, err := db.SQL().ExecContext(t.Context(), `UPDATE payments SET status = '`+string(end)+`', ref = 'ch_1', why = 'customer', refunded = `+
			strconv.FormatInt(refunded, 10)+`, updated_at = '2026-11-02 09:00:00+00:00' WHERE order_id = '`+orderID+`'`)
		require.NoError(t, err)
	}
	for name, tt := range map[string]struct {
		begun, byHand bool
		end           booking.PaymentStatus
		refunded      int64
	}{
		"Refunded": {true, false, booking.Refunded, won.Amount}, "Returned": {true, true, booking.Returned, 0},
		"RefundedAndBegunSo": {false, false, booking.Refunded, won.Amount}, "ReturnedAndBegunSo": {false, true, booking.Returned, 0},
	} {
		run(t, name, func(t *testing.T) {
			c := newCharge(t.Name())
			_, err := payments.BeginCharge(t.Context(), c)
			require.NoError(t, err)
			_, err = payments.EndCharge(t.Context(), c.OrderID, booking.Charged, "ch_1")
			require.NoError(t, err)
			if tt.begun {
				_, err = payments.BeginRefund(t.Context(), because(c, booking.ByCustomer))
				require.NoError(t, err)
			}
			endsAs(t, c.OrderID, tt.end, tt.refunded)
			dispute := booking.Dispute{ID: "du_1", Amount: won, State: booking.DisputeWon}
			for range 2 { // read, and read after a change
				p, err := payments.Payment(t.Context(), c.OrderID)
				require.NoError(t, err)
				require.Equal(t, tt.refunded, p.Refunded)
				require.Len(t, p.Entries, 1)
				own := p.Entries[0]
				require.Equal(t, p.RefundKey(), own.Key)
				require.Equal(t, booking.EntryDone, own.State)
				require.Equal(t, won, own.Amount)
				require.Equal(t, tt.byHand, own.ByHand)
				require.Zero(t, p.Refundable())
				_, err = payments.Import(t.Context(), c.OrderID, nil, []booking.Dispute{dispute})
				require.NoError(t, err)
			}
			require.NoError(t, errOf(payments.EndRefund(t.Context(), c.OrderID, tt.end, "ch_1", tt.refunded, "re_1")), "repeated by this release")
		})
	}
	run(t, "AndKeepsNothing", func(t *testing.T) {
		c := newCharge(t.Name())
		_, err := payments.BeginCharge(t.Context(), c)
		require.NoError(t, err)
		_, err = payments.EndCharge(t.Context(), c.OrderID, booking.Charged, "ch_1")
		require.NoError(t, err)
		keeping := because(c, booking.ByCustomer)
		keeping.Keep = 20000
		_, err = payments.BeginRefund(t.Context(), keeping)
		require.NoError(t, err)
		endsAs(t, c.OrderID, booking.Refunded, won.Amount)
		p, err := payments.BeginRefund(t.Context(), keeping)
		require.NoError(t, err)
		require.Zero(t, p.Kept, "it refunded everything")
		require.Equal(t, won, p.Entries[0].Amount)
	})
}

// unless is nil for a refusal with the code, and err otherwise.
func unless(err error, code booking.Code) error {
	if errors.Is(err, &booking.Error{Code: code}) {
		return nil
	}
	return err
}
