package api

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
	"go.uber.org/zap/zapcore"
	"go.uber.org/zap/zaptest/observer"

	"github.com/yeyak/yeyak/booking"
)

// The answer about a dependency that is away has the store's message; the cause is in
// the log.
func TestUnavailable(t *testing.T) {
	t.Parallel()
	const away, notSetUp = "a part that this needs is away at the moment", "a part that this needs is not set up yet"
	const unusable, unprepared, overdue = "a part that is needed cannot be used", "something was not prepared: see /readyz", "the time of the request has ended"
	lacksTable := errors.New(`relation "secret" does not exist`)
	for name, tt := range map[string]struct {
		err    error
		detail string
		level  zapcore.Level
		line   string
		logged string // of the cause
	}{
		"DatabaseAway": {errAway, away, zap.WarnLevel, unusable, "10.0.0.7:5432"},
		"DiskFull": {
			booking.Errorf(booking.Unavailable, away).WithCause(errors.New("no space left on device")),
			away, zap.WarnLevel, unusable, "no space left",
		},
		"DatabaseAwayWithin": {
			fmt.Errorf("rooms of a place: %w", errAway), away, zap.WarnLevel, unusable, "10.0.0.7:5432",
		},
		"TableMissing": {
			booking.Errorf(booking.Unavailable, notSetUp).WithCause(fmt.Errorf("%w: %w", booking.ErrNotPrepared, lacksTable)),
			notSetUp, zap.ErrorLevel, unprepared, "secret",
		},
		"WaitedInVain": {fmt.Errorf("wait: %w", context.DeadlineExceeded), away, zap.WarnLevel, overdue, "wait"},
		"HungUp":       {fmt.Errorf("wait: %w", context.Canceled), away, zap.WarnLevel, overdue, "wait"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			core, logs := observer.New(zap.DebugLevel)
			b := setup(t, func(d *testDeps) { d.Logger = zap.New(core) })
			b.store.fail(tt.err)
			logs.TakeAll()
			a := b.do("GET", placesPath+"/place-seaside", "")
			p := b.problem(a, 503, booking.Unavailable)
			require.Equal(t, tt.detail, p.Detail)
			require.Equal(t, "2", a.Header.Get("Retry-After"))
			require.NotContains(t, a.text, tt.logged)
			lines := logs.Filter(func(e observer.LoggedEntry) bool { return e.ContextMap()["error"] != nil }).All()
			require.Len(t, lines, 1)
			require.Equal(t, tt.level, lines[0].Level)
			require.Equal(t, tt.line, lines[0].Message)
			require.Contains(t, lines[0].ContextMap()["error"], tt.logged)
		})
	}
}
