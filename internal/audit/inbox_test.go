package audit_test

import (
	"testing"
	"time"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/audit"
	"github.com/yeyak/yeyak/internal/orders"
	"github.com/yeyak/yeyak/workflows/contract"
)

// audited is when audits of the books begin.
var audited = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

// waits puts an order into the inbox, with all that a waiting order has.
func (b *books) waits(k orders.Kept) {
	v := order(booking.Food, booking.Received)
	v.Version, v.Placed = orders.KeptVersion, false
	b.rows = append(b.rows, audit.Row{ID: v.ID, Status: v.Status, Version: v.Version, View: v})
	k.OrderID, k.Kind = v.ID, booking.Food
	b.kept = append(b.kept, k)
}

// TestRun_Inbox: a waiting order is no finding while it is leased in time.
func TestRun_Inbox(t *testing.T) {
	t.Parallel()
	const since = "no dispatcher has taken it out of the inbox since 1999-12-31T23:00:00Z"
	never := []audit.Finding{{Kind: audit.Inbox, OrderID: "food-1", Says: since, Remedy: "start an API: each dispatches the inbox"}}
	started := []audit.Finding{{
		Kind: audit.Inbox, OrderID: "food-1", Says: "its saga was started, and it still waits in the inbox", Remedy: "start an API: each ends it",
	}}
	withdrawn := &contract.Withdrawal{Reason: booking.ByCustomer}
	anHourAgo, justNow := audited.Add(-time.Hour), audited.Add(-time.Second)
	for name, test := range map[string]struct {
		kept    orders.Kept
		started bool
		want    []audit.Finding
	}{
		"Waits":              {orders.Kept{ReceivedAt: justNow}, false, nil},
		"IsTaken":            {orders.Kept{ReceivedAt: anHourAgo, LeasedUntil: audited.Add(time.Minute)}, false, nil},
		"IsTriedAgain":       {orders.Kept{ReceivedAt: anHourAgo, LeasedUntil: justNow}, false, nil},
		"NeverTaken":         {orders.Kept{ReceivedAt: anHourAgo}, false, never},
		"TakenLongAgo":       {orders.Kept{ReceivedAt: anHourAgo.Add(-time.Hour), LeasedUntil: anHourAgo}, false, never},
		"NotClosed":          {orders.Kept{ReceivedAt: anHourAgo, Withdrawal: withdrawn}, false, never},
		"Started":            {orders.Kept{ReceivedAt: justNow}, true, started},
		"StartedAndNotTaken": {orders.Kept{ReceivedAt: anHourAgo}, true, started},
		"StartedAndCancels":  {orders.Kept{ReceivedAt: justNow, Withdrawal: withdrawn}, true, nil},
		"IsAboutToBeSettled": {orders.Kept{ReceivedAt: justNow, LeasedUntil: audited.Add(time.Minute)}, true, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBooks()
			b.waits(test.kept)
			if test.started {
				b.rows = nil
				b.add(order(booking.Food, booking.Delivering))
			}
			b.requireFindings(t, test.want...)
		})
	}
}

// TestRun_Decisions: a waiting decision is no finding while a process tries to deliver
// it. Later ones wait for the first.
func TestRun_Decisions(t *testing.T) {
	t.Parallel()
	never := []audit.Finding{{
		Kind: audit.Decision, OrderID: "food-1", Remedy: "start an API: each delivers kept decisions",
		Says: "its complete of 1999-12-31T22:00:00Z waits to be delivered, and nothing has tried to since 1999-12-31T23:00:00Z",
	}}
	longAgo, anHourAgo, justNow := audited.Add(-2*time.Hour), audited.Add(-time.Hour), audited.Add(-time.Second)
	for name, test := range map[string]struct {
		made, leased time.Time
		want         []audit.Finding
	}{
		"Waits":        {justNow, time.Time{}, nil},
		"IsTried":      {longAgo, audited.Add(time.Minute), nil},
		"IsTriedAgain": {longAgo, justNow, nil},
		"NotTried":     {longAgo, anHourAgo, never},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBooks()
			b.add(order(booking.Food, booking.Delivering))
			for _, leased := range []time.Time{test.leased, {}} {
				b.decided = append(b.decided, orders.KeptDecision{
					Decision: orders.Decision{OrderID: "food-1", Update: contract.CompleteUpdate}, DecidedAt: test.made, LeasedUntil: leased,
				})
			}
			b.requireFindings(t, test.want...)
		})
	}
}
