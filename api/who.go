package api

import (
	"context"
	"slices"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humagin"
	"github.com/gin-gonic/gin"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/identity"
)

// actions say what each operation does, for the table of who may do what. An
// operation that is not named here cannot be registered.
var actions = map[string]booking.Action{
	"place-reservation": booking.PlaceOrder, "place-food-order": booking.PlaceOrder,
	"place-cafe-order": booking.PlaceOrder, "place-call": booking.PlaceOrder,

	"get-reservation": booking.ReadOrder, "get-food-order": booking.ReadOrder, "get-cafe-order": booking.ReadOrder,
	"get-call": booking.ReadOrder, "get-contact": booking.ReadOrder, "get-mypage": booking.ReadOrder,

	"quote-lodging": booking.CancelOrder, "quote-food": booking.CancelOrder, "quote-cafe": booking.CancelOrder, "quote-cleaning": booking.CancelOrder,

	"quote-change": booking.ChangeOrder, "change-reservation": booking.ChangeOrder,
	"quote-cafe-change": booking.ChangeOrder, "change-cafe-order": booking.ChangeOrder,
	"quote-food-change": booking.ChangeOrder, "change-food-order": booking.ChangeOrder,
	"confirm-lodging": booking.ConfirmOrder, "reject-lodging": booking.RejectOrder, "no-show-lodging": booking.SayNoShow,
	"cancel-lodging": booking.CancelOrder, "cancel-food": booking.CancelOrder, "cancel-cafe": booking.CancelOrder, "cancel-cleaning": booking.CancelOrder,
	"complete-lodging": booking.CheckOut, "complete-food": booking.Deliver, "complete-cafe": booking.Serve, "complete-cleaning": booking.FinishCall,

	"get-payment": booking.ReadPayment, "refund-payment": booking.RefundOrder, "resolve-payment": booking.ResolvePayment,
	"look-at-payment": booking.LookAtPayment, "return-from-payment": booking.ReturnToOrder, "take-payment-notice": booking.TakeNotice,
	"get-delivery": booking.ReadJob, "get-production": booking.ReadJob,
	"list-mypages": booking.ListOrders, "list-orders": booking.ListOrders, "list-messages": booking.ReadMessages,
	"list-deliveries": booking.ListDeliveries, "list-productions": booking.ListProductions,
	"list-events": booking.FollowOrders, // the whole feed is another action: see followEvents

	"list-places": booking.ReadCatalogue, "get-place": booking.ReadCatalogue, "get-stock": booking.ReadCatalogue,
	"list-menus": booking.ReadCatalogue, "get-menu": booking.ReadCatalogue,
	"list-drinks": booking.ReadCatalogue, "get-drink": booking.ReadCatalogue,
	"add-place": booking.ChangeCatalogue, "change-place": booking.ChangeCatalogue,
	"add-menu": booking.ChangeCatalogue, "change-menu": booking.ChangeCatalogue,
	"add-drink": booking.ChangeCatalogue, "change-drink": booking.ChangeCatalogue, "delete-drink": booking.ChangeCatalogue,
	"set-stock": booking.ChangeStock, "set-drink-stock": booking.ChangeStock,

	"list-cleaners": booking.ReadCleaners, "get-cleaner": booking.ReadCleaner,
	"add-cleaner": booking.ChangeCleaners, "change-cleaner": booking.ChangeCleaners,
	"get-call-policy": booking.ReadCatalogue, "set-call-policy": booking.ChangeCallPolicy,
	"list-assignments": booking.ListAssignments, "list-calls": booking.ListCalls,

	"list-members": booking.ReadMembers, "put-member": booking.ChangeMembers, "remove-member": booking.RemoveMember,
	"get-self": booking.ReadSelf,

	"get-audit": booking.ReadAudit, "run-audit": booking.RunAudit, "list-actions": booking.ReadActions,
	"retry-order": booking.RetryOrder, "settle-order": booking.SettleOrder,
	"plan-bulk-action": booking.ActInBulk, "run-bulk-action": booking.ActInBulk, "stop-bulk-action": booking.ActInBulk,
	"get-bulk-action": booking.ActInBulk, "list-bulk-actions": booking.ActInBulk,
	"get-status": booking.Monitor, "list-attention": booking.Monitor, "get-timeline": booking.Monitor,

	"healthz": booking.ReadHealth, "readyz": booking.ReadHealth,
}

// ruleOf is the rule of an operation. It returns false for one that has none.
func ruleOf(op *huma.Operation) (booking.Rule, bool) { return booking.RuleOf(actions[op.OperationID]) }

// metricsPath is where metrics are scraped.
const metricsPath = "/metrics"

// sandboxPage is where customers of the built-in sandbox confirm a charge: by its token.
const sandboxPage = "/sandbox/confirm/:token"

// actionAt is what a route does that is no operation of the API document. One that is
// not named here is for operators.
func actionAt(route string) booking.Action {
	switch route {
	case "/", openAPIPath, docsPath, docsFiles, metricsPath, sandboxPage:
		return booking.ReadHealth
	default:
		return booking.SwitchSandbox
	}
}

// guardUndocumented finds out whose a request is for a route that is no operation of
// the API document, and refuses what the caller may not do.
func (s *server) guardUndocumented(c *gin.Context) {
	action := actionAt(c.FullPath())
	if rule, _ := booking.RuleOf(action); rule.Public || !s.introduce(c) {
		return // to the route, or answered
	}
	ctx := c.Request.Context()
	if caller := CallerOf(ctx); !caller.AlwaysAllowed(action) {
		writeProblem(c, s.toProblem(ctx, caller.Refuse(action)))
	}
}

// may refuses what the caller of a request may not do with a thing.
func may(ctx context.Context, a booking.Action, t booking.Thing) error {
	return CallerOf(ctx).Authorize(a, t)
}

// mayChange refuses a change of a place or menu that is not the caller's. To give it to
// another owner, a caller has to act for everything that the one and the other have: a
// part in this one place is none in the organisation.
func mayChange(ctx context.Context, id, ownerID string, next *name) error {
	err := may(ctx, booking.ChangeCatalogue, booking.Thing{OwnerID: ownerID, ItemID: id})
	if err != nil || next == nil || string(*next) == ownerID {
		return err
	}
	if err := may(ctx, booking.ChangeCatalogue, ofOrganisation(name(ownerID))); err != nil {
		return err
	}
	return may(ctx, booking.ChangeCatalogue, ofOrganisation(*next))
}

// guard refuses what the caller may do with nothing, before the request is read.
func (s *server) guard(ctx huma.Context, next func(huma.Context)) {
	caller, action := CallerOf(ctx.Context()), actions[ctx.Operation().OperationID]
	rule, _ := ruleOf(ctx.Operation())
	if caller.EverAllowed(action) || rule.ShownBy != "" && caller.EverAllowed(rule.ShownBy) {
		next(ctx) // whether it may with this thing, and whether the thing is there for it, is found out later
		return
	}
	writeProblem(humagin.Unwrap(ctx), s.toProblem(ctx.Context(), caller.Refuse(action)))
}

// knowMemberships adds to the caller the organisations that it is a member of, where
// they matter.
func (s *server) knowMemberships(ctx huma.Context, next func(huma.Context)) {
	caller, err := s.withMemberships(ctx.Context(), CallerOf(ctx.Context()), actions[ctx.Operation().OperationID])
	if err != nil {
		writeProblem(humagin.Unwrap(ctx), s.toProblem(ctx.Context(), err))
		return
	}
	next(huma.WithContext(ctx, WithCaller(ctx.Context(), caller)))
}

// withMemberships is the caller with the organisations that it is a member of, as far
// as these matter to the action. While they cannot be read, an owner acts for the
// organisation of the token, and the caller is Incomplete: what that does not allow is
// not refused for good.
func (s *server) withMemberships(ctx context.Context, caller booking.Caller, action booking.Action) (booking.Caller, error) {
	member := caller.Known() && (caller.Is(booking.OwnerRole) || caller.Is(booking.ServiceRole))
	if !member || caller.AlwaysAllowed(action) && action != booking.ReadSelf {
		return caller, nil
	}
	others, err := s.Memberships.Memberships(ctx, caller.ID)
	if err != nil && len(caller.Memberships) == 0 {
		return caller, err
	}
	caller.Memberships = slices.Concat(caller.Memberships, others)
	caller.Incomplete = err != nil
	return caller, nil
}

// organisation is whose a list is for which the request names no owner at location:
// that of the organisation which the caller is a member of. Of several it is the one of
// the caller's API key, or that began with the caller if that has anything: other
// organisations make members without asking them. An owner whose own organisation has
// nothing, such as a member of the staff of another one, means that one.
func (s *server) organisation(ctx context.Context, location string) (name, error) {
	caller := CallerOf(ctx)
	founded, joined := caller.Founded(), caller.Joined()
	if is := caller.Organisation(); is != "" && (founded == "" || !caller.Incomplete) {
		return name(is), nil
	}
	if founded != "" {
		switch wins, err := s.foundedWins(ctx, caller); {
		case err != nil:
			return "", err
		case wins:
			return name(founded), nil
		case caller.Incomplete:
			return "", booking.MembershipsUnknown()
		case joined != "":
			return name(joined), nil
		}
	}
	return "", invalid([]error{&huma.ErrorDetail{Location: location, Message: "is required"}})
}

// foundedWins tells whether the caller's own organisation is meant, whatever others it
// is a member of: that of an API key always, that of an owner once it has anything.
func (s *server) foundedWins(ctx context.Context, caller booking.Caller) (bool, error) {
	founded := caller.Founded()
	if founded == "" || !caller.Is(booking.OwnerRole) {
		return founded != "", nil
	}
	return s.hasAnything(ctx, founded)
}

// hasAnything tells whether something is, or was ordered, of the owner's.
func (s *server) hasAnything(ctx context.Context, ownerID string) (bool, error) {
	for _, of := range []identity.Carrier{s.Catalogue, s.ReadModel} {
		if carried, err := of.Carry(ctx, identity.OwnerKind, ownerID); carried || err != nil {
			return carried, err
		}
	}
	return false, nil
}

// ownCustomer is the caller where a request names no customer.
func (f *faults) ownCustomer(ctx huma.Context, location string, id *name) {
	if caller := CallerOf(ctx.Context()); *id == "" && caller.Known() && caller.Is(booking.CustomerRole) {
		*id = name(caller.ID)
	}
	f.required(location, *id)
}

// ownOwner is the caller's organisation where a request that registers something
// names no owner: if there is one only, or the caller's own if that has anything.
// While that cannot be found out it is the caller's own, too, never another one's.
func (f *faults) ownOwner(ctx huma.Context, location string, id *name) {
	caller := CallerOf(ctx.Context())
	if *id == "" {
		*id = name(caller.Organisation())
	}
	if *id == "" {
		if wins, err := serverOf(ctx).foundedWins(ctx.Context(), caller); wins || err != nil {
			*id = name(caller.Founded())
		}
	}
	f.required(location, *id)
}

// ownList leaves it to organisation to find out which owner's list a request is for
// that names none. A caller without an organisation has to name one.
func (f *faults) ownList(ctx huma.Context, location string, id name) {
	if len(CallerOf(ctx.Context()).Memberships) == 0 {
		f.required(location, id)
	}
}

func (f *faults) required(location string, id name) {
	if id == "" {
		f.add(location, "is required")
	}
}
