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
	given := Limits{MaxWrites: 1, MaxStarts: 7, MaxReads: 2, MaxWaiting: 3, MaxWait: 4, MaxStreams: 5, MaxWaitingCalls: 6}
	require.Equal(t, given, given.withDefaults())
}
