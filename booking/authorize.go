package booking

import (
	"errors"
	"slices"
)

// NotAllowed is the code for an action that the caller may not do on a thing that the
// caller may see.
const NotAllowed Code = "not_allowed"

// Action is something that the rules allow to callers or not.
type Action string

// Actions on orders.
const (
	PlaceOrder    Action = "place"
	ReadOrder     Action = "read"
	CancelOrder   Action = "cancel"
	ChangeOrder   Action = "change"
	ReturnToOrder Action = "return"
	ConfirmOrder  Action = "confirm"
	RejectOrder   Action = "reject"
	SayNoShow     Action = "no_show"
	CheckOut      Action = "check_out"
	Deliver       Action = "deliver"
	Serve         Action = "serve"
	FinishCall    Action = "finish"
	ReadPayment   Action = "read_payment"
	// ListMethods reads the payment methods that are kept for a customer, RemoveMethod removes
	// one.
	ListMethods  Action = "list_methods"
	RemoveMethod Action = "remove_method"
	// RefundOrder refunds a part of what was paid, as goodwill; ResolvePayment records that
	// a refund that the payment provider cannot make was paid in another way.
	RefundOrder    Action = "refund"
	ResolvePayment Action = "resolve"
	// CheckPayment checks a payment at the payment provider.
	CheckPayment Action = "look"
	// SettleOrder has an order undone whose workflow was lost.
	SettleOrder Action = "settle"
	// RetryOrder retries at once what an order waits to retry.
	RetryOrder Action = "retry"
	// ActInBulk does an action on many orders.
	ActInBulk Action = "act_in_bulk"
	// ReadActions reads the log of operators' actions.
	ReadActions Action = "read_actions"
	// TakeNotice is done by the payment provider, authenticated by its signature.
	TakeNotice Action = "take_notice"
	ReadJob    Action = "read_job"
)

// Lists and feeds.
const (
	ListOrders      Action = "list_orders"
	ListDeliveries  Action = "list_deliveries"
	ListProductions Action = "list_productions"
	ListAssignments Action = "list_assignments"
	ListCalls       Action = "list_calls"
	ReadMessages    Action = "read_messages"
	FollowOrders    Action = "follow_orders"
	FollowAll       Action = "follow_all"
)

// Actions on the catalogue, cleaners, organisations and the service itself.
const (
	ReadCatalogue    Action = "read_catalogue"
	ChangeCatalogue  Action = "change_catalogue"
	ChangeStock      Action = "change_stock"
	ReadCleaners     Action = "read_cleaners"
	ReadCleaner      Action = "read_cleaner"
	ChangeCleaners   Action = "change_cleaners"
	ChangeCallPolicy Action = "change_call_policy"
	ReadMembers      Action = "read_members"
	ChangeMembers    Action = "change_members"
	RemoveMember     Action = "remove_member"
	ReadSelf         Action = "read_self"
	SwitchSandbox    Action = "switch_sandbox"
	ReadHealth       Action = "read_health"
	// ReadAudit reads the findings of audits, and RunAudit requests an audit.
	ReadAudit Action = "read_audit"
	RunAudit  Action = "run_audit"
	// Monitor reads the state of the system, what needs attention, and timelines of orders.
	Monitor Action = "monitor"
)

// Relation is how a caller is related to the thing of an action.
type Relation string

// The relations. Owner and staff are the levels of a member of the organisation that the
// thing belongs to.
const (
	AsStranger Relation = "none"
	AsCustomer Relation = "customer"
	AsOwner    Relation = "owner"
	AsStaff    Relation = "staff"
	AsCourier  Relation = "courier"
	AsCleaner  Relation = "cleaner"
	// AsSelf: the thing is the caller.
	AsSelf Relation = "person"
)

// Relations are all relations.
func Relations() []Relation {
	return []Relation{AsStranger, AsCustomer, AsOwner, AsStaff, AsCourier, AsCleaner, AsSelf}
}

// Rule is the rule of an action: which callers may do it.
type Rule struct {
	Action Action
	// Does describes the action in words.
	Does string
	// May holds the relations in which each role may do it. A role without an entry may
	// not.
	May map[Role]Grant
	// Scope lets a caller of any role do it to anything; "" for no scope.
	Scope Scope
	// Public: every caller may do it, even without an identity.
	Public bool
	// ShownBy is the action that a caller must be allowed to do for a refusal to reveal
	// that the thing exists; "" where that is no secret.
	ShownBy Action
}

// Grant holds the relations to a thing in which a role may do an action.
type Grant struct {
	// Always: in every relation, and in none.
	Always bool
	// In lists the relations in which it may, unless Always is set.
	In []Relation
}

// Grants that many rules share.
var (
	itsCustomer = Grant{In: []Relation{AsCustomer}}
	itsOwner    = Grant{In: []Relation{AsOwner}}
	itsMembers  = Grant{In: []Relation{AsOwner, AsStaff}}
	itsCourier  = Grant{In: []Relation{AsCourier}}
	itsCleaner  = Grant{In: []Relation{AsCleaner}}
	itself      = Grant{In: []Relation{AsSelf}}
	whatever    = Grant{Always: true}
	everyRole   = map[Role]Grant{
		CustomerRole: whatever, OwnerRole: whatever, CourierRole: whatever, CleanerRole: whatever, OperatorRole: whatever, ServiceRole: whatever,
	}
)

// rules is the one table of permissions. The API, internal/orders and the documentation
// read it. An operator may act on every order; a service, such as the till of a shop, acts
// for the organisations that it is a member of.
var rules = []Rule{
	{Action: PlaceOrder, Does: "place an order for a customer", Scope: AnyOrder,
		May: map[Role]Grant{CustomerRole: itsCustomer, OperatorRole: whatever}},
	{Action: ReadOrder, Does: "read an order", Scope: AnyOrder, ShownBy: ReadOrder,
		May: map[Role]Grant{
			CustomerRole: itsCustomer, OwnerRole: itsMembers, CourierRole: itsCourier, CleanerRole: itsCleaner,
			OperatorRole: whatever, ServiceRole: itsMembers,
		}},
	{Action: CancelOrder, Does: "cancel an order", Scope: AnyOrder, ShownBy: ReadOrder,
		May: map[Role]Grant{CustomerRole: itsCustomer, OperatorRole: whatever}},
	{Action: ChangeOrder, Does: "change the nights or rooms of a reservation, or how many drinks are ordered", Scope: AnyOrder, ShownBy: ReadOrder,
		May: map[Role]Grant{CustomerRole: itsCustomer, OperatorRole: whatever}},
	{Action: ReturnToOrder, Does: "come back from the payment provider's page", Scope: AnyOrder, ShownBy: ReadOrder,
		May: map[Role]Grant{CustomerRole: itsCustomer, OperatorRole: whatever}},
	{Action: ConfirmOrder, Does: "confirm a reservation", Scope: AnyOrder, ShownBy: ReadOrder,
		May: map[Role]Grant{OwnerRole: itsMembers, OperatorRole: whatever, ServiceRole: itsMembers}},
	{Action: RejectOrder, Does: "reject a reservation", Scope: AnyOrder, ShownBy: ReadOrder,
		May: map[Role]Grant{OwnerRole: itsMembers, OperatorRole: whatever, ServiceRole: itsMembers}},
	{Action: SayNoShow, Does: "report that guests did not come", Scope: AnyOrder, ShownBy: ReadOrder,
		May: map[Role]Grant{OwnerRole: itsMembers, OperatorRole: whatever, ServiceRole: itsMembers}},
	{Action: CheckOut, Does: "check guests out early", Scope: AnyOrder, ShownBy: ReadOrder,
		May: map[Role]Grant{OwnerRole: itsMembers, OperatorRole: whatever, ServiceRole: itsMembers}},
	{Action: Deliver, Does: "report that food was delivered", Scope: AnyOrder, ShownBy: ReadOrder,
		May: map[Role]Grant{CourierRole: itsCourier, OperatorRole: whatever}},
	{Action: Serve, Does: "report that a drink was handed over", Scope: AnyOrder, ShownBy: ReadOrder,
		May: map[Role]Grant{OwnerRole: itsMembers, OperatorRole: whatever, ServiceRole: itsMembers}},
	{Action: FinishCall, Does: "report that a cleaning is done", Scope: AnyOrder, ShownBy: ReadOrder,
		May: map[Role]Grant{CleanerRole: itsCleaner, OperatorRole: whatever}},
	{Action: ReadPayment, Does: "read an order's payment", Scope: AnyOrder, ShownBy: ReadOrder,
		May: map[Role]Grant{CustomerRole: itsCustomer, OwnerRole: itsOwner, OperatorRole: whatever}},
	{Action: ListMethods, Does: "list the payment methods that are kept for a customer",
		May: map[Role]Grant{CustomerRole: itsCustomer, OperatorRole: whatever}},
	{Action: RemoveMethod, Does: "remove a payment method that is kept for a customer",
		May: map[Role]Grant{CustomerRole: itsCustomer, OperatorRole: whatever}},
	{Action: RefundOrder, Does: "refund a part of what was paid for an order", Scope: AnyRefund, ShownBy: ReadOrder,
		May: map[Role]Grant{OwnerRole: itsOwner, OperatorRole: whatever}},
	{Action: ResolvePayment, Does: "record that a refund was paid by hand", Scope: AnyResolution, ShownBy: ReadOrder,
		May: map[Role]Grant{OperatorRole: whatever}},
	{Action: CheckPayment, Does: "check an order's payment at the payment provider", Scope: AnyResolution, ShownBy: ReadOrder,
		May: map[Role]Grant{OperatorRole: whatever}},
	{Action: SettleOrder, Does: "settle an order whose workflow was lost", ShownBy: ReadOrder,
		May: map[Role]Grant{OperatorRole: whatever}},
	{Action: RetryOrder, Does: "retry the failed steps of an order at once", ShownBy: ReadOrder,
		May: map[Role]Grant{OperatorRole: whatever}},
	{Action: ActInBulk, Does: "act on many orders at once",
		May: map[Role]Grant{OperatorRole: whatever}},
	{Action: ReadActions, Does: "read operators' actions",
		May: map[Role]Grant{OperatorRole: whatever}},
	{Action: TakeNotice, Does: "send a notice that the payment provider has signed", Public: true},
	{Action: ReadJob, Does: "read an order's delivery or production", Scope: AnyOrder, ShownBy: ReadOrder,
		May: map[Role]Grant{
			CustomerRole: itsCustomer, OwnerRole: itsMembers, CourierRole: itsCourier, OperatorRole: whatever, ServiceRole: itsMembers,
		}},

	{Action: ListOrders, Does: "list the orders of a customer, or of an owner", Scope: AnyOrder,
		May: map[Role]Grant{CustomerRole: itsCustomer, OwnerRole: itsMembers, OperatorRole: whatever, ServiceRole: itsMembers}},
	{Action: ListDeliveries, Does: "list deliveries", Scope: AnyOrder,
		May: map[Role]Grant{OwnerRole: itsMembers, CourierRole: itsCourier, OperatorRole: whatever, ServiceRole: itsMembers}},
	{Action: ListProductions, Does: "list productions", Scope: AnyOrder,
		May: map[Role]Grant{OwnerRole: itsMembers, OperatorRole: whatever, ServiceRole: itsMembers}},
	{Action: ListAssignments, Does: "list the assignments of a cleaner", Scope: AnyOrder, ShownBy: ReadCleaner,
		May: map[Role]Grant{CleanerRole: itsCleaner, OperatorRole: whatever}},
	{Action: ListCalls, Does: "list the calls that are registered with management", Scope: AnyOrder,
		May: map[Role]Grant{OperatorRole: whatever}},
	{Action: ReadMessages, Does: "read the messages to a customer, an owner or a cleaner", Scope: AnyOrder,
		May: map[Role]Grant{
			CustomerRole: itsCustomer, OwnerRole: itsMembers, CleanerRole: itsCleaner, OperatorRole: whatever, ServiceRole: itsMembers,
		}},
	{Action: FollowOrders, Does: "follow the events of a customer's or an owner's orders", Scope: AllEvents,
		May: map[Role]Grant{CustomerRole: itsCustomer, OwnerRole: itsMembers, OperatorRole: whatever, ServiceRole: itsMembers}},
	{Action: FollowAll, Does: "follow the events of all orders", Scope: AllEvents,
		May: map[Role]Grant{OperatorRole: whatever}},

	{Action: ReadCatalogue, Does: "read places, menus, drinks, stock and the policy of calls for a cleaner", May: everyRole},
	{Action: ChangeCatalogue, Does: "register, change or withdraw a place, a menu or a drink", Scope: AnyCatalogue,
		May: map[Role]Grant{OwnerRole: itsOwner, OperatorRole: whatever}},
	{Action: ChangeStock, Does: "set the stock of a place or a drink", Scope: AnyCatalogue,
		May: map[Role]Grant{OwnerRole: itsMembers, OperatorRole: whatever, ServiceRole: itsMembers}},
	{Action: ReadCleaners, Does: "list cleaners", Scope: AnyOrder,
		May: map[Role]Grant{OperatorRole: whatever}},
	{Action: ReadCleaner, Does: "read a cleaner", Scope: AnyOrder, ShownBy: ReadCleaner,
		May: map[Role]Grant{CleanerRole: itsCleaner, OperatorRole: whatever}},
	{Action: ChangeCleaners, Does: "add, change or withdraw a cleaner",
		May: map[Role]Grant{OperatorRole: whatever}},
	{Action: ChangeCallPolicy, Does: "set the cancellation policy of calls for a cleaner",
		May: map[Role]Grant{OperatorRole: whatever}},

	{Action: ReadMembers, Does: "list the members of an organisation", ShownBy: ReadMembers,
		May: map[Role]Grant{OwnerRole: itsMembers, OperatorRole: whatever}},
	{Action: ChangeMembers, Does: "add or change the members of an organisation", ShownBy: ReadMembers,
		May: map[Role]Grant{OwnerRole: itsOwner, OperatorRole: whatever}},
	// An organisation adds members without their consent, so every member may end a
	// membership of their own.
	{Action: RemoveMember, Does: "remove a member of an organisation", ShownBy: ReadMembers,
		May: map[Role]Grant{
			CustomerRole: itself, OwnerRole: {In: []Relation{AsOwner, AsSelf}}, CourierRole: itself, CleanerRole: itself,
			OperatorRole: whatever, ServiceRole: itself,
		}},
	{Action: ReadSelf, Does: "read who the caller is", May: everyRole},

	{Action: ReadAudit, Does: "read the findings of the audits", Scope: AnyOrder,
		May: map[Role]Grant{OperatorRole: whatever}},
	{Action: RunAudit, Does: "run an audit", Scope: AnyOrder,
		May: map[Role]Grant{OperatorRole: whatever}},
	{Action: Monitor, Does: "see the state of everything, what needs attention and an order's timeline", Scope: AnyOrder,
		May: map[Role]Grant{OperatorRole: whatever}},
	{Action: SwitchSandbox, Does: "see and change the switches of the payments' sandbox",
		May: map[Role]Grant{OperatorRole: whatever}},
	{Action: ReadHealth, Does: "read the service's health and documentation", Public: true},
}

// Rules returns the rules of all actions.
func Rules() []Rule { return slices.Clone(rules) }

// RuleOf returns the rule of the action, and false if there is no such action.
func RuleOf(a Action) (Rule, bool) {
	n := slices.IndexFunc(rules, func(r Rule) bool { return r.Action == a })
	if n < 0 {
		return Rule{}, false
	}
	return rules[n], true
}

// Thing is the object of an action, as far as permissions depend on it. A field that is ""
// relates it to no caller.
type Thing struct {
	CustomerID string
	OwnerID    string // the organisation
	ItemID     string // the place, menu or drink; "" for all that the organisation has
	CleanerID  string
	PersonID   string // the person of a membership
	// Delivered: its delivery is open, so couriers are related to it.
	Delivered bool
}

// RelationsTo returns the caller's relations to the thing: AsStranger, or others.
func (c Caller) RelationsTo(t Thing) (related []Relation) {
	if c.Known() && c.ID == t.CustomerID {
		related = append(related, AsCustomer)
	}
	for _, m := range c.Memberships {
		if t.OwnerID == "" || m.OwnerID != t.OwnerID || m.Place != "" && m.Place != t.ItemID {
			continue
		}
		switch m.Level {
		case OwnerLevel:
			related = append(related, AsOwner)
		case StaffLevel:
			related = append(related, AsStaff)
		}
	}
	if t.Delivered && c.Is(CourierRole) {
		related = append(related, AsCourier)
	}
	if c.Known() && c.ID == t.CleanerID {
		related = append(related, AsCleaner)
	}
	if c.Known() && c.ID == t.PersonID {
		related = append(related, AsSelf)
	}
	if len(related) == 0 {
		return []Relation{AsStranger}
	}
	return related
}

// Allowed reports whether the caller may do the action on the thing.
func (c Caller) Allowed(a Action, t Thing) bool {
	return c.allowed(a, func(may Grant) bool {
		return may.Always || slices.ContainsFunc(c.RelationsTo(t), func(r Relation) bool { return slices.Contains(may.In, r) })
	})
}

// AlwaysAllowed reports whether the caller may do the action on every thing.
func (c Caller) AlwaysAllowed(a Action) bool {
	return c.allowed(a, func(may Grant) bool { return may.Always })
}

// EverAllowed reports whether there may be a thing on which the caller may do the action.
func (c Caller) EverAllowed(a Action) bool {
	return c.allowed(a, func(may Grant) bool { return may.Always || len(may.In) > 0 })
}

// allowed applies the action's rule: enough reports whether the grant of one of the caller's
// roles suffices.
func (c Caller) allowed(a Action, enough func(Grant) bool) bool {
	rule, known := RuleOf(a)
	switch {
	case !known:
		return false
	case c.Unchecked, rule.Public, rule.Scope != "" && c.HasScope(rule.Scope):
		return true
	default:
		return slices.ContainsFunc(c.Roles, func(r Role) bool { return enough(rule.May[r]) })
	}
}

// Authorize returns nil if the caller may do the action on the thing. Returns NotAllowed if
// it may only see the thing, NotFound if it may not, and Unavailable if the answer depends
// on memberships that could not be read.
func (c Caller) Authorize(a Action, t Thing) error {
	err := c.judge(a, t)
	if err == nil || !c.Incomplete {
		return err
	}
	asMember := c
	asMember.Memberships = []Membership{{OwnerID: t.OwnerID, Level: OwnerLevel}}
	if !errors.Is(asMember.judge(a, t), err) {
		return MembershipsUnknown()
	}
	return err
}

// MembershipsUnknown is Unavailable, for actions that depend on memberships of the caller
// that could not be read.
func MembershipsUnknown() error {
	return Errorf(Unavailable, "of which organisations you are a member cannot be found out at the moment")
}

// judge is Authorize by the memberships that are known.
func (c Caller) judge(a Action, t Thing) error {
	if c.Allowed(a, t) {
		return nil
	}
	if rule, _ := RuleOf(a); rule.ShownBy == "" || c.Allowed(rule.ShownBy, t) {
		return c.Refuse(a)
	}
	return Errorf(NotFound, "there is no such thing")
}

// Refuse is NotAllowed for the action.
func (c Caller) Refuse(a Action) error {
	rule, _ := RuleOf(a)
	return Errorf(NotAllowed, "you may not %s here", rule.Does)
}
