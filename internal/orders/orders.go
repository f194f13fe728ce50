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

// anonymous is the id of a caller without an identity. No person can have it as an id: see
// booking.IsName.
const anonymous = "_anonymous"

// nameOf is the caller's name in the ids of updates.
func nameOf(c booking.Caller) string { return cmp.Or(c.ID, anonymous) }

// Outcome is the result of placing an order, or of a decision on one. If these fail, View
// is the order that the error is about, if there is one.
type Outcome struct {
	View contract.View
	// Done: the order is decided, or the decision carried out. Otherwise the saga continues after
	// the answer.
	Done bool
	// OrderID is the id under which the order was placed, or would have been.
	OrderID string
	// Earlier: the request has failed, and an earlier one under its key may have placed the
	// order. The engine did not answer whether it has.
	Earlier bool
	// After is when checking the order again makes sense, 0 if that is not known.
	After time.Duration
}

// Pages is the read model: the orders as customers and owners see them.
type Pages interface {
	// View returns the order as it was last published. Returns NotFound if there is none.
	View(ctx context.Context, id string) (contract.View, error)
	// Order also returns the order's first decision, and the hash of its request.
	Order(ctx context.Context, id string) (contract.Publication, error)
	// Orders lists the orders that the filter selects, newest first. Returns InvalidCursor
	// for a cursor that it has not issued.
	Orders(ctx context.Context, filter booking.OrderFilter, page booking.Page) ([]contract.View, string, error)
	// CountOrders counts these, up to booking.CountedTo.
	CountOrders(ctx context.Context, filter booking.OrderFilter) (int, error)
	// Publish writes the order unless there is a newer version of it.
	Publish(ctx context.Context, p contract.Publication) error
}

// PaymentGate limits calls to the payment provider.
type PaymentGate interface {
	// Admit reports whether an order that is placed now could be paid for in time and, if
	// not, when to retry.
	Admit(ctx context.Context) (retryAfter time.Duration, ok bool)
}

// Turns bounds how many orders are started at the same time. A turn that does not come in
// time is an error for callers.
type Turns interface {
	// Enter waits for a turn if it can be expected in time.
	Enter(ctx context.Context) error
	// Await waits for a turn until ctx ends.
	Await(ctx context.Context) error
	// Leave ends the turn. served reports whether the engine answered.
	Leave(served bool)
}

// Deps are the dependencies of orders. Actions, Bulk, Settler, Terms, Gate, Starts,
// Dispatcher, Carrier, Eager, Now and Log are optional.
type Deps struct {
	Engine *Engine
	Hub    *Hub
	Pages  Pages
	// Catalogue holds the items that orders name.
	Catalogue Catalogue
	// Ledger reads payments.
	Ledger Ledger
	// Actions is the log of operators' actions; nil: they go to the process's log only.
	Actions Actions
	// Bulk stores bulk actions. Only these need it.
	Bulk BulkRuns
	// Settler compensates orders whose workflow was lost. Only Settle needs it.
	Settler Settler
	// Terms knows which amounts can be paid; nil: all.
	Terms PaymentTerms
	// Gate reports whether orders can be paid for; nil: always.
	Gate PaymentGate
	// Starts are the turns for starting an order; nil: no limit.
	Starts Turns
	// Dispatcher starts orders that could not be started at once; nil: such orders are not
	// kept.
	Dispatcher *Dispatcher
	// Carrier delivers decisions that could not be delivered at once; nil: such decisions
	// are not kept.
	Carrier *Carrier
	// Calls are counted before another one is accepted, unless nil. From MaxWaitingCalls on
	// new ones are refused; zero is no limit.
	Calls           CallQueue
	MaxWaitingCalls int
	// MaxCallsOfOne and MaxKeptOfOne bound one customer's waiting calls and orders in the
	// inbox; a caller that places for others may have forOthers times as many. Zero is no
	// limit.
	MaxCallsOfOne, MaxKeptOfOne int
	// Policy goes into the input of every started saga, with the time that callers wait.
	Policy contract.Policy
	// ReplyBudget is how long a caller waits for an order's decision, 2 s by default.
	ReplyBudget time.Duration
	// Eager reports whether to request an eager start: only if a saga worker runs on the same
	// Temporal client and its build is the one that new orders go to. Nil is never.
	Eager func() bool
	Now   func() time.Time
	Log   *zap.Logger
}

// Orders holds the use cases of orders.
type Orders struct {
	Deps
	updateIDs updateIDs
	queries   joined[converter.EncodedValue]
	// calls, waiting and unpaid are the orders being placed: calls for a cleaner, orders
	// that may have to wait in the inbox, and orders whose customer may have to confirm the
	// payment.
	calls, waiting, unpaid shared
	bulkBegun              chan struct{} // wakes the runner of bulk actions
}

// New returns Orders with these dependencies.
func New(d Deps) *Orders {
	d.ReplyBudget = cmp.Or(d.ReplyBudget, DefaultReplyBudget)
	d.Policy.AnswerWithin = booking.Duration(d.ReplyBudget + ServiceWait)
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
	// DefaultReplyBudget is how long a caller waits by default.
	DefaultReplyBudget = 2 * time.Second
	// DefaultInboxWithin is how long an order may wait in the inbox by default.
	DefaultInboxWithin = 30 * time.Minute
	// ServiceWait is how much longer a caller waits if the outcome depends on a service: the café
	// for its drink, management for a call, the delivery service to stop. It takes up to four
	// seconds to know that the service is away and not only slow. A certain answer after that
	// time is better than an earlier one that leaves the outcome open.
	ServiceWait = 2 * time.Second
	// OptionalReadTimeout bounds an optional read of the read model or the workflow.
	OptionalReadTimeout = 500 * time.Millisecond
)

// openGate admits every payment.
type openGate struct{}

func (openGate) Admit(context.Context) (time.Duration, bool) { return 0, true }

// unlimited are turns without waiting.
type unlimited struct{}

func (unlimited) Enter(context.Context) error { return nil }
func (unlimited) Await(context.Context) error { return nil }
func (unlimited) Leave(bool)                  {}

// log is the log for lines about an order: they name it, its workflow with the same id, and
// the caller's trace.
func (o *Orders) log(ctx context.Context, orderID string) *zap.Logger {
	fields := []zap.Field{zap.String("order", orderID), zap.String("workflow", orderID)}
	if span := trace.SpanContextFromContext(ctx); span.IsValid() {
		fields = append(fields, zap.Stringer("trace", span.TraceID()))
	}
	return o.Log.With(fields...)
}
