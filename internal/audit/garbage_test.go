package audit_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/audit"
	"github.com/yeyak/yeyak/internal/orders"
	"github.com/yeyak/yeyak/workflows/contract"
)

// TestRun_ContinuesAfterWhatItCannotRead: an unreadable item is reported, and all others are
// checked.
func TestRun_ContinuesAfterWhatItCannotRead(t *testing.T) {
	t.Parallel()
	b := newBooks()
	b.rows = []audit.Row{{ID: "food-garbled"}} // the first of its list
	v := order(booking.Food, booking.Delivering)
	b.add(v)
	b.spoilt = true
	report, _ := b.run(t)
	unreadable, others := 0, 0
	for _, f := range report.Findings {
		switch f.Kind {
		case audit.Unreadable:
			unreadable++
			require.Equal(t, "food-garbled", f.OrderID)
			require.Equal(t, "cannot be read: invalid character", f.Says)
		default:
			others++
			require.Equal(t, v.ID, f.OrderID)
		}
	}
	require.Equal(t, 1, unreadable, "once, though the ledger has one, too: it is the same to say")
	require.Positive(t, others, "its payment was not read: that is found, too")
	require.False(t, report.Clean())
}

// TestRun_WhatBelongsToNoID: an order without an id was once accepted. What is left of
// it is reported each time, without the remedy to settle it.
func TestRun_WhatBelongsToNoID(t *testing.T) {
	t.Parallel()
	b := newBooks()
	b.add(order(booking.Food, booking.Delivering))
	nameless := contract.View{Kind: booking.Food, Amount: price, Status: booking.Delivering, Version: 3}
	b.payments = append(b.payments, payment(nameless, booking.Charged, 0))
	b.charges = append(b.charges, audit.ProviderCharge{Ref: "ref", Charged: price})
	b.jobs[true] = append(b.jobs[true], booking.JobState{Status: booking.JobStarted})
	t.Run("WithoutARow", func(t *testing.T) {
		b.requireFindings(t,
			audit.Finding{Kind: audit.Money, Says: "an order without an id: no order knows of this: 100000 KRW charged"},
			audit.Finding{Kind: audit.Delivery, Says: "an order without an id: no order knows of this: a delivery that is started"},
		)
	})
	t.Run("WithARow", func(t *testing.T) {
		b.rows = append(b.rows, audit.Row{Status: nameless.Status, Version: 3, View: nameless})
		b.requireFindings(t, audit.Finding{Kind: audit.Abandoned, Says: "an order without an id: the engine has forgotten its workflow while it was delivering: " +
			"100000 KRW charged, a delivery that is started"})
	})
}

// TestRun_AWorkflowThatIsNoOrder: a workflow that a person has started under an order's
// type is reported, and the other orders are checked.
func TestRun_AWorkflowThatIsNoOrder(t *testing.T) {
	t.Parallel()
	for _, status := range []enumspb.WorkflowExecutionStatus{enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING, enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED} {
		b := newBooks()
		b.add(order(booking.Food, booking.Delivering))
		b.sagas = append(b.sagas, orders.Saga{OrderID: "typed", Kind: "pizza", Execution: status})
		b.noOrders = map[string]bool{"typed": true}
		b.requireFindings(t, audit.Finding{
			Kind: audit.Unreadable, OrderID: "typed", Says: "cannot be read: the workflow does not return an order's view: unknown queryType view",
		})
	}
}
