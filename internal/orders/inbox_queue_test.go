package orders

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestLine: the wait follows from the number of orders, and from the rate at which they are
// dispatched.
func TestLine(t *testing.T) {
	t.Parallel()
	var l inboxQueue
	wait, known := l.wait()
	require.Equal(t, unknownWait, wait)
	require.False(t, known, "nothing was dispatched yet")
	for range 100 {
		l.joined()
	}
	for range 20 {
		l.dispatchedIn(1, time.Second)
		l.left()
	}
	l.setLength(91)
	l.joined()
	wait, known = l.wait()
	require.True(t, known)
	require.InDelta(t, 92*time.Second, wait, float64(time.Microsecond), "92 of them, one a second")

	for range 60 { // it has become faster
		l.dispatchedIn(16, time.Second)
	}
	wait, _ = l.wait()
	require.InDelta(t, 92*time.Second/16, wait, float64(10*time.Millisecond))
}

// TestLine_EngineAway: while the engine is away, the inbox is never too long, however few
// orders were dispatched before, and however long ago.
func TestLine_EngineAway(t *testing.T) {
	t.Parallel()
	var l inboxQueue
	l.dispatchedIn(1, 4*time.Second) // the last one before the outage
	l.markStopped()
	l.setLength(10_000)
	wait, known := l.wait()
	require.Equal(t, unknownWait, wait)
	require.False(t, known)

	for range 100 {
		l.dispatchedIn(16, time.Second)
	}
	l.markStopped()
	l.setLength(100)
	wait, known = l.wait()
	require.Equal(t, unknownWait, wait, "seven seconds once it answers again")
	require.True(t, known)
	l.dispatchedIn(16, time.Second)
	wait, _ = l.wait()
	require.InDelta(t, 6250*time.Millisecond, wait, float64(10*time.Millisecond))
}

// TestDispatcher_TooLong: an inbox that cannot be emptied in time accepts no more orders,
// whether or not the engine is away meanwhile.
func TestDispatcher_TooLong(t *testing.T) {
	t.Parallel()
	d := &Dispatcher{Within: 30 * time.Minute}
	for range 20 {
		d.line.dispatchedIn(16, 16*time.Second)
	}
	for _, note := range []func(){func() {}, d.line.markStopped} {
		note()
		d.line.setLength(1790)
		_, tooLong := d.estimate()
		require.False(t, tooLong)
		d.line.setLength(1810)
		wait, tooLong := d.estimate()
		require.True(t, tooLong)
		require.Equal(t, d.Within, wait)
	}
}
