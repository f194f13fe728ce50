package orders

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// Repeats of a decision with an open outcome have one name; once the outcome is known, and
// in the next slot of time, a repeat has another name.
func TestUpdateIDs(t *testing.T) {
	t.Parallel()
	var one, other updateIDs
	cancel := Decision{OrderID: "food-1", Update: contract.CancelUpdate}
	complete := Decision{OrderID: "food-1", Update: contract.CompleteUpdate}
	now := time.Date(2026, 12, 1, 3, 0, 0, 0, time.UTC)
	first := one.next(now, booking.Caller{Unchecked: true}, cancel)
	require.Equal(t, first, one.next(now.Add(idSlot-1), booking.Caller{Unchecked: true}, cancel))
	require.Equal(t, first, other.next(now, booking.Caller{Unchecked: true}, cancel), "in every process")
	require.NotEqual(t, first.id, one.next(now, booking.Caller{Unchecked: true}, complete).id)
	one.answered(first)
	one.answered(first) // for both callers that had joined
	second := one.next(now, booking.Caller{Unchecked: true}, cancel)
	require.NotEqual(t, first.id, second.id)
	require.Equal(t, second, one.next(now, booking.Caller{Unchecked: true}, cancel))
	require.NotEqual(t, second.id, one.next(now.Add(idSlot), booking.Caller{Unchecked: true}, cancel).id)
	require.Empty(t, one.outcomes, "what is past is forgotten")
	confirm := Decision{OrderID: "lodging-1", Update: contract.ConfirmUpdate}
	ofOrder := one.next(now, booking.Caller{Unchecked: true}, confirm)
	confirm.changeID = "1"
	require.NotEqual(t, ofOrder.id, other.next(now, booking.Caller{Unchecked: true}, confirm).id, "it would get the answer of the first one")
	resolve := func(evidence booking.Personal) string {
		d := Decision{OrderID: "food-1", Update: contract.ResolveUpdate, Note: evidence}
		return one.next(now, booking.Caller{Unchecked: true}, d).id
	}
	said := resolve("bank transfer 42")
	require.Equal(t, said, resolve("bank transfer 42"))
	require.NotEqual(t, said, resolve("bank transfer 43"), "the second one would be answered and not recorded")
}
