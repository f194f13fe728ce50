package web

import (
	"context"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/yeyak/yeyak/booking"
)

// Actions reads the log of operators' actions.
type Actions interface {
	// Newest lists the newest lines about an order, newest first.
	Newest(ctx context.Context, orderID string, n int) ([]booking.OperatorAction, error)
	// Actions lists the log, newest first, for one order if it is named. Returns
	// InvalidCursor as for places.
	Actions(ctx context.Context, orderID string, page booking.Page) ([]booking.OperatorAction, string, error)
}

const actionsPath = operatorPath + "/actions"

func (p *Pages) mountActions(r gin.IRouter) {
	p.page(r, http.MethodGet, actionsPath, booking.ReadActions, p.showActions)
}

// actionLine is a line of the log of operators' actions, in words.
type actionLine struct{ who, did, when, reason, order, bulk string }

// actionsLog is a part of the log.
type actionsLog struct {
	lines []actionLine
	later bool
	next  string
}

// showActions shows the log of operators' actions.
func (p *Pages) showActions(v *visit) error {
	cursor := v.c.Query("cursor")
	found, next, err := p.Actions.Actions(v.ctx, "", booking.Page{Cursor: cursor, Limit: linesAtOnce})
	if err != nil {
		return err
	}
	is := actionsLog{later: cursor != ""}
	if next != "" {
		is.next = actionsPath + "?cursor=" + queryOf(next)
	}
	for _, a := range found {
		is.lines = append(is.lines, v.actionLine(a, defaultZone))
	}
	return v.show(http.StatusOK, actionsPage(v.page(v.say("log.title"), "nav.operator"), is))
}

// actionsSince lists the actions of other callers since the line seen.
func (v *visit) actionsSince(lines []booking.OperatorAction, seen int64, zone string) []actionLine {
	return v.ofOthers(lines, zone, func(a booking.OperatorAction) bool { return a.Seq > seen })
}

// underWayAtMost is how long an action without an outcome may be running: after that, its
// process has died.
const underWayAtMost = 10 * time.Minute

// actionsUnderWay lists the actions of other callers whose outcome is not known yet.
func (v *visit) actionsUnderWay(lines []booking.OperatorAction, zone string) []actionLine {
	since := v.Now().Add(-underWayAtMost)
	return v.ofOthers(lines, zone, func(a booking.OperatorAction) bool { return a.Outcome == "" && a.At.After(since) })
}

// ofOthers lists the actions of other callers that is selects, each by its newest line,
// which has the outcome if that is known.
func (v *visit) ofOthers(lines []booking.OperatorAction, zone string, is func(booking.OperatorAction) bool) (others []actionLine) {
	shown := map[string]bool{}
	for _, a := range lines {
		if a.By != v.caller.ID && !shown[a.ID] && is(a) {
			others = append(others, v.actionLine(a, zone))
		}
		shown[a.ID] = true
	}
	return others
}

func (v *visit) actionLine(a booking.OperatorAction, zone string) actionLine {
	did := string(a.Action)
	if key := "act.done." + did; entries[key].en != "" {
		did = v.say(key)
	}
	outcome := a.Outcome
	if key := "act.outcome." + outcome; entries[key].en != "" {
		outcome = v.say(key)
	}
	if outcome != "" {
		did += " (" + outcome + ")"
	}
	who := v.say("act.operator", a.By)
	if a.By == booking.SystemID || a.By == "" {
		who = v.say("act.command")
	}
	line := actionLine{who: who, did: did, when: v.moment(a.At, zone), reason: a.Reason.Shown(booking.ReaderOperator, booking.Note, true), order: a.OrderID}
	if a.Bulk != "" {
		line.bulk = bulkPath + "/" + a.Bulk
	}
	return line
}
