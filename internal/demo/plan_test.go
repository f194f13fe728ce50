package demo

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
)

// lives are the first orders of a plan.
func lives(seed uint64, n int) (all []plannedOrder) {
	p := newPlan(seed, booking.DateOf(time.Unix(0, 0)), offers())
	for range n {
		all = append(all, p.next())
	}
	return all
}

// TestPlan: the same seed generates the same orders, another one others. Some dozens of
// orders contain every action of every business.
func TestPlan(t *testing.T) {
	t.Parallel()
	const many = 100
	all := lives(7, many)
	require.Equal(t, all, lives(7, many))
	require.NotEqual(t, all, lives(8, many))
	kinds, deeds, declined := map[booking.Kind]bool{}, map[action]bool{}, 0
	for _, l := range all {
		kinds[l.kind] = true
		require.Len(t, l.pauses, len(l.actions))
		for _, d := range l.actions {
			deeds[d] = true
		}
		if l.declined {
			declined++
		}
	}
	require.Len(t, kinds, len(booking.Kinds()))
	require.Len(t, deeds, 6)
	require.Positive(t, declined)
	require.Less(t, declined, many/4)
}

// TestOffers_Names: names are in both languages, and valid.
func TestOffers_Names(t *testing.T) {
	t.Parallel()
	names := map[string]bool{}
	for _, o := range offers() {
		require.False(t, names[o.name], o.name)
		names[o.name] = true
		require.LessOrEqual(t, len(o.name), 200)
		require.Positive(t, o.price)
		require.Zero(t, o.price/1000*100%100, "the provider refunds whole hundreds")
	}
}
