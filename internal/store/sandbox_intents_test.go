package store_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/payments"
	"github.com/yeyak/yeyak/internal/store"
)

func testSandboxIntents(t *testing.T, fresh newURL) {
	sandbox := store.NewSandboxIntents(setup(t, fresh, "sandbox"))
	intent := func(key, id, status string) payments.Intent {
		return payments.Intent{
			Key: key, ID: id, Request: "amount=5", Amount: won, Metadata: map[string]string{"order_id": key},
			ChargeKey: key, Answered: status, Status: status,
		}
	}
	create := func(t *testing.T, i payments.Intent) payments.Intent {
		t.Helper()
		got, used, err := sandbox.Create(t.Context(), i, false)
		require.NoError(t, err)
		require.False(t, used)
		return got
	}

	run(t, "OncePerKey", func(t *testing.T) {
		first := create(t, intent(t.Name(), "pi_once", "succeeded"))
		require.Equal(t, "pi_once", first.ID)
		require.Equal(t, first, create(t, intent(t.Name(), "pi_other", "canceled")))
		got, err := sandbox.Intent(t.Context(), "pi_once")
		require.NoError(t, err)
		require.Equal(t, first, got)
		found, err := sandbox.Search(t.Context(), t.Name())
		require.NoError(t, err)
		require.Equal(t, []payments.Intent{first}, found)
		_, err = sandbox.Intent(t.Context(), "pi_other")
		requireCode(t, booking.NotFound, err)
	})

	run(t, "Change", func(t *testing.T) {
		create(t, intent(t.Name(), "pi_change", "requires_confirmation"))
		for _, want := range []bool{true, false} {
			changed, err := sandbox.Change(t.Context(), "pi_change", []string{"requires_confirmation", "requires_action"}, "canceled")
			require.NoError(t, err)
			require.Equal(t, want, changed)
		}
		got, err := sandbox.Intent(t.Context(), "pi_change")
		require.NoError(t, err)
		require.Equal(t, "canceled", got.Status)
		require.Equal(t, "requires_confirmation", got.Answered)
	})

	run(t, "Refund", func(t *testing.T) {
		create(t, intent(t.Name(), "pi_refund", "succeeded"))
		create(t, intent(t.Name()+"2", "pi_unpaid", "canceled"))
		refund := payments.Refund{Key: t.Name(), ID: "re_1", Request: "all", IntentID: "pi_refund", Amount: won}
		made := together(t, 5, func(int) (bool, error) {
			stored, made, err := sandbox.Refund(t.Context(), refund)
			return made && stored.ID == "re_1", err
		})
		require.Equal(t, 5, count(made, true))
		for _, other := range []payments.Refund{
			{Key: t.Name() + "2", ID: "re_2", IntentID: "pi_refund", Amount: won},
			{Key: t.Name() + "3", ID: "re_3", IntentID: "pi_unpaid", Amount: won},
		} {
			_, made, err := sandbox.Refund(t.Context(), other)
			require.NoError(t, err)
			require.False(t, made)
		}
		got, err := sandbox.Intent(t.Context(), "pi_refund")
		require.NoError(t, err)
		require.Equal(t, won.Amount, got.Refunded)
	})

	run(t, "Label", func(t *testing.T) {
		create(t, intent(t.Name(), "pi_label", "succeeded"))
		for _, n := range []string{"1", "2"} {
			require.NoError(t, sandbox.Label(t.Context(), "pi_label", map[string]string{"refused": n}))
			got, err := sandbox.Intent(t.Context(), "pi_label")
			require.NoError(t, err)
			require.Equal(t, map[string]string{"order_id": t.Name(), "refused": n}, got.Metadata)
		}
		requireCode(t, booking.NotFound, sandbox.Label(t.Context(), "pi_nowhere", nil))
	})

	run(t, "Failures", func(t *testing.T) {
		_, found, err := sandbox.Failure(t.Context(), t.Name())
		require.NoError(t, err)
		require.False(t, found)
		first := payments.Failure{Key: t.Name(), Request: "amount=5", Status: 500, Body: "{}"}
		for _, f := range []payments.Failure{first, {Key: t.Name(), Status: 400}} {
			require.NoError(t, sandbox.KeepFailure(t.Context(), f))
			got, found, err := sandbox.Failure(t.Context(), t.Name())
			require.NoError(t, err)
			require.True(t, found)
			require.Equal(t, first, got, "the first is stored")
		}
	})

	run(t, "MethodsThatPayOnce", func(t *testing.T) {
		for round := range 5 {
			used := together(t, 4, func(i int) (bool, error) {
				one := intent(key(t.Name(), round, i), key("pi", round, i), "succeeded")
				one.Method = key("pm", round)
				stored, used, err := sandbox.Create(t.Context(), one, true)
				if err == nil && !used {
					require.Equal(t, one.ID, stored.ID)
					again, usedAgain, err := sandbox.Create(t.Context(), one, true)
					require.NoError(t, err)
					require.False(t, usedAgain, "it is the same request")
					require.Equal(t, stored, again)
				}
				return used, err
			})
			require.Equal(t, 3, count(used, true))
		}
	})

	run(t, "RefundsThatArePending", func(t *testing.T) {
		create(t, intent(t.Name(), "pi_pending", "succeeded"))
		refund := payments.Refund{Key: t.Name(), ID: "re_p", IntentID: "pi_pending", Amount: won, Label: "o1", Status: "pending"}
		_, made, err := sandbox.Refund(t.Context(), refund)
		require.NoError(t, err)
		require.True(t, made)
		refunds, err := sandbox.Refunds(t.Context(), "pi_pending")
		require.NoError(t, err)
		require.Len(t, refunds, 1)
		require.Equal(t, []string{"pending", "o1"}, []string{refunds[0].Status, refunds[0].Label})
		for range 2 {
			require.NoError(t, sandbox.EndRefunds(t.Context(), "pi_pending", "failed"))
			got, err := sandbox.Intent(t.Context(), "pi_pending")
			require.NoError(t, err)
			require.Zero(t, got.Refunded, "what has failed is left")
		}
		refunds, err = sandbox.Refunds(t.Context(), "pi_pending")
		require.NoError(t, err)
		require.Equal(t, "failed", refunds[0].Status)
	})

	run(t, "Disputes", func(t *testing.T) {
		i := intent(t.Name(), "pi_disputed", "succeeded")
		i.ChargeKey = booking.ChargeKey(t.Name())
		create(t, i)
		requireCode(t, booking.NotFound, sandbox.Dispute(t.Context(), "unknown", 0, "open"))
		var since time.Time
		for _, state := range []string{"open", "lost"} {
			require.NoError(t, sandbox.Dispute(t.Context(), t.Name(), 0, state))
			got, err := sandbox.Intent(t.Context(), "pi_disputed")
			require.NoError(t, err)
			if since.IsZero() {
				since = got.DisputedAt
			}
			require.Equal(t, []any{won.Amount, state, since}, []any{got.Disputed, got.Dispute, got.DisputedAt})
		}
		require.WithinDuration(t, time.Now(), since, time.Minute)
	})

	run(t, "ListAndTotals", func(t *testing.T) {
		sandbox := store.NewSandboxIntents(setup(t, fresh, "sandbox"))
		for _, id := range []string{"a", "b", "c"} {
			_, _, err := sandbox.Create(t.Context(), intent(id, id, "succeeded"), false)
			require.NoError(t, err)
		}
		var ids []string
		for after := ""; len(ids) < 3; after = ids[len(ids)-1] {
			page, err := sandbox.List(t.Context(), after, 2)
			require.NoError(t, err)
			require.NotEmpty(t, page)
			for _, i := range page {
				ids = append(ids, i.ID)
			}
		}
		require.Equal(t, []string{"c", "b", "a"}, ids)
		charged, refunded, err := sandbox.Totals(t.Context())
		require.NoError(t, err)
		require.Equal(t, []int64{3 * won.Amount, 0}, []int64{charged, refunded})
	})
}
