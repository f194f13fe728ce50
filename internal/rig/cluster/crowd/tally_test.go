package crowd

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestTally_Availability(t *testing.T) {
	t.Parallel()
	for want, tally := range map[string]Tally{
		"100.00 %": {Requests: 100_000},
		"99.99 %":  {Requests: 100_000, Failed: 1},
		"70.45 %":  {Requests: 10_000, Failed: 2955},
		"0.00 %":   {},
	} {
		require.Equal(t, want, tally.Availability())
	}
}

func TestCrowd_Outage(t *testing.T) {
	t.Parallel()
	died := time.Now()
	at := func(after, duration time.Duration, failure string) Record {
		return Record{Begun: died.Add(after - duration), Took: duration, Failure: failure}
	}
	c := &Crowd{records: []Record{
		at(-time.Second, 10*time.Millisecond, "before"),
		at(time.Second, 10*time.Millisecond, ""),
		at(2*time.Second, 10*time.Millisecond, "502"),
		at(3*time.Second, 2*time.Second, ""),
		at(4*time.Second, 10*time.Millisecond, ""),
		at(9*time.Second, 10*time.Millisecond, "of something else"),
	}}
	require.Equal(t, Outage{Requests: 5, Failed: 1, UntilAnswered: 2 * time.Second, UntilFast: 3 * time.Second}, c.Outage(died, time.Second))
	tally := c.Tally()
	require.Equal(t, 6, tally.Requests)
	require.Equal(t, 3, tally.Failed)
	require.Len(t, tally.Failures, 3)
	require.Equal(t, 2*time.Second, tally.Slowest)
}
