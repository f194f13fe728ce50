package store_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/store"
)

func testSandboxIntents(t *testing.T, fresh newURL) {
	sandbox := store.NewSandboxIntents(setup(t, fresh, "sandbox"))
	intent := func(key, id, status string) store.SandboxIntent {
		return store.SandboxIntent{
			Key: key, ID: id, Request: "amount=5", Amount: won, Metadata: map[string]string{"order_id": key},
			ChargeKey: key, Answered: status, Status: status,
		}
	}
	create := func(t *testing.T, i store.SandboxIntent) store.SandboxIntent {
		t.Helper()
		got, err := sandbox.Create(t.Context(), i)
		require.NoError(t, err)
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
		require.Equal(t, []store.SandboxIntent{first}, found)
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
		refund := store.SandboxRefund{Key: t.Name(), ID: "re_1", Request: "all", IntentID: "pi_refund", Amount: won}
		given := together(t, 5, func(int) (bool, error) {
			stands, given, err := sandbox.Refund(t.Context(), refund)
			return given && stands.ID == "re_1", err
		})
		require.Equal(t, 5, count(given, true))
		for _, other := range []store.SandboxRefund{
			{Key: t.Name() + "2", ID: "re_2", IntentID: "pi_refund", Amount: won},
			{Key: t.Name() + "3", ID: "re_3", IntentID: "pi_unpaid", Amount: won},
		} {
			_, given, err := sandbox.Refund(t.Context(), other)
			require.NoError(t, err)
			require.False(t, given)
		}
		got, err := sandbox.Intent(t.Context(), "pi_refund")
		require.NoError(t, err)
		require.Equal(t, won.Amount, got.Refunded)
	})

	run(t, "ListAndTotals", func(t *testing.T) {
		sandbox := store.NewSandboxIntents(setup(t, fresh, "sandbox"))
		for _, id := range []string{"a", "b", "c"} {
			_, err := sandbox.Create(t.Context(), intent(id, id, "succeeded"))
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
