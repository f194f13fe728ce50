package store_test

import (
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/audit"
	"github.com/yeyak/yeyak/internal/payments"
	"github.com/yeyak/yeyak/internal/store"
)

func testSandbox(t *testing.T, fresh newURL) {
	sandbox := store.NewSandbox(setup(t, fresh, "sandbox"))

	run(t, "Charge", func(t *testing.T) {
		c := newCharge(t.Name())
		first, err := sandbox.Charge(t.Context(), c, payments.Record{Status: booking.Charged})
		require.NoError(t, err)
		require.Equal(t, booking.Charged, first.Status)
		require.NotEmpty(t, first.Ref)
		for _, answer := range []booking.PaymentStatus{booking.Charged, booking.Declined, booking.ActionRequired} {
			again, err := sandbox.Charge(t.Context(), c, payments.Record{Status: answer})
			require.NoError(t, err)
			require.Equal(t, first, again)
		}
		voided, err := sandbox.Void(t.Context(), c)
		require.NoError(t, err)
		require.Equal(t, first, voided, "charged already")
		of := slices.DeleteFunc(everything(t, sandbox.Charges), func(known audit.ProviderCharge) bool { return known.OrderID != c.OrderID })
		require.Equal(t, []audit.ProviderCharge{{OrderID: c.OrderID, Ref: first.Ref, Charged: c.Amount}}, of)
	})

	run(t, "Declined", func(t *testing.T) {
		c := newCharge(t.Name())
		for _, answer := range []booking.PaymentStatus{booking.Declined, booking.Charged} {
			got, err := sandbox.Charge(t.Context(), c, payments.Record{Status: answer})
			require.NoError(t, err)
			require.Equal(t, booking.Declined, got.Status)
			require.Empty(t, got.Ref)
		}
	})

	run(t, "VoidBeforeCharge", func(t *testing.T) {
		c := newCharge(t.Name())
		_, err := sandbox.Void(t.Context(), c)
		require.NoError(t, err)
		got, err := sandbox.Charge(t.Context(), c, payments.Record{Status: booking.Charged})
		require.NoError(t, err)
		require.Equal(t, booking.ChargePrevented, got.Status)
	})

	run(t, "Refund", func(t *testing.T) {
		c := newCharge(t.Name())
		charge, err := sandbox.Charge(t.Context(), c, payments.Record{Status: booking.Charged})
		require.NoError(t, err)
		more := booking.Money{Amount: won.Amount + 1, Currency: won.Currency}
		require.Error(t, sandbox.Refund(t.Context(), "r1", charge.Ref, more))
		require.Error(t, sandbox.Refund(t.Context(), "r1", charge.Ref, booking.Money{Amount: 1, Currency: "EUR"}))
		for range 2 {
			require.NoError(t, sandbox.Refund(t.Context(), "r1", charge.Ref, won))
		}
		require.Error(t, sandbox.Refund(t.Context(), "r2", charge.Ref, won))
		require.Error(t, sandbox.Refund(t.Context(), "r1", charge.Ref, booking.Money{Amount: 1, Currency: won.Currency}), "another request under the key")
		requireCode(t, booking.NotFound, sandbox.Refund(t.Context(), "r1", "unknown", won))
		requireCode(t, booking.NotFound, sandbox.Refund(t.Context(), "r1", "", won))
	})

	run(t, "RefundInParts", func(t *testing.T) {
		c := newCharge(t.Name())
		charge, err := sandbox.Charge(t.Context(), c, payments.Record{Status: booking.Charged})
		require.NoError(t, err)
		some := booking.Money{Amount: 20000, Currency: won.Currency}
		for range 2 {
			require.NoError(t, sandbox.Refund(t.Context(), "p1", charge.Ref, some))
		}
		require.NoError(t, sandbox.Refund(t.Context(), "p2", charge.Ref, some))
		require.Error(t, sandbox.Refund(t.Context(), "p3", charge.Ref, some), "less is left")
		requireCode(t, booking.RefundExceeds, sandbox.ByHand(t.Context(), c.OrderID, 10001))
		seen, err := sandbox.Retrieve(t.Context(), charge.Ref)
		require.NoError(t, err)
		require.Equal(t, won, seen.Charged)
		require.EqualValues(t, 40000, seen.Refunded)
		require.Len(t, seen.Parts, 2)
		require.Equal(t, "p1", seen.Parts[0].Key)
		require.NoError(t, sandbox.ByHand(t.Context(), c.OrderID, 0))
		requireCode(t, booking.RefundExceeds, sandbox.ByHand(t.Context(), c.OrderID, 0))
		requireCode(t, booking.NotFound, sandbox.ByHand(t.Context(), "unknown", 0))
		_, err = sandbox.Retrieve(t.Context(), "unknown")
		requireCode(t, booking.NotFound, err)
	})

	run(t, "Disputes", func(t *testing.T) {
		c := newCharge(t.Name())
		charge, err := sandbox.Charge(t.Context(), c, payments.Record{Status: booking.Charged})
		require.NoError(t, err)
		seen, err := sandbox.Retrieve(t.Context(), charge.Ref)
		require.NoError(t, err)
		require.Nil(t, seen.Dispute)
		require.Equal(t, c.OrderID, seen.OrderID)
		requireCode(t, booking.NotFound, sandbox.Dispute(t.Context(), "unknown", 0, "open"))
		var since time.Time
		for _, tt := range []struct {
			amount, want int64
			state        booking.DisputeState
		}{{20000, 20000, booking.DisputeOpen}, {0, won.Amount, booking.DisputeOpen}, {won.Amount + 1, won.Amount, booking.DisputeLost}, {1, 1, booking.DisputeWon}} {
			require.NoError(t, sandbox.Dispute(t.Context(), c.OrderID, tt.amount, string(tt.state)))
			seen, err := sandbox.Retrieve(t.Context(), charge.Ref)
			require.NoError(t, err)
			if since.IsZero() {
				since = seen.Dispute.At
			}
			require.Equal(t, payments.Dispute{Amount: tt.want, State: tt.state, At: since}, *seen.Dispute, "it is one dispute")
		}
		require.WithinDuration(t, time.Now(), since, time.Minute)
		require.Equal(t, time.UTC, since.Location())
	})

	run(t, "ChargeVoidAndRefundRace", func(t *testing.T) {
		sandbox := store.NewSandbox(setup(t, fresh, "sandbox"))
		const orders = 10
		var sum int64
		for i := range orders {
			c := newCharge(key("o", i))
			statuses := together(t, 9, func(i int) (booking.PaymentStatus, error) {
				if i%3 == 0 {
					got, err := sandbox.Void(t.Context(), c)
					return got.Status, err
				}
				got, err := sandbox.Charge(t.Context(), c, payments.Record{Status: booking.Charged})
				if err == nil && got.Ref != "" {
					err = sandbox.Refund(t.Context(), c.Key+"/refund", got.Ref, c.Amount)
				}
				return got.Status, err
			})
			require.Equal(t, 9, count(statuses, statuses[0]), "every call gets the same answer")
			if statuses[0] == booking.Charged {
				sum += won.Amount
			}
		}
		charged, refunded, err := sandbox.Totals(t.Context())
		require.NoError(t, err)
		require.Equal(t, sum, charged)
		require.Equal(t, sum, refunded)
	})

	run(t, "TotalsOfNothing", func(t *testing.T) {
		charged, refunded, err := store.NewSandbox(setup(t, fresh, "sandbox")).Totals(t.Context())
		require.NoError(t, err)
		require.Zero(t, charged)
		require.Zero(t, refunded)
	})
}
