package booking

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/internal/rig/seed"
)

func TestChangeLots(t *testing.T) {
	t.Parallel()
	two := []Lot{{1, 50000}, {2, 60000}}
	for name, c := range map[string]struct {
		lots  []Lot
		wants int
		price int64
		want  []Lot
	}{
		"AtAnotherPrice":         {[]Lot{{2, 100000}}, 3, 30000, []Lot{{2, 100000}, {1, 30000}}},
		"AtTheSamePrice":         {[]Lot{{2, 100000}}, 3, 50000, []Lot{{3, 150000}}},
		"WhatWasBoughtLastGoes":  {two, 2, 0, []Lot{{1, 50000}, {1, 30000}}},
		"AllThatWasBoughtLast":   {two, 1, 0, []Lot{{1, 50000}}},
		"WhatCannotBeSharedOut":  {[]Lot{{3, 100}}, 1, 0, []Lot{{1, 34}}},
		"AsMany":                 {two, 3, 0, two},
		"ForNothing":             {[]Lot{{1, 0}}, 2, 0, []Lot{{2, 0}}},
		"None, and some of them": {nil, 2, 7, []Lot{{2, 14}}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, ok := ChangeLots(c.lots, c.wants, c.price)
			require.True(t, ok)
			require.Equal(t, c.want, got)
		})
	}
	_, ok := ChangeLots(nil, 1000, 1<<60)
	require.False(t, ok)
}

// TestReprice_AddedAndRemoved: adding to a stay, at any price, and removing it again leaves
// each night at its former price. A stay that only shrinks never costs more.
func TestReprice_AddedAndRemoved(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(seed.Of(t, "prices"), 0))
	first := Date{Year: 2026, Month: 12, Day: 20}
	daily := func(from, nights, rooms int) DailyQuantity {
		return DailyQuantity{first.AddDays(from), first.AddDays(from + nights), rooms}
	}
	for range 2000 {
		has := daily(3, 1+random.IntN(3), 1+random.IntN(3))
		nights, total, ok := Reprice(DailyQuantity{}, nil, has, random.Int64N(100))
		require.True(t, ok)
		for range random.IntN(4) { // it was changed before
			next := daily(1+random.IntN(4), 1+random.IntN(4), 1+random.IntN(4))
			nights, total, ok = Reprice(has, nights, next, random.Int64N(100))
			require.True(t, ok)
			has = next
		}
		more := DailyQuantity{has.From.AddDays(-random.IntN(2)), has.To.AddDays(random.IntN(3)), has.Quantity + random.IntN(3)}
		added, dearer, ok := Reprice(has, nights, more, random.Int64N(100))
		require.True(t, ok)
		require.GreaterOrEqual(t, dearer, total)
		former, again, ok := Reprice(more, added, has, random.Int64N(100))
		require.True(t, ok)
		require.Equal(t, total, again)
		require.Equal(t, nights, former)
	}
}

// TestReprice_AfterAPriceDrop: removing a room that was added at a lower price refunds what
// that room has cost.
func TestReprice_AfterAPriceDrop(t *testing.T) {
	t.Parallel()
	day := Date{Year: 2026, Month: 12, Day: 24}
	one, two := DailyQuantity{day, day.AddDays(2), 1}, DailyQuantity{day, day.AddDays(2), 2}
	was := []NightPrice{{From: day, To: day.AddDays(2), Amount: 50000}}
	added, total, ok := Reprice(one, was, two, 10000)
	require.True(t, ok)
	require.EqualValues(t, 120000, total)
	require.Equal(t, []NightPrice{{From: day, To: day.AddDays(2), Amount: 60000, Lots: []Lot{{1, 50000}, {1, 10000}}}}, added)
	former, total, ok := Reprice(two, added, one, 10000)
	require.True(t, ok)
	require.EqualValues(t, 100000, total)
	require.Equal(t, was, former)
	_, averaged, ok := RepriceOnAverage(two, added, one, 10000)
	require.True(t, ok)
	require.EqualValues(t, 60000, averaged, "as changes of earlier builds continue")
}
