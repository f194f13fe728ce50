package audit_test

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/zap"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/audit"
)

// runs stores audits in memory; one may be open.
type runs struct {
	mu      sync.Mutex
	open    bool
	due     int
	renewed int
	lost    bool
	events  []string
	report  audit.Report
}

func (r *runs) note(event string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.events = append(r.events, event)
}

func (r *runs) Due(context.Context, time.Time, time.Duration) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.due++
	return nil
}

func (r *runs) Lease(context.Context, time.Time, time.Time) (booking.AuditRun, bool, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	was := r.open
	r.open = false
	return booking.AuditRun{ID: 1, Tries: 1}, was, nil
}

func (r *runs) Renew(context.Context, booking.AuditRun, time.Time) (bool, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.renewed++
	return !r.lost, nil
}

func (r *runs) Release(context.Context, booking.AuditRun) error { r.note("released"); return nil }

func (r *runs) Done(_ context.Context, _ booking.AuditRun, report audit.Report, _ time.Time) error {
	r.report = report
	r.note("done")
	return nil
}

func (r *runs) Failed(_ context.Context, _ booking.AuditRun, words string, _ time.Time) error {
	r.note("failed: " + words)
	return nil
}

func (r *runs) Forget(context.Context, time.Time) error { r.note("forgotten"); return nil }

// moving are books with an order that changes in each pass; its audit takes a minute.
func moving() *books {
	b := uncharged()
	b.before = func(pass int) {
		if pass > 1 {
			b.change(0, booking.Confirmed)
		}
	}
	return b
}

// let runs the audits for a time.
func let(t *testing.T, r *runs, s audit.Sources, every, during time.Duration) {
	t.Helper()
	ctx, stop := context.WithTimeout(t.Context(), during)
	defer stop()
	(&audit.Runner{Runs: r, Sources: s, Every: every, Log: zap.NewNop()}).Run(ctx)
	synctest.Wait()
}

// TestRunner_RunsWhatIsOpen: the open audit is run, its findings are stored, and old
// ones deleted.
func TestRunner_RunsWhatIsOpen(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := &runs{open: true}
		b := moving()
		b.add(order(booking.Food, booking.Delivering))
		b.charges = nil
		let(t, r, b.sources(), time.Hour, 2*time.Minute)
		require.Equal(t, []string{"done", "forgotten"}, r.events)
		require.Len(t, r.report.Findings, 1)
		require.True(t, r.report.Unsure("lodging-1", ""), "it was never twice the same")
		require.False(t, r.report.Unsure("food-1", ""))
		require.Positive(t, r.due)
		require.Positive(t, r.renewed, "a pass lasts longer than a lease is extended for")
	})
}

// TestRunner_NotScheduled: without an interval it runs only requested audits.
func TestRunner_NotScheduled(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := &runs{open: true}
		let(t, r, newBooks().sources(), 0, time.Minute)
		require.Zero(t, r.due)
		require.Equal(t, []string{"done", "forgotten"}, r.events)
	})
}

// TestRunner_Ends: an audit without sources has failed, that of a process that ends is
// returned, and one that another process has leased is left alone.
func TestRunner_Ends(t *testing.T) {
	t.Parallel()
	for name, is := range map[string]struct {
		lost   bool
		away   error
		during time.Duration
		want   []string
	}{
		"Failed":   {away: errors.New("the disk is full"), during: time.Minute, want: []string{"failed: the disk is full"}},
		"Released": {during: 5 * time.Second, want: []string{"released"}},
		"Lost":     {lost: true, during: time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				r, b := &runs{open: true, lost: is.lost}, moving()
				b.away = is.away
				let(t, r, b.sources(), time.Hour, is.during)
				require.Equal(t, is.want, r.events)
			})
		})
	}
}

// slowly lists rows slowly.
type slowly struct {
	n    int
	each time.Duration
}

func (s slowly) All(context.Context) iter.Seq2[audit.Row, error] {
	return func(yield func(audit.Row, error) bool) {
		for i := range s.n {
			time.Sleep(s.each)
			v := order(booking.Food, booking.Cancelled)
			v.ID = fmt.Sprintf("food-%d", i)
			if !yield(audit.Row{ID: v.ID, Status: v.Status, Version: v.Version, View: v}, nil) {
				return
			}
		}
	}
}

// TestRun_Gently: a gentle audit pauses as long as it reads, and at most two seconds at
// a time.
func TestRun_Gently(t *testing.T) {
	t.Parallel()
	duration := func(each time.Duration, gentle bool) (duration time.Duration) {
		synctest.Test(t, func(t *testing.T) {
			s, began := newBooks().sources(), time.Now()
			s.Pages = slowly{3000, each}
			report, err := audit.Run(t.Context(), s, audit.Options{Moment: moment, Gentle: gentle})
			require.NoError(t, err)
			require.Equal(t, 3000, report.Rows)
			duration = time.Since(began)
		})
		return duration
	}
	require.Equal(t, 3*time.Second, duration(time.Millisecond, false))
	require.Equal(t, 6*time.Second, duration(time.Millisecond, true))
	require.Equal(t, 36*time.Second, duration(10*time.Millisecond, true))
}
