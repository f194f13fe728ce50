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
		Summary: "Show the state of everything",
		Description: "Open orders by kind and status, undos that are owed, the payment provider's breaker and the payments that " +
			"wait for it, task queues and their workers, the inbox, how far the read model is behind, and the last audit. Each " +
			"part is read separately: a part that could not be read is named in `unknown`. A count of 10000 means 10000 or more.",
		Responses: s.problems(booking.Invalid),
	}, s.getStatus)
	register(s, huma.Operation{
		OperationID: "list-attention", Method: http.MethodGet, Path: "/v1/attention", Tags: []string{tagOperations},
		Summary: "List the orders that need attention",
		Description: "Orders that cannot go on without help, with the cause in words, the payment provider's last message, and " +
			"what each waits for. Orders whose workflow was lost come first, as the audit has found them; then the others, " +
			"newest first.",
		Responses: s.problems(booking.Invalid, booking.InvalidCursor, booking.Unavailable),
	}, s.listAttention)
	register(s, huma.Operation{
		OperationID: "get-timeline", Method: http.MethodGet, Path: "/v1/orders/{id}/timeline", Tags: []string{tagOperations},
		Summary: "Show everything that has happened to an order",
		Description: "The runs of its workflow with each step, how often it was tried and its last failure, the payments " +
			"ledger, stock, statuses and decisions, events, and operators' actions, oldest first. Each source is read " +
			"separately: a source that could not be read is named in `unknown`. History that the engine has deleted is missing.",
		Responses: s.problems(booking.Invalid, booking.NotFound, booking.Unavailable),
	}, s.getTimeline)
}

// queueView is a task queue as the API shows it.
type queueView struct {
	Name    string `json:"name" example:"payments"`
	Workers int    `json:"workers" doc:"The number of processes that work on it"`
	Backlog int    `json:"backlog" doc:"The approximate number of tasks that wait"`
	Oldest  int    `json:"oldestSeconds" doc:"How long the oldest of them has waited"`
}

// waitingView is a number of things that wait, and where.
type waitingView struct {
	Waiting int       `json:"waiting"`
	Oldest  time.Time `json:"oldest,omitzero" doc:"Since when the oldest waits"`
}

// statusView is the state of the whole platform, as the API shows it.
type statusView struct {
	At        time.Time          `json:"at"`
	Well      bool               `json:"well" doc:"Nothing needs an operator"`
	Open      []orders.OpenCount `json:"open" nullable:"false" doc:"Orders that have not ended"`
	Owed      []orders.Owed      `json:"owed" nullable:"false" doc:"Owed undos by kind; a kind without any is absent"`
	Queues    []queueView        `json:"queues" nullable:"false" doc:"The engine's task queues"`
	Payments  deferredView       `json:"payments"`
	Inbox     waitingView        `json:"inbox" doc:"Orders that were accepted and are not started yet"`
	Decisions waitingView        `json:"decisions" doc:"Decisions that could not be delivered to their orders yet"`
	ReadModel lagView            `json:"readModel"`
	Audit     auditSummary       `json:"audit"`
	Degraded  map[string]string  `json:"degraded" nullable:"false" doc:"Parts that do not work for the process that answers"`
	Load      []orders.Load      `json:"load" nullable:"false" doc:"The load of the process that answers: turns of requests, and connections to databases"`
	Tallies   []orders.Tally     `json:"tallies" nullable:"false" doc:"What the answering process has counted since it began: requests_failed, that ended with 5xx and were not refused on purpose; orders_late, that were answered after more than 2.5 seconds; callers_unknown, requests of which the caller is not known"`
	Failing   []string           `json:"failing" nullable:"false" doc:"Workflows whose tasks keep failing, at most 50; most are orders"`
	Unknown   map[string]string  `json:"unknown" nullable:"false" doc:"Parts that could not be read, with the reason"`
}

type deferredView struct {
	Deferred  int       `json:"deferred" doc:"Payments that wait for the provider"`
	ShutUntil time.Time `json:"shutUntil,omitzero" doc:"Until when the breaker is open; absent while it is closed"`
}

type lagView struct {
	Compared int `json:"looked" doc:"How many of the newest orders were compared with their rows"`
	Behind   int `json:"behind" doc:"How many of them have no row, or a row that differs"`
	Oldest   int `json:"oldestSeconds" doc:"How long the order waits whose row is behind longest"`
}

type auditSummary struct {
	Done     *auditRunView  `json:"done,omitempty" doc:"The last audit that could read everything"`
	Last     *auditRunView  `json:"last,omitempty" doc:"The audit that was requested last"`
	Findings map[string]int `json:"findings" nullable:"false" doc:"The number of open findings by kind"`
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
		At: o.At.UTC(), Well: o.IsHealthy(), Open: orEmpty(o.Open), Owed: orEmpty(o.Owed), Queues: each(o.Queues, showQueue),
		Payments:  deferredView{Deferred: o.Deferred, ShutUntil: o.ShutUntil},
		Inbox:     waitingView{o.Inbox.Orders, o.Inbox.Oldest},
		Decisions: waitingView{o.Decisions.Decisions, o.Decisions.Oldest},
		ReadModel: lagView{o.ReadModel.Compared, o.ReadModel.Behind, int(o.ReadModel.Oldest.Seconds())},
		Audit:     auditSummary{Done: showAuditRun(o.Done), Last: showAuditRun(o.Last), Findings: orNone(o.Findings)},
		Degraded:  orNone(o.Degraded), Load: orEmpty(o.Load), Tallies: orEmpty(o.Tallies), Failing: orEmpty(o.Failing), Unknown: orNone(o.Unknown),
	}
}

func showQueue(q orders.QueueState) queueView {
	return queueView{Name: q.Name, Workers: q.Workers, Backlog: q.Backlog, Oldest: int(q.Oldest.Seconds())}
}

// orEmpty and orNone replace null, which breaks clients that loop over it.
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
	Cause orders.Cause `query:"cause" enum:"abandoned,marked,undo_owed,disputed" doc:"Only orders that need attention for this cause; of several causes the first one counts"`
	Paging
}

// stepView is a step that an order waits for.
type stepView struct {
	Step    string    `json:"step" doc:"The type of its activity" example:"RefundPayment"`
	Attempt int       `json:"attempt" doc:"The attempt that is under way, or comes next"`
	Failure string    `json:"failure,omitempty" doc:"The last failure"`
	At      time.Time `json:"at,omitzero" doc:"When the last attempt failed"`
	Next    time.Time `json:"next,omitzero" doc:"When the next attempt begins; absent while one is under way"`
}

// needView is an order that needs attention, as the API shows it.
type needView struct {
	OrderID  string         `json:"orderId" example:"lodging-06gzvfahhdv2qeq77vmrpjqcg8"`
	Kind     booking.Kind   `json:"kind,omitempty"`
	Status   booking.Status `json:"status,omitempty" doc:"The order's status"`
	Cause    orders.Cause   `json:"cause,omitempty" doc:"abandoned: its workflow was lost; marked: its saga needs help; undo_owed: it is being undone; disputed: a dispute of its payment is open"`
	Says     string         `json:"says,omitempty" doc:"The cause in words" example:"to refund payment keeps failing"`
	Since    time.Time      `json:"since,omitzero" doc:"Since when it needs attention"`
	Provider string         `json:"providerSays,omitempty" doc:"The payment provider's last message about what is owed"`
	Waits    []stepView     `json:"waits" nullable:"false" doc:"The steps that it waits for"`
	Lost     string         `json:"lost,omitempty" enum:"terminated,failed,timed_out,canceled" doc:"How its workflow has ended, although the order has not"`
	Remedy   string         `json:"remedy,omitempty" doc:"What to type, if the audit knows it"`
	Unknown  bool           `json:"unknown,omitempty" doc:"The engine or the ledger did not answer"`
}

func showNeed(n orders.NeedingAttention) needView {
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
	found, next, err := s.Monitor.Attention(ctx, CallerOf(ctx), orders.AttentionFilter{Kind: in.Kind, Cause: in.Cause}, in.page())
	if err != nil {
		return nil, err
	}
	return &list[needView]{partOf(each(found, showNeed), next)}, nil
}

// momentView is a line of a timeline as the API shows it.
type momentView struct {
	At      time.Time      `json:"at"`
	Source  orders.Source  `json:"source" enum:"run,step,money,stock,order,event,operator" doc:"Source: a run of the workflow, a step, the payments ledger, the inventory, the order's history, the event feed, the log of operators' actions"`
	What    string         `json:"what" doc:"What happened, by its name in the source" example:"RefundPayment"`
	Says    string         `json:"says,omitempty" doc:"Details in words: a failure, a result, a reason"`
	By      string         `json:"by,omitempty" doc:"The number of the caller who decided it"`
	Amount  *booking.Money `json:"amount,omitempty"`
	Attempt int            `json:"attempt,omitempty" doc:"For a step that has failed: the number of the attempt"`
	Failed  bool           `json:"failed,omitempty" doc:"Whether it failed"`
	Pending bool           `json:"pending,omitempty" doc:"Whether it has begun and not ended"`
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
	Link  string    `json:"link,omitempty" doc:"Its address in the engine's web UI"`
}

func showRun(r orders.Run) runView { return runView{r.ID, r.Ended, r.Began.UTC(), r.Link} }

// timelineView is the whole history of an order.
type timelineView struct {
	OrderID string       `json:"orderId"`
	Need    *needView    `json:"attention,omitempty" doc:"Why the order needs attention; absent if it does not"`
	Runs    []runView    `json:"runs" nullable:"false" doc:"The runs of its workflow, oldest first"`
	Items   []momentView `json:"items" nullable:"false" doc:"Oldest first"`
	// Unknown are sources.
	Unknown map[orders.Source]string `json:"unknown" nullable:"false" doc:"Sources that could not be read, with the reason"`
	Cut     bool                     `json:"cut,omitempty" doc:"Whether the engine has more than is shown"`
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
	if t.Attention.Cause != "" {
		need := showNeed(t.Attention)
		shown.Need = &need
	}
	return shown
}

// JSON returns an orders.Overview, NeedingAttention or Timeline as the API answers it, for
// commands that print the same.
func JSON(of any) any {
	switch of := of.(type) {
	case orders.Overview:
		return showStatus(of)
	case orders.NeedingAttention:
		return showNeed(of)
	case orders.Timeline:
		return showTimeline(of)
	default:
		return of
	}
}
