package orders

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// Monitor is what operators see: how everything is, which orders need attention, and all
// that has happened to one. Degraded, Link and Now may be left out.
type Monitor struct {
	// Orders has the engine, the ledger and the read model.
	Orders *Orders
	Needs  Needs
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
	// Degraded names what does not work, as this process sees it.
	Degraded func(ctx context.Context) map[string]string
	// Link is where the engine's web UI shows a run of an order's workflow, "" for nowhere.
	Link func(orderID, run string) string
	Now  func() time.Time
}

// Audits are what the audits have found.
type Audits interface {
	Latest(ctx context.Context) (done, last booking.AuditRun, err error)
	OpenFindings(ctx context.Context) (map[string]int, error)
	Findings(ctx context.Context, orderID string, page booking.Page) ([]booking.AuditFinding, string, error)
}

// ActionLog is the log of what operators do, to read.
type ActionLog interface {
	Actions(ctx context.Context, orderID string, page booking.Page) ([]booking.OperatorAction, string, error)
}

// PaymentLine is the line of payments that wait for the provider.
type PaymentLine interface {
	// Outlook tells how many wait, and until when some worker's breaker keeps payments from
	// the provider: a time that has passed, or the zero one, when none does.
	Outlook(ctx context.Context) (waiting int, shutUntil time.Time, err error)
}

// OpenCount is how many orders of a kind are in a status: booking.CountedTo stands for as
// many or more.
type OpenCount struct {
	Kind   booking.Kind   `json:"kind"`
	Status booking.Status `json:"status"`
	Orders int            `json:"orders"`
}

// Owed is what is owed to the orders of a kind.
type Owed struct {
	Kind booking.Kind `json:"kind"`
	// Undos is how many orders are being undone, and Since since when the one has been that
	// has waited longest.
	Undos int       `json:"undos"`
	Since time.Time `json:"since,omitzero"`
	// InNeed is how many need attention.
	InNeed int `json:"needAttention"`
}

// Overview is how everything is. What could not be read is in Unknown, by its name, and has
// its zero value.
type Overview struct {
	At     time.Time   `json:"at"`
	Open   []OpenCount `json:"open"`
	Owed   []Owed      `json:"owed"`
	Queues []QueueState
	// Deferred is how many payments wait for the provider, and ShutUntil until when some
	// worker's breaker is open; zero while none is.
	Deferred  int       `json:"deferred"`
	ShutUntil time.Time `json:"shutUntil,omitzero"`
	// Inbox and Decisions wait for the engine.
	Inbox     OpenInbox
	Decisions OpenDecisions
	// ReadModel tells how far rows are behind.
	ReadModel ReadModelLag
	// Done and Last are the last audit that looked at everything and the last one that was
	// asked for; Findings are what is open, by kind.
	Done, Last booking.AuditRun
	Findings   map[string]int
	// Degraded is what does not work, as the answering process sees it.
	Degraded map[string]string
	Unknown  map[string]string
}

// ReadModelLag compares the orders that were started last with their rows.
type ReadModelLag struct {
	Looked int // at so many orders
	Behind int // of which so many have no row, or one that says something else
	// Oldest is for how long the one has waited that was started first; zero for none.
	Oldest time.Duration
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
)

const (
	// overviewWithin bounds each part of an overview: what is away is to be shown as that.
	overviewWithin = 2 * time.Second
	// comparedRows is how many orders are compared with their rows.
	comparedRows = 50
)

// Overview tells how everything is, each part by itself: what cannot be read is named, and
// keeps nothing else from being shown.
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

// parts read what an overview consists of. Each writes fields of its own.
func (m *Monitor) parts(o *Overview) map[string]func(context.Context) error {
	return map[string]func(context.Context) error{
		partOpen: func(ctx context.Context) (err error) { o.Open, err = m.Needs.OpenOrders(ctx); return err },
		partOwed: func(ctx context.Context) (err error) { o.Owed, err = m.Needs.Owed(ctx); return err },
		partQueues: func(ctx context.Context) (err error) {
			o.Queues, err = m.Orders.Engine.queues(ctx)
			return err
		},
		partPayments: func(ctx context.Context) (err error) {
			o.Deferred, o.ShutUntil, err = m.Line.Outlook(ctx)
			if o.ShutUntil.Before(o.At) {
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
		"": func(ctx context.Context) error {
			if m.Degraded != nil {
				o.Degraded = m.Degraded(ctx)
			}
			return nil
		},
	}
}

// wordsOf is what callers may be told of an error.
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
	rows, err := m.Needs.Standings(ctx, ids)
	if err != nil {
		return lag, err
	}
	seen := map[string]bool{}
	for _, s := range sagas {
		if seen[s.OrderID] || s.Lost() {
			continue // an older run, or one that shows nothing any more
		}
		seen[s.OrderID] = true
		lag.Looked++
		row, exists := rows[s.OrderID]
		if exists && (row.Status == s.Status || !rests(row.Status)) {
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

// rests tells whether the engine's list has the status: it knows only where orders come to
// rest.
func rests(s booking.Status) bool {
	switch s {
	case booking.Received, booking.PaymentPending, booking.AwaitingPayment, booking.Paid, booking.Cancelling:
		return false
	default:
		return true
	}
}

// queues ask who works on each task queue.
func (e *Engine) queues(ctx context.Context) ([]QueueState, error) {
	names := contract.Queues()
	states, errs := make([]QueueState, len(names)), make([]error, len(names))
	var asking sync.WaitGroup
	for i, name := range names {
		asking.Go(func() { states[i], errs[i] = e.queue(ctx, name) })
	}
	asking.Wait()
	return states, errors.Join(errs...)
}

func (m *Monitor) now() time.Time {
	if m.Now == nil {
		return time.Now()
	}
	return m.Now()
}

// Total is how many orders are open, and whether there are more than were counted.
func (o Overview) Total() (orders int, more bool) {
	for _, c := range o.Open {
		orders, more = orders+c.Orders, more || c.Orders >= booking.CountedTo
	}
	return orders, more
}

// Needing is how many orders need attention, or wait for an undo, of all kinds.
func (o Overview) Needing() (inNeed, undos int, since time.Time) {
	for _, of := range o.Owed {
		inNeed, undos = inNeed+of.InNeed, undos+of.Undos
		if !of.Since.IsZero() && (since.IsZero() || of.Since.Before(since)) {
			since = of.Since
		}
	}
	return inNeed, undos, since
}

// Found is how many findings are open.
func (o Overview) Found() (n int) {
	for _, of := range o.Findings {
		n += of
	}
	return n
}

// Well tells whether nothing waits for an operator.
func (o Overview) Well() bool {
	inNeed, _, _ := o.Needing()
	return inNeed == 0 && o.Found() == 0 && len(o.Degraded) == 0 && len(o.Unknown) == 0 && o.ShutUntil.IsZero() && len(o.Unattended()) == 0
}

// Unattended are the task queues that no process works on.
func (o Overview) Unattended() (names []string) {
	for _, q := range o.Queues {
		if q.Workers == 0 {
			names = append(names, q.Name)
		}
	}
	return names
}

// Troubles are what does not work, and what could not be read, by name.
func (o Overview) Troubles() []string {
	names := slices.Collect(maps.Keys(o.Degraded))
	return slices.Sorted(slices.Values(slices.AppendSeq(names, maps.Keys(o.Unknown))))
}
