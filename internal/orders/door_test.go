package orders_test

import (
	"context"
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/orders"
	"github.com/yeyak/yeyak/workflows/contract"
)

// actionLog is a log of operators' actions in memory.
type actionLog struct {
	mu    sync.Mutex
	lines []booking.OperatorAction
	away  error
}

func (l *actionLog) Append(_ context.Context, a booking.OperatorAction, seen *int64) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if seen != nil && *seen < int64(len(l.lines)) {
		return &booking.Error{Code: orders.ActedMeanwhile}
	}
	if l.away != nil {
		return l.away
	}
	l.lines = append(l.lines, a)
	return nil
}

// requireAction requires that one action was logged before it was done, and its outcome
// afterwards.
func (l *actionLog) requireAction(t *testing.T, want booking.OperatorAction) {
	t.Helper()
	require.Len(t, l.lines, 2)
	id := l.lines[0].ID
	require.NotEmpty(t, id)
	want.ID, want.At = id, today
	ended := want
	want.Outcome = ""
	require.Equal(t, []booking.OperatorAction{want, ended}, l.lines)
	l.lines = nil
}

// logged returns orders with a log in memory.
func (b *bundle) logged() (*bundle, *actionLog) {
	log := &actionLog{}
	return b.again(func(d *orders.Deps) { d.Actions = log }), log
}

var byOlga = booking.OperatorAction{By: "1024"}

// TestDoor_Refund: refunds by staff are logged, for every caller.
func TestDoor_Refund(t *testing.T) {
	t.Parallel()
	g := newRefunding(t, booking.Confirmed)
	g.begins(acceptsAll, nil)
	var log *actionLog
	g.bundle, log = g.logged()
	_, err := g.refund("a", won(30000))
	require.NoError(t, err)
	want := byOlga
	want.Action, want.OrderID, want.Reason, want.Outcome = booking.RefundOrder, g.order, "it was cold", "done"
	log.requireAction(t, want)

	_, err = g.refund("b", won(999999))
	require.ErrorIs(t, err, &booking.Error{Code: booking.RefundExceeds})
	want.Outcome = string(booking.RefundExceeds)
	log.requireAction(t, want)

	log.away = errors.New("the disk is full")
	_, err = g.refund("c", won(1000))
	require.ErrorIs(t, err, &booking.Error{Code: booking.Unavailable})
	require.Len(t, g.put, 1, "what cannot be noted is not done")
}

// TestDoor_Decisions: an operator's decision is logged and a customer's is not. While the
// log cannot be written, orders can still be decided on, but not by a caller that has said
// which line it has seen.
func TestDoor_Decisions(t *testing.T) {
	t.Parallel()
	o, engine := setup(t)
	ids := answers(engine, nil)
	log := &actionLog{}
	deps := o.Deps
	deps.Actions, deps.Now = log, nil
	o = orders.New(deps)
	decide := func(caller booking.Caller) {
		d := cancel
		d.Note = "it is late"
		_, err := o.Decide(t.Context(), caller, d)
		require.NoError(t, err)
	}
	decide(booking.Caller{Unchecked: true})
	require.Empty(t, log.lines, "a customer's, or anybody's while authentication is off")
	decide(operator)
	decide(agent)
	decide(booking.Caller{ID: booking.SystemID, Unchecked: true})
	require.Len(t, log.lines, 6)
	for i, by := range []string{"olga", "olga", "2001", "2001", "system", "system"} {
		require.Equal(t, by, log.lines[i].By)
		require.Equal(t, booking.CancelOrder, log.lines[i].Action)
		require.Equal(t, booking.Personal("it is late"), log.lines[i].Reason)
	}
	require.Equal(t, booking.ActionDone, log.lines[1].Outcome)
	log.away = errors.New("the disk is full")
	decide(operator)

	before := len(*ids)
	_, err := o.Decide(orders.WithSeenLine(t.Context(), 6), operator, cancel)
	require.ErrorIs(t, err, &booking.Error{Code: booking.Unavailable}, "what it has seen cannot be checked")
	require.Len(t, *ids, before, "nothing was done")
}

// TestDoor_CheckAndSettle: actions without a decision of the saga are logged in the same
// way.
func TestDoor_CheckAndSettle(t *testing.T) {
	t.Parallel()
	g := newRefunding(t, booking.Confirmed)
	g.followed(g.order, nil)
	var log *actionLog
	g.bundle, log = g.logged()
	require.NoError(t, g.CheckPayment(t.Context(), olga, g.order))
	want := byOlga
	want.Action, want.OrderID, want.Outcome = booking.CheckPayment, g.order, booking.ActionAccepted
	log.requireAction(t, want)

	var settled settledOrders
	g.bundle = g.again(func(d *orders.Deps) { d.Settler = &settled })
	err := g.Settle(t.Context(), olga, g.order, "it was terminated")
	require.ErrorContains(t, err, "no engine")
	require.NotZero(t, settled.warrant)
	require.Equal(t, "1024", settled.by)
	want.Action, want.Reason, want.Outcome = booking.SettleOrder, "it was terminated", booking.ActionFailed
	log.requireAction(t, want)

	settled = settledOrders{}
	require.ErrorIs(t, g.Settle(t.Context(), alice, g.order, ""), notAllowed)
	require.Zero(t, settled)
	require.Empty(t, log.lines)
	err = g.Engine.Settle(t.Context(), orders.Warrant{}, contract.View{}, contract.Policy{}, "", "1024")
	require.ErrorContains(t, err, "without a warrant")
}

// settledOrders records the calls of a settler, which fails.
type settledOrders struct {
	warrant orders.Warrant
	by      string
}

func (s *settledOrders) Settle(_ context.Context, w orders.Warrant, _, by string) error {
	s.warrant, s.by = w, by
	return errors.New("no engine")
}

// withoutWarrant lists the calls that change workflows and are not a caller's action on an
// order.
var withoutWarrant = map[string]string{
	"begin":            "starts orders, and settles them after Settle has got the warrant",
	"deleteDrink":      "is about a drink; the catalogue's events name the caller",
	"DeliverNotice":    "only makes the order check its payment; an operator's way is CheckPayment",
	"customerReturned": "only makes the order check whether its customer has paid",
	"signal":           "is what ForceCancel and SignalAssigned send to orders for the service itself",
}

// TestDoor_IsTheOnlyOne: each method of the engine that changes a workflow requires a
// warrant, and warrants are created in door.go only.
func TestDoor_IsTheOnlyOne(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("*.go")
	require.NoError(t, err)
	changing := []string{
		"ExecuteWorkflow", "UpdateWorkflow", "UpdateWithStartWorkflow", "SignalWorkflow", "SignalWithStartWorkflow", "CancelWorkflow",
		"TerminateWorkflow", "ResetWorkflowExecution", "ResetActivity",
	}
	found := map[string]bool{}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		require.NoError(t, err)
		for _, d := range parsed.Decls {
			f, isFunc := d.(*ast.FuncDecl)
			ast.Inspect(d, func(n ast.Node) bool {
				if made, is := n.(*ast.CompositeLit); is && named(made.Type) == "Warrant" {
					require.Equal(t, "door.go", file, "a warrant is made in another file")
				}
				call, is := n.(*ast.CallExpr)
				if !is || !isFunc {
					return true
				}
				if s, is := call.Fun.(*ast.SelectorExpr); is && slices.Contains(changing, s.Sel.Name) && !hasWarrantParam(f) {
					found[f.Name.Name] = true
					require.Contains(t, withoutWarrant, f.Name.Name, "it changes a workflow: it needs a parameter of type Warrant")
				}
				return true
			})
		}
	}
	require.Len(t, found, len(withoutWarrant))
}

func hasWarrantParam(f *ast.FuncDecl) bool {
	return slices.ContainsFunc(f.Type.Params.List, func(p *ast.Field) bool { return named(p.Type) == "Warrant" })
}

func named(e ast.Expr) string {
	if id, is := e.(*ast.Ident); is {
		return id.Name
	}
	return ""
}
