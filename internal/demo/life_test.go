package demo

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestWaitOf: pauses between repeats grow, and a caller over the limit of requests waits as long
// as its 429 says. Otherwise all requests of a person with many waiting orders would be refused.
func TestWaitOf(t *testing.T) {
	t.Parallel()
	away := answer{status: http.StatusServiceUnavailable, retryAfter: 30 * time.Second}
	tooMany := answer{status: http.StatusTooManyRequests, retryAfter: 7 * time.Second}
	for repeats, want := range []time.Duration{time.Second, 2 * time.Second, 4 * time.Second, 4 * time.Second} {
		require.Equal(t, want, waitOf(answer{status: http.StatusOK}, repeats))
		require.Equal(t, 4*time.Second, waitOf(away, repeats))
		require.Equal(t, 7*time.Second, waitOf(tooMany, repeats))
	}
	require.Equal(t, 4*time.Second, waitOf(answer{}, 100))
}
