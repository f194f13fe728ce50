package orders

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// Monitor reads what operators see: the state of the system, the orders that need attention,
// and the timeline of an order. Degraded, Load, Tallies, Link and Now are optional.
type Monitor struct {
	// Orders has the engine, the ledger and the read model.
	Orders *Orders
	Pages  MonitoredOrders
	Audits Audits
	Log    ActionLog
	Line   PaymentLine
	Stock  StockBook
	Inbox  interface {
		Open(ctx context.Context) (OpenInbox, error)
	}
	Decisions interface {
		Open(ctx context.Context) (OpenDecisions, error)
	}
	// Degraded names the parts that do not work for this process.
	Degraded func(ctx context.Context) map[string]string
	// Load is the load of this process.
	Load func() []Load
	// Tallies are the process's counts since its start.
	Tallies func() []Tally
	// Link is the engine's web UI page of a run of an order's workflow, "" for none.
	Link func(orderID, run string) string
	Now  func() time.Time
}

// Audits reads the results of audits.
type Audits interface {
	Latest(ctx context.Context) (done, last booking.AuditRun, err error)
	OpenFindings(ctx context.Context) (map[string]int, error)
	Findings(ctx context.Context, orderID string, page booking.Page) ([]booking.AuditFinding, string, error)
}

// ActionLog reads the log of operators' actions.
type ActionLog interface {
	Actions(ctx context.Context, orderID string, page booking.Page) ([]booking.OperatorAction, string, error)
}

// PaymentLine is the queue of deferred payments.
type PaymentLine interface {
	// Outlook returns how many wait, and until when some worker's breaker keeps payments
	// from the provider: a past or zero time if none does.
	Outlook(ctx context.Context) (waiting int, shutUntil time.Time, err error)
}

// The parts of an overview, as Unknown names them.
const (
	partOpen      = "orders"
	partOwed      = "undos"
	partQueues    = "queues"
	partPayments  = "payments"
	partInbox     = "inbox"
	partDecisions = "decisions"
	partReadModel = "read_model"
	partAudit     = "audit"
	partWorkflows = "workflows"
)

const (
	// overviewWithin bounds the read of each part of an overview, so that the others are shown
	// while one is away.
	overviewWithin = 2 * time.Second
	// comparedRows is how many orders are compared with their rows.
	comparedRows = 50
	// mostFailing is how many workflows with failing tasks are listed.
	mostFailing = 50
	// failing selects them as the engine's web UI does: there is an index for this query.
	failing = `ExecutionStatus = 'Running' AND TemporalReportedProblems IN ('category=WorkflowTaskFailed', 'category=WorkflowTaskTimedOut')`
)

// Overview reads each part of the overview separately: a part that cannot be read is named in
// Unknown, and the others are still shown.
func (m *Monitor) Overview(ctx context.Context, caller booking.Caller) (Overview, error) {
	if err := caller.Authorize(booking.Monitor, booking.Thing{}); err != nil {
		return Overview{}, err
	}
	o := Overview{At: m.now(), Unknown: map[string]string{}}
	var mu sync.Mutex
	var reading sync.WaitGroup
	for part, read := range m.parts(&o) {
		reading.Go(func() {
			ctx, cancel := context.WithTimeout(ctx, overviewWithin)
			defer cancel()
			if err := read(ctx); err != nil {
				mu.Lock()
				defer mu.Unlock()
				o.Unknown[part] = wordsOf(err)
			}
		})
	}
	reading.Wait()
	return o, nil
}

// parts has a function for each part of an overview. Each sets its own fields.
func (m *Monitor) parts(o *Overview) map[string]func(context.Context) error {
	return map[string]func(context.Context) error{
		partOpen: func(ctx context.Context) (err error) { o.Open, err = m.Pages.OpenOrders(ctx); return err },
		partOwed: func(ctx context.Context) (err error) { o.Owed, err = m.Pages.Owed(ctx); return err },
		partQueues: func(ctx context.Context) (err error) {
			o.Queues, err = m.Orders.Engine.queues(ctx)
			return err
		},
		partPayments: func(ctx context.Context) (err error) {
			o.Deferred, o.ShutUntil, err = m.Line.Outlook(ctx)
			if !o.ShutUntil.After(o.At) {
				o.ShutUntil = time.Time{}
			}
			return err
		},
		partInbox:     func(ctx context.Context) (err error) { o.Inbox, err = m.Inbox.Open(ctx); return err },
		partDecisions: func(ctx context.Context) (err error) { o.Decisions, err = m.Decisions.Open(ctx); return err },
		partReadModel: func(ctx context.Context) (err error) { o.ReadModel, err = m.lag(ctx); return err },
		partAudit: func(ctx context.Context) (err error) {
			if o.Done, o.Last, err = m.Audits.Latest(ctx); err == nil {
				o.Findings, err = m.Audits.OpenFindings(ctx)
			}
			return err
		},
		partWorkflows: func(ctx context.Context) error {
			found, _, err := m.Orders.Engine.List(ctx, failing, mostFailing, nil)
			for _, saga := range found {
				o.Failing = append(o.Failing, saga.OrderID)
			}
			return err
		},
		"": func(ctx context.Context) error {
			if m.Tallies != nil {
				o.Tallies = m.Tallies()
			}
			if m.Degraded != nil {
				o.Degraded = m.Degraded(ctx)
			}
			if m.Load != nil {
				o.Load = m.Load()
			}
			return nil
		},
	}
}

// wordsOf is the part of an error that callers may see.
func wordsOf(err error) string {
	if no, coded := errors.AsType[*booking.Error](err); coded {
		return no.Error()
	}
	return "it could not be read"
}

// lag compares the orders that were started last with their rows.
func (m *Monitor) lag(ctx context.Context) (lag ReadModelLag, err error) {
	sagas, _, err := m.Orders.Engine.List(ctx, All, comparedRows, nil)
	if err != nil {
		return lag, err
	}
	ids := make([]string, len(sagas))
	for i, s := range sagas {
		ids[i] = s.OrderID
	}
	rows, err := m.Pages.States(ctx, ids)
	if err != nil {
		return lag, err
	}
	seen := map[string]bool{}
	for _, s := range sagas {
		if seen[s.OrderID] || s.Lost() {
			continue // an older run, or one that no longer publishes
		}
		seen[s.OrderID] = true
		lag.Compared++
		row, exists := rows[s.OrderID]
		if exists && (row.Status == s.Status || !isStable(row.Status)) {
			continue
		}
		since := s.Began
		if written := time.UnixMicro(row.Version); exists && written.After(since) {
			since = written
		}
		lag.Behind, lag.Oldest = lag.Behind+1, max(lag.Oldest, m.now().Sub(since))
	}
	return lag, nil
}

// isStable reports whether the status is a stable one: the engine's list has no others.
func isStable(s booking.Status) bool {
	switch s {
	case booking.Received, booking.PaymentPending, booking.AwaitingPayment, booking.Paid, booking.Cancelling:
		return false
	default:
		return true
	}
}

// queues returns the workers and backlog of each task queue.
func (e *Engine) queues(ctx context.Context) ([]QueueState, error) {
	names := contract.Queues()
	states, errs := make([]QueueState, len(names)), make([]error, len(names))
	var querying sync.WaitGroup
	for i, name := range names {
		querying.Go(func() { states[i], errs[i] = e.queue(ctx, name) })
	}
	querying.Wait()
	return states, errors.Join(errs...)
}

func (m *Monitor) now() time.Time {
	if m.Now == nil {
		return time.Now()
	}
	return m.Now()
}
