package admission

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestLimits_Defaults(t *testing.T) {
	t.Parallel()
	want := Limits{MaxWrites: 512, MaxStarts: 16, MaxReads: 256, MaxWaiting: 512, MaxWait: 10 * time.Second, MaxStreams: 256}
	require.Equal(t, want, Limits{}.withDefaults())
	limits := Limits{MaxWrites: 1, MaxStarts: 7, MaxReads: 2, MaxWaiting: 3, MaxWait: 4, MaxStreams: 5, MaxWaitingCalls: 6}
	require.Equal(t, limits, limits.withDefaults())
}

// TestLimits_OfOneCaller: the limits of one caller have defaults, or are all off.
func TestLimits_OfOneCaller(t *testing.T) {
	t.Parallel()
	ofOne := func(l Limits) Limits {
		l = l.withDefaults()
		return Limits{PerSecond: l.PerSecond, MaxStreamsOfOne: l.MaxStreamsOfOne, MaxCallsOfOne: l.MaxCallsOfOne, MaxInboxOfOne: l.MaxInboxOfOne}
	}
	require.Equal(t, Limits{PerSecond: 20, MaxStreamsOfOne: 16, MaxCallsOfOne: 10, MaxInboxOfOne: 100}, ofOne(Limits{PerSecond: 20}))
	limits := Limits{PerSecond: 1, MaxStreamsOfOne: 2, MaxCallsOfOne: 3, MaxInboxOfOne: 4}
	require.Equal(t, limits, ofOne(limits))
	limits.PerSecond = 0
	require.Zero(t, ofOne(limits))
}
