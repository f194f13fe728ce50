package orders_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/orders"
	"github.com/yeyak/yeyak/workflows/contract"
)

// Callers of these tests. alice is the customer of every order of businesses().
var (
	alice    = booking.Caller{ID: "alice", Roles: []booking.Role{booking.CustomerRole}}
	minho    = booking.Caller{ID: "minho", Roles: []booking.Role{booking.CustomerRole}}
	courier  = booking.Caller{ID: "dana", Roles: []booking.Role{booking.CourierRole}}
	kim      = booking.Caller{ID: "kim", Roles: []booking.Role{booking.CleanerRole}}
	operator = booking.Caller{ID: "olga", Roles: []booking.Role{booking.OperatorRole}}
	stranger = booking.Caller{}
	unknown  = booking.Caller{Unchecked: true}
	agent    = booking.Caller{ID: "2001", Roles: []booking.Role{booking.ServiceRole}, Scopes: []booking.Scope{booking.AnyOrder}}
)

// ownerOf returns a member of an organisation.
func ownerOf(ownerID string) booking.Caller {
	return booking.Caller{
		ID: "1001", Roles: []booking.Role{booking.OwnerRole},
		Memberships: []booking.Membership{{OwnerID: ownerID, Level: booking.StaffLevel}},
	}
}

var (
	notAllowed = &booking.Error{Code: booking.NotAllowed}
	notFound   = &booking.Error{Code: booking.NotFound}
)

// inProgress is the business's order while it is carried out: with its cleaner, if it is a
// call.
func (b business) inProgress() contract.View {
	status := map[booking.Kind]booking.Status{
		booking.Lodging: booking.AwaitingOwner, booking.Food: booking.Delivering, booking.Cafe: booking.InProduction, booking.Cleaning: booking.Assigned,
	}
	v := b.in(status[b.kind], "").View
	v.Placed = true
	if b.kind == booking.Cleaning {
		v.Cleaning = &contract.Visit{Location: v.Cleaning.Location, Cleaner: &booking.Cleaner{ID: "kim", Name: "Kim"}}
	}
	return v
}

// TestAuthorize_Read: an order exists for its customer, its owner's members and the persons
// that carry it out. For any other caller it is NotFound.
func TestAuthorize_Read(t *testing.T) {
	t.Parallel()
	for _, business := range businesses() {
		b, order := newBundle(t), business.inProgress()
		b.store.put(contract.Publication{View: order})
		b.answersQuery(contract.ViewQuery, order, nil)
		for _, test := range []struct {
			caller booking.Caller
			shown  bool
		}{
			{alice, true}, {minho, false}, {ownerOf(order.OwnerID), true}, {ownerOf("another"), false}, {operator, true}, {agent, true},
			{courier, business.kind == booking.Food}, {kim, business.kind == booking.Cleaning}, {stranger, false}, {unknown, true},
		} {
			view, err := b.Read(t.Context(), test.caller, business.kind, business.id())
			fresh, freshErr := b.ReadFresh(t.Context(), test.caller, business.id())
			if test.shown {
				require.NoError(t, err)
				require.Equal(t, order, view)
				require.NoError(t, freshErr)
				require.Equal(t, order, fresh)
				continue
			}
			require.Equal(t, orders.NoSuchOrder(business.id()), err, "%s for %v", business.kind, test.caller)
			require.Zero(t, view)
			require.Equal(t, orders.NoSuchOrder(business.id()), freshErr)
			require.Zero(t, fresh)
		}
	}
}

// TestAuthorize_ReadBehind: a newly assigned cleaner, and a courier, can read their order
// although its row is behind. Reads by others cause no query.
// query.
func TestAuthorize_ReadBehind(t *testing.T) {
	t.Parallel()
	for kind, caller := range map[booking.Kind]booking.Caller{booking.Cleaning: kim, booking.Food: courier} {
		b, business := newBundle(t), of(kind)
		b.store.put(business.in(booking.Received, ""))
		_, err := b.Read(t.Context(), minho, kind, business.id()) // the engine expects no call
		require.ErrorIs(t, err, notFound)
		b.answersQuery(contract.ViewQuery, business.inProgress(), nil)
		_, err = b.Read(t.Context(), caller, kind, business.id())
		require.NoError(t, err)
	}
}

// TestAuthorize_CourierAfterwards: couriers cannot see an order that was delivered or
// cancelled. A courier that repeats the delivery gets the same answer.
func TestAuthorize_CourierAfterwards(t *testing.T) {
	t.Parallel()
	for _, status := range []booking.Status{booking.Delivered, booking.Cancelled} {
		b, business := newBundle(t), of(booking.Food)
		order := business.in(status, "").View
		order.Placed = true
		b.store.put(contract.Publication{View: order})
		_, err := b.Read(t.Context(), courier, booking.Food, business.id())
		require.ErrorIs(t, err, notFound)
		_, err = b.ReadFresh(t.Context(), courier, business.id())
		require.ErrorIs(t, err, notFound)
		require.ErrorIs(t, b.Allow(t.Context(), courier, booking.ReadJob, booking.Food, business.id()), notFound)
		require.NoError(t, b.Allow(t.Context(), courier, booking.Deliver, booking.Food, business.id()))
		require.ErrorIs(t, b.Allow(t.Context(), minho, booking.Deliver, booking.Food, business.id()), notFound)
	}
}

// decisions lists the decisions on orders of a kind, each with a caller that may make it.
func decisions(k booking.Kind) map[string]booking.Caller {
	owner := ownerOf(of(k).input.View().OwnerID)
	switch k {
	case booking.Lodging:
		return map[string]booking.Caller{
			contract.ConfirmUpdate: owner, contract.RejectUpdate: owner, contract.CompleteUpdate: owner, contract.CancelUpdate: alice,
		}
	case booking.Food:
		return map[string]booking.Caller{contract.CompleteUpdate: courier, contract.CancelUpdate: alice}
	case booking.Cafe:
		return map[string]booking.Caller{contract.CompleteUpdate: owner, contract.CancelUpdate: alice}
	default:
		return map[string]booking.Caller{contract.CompleteUpdate: kim, contract.CancelUpdate: alice}
	}
}

// TestAuthorize_Decide: each decision is allowed to one of the parties of the order, and to
// operators. A caller that may see the order gets NotAllowed, any other NotFound. Nothing
// is sent then.
func TestAuthorize_Decide(t *testing.T) {
	t.Parallel()
	for _, business := range businesses() {
		order := business.inProgress()
		owner := ownerOf(order.OwnerID)
		for update, its := range decisions(business.kind) {
			for _, caller := range []booking.Caller{alice, minho, owner, ownerOf("another"), courier, kim, operator, agent, stranger, unknown} {
				b := newBundle(t)
				b.store.put(contract.Publication{View: order})
				b.answersQuery(contract.ViewQuery, order, nil)
				d := orders.Decision{OrderID: business.id(), Kind: business.kind, Update: update, Note: "so be it"}
				may := caller.ID == its.ID && len(caller.Memberships) == len(its.Memberships) || caller.AlwaysAllowed(booking.CancelOrder)
				if len(caller.Memberships) > 0 && caller.Memberships[0].OwnerID == "another" {
					may = false
				}
				var said any
				if may {
					b.onUpdate(func(_ context.Context, o client.UpdateWorkflowOptions) error { said = o.Args[0]; return nil },
						func(context.Context) (contract.View, error) { return order, nil })
				}
				_, err := b.Decide(t.Context(), caller, d)
				switch {
				case may:
					require.NoError(t, err)
					want := contract.Decision{Note: "so be it", By: caller.ID, At: today}
					if update == contract.CancelUpdate {
						want.StatusWhenDecided = order.Status
					}
					require.Equal(t, want, said)
				case caller.Allowed(booking.ReadOrder, order.Thing()):
					require.ErrorIs(t, err, notAllowed, "%s %s by %v", update, business.kind, caller)
				default:
					require.Equal(t, orders.NoSuchOrder(business.id()), err, "%s %s by %v", update, business.kind, caller)
				}
			}
		}
	}
}

// TestAuthorize_Place: a customer places orders for themselves, named or not. An operator,
// and a service with the scope, place them for others.
func TestAuthorize_Place(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		caller   booking.Caller
		customer string
		want     string // the order's customer; "" if it is refused
		placedBy string
	}{
		"Own":             {alice, "alice", "alice", ""},
		"OwnNotNamed":     {alice, "", "alice", ""},
		"Another":         {alice, "minho", "", ""},
		"ByOperator":      {operator, "alice", "alice", "olga"},
		"ByServiceScoped": {agent, "alice", "alice", "2001"},
		"ByService":       {booking.Caller{ID: "2002", Roles: []booking.Role{booking.ServiceRole}}, "alice", "", ""},
		"ByOwner":         {ownerOf("olivia"), "alice", "", ""},
		"ByOwnerForSelf":  {ownerOf("olivia"), "1001", "", ""},
		"Stranger":        {stranger, "alice", "", ""},
		"Unchecked":       {unknown, "alice", "alice", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBundle(t)
			a, err := b.Prepare(t.Context(), test.caller, orders.Placement{Wanted: stay, CustomerID: test.customer, PaymentMethod: "pm_card_visa"})
			if test.want == "" {
				require.ErrorIs(t, err, notAllowed)
				require.Zero(t, b.store.reads)
				return
			}
			require.NoError(t, err)
			b.onStart(func(_ client.StartWorkflowOptions, in contract.Input) error {
				lodging, _ := in.(contract.Lodging)
				require.Equal(t, test.want, lodging.CustomerID)
				require.Equal(t, test.placedBy, lodging.PlacedBy)
				b.publish(in, booking.Confirmed, "")
				return nil
			})
			out, err := b.Place(t.Context(), a)
			require.NoError(t, err)
			require.Equal(t, test.want, out.View.CustomerID)
			require.Equal(t, test.placedBy, out.View.History[0].By)
		})
	}
}

// TestAuthorize_Keys: an Idempotency-Key belongs to its caller. A customer that uses the
// key of an operator acting for them gets an order of their own.
func TestAuthorize_Keys(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	placed := func(caller booking.Caller, customer string) string {
		a, err := b.Prepare(t.Context(), caller, orders.Placement{
			Wanted: stay, CustomerID: customer, PaymentMethod: "pm_card_visa", Key: "k", RequestHash: hashOf(stay),
		})
		require.NoError(t, err)
		return a.OrderID
	}
	own := placed(alice, "alice")
	require.Equal(t, own, placed(alice, ""))
	require.Equal(t, own, placed(unknown, "alice"), "as it was before callers had an identity")
	require.NotEqual(t, own, placed(operator, "alice"))
	require.NotEqual(t, placed(agent, "alice"), placed(operator, "alice"))
	byOperator := placed(operator, "alice")
	require.Equal(t, byOperator, placed(operator, "alice"))
	require.NotEqual(t, byOperator, placed(operator, "minho"))
}

// TestAuthorize_List: callers list their own orders, and those of organisations that they
// are members of.
func TestAuthorize_List(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	for _, test := range []struct {
		caller booking.Caller
		filter booking.OrderFilter
		may    bool
	}{
		{alice, booking.OrderFilter{CustomerID: "alice"}, true},
		{alice, booking.OrderFilter{CustomerID: "minho"}, false},
		{alice, booking.OrderFilter{OwnerID: "alice"}, false}, // an owner with the same id is another person
		{ownerOf("olivia"), booking.OrderFilter{OwnerID: "olivia"}, true},
		{ownerOf("olivia"), booking.OrderFilter{OwnerID: "sara"}, false},
		{ownerOf("olivia"), booking.OrderFilter{CustomerID: "alice"}, false},
		{ownerOf("olivia"), booking.OrderFilter{CustomerID: "olivia"}, false},
		{courier, booking.OrderFilter{OwnerID: "sara"}, false},
		{stranger, booking.OrderFilter{CustomerID: ""}, false},
		{operator, booking.OrderFilter{CustomerID: "minho"}, true},
		{agent, booking.OrderFilter{OwnerID: "sara"}, true},
		{unknown, booking.OrderFilter{OwnerID: "sara"}, true},
	} {
		_, err := b.List(t.Context(), test.caller, test.filter, booking.Page{}, nil)
		_, countErr := b.Count(t.Context(), test.caller, test.filter)
		if test.may {
			require.NoError(t, err)
			require.NoError(t, countErr)
			continue
		}
		require.ErrorIs(t, err, notAllowed, "%v %v", test.caller, test.filter)
		require.ErrorIs(t, countErr, notAllowed)
	}
}

// TestAuthorize_ListAfterAnothers: a list with a seen order that the caller may not see
// answers the same as for a missing order.
func TestAuthorize_ListAfterAnothers(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	order := of(booking.Food).inProgress()
	b.store.put(contract.Publication{View: order})
	behind := func(caller booking.Caller, orderID string) []string {
		list, err := b.List(t.Context(), caller, booking.OrderFilter{CustomerID: caller.ID}, booking.Page{}, &orders.Seen{OrderID: orderID, Version: order.Version})
		require.NoError(t, err)
		return list.Behind
	}
	require.Empty(t, behind(alice, order.ID))
	require.Equal(t, []string{order.ID}, behind(minho, order.ID))
	require.Equal(t, []string{"food-unknown"}, behind(minho, "food-unknown"))
}

// TestAuthorize_DeleteDrink: an owner of a café may remove its drinks from the menu.
func TestAuthorize_DeleteDrink(t *testing.T) {
	t.Parallel()
	owner := ownerOf(latte().OwnerID)
	for _, caller := range []booking.Caller{owner, alice, ownerOf("another"), stranger} { // owner: of the staff
		require.ErrorIs(t, newBundle(t).DeleteDrink(t.Context(), caller, "drink-latte"), notAllowed)
	}
	owner.Memberships[0].Level = booking.OwnerLevel
	for _, caller := range []booking.Caller{owner, operator, unknown} {
		b := newBundle(t)
		b.engine.On("ExecuteWorkflow", mock.Anything, mock.Anything, contract.DrinkDeletionWorkflow, mock.Anything).Return(nil, nil).Once()
		require.NoError(t, b.DeleteDrink(t.Context(), caller, "drink-latte"))
	}
}
