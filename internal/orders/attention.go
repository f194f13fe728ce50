package orders

import (
	"context"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// Cause is why an operator is asked to look at an order. Of several the first one counts.
type Cause string

// The causes, in the order in which they count.
const (
	// Abandoned: its workflow was terminated, has failed, or is forgotten, and the audit has
	// found that.
	Abandoned Cause = "abandoned"
	// Marked: its saga says that it does not go on as it should.
	Marked Cause = "marked"
	// UndoOwed: it is being undone, and a service has yet to undo its part.
	UndoOwed Cause = "undo_owed"
	// Disputed: a dispute of its payment is open.
	Disputed Cause = "disputed"
)

// Causes are all causes.
func Causes() []Cause { return []Cause{Abandoned, Marked, UndoOwed, Disputed} }

// NeedFilter selects orders that need attention. An empty field selects all.
type NeedFilter struct {
	Kind  booking.Kind
	Cause Cause
}

// InNeed is an order that needs attention.
type InNeed struct {
	Order contract.View
	Cause Cause
	// Since is since when it is so; for what does not say so, when the order changed last.
	Since time.Time
	// Says is the cause in words: what the saga, the audit or the provider say.
	Says string
	// Remedy is what to type, where the audit has found the order.
	Remedy string
	// Answer is what the payment provider has said last, "" where it has said nothing that
	// stands in the way.
	Answer string
	// Waits are the steps that it waits for, with what each has met last.
	Waits []Waiting
	// Lost tells how its workflow has ended without its order: terminated, failed or
	// timed_out; "" otherwise.
	Lost string
	// Unknown: the engine, or the ledger, could not be asked.
	Unknown bool
}

// Waiting is a step that an order waits for.
type Waiting struct {
	Step    string    // the type of its activity
	Attempt int       // that is under way, or comes next
	Failure string    // what the last attempt has met, "" where it is the first
	At      time.Time // when the last attempt ended, or the first one began
	Next    time.Time // when it is tried again, zero while it is under way
}

// Last is the attempt that Failure is of; without one it is the one that is under way.
func (w Waiting) Last() int {
	if w.Failure == "" {
		return w.Attempt
	}
	return w.Attempt - 1
}

// Needs are the orders that need attention, in the read model.
type Needs interface {
	// InNeed lists them, those that are abandoned first, then those that were placed last;
	// InvalidCursor for a cursor that it did not give out.
	InNeed(ctx context.Context, f NeedFilter, page booking.Page) ([]InNeed, string, error)
	// OpenOrders counts orders that have not come to their end, by kind and status, each up
	// to booking.CountedTo.
	OpenOrders(ctx context.Context) ([]OpenCount, error)
	// Owed tells what is owed to orders, by kind.
	Owed(ctx context.Context) ([]Owed, error)
	// Standings tells where the rows of the orders stand; none for a row that is missing.
	Standings(ctx context.Context, orderIDs []string) (map[string]contract.Standing, error)
	// EventsOfOrder are the events of one order, oldest first, up to a bound.
	EventsOfOrder(ctx context.Context, orderID string) ([]booking.Event, error)
}

const (
	// lookedAtOnce is how many orders of a list are looked at at the same time, lookAtOne
	// how long one look may take, and lookAtAll how long all of them: while the engine is away
	// the list is shown as the read model has it.
	lookedAtOnce = 8
	lookAtOne    = time.Second
	lookAtAll    = 3 * time.Second
)

// Attention lists the orders that need attention with why, in words, as far as the engine
// and the ledger can be asked. It costs a look at both for each order that it lists.
func (m *Monitor) Attention(ctx context.Context, caller booking.Caller, f NeedFilter, page booking.Page) ([]InNeed, string, error) {
	if err := caller.Authorize(booking.Monitor, booking.Thing{}); err != nil {
		return nil, "", err
	}
	found, next, err := m.Needs.InNeed(ctx, f, page)
	if err != nil {
		return nil, "", err
	}
	ctx, cancel := context.WithTimeout(ctx, lookAtAll)
	defer cancel()
	var looking errgroup.Group
	looking.SetLimit(lookedAtOnce)
	for i := range found {
		looking.Go(func() error {
			m.explain(ctx, &found[i])
			return nil
		})
	}
	return found, next, looking.Wait()
}

// explain adds what the engine and the ledger know of an order.
func (m *Monitor) explain(ctx context.Context, n *InNeed) {
	ctx, cancel := context.WithTimeout(ctx, lookAtOne)
	defer cancel()
	is, err := m.Orders.Engine.standing(ctx, n.Order.ID)
	if err != nil && !noWorkflow(err) {
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
		n.Says = saysOf(*n, payment)
	}
}

// addRefunds adds what the workflows of refunds wait for: those that are made after the
// order's end. The others are steps of its saga.
func (n *InNeed) addRefunds(ctx context.Context, engine *Engine, p booking.Payment) {
	for _, id := range refundsOf(n.Order.ID, p.Unmade()) {
		is, err := engine.standing(ctx, id)
		if err != nil && !noWorkflow(err) {
			n.Unknown = true
		}
		n.Waits = append(n.Waits, is.waits...)
	}
}

// providerSays is what the provider has said last of what stands in the way.
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
		if slices.Contains(asksProvider, w.Step) && w.Failure != "" {
			return w.Failure
		}
	}
	for _, d := range p.OpenDisputes() {
		return d.Words()
	}
	return ""
}

// asksProvider are the steps that ask the payment provider.
var asksProvider = []string{
	"ChargePayment", "ChargeDeferredPayment", "ChargeFurther", "ConfirmPayment", "RefundPayment", "RefundKeeping", contract.RefundPartActivity,
	"SettleFurther", "ResolveByHand", "LookAgain",
}

// saysOf is the cause in words for an order that does not say itself.
func saysOf(n InNeed, p booking.Payment) string {
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
