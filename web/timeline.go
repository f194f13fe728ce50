package web

import (
	"net/http"
	"slices"
	"strconv"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/orders"
)

// timelineShown is the page of an order for operators.
type timelineShown struct {
	orders.Timeline
	what    string
	badge   badge
	need    *needShown // nil if it needs no attention
	facts   []fact
	offered offeredActions
	runs    []runShown
	lines   []lineShown
	// unread lists the sources that could not be read.
	unread        []unreadShown
	earlier, last string // paths
}

type runShown struct{ id, state, began, link string }

// unreadShown is a source that could not be read, with the reason in English in each
// language.
type unreadShown struct{ text, why string }

// lineShown is a line of the timeline.
type lineShown struct {
	at, when, source, what, says string
	tone                         string
	english                      bool     // in each language
	marks                        []string // the attempt, the decider, the amount
}

// linesOfTimeline is how many lines a page shows: the last ones; a link leads to those
// before.
const linesOfTimeline = 100

func (p *Pages) showTimeline(v *visit) error {
	t, err := p.Monitor.Timeline(v.ctx, v.caller, v.c.Param("id"))
	if err != nil {
		return err
	}
	shown := timelineShown{Timeline: t, what: v.what(t.Order), badge: v.badgeOf(t.Order), facts: v.facts(t.Order, v.zoneOf(t.Order))}
	if t.Attention.Cause != "" {
		need := v.need(t.Attention)
		shown.need = &need
	}
	payment, err := p.Payments.Payment(v.ctx, t.Order.ID)
	if err != nil {
		payment = booking.Payment{} // its source reports the error
	}
	shown.offered = v.offeredActions(t.Order, payment)
	for _, r := range t.Runs {
		shown.runs = append(shown.runs, runShown{r.ID, v.say(runWords[r.Ended]), v.moment(r.Began, defaultZone), r.Link})
	}
	for _, s := range orders.Sources() {
		if why, unread := t.Unknown[s]; unread {
			shown.unread = append(shown.unread, unreadShown{v.say("line.unread", v.say(sourceWords[s])), why})
		}
	}
	shown.linesBefore(v, t.Moments)
	return v.show(http.StatusOK, timelinePage(v.page(v.say("line.title"), "nav.operator"), shown))
}

// linesBefore shows the lines before the one in the address, or the last ones.
func (s *timelineShown) linesBefore(v *visit, moments []orders.Moment) {
	end, err := strconv.Atoi(v.c.Query("before"))
	if err != nil || end <= 0 || end > len(moments) {
		end = len(moments)
	}
	begin := max(0, end-linesOfTimeline)
	path := operatorOrder(s.Order.ID)
	if begin > 0 {
		s.earlier = path + "?before=" + strconv.Itoa(begin)
	}
	if end < len(moments) {
		s.last = path
	}
	for _, m := range moments[begin:end] {
		s.lines = append(s.lines, v.line(s.Order.Kind, m))
	}
}

// line is a line of the timeline. Names are the source's, except for statuses.
func (v *visit) line(kind booking.Kind, m orders.Moment) lineShown {
	line := lineShown{
		at: m.At.UTC().Format("2006-01-02T15:04:05.000Z"), when: v.second(m.At), source: v.say(sourceWords[m.Source]), what: m.What, says: m.Says, english: true,
	}
	if status := booking.Status(m.What); m.Source == orders.FromOrder && slices.Contains(kind.Statuses(), status) {
		line.what, line.english = status.Label(kind, v.language), false
	}
	if m.Amount.Currency != "" {
		line.marks = append(line.marks, v.money(m.Amount))
	}
	if m.Attempt > 1 {
		line.marks = append(line.marks, v.say("line.attempt", m.Attempt))
	}
	if m.By != "" {
		line.marks = append(line.marks, v.say("line.by", m.By))
	}
	switch {
	case m.Failed && m.Source == orders.FromRun: // its name says so
		line.tone = toneUndoing
	case m.Failed:
		line.tone = toneUndoing
		line.marks = append(line.marks, v.say("line.failed"))
	case m.Pending:
		line.tone = toneWait
		line.marks = append(line.marks, v.say("line.pending"))
	}
	return line
}

var sourceWords = map[orders.Source]string{
	orders.FromRun: "source.run", orders.FromStep: "source.step", orders.FromMoney: "source.money", orders.FromStock: "source.stock",
	orders.FromOrder: "source.order", orders.FromEvent: "source.event", orders.FromOperator: "source.operator",
}

var runWords = map[string]string{
	"running": "run.running", "completed": "run.completed", "terminated": "run.terminated", "failed": "run.failed",
	"timed_out": "run.timed_out", "canceled": "run.canceled",
}
