package orders_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/orders"
	"github.com/yeyak/yeyak/workflows/contract"
)

// changes lets a confirmed reservation take changes, and notes what it was asked.
func (b *bundle) changes(outcome func(context.Context) (contract.View, error)) *[]contract.StayChange {
	asked := &[]contract.StayChange{}
	b.store.put(cameTo(stayWith().View(), booking.Confirmed, ""))
	b.answersHistory(of(booking.Lodging), nil)
	b.onUpdate(func(_ context.Context, o client.UpdateWorkflowOptions) error {
		*asked = append(*asked, o.Args[0].(contract.StayChange))
		return nil
	}, outcome)
	return asked
}

// TestChange_IsTheCustomers: a change may take the customer's money, so that neither owners
// nor their programs make one. That an operator made one is told to the customer.
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
	for caller, told := range map[*booking.Caller]bool{
		{ID: "alice", Roles: []booking.Role{booking.CustomerRole}}: false,
		{ID: "1040", Roles: []booking.Role{booking.OperatorRole}}:  true,
		{Unchecked: true}: false,
	} {
		b := newBundle(t)
		asked := b.changes(func(context.Context) (contract.View, error) { return b.store.View(t.Context(), "lodging-1") })
		_, err := b.Change(t.Context(), *caller, more)
		require.NoError(t, err)
		require.Len(t, *asked, 1)
		require.Equal(t, told, (*asked)[0].ForCustomer, caller.ID)
	}
}
