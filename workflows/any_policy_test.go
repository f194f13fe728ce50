package workflows_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// anyPolicy is a random cancellation policy for a kind of order. For a stay, the tier in
// force changes while the order runs.
func anyPolicy(k booking.Kind, random *rand.Rand) *booking.CancellationPolicy {
	p := &booking.CancellationPolicy{Fee: []int64{0, 1000, 1_000_000}[random.IntN(3)]}
	first, second := booking.Tier{Percent: 100 - random.IntN(30)}, booking.Tier{Percent: random.IntN(70)}
	switch statuses := booking.TierStatuses(k); {
	case len(statuses) > 0:
		first.Status, second.Status = statuses[0], statuses[1]
	case k == booking.Lodging:
		first.Before, second.Before = new(booking.Duration(22*24*hour+hour)), new(booking.Duration(hour))
		p.EarlyDeparture = []int{0, 50, 100}[random.IntN(3)]
		if random.IntN(2) == 0 {
			p.NoShow = new(random.IntN(101))
		}
	default:
		first.Within, second.Within = new(booking.Duration(30*time.Second)), new(booking.Duration(12*hour))
	}
	p.Tiers = []booking.Tier{first, second}[random.IntN(2):]
	return p
}

// kept is how much a cancelled order has kept.
func kept(v contract.View) int64 {
	if v.FinalAmounts == nil {
		return 0
	}
	return v.FinalAmounts.Kept.Amount
}

// cancel is a customer's cancel that carries the quote that they have seen.
type cancel struct {
	*decision
	note  booking.Personal // unique to this cancel
	stale bool
	due   booking.Due // the quote
}

// expects sends a cancel after a while, with the quote of that moment or, if stale, with
// one that no order has.
func (s *trial) expects(after time.Duration, stale bool) {
	c := &cancel{decision: &decision{}, stale: stale, note: booking.Personal(fmt.Sprint("as quoted ", len(s.cancels)))}
	s.cancels = append(s.cancels, c)
	s.env.RegisterDelayedCallback(func() {
		p, err := s.pages.Order(context.Background(), s.order)
		if err != nil {
			return // the order is not published yet
		}
		now := s.env.Now()
		c.due = p.View.Quote(now).Due
		said := contract.Decision{Note: c.note, By: "1024", At: now, Expect: c.due.Quote()}
		if stale {
			said.Expect = "before:1h/77"
		}
		s.sendRaw(contract.CancelUpdate, c.decision, said)
	}, after)
}

// requireKept checks what a cancelled order keeps against its policy: only a cancellation
// by the customer keeps something, and exactly what was quoted.
func (s *trial) requireKept(v contract.View, left int64, r refunds) {
	s.Helper()
	payment, err := s.ledger.Payment(s.Context(), s.order)
	if err == nil && payment.WasCharged() {
		require.Equal(s, payment.Amount.Amount-r.all, left, "the ledger and the provider agree")
		require.LessOrEqual(s, left, payment.Kept, "the customer has all that the policy gives")
		require.GreaterOrEqual(s, left, payment.Kept-r.late, "and no more, but for what staff refunded afterwards")
		require.Equal(s, v.FinalAmounts != nil, s.policed)
	} else {
		require.Zero(s, left)
	}
	if v.FinalAmounts != nil {
		require.Equal(s, payment.Kept, v.FinalAmounts.Kept.Amount)
		if s.failures == nil { // a refund made by the order's end may have failed since
			require.LessOrEqual(s, v.FinalAmounts.Refunded.Amount, r.all)
		}
		if !s.moved && len(payment.Entries) < 2 && r.late == 0 && r.all == r.byProvider {
			require.Equal(s, v.Amount.Amount, v.FinalAmounts.Refunded.Amount+v.FinalAmounts.Kept.Amount)
		}
	}
	for _, c := range s.cancels {
		require.False(s, c.stale && c.accepted, "no order has such a quote")
	}
	for _, request := range s.refundRequests {
		require.True(s, request.Reason.Keeps() || request.Keep == 0, "%+v", request)
	}
	if s.earlierRuns > 0 {
		return // the decision of an earlier run counts
	}
	require.True(s, v.Reason.Keeps() || kept(v) == 0)
	for _, e := range v.History {
		for _, c := range s.cancels {
			if e.Note != c.note {
				continue
			}
			for _, request := range s.refundRequests {
				require.Equal(s, []any{c.due.Keep, c.due.Tier}, []any{request.Keep, request.Tier}, "what was quoted is what happens")
			}
		}
	}
}
