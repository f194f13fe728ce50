package admission

import (
	"fmt"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/stretchr/testify/require"
)

// counting makes Callers that admit two requests a second of each caller.
func counting() *Callers {
	return New(Limits{PerSecond: 2, MaxStreamsOfOne: 2}, time.Second, prometheus.NewPedanticRegistry()).Callers
}

func (c *Callers) request(t *testing.T, caller string) Quota {
	t.Helper()
	q, counted := c.Request(caller)
	require.True(t, counted)
	return q
}

// TestCallers_Requests: the requests of one window are admitted at once, further
// ones at the rate; each caller has a bucket of its own.
func TestCallers_Requests(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		c := counting()
		for left := 19; left >= 0; left-- {
			want := Quota{Most: 20, Left: left, Reset: time.Duration(20-left) * time.Second / 2}
			require.Equal(t, want, c.request(t, "a"))
		}
		for range 3 { // a refused request uses no token
			require.Equal(t, Quota{Most: 20, Exceeded: true, Reset: time.Second / 2}, c.request(t, "a"))
		}
		require.Equal(t, 19, c.request(t, "b").Left)
		time.Sleep(time.Second / 4)
		require.Equal(t, Quota{Most: 20, Exceeded: true, Reset: time.Second / 4}, c.request(t, "a"))
		time.Sleep(time.Second / 4)
		require.Equal(t, Quota{Most: 20, Reset: RefillTime}, c.request(t, "a"))
		require.True(t, c.request(t, "a").Exceeded)
		require.Equal(t, 5, counted(c.refused[ShareOfRequests]))
		time.Sleep(RefillTime)
		require.Equal(t, 19, c.request(t, "a").Left)
	})
}

// TestCallers_Exceeded: a check whether a caller exceeds its limit counts no request.
func TestCallers_Exceeded(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		c := counting()
		for range 20 {
			_, exceeded := c.Exceeded("a")
			require.False(t, exceeded)
			require.False(t, c.request(t, "a").Exceeded)
		}
		for range 3 {
			q, exceeded := c.Exceeded("a")
			require.True(t, exceeded)
			require.Equal(t, Quota{Most: 20, Exceeded: true, Reset: time.Second / 2}, q)
		}
		require.Equal(t, 3, counted(c.refused[ShareOfRequests]))
		for _, other := range []string{"b", ""} {
			_, exceeded := c.Exceeded(other)
			require.False(t, exceeded)
		}
		require.Len(t, c.recent, 1, "a question makes no bucket")
		time.Sleep(time.Second / 2)
		_, exceeded := c.Exceeded("a")
		require.False(t, exceeded)
		require.Equal(t, Quota{Most: 20, Reset: RefillTime}, c.request(t, "a"))
	})
}

// TestCallers_Steady: a caller that keeps to the rate is never refused; of one that
// sends twice as much half is refused.
func TestCallers_Steady(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		c := counting()
		refused := 0
		for range 2000 {
			require.False(t, c.request(t, "steady").Exceeded)
			for range 2 {
				if c.request(t, "twice").Exceeded {
					refused++
				}
			}
			time.Sleep(time.Second / 2)
		}
		require.InDelta(t, 2000-20, refused, 2)
	})
}

// TestCallers_Forgotten: a caller is remembered while its bucket is not full, and
// forgotten soon after.
func TestCallers_Forgotten(t *testing.T) {
	inBubble(t, func(t *testing.T) {
		c := counting()
		for range 20 {
			c.request(t, "greedy")
		}
		time.Sleep(RefillTime - 100*time.Millisecond)
		c.request(t, "other")
		require.Equal(t, 18, c.request(t, "greedy").Left, "19.8 of its tokens are available again")
		for range 18 {
			c.request(t, "greedy")
		}
		time.Sleep(time.Second / 2)
		q := c.request(t, "greedy")
		require.False(t, q.Exceeded)
		require.Zero(t, q.Left, "one was available again: it is not forgotten")
		for n := range 1000 {
			c.request(t, fmt.Sprint("passing by ", n))
		}
		for range 3 {
			time.Sleep(RefillTime)
			c.request(t, "other")
		}
		require.Len(t, c.recent, 1)
		require.Len(t, c.older, 1)
	})
}

func TestCallers_Streams(t *testing.T) {
	t.Parallel()
	c := counting()
	require.True(t, c.OpenStream("a"))
	require.True(t, c.OpenStream("a"))
	require.False(t, c.OpenStream("a"))
	require.True(t, c.OpenStream("b"))
	c.CloseStream("a")
	require.True(t, c.OpenStream("a"))
	require.False(t, c.OpenStream("a"))
	require.Equal(t, 2, counted(c.refused[ShareOfStreams]))
	for _, one := range []string{"a", "a", "b"} {
		c.CloseStream(one)
	}
	require.Empty(t, c.streams)
}

// TestCallers_NotCounted: a caller without a name is not counted, and no caller is if
// there is no limit.
func TestCallers_NotCounted(t *testing.T) {
	t.Parallel()
	for caller, c := range map[string]*Callers{"": counting(), "a": New(Limits{MaxStreamsOfOne: 2}, time.Second, nil).Callers} {
		for range 1000 {
			_, counted := c.Request(caller)
			require.False(t, counted)
			require.True(t, c.OpenStream(caller))
		}
		for range 1000 {
			c.CloseStream(caller)
		}
		require.Empty(t, c.recent)
		require.Empty(t, c.streams)
	}
}
