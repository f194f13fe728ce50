package e2e

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/app"
)

// TestDispute_NothingIsPaidByHand: while the customer's bank may charge the same money back,
// no refund can be recorded as paid by hand, for an order that is being cancelled or
// has ended. Once the dispute is won or lost each goes on by itself, and the customer
// has the money once.
func TestDispute_NothingIsPaidByHand(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, on func(*app.Options)) {
		stripe := sandboxPayments(t)
		a := bootNoticed(t, stripe, on, shortBudget)
		place := a.place(9)
		won, lost, ended := a.accepted(a.reserve(place)), a.accepted(a.reserve(place)), a.completedOrder()
		_, paid, _ := a.payment(ended)
		for _, order := range []string{won, lost, ended} {
			stripe.byHand("disputes", `{"orderId":%q}`, order)
			a.eventually(func() bool { return len(a.shown(order).Disputes) == 1 })
		}
		a.cancelling(won)
		a.cancelling(lost)
		a.refundBecomes(ended, "a", paid, "failed")
		for _, order := range []string{won, lost, ended} {
			a.eventually(func() bool { return a.entries(order)[0].State == string(booking.EntryFailed) })
			a.requireDisputed(order)
		}

		for order, end := range map[string]string{won: "won", lost: "lost", ended: "won"} {
			stripe.byHand("disputes", `{"orderId":%q,"state":%q}`, order, end)
			a.eventually(func() bool { return !a.page(order).NeedsAttention })
			require.Zero(t, a.byHand(order)-a.lostOf(order))
		}
		a.becomes(won, booking.Cancelled)
		a.becomes(lost, booking.Cancelled)
		for order, status := range map[string]booking.PaymentStatus{won: booking.Refunded, lost: booking.Returned, ended: booking.Charged} {
			a.eventually(func() bool { return a.shown(order).Status == status && a.shown(order).Refundable.Amount == 0 })
			require.Equal(t, "nothing_owed", a.made(func() answer { return a.paidByHand(order) }).with(t, http.StatusConflict).body.Code)
		}
		_, refunded := stripe.totals()
		require.Equal(t, 100000+paid, refunded)
		a.requireClean()
	})
}

// requireDisputed checks that a refund of the order cannot be paid by hand, by the API
// or by the command, and that both name the dispute and its deadline.
func (a *audited) requireDisputed(order string) {
	a.Helper()
	is := a.shown(order).Disputes[0]
	var detail, logs string
	a.eventually(func() bool { // it is known to have failed, and the provider is not being called
		no := a.paidByHand(order)
		detail = no.body.Detail
		return no.body.Code == "dispute_open"
	})
	a.eventually(func() bool {
		_, _, logs = a.command(nil, "resolve", order, "--paid-by-hand", "bank transfer 43")
		return strings.Contains(logs, "yeyak: dispute_open") && strings.Contains(logs, is.ID)
	})
	for _, said := range []string{detail, logs} {
		require.Contains(a, said, is.ID)
		require.Contains(a, said, is.EvidenceDueBy.UTC().Format(time.RFC3339))
	}
	require.True(a, a.page(order).NeedsAttention)
}

// lostOf is what a bank has finally charged back.
func (a *audited) lostOf(order string) (sum int64) {
	a.Helper()
	for _, e := range a.shown(order).Entries {
		if e.Reason == booking.Disputed {
			sum += e.Amount.Amount
		}
	}
	return sum
}
