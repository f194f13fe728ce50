package web

import (
	"context"
	"net/http"
	"time"

	"github.com/gin-gonic/gin"

	"github.com/yeyak/yeyak/booking"
)

// Audits reads the results of audits, and requests them.
type Audits interface {
	// Latest returns the last complete audit and the last requested one; the zero run for
	// none.
	Latest(ctx context.Context) (done, last booking.AuditRun, err error)
	// Findings lists the open findings. Returns InvalidCursor as for places.
	Findings(ctx context.Context, orderID string, page booking.Page) ([]booking.AuditFinding, string, error)
	// Request requests an audit; started is false if one is waiting or running already.
	Request(ctx context.Context, by string, at time.Time) (run booking.AuditRun, started bool, err error)
}

const (
	operatorPath = "/operator"
	auditPath    = operatorPath + "/audit"
)

func (p *Pages) mountAudit(r gin.IRouter) {
	p.page(r, http.MethodGet, auditPath, booking.ReadAudit, p.showAudit)
	p.page(r, http.MethodPost, auditPath, booking.RunAudit, p.runAudit)
}

// audited is what the page of audits shows.
type audited struct {
	facts    []fact
	findings []auditFinding
	open     bool // one waits or runs
	later    bool
	next     string
}

// auditFinding is a finding in a list. Its text is in English in each language, as in
// commands and logs.
type auditFinding struct {
	kind, order, item, says, remedy, since string
}

// auditStates are the words for audits that are not done.
var auditStates = map[booking.AuditState]string{
	booking.AuditWaiting: "audit.state.waiting", booking.AuditRunning: "audit.state.running", booking.AuditFailed: "audit.state.failed",
}

// findingKinds are the words for the kinds of findings.
var findingKinds = map[string]string{
	"money":        "audit.kind.money",
	"provider":     "audit.kind.provider",
	"stock":        "audit.kind.stock",
	"delivery":     "audit.kind.delivery",
	"production":   "audit.kind.production",
	"cleaner":      "audit.kind.cleaner",
	"registration": "audit.kind.registration",
	"message":      "audit.kind.message",
	"mypage":       "audit.kind.mypage",
	"abandoned":    "audit.kind.abandoned",
	"unreadable":   "audit.kind.unreadable",
	"catalogue":    "audit.kind.catalogue",
	"feed":         "audit.kind.feed",
	"inbox":        "audit.kind.inbox",
	"decision":     "audit.kind.decision",
}

// kindOfFinding is the words for the kind, or the kind itself if another release has found
// it.
func (v *visit) kindOfFinding(kind string) string {
	if word, known := findingKinds[kind]; known {
		return v.say(word)
	}
	return kind
}

// showAudit shows the open findings, and the audits that they come from.
func (p *Pages) showAudit(v *visit) error {
	cursor := v.c.Query("cursor")
	done, last, err := p.Audits.Latest(v.ctx)
	if err != nil {
		return err
	}
	found, next, err := p.Audits.Findings(v.ctx, "", booking.Page{Cursor: cursor, Limit: linesAtOnce})
	if err != nil {
		return err
	}
	is := audited{later: cursor != "", open: last.State == booking.AuditWaiting || last.State == booking.AuditRunning}
	if next != "" {
		is.next = auditPath + "?cursor=" + queryOf(next)
	}
	is.facts = v.auditFacts(done, last)
	for _, f := range found {
		is.findings = append(is.findings, auditFinding{
			kind: v.kindOfFinding(f.Kind), order: f.OrderID, item: f.Item, says: f.Says, remedy: f.Remedy, since: v.moment(f.FirstSeen, defaultZone),
		})
	}
	return v.show(http.StatusOK, auditPage(v.page(v.say("audit.title"), "nav.operator"), is))
}

// auditFacts are the last complete audit and, if that is another one, the outcome of the
// last one.
func (v *visit) auditFacts(done, last booking.AuditRun) (facts []fact) {
	if done.ID == 0 {
		facts = append(facts, fact{name: v.say("audit.done"), value: v.say("audit.never")})
	} else {
		facts = append(facts, fact{name: v.say("audit.done"), value: v.moment(done.EndedAt, defaultZone)}, fact{name: v.say("audit.orders"), value: v.say("audit.count", done.Orders)})
	}
	if done.NotJudged > 0 {
		facts = append(facts, fact{name: v.say("audit.notjudged"), value: v.say("audit.count", done.NotJudged)})
		facts = append(facts, v.quoted("audit.why", done.Words)...)
	}
	if last.ID != done.ID {
		facts = append(facts, fact{name: v.say("audit.last"), value: v.say(auditStates[last.State])})
		facts = append(facts, v.quoted("audit.why", last.Words)...)
	}
	return facts
}

// quoted is a fact in an audit's words, which are in English in each language; none without
// words.
func (v *visit) quoted(key, words string) []fact {
	if words == "" {
		return nil
	}
	return []fact{{name: v.say(key), value: words, english: true}}
}

// runAudit requests an audit. If one waits or runs already, it does nothing.
func (p *Pages) runAudit(v *visit) error {
	if err := v.caller.Authorize(booking.RunAudit, booking.Thing{}); err != nil {
		return err
	}
	if _, _, err := p.Audits.Request(v.ctx, v.caller.ID, p.Now()); err != nil {
		return err
	}
	return v.goTo(auditPath)
}
