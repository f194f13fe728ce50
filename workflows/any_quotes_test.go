package workflows_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/rig/seed"
	"github.com/yeyak/yeyak/workflows/contract"
)

// quotes is how many random policies, time zones and moments are tried below.
const quotes = 1000

// TestQuote_IsWhatHappens: for any policy, time zone and moments, a customer is quoted what
// a cancel refunds, and cancels later with that quote. The refund is exactly as quoted
// while the quote says that it holds; otherwise the cancel fails with QuoteChanged, and
// nothing is done. YEYAK_SEED repeats a run.
func TestQuote_IsWhatHappens(t *testing.T) {
	t.Parallel()
	seed := seed.Of(t, "quotes")
	var asQuoted, changed atomic.Int64
	t.Cleanup(func() {
		require.Greater(t, asQuoted.Load(), int64(quotes/4), "most may cancel")
		require.Greater(t, changed.Load(), int64(quotes/20), "and some come too late for their quote")
	})
	for i := range uint64(quotes) {
		kind := booking.Kinds()[i%4]
		t.Run(fmt.Sprintf("%s/%d", kind, i), func(t *testing.T) {
			random := rand.New(rand.NewPCG(seed, i))
			c := anyQuoted(t, kind, random)
			c.quoteAndCancel()
			c.requireAsQuoted(c.execute(c.in))
			switch {
			case c.came.accepted:
				asQuoted.Add(1)
			case c.came.code() == booking.QuoteChanged:
				changed.Add(1)
			}
		})
	}
}

// quoted is an order whose customer gets a quote at one moment and cancels at another.
type quoted struct {
	*sagaRun
	in        contract.Input
	at, later time.Duration // durations since the order was placed
	goodwill  int64         // what staff refunds before

	hasQuote     bool
	quote        contract.Quote
	by           booking.Status // the status at the quote
	then         booking.Status // the status at the cancel
	came         decision
	afterRefusal booking.Payment // just after the cancel was refused
}

func anyQuoted(t *testing.T, kind booking.Kind, random *rand.Rand) *quoted {
	policy := anyTiers(kind, random)
	require.Empty(t, policy.Faults(kind), "%+v", policy)
	c := &quoted{}
	span := 24 * hour
	switch kind {
	case booking.Lodging:
		s := newStay(t)
		zones := []string{"Asia/Seoul", "Europe/Berlin", "America/St_Johns", "Pacific/Chatham", "Africa/Casablanca", "UTC"}
		s.in.Place.TimeZone, s.in.Place.CheckInTime = zones[random.IntN(len(zones))], booking.Clock{Hour: 11 + random.IntN(13)}
		s.in.CheckIn = firstNight.AddDays(random.IntN(150)) // daylight saving time may begin or end meanwhile
		s.in.CheckOut = s.in.CheckIn.AddDays(2)
		require.NoError(t, s.stock.SetCapacity(t.Context(), s.item, s.in.CheckIn, s.in.CheckOut, 1))
		s.in.Cancellation = policy
		c.sagaRun, c.in, span = s.sagaRun, s.in, s.arrival()+12*hour
	case booking.Food:
		m := newMeal(t)
		m.in.Cancellation = policy
		c.sagaRun, c.in = m.sagaRun, m.in
	case booking.Cafe:
		p := newCup(t)
		p.in.Cancellation = policy
		c.sagaRun, c.in = p.sagaRun, p.in
	default:
		v := newVisit(t)
		v.in.Cancellation = policy
		c.sagaRun, c.in = v.sagaRun, v.in
	}
	c.policed = true
	c.startsLater(random)
	c.choose(random, policy, span)
	c.env.RegisterDelayedCallback(c.env.CancelWorkflow, span+200*24*hour)
	return c
}

// startsLater makes the work for some orders begin some time after their payment.
func (c *quoted) startsLater(random *rand.Rand) {
	away := random.IntN(6)
	c.setFaults(func(call string) fault {
		if call == "start" && away > 0 {
			away--
			return before
		}
		return none
	})
}

// choose chooses the moments: random ones, ends of tiers, and just after them.
func (c *quoted) choose(random *rand.Rand, policy *booking.CancellationPolicy, span time.Duration) {
	if random.IntN(4) == 0 {
		c.goodwill = 1 + random.Int64N(c.in.View().Amount.Amount)
	}
	moments := []time.Duration{time.Second, 5 * time.Second, 20 * time.Second, hour, someTime(random, span), someTime(random, span)}
	for _, tier := range policy.Tiers {
		var end time.Duration
		switch stay, ok := c.in.(contract.Lodging); {
		case ok:
			end = stay.CheckInAt().Sub(placedAt) - time.Duration(*tier.Before)
		case tier.Within != nil:
			end = time.Duration(*tier.Within)
		}
		moments = append(moments, end, end+time.Nanosecond, end+time.Second)
	}
	c.at = max(time.Second, moments[random.IntN(len(moments))])
	c.later = max(c.at, moments[random.IntN(len(moments))])
	if random.IntN(4) == 0 {
		c.later = c.at + someTime(random, 2*hour)
	}
}

func someTime(random *rand.Rand, span time.Duration) time.Duration {
	return time.Duration(random.Int64N(int64(span)))
}

// anyTiers is a random policy.
func anyTiers(k booking.Kind, random *rand.Rand) *booking.CancellationPolicy {
	p := &booking.CancellationPolicy{Fee: random.Int64N(2) * random.Int64N(20_000)}
	percent, statuses := 100, booking.TierStatuses(k)
	var times []booking.Duration
	for range 1 + random.IntN(4) {
		times = append(times, booking.Duration(random.IntN(24*3600))*booking.Duration(time.Second))
	}
	if k == booking.Lodging {
		for i := range times {
			times[i] *= 30
		}
	}
	slices.Sort(times)
	if k == booking.Lodging {
		slices.Reverse(times)
	}
	for i, at := range slices.Compact(times) {
		percent = random.IntN(percent + 1)
		switch {
		case len(statuses) > i:
			p.Tiers = append(p.Tiers, booking.Tier{Status: statuses[i], Percent: percent})
		case len(statuses) > 0:
		case k == booking.Lodging:
			p.Tiers = append(p.Tiers, booking.Tier{Before: new(at), Percent: percent})
		default:
			p.Tiers = append(p.Tiers, booking.Tier{Within: new(at), Percent: percent})
		}
	}
	return p
}

// quoteAndCancel lets the customer get a quote, and cancel.
func (c *quoted) quoteAndCancel() {
	if c.goodwill > 0 {
		c.staffRefunds(c.at, "1", c.goodwill)
		c.at, c.later = c.at+time.Minute, c.later+time.Minute // the provider has made the refund by then
	}
	c.env.RegisterDelayedCallback(func() {
		p, err := c.pages.Order(context.Background(), c.order)
		if err != nil || booking.MayCancel(p.View.Status) != nil {
			return
		}
		payment, err := c.ledger.Payment(context.Background(), c.order)
		if err != nil {
			return // the order is not paid for yet
		}
		c.hasQuote, c.quote, c.by = true, p.View.Quote(c.env.Now()), p.View.Status
		c.quote.RefundedBefore = payment.RefundedByOthers()
	}, c.at+time.Nanosecond)
	c.env.RegisterDelayedCallback(func() {
		if !c.hasQuote {
			return
		}
		p, err := c.pages.Order(context.Background(), c.order)
		require.NoError(c, err)
		c.then = p.View.Status
		c.sendRaw(contract.CancelUpdate, &c.came, contract.Decision{By: "1024", At: c.env.Now(), Expect: c.quote.Quote()})
		c.env.RegisterDelayedCallback(func() {
			c.afterRefusal, err = c.ledger.Payment(context.Background(), c.order)
			require.NoError(c, err)
		}, time.Nanosecond)
	}, c.later+time.Nanosecond)
}

// requireAsQuoted checks the outcome of the cancel against the quote.
func (c *quoted) requireAsQuoted(v contract.View) {
	c.Helper()
	if !c.hasQuote || !c.came.accepted && c.came.err == nil {
		return // the order had ended before
	}
	at := placedAt.Add(c.later + time.Nanosecond)
	holds := c.quote.Until.IsZero() || !at.After(c.quote.Until)
	amount := v.Amount.Amount
	switch {
	case c.came.accepted:
		require.NoError(c, c.came.err)
		require.True(c, holds, "%+v", c.quote)
		require.Equal(c, booking.Cancelled, v.Status)
		refunded := max(c.quote.Refund, c.quote.RefundedBefore)
		require.Equal(c, amount-refunded, c.owed(), "what the customer has is what was quoted, with what they had before")
		require.Equal(c, c.quote.StillDue(c.quote.Refund), refunded-c.quote.RefundedBefore)
		require.Equal(c, c.quote.Kept(c.quote.Refund, c.quote.Keep), v.FinalAmounts.Kept.Amount)
		require.Equal(c, refunded, v.FinalAmounts.Refunded.Amount)
	case c.came.code() == booking.QuoteChanged:
		require.True(c, !holds || c.by != c.then, "%+v", c.quote)
		require.Equal(c, booking.Charged, c.afterRefusal.Status, "nothing is done")
		require.Equal(c, c.quote.RefundedBefore, c.afterRefusal.RefundedByOthers())
	default: // the order cannot be cancelled any more
		stay, ok := c.in.(contract.Lodging)
		require.True(c, c.then.Final() || booking.MayCancel(c.then) != nil || ok && !at.Before(stay.CheckInAt()), "%v", c.came.err)
	}
}
