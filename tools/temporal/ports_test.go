package main

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestFreePorts_AreReserved: servers that start in the same moment get different ports,
// although none of them listens yet.
func TestFreePorts_AreReserved(t *testing.T) {
	t.Parallel()
	var all []int
	for range 100 {
		ports, err := freePorts("127.0.0.1", 3)
		require.NoError(t, err)
		require.Len(t, ports, 3)
		all = append(all, ports...)
	}
	slices.Sort(all)
	require.Len(t, slices.Compact(all), 300)
}

// TestReserve_KeepsThePortFromOthers: another open file of the same port, as another
// process has it, gets no lock.
func TestReserve_KeepsThePortFromOthers(t *testing.T) {
	t.Parallel()
	ports, err := freePorts("127.0.0.1", 1)
	require.NoError(t, err)
	mine, err := reserve(ports[0])
	require.NoError(t, err)
	require.False(t, mine)
}
