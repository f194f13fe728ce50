package store_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/store"
)

// newCall is a call, undone for the reason if there is one.
func newCall(orderID string, reason booking.Reason) booking.Call {
	return booking.Call{OrderID: orderID, CustomerID: "c", Tel: "010-1234-5678", Location: "서울 '시'", Reason: reason}
}

func testManagement(t *testing.T, fresh newURL) {
	management := store.NewManagement(setup(t, fresh, "management"))
	register := func(t *testing.T, want booking.Outcome) {
		t.Helper()
		got, err := management.Register(t.Context(), newCall(t.Name(), ""))
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	unregister := func(t *testing.T, reason booking.Reason, acted bool) {
		t.Helper()
		got, err := management.Unregister(t.Context(), newCall(t.Name(), reason))
		require.NoError(t, err)
		require.Equal(t, booking.Undo{Acted: acted}, got)
	}

	run(t, "Once", func(t *testing.T) {
		register(t, done)
		register(t, done)
	})

	run(t, "Unregister", func(t *testing.T) {
		register(t, done)
		unregister(t, booking.ByCustomer, true)
		unregister(t, booking.ByOperator, true) // the first reason stays
		register(t, undone)
	})

	run(t, "UnregisterBeforeRegister", func(t *testing.T) {
		unregister(t, booking.ByCustomer, false)
		unregister(t, booking.ByOperator, false)
		register(t, undone)
		unregister(t, booking.ByOperator, false)
	})

	run(t, "Calls", func(t *testing.T) {
		management := store.NewManagement(setup(t, fresh, "management"))
		for _, id := range []string{"o1", "o2", "o3"} {
			_, err := management.Register(t.Context(), newCall(id, ""))
			require.NoError(t, err)
		}
		for _, id := range []string{"o2", "never"} {
			_, err := management.Unregister(t.Context(), booking.Call{OrderID: id, Reason: booking.ByCustomer})
			require.NoError(t, err)
		}
		var got []booking.Call
		require.Equal(t, []string{"o3", "o2", "o1"}, ids(t, management.Calls, func(c booking.RegisteredCall) string {
			require.Equal(t, c.OrderID == "o2", c.StruckOff)
			require.WithinDuration(t, time.Now(), c.At, time.Minute)
			got = append(got, c.Call)
			return c.OrderID
		}))
		require.Equal(t, []booking.Call{newCall("o3", ""), newCall("o2", booking.ByCustomer), newCall("o1", "")}, got)
		for id, want := range map[string]booking.Call{"o1": newCall("o1", ""), "o2": newCall("o2", booking.ByCustomer)} {
			call, err := management.Call(t.Context(), id)
			require.NoError(t, err)
			require.Equal(t, want, call.Call)
			require.Equal(t, id == "o2", call.StruckOff)
		}
		for _, id := range []string{"never", "o4"} {
			_, err := management.Call(t.Context(), id)
			requireCode(t, booking.NotFound, err)
		}
		_, _, err := management.Calls(t.Context(), booking.Page{Cursor: "bad"})
		requireCode(t, booking.InvalidCursor, err)
	})

	run(t, "Race", func(t *testing.T) {
		for round := range 10 {
			id := key(t.Name(), round)
			undos := together(t, 10, func(i int) (booking.Undo, error) {
				if i%2 == 0 {
					_, err := management.Register(t.Context(), newCall(id, ""))
					return booking.Undo{}, err
				}
				return management.Unregister(t.Context(), newCall(id, booking.ByCustomer))
			})
			require.Contains(t, []int{0, 5}, count(undos, booking.Undo{Acted: true}), "all undos find the same")
			got, err := management.Register(t.Context(), newCall(id, ""))
			require.NoError(t, err)
			require.Equal(t, undone, got)
		}
	})
}
