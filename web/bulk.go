package web

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/orders"
)

// Bulk reads bulk actions. Its methods return NotFound if there is none with that id.
type Bulk interface {
	Run(ctx context.Context, id string) (booking.BulkRun, error)
	// Orders lists the orders of a dry run; left selects those on which it was not done.
	// Returns InvalidCursor as for places, and so does Runs.
	Orders(ctx context.Context, id string, left bool, page booking.Page) ([]booking.BulkOrder, string, error)
	Runs(ctx context.Context, page booking.Page) ([]booking.BulkRun, string, error)
}

const bulkPath = operatorPath + "/bulk"

func (p *Pages) mountBulk(r gin.IRouter) {
	p.page(r, http.MethodGet, bulkPath, booking.ActInBulk, func(v *visit) error { return v.bulkPage(http.StatusOK, v.newBulkForm()) })
	p.page(r, http.MethodPost, bulkPath, booking.ActInBulk, p.planBulk)
	p.page(r, http.MethodGet, bulkPath+"/:id", booking.ActInBulk, p.showBulk)
	p.page(r, http.MethodGet, bulkPath+"/:id/part", booking.ActInBulk, p.showBulkPart)
	r.GET(bulkPath+"/:id/live", p.followBulk)
	p.page(r, http.MethodPost, bulkPath+"/:id/run", booking.ActInBulk, p.runBulk)
	p.page(r, http.MethodPost, bulkPath+"/:id/stop", booking.ActInBulk, p.stopBulk)
}

// choice is a value of a select field, with its word.
type choice struct {
	value, word string
	chosen      bool
}

// bulkForm is the form of a dry run.
type bulkForm struct {
	*ordering
	actions, kinds, statuses, problems []choice
	runs                               []bulkLine
	later                              bool
	next                               string
}

// bulkLine is a bulk action in a list.
type bulkLine struct{ path, what, state, when string }

func (v *visit) newBulkForm() *bulkForm {
	f := &bulkForm{ordering: v.newOrdering("action", "kind", "status", "trouble", "owner", "item", "hours", "reason")}
	f.action = bulkPath
	choose := func(all []choice, name string) []choice {
		for n := range all {
			all[n].chosen = all[n].value == f.fields[name]
		}
		return all
	}
	anything := choice{word: v.say("bulk.any")}
	var actions []choice
	f.kinds, f.statuses, f.problems = []choice{anything}, []choice{anything}, []choice{anything}
	for _, a := range booking.BulkActions() {
		actions = append(actions, choice{value: string(a), word: v.say("act." + string(a))})
	}
	for _, k := range booking.Kinds() {
		f.kinds = append(f.kinds, choice{value: string(k), word: v.say(kindKey(k))})
	}
	for _, s := range booking.Statuses() {
		if !s.Final() {
			f.statuses = append(f.statuses, choice{value: string(s), word: v.statusOf(s, "")})
		}
	}
	for _, t := range booking.Problems() {
		f.problems = append(f.problems, choice{value: string(t), word: v.say("bulk.trouble." + string(t))})
	}
	f.actions, f.kinds = choose(actions, "action"), choose(f.kinds, "kind")
	f.statuses, f.problems = choose(f.statuses, "status"), choose(f.problems, "trouble")
	return f
}

// bulkPage shows the form of a dry run, and the earlier bulk actions.
func (v *visit) bulkPage(status int, f *bulkForm) error {
	cursor := v.c.Query("cursor")
	runs, next, err := v.Bulk.Runs(v.ctx, booking.Page{Cursor: cursor, Limit: linesAtOnce})
	if err != nil {
		return err
	}
	f.later = cursor != ""
	if next != "" {
		f.next = bulkPath + "?cursor=" + queryOf(next)
	}
	for _, r := range runs {
		f.runs = append(f.runs, bulkLine{
			path: bulkPath + "/" + r.ID, what: v.say("act."+string(r.Action)) + " · " + v.say("bulk.count", r.Orders),
			state: v.say("bulk.state." + string(r.State)), when: v.moment(r.PlannedAt, defaultZone),
		})
	}
	return v.show(status, bulkPlanPage(v.page(v.say("bulk.title"), "nav.operator"), f))
}

// statusOf is the label of a status for orders of the kind or, without a kind, for the
// first kind that has the status.
func (w words) statusOf(s booking.Status, kind booking.Kind) string {
	for _, k := range append([]booking.Kind{kind}, booking.Kinds()...) {
		if label := s.Label(k, w.language); label != "" {
			return label
		}
	}
	return string(s)
}

// longestWait is the maximum of hours in a filter: a year.
const longestWait = 24 * 366

// planBulk makes a dry run and shows it.
func (p *Pages) planBulk(v *visit) error {
	f := v.newBulkForm()
	reason := v.text(f.ordering, "reason", longestReason)
	filter := booking.BulkFilter{
		Kind: booking.Kind(f.fields["kind"]), Status: booking.Status(f.fields["status"]), Problem: booking.Problem(f.fields["trouble"]),
		OwnerID: f.fields["owner"], ItemID: f.fields["item"],
	}
	if text := f.fields["hours"]; text != "" {
		hours, err := strconv.Atoi(text)
		if err != nil || hours < 0 || hours > longestWait {
			f.faults["hours"] = v.say("bulk.fault.hours")
		} else {
			filter.PlacedBefore = v.Now().Add(-time.Duration(hours) * time.Hour).UTC().Truncate(time.Second)
		}
	}
	if len(f.faults) > 0 {
		return v.bulkPage(http.StatusUnprocessableEntity, f)
	}
	run, err := v.Orders.PlanBulk(v.ctx, v.caller, booking.Action(f.fields["action"]), filter, reason)
	if err != nil {
		refusal := v.disclose(err)
		why := v.problem(refusal)
		for _, fault := range refusal.Faults {
			why.text = v.say("bulk.fault." + faultOfBulk(fault.Field))
		}
		f.problem = &why
		return v.bulkPage(statusOf(refusal.Code), f)
	}
	return v.goTo(bulkPath + "/" + run.ID)
}

// faultOfBulk is the entry for a fault in a field of a dry run.
func faultOfBulk(field string) string {
	switch field {
	case "filter":
		return "filter"
	case "filter.trouble":
		return "lost"
	default:
		return "other"
	}
}

// bulkShown is a bulk action as its page shows it.
type bulkShown struct {
	booking.BulkRun
	does    string
	facts   []fact
	results []fact
	orders  []bulkOrderLine
	left    bool   // the list is of orders on which it was not done
	next    string // the address of the next part of the list
}

// version grows with each order that is done, and at the end.
func (b bulkShown) version() int {
	n := b.Acted()
	if b.State == booking.BulkDone || b.State == booking.BulkStopped {
		n++
	}
	return n
}

type bulkOrderLine struct{ path, id, status, outcome string }

// shownOfBulk is how many orders of a bulk action a page lists.
const shownOfBulk = 20

func (v *visit) bulkShown() (bulkShown, error) {
	id := v.c.Param("id")
	run, err := v.Bulk.Run(v.ctx, id)
	if err != nil {
		return bulkShown{}, err
	}
	b := bulkShown{BulkRun: run, does: v.say("act." + string(run.Action)), left: run.State != booking.BulkPlanned}
	b.facts = v.bulkFacts(run)
	for _, result := range booking.BulkResults() {
		if n := run.Results[result]; n > 0 || result == booking.BulkDid {
			b.results = append(b.results, fact{name: v.say("bulk.result." + string(result)), value: v.say("bulk.count", n)})
		}
	}
	named, next, err := v.Bulk.Orders(v.ctx, id, b.left, booking.Page{Cursor: v.c.Query("cursor"), Limit: shownOfBulk})
	if err != nil {
		return b, err
	}
	if next != "" {
		b.next = bulkPath + "/" + id + "?cursor=" + queryOf(next)
	}
	for _, o := range named {
		line := bulkOrderLine{path: operatorOrder(o.OrderID), id: o.OrderID, status: o.Status.Label(booking.KindOf(o.OrderID), v.language), outcome: o.Outcome}
		if key := "problem." + o.Outcome; entries[key].en != "" {
			line.outcome = v.say(key)
		}
		b.orders = append(b.orders, line)
	}
	return b, nil
}

// bulkFacts describe the action and its orders.
func (v *visit) bulkFacts(r booking.BulkRun) (facts []fact) {
	add := func(key, value string) {
		if value != "" {
			facts = append(facts, fact{name: v.say(key), value: value})
		}
	}
	f := r.Filter
	if f.Kind != "" {
		add("bulk.kind", v.say(kindKey(f.Kind)))
	}
	add("bulk.status", string(f.Status))
	if f.Status != "" {
		facts[len(facts)-1].value = v.statusOf(f.Status, f.Kind)
	}
	if f.Problem != "" {
		add("bulk.trouble", v.say("bulk.trouble."+string(f.Problem)))
	}
	add("bulk.owner", f.OwnerID)
	add("bulk.item", f.ItemID)
	if !f.PlacedBefore.IsZero() {
		add("bulk.before", v.moment(f.PlacedBefore, defaultZone))
	}
	add("field.reason", r.Reason.Shown(booking.ReaderOperator, booking.Note, true))
	add("bulk.by", r.By)
	add("bulk.planned", v.moment(r.PlannedAt, defaultZone))
	return facts
}

func (p *Pages) showBulk(v *visit) error {
	b, err := v.bulkShown()
	if err != nil {
		return err
	}
	return v.show(http.StatusOK, bulkRunPage(v.page(v.say("bulk.one", b.does), "nav.operator"), b))
}

// showBulkPart shows the part of the page that changes.
func (p *Pages) showBulkPart(v *visit) error {
	b, err := v.bulkShown()
	if err != nil {
		return err
	}
	v.c.Header(versionHeader, strconv.Itoa(b.version()))
	return v.show(http.StatusOK, bulkPart(v.words, b))
}

func (p *Pages) runBulk(v *visit) error {
	if _, err := v.Orders.BeginBulk(v.ctx, v.caller, v.c.Param("id")); err != nil {
		return err
	}
	return v.goTo(bulkPath + "/" + url.PathEscape(v.c.Param("id")))
}

func (p *Pages) stopBulk(v *visit) error {
	if _, err := v.Orders.StopBulk(v.ctx, v.caller, v.c.Param("id")); err != nil {
		return err
	}
	return v.goTo(bulkPath + "/" + url.PathEscape(v.c.Param("id")))
}

// inBulk is the link from a list of orders to a bulk action on all of them.
func inBulk(f orders.AttentionFilter) string {
	query := url.Values{}
	if f.Kind != "" {
		query.Set("kind", string(f.Kind))
	}
	switch f.Cause {
	case orders.Abandoned:
		query.Set("trouble", string(booking.Lost))
		query.Set("action", string(booking.SettleOrder))
	case orders.Marked:
		query.Set("trouble", string(booking.NeedsAttention))
	case orders.UndoOwed:
		query.Set("trouble", string(booking.UndoOwed))
	case orders.Disputed:
		query.Set("trouble", string(booking.UnderReview))
	}
	if len(query) == 0 {
		return bulkPath
	}
	return bulkPath + "?" + query.Encode()
}
