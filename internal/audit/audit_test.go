package audit_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/audit"
	"github.com/yeyak/yeyak/internal/orders"
	"github.com/yeyak/yeyak/workflows/contract"
)

// uncharged are books with a confirmed reservation that was never charged.
func uncharged() *books {
	b := newBooks()
	b.add(order(booking.Lodging, booking.Confirmed))
	b.payments, b.charges = nil, nil
	return b
}

// change changes the order: its version grows.
func (b *books) change(i int, s booking.Status) {
	v := b.rows[i].View
	v.Status, v.Version = s, v.Version+1
	b.views[v.ID] = v
	b.rows[i] = audit.Row{ID: v.ID, Status: v.Status, Version: v.Version, View: v}
	b.sagas[i].Status = s
}

func TestRun_ReportsWhatItFoundTwice(t *testing.T) {
	t.Parallel()
	b := uncharged()
	report, duration := b.run(t)
	require.Len(t, report.Findings, 1)
	require.False(t, report.Clean())
	require.Equal(t, 2, b.passes)
	require.Equal(t, moment, duration)
}

func TestRun_WhatHasEndedIsNotReported(t *testing.T) {
	t.Parallel()
	b := uncharged()
	b.before = func(pass int) {
		if pass == 2 {
			b.pay(b.rows[0].View)
		}
	}
	report, _ := b.run(t)
	require.True(t, report.Clean())
	require.Zero(t, report.InMotion)
	require.Equal(t, 2, b.passes)
}

// TestRun_AnOrderInMotionIsNotReported: in each pass the order has another status, and
// its money is on the way.
func TestRun_AnOrderInMotionIsNotReported(t *testing.T) {
	t.Parallel()
	b := uncharged()
	b.before = func(pass int) {
		if pass > 1 {
			b.change(0, booking.Confirmed)
		}
	}
	report, duration := b.run(t)
	require.Empty(t, report.Findings)
	require.Equal(t, 1, report.InMotion)
	require.True(t, report.Clean(), "that is no drift")
	require.Equal(t, 5, b.passes)
	require.Equal(t, 4*moment, duration)
}

func TestRun_AnOrderThatMovedIsCheckedAgain(t *testing.T) {
	t.Parallel()
	b := uncharged()
	b.before = func(pass int) {
		if pass == 2 {
			b.change(0, booking.Completed)
		}
	}
	report, _ := b.run(t)
	require.Equal(t, 3, b.passes)
	require.Len(t, report.Findings, 1)
	require.Contains(t, report.Findings[0].Says, "it is completed and owes")
	require.Zero(t, report.InMotion)
}

// TestRun_EachThingIsReportedOnce: a finding is reported once, even if the order is
// checked again for another one.
func TestRun_EachThingIsReportedOnce(t *testing.T) {
	t.Parallel()
	b := uncharged()
	b.before = func(pass int) {
		if pass > 1 {
			b.holds = nil
		}
	}
	report, _ := b.run(t)
	require.Equal(t, 3, b.passes)
	require.Len(t, report.Findings, 2)
	require.Equal(t, audit.Money, report.Findings[0].Kind)
	require.Equal(t, audit.Stock, report.Findings[1].Kind)
}

// TestRun_LaterFindingsAreForTheNextAudit: only suspects are checked again.
func TestRun_LaterFindingsAreForTheNextAudit(t *testing.T) {
	t.Parallel()
	b := uncharged()
	b.add(order(booking.Food, booking.Delivering))
	b.before = func(pass int) {
		if pass == 2 {
			b.jobs[true] = nil
		}
	}
	report, _ := b.run(t)
	require.Len(t, report.Findings, 1)
	require.Equal(t, "lodging-1", report.Findings[0].OrderID)
}

// TestRun_StockThatOthersHoldMeanwhile: the numbers change, the difference does not.
func TestRun_StockThatOthersHoldMeanwhile(t *testing.T) {
	t.Parallel()
	b := newBooks()
	d := audit.StockDay{ItemID: "thing", Held: 1}
	d.Date, d.Capacity, d.Remaining = christmasEve, 9, 7
	b.days = []audit.StockDay{d}
	b.before = func(pass int) {
		if pass == 2 {
			b.days[0].Held, b.days[0].Remaining = 4, 4
		}
	}
	b.requireFindings(t, audit.Finding{Kind: audit.Stock, Item: "thing", Says: "on 2026-12-24 its capacity is 9; 4 remain and 4 are held"})
}

// TestRun_WorkAheadOfItsOrder: an activity has ended the work, or has prevented its
// start, and its worker has died before it answered.
func TestRun_WorkAheadOfItsOrder(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		activity string
		drift
	}{
		"Delivered":         {"FinishDelivery", drifts["DeliveredTooEarly"]},
		"Completed":         {"FinishProduction", drift{booking.Cafe, booking.InProduction, func(b *books) { b.jobs[false][0].Status = booking.JobCompleted }, nil}},
		"DeliveryStopped":   {"StopDelivery", drifts["DeliveryCancelled"]},
		"DeliveryTooLate":   {"StartDelivery", drifts["DeliveryCancelled"]},
		"ProductionTooLate": {"StartProduction", drifts["ProductionCancelled"]},
		"Cleaned":           {"FinishCleaning", drifts["CallDoneTooEarly"]},
		"Assigned":          {"AssignCleaner", drifts["CallKnowsAndOrderDoesNot"]},
		"AssignmentTooLate": {"AssignCleaner", drifts["CallCancelledAndOrderDoesNotKnow"]},
		"LeftEarly":         {"EndStay", drifts["HeldTooShort"]},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBooks()
			v := order(c.kind, c.status)
			b.add(v)
			c.do(b)
			b.pending[v.ID] = map[string][]orders.Awaited{c.activity: {{ID: "1", Attempt: 1}}}
			report, _ := b.run(t)
			require.Empty(t, report.Findings)

			b.pending = nil
			report, _ = b.run(t)
			require.Len(t, report.Findings, 1)
		})
	}
}

// TestRun_GuestsWhoLeftEarly: the order holds the used nights, and no more.
func TestRun_GuestsWhoLeftEarly(t *testing.T) {
	t.Parallel()
	b := newBooks()
	b.add(order(booking.Lodging, booking.Completed))
	b.leaves(christmasEve.AddDays(1))
	b.shorten(christmasEve.AddDays(1))
	b.requireFindings(t)
}

// TestRun_RowOnItsWay: the first attempt to write a row may have died with its worker;
// after a failed attempt the row is behind.
func TestRun_RowOnItsWay(t *testing.T) {
	t.Parallel()
	b := newBooks()
	b.add(order(booking.Food, booking.Delivering))
	b.rows = nil
	b.pending["food-1"] = map[string][]orders.Awaited{"PublishView": {{ID: "1", Attempt: 1}}}
	b.requireFindings(t)
	b.pending["food-1"]["PublishView"] = []orders.Awaited{{ID: "1", Attempt: 4}}
	b.requireFindings(t, audit.Finding{Kind: audit.Mypage, OrderID: "food-1", Says: "it is delivering, and has no row", Remedy: fresh(booking.Food)})
}

func TestRun_NotJudgedWithoutAnAnswer(t *testing.T) {
	t.Parallel()
	b := uncharged()
	clear(b.views)
	report, _ := b.run(t)
	require.Empty(t, report.Findings)
	require.Equal(t, 1, report.NotJudged)
	require.Contains(t, report.OneNotJudged, "-1: ")
	require.False(t, report.Clean())
}

// TestRun_WithoutWorkers: the audit does not wait for each of many orders in turn.
func TestRun_WithoutWorkers(t *testing.T) {
	t.Parallel()
	b := newBooks()
	for n := range 500 {
		v := order(booking.Food, booking.Delivering)
		v.ID = fmt.Sprintf("food-%d", n)
		b.add(v)
	}
	clear(b.views)
	report, _ := b.run(t)
	require.Equal(t, 500, report.NotJudged)
	require.Equal(t, 500, report.Orders)
	require.Less(t, b.queries, 30)
}

// TestRun_SomeDoNotAnswer: as long as some orders answer, each is queried.
func TestRun_SomeDoNotAnswer(t *testing.T) {
	t.Parallel()
	b := newBooks()
	for n := range 100 {
		v := order(booking.Food, booking.Delivering)
		v.ID = fmt.Sprintf("food-%d", n)
		b.add(v)
		if n%10 == 3 {
			delete(b.views, v.ID)
		}
	}
	report, _ := b.run(t)
	require.Equal(t, 10, report.NotJudged)
	require.Equal(t, 100, b.queries)
}

// TestRun_OnlyOrdersInDoubtAreQueried: a workflow that has ended needs no worker.
func TestRun_OnlyOrdersInDoubtAreQueried(t *testing.T) {
	t.Parallel()
	b := newBooks()
	b.add(order(booking.Food, booking.Delivered))
	clear(b.views)
	report, _ := b.run(t)
	require.True(t, report.Clean())

	b.sagas[0].Status = booking.Cancelled
	report, _ = b.run(t)
	require.Equal(t, 1, report.NotJudged)
}

// TestRun_TheNewestRunCounts: of an order that was reset or settled, the newest run
// counts.
func TestRun_TheNewestRunCounts(t *testing.T) {
	t.Parallel()
	b := newBooks()
	b.add(order(booking.Lodging, booking.Confirmed))
	old := orders.Saga{OrderID: "lodging-1", Kind: booking.Lodging, Status: booking.Confirmed, Execution: enumspb.WORKFLOW_EXECUTION_STATUS_TERMINATED}
	b.sagas = append(b.sagas, old, old, old)
	report, _ := b.run(t)
	require.True(t, report.Clean())
	require.Equal(t, 1, report.Orders)
	require.Equal(t, 1, report.Running)
}

// TestRun_ListedTooEarly: an order that was placed after the list of workflows is not
// unknown.
func TestRun_ListedTooEarly(t *testing.T) {
	t.Parallel()
	b := newBooks()
	b.before = func(pass int) {
		if pass == 1 {
			b.add(order(booking.Lodging, booking.Confirmed))
		}
	}
	report, _ := b.run(t)
	require.True(t, report.Clean())
	require.Equal(t, 1, b.passes)
	require.Equal(t, 1, report.Orders)
}

func TestRun_SourcesAway(t *testing.T) {
	t.Parallel()
	b := newBooks()
	b.add(order(booking.Lodging, booking.Confirmed))
	b.away = errors.New("the database is away")
	_, err := audit.Run(t.Context(), b.sources(), audit.Options{})
	require.ErrorIs(t, err, b.away)

	b = uncharged()
	b.before = func(pass int) {
		if pass == 2 {
			b.away = errors.New("the database is away")
		}
	}
	_, err = audit.Run(t.Context(), b.sources(), audit.Options{})
	require.ErrorIs(t, err, b.away, "what was seen once is not reported")
}

func TestRun_EndsWithItsContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		_, err := audit.Run(ctx, uncharged().sources(), audit.Options{Moment: moment})
		require.ErrorIs(t, err, context.DeadlineExceeded)
	})
}

// TestRun_Counts: the report counts what was checked.
func TestRun_Counts(t *testing.T) {
	t.Parallel()
	b := newBooks()
	for _, v := range []contract.View{
		order(booking.Lodging, booking.Confirmed), order(booking.Food, booking.Delivered),
		order(booking.Cafe, booking.InProduction), order(booking.Cleaning, booking.Assigned),
	} {
		b.add(v)
	}
	b.days = []audit.StockDay{{ItemID: "thing"}}
	report, _ := b.run(t)
	require.True(t, report.Clean())
	require.Equal(t, audit.Counts{
		Orders: 4, Running: 3, Rows: 4, Payments: 4, Charges: 4, Holds: 2, Days: 1,
		Deliveries: 1, Productions: 1, Calls: 1, Cleaners: 1, Registrations: 1, Notices: 6,
	}, report.Counts)
}
