package orders

import (
	"context"
	"errors"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestJoined: requests that come during a call share the next one, so that no answer is
// older than its request.
func TestJoined(t *testing.T) {
	t.Parallel()
	var j joined[int]
	calls, pass := 0, make(chan struct{})
	call := func() (int, error) { <-pass; calls++; return calls, nil }
	first := j.join("a", call)
	second, third := j.join("a", call), j.join("a", call)
	require.Same(t, second, third)
	require.NotSame(t, first, second)
	other := j.join("b", func() (int, error) { return 7, errors.New("away") })
	<-other.done
	require.EqualError(t, other.err, "away")

	pass <- struct{}{}
	<-first.done
	require.Equal(t, 1, first.value)
	pass <- struct{}{}
	<-second.done
	require.Equal(t, 2, second.value)

	cancelled, leave := context.WithCancel(t.Context())
	leave()
	_, err := j.do(cancelled, "c", call)
	require.ErrorIs(t, err, context.Canceled)
	close(pass)
	n, err := j.do(t.Context(), "c", call)
	require.NoError(t, err)
	require.GreaterOrEqual(t, n, 3)
}
