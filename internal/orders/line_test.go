package orders

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestLine: how long one waits follows from how many there are, and from how fast
// they leave of late.
func TestLine(t *testing.T) {
	t.Parallel()
	var l line
	at := time.Date(2026, 12, 1, 3, 0, 0, 0, time.UTC)
	wait, known := l.wait(at)
	require.Equal(t, unknownWait, wait)
	require.False(t, known, "nothing moves")
	l.holds(101)
	for n := range 10 {
		l.left(at.Add(time.Duration(n) * time.Second))
	}
	l.joined()
	wait, known = l.wait(at.Add(10 * time.Second))
	require.True(t, known)
	require.Equal(t, 92*time.Second, wait, "92 of them, one a second")
	_, known = l.wait(at.Add(time.Hour))
	require.False(t, known, "that was long ago")
}
