package booking_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
)

// everything is what an operator may do, and everybody is what needs no identity.
const (
	everybody  = "read_health take_notice"
	everything = `place read cancel change return confirm reject no_show check_out deliver serve finish read_payment list_methods remove_method refund resolve read_job
		list_orders list_deliveries list_productions list_assignments list_calls read_messages follow_orders follow_all
		change_catalogue change_stock read_cleaners read_cleaner change_cleaners change_call_policy
		read_members change_members remove_member read_self read_catalogue switch_sandbox read_audit run_audit look settle retry act_in_bulk monitor read_actions`
)

// cells list what a caller of a role may do in a relation, written independently of the
// table. An action that is missing is forbidden. A missing relation allows the role no more
// than a stranger has.
var cells = map[booking.Role]map[booking.Relation]string{
	booking.CustomerRole: {
		booking.AsStranger: "read_self read_catalogue",
		booking.AsSelf:     "remove_member read_self read_catalogue",
		booking.AsCustomer: "place read cancel change return read_payment list_methods remove_method read_job list_orders read_messages follow_orders read_self read_catalogue",
	},
	booking.OwnerRole: {
		booking.AsStranger: "read_self read_catalogue",
		booking.AsSelf:     "remove_member read_self read_catalogue",
		booking.AsOwner: `read confirm reject no_show check_out serve read_payment refund read_job list_orders list_deliveries list_productions
			read_messages follow_orders change_catalogue change_stock read_members change_members remove_member
			read_self read_catalogue`,
		booking.AsStaff: `read confirm reject no_show check_out serve read_job list_orders list_deliveries list_productions
			read_messages follow_orders change_stock read_members read_self read_catalogue`,
	},
	booking.CourierRole: {
		booking.AsStranger: "read_self read_catalogue",
		booking.AsSelf:     "remove_member read_self read_catalogue",
		booking.AsCourier:  "read deliver read_job list_deliveries read_self read_catalogue",
	},
	booking.CleanerRole: {
		booking.AsStranger: "read_self read_catalogue",
		booking.AsSelf:     "remove_member read_self read_catalogue",
		booking.AsCleaner:  "read finish list_assignments read_messages read_cleaner read_self read_catalogue",
	},
	booking.OperatorRole: {
		booking.AsStranger: everything, booking.AsCustomer: everything, booking.AsOwner: everything,
		booking.AsStaff: everything, booking.AsCleaner: everything, booking.AsSelf: everything,
	},
	booking.ServiceRole: {
		booking.AsStranger: "read_self read_catalogue",
		booking.AsSelf:     "remove_member read_self read_catalogue",
		booking.AsOwner: `read confirm reject no_show check_out serve read_job list_orders list_deliveries list_productions
			read_messages follow_orders change_stock read_self read_catalogue`,
		booking.AsStaff: `read confirm reject no_show check_out serve read_job list_orders list_deliveries list_productions
			read_messages follow_orders change_stock read_self read_catalogue`,
	},
}

// byScope lists what each scope lets a caller without a role do.
var byScope = map[booking.Scope]string{
	booking.AnyOrder: `place read cancel change return confirm reject no_show check_out deliver serve finish read_payment read_job
		list_orders list_deliveries list_productions list_assignments list_calls read_messages read_cleaners read_cleaner read_audit run_audit monitor`,
	booking.AllEvents:     "follow_orders follow_all",
	booking.AnyCatalogue:  "change_catalogue change_stock",
	booking.AnyResolution: "resolve look",
	booking.AnyRefund:     "refund",
}

// related returns a caller of the role and a thing to which it has this relation only. Only
// couriers are related to a thing by their role alone.
func related(role booking.Role, r booking.Relation) (booking.Caller, booking.Thing) {
	caller := booking.Caller{ID: "1024", Roles: []booking.Role{role}}
	thing := booking.Thing{CustomerID: "1", OwnerID: "2", ItemID: "place-1", CleanerID: "3", PersonID: "4", Delivered: role != booking.CourierRole}
	switch r {
	case booking.AsCustomer:
		thing.CustomerID = caller.ID
	case booking.AsOwner:
		caller.Memberships = []booking.Membership{{OwnerID: "2", Level: booking.OwnerLevel}}
	case booking.AsStaff:
		caller.Memberships = []booking.Membership{{OwnerID: "2", Place: "place-1", Level: booking.StaffLevel}}
	case booking.AsCleaner:
		thing.CleanerID = caller.ID
	case booking.AsSelf:
		thing.PersonID = caller.ID
	case booking.AsCourier:
		thing.Delivered = true
	}
	return caller, thing
}

func requireAllowed(t *testing.T, caller booking.Caller, thing booking.Thing, allowed ...string) {
	t.Helper()
	want := strings.Fields(strings.Join(append(allowed, everybody), " "))
	got := []string{}
	for _, rule := range booking.Rules() {
		err := caller.Authorize(rule.Action, thing)
		require.Equal(t, caller.Allowed(rule.Action, thing), err == nil)
		if err == nil {
			got = append(got, string(rule.Action))
			require.True(t, caller.EverAllowed(rule.Action), rule.Action)
		}
	}
	require.ElementsMatch(t, want, got)
}

// TestAuthorize_Cells walks every cell of the table: role × relation × action.
func TestAuthorize_Cells(t *testing.T) {
	t.Parallel()
	for _, role := range booking.Roles() {
		for _, relation := range booking.Relations() {
			if relation == booking.AsCourier && role != booking.CourierRole {
				continue // no caller of another role has this relation
			}
			t.Run(string(role)+"/"+string(relation), func(t *testing.T) {
				t.Parallel()
				caller, thing := related(role, relation)
				want, listed := cells[role][relation]
				if !listed { // the relation allows the role nothing
					want = cells[role][booking.AsStranger]
				}
				requireAllowed(t, caller, thing, want)
			})
		}
	}
}

// TestAuthorize_Scopes: a scope lets a caller without a role do the scope's actions, on
// anything.
func TestAuthorize_Scopes(t *testing.T) {
	t.Parallel()
	require.Len(t, byScope, len(booking.Scopes()))
	for _, scope := range booking.Scopes() {
		caller := booking.Caller{ID: "1024", Scopes: []booking.Scope{scope}}
		requireAllowed(t, caller, booking.Thing{CustomerID: "1", OwnerID: "2"}, byScope[scope])
		for _, action := range strings.Fields(byScope[scope]) {
			require.True(t, caller.AlwaysAllowed(booking.Action(action)), "%s %s", scope, action)
		}
	}
}

// TestAuthorize_NoIdentity: a caller without an identity may do public actions only. It is
// not related to a thing that has no customer either.
func TestAuthorize_NoIdentity(t *testing.T) {
	t.Parallel()
	requireAllowed(t, booking.Caller{}, booking.Thing{})
	requireAllowed(t, booking.Caller{Roles: []booking.Role{booking.CustomerRole, booking.CleanerRole}}, booking.Thing{},
		"read_self read_catalogue")
	requireAllowed(t, booking.Caller{Roles: []booking.Role{booking.OwnerRole}, Memberships: []booking.Membership{{Level: booking.OwnerLevel}}},
		booking.Thing{}, "read_self read_catalogue")
	requireAllowed(t, booking.Caller{Unchecked: true}, booking.Thing{}, everything)
}

// TestAuthorize_PlaceOfMember: a membership for one place allows nothing on another one, nor
// on the organisation as a whole.
func TestAuthorize_PlaceOfMember(t *testing.T) {
	t.Parallel()
	caller := booking.Caller{ID: "1024", Roles: []booking.Role{booking.OwnerRole}, Memberships: []booking.Membership{
		{OwnerID: "2", Place: "place-1", Level: booking.OwnerLevel}, {OwnerID: "2", Place: "place-2", Level: booking.StaffLevel},
	}}
	for item, want := range map[string][]bool{"place-1": {true, true}, "place-2": {false, true}, "place-3": {false, false}, "": {false, false}} {
		thing := booking.Thing{OwnerID: "2", ItemID: item}
		require.Equal(t, want, []bool{caller.Allowed(booking.ChangeCatalogue, thing), caller.Allowed(booking.ConfirmOrder, thing)}, item)
		require.False(t, caller.Allowed(booking.ConfirmOrder, booking.Thing{OwnerID: "3", ItemID: item}))
	}
}

// TestAuthorize_Incomplete: a caller whose memberships could not be read is refused for
// good only where a member of the organisation is refused as well.
func TestAuthorize_Incomplete(t *testing.T) {
	t.Parallel()
	unavailable := &booking.Error{Code: booking.Unavailable}
	caller := booking.Caller{ID: "1024", Roles: []booking.Role{booking.OwnerRole}, Incomplete: true, Memberships: []booking.Membership{
		{OwnerID: "2", Level: booking.OwnerLevel, Founded: true},
	}}
	own, another, nobodys := booking.Thing{OwnerID: "2"}, booking.Thing{OwnerID: "3", ItemID: "place-1"}, booking.Thing{CustomerID: "1"}
	require.NoError(t, caller.Authorize(booking.ConfirmOrder, own))
	require.ErrorIs(t, caller.Authorize(booking.ConfirmOrder, another), unavailable)
	require.ErrorIs(t, caller.Authorize(booking.ReadOrder, another), unavailable)
	require.ErrorIs(t, caller.Authorize(booking.CancelOrder, another), unavailable, "a member would learn that there is such an order")
	require.ErrorIs(t, caller.Authorize(booking.CancelOrder, own), &booking.Error{Code: booking.NotAllowed})
	require.ErrorIs(t, caller.Authorize(booking.PlaceOrder, another), &booking.Error{Code: booking.NotAllowed})
	require.ErrorIs(t, caller.Authorize(booking.ReadOrder, nobodys), &booking.Error{Code: booking.NotFound})
	caller.Incomplete = false
	require.ErrorIs(t, caller.Authorize(booking.ReadOrder, another), &booking.Error{Code: booking.NotFound})
}

// TestCaller_Organisations: which organisation is meant by a caller that names none.
func TestCaller_Organisations(t *testing.T) {
	t.Parallel()
	founded, joined := booking.Membership{OwnerID: "1", Founded: true}, booking.Membership{OwnerID: "2", Place: "place-1"}
	for _, test := range []struct {
		of   []booking.Membership
		want [3]string // Organisation, Founded, Joined
	}{
		{nil, [3]string{"", "", ""}},
		{[]booking.Membership{founded}, [3]string{"1", "1", ""}},
		{[]booking.Membership{joined, {OwnerID: "2", Place: "place-2"}}, [3]string{"2", "", "2"}},
		{[]booking.Membership{founded, joined}, [3]string{"", "1", "2"}},
		{[]booking.Membership{founded, joined, {OwnerID: "3"}}, [3]string{"", "1", ""}},
	} {
		caller := booking.Caller{Memberships: test.of}
		require.Equal(t, test.want, [3]string{caller.Organisation(), caller.Founded(), caller.Joined()})
	}
}

// TestAuthorize_Refusals: the refusal is NotAllowed on a thing that the caller may see, and
// NotFound on any other.
func TestAuthorize_Refusals(t *testing.T) {
	t.Parallel()
	notAllowed, notFound := &booking.Error{Code: booking.NotAllowed}, &booking.Error{Code: booking.NotFound}
	customer, its := related(booking.CustomerRole, booking.AsCustomer)
	_, another := related(booking.CustomerRole, booking.AsStranger)
	require.ErrorIs(t, customer.Authorize(booking.ConfirmOrder, its), notAllowed)
	require.ErrorIs(t, customer.Authorize(booking.ConfirmOrder, another), notFound)
	require.ErrorIs(t, customer.Authorize(booking.ReadOrder, another), notFound)
	require.ErrorIs(t, customer.Authorize(booking.ListOrders, another), notAllowed)
	require.ErrorIs(t, customer.Authorize(booking.ChangeCatalogue, another), notAllowed)
	require.ErrorIs(t, booking.Caller{}.Authorize("unknown", its), notAllowed)
	require.False(t, booking.Caller{Unchecked: true}.Allowed("unknown", its))
}

// TestRules: each action has one rule, each has words, and each that is not public is
// allowed to operators or by a scope.
func TestRules(t *testing.T) {
	t.Parallel()
	var actions []booking.Action
	for _, rule := range booking.Rules() {
		actions = append(actions, rule.Action)
		require.NotEmpty(t, rule.Does, rule.Action)
		require.Equal(t, rule.Public, len(rule.May) == 0, rule.Action)
		require.True(t, booking.Caller{ID: "1", Roles: []booking.Role{booking.OperatorRole}}.AlwaysAllowed(rule.Action), rule.Action)
		if rule.ShownBy != "" {
			_, known := booking.RuleOf(rule.ShownBy)
			require.True(t, known, rule.Action)
		}
	}
	slices.Sort(actions)
	require.Len(t, slices.Compact(slices.Clone(actions)), len(actions))
}
