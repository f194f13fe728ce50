package store_test

import (
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/audit"
	"github.com/yeyak/yeyak/internal/store"
)

// auditsOf are the audits of one test.
type auditsOf struct {
	*testing.T
	*store.Audits
}

func testAudits(t *testing.T, fresh newURL) {
	for name, test := range map[string]func(auditsOf){
		"Requested": testAuditsRequested, "Due": testAuditsDue, "Lease": testAuditsLease, "Findings": testAuditsFindings,
		"Unsure": testAuditsUnsure, "Many": testAuditsMany, "Forget": testAuditsForget,
	} {
		run(t, name, func(t *testing.T) { test(auditsOf{t, store.NewAudits(setup(t, fresh, "mypage"))}) })
	}
}

// noon is when the audits of tests begin.
var noon = time.Date(2026, 12, 24, 12, 0, 0, 0, time.UTC)

// lease leases the open audit at a time, for a minute.
func (a auditsOf) lease(at time.Time) (booking.AuditRun, bool) {
	a.Helper()
	run, ok, err := a.Lease(a.Context(), at, at.Add(time.Minute))
	require.NoError(a, err)
	return run, ok
}

// audit runs an audit with the report.
func (a auditsOf) audit(at time.Time, r audit.Report) booking.AuditRun {
	a.Helper()
	_, started, err := a.Request(a.Context(), "1024", at)
	require.NoError(a, err)
	require.True(a, started)
	run, ok := a.lease(at)
	require.True(a, ok)
	require.NoError(a, a.Done(a.Context(), run, r, at))
	return run
}

// open are the open findings in words.
func (a auditsOf) open() []string {
	a.Helper()
	findings, next, err := a.Findings(a.Context(), "", booking.Page{})
	require.NoError(a, err)
	require.Empty(a, next)
	words := []string{}
	for _, f := range findings {
		words = append(words, fmt.Sprintf("%s %s%s %s %s", f.Kind, f.OrderID, f.Item, f.FirstSeen.Format("15:04"), f.LastSeen.Format("15:04")))
	}
	return words
}

func finding(k audit.Kind, orderID string) audit.Finding {
	return audit.Finding{Kind: k, OrderID: orderID, Says: "something is wrong\x00", Remedy: "yeyak settle " + orderID}
}

// testAuditsRequested: while an audit is open, further requests get it.
func testAuditsRequested(a auditsOf) {
	requests := together(a.T, 6, func(i int) (bool, error) {
		_, started, err := a.Request(a.Context(), strconv.Itoa(1024+i), noon)
		return started, err
	})
	require.Equal(a, 1, count(requests, true))
	run, ok := a.lease(noon)
	require.True(a, ok)
	again, started, err := a.Request(a.Context(), "2000", noon)
	require.NoError(a, err)
	require.False(a, started)
	require.Equal(a, run, again)
	require.Equal(a, booking.AuditRunning, run.State)

	require.NoError(a, a.Failed(a.Context(), run, "no engine", noon.Add(time.Minute)))
	done, last, err := a.Latest(a.Context())
	require.NoError(a, err)
	require.Zero(a, done)
	require.Equal(a, booking.AuditFailed, last.State)
	require.Equal(a, "no engine", last.Words)
	next, started, err := a.Request(a.Context(), "2000", noon)
	require.NoError(a, err)
	require.True(a, started)
	require.Greater(a, next.ID, run.ID)
}

// testAuditsDue: an audit is requested when the interval since the last one has passed,
// and sooner after a failed one.
func testAuditsDue(a auditsOf) {
	due := func(at time.Time) bool {
		require.NoError(a, a.Due(a.Context(), at, time.Hour))
		_, ok := a.lease(at)
		return ok
	}
	age, err := a.SinceDone(a.Context(), noon)
	require.NoError(a, err)
	require.Zero(a, age)

	require.True(a, due(noon))
	_, last, err := a.Latest(a.Context())
	require.NoError(a, err)
	require.Equal(a, booking.SystemID, last.RequestedBy)
	require.False(a, due(noon.Add(30*time.Second)), "one is open")
	age, err = a.SinceDone(a.Context(), noon.Add(2*time.Minute))
	require.NoError(a, err)
	require.Equal(a, 2*time.Minute, age, "none has ended yet")
	require.NoError(a, a.Failed(a.Context(), last, "no engine", noon.Add(time.Minute)))
	require.False(a, due(noon.Add(9*time.Minute)))
	require.True(a, due(noon.Add(11*time.Minute)))

	_, last, err = a.Latest(a.Context())
	require.NoError(a, err)
	require.NoError(a, a.Done(a.Context(), last, audit.Report{}, noon.Add(12*time.Minute)))
	require.False(a, due(noon.Add(70*time.Minute)))
	age, err = a.SinceDone(a.Context(), noon.Add(70*time.Minute))
	require.NoError(a, err)
	require.Equal(a, 58*time.Minute, age)
	require.True(a, due(noon.Add(72*time.Minute)))
}

// testAuditsLease: one process has the audit, another one once the lease has expired,
// and none after several tries have failed.
func testAuditsLease(a auditsOf) {
	_, ok := a.lease(noon)
	require.False(a, ok)
	_, _, err := a.Request(a.Context(), "1024", noon)
	require.NoError(a, err)
	first, ok := a.lease(noon)
	require.True(a, ok)
	_, ok = a.lease(noon.Add(59 * time.Second))
	require.False(a, ok)
	ok, err = a.Renew(a.Context(), first, noon.Add(5*time.Minute))
	require.NoError(a, err)
	require.True(a, ok)
	_, ok = a.lease(noon.Add(4 * time.Minute))
	require.False(a, ok)

	second, ok := a.lease(noon.Add(5 * time.Minute))
	require.True(a, ok)
	require.Equal(a, 2, second.Tries)
	ok, err = a.Renew(a.Context(), first, noon.Add(time.Hour))
	require.NoError(a, err)
	require.False(a, ok, "another process has it")
	require.NoError(a, a.Done(a.Context(), first, audit.Report{Findings: []audit.Finding{finding(audit.Money, "food-1")}}, noon))
	require.Empty(a, a.open(), "what a process finds that has lost the audit does not count")

	require.NoError(a, a.Release(a.Context(), second))
	third, ok := a.lease(noon.Add(5 * time.Minute))
	require.True(a, ok)
	require.Equal(a, 2, third.Tries, "one that was returned was not begun")
	for range audit.MostTries - 2 {
		_, ok = a.lease(noon.Add(time.Hour))
		require.True(a, ok)
	}
	_, ok = a.lease(noon.Add(2 * time.Hour))
	require.False(a, ok)
	_, last, err := a.Latest(a.Context())
	require.NoError(a, err)
	require.Equal(a, booking.AuditFailed, last.State)
	require.Contains(a, last.Words, "each process that began with it has ended")
}

// testAuditsFindings: a finding that is found again is the same one; a finding that is
// not is closed, and a new one if it appears again.
func testAuditsFindings(a auditsOf) {
	both := []audit.Finding{finding(audit.Money, "food-1"), {Kind: audit.Catalogue, Item: "place-1", Says: "no time zone"}, finding(audit.Money, "food-1")}
	run := a.audit(noon, audit.Report{Counts: audit.Counts{Orders: 7}, Findings: both, NotJudged: 1, OneNotJudged: "food-2: no worker", InMotion: 2})
	require.ElementsMatch(a, []string{"money food-1 12:00 12:00", "catalogue place-1 12:00 12:00"}, a.open())
	done, last, err := a.Latest(a.Context())
	require.NoError(a, err)
	require.Equal(a, done, last)
	run.State, run.EndedAt, run.Orders, run.NotJudged, run.InMotion, run.Found, run.Words = booking.AuditDone, noon, 7, 1, 2, 3, "food-2: no worker"
	require.Equal(a, run, done)

	a.audit(noon.Add(time.Hour), audit.Report{Findings: both[:1]})
	require.Equal(a, []string{"money food-1 12:00 13:00"}, a.open())
	byKind, err := a.OpenFindings(a.Context())
	require.NoError(a, err)
	require.Equal(a, map[string]int{"money": 1}, byKind)
	a.audit(noon.Add(2*time.Hour), audit.Report{})
	require.Empty(a, a.open())
	a.audit(noon.Add(3*time.Hour), audit.Report{Findings: both[:1]})
	require.Equal(a, []string{"money food-1 15:00 15:00"}, a.open())

	of, _, err := a.Findings(a.Context(), "food-1", booking.Page{})
	require.NoError(a, err)
	require.Len(a, of, 1)
	require.Equal(a, "yeyak settle food-1", of[0].Remedy)
	of, _, err = a.Findings(a.Context(), "food-2", booking.Page{})
	require.NoError(a, err)
	require.Empty(a, of)
}

// testAuditsUnsure: findings of an order that an audit could not check stay open.
func testAuditsUnsure(a auditsOf) {
	a.audit(noon, audit.Report{Findings: []audit.Finding{finding(audit.Money, "food-1"), finding(audit.Money, "food-2")}})
	a.audit(noon.Add(time.Hour), audit.Report{}.WithSilent("food-1"))
	require.Equal(a, []string{"money food-1 12:00 12:00"}, a.open())
}

// testAuditsMany: more findings than fit into a statement are stored and listed in
// pages, up to a limit. If some were left out, none is closed.
func testAuditsMany(a auditsOf) {
	many := make([]audit.Finding, audit.MostFindings+1)
	for i := range many {
		many[i] = finding(audit.Stock, fmt.Sprintf("cafe-%d", i))
	}
	a.audit(noon, audit.Report{Findings: []audit.Finding{finding(audit.Money, "food-1")}})
	a.audit(noon.Add(time.Hour), audit.Report{Findings: many})
	byKind, err := a.OpenFindings(a.Context())
	require.NoError(a, err)
	require.Equal(a, map[string]int{"money": 1, "stock": audit.MostFindings}, byKind)
	seen, page := map[string]bool{}, booking.Page{Limit: 1000}
	for {
		findings, next, err := a.Findings(a.Context(), "", page)
		require.NoError(a, err)
		for _, f := range findings {
			seen[f.ID] = true
		}
		if page.Cursor = next; next == "" {
			break
		}
	}
	require.Len(a, seen, audit.MostFindings+1)
	_, _, err = a.Findings(a.Context(), "", booking.Page{Cursor: "x"})
	require.ErrorIs(a, err, &booking.Error{Code: booking.InvalidCursor})
	a.audit(noon.Add(2*time.Hour), audit.Report{})
	require.Empty(a, a.open())
}

// testAuditsForget: audits are deleted a while after their end, except the last one.
func testAuditsForget(a auditsOf) {
	a.audit(noon, audit.Report{Findings: []audit.Finding{finding(audit.Money, "food-1"), finding(audit.Money, "food-2")}})
	a.audit(noon.Add(time.Hour), audit.Report{Findings: []audit.Finding{finding(audit.Money, "food-2")}})
	require.NoError(a, a.Forget(a.Context(), noon.Add(2*time.Hour)))
	require.Equal(a, []string{"money food-2 12:00 13:00"}, a.open())
	done, last, err := a.Latest(a.Context())
	require.NoError(a, err)
	require.Equal(a, noon.Add(time.Hour), done.EndedAt)
	require.Equal(a, done, last)
	age, err := a.SinceDone(a.Context(), noon.Add(2*time.Hour))
	require.NoError(a, err)
	require.Equal(a, time.Hour, age)
}
