package api

import (
	"context"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
)

// audits stores audits in memory; the last one may be open.
type audits struct {
	mu         sync.Mutex
	done, last booking.AuditRun
	findings   []booking.AuditFinding
	orderID    string
	page       booking.Page
	actions    []booking.OperatorAction
	away       error
}

func (a *audits) Latest(context.Context) (done, last booking.AuditRun, err error) {
	return a.done, a.last, a.away
}

func (a *audits) Findings(_ context.Context, orderID string, page booking.Page) ([]booking.AuditFinding, string, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.orderID, a.page = orderID, page
	if page.Cursor == "bad" {
		return nil, "", booking.Errorf(booking.InvalidCursor, "this cursor is not known")
	}
	return a.findings, "more", a.away
}

func (a *audits) Request(_ context.Context, by string, at time.Time) (run booking.AuditRun, started bool, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if started = a.last.State != booking.AuditWaiting; started {
		a.last = booking.AuditRun{ID: a.last.ID + 1, State: booking.AuditWaiting, RequestedBy: by, RequestedAt: at}
	}
	return a.last, started, a.away
}

// TestAudit_Read: the answer has the open findings and the audits that they are from.
func TestAudit_Read(t *testing.T) {
	t.Parallel()
	b := setup(t)
	require.JSONEq(t, `{"items":[],"next":"more"}`, b.do("GET", auditPath, "").text)

	a := &b.store.audits
	a.done = booking.AuditRun{ID: 3, State: booking.AuditDone, RequestedBy: "system", RequestedAt: today, BegunAt: today, EndedAt: today, Orders: 7, NotJudged: 1, InMotion: 2, Found: 1, Words: "no worker answers"}
	a.last = booking.AuditRun{ID: 4, State: booking.AuditFailed, RequestedBy: "1024", RequestedAt: today, Words: "no engine"}
	a.findings = []booking.AuditFinding{{
		ID: "x", Kind: "abandoned", OrderID: "food-1", Says: "its workflow was terminated while it was paid: 1 KRW charged", Remedy: "yeyak settle food-1",
		FirstSeen: today, LastSeen: today.Add(time.Hour),
	}}
	require.JSONEq(t, `{
		"done": {"id": 3, "state": "done", "askedBy": "system", "askedAt": "2026-11-20T16:00:00Z", "begunAt": "2026-11-20T16:00:00Z",
			"endedAt": "2026-11-20T16:00:00Z", "orders": 7, "notJudged": 1, "inMotion": 2, "found": 1, "words": "no worker answers"},
		"last": {"id": 4, "state": "failed", "askedBy": "1024", "askedAt": "2026-11-20T16:00:00Z", "orders": 0, "notJudged": 0, "inMotion": 0,
			"found": 0, "words": "no engine"},
		"items": [{"id": "x", "kind": "abandoned", "orderId": "food-1", "says": "its workflow was terminated while it was paid: 1 KRW charged",
			"remedy": "yeyak settle food-1", "firstSeen": "2026-11-20T16:00:00Z", "lastSeen": "2026-11-20T17:00:00Z"}],
		"next": "more"
	}`, b.do("GET", auditPath+"?orderId=food-1&limit=7&cursor=c", "").text)
	require.Equal(t, "food-1", a.orderID)
	require.Equal(t, booking.Page{Limit: 7, Cursor: "c"}, a.page)
	b.problem(b.do("GET", auditPath+"?cursor=bad", ""), 422, booking.InvalidCursor)
	a.away = errAway
	b.problem(b.do("GET", auditPath, ""), 503, booking.Unavailable)
	b.problem(b.do("POST", auditPath+"/runs", ""), 503, booking.Unavailable)
}

// TestAudit_Run: while an audit is open, every further request gets it.
func TestAudit_Run(t *testing.T) {
	t.Parallel()
	known := credentials{"o.l.ga": {ID: "1027", Roles: []booking.Role{booking.OperatorRole}}, "a.l.ice": alice}
	b := setup(t, func(d *testDeps) { d.Callers = known })
	first := b.as("o.l.ga", "POST", auditPath+"/runs", "")
	require.Equal(t, http.StatusAccepted, first.StatusCode, first.text)
	require.Equal(t, auditPath, first.Header.Get("Location"))
	require.JSONEq(t, `{"id":1,"state":"waiting","askedBy":"1027","askedAt":"2026-11-20T16:00:00Z","orders":0,"notJudged":0,"inMotion":0,"found":0}`, first.text)
	again := b.as("o.l.ga", "POST", auditPath+"/runs", "")
	require.Equal(t, http.StatusOK, again.StatusCode)
	require.JSONEq(t, first.text, again.text)
	b.problem(b.as("a.l.ice", "GET", auditPath, ""), 403, booking.NotAllowed)
	b.problem(b.as("a.l.ice", "POST", auditPath+"/runs", ""), 403, booking.NotAllowed)
}

func (a *audits) Actions(_ context.Context, orderID string, page booking.Page) ([]booking.OperatorAction, string, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.orderID, a.page = orderID, page
	if page.Cursor == "bad" {
		return nil, "", booking.Errorf(booking.InvalidCursor, "this cursor is not known")
	}
	return a.actions, "", a.away
}

// TestActions: operators read operators' actions, including reasons.
func TestActions(t *testing.T) {
	t.Parallel()
	known := credentials{"o.l.ga": {ID: "1027", Roles: []booking.Role{booking.OperatorRole}}, "a.l.ice": alice}
	b := setup(t, func(d *testDeps) { d.Callers = known })
	b.store.audits.actions = []booking.OperatorAction{
		{ID: "x", At: today, By: "1027", Action: booking.ResolvePayment, OrderID: "food-1", Reason: "bank transfer 42", Outcome: "done"},
	}
	require.JSONEq(t, `{"items":[{"id":"x","at":"2026-11-20T16:00:00Z","by":"1027","action":"resolve","orderId":"food-1","reason":"bank transfer 42","outcome":"done","seq":0}]}`,
		b.as("o.l.ga", "GET", actionsPath+"?orderId=food-1&limit=7&cursor=c", "").text)
	require.Equal(t, "food-1", b.store.audits.orderID)
	require.Equal(t, booking.Page{Limit: 7, Cursor: "c"}, b.store.audits.page)
	b.problem(b.as("o.l.ga", "GET", actionsPath+"?cursor=bad", ""), 422, booking.InvalidCursor)
	b.problem(b.as("a.l.ice", "GET", actionsPath, ""), 403, booking.NotAllowed)
}

func (a *audits) Newest(context.Context, string, int) ([]booking.OperatorAction, error) {
	return a.actions, a.away
}
