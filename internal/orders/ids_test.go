package orders

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
)

func TestNewID(t *testing.T) {
	t.Parallel()
	a, b := newID(booking.Lodging), newID(booking.Lodging)
	require.NotEqual(t, a, b)
	require.Len(t, a, len("lodging-")+26)
	require.True(t, booking.IsOrderID(booking.Lodging, a))
	require.True(t, booking.IsOrderID("", KeyedID(booking.Lodging, "alice", "k", 0)))
	require.NotEqual(t, KeyedID(booking.Lodging, "alice", "1k", 0), KeyedID(booking.Lodging, "alice1", "k", 0))
}

func TestKeyedID(t *testing.T) {
	t.Parallel()
	require.Equal(t, "lodging-d58ctzaqbb6n1cek8msx3xssgw", KeyedID(booking.Lodging, "alice", "k1", 0), "keys outlive releases")
	ids := map[string]bool{}
	for _, kind := range booking.Kinds() {
		for number := range 100 {
			for _, key := range []string{"k", "k1"} {
				id := KeyedID(kind, "alice", key, number)
				require.True(t, booking.IsOrderID(kind, id))
				ids[id] = true
			}
		}
	}
	require.Len(t, ids, 4*100*2)
}
