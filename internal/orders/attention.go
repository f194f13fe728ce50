package orders

import (
	"context"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// Cause is why an order needs attention. Of several causes the first one counts.
type Cause string

// The causes, in the order in which they count.
const (
	// Abandoned: its workflow was terminated, has failed or no longer exists, as an audit
	// has found.
	Abandoned Cause = "abandoned"
	// Marked: its saga has marked it as needing attention.
	Marked Cause = "marked"
	// UndoOwed: it is being undone, and the undo of a service is not done.
	UndoOwed Cause = "undo_owed"
	// Disputed: a dispute of its payment is open.
	Disputed Cause = "disputed"
)

// Causes are all causes.
func Causes() []Cause { return []Cause{Abandoned, Marked, UndoOwed, Disputed} }

// AttentionFilter selects orders that need attention. An empty field selects all.
type AttentionFilter struct {
	Kind  booking.Kind
	Cause Cause
}

// NeedingAttention is an order that needs attention.
type NeedingAttention struct {
	Order contract.View
	Cause Cause
	// Since is since when it needs attention; if unknown, when the order last changed.
	Since time.Time
	// Says is the cause in words of the saga, the audit or the provider.
	Says string
	// Remedy is the command to type, if the audit has found the order.
	Remedy string
	// Answer is the payment provider's last answer, "" if none of its answers blocks the
	// order.
	Answer string
	// Waits are the steps that it waits for, with the last failure of each.
	Waits []Waiting
	// Lost is how its workflow has ended before the order: terminated, failed or
	// timed_out; "" otherwise.
	Lost string
	// Unknown: the engine or the ledger did not answer.
	Unknown bool
}

// Waiting is a step that an order waits for.
type Waiting struct {
	Step    string    // the activity's type
	Attempt int       // the attempt that runs or comes next
	Failure string    // of the last attempt, "" for the first one
	At      time.Time // the end of the last attempt, or the begin of the first one
	Next    time.Time // the next attempt, zero while one runs
}

// Last is the attempt of Failure or, if there is none, the running one.
func (w Waiting) Last() int {
	if w.Failure == "" {
		return w.Attempt
	}
	return w.Attempt - 1
}

// MonitoredOrders is the read model's list of orders that need attention.
type MonitoredOrders interface {
	// NeedingAttention lists them, abandoned ones first, then by time of placing, newest first.
	// Returns InvalidCursor for a cursor that it has not issued.
	NeedingAttention(ctx context.Context, f AttentionFilter, page booking.Page) ([]NeedingAttention, string, error)
	// OpenOrders counts orders that have not ended, by kind and status, each up to
	// booking.CountedTo.
	OpenOrders(ctx context.Context) ([]OpenCount, error)
	// Owed returns what is owed to orders, by kind.
	Owed(ctx context.Context) ([]Owed, error)
	// States returns the state of the orders' rows; none for a missing row.
	States(ctx context.Context, orderIDs []string) (map[string]contract.RowState, error)
	// EventsOfOrder lists the events of one order, oldest first, up to a bound.
	EventsOfOrder(ctx context.Context, orderID string) ([]booking.Event, error)
}

const (
	// checkedAtOnce is how many orders of a list are checked at the same time, checkTimeout
	// bounds one check, and checkAllTimeout all of them: while the engine is away the list shows
	// what the read model has.
	checkedAtOnce   = 8
	checkTimeout    = time.Second
	checkAllTimeout = 3 * time.Second
)

// Attention lists the orders that need attention with the reason in words, as far as the engine
// and the ledger answer. Each listed order costs a call to both.
func (m *Monitor) Attention(ctx context.Context, caller booking.Caller, f AttentionFilter, page booking.Page) ([]NeedingAttention, string, error) {
	if err := caller.Authorize(booking.Monitor, booking.Thing{}); err != nil {
		return nil, "", err
	}
	found, next, err := m.Pages.NeedingAttention(ctx, f, page)
	if err != nil {
		return nil, "", err
	}
	ctx, cancel := context.WithTimeout(ctx, checkAllTimeout)
	defer cancel()
	var checks errgroup.Group
	checks.SetLimit(checkedAtOnce)
	for i := range found {
		checks.Go(func() error {
			m.explain(ctx, &found[i])
			return nil
		})
	}
	return found, next, checks.Wait()
}

// explain adds what the engine and the ledger have on an order.
func (m *Monitor) explain(ctx context.Context, n *NeedingAttention) {
	ctx, cancel := context.WithTimeout(ctx, checkTimeout)
	defer cancel()
	is, err := m.Orders.Engine.workflowState(ctx, n.Order.ID)
	if err != nil && !isWorkflowMissing(err) {
		n.Unknown = true
	}
	n.Waits = is.waits
	if is.lost() && !n.Order.Status.Final() {
		n.Lost = is.ended
	}
	payment, err := m.Orders.Ledger.Payment(ctx, n.Order.ID)
	if err != nil && !isNotFound(err) {
		n.Unknown = true
	}
	n.addRefunds(ctx, m.Orders.Engine, payment)
	n.Answer = providerSays(payment, n.Waits)
	if n.Says == "" {
		n.Says = causeWords(*n, payment)
	}
}

// addRefunds adds the steps that workflows of refunds wait for. These refunds are made
// after the order's end; the others are steps of its saga.
func (n *NeedingAttention) addRefunds(ctx context.Context, engine *Engine, p booking.Payment) {
	for _, id := range refundsOf(n.Order.ID, p.Unmade()) {
		is, err := engine.workflowState(ctx, id)
		if err != nil && !isWorkflowMissing(err) {
			n.Unknown = true
		}
		n.Waits = append(n.Waits, is.waits...)
	}
}

// providerSays is the provider's last answer that blocks the order.
func providerSays(p booking.Payment, waits []Waiting) string {
	var last booking.Entry
	for _, e := range p.Unmade() {
		if e.Words != "" && !e.Changed.Before(last.Changed) {
			last = e
		}
	}
	if last.Words != "" {
		return last.Words
	}
	for _, w := range waits {
		if slices.Contains(providerSteps, w.Step) && w.Failure != "" {
			return w.Failure
		}
	}
	for _, d := range p.OpenDisputes() {
		return d.Words()
	}
	return ""
}

// providerSteps lists the steps that call the payment provider.
var providerSteps = []string{
	"ChargePayment", "ChargeDeferredPayment", "ChargeFurther", "ConfirmPayment", "RefundPayment", "RefundKeeping", contract.RefundPartActivity,
	"SettleFurther", "ResolveByHand", "LookAgain",
}

// causeWords is the cause in words for an order whose row has none.
func causeWords(n NeedingAttention, p booking.Payment) string {
	for _, w := range n.Waits {
		if w.Failure != "" {
			return w.Step + " keeps failing: " + w.Failure
		}
	}
	for _, d := range p.OpenDisputes() {
		return d.Words() + ", is open"
	}
	if len(n.Waits) > 0 {
		return "waits for " + n.Waits[0].Step
	}
	return ""
}
