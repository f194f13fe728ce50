package booking_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/rig/seed"
)

func long(d time.Duration) *booking.Duration { return new(booking.Duration(d)) }

const oneDay = 24 * time.Hour

// strict refunds everything until three days before check-in and half until a day before, and
// keeps a fee in both cases.
func strict() *booking.CancellationPolicy {
	return &booking.CancellationPolicy{
		Tiers: []booking.Tier{{Before: long(3 * oneDay), Percent: 100}, {Before: long(oneDay), Percent: 50}}, Fee: 1000,
	}
}

var comes = time.Date(2026, 12, 24, 6, 0, 0, 0, time.UTC)

func stayCancelled(at time.Time) booking.Cancellation {
	return booking.Cancellation{
		Kind: booking.Lodging, Amount: booking.Money{Amount: 100_001, Currency: "KRW"}, Status: booking.Confirmed,
		PlacedAt: comes.Add(-30 * oneDay), At: at, CheckIn: comes, Reason: booking.ByCustomer, Nights: 2,
	}
}

// TestRefundDue_Stay: a tier holds to its last moment, and the refund is rounded down.
func TestRefundDue_Stay(t *testing.T) {
	t.Parallel()
	for at, want := range map[time.Duration]booking.Due{
		-30 * oneDay:            {Refund: 99_001, Keep: 1000, Tier: "before:72h", Until: comes.Add(-3 * oneDay)},
		-3 * oneDay:             {Refund: 99_001, Keep: 1000, Tier: "before:72h", Until: comes.Add(-3 * oneDay)},
		-3*oneDay + 1:           {Refund: 49_000, Keep: 51_001, Tier: "before:24h", Until: comes.Add(-oneDay)},
		-oneDay:                 {Refund: 49_000, Keep: 51_001, Tier: "before:24h", Until: comes.Add(-oneDay)},
		-oneDay + time.Second:   {Keep: 100_001, Tier: booking.TierNone},
		oneDay + 30*time.Minute: {Keep: 100_001, Tier: booking.TierNone},
	} {
		require.Equal(t, want, strict().RefundDue(stayCancelled(comes.Add(at))), at)
	}
}

// TestRefundDue_Everything: everything is refunded if the customer did not cause the
// cancellation, or the order was not confirmed yet.
func TestRefundDue_Everything(t *testing.T) {
	t.Parallel()
	var none *booking.CancellationPolicy
	late := stayCancelled(comes.Add(-time.Hour))
	require.Equal(t, booking.Due{Refund: 100_001, Tier: booking.TierAll}, none.RefundDue(late))
	for _, reason := range booking.Reasons() {
		c := late
		c.Reason = reason
		if reason == booking.ByCustomer {
			require.Zero(t, strict().RefundDue(c).Refund)
			continue
		}
		if reason.Keeps() {
			require.Equal(t, string(booking.NoShow), strict().RefundDue(c).Tier)
			continue
		}
		require.Equal(t, booking.Due{Refund: 100_001, Tier: booking.TierAll}, strict().RefundDue(c), reason)
	}
	for _, k := range booking.Kinds() {
		for _, s := range k.Statuses() {
			c := late
			c.Kind, c.Status = k, s
			decidable := k.Decides(s) && s != booking.AwaitingOwner
			require.Equal(t, !decidable, strict().RefundDue(c).Tier == booking.TierUnconfirmed, "%s %s", k, s)
		}
	}
}

// TestRefundDue_ByStatus: the refund of food and drinks depends on the status only, not on the
// time.
func TestRefundDue_ByStatus(t *testing.T) {
	t.Parallel()
	p := &booking.CancellationPolicy{Tiers: []booking.Tier{{Status: booking.Paid, Percent: 90}}, Fee: 500}
	require.Empty(t, p.Faults(booking.Food))
	c := booking.Cancellation{Kind: booking.Food, Amount: booking.Money{Amount: 18_000}, Status: booking.Paid, Reason: booking.ByCustomer, At: comes}
	require.Equal(t, booking.Due{Refund: 15_700, Keep: 2_300, Tier: "status:paid"}, p.RefundDue(c))
	require.Empty(t, p.Later(c))
	require.Equal(t, "status:paid/15700", p.RefundDue(c).Quote())
	c.Status = booking.Delivering
	require.Equal(t, booking.Due{Keep: 18_000, Tier: booking.TierNone}, p.RefundDue(c))
	p.Fee = 20_000
	c.Status = booking.Paid
	require.Equal(t, booking.Due{Keep: 18_000, Tier: "status:paid"}, p.RefundDue(c), "a fee keeps no more than there is")
}

// TestRefundDue_ThreeDigits: a refund is rounded up to an amount that can be paid.
func TestRefundDue_ThreeDigits(t *testing.T) {
	t.Parallel()
	c := stayCancelled(comes.Add(-2 * oneDay))
	c.Amount = booking.Money{Amount: 5_130, Currency: "KWD"}
	p := &booking.CancellationPolicy{Tiers: []booking.Tier{{Before: long(0), Percent: 33}}}
	require.Equal(t, booking.Due{Refund: 1_700, Keep: 3_430, Tier: "before:0s", Until: comes}, p.RefundDue(c))
}

// TestRefundDue_Within: a cleaning can be cancelled for some time after it was ordered.
func TestRefundDue_Within(t *testing.T) {
	t.Parallel()
	p := &booking.CancellationPolicy{Tiers: []booking.Tier{{Within: long(10 * time.Minute), Percent: 100}, {Within: long(time.Hour), Percent: 20}}}
	require.Empty(t, p.Faults(booking.Cleaning))
	c := booking.Cancellation{Kind: booking.Cleaning, Amount: booking.Money{Amount: 50_000}, Status: booking.Calling, Reason: booking.ByCustomer, PlacedAt: comes}
	c.At = comes.Add(time.Minute)
	require.Equal(t, booking.Due{Refund: 50_000, Tier: "within:10m", Until: comes.Add(10 * time.Minute)}, p.RefundDue(c))
	require.Equal(t, []booking.DueLater{
		{After: comes.Add(10 * time.Minute), Due: booking.Due{Refund: 10_000, Keep: 40_000, Tier: "within:1h", Until: comes.Add(time.Hour)}},
		{After: comes.Add(time.Hour), Due: booking.Due{Keep: 50_000, Tier: booking.TierNone}},
	}, p.Later(c))
}

// TestRefundDue_Stays: guests who do not come get the policy's percentage for that, by default
// that of the last tier; guests who leave early get a part of the price of the freed nights.
func TestRefundDue_Stays(t *testing.T) {
	t.Parallel()
	c := stayCancelled(comes.Add(time.Hour))
	c.Reason = booking.NoShow
	require.Equal(t, booking.Due{Refund: 49_000, Keep: 51_001, Tier: "no_show"}, strict().RefundDue(c))
	p := strict()
	p.NoShow = new(int)
	require.Equal(t, booking.Due{Keep: 100_001, Tier: "no_show"}, p.RefundDue(c))
	p.EarlyDeparture = 50
	c.Reason, c.FreedNights, c.Nights, c.Status = "", 2, 3, booking.Completed
	require.Equal(t, booking.Due{Refund: 33_333, Keep: 66_668, Tier: "early_departure"}, p.RefundDue(c))
}

// anyPolicy is a random policy without faults.
func anyPolicy(random *rand.Rand, k booking.Kind) *booking.CancellationPolicy {
	p := &booking.CancellationPolicy{}
	if random.IntN(3) == 0 {
		p.Fee = random.Int64N(50_000)
	}
	if statuses := booking.TierStatuses(k); len(statuses) > 0 {
		percent := random.IntN(101)
		for _, s := range statuses[random.IntN(2):] {
			p.Tiers = append(p.Tiers, booking.Tier{Status: s, Percent: percent})
			percent = random.IntN(percent + 1)
		}
		return p
	}
	percent, left := random.IntN(101), time.Duration(1+random.IntN(40*24*3600))*time.Second
	for range 1 + random.IntN(booking.MostTiers) {
		t := booking.Tier{Before: long(left), Percent: percent}
		if k == booking.Cleaning {
			t = booking.Tier{Within: long(40*oneDay - left), Percent: percent}
		}
		p.Tiers = append(p.Tiers, t)
		percent = random.IntN(percent + 1)
		if left <= time.Second {
			break
		}
		left = time.Duration(random.Int64N(int64(left/time.Second))) * time.Second
	}
	if k == booking.Lodging {
		p.EarlyDeparture = random.IntN(101)
		if random.IntN(2) == 0 {
			p.NoShow = new(random.IntN(101))
		}
	}
	return p
}

// TestRefundDue_AnyPolicy: for any policy, zone and moment, no more is refunded than was paid,
// a later cancellation never gets a greater refund, and a quote names the right refund until
// its moment ends and the right refunds after that.
func TestRefundDue_AnyPolicy(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(seed.Of(t, "policies"), 0))
	zones := []string{"Asia/Seoul", "Europe/Berlin", "America/St_Johns", "Pacific/Chatham", "Africa/Casablanca", "UTC"}
	for range 1000 {
		k := booking.Kinds()[random.IntN(4)]
		p := anyPolicy(random, k)
		require.Empty(t, p.Faults(k), "%+v", p)
		zone, err := booking.Zone(zones[random.IntN(len(zones))])
		require.NoError(t, err)
		checkIn := booking.Date{Year: 2026, Month: 1, Day: 1}.AddDays(random.IntN(365)).At(booking.Clock{Hour: random.IntN(24)}, zone)
		statuses := k.Statuses()
		c := booking.Cancellation{
			Kind: k, Amount: booking.Money{Amount: random.Int64N(booking.MaxAmount + 1), Currency: []string{"KRW", "EUR", "KWD"}[random.IntN(3)]}, Status: statuses[random.IntN(len(statuses))],
			PlacedAt: checkIn.Add(-40 * oneDay), CheckIn: checkIn, Reason: booking.ByCustomer,
		}
		c.Apart = random.Int64N(c.Amount.Amount+1) * int64(random.IntN(2))
		c.PassedTiers = random.IntN(len(p.Tiers) + 1)
		c.At = c.PlacedAt.Add(time.Duration(random.Int64N(int64(41 * oneDay))))
		now := p.RefundDue(c)
		requireBounds(t, p, c, now)
		missed := c
		missed.Reason = booking.NoShow
		requireBounds(t, p, missed, p.RefundDue(missed))
		if last := c; !now.Until.IsZero() {
			last.At = now.Until
			require.Equal(t, now, p.RefundDue(last), "it holds to its last moment")
			last.At = last.At.Add(1)
			require.NotEqual(t, now.Tier, p.RefundDue(last).Tier, "and no longer")
		}
		later := p.Later(c)
		for range 20 {
			then := c
			then.At = c.At.Add(time.Duration(random.Int64N(int64(45 * oneDay))))
			due := p.RefundDue(then)
			requireBounds(t, p, then, due)
			require.LessOrEqual(t, due.Refund, now.Refund, "%+v at %s", p, then.At)
			if now.Until.IsZero() || !then.At.After(now.Until) {
				require.Equal(t, now, due, "%+v at %s", p, then.At)
				continue
			}
			if k == booking.Lodging && then.At.After(checkIn) {
				continue // it can no longer be cancelled
			}
			require.Equal(t, foretold(later, then.At), due, "%+v at %s", p, then.At)
		}
	}
}

func requireBounds(t *testing.T, p *booking.CancellationPolicy, c booking.Cancellation, due booking.Due) {
	t.Helper()
	require.GreaterOrEqual(t, due.Refund, int64(0))
	require.GreaterOrEqual(t, due.Keep, int64(0))
	require.Equal(t, c.Amount.Amount, due.Refund+due.Keep)
	if keep, known := p.KeptBy(due.Tier, c.Amount, c.Apart); known {
		require.Equal(t, due.Keep, keep, "the audit comes to the same")
	} else {
		require.Zero(t, due.Keep)
	}
	require.NotEmpty(t, due.Tier)
	require.LessOrEqual(t, len(due.Quote()), booking.LongestQuote)
	if !due.Until.IsZero() {
		require.False(t, due.Until.Before(c.At), "it holds")
	}
}

// foretold is the refund at a moment after the quote was made, from its list.
func foretold(later []booking.DueLater, at time.Time) (due booking.Due) {
	for _, l := range later {
		if at.After(l.After) {
			due = l.Due
		}
	}
	return due
}

// TestFaults: each fault names its field.
func TestFaults(t *testing.T) {
	t.Parallel()
	before := func(d time.Duration, percent int) booking.Tier {
		return booking.Tier{Before: long(d), Percent: percent}
	}
	status := func(s booking.Status, percent int) booking.Tier { return booking.Tier{Status: s, Percent: percent} }
	many := make([]booking.Tier, booking.MostTiers+1)
	for i := range many {
		many[i] = before(time.Duration(100-i)*oneDay, 100-i)
	}
	for name, test := range map[string]struct {
		kind   booking.Kind
		policy booking.CancellationPolicy
		fields []string
	}{
		"Sound":        {booking.Lodging, *strict(), nil},
		"SoundDrink":   {booking.Cafe, booking.CancellationPolicy{Tiers: []booking.Tier{status(booking.Paid, 100), status(booking.InProduction, 0)}}, nil},
		"NoTiers":      {booking.Food, booking.CancellationPolicy{}, []string{"tiers"}},
		"TooMany":      {booking.Lodging, booking.CancellationPolicy{Tiers: many}, []string{"tiers"}},
		"NoCondition":  {booking.Lodging, booking.CancellationPolicy{Tiers: []booking.Tier{{Percent: 1}}}, []string{"tiers[0].before"}},
		"OthersTime":   {booking.Food, booking.CancellationPolicy{Tiers: []booking.Tier{before(oneDay, 1)}}, []string{"tiers[0].before", "tiers[0].status"}},
		"OthersStatus": {booking.Food, booking.CancellationPolicy{Tiers: []booking.Tier{status(booking.InProduction, 1)}}, []string{"tiers[0].status"}},
		"Both":         {booking.Lodging, booking.CancellationPolicy{Tiers: []booking.Tier{{Before: long(oneDay), Within: long(oneDay)}}}, []string{"tiers[0].within"}},
		"Negative":     {booking.Lodging, booking.CancellationPolicy{Tiers: []booking.Tier{before(-oneDay, 1)}}, []string{"tiers[0].before"}},
		"TooLong":      {booking.Lodging, booking.CancellationPolicy{Tiers: []booking.Tier{before(800*oneDay, 1)}}, []string{"tiers[0].before"}},
		"Fraction":     {booking.Lodging, booking.CancellationPolicy{Tiers: []booking.Tier{before(time.Millisecond, 1)}}, []string{"tiers[0].before"}},
		"Percent":      {booking.Lodging, booking.CancellationPolicy{Tiers: []booking.Tier{before(oneDay, 101), before(0, -1)}}, []string{"tiers[0].percent", "tiers[1].percent"}},
		"LaterIsMore":  {booking.Lodging, booking.CancellationPolicy{Tiers: []booking.Tier{before(oneDay, 10), before(time.Hour, 20)}}, []string{"tiers[1].percent"}},
		"Order":        {booking.Lodging, booking.CancellationPolicy{Tiers: []booking.Tier{before(oneDay, 10), before(oneDay, 10)}}, []string{"tiers[1].before"}},
		"StatusOrder":  {booking.Cafe, booking.CancellationPolicy{Tiers: []booking.Tier{status(booking.InProduction, 10), status(booking.Paid, 10)}}, []string{"tiers[1].status"}},
		"WithinOrder": {booking.Cleaning, booking.CancellationPolicy{
			Tiers: []booking.Tier{{Within: long(time.Hour)}, {Within: long(time.Minute)}},
		}, []string{"tiers[1].within"}},
		"Fee":        {booking.Lodging, booking.CancellationPolicy{Tiers: strict().Tiers, Fee: -1}, []string{"fee"}},
		"NoShow":     {booking.Lodging, booking.CancellationPolicy{Tiers: strict().Tiers, NoShow: new(101)}, []string{"noShowPercent"}},
		"EarlyOf":    {booking.Lodging, booking.CancellationPolicy{Tiers: strict().Tiers, EarlyDeparture: -1}, []string{"earlyDeparturePercent"}},
		"NoShowFood": {booking.Food, booking.CancellationPolicy{Tiers: []booking.Tier{status(booking.Paid, 1)}, NoShow: new(0), EarlyDeparture: 1}, []string{"noShowPercent", "earlyDeparturePercent"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var fields []string
			for _, f := range test.policy.Faults(test.kind) {
				require.NotEmpty(t, f.Words)
				fields = append(fields, f.Field)
			}
			require.Equal(t, test.fields, fields)
		})
	}
	var none *booking.CancellationPolicy
	require.Empty(t, none.Faults(booking.Lodging))
}
