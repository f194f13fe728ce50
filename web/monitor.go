package web

import (
	"context"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/orders"
)

// Monitor is what operators see: see internal/orders.
type Monitor interface {
	Overview(context.Context, booking.Caller) (orders.Overview, error)
	Attention(context.Context, booking.Caller, orders.AttentionFilter, booking.Page) ([]orders.NeedingAttention, string, error)
	Timeline(ctx context.Context, caller booking.Caller, orderID string) (orders.Timeline, error)
}

const attentionPath = operatorPath + "/attention"

func (p *Pages) mountMonitor(r gin.IRouter) {
	p.page(r, http.MethodGet, operatorPath, booking.Monitor, p.showOverview)
	p.page(r, http.MethodGet, attentionPath, booking.Monitor, p.showAttention)
	p.page(r, http.MethodGet, operatorPath+"/orders/:id", booking.Monitor, p.showTimeline)
}

// panel is a part of the overview. Alerts link to it by its id.
type panel struct {
	id, title string
	facts     []fact
	problem   bool
	links     []link
}

type link struct{ path, text string }

// overview is the state of the system as the page shows it.
type overview struct {
	well   bool
	at     string
	panels []panel
	needs  []needShown
	unread bool // the orders that need attention could not be read
	log    bool // its reader may read the log of actions
}

// needsAtFirst is how many orders that need attention the overview shows.
const needsAtFirst = 5

func (p *Pages) showOverview(v *visit) error {
	is, err := p.Monitor.Overview(v.ctx, v.caller)
	if err != nil {
		return err
	}
	shown := overview{well: is.IsHealthy(), at: v.say("operator.at", v.moment(is.At, defaultZone))}
	shown.panels = []panel{
		v.services(is), v.openOrders(is), v.owedPanel(is), v.paymentsPanel(is), v.waitsPanel(is), v.queuesPanel(is), v.rowsPanel(is),
		v.workflowsPanel(is), v.answersPanel(is), v.loadPanel(is), v.auditPanel(is),
	}
	found, _, err := p.Monitor.Attention(v.ctx, v.caller, orders.AttentionFilter{}, booking.Page{Limit: needsAtFirst})
	if err != nil {
		_ = v.disclose(err) // the services panel shows it
	}
	shown.needs, shown.unread = v.needs(found), err != nil
	shown.log = v.caller.Allowed(booking.ReadActions, booking.Thing{})
	return v.show(http.StatusOK, overviewPage(v.page(v.say("operator.title"), "nav.operator"), shown))
}

// orderCount is a number of orders, "or more" at booking.CountedTo, where counting stops.
func (v *visit) orderCount(n int) string {
	if n >= booking.CountedTo {
		return v.say("see.more", n)
	}
	return v.say("see.count", n)
}

// services are the parts that do not work, and those that could not be read.
func (v *visit) services(is orders.Overview) panel {
	all := panel{id: "services", title: v.say("see.services")}
	for _, name := range slices.Sorted(maps.Keys(is.Degraded)) {
		all.facts, all.problem = append(all.facts, fact{name: name, value: is.Degraded[name], english: true}), true
	}
	for _, name := range slices.Sorted(maps.Keys(is.Unknown)) {
		all.facts, all.problem = append(all.facts, fact{name: name, value: v.say("see.unread") + ":", says: is.Unknown[name]}), true
	}
	if !all.problem {
		all.facts = []fact{{name: "✓", value: v.say("see.answers")}}
	}
	return all
}

func (v *visit) openOrders(is orders.Overview) panel {
	open := panel{id: "orders", title: v.say("see.orders")}
	for _, c := range is.Open {
		name := v.say(kindKey(c.Kind)) + " · " + c.Status.Label(c.Kind, v.language)
		open.facts = append(open.facts, fact{name: name, value: v.orderCount(c.Orders)})
	}
	if len(open.facts) == 0 {
		open.facts = []fact{{name: v.say("see.orders"), value: v.say("see.none")}}
	}
	return open
}

// owedPanel are the orders that need attention, and the undos that are not done.
func (v *visit) owedPanel(is orders.Overview) panel {
	needing, undos, since := is.NeedingAttention()
	owed := panel{id: "undos", title: v.say("see.inneed"), problem: needing > 0, links: []link{{attentionPath, v.say("need.all")}}}
	owed.facts = []fact{
		{name: v.say("see.inneed"), value: v.say("see.count", needing)}, {name: v.say("see.undos"), value: v.say("see.count", undos)},
	}
	if !since.IsZero() {
		owed.facts = append(owed.facts, fact{name: v.say("see.since"), value: v.moment(since, defaultZone)})
	}
	return owed
}

func (v *visit) paymentsPanel(is orders.Overview) panel {
	state := v.say("see.closed")
	if !is.ShutUntil.IsZero() {
		state = v.say("see.shut", v.moment(is.ShutUntil, defaultZone))
	}
	return panel{id: "payments", title: v.say("see.payments"), problem: !is.ShutUntil.IsZero(), facts: []fact{
		{name: v.say("see.breaker"), value: state}, {name: v.say("see.deferred"), value: v.say("see.count", is.Deferred)},
	}}
}

func (v *visit) waitsPanel(is orders.Overview) panel {
	waits := panel{id: "inbox", title: v.say("see.waits"), problem: is.WaitsLong()}
	for _, w := range []struct {
		key    string
		n      int
		oldest time.Time
	}{{"see.inbox", is.Inbox.Orders, is.Inbox.Oldest}, {"see.decisions", is.Decisions.Decisions, is.Decisions.Oldest}} {
		waits.facts = append(waits.facts, fact{name: v.say(w.key), value: v.say("see.count", w.n)})
		if !w.oldest.IsZero() {
			waits.facts = append(waits.facts, fact{name: v.say("see.since"), value: v.moment(w.oldest, defaultZone)})
		}
	}
	return waits
}

func (v *visit) queuesPanel(is orders.Overview) panel {
	queues := panel{id: "queues", title: v.say("see.queues"), problem: len(is.Unattended()) > 0}
	for _, q := range is.Queues {
		says := v.say("see.queue", q.Workers, q.Backlog)
		if q.Workers == 0 {
			says = v.say("see.unattended", q.Backlog)
		}
		queues.facts = append(queues.facts, fact{name: q.Name, value: says})
	}
	return queues
}

func (v *visit) rowsPanel(is orders.Overview) panel {
	rows := panel{id: "read-model", title: v.say("see.readmodel"), problem: is.ReadModelLate()}
	rows.facts = []fact{
		{name: v.say("see.looked"), value: v.say("see.count", is.ReadModel.Compared)},
		{name: v.say("see.behind"), value: v.say("see.count", is.ReadModel.Behind)},
	}
	if is.ReadModel.Behind > 0 {
		rows.facts = append(rows.facts, fact{name: v.say("see.lag"), value: is.ReadModel.Oldest.Round(time.Second).String()})
	}
	return rows
}

// workflowsPanel lists workflows whose tasks keep failing. Those of orders are linked.
func (v *visit) workflowsPanel(is orders.Overview) panel {
	shown := panel{id: "workflows", title: v.say("see.workflows"), problem: len(is.Failing) > 0}
	shown.facts = []fact{{name: v.say("see.failing"), value: v.say("see.count", len(is.Failing))}}
	for _, id := range is.Failing {
		if booking.IsOrderID("", id) {
			shown.links = append(shown.links, link{operatorOrder(id), id})
		} else {
			shown.facts = append(shown.facts, fact{name: "·", value: id})
		}
	}
	return shown
}

// answersPanel shows the counts of the answering process's answers.
func (v *visit) answersPanel(is orders.Overview) panel {
	answers := panel{id: "answers", title: v.say("see.answered")}
	for _, t := range is.Tallies {
		answers.facts = append(answers.facts, fact{name: v.say(tallyWords[t.Name]), value: v.say("see.of", t.Count, t.Of)})
	}
	return answers
}

var tallyWords = map[string]string{
	orders.TallyFailed: "see.requests_failed", orders.TallyLate: "see.orders_late", orders.TallyUnknown: "see.callers_unknown",
}

// loadPanel is the load of the answering process.
func (v *visit) loadPanel(is orders.Overview) panel {
	load := panel{id: "load", title: v.say("see.load")}
	for _, l := range is.Load {
		load.facts = append(load.facts, fact{name: l.Name, value: v.say("see.use", l.Busy, l.Of, l.Waiting)})
		load.problem = load.problem || l.Waiting > 0
	}
	return load
}

func (v *visit) auditPanel(is orders.Overview) panel {
	audit := panel{id: "audit", title: v.say("see.audit"), problem: is.AuditHasProblem(), links: []link{{auditPath, v.say("see.toaudit")}}}
	audit.facts = append(v.auditFacts(is.Done, is.Last), fact{name: v.say("see.found"), value: v.say("see.count", is.Found())})
	return audit
}

// needShown is an order that needs attention, as pages show it.
type needShown struct {
	orders.NeedingAttention
	title string
	badge badge
	cause string
	facts []fact
}

func (v *visit) needs(found []orders.NeedingAttention) (shown []needShown) {
	for _, n := range found {
		shown = append(shown, v.need(n))
	}
	return shown
}

// need is why an order needs attention. The words of the saga, the audit and the provider
// are in English in each language, as in commands and logs.
func (v *visit) need(n orders.NeedingAttention) needShown {
	shown := needShown{NeedingAttention: n, title: n.Order.ID, cause: v.say(causeWords[n.Cause])}
	if n.Order.Item.Name != "" {
		shown.title, shown.badge = v.what(n.Order), v.badgeOf(n.Order)
	}
	if n.Lost != "" {
		shown.cause = v.say(lostWords[n.Lost])
	}
	add := func(key, value string, english bool) {
		if value != "" {
			shown.facts = append(shown.facts, fact{name: v.say(key), value: value, english: english})
		}
	}
	add("need.why", n.Says, true)
	add("need.says", n.Answer, true)
	if !n.Since.IsZero() {
		add("need.since", v.moment(n.Since, defaultZone), false)
	}
	for _, w := range n.Waits {
		words := w.Step
		if w.Failure != "" && w.Failure != n.Answer && !strings.Contains(n.Says, w.Failure) {
			words = v.say("need.attempt", w.Step, w.Last(), w.Failure)
		}
		add("need.waits", words, true)
		if !w.Next.IsZero() {
			add("need.next", v.moment(w.Next, defaultZone), false)
		}
	}
	add("need.remedy", n.Remedy, true)
	if n.Unknown {
		shown.facts = append(shown.facts, fact{name: "?", value: v.say("need.unknown")})
	}
	return shown
}

var causeWords = map[orders.Cause]string{
	"": "need.any", orders.Abandoned: "cause.abandoned", orders.Marked: "cause.marked", orders.UndoOwed: "cause.undo_owed",
	orders.Disputed: "cause.disputed",
}

var lostWords = map[string]string{
	"terminated": "lost.terminated", "failed": "lost.failed", "timed_out": "lost.timed_out", "canceled": "lost.canceled",
}

// attention is the list of orders that need attention.
type attention struct {
	causes, kinds []tab
	needs         []needShown
	first, next   string
	bulk          string // the address of a bulk action on all of them
	later         bool
}

// tab is one of several filters.
type tab struct {
	path, text string
	here       bool
}

func (p *Pages) showAttention(v *visit) error {
	f := orders.AttentionFilter{Kind: booking.Kind(v.c.Query("kind")), Cause: orders.Cause(v.c.Query("cause"))}
	if !slices.Contains(booking.Kinds(), f.Kind) {
		f.Kind = ""
	}
	if !slices.Contains(orders.Causes(), f.Cause) {
		f.Cause = ""
	}
	cursor := v.c.Query("cursor")
	found, next, err := p.Monitor.Attention(v.ctx, v.caller, f, booking.Page{Cursor: cursor, Limit: linesAtOnce})
	if err != nil {
		return err
	}
	is := attention{needs: v.needs(found), first: attentionAt(f, ""), bulk: inBulk(f), later: cursor != ""}
	if next != "" {
		is.next = attentionAt(f, next)
	}
	for _, cause := range append([]orders.Cause{""}, orders.Causes()...) {
		path := attentionAt(orders.AttentionFilter{Kind: f.Kind, Cause: cause}, "")
		is.causes = append(is.causes, tab{path, v.say(causeWords[cause]), cause == f.Cause})
	}
	for _, kind := range append([]booking.Kind{""}, booking.Kinds()...) {
		text := v.say("need.any")
		if kind != "" {
			text = v.say(kindKey(kind))
		}
		is.kinds = append(is.kinds, tab{attentionAt(orders.AttentionFilter{Kind: kind, Cause: f.Cause}, ""), text, kind == f.Kind})
	}
	return v.show(http.StatusOK, attentionPage(v.page(v.say("need.title"), "nav.operator"), is))
}

func attentionAt(f orders.AttentionFilter, cursor string) string {
	query := url.Values{}
	for name, value := range map[string]string{"kind": string(f.Kind), "cause": string(f.Cause), "cursor": cursor} {
		if value != "" {
			query.Set(name, value)
		}
	}
	if len(query) == 0 {
		return attentionPath
	}
	return attentionPath + "?" + query.Encode()
}
