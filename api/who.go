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

// actions is the action of each operation, for the table of permissions. An operation
// without an action cannot be registered.
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
	"look-at-payment": booking.CheckPayment, "return-from-payment": booking.ReturnToOrder, "take-payment-notice": booking.TakeNotice,
	"list-payment-methods": booking.ListMethods, "remove-payment-method": booking.RemoveMethod,
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

// ruleOf is the rule of an operation, false if it has none.
func ruleOf(op *huma.Operation) (booking.Rule, bool) { return booking.RuleOf(actions[op.OperationID]) }

// metricsPath is the path of the metrics.
const metricsPath = "/metrics"

// sandboxPage is where customers of the built-in sandbox confirm a charge, by its
// token.
const sandboxPage = "/sandbox/confirm/:token"

// actionAt is the action of a route outside of the API document. Routes that are not
// named here are for operators.
func actionAt(route string) booking.Action {
	switch route {
	case "/", openAPIPath, docsPath, docsFiles, metricsPath, sandboxPage:
		return booking.ReadHealth
	default:
		return booking.SwitchSandbox
	}
}

// guardUndocumented identifies the caller of a route outside of the API document, and
// refuses callers that may not use it.
func (s *server) guardUndocumented(c *gin.Context) {
	action := actionAt(c.FullPath())
	if rule, _ := booking.RuleOf(action); rule.Public || !s.introduce(c) {
		return // next, or answered already
	}
	ctx := c.Request.Context()
	if caller := CallerOf(ctx); !caller.AlwaysAllowed(action) {
		writeProblem(c, s.toProblem(ctx, caller.Refuse(action)))
	}
}

// may refuses an action on a thing that the caller of the request may not do.
func may(ctx context.Context, a booking.Action, t booking.Thing) error {
	return CallerOf(ctx).Authorize(a, t)
}

// mayChange refuses a change of a place or menu that is not the caller's. To give it to
// another owner, the caller has to act for the whole of both organisations: a part in
// this one place does not suffice.
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

// guard refuses an operation that the caller may use on nothing, before the request is
// read.
func (s *server) guard(ctx huma.Context, next func(huma.Context)) {
	caller, action := CallerOf(ctx.Context()), actions[ctx.Operation().OperationID]
	rule, _ := ruleOf(ctx.Operation())
	if caller.EverAllowed(action) || rule.ShownBy != "" && caller.EverAllowed(rule.ShownBy) {
		next(ctx) // whether the caller may use it on this thing is checked later
		return
	}
	writeProblem(humagin.Unwrap(ctx), s.toProblem(ctx.Context(), caller.Refuse(action)))
}

// knowMemberships adds the caller's organisations if the action needs them.
func (s *server) knowMemberships(ctx huma.Context, next func(huma.Context)) {
	caller, err := s.withMemberships(ctx.Context(), CallerOf(ctx.Context()), actions[ctx.Operation().OperationID])
	if err != nil {
		writeProblem(humagin.Unwrap(ctx), s.toProblem(ctx.Context(), err))
		return
	}
	next(huma.WithContext(ctx, WithCaller(ctx.Context(), caller)))
}

// withMemberships is the caller with its organisations, if the action needs them. While
// they cannot be read, an owner acts for the token's organisation, and the caller is
// Incomplete: a refusal is then not final.
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

// organisation is the owner of a list if the request names none at location: the caller's only
// organisation. Of several it is the organisation of the caller's API key, or the one that the
// caller founded if that has anything: other organisations add members without their consent. A
// founder whose own organisation has nothing, such as staff of another one, gets that other one.
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

// foundedWins reports whether the caller's own organisation comes before others: an API
// key's always, an owner's once it has anything.
func (s *server) foundedWins(ctx context.Context, caller booking.Caller) (bool, error) {
	founded := caller.Founded()
	if founded == "" || !caller.Is(booking.OwnerRole) {
		return founded != "", nil
	}
	return s.hasAnything(ctx, founded)
}

// hasAnything reports whether the owner has anything registered or ordered.
func (s *server) hasAnything(ctx context.Context, ownerID string) (bool, error) {
	for _, of := range []identity.IDs{s.Catalogue, s.ReadModel} {
		if carried, err := of.InUse(ctx, identity.OwnerKind, ownerID); carried || err != nil {
			return carried, err
		}
	}
	return false, nil
}

// ownCustomer sets the caller as the customer if the request names none.
func (f *faults) ownCustomer(ctx huma.Context, location string, id *name) {
	if caller := CallerOf(ctx.Context()); *id == "" && caller.Known() && caller.Is(booking.CustomerRole) {
		*id = name(caller.ID)
	}
	f.required(location, *id)
}

// ownOwner sets the caller's organisation as the owner if a request that registers
// something names none: the only one, or the caller's own if that has anything. While
// that cannot be read it is the caller's own, never another one.
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

// ownList accepts a list without an owner if organisation can find one. A caller
// without an organisation has to name the owner.
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
