package api

import (
	"context"
	"net/http"
	"time"

	"github.com/danielgtaylor/huma/v2"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/orders"
)

func (s *server) registerMonitor() {
	register(s, huma.Operation{
		OperationID: "get-status", Method: http.MethodGet, Path: "/v1/status", Tags: []string{tagOperations},
		Summary: "How everything is",
		Description: "Open orders by kind and status, undos that are owed, the payment provider's breaker and the payments that wait for it, task queues with who " +
			"works on them, what waits in the inbox, how far the read model is behind, and the last audit. Each part is read by itself: what could not be read is " +
			"named in `unknown`. A count of 10000 stands for as many or more.",
		Responses: s.problems(booking.Invalid),
	}, s.getStatus)
	register(s, huma.Operation{
		OperationID: "list-attention", Method: http.MethodGet, Path: "/v1/attention", Tags: []string{tagOperations},
		Summary: "Orders that need attention",
		Description: "Orders that do not go on by themselves as they should, with why in words, what the payment provider has said last, and what each waits for. " +
			"Those whose workflow was lost come first, as the audit has found them; then the others, what was placed last first.",
		Responses: s.problems(booking.Invalid, booking.InvalidCursor, booking.Unavailable),
	}, s.listAttention)
	register(s, huma.Operation{
		OperationID: "get-timeline", Method: http.MethodGet, Path: "/v1/orders/{id}/timeline", Tags: []string{tagOperations},
		Summary: "All that has happened to an order",
		Description: "The runs of its workflow with each step, how often it was tried and its last failure, the payments ledger, stock, statuses and decisions, events, and what operators did, in the " +
			"order of time. Each source is read by itself: one that could not be read is named in `unknown`. What the engine has forgotten is not there.",
		Responses: s.problems(booking.Invalid, booking.NotFound, booking.Unavailable),
	}, s.getTimeline)
}

// queueView is a task queue as the API shows it.
type queueView struct {
	Name    string `json:"name" example:"payments"`
	Workers int    `json:"workers" doc:"How many processes work on it"`
	Backlog int    `json:"backlog" doc:"How many tasks wait, about"`
	Oldest  int    `json:"oldestSeconds" doc:"For how long the first of them has waited"`
}

// waitingView is what waits in one place for another.
type waitingView struct {
	Waiting int       `json:"waiting"`
	Oldest  time.Time `json:"oldest,omitzero" doc:"Since when the oldest has waited"`
}

// statusView is how everything is, as the API shows it.
type statusView struct {
	At        time.Time          `json:"at"`
	Well      bool               `json:"well" doc:"Nothing waits for an operator"`
	Open      []orders.OpenCount `json:"open" nullable:"false" doc:"Orders that have not come to their end"`
	Owed      []orders.Owed      `json:"owed" nullable:"false" doc:"What is owed to orders; kinds to which nothing is are not there"`
	Queues    []queueView        `json:"queues" nullable:"false" doc:"The engine's task queues"`
	Payments  deferredView       `json:"payments"`
	Inbox     waitingView        `json:"inbox" doc:"Orders that were taken and are not started yet"`
	Decisions waitingView        `json:"decisions" doc:"Decisions that could not be delivered to their orders yet"`
	ReadModel lagView            `json:"readModel"`
	Audit     auditSummary       `json:"audit"`
	Degraded  map[string]string  `json:"degraded" nullable:"false" doc:"What does not work, as the answering process sees it"`
	Load      []orders.Load      `json:"load" nullable:"false" doc:"What the answering process has taken on: turns of requests, and connections to databases"`
	Tallies   []orders.Tally     `json:"tallies" nullable:"false" doc:"What the answering process has counted since it began: requests_failed, that ended with 5xx and were not refused on purpose; orders_late, that were answered after more than 2.5 seconds; callers_unknown, requests of which the caller is not known"`
	Failing   []string           `json:"failing" nullable:"false" doc:"Workflows that stand still since their tasks keep failing, 50 at most; most are orders"`
	Unknown   map[string]string  `json:"unknown" nullable:"false" doc:"What could not be read, with why"`
}

type deferredView struct {
	Deferred  int       `json:"deferred" doc:"Payments that wait for the provider"`
	ShutUntil time.Time `json:"shutUntil,omitzero" doc:"Until when the breaker keeps payments from the provider; absent while it is closed"`
}

type lagView struct {
	Looked int `json:"looked" doc:"How many of the orders that were started last were compared with their rows"`
	Behind int `json:"behind" doc:"How many of them have no row, or one that says something else"`
	Oldest int `json:"oldestSeconds" doc:"For how long the one has waited that is longest behind"`
}

type auditSummary struct {
	Done     *auditRunView  `json:"done,omitempty" doc:"The last audit that looked at everything"`
	Last     *auditRunView  `json:"last,omitempty" doc:"The last audit that was asked for"`
	Findings map[string]int `json:"findings" nullable:"false" doc:"How many findings are open, by kind"`
}

type statusAnswer struct{ Body statusView }

func (s *server) getStatus(ctx context.Context, _ *struct{ Strict }) (*statusAnswer, error) {
	o, err := s.Monitor.Overview(ctx, CallerOf(ctx))
	if err != nil {
		return nil, err
	}
	return &statusAnswer{showStatus(o)}, nil
}

func showStatus(o orders.Overview) statusView {
	return statusView{
		At: o.At.UTC(), Well: o.Well(), Open: orEmpty(o.Open), Owed: orEmpty(o.Owed), Queues: each(o.Queues, showQueue),
		Payments:  deferredView{Deferred: o.Deferred, ShutUntil: o.ShutUntil},
		Inbox:     waitingView{o.Inbox.Orders, o.Inbox.Oldest},
		Decisions: waitingView{o.Decisions.Decisions, o.Decisions.Oldest},
		ReadModel: lagView{o.ReadModel.Looked, o.ReadModel.Behind, int(o.ReadModel.Oldest.Seconds())},
		Audit:     auditSummary{Done: showAuditRun(o.Done), Last: showAuditRun(o.Last), Findings: orNone(o.Findings)},
		Degraded:  orNone(o.Degraded), Load: orEmpty(o.Load), Tallies: orEmpty(o.Tallies), Failing: orEmpty(o.Failing), Unknown: orNone(o.Unknown),
	}
}

func showQueue(q orders.QueueState) queueView {
	return queueView{Name: q.Name, Workers: q.Workers, Backlog: q.Backlog, Oldest: int(q.Oldest.Seconds())}
}

// orEmpty and orNone spare clients null, over which loops break.
func orEmpty[T any](items []T) []T {
	if items == nil {
		return []T{}
	}
	return items
}

func orNone[V any](of map[string]V) map[string]V {
	if of == nil {
		return map[string]V{}
	}
	return of
}

// attentionSelection selects orders that need attention.
type attentionSelection struct {
	Strict
	Kind  booking.Kind `query:"kind" enum:"lodging,food,cafe,cleaning" doc:"Only orders of this kind"`
	Cause orders.Cause `query:"cause" enum:"abandoned,marked,undo_owed,disputed" doc:"Only orders that need attention for this; of several causes the first one counts"`
	Paging
}

// stepView is a step that an order waits for.
type stepView struct {
	Step    string    `json:"step" doc:"The type of its activity" example:"RefundPayment"`
	Attempt int       `json:"attempt" doc:"The one that is under way, or comes next"`
	Failure string    `json:"failure,omitempty" doc:"What the last attempt has met"`
	At      time.Time `json:"at,omitzero" doc:"When that was"`
	Next    time.Time `json:"next,omitzero" doc:"When it is tried again; absent while it is under way"`
}

// needView is an order that needs attention, as the API shows it.
type needView struct {
	OrderID  string         `json:"orderId" example:"lodging-06gzvfahhdv2qeq77vmrpjqcg8"`
	Kind     booking.Kind   `json:"kind,omitempty"`
	Status   booking.Status `json:"status,omitempty" doc:"Where it stands"`
	Cause    orders.Cause   `json:"cause,omitempty" doc:"abandoned: its workflow was lost; marked: its saga says so; undo_owed: it is being undone; disputed: a dispute of its payment is open"`
	Says     string         `json:"says,omitempty" doc:"Why, in words" example:"to refund payment keeps failing"`
	Since    time.Time      `json:"since,omitzero" doc:"Since when"`
	Provider string         `json:"providerSays,omitempty" doc:"What the payment provider has said last of what is owed"`
	Waits    []stepView     `json:"waits" nullable:"false" doc:"The steps that it waits for"`
	Lost     string         `json:"lost,omitempty" enum:"terminated,failed,timed_out,canceled" doc:"How its workflow has ended although the order has not"`
	Remedy   string         `json:"remedy,omitempty" doc:"What to type, where the audit knows it"`
	Unknown  bool           `json:"unknown,omitempty" doc:"The engine or the ledger could not be asked about it"`
}

func showNeed(n orders.InNeed) needView {
	return needView{
		OrderID: n.Order.ID, Kind: n.Order.Kind, Status: n.Order.Status,
		Cause: n.Cause, Says: n.Says, Since: n.Since.UTC(), Provider: n.Answer, Waits: each(n.Waits, showWaiting), Lost: n.Lost,
		Remedy: n.Remedy, Unknown: n.Unknown,
	}
}

func showWaiting(w orders.Waiting) stepView {
	return stepView{Step: w.Step, Attempt: w.Attempt, Failure: w.Failure, At: w.At, Next: w.Next}
}

func (s *server) listAttention(ctx context.Context, in *attentionSelection) (*list[needView], error) {
	found, next, err := s.Monitor.Attention(ctx, CallerOf(ctx), orders.NeedFilter{Kind: in.Kind, Cause: in.Cause}, in.page())
	if err != nil {
		return nil, err
	}
	return &list[needView]{partOf(each(found, showNeed), next)}, nil
}

// momentView is a line of a timeline as the API shows it.
type momentView struct {
	At      time.Time      `json:"at"`
	Source  orders.Source  `json:"source" enum:"run,step,money,stock,order,event,operator" doc:"Where it is written: a run of the workflow, a step, the payments ledger, the inventory, the order's history, the event feed, the log of operators' actions"`
	What    string         `json:"what" doc:"What happened, by its name there" example:"RefundPayment"`
	Says    string         `json:"says,omitempty" doc:"More about it in words: a failure, a result, a reason"`
	By      string         `json:"by,omitempty" doc:"The number of the one who decided it"`
	Amount  *booking.Money `json:"amount,omitempty"`
	Attempt int            `json:"attempt,omitempty" doc:"Of a step that has failed: which attempt that was"`
	Failed  bool           `json:"failed,omitempty" doc:"It did not do what it was to do"`
	Pending bool           `json:"pending,omitempty" doc:"It was begun, or is under way"`
	RunID   string         `json:"runId,omitempty" doc:"The run of the workflow"`
}

func showMoment(m orders.Moment) momentView {
	shown := momentView{
		At: m.At.UTC(), Source: m.Source, What: m.What, Says: m.Says, By: m.By, Attempt: m.Attempt, Failed: m.Failed, Pending: m.Pending,
		RunID: m.Run,
	}
	if m.Amount.Currency != "" {
		shown.Amount = &m.Amount
	}
	return shown
}

type runView struct {
	ID    string    `json:"id"`
	State string    `json:"state" enum:"running,completed,terminated,failed,timed_out,canceled" doc:"Whether it runs, or how it has ended"`
	Began time.Time `json:"began"`
	Link  string    `json:"link,omitempty" doc:"Where the engine's web UI shows it"`
}

func showRun(r orders.Run) runView { return runView{r.ID, r.Ended, r.Began.UTC(), r.Link} }

// timelineView is all that has happened to an order.
type timelineView struct {
	OrderID string       `json:"orderId"`
	Need    *needView    `json:"attention,omitempty" doc:"Why it needs attention; absent where it does not"`
	Runs    []runView    `json:"runs" nullable:"false" doc:"The runs of its workflow, oldest first"`
	Items   []momentView `json:"items" nullable:"false" doc:"Oldest first"`
	// Unknown are sources.
	Unknown map[orders.Source]string `json:"unknown" nullable:"false" doc:"Sources that could not be read, with why"`
	Cut     bool                     `json:"cut,omitempty" doc:"The engine remembers more than is shown"`
}

type timelineAnswer struct{ Body timelineView }

func (s *server) getTimeline(ctx context.Context, in *struct {
	Strict
	ID string `path:"id" doc:"Id of the order" example:"lodging-06gzvfahhdv2qeq77vmrpjqcg8"`
}) (*timelineAnswer, error) {
	t, err := s.Monitor.Timeline(ctx, CallerOf(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	return &timelineAnswer{showTimeline(t)}, nil
}

func showTimeline(t orders.Timeline) timelineView {
	shown := timelineView{
		OrderID: t.Order.ID, Runs: each(t.Runs, showRun), Items: each(t.Moments, showMoment), Unknown: t.Unknown, Cut: t.Cut,
	}
	if t.Need.Cause != "" {
		need := showNeed(t.Need)
		shown.Need = &need
	}
	return shown
}

// JSON is what the API answers of what operators see, for commands that write the same: an
// orders.Overview, InNeed or Timeline.
func JSON(of any) any {
	switch of := of.(type) {
	case orders.Overview:
		return showStatus(of)
	case orders.InNeed:
		return showNeed(of)
	case orders.Timeline:
		return showTimeline(of)
	default:
		return of
	}
}
