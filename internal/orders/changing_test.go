package orders_test

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/orders"
	"github.com/yeyak/yeyak/workflows/contract"
)

// changes makes a confirmed reservation accept changes, and records the requests.
func (b *bundle) changes(outcome func(context.Context) (contract.View, error)) *[]contract.StayChange {
	sent := &[]contract.StayChange{}
	b.store.put(cameTo(stayWith().View(), booking.Confirmed, ""))
	b.answersHistory(of(booking.Lodging), nil)
	b.onUpdate(func(_ context.Context, o client.UpdateWorkflowOptions) error {
		*sent = append(*sent, o.Args[0].(contract.StayChange))
		return nil
	}, outcome)
	return sent
}

// TestChange_IsTheCustomers: a change may charge the customer, so neither owners nor their
// programs may make one. The customer is notified of a change by an operator.
func TestChange_IsTheCustomers(t *testing.T) {
	t.Parallel()
	more := orders.Change{OrderID: "lodging-1", Rooms: 2, Key: "k1"}
	for _, role := range []booking.Role{booking.OwnerRole, booking.ServiceRole} {
		for _, level := range []booking.MemberLevel{booking.OwnerLevel, booking.StaffLevel} {
			b := newBundle(t)
			b.store.put(cameTo(stayWith().View(), booking.Confirmed, ""))
			theirs := booking.Caller{ID: "1001", Roles: []booking.Role{role}, Memberships: []booking.Membership{{OwnerID: "olivia", Level: level}}}
			_, _, err := b.QuoteChange(t.Context(), theirs, more)
			require.ErrorIs(t, err, &booking.Error{Code: booking.NotAllowed})
			_, err = b.Change(t.Context(), theirs, more)
			require.ErrorIs(t, err, &booking.Error{Code: booking.NotAllowed})
		}
	}
	for caller, notified := range map[*booking.Caller]bool{
		{ID: "alice", Roles: []booking.Role{booking.CustomerRole}}: false,
		{ID: "1040", Roles: []booking.Role{booking.OperatorRole}}:  true,
		{Unchecked: true}: false,
	} {
		b := newBundle(t)
		sent := b.changes(func(context.Context) (contract.View, error) { return b.store.View(t.Context(), "lodging-1") })
		_, err := b.Change(t.Context(), *caller, more)
		require.NoError(t, err)
		require.Len(t, *sent, 1)
		require.Equal(t, notified, (*sent)[0].ForCustomer, caller.ID)
		require.Equal(t, b.Now().UTC(), (*sent)[0].At, "earlier decisions of the owner do not apply to it")
	}
}

// TestChange_Overtaken: the fields that a change leaves out have the reservation's values at
// the time of the change. If another change comes first, the change is sent once more with
// the new values, unless its caller has named a version.
func TestChange_Overtaken(t *testing.T) {
	t.Parallel()
	anybody := booking.Caller{Unchecked: true}
	overtaken := func(t *testing.T) (*bundle, *[]contract.StayChange) {
		b := newBundle(t)
		other := cameTo(stayWith().View(), booking.Confirmed, "").View
		other.Quantity, other.Version = 2, 9
		sent := &[]contract.StayChange{}
		sent = b.changes(func(context.Context) (contract.View, error) {
			if has := (*sent)[len(*sent)-1].Has; has.Quantity != 2 {
				return contract.View{}, noFor(booking.Superseded, contract.Refusal{View: other, At: today})
			}
			return other, nil
		})
		return b, sent
	}
	longer := orders.Change{OrderID: "lodging-1", CheckOut: stay.CheckOut.AddDays(1), Key: "k1"}

	b, sent := overtaken(t)
	out, err := b.Change(t.Context(), anybody, longer)
	require.NoError(t, err)
	require.True(t, out.Done)
	require.Len(t, *sent, 2)
	first, second := (*sent)[0], (*sent)[1]
	require.Equal(t, booking.DailyQuantity{From: stay.CheckIn, To: stay.CheckOut, Quantity: 1}, first.Has)
	require.Equal(t, 1, first.Rooms)
	require.Equal(t, 2, second.Rooms, "the rooms are not its to change")
	require.Equal(t, longer.CheckOut, second.CheckOut)
	require.Equal(t, first.ID, second.ID)

	b, sent = overtaken(t)
	longer.Version = 7
	_, err = b.Change(t.Context(), anybody, longer)
	require.ErrorIs(t, err, &booking.Error{Code: booking.Superseded})
	require.Len(t, *sent, 1)
}

// TestChange_AwayUnderItsKey: a change that was refused because a service was away stays
// refused under its key, and its problem requires another key.
func TestChange_AwayUnderItsKey(t *testing.T) {
	t.Parallel()
	for code, another := range map[booking.Code]bool{
		orders.CodeOf(booking.PaymentUnavailable): true, orders.CodeOf(booking.CafeUnavailable): true, orders.CodeOf(booking.SoldOut): false,
	} {
		b := newBundle(t)
		b.changes(func(context.Context) (contract.View, error) { return contract.View{}, noFor(code) })
		_, err := b.Change(t.Context(), booking.Caller{Unchecked: true}, orders.Change{OrderID: "lodging-1", Rooms: 2, Key: "k1"})
		require.ErrorIs(t, err, &booking.Error{Code: code})
		require.Equal(t, another, strings.Contains(err.Error(), "repeat it under another one"), err)
	}
}

// TestChange_DifferenceThatCannotBeCharged: a difference that the payment provider does not charge
// is refused before the order is asked, in quotes and in changes.
func TestChange_DifferenceThatCannotBeCharged(t *testing.T) {
	t.Parallel()
	b := newBundle(t, func(d *orders.Deps) { d.Terms = fussy{} })
	b.store.put(cameTo(stayWith().View(), booking.Confirmed, ""))
	b.answersHistory(of(booking.Lodging), nil)
	more := orders.Change{OrderID: "lodging-1", Rooms: 2, Key: "k1"}
	_, _, err := b.QuoteChange(t.Context(), booking.Caller{Unchecked: true}, more)
	require.ErrorIs(t, err, &booking.Error{Code: booking.NotChangeable})
	require.ErrorContains(t, err, "the difference cannot be charged: 100000 is not accepted")
	_, err = b.Change(t.Context(), booking.Caller{Unchecked: true}, more)
	require.ErrorIs(t, err, &booking.Error{Code: booking.NotChangeable}, "the order was not asked")
}

// TestQuoteChange_RowBehind: a change of a reservation that was just confirmed is quoted,
// although its row is behind.
func TestQuoteChange_RowBehind(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	b.store.put(contract.Publication{View: stayWith().View()})
	b.answersHistory(of(booking.Lodging), nil)
	b.answersQuery(contract.ViewQuery, cameTo(stayWith().View(), booking.Confirmed, "").View, nil)
	_, q, err := b.QuoteChange(t.Context(), booking.Caller{Unchecked: true}, orders.Change{OrderID: "lodging-1", Rooms: 2})
	require.NoError(t, err)
	require.EqualValues(t, 100000, q.Charge.Amount)
}

// TestChange_Key: a caller makes one change per key. A repeat is the same update. Another
// content under the key is another update of the same change: the reservation refuses it.
func TestChange_Key(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	sent := b.changes(func(context.Context) (contract.View, error) { return b.store.View(t.Context(), "lodging-1") })
	longer := orders.Change{OrderID: "lodging-1", CheckOut: stay.CheckOut.AddDays(1), Key: "k1"}
	more, otherKey := longer, longer
	more.Rooms, otherKey.Key = 2, "k2"
	for _, c := range []orders.Change{longer, longer, more, otherKey} {
		_, err := b.Change(t.Context(), booking.Caller{Unchecked: true}, c)
		require.NoError(t, err)
	}
	paidBy := longer
	paidBy.PaymentMethod = "pm_1Def"
	_, err := b.Change(t.Context(), booking.Caller{Unchecked: true}, paidBy)
	require.NoError(t, err)
	require.Equal(t, "pm_1Def", (*sent)[4].PaymentMethod)
	require.NotEqual(t, (*sent)[0].Content, (*sent)[4].Content)
	first, again, other, another := (*sent)[0], (*sent)[1], (*sent)[2], (*sent)[3]
	require.Equal(t, first.UpdateID(), again.UpdateID())
	require.Equal(t, first.ID, other.ID)
	require.NotEqual(t, first.Content, other.Content)
	require.NotEqual(t, first.UpdateID(), other.UpdateID())
	require.NotEqual(t, first.ID, another.ID)
}
