package orders

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// Source is the source of a line of a timeline.
type Source string

// The sources. Moments of the same time are in this order.
const (
	FromRun      Source = "run"      // a run of the workflow: its begin, resets, decisions, end
	FromStep     Source = "step"     // a step or an undo, with its last failure
	FromMoney    Source = "money"    // the payments ledger
	FromStock    Source = "stock"    // the inventory
	FromOrder    Source = "order"    // the order's statuses, and the decisions on it
	FromEvent    Source = "event"    // the event feed
	FromOperator Source = "operator" // the log of operators' actions
)

// Sources lists all sources.
func Sources() []Source {
	return []Source{FromRun, FromStep, FromMoney, FromStock, FromOrder, FromEvent, FromOperator}
}

// Moment is a line of an order's timeline.
type Moment struct {
	At     time.Time
	Source Source
	// What happened, by its name at the source: an event's type, a step's type, a status.
	What string
	// Says adds words: a failure, a result, a reason.
	Says string
	// By is the number of the caller that decided it.
	By      string
	Amount  booking.Money
	Attempt int
	// Failed: it did not succeed.
	Failed bool
	// Pending: it is not done.
	Pending bool
	Run     string // the workflow's
}

// Words are the moment's words besides its name.
func (m Moment) Words() string {
	var words []string
	if m.Amount.Currency != "" {
		words = append(words, fmt.Sprintf("%d %s", m.Amount.Amount, m.Amount.Currency))
	}
	if m.Attempt > 1 {
		words = append(words, fmt.Sprintf("attempt %d", m.Attempt))
	}
	if m.Says != "" {
		words = append(words, m.Says)
	}
	return strings.Join(words, ", ")
}

// Timeline is everything that has happened to an order, oldest first.
type Timeline struct {
	Order     contract.View
	Moments   []Moment
	Runs      []Run
	Attention NeedingAttention // why it needs attention; the zero value without a cause
	// Unknown are the sources that could not be read, with the reason.
	Unknown map[Source]string
	// Cut: the engine's history contains more than is shown.
	Cut bool
}

// Run is a run of an order's workflow.
type Run struct {
	ID    string
	Ended string // running, completed, terminated, failed, timed_out, canceled
	Began time.Time
	Link  string // into the engine's web UI, "" for none
}

// Timeline reads everything that has happened to an order. Each source is read by itself:
// one that cannot be read is named.
func (m *Monitor) Timeline(ctx context.Context, caller booking.Caller, orderID string) (t Timeline, err error) {
	if err := caller.Authorize(booking.Monitor, booking.Thing{}); err != nil {
		return t, err
	}
	if t.Order, err = m.Orders.Read(ctx, caller, "", orderID); err != nil {
		return t, err
	}
	t.Unknown = map[Source]string{}
	var mu sync.Mutex
	var reading sync.WaitGroup
	for source, read := range m.sources(caller, &t) {
		reading.Go(func() {
			ctx, cancel := context.WithTimeout(ctx, timelineWithin)
			defer cancel()
			moments, err := read(ctx)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				t.Unknown[source] = wordsOf(err)
			}
			t.Moments = append(t.Moments, moments...)
		})
	}
	reading.Wait()
	inOrder(t.Moments)
	t.Attention = m.attentionOf(ctx, t.Order)
	return t, nil
}

// timelineWithin bounds each source of a timeline.
const timelineWithin = 4 * time.Second

// mostOfOne is the maximum of entries of one source in a timeline.
const mostOfOne = 1000

func (m *Monitor) sources(caller booking.Caller, t *Timeline) map[Source]func(context.Context) ([]Moment, error) {
	id, reader, underWay := t.Order.ID, caller.ReaderOf(t.Order.Thing()), !t.Order.Status.Final()
	return map[Source]func(context.Context) ([]Moment, error){
		FromOrder: func(context.Context) ([]Moment, error) { return ofOrder(t.Order, reader), nil },
		FromRun: func(ctx context.Context) (moments []Moment, err error) {
			moments, t.Runs, t.Cut, err = m.ofEngine(ctx, id)
			return moments, err
		},
		FromEvent: func(ctx context.Context) ([]Moment, error) {
			events, err := m.Pages.EventsOfOrder(ctx, id)
			return each(events, ofEvent), err
		},
		FromMoney: func(ctx context.Context) ([]Moment, error) {
			payment, err := m.Orders.Ledger.Payment(ctx, id)
			if isNotFound(err) {
				return nil, nil
			}
			return ofPayment(payment, reader, underWay), err
		},
		FromStock: func(ctx context.Context) ([]Moment, error) {
			entries, err := m.Stock.OfOrder(ctx, id)
			return each(entries, StockEntry.moment), err
		},
		FromOperator: func(ctx context.Context) ([]Moment, error) {
			if !caller.Allowed(booking.ReadActions, booking.Thing{}) {
				return nil, nil
			}
			actions, _, err := m.Log.Actions(ctx, id, booking.Page{Limit: mostOfOne})
			return each(actions, ofAction), err
		},
	}
}

// inOrder sorts moments by time. Moments of one source at the same time keep their order.
func inOrder(moments []Moment) {
	rank := map[Source]int{}
	for i, s := range Sources() {
		rank[s] = i
	}
	rank[FromStep] = rank[FromRun] // both come from one history
	slices.SortStableFunc(moments, func(a, b Moment) int {
		if c := a.At.Compare(b.At); c != 0 {
			return c
		}
		return rank[a.Source] - rank[b.Source]
	})
}

func each[A any](all []A, of func(A) Moment) []Moment {
	moments := make([]Moment, len(all))
	for i, a := range all {
		moments[i] = of(a)
	}
	return moments
}

// attentionOf is why the order needs attention, as in the list.
func (m *Monitor) attentionOf(ctx context.Context, v contract.View) NeedingAttention {
	n := NeedingAttention{Order: v, Cause: causeOf(v), Since: v.Since()}
	if v.AttentionCause != nil && n.Cause == Marked {
		n.Since, n.Says = v.AttentionCause.Since, v.AttentionCause.Text
	}
	findings, _, err := m.Audits.Findings(ctx, v.ID, booking.Page{Limit: mostOfOne})
	for _, f := range findings {
		if f.Kind == string(Abandoned) {
			n.Cause, n.Since, n.Says, n.Remedy = Abandoned, f.FirstSeen, f.Says, f.Remedy
		}
	}
	m.explain(ctx, &n)
	if n.Lost != "" && n.Cause != Abandoned {
		// The audit has not checked it since.
		n.Cause, n.Says, n.Remedy = Abandoned, "its workflow is "+n.Lost+" while the order is "+string(v.Status), "yeyak settle "+v.ID
	}
	n.Unknown = n.Unknown || err != nil
	return n
}

// causeOf is why an order needs attention by its row, "" if it does not.
func causeOf(v contract.View) Cause {
	switch {
	case v.NeedsAttention:
		return Marked
	case v.Status == booking.Cancelling:
		return UndoOwed
	case v.Disputed:
		return Disputed
	default:
		return ""
	}
}

// StockEntry is stock that is or was held for an order.
type StockEntry struct {
	At       time.Time
	ItemID   string
	From, To string // days; to is exclusive
	Quantity int
	State    string // done, refused or undone
	Change   bool   // it changed the hold
	Reason   booking.Reason
}

// StockBook reads the inventory.
type StockBook interface {
	// OfOrder lists the holds of an order and their changes, oldest first.
	OfOrder(ctx context.Context, orderID string) ([]StockEntry, error)
}

func (e StockEntry) moment() Moment {
	what := "hold"
	if e.Change {
		what = "change of hold"
	}
	says := fmt.Sprintf("%d × %s, %s to %s: %s", e.Quantity, e.ItemID, e.From, e.To, e.State)
	return Moment{
		At: e.At, Source: FromStock, What: what, Says: withReason(says, string(e.Reason)), Failed: e.State == string(booking.Refused),
	}
}

func ofEvent(e booking.Event) Moment {
	says := withReason(string(e.Data.Status), string(e.Data.Reason))
	return Moment{At: e.At, Source: FromEvent, What: string(e.Type), Says: says, By: e.Data.By}
}

func ofAction(a booking.OperatorAction) Moment {
	says := strings.Trim(a.Outcome+": "+a.Reason.Shown(booking.ReaderOperator, booking.Note, true), ": ")
	return Moment{At: a.At, Source: FromOperator, What: string(a.Action), Says: says, By: a.By, Pending: a.Outcome == ""}
}

// ofOrder lists the order's statuses and the decisions on it.
func ofOrder(v contract.View, reader booking.Reader) []Moment {
	return each(v.History, func(e contract.Entry) Moment {
		m := Moment{At: e.At, Source: FromOrder, What: string(e.Status), By: e.By, Says: string(e.Reason)}
		if e.Decision != "" {
			m.What, m.Failed, m.Says = e.Decision, e.Refused != "", string(e.Refused)
		}
		if e.Refund != nil {
			m.Amount = *e.Refund
		}
		m.Says = withReason(m.Says, e.Note.Shown(reader, booking.Note, !v.Status.Final()))
		return m
	})
}

// ofPayment lists the charge, further charges and refunds, each when it was decided and, if
// later, when it got its state.
func ofPayment(p booking.Payment, reader booking.Reader, underWay bool) (moments []Moment) {
	moments = append(moments, Moment{
		At: p.At, Source: FromMoney, What: string(booking.ChargeEntry), Says: string(p.Status), Amount: p.Amount,
		Failed: p.Status == booking.Declined,
	})
	for _, f := range p.Further {
		moments = append(moments, Moment{At: f.At, Source: FromMoney, What: "further charge", Says: string(f.Status), Amount: f.Amount, By: f.By})
	}
	for _, e := range p.Entries {
		m := Moment{At: e.At, Source: FromMoney, What: string(e.Kind), Says: string(e.Reason), Amount: e.Amount, By: e.By}
		m.Says = withReason(m.Says, e.Note.Shown(reader, booking.Note, underWay))
		moments = append(moments, m)
		m.At, m.What, m.By = e.Changed, string(e.Kind)+" "+string(e.State), ""
		m.Says, m.Failed, m.Pending = e.Words, e.State == booking.EntryFailed, e.State == booking.EntryPending
		moments = append(moments, m)
	}
	for _, d := range p.Disputes {
		moments = append(moments, Moment{At: d.Changed, Source: FromMoney, What: "dispute " + string(d.State), Says: d.Words(), Amount: d.Amount})
	}
	return moments
}

func withReason(says, reason string) string {
	switch {
	case says == "":
		return reason
	case reason == "":
		return says
	default:
		return says + ": " + reason
	}
}
