package orders

import (
	"cmp"
	"context"
	"time"

	"go.opentelemetry.io/otel/trace"
	"go.temporal.io/sdk/converter"
	"go.uber.org/zap"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// anonymous stands for a caller without an identity. No person can have it as
// their id: see booking.IsName.
const anonymous = "_anonymous"

// nameOf names the caller in the ids of updates.
func nameOf(c booking.Caller) string { return cmp.Or(c.ID, anonymous) }

// Outcome is what came of placing an order, or of a decision on one. When these
// fail, View is the order that the error is about, if it is about one.
type Outcome struct {
	View contract.View
	// Done: the order has been decided on, or the decision carried out. Else it
	// will be: the saga goes on after the answer.
	Done bool
	// OrderID is the id under which the order was placed, or would have been.
	OrderID string
	// Earlier: the request has failed, and an earlier one under its key may have placed
	// the order: the engine cannot be asked.
	Earlier bool
	// After is when it is worth looking at the order again, 0 where nothing is known
	// of that.
	After time.Duration
}

// Pages is the read model: the orders as customers and owners see them.
type Pages interface {
	// View answers the order as it was last published, or NotFound.
	View(ctx context.Context, id string) (contract.View, error)
	// Order answers also what was decided on it first, and the hash of its
	// request.
	Order(ctx context.Context, id string) (contract.Publication, error)
	// Orders lists the orders that the filter selects, newest first;
	// InvalidCursor for a cursor that it did not give out.
	Orders(ctx context.Context, filter booking.OrderFilter, page booking.Page) ([]contract.View, string, error)
	// CountOrders tells how many these are, up to booking.CountedTo.
	CountOrders(ctx context.Context, filter booking.OrderFilter) (int, error)
	// Publish writes the order unless a newer version of it is there.
	Publish(ctx context.Context, p contract.Publication) error
}

// PaymentGate stands before the payment provider.
type PaymentGate interface {
	// Admit tells whether an order that is placed now could be paid for in time
	// and, if not, when it is worth asking again.
	Admit(ctx context.Context) (retryAfter time.Duration, ok bool)
}

// Turns bound how many orders are started at the same time. A turn that does not
// come in time is an error that callers may be told.
type Turns interface {
	// Enter waits for a turn while it can be expected in time.
	Enter(ctx context.Context) error
	// Await waits for a turn until ctx ends.
	Await(ctx context.Context) error
	// Leave ends the turn. served tells whether the engine answered.
	Leave(served bool)
}

// Deps are what orders work with. Actions, Bulk, Settler, Terms, Gate, Starts, Dispatcher, Carrier,
// Eager, Now and Log may be left out.
type Deps struct {
	Engine *Engine
	Hub    *Hub
	Pages  Pages
	// Catalogue holds what orders name.
	Catalogue Catalogue
	// Ledger tells what has come of payments.
	Ledger Ledger
	// Actions is the log of what operators do; nil for that of the process alone.
	Actions Actions
	// Bulk keeps bulk actions. Only these need it.
	Bulk BulkRuns
	// Settler undoes orders whose workflow was lost. Only Settle needs it.
	Settler Settler
	// Terms tell what can be paid; nil that everything can.
	Terms PaymentTerms
	// Gate tells whether orders can be paid for; nil that they always can.
	Gate PaymentGate
	// Starts are the turns of starting an order; nil for no limit.
	Starts Turns
	// Dispatcher starts what could not be started at once; nil: nothing is kept for
	// that.
	Dispatcher *Dispatcher
	// Carrier delivers the decisions that could not be delivered at once; nil:
	// none is kept for that.
	Carrier *Carrier
	// Calls are counted before one more is taken, unless nil. From MaxWaitingCalls on new
	// ones are refused; zero is no limit.
	Calls           CallQueue
	MaxWaitingCalls int
	// MaxCallsOfOne and MaxKeptOfOne bound what one customer has of the calls that
	// wait and of the orders in the inbox; a caller that places for others may have
	// forOthers times as much. Zero is no limit.
	MaxCallsOfOne, MaxKeptOfOne int
	// Policy goes into the input of every saga that is started, with how long callers
	// wait.
	Policy contract.Policy
	// ReplyBudget is how long a caller waits for an order's decision, 2 s by
	// default.
	ReplyBudget time.Duration
	// Eager tells whether to ask for an eager start: only where a saga worker
	// runs on the same Temporal client, and while its build is the one that new
	// orders go to. Nil is never.
	Eager func() bool
	Now   func() time.Time
	Log   *zap.Logger
}

// Orders is what can be done with orders.
type Orders struct {
	Deps
	asks    asks
	queries joined[converter.EncodedValue]
	// calls, waiting and unpaid are the orders that are being placed: calls for a cleaner,
	// those that may come to wait in the inbox, and those that may come to wait for their
	// customer to confirm the payment.
	calls, waiting, unpaid shared
	bulkBegun              chan struct{} // wakes the one that runs bulk actions
}

// New makes Orders.
func New(d Deps) *Orders {
	d.ReplyBudget = cmp.Or(d.ReplyBudget, DefaultReplyBudget)
	d.Policy.AnswerWithin = booking.Duration(d.ReplyBudget + Asking)
	if d.Gate == nil {
		d.Gate = openGate{}
	}
	if d.Starts == nil {
		d.Starts = unlimited{}
	}
	if d.Eager == nil {
		d.Eager = func() bool { return false }
	}
	if d.Now == nil {
		d.Now = time.Now
	}
	if d.Log == nil {
		d.Log = zap.NewNop()
	}
	if d.Actions == nil {
		d.Actions = noActions{d.Log}
	}
	return &Orders{Deps: d, bulkBegun: make(chan struct{}, 1)}
}

const (
	// DefaultReplyBudget is how long a caller waits unless something else is set.
	DefaultReplyBudget = 2 * time.Second
	// DefaultInboxWithin is how long an order may wait in the inbox unless something
	// else is set.
	DefaultInboxWithin = 30 * time.Minute
	// Asking is how much longer a caller waits where an order has to ask a
	// service before anything is certain: the café for its drink, management for
	// a call, the delivery to come back. It takes up to four seconds to know that
	// the service is away, and not only slow; to be told so is worth more than to be
	// told that nothing is certain yet.
	Asking = 2 * time.Second
	// Glance bounds a look at the read model or the workflow that can be done
	// without.
	Glance = 500 * time.Millisecond
)

// openGate stands before a provider that is always well.
type openGate struct{}

func (openGate) Admit(context.Context) (time.Duration, bool) { return 0, true }

// unlimited are turns that never have to be waited for.
type unlimited struct{}

func (unlimited) Enter(context.Context) error { return nil }
func (unlimited) Await(context.Context) error { return nil }
func (unlimited) Leave(bool)                  {}

// log is for what is logged about an order: the lines name it, its workflow,
// whose id is the same, and the caller's trace.
func (o *Orders) log(ctx context.Context, orderID string) *zap.Logger {
	fields := []zap.Field{zap.String("order", orderID), zap.String("workflow", orderID)}
	if span := trace.SpanContextFromContext(ctx); span.IsValid() {
		fields = append(fields, zap.Stringer("trace", span.TraceID()))
	}
	return o.Log.With(fields...)
}
