package e2e

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/app"
)

// TestRefundFailsLater: a done refund that fails at the provider later is known to have
// failed from the notice: for an order under way, and for one that was cancelled and
// has ended. The order is marked, its customer is notified, and the audit has a finding
// until an operator has paid by hand.
func TestRefundFailsLater(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, on func(*app.Options)) {
		stripe := sandboxPayments(t)
		a := bootNoticed(t, stripe, on)
		place := a.place(9)
		running, cancelled, ended := a.accepted(a.reserve(place)), a.accepted(a.reserve(place)), a.completedOrder()
		a.refundBecomes(running, "a", 30000, "done")
		a.refundBecomes(ended, "a", 5000, "done")
		a.decide(cancelled, "cancel").with(t, http.StatusOK)
		a.finished(cancelled)
		require.Equal(t, booking.Refunded, a.shown(cancelled).Status)
		a.requireClean()
		messages := map[string][]string{}
		for _, order := range []string{running, cancelled, ended} {
			messages[order] = a.messagesTo("alice", order)
		}
		for order, key := range map[string]string{running: "refund/", ended: "refund/", cancelled: cancelled + "/charge/refund"} {
			before := a.shown(order)
			stripe.byHand("failures", `{"orderId":%q}`, order)
			a.eventually(func() bool { return a.page(order).NeedsAttention })
			var is shownPayment
			a.eventually(func() bool { // it is retried, and fails again
				is = a.shown(order)
				return is.named(t, key).State == booking.EntryFailed
			})
			require.Contains(t, is.named(t, key).Words, "is failed at stripe")
			require.Zero(t, is.Refunded.Amount)
			require.Equal(t, before.Amount, is.Refundable)
			a.eventually(func() bool { return len(a.messagesTo("alice", order)) > len(messages[order]) })
		}
		report := a.drift()
		require.Len(t, report.Findings, 1)
		require.Equal(t, cancelled, report.Findings[0].OrderID)
		require.Equal(t, booking.RefundPending, a.shown(cancelled).Status)
		require.Equal(t, booking.Cancelled, a.page(cancelled).Status)
		for _, order := range []string{running, cancelled, ended} {
			a.paysByHand(order)
			a.eventually(func() bool { return !a.page(order).NeedsAttention })
		}
		require.Equal(t, booking.Returned, a.shown(cancelled).Status)
		require.True(t, a.shown(cancelled).named(t, cancelled+"/charge/refund").ByHand)
		a.requireClean()
	})
}

// TestRefundFailsLater_WithoutNotice: the audit finds it, and with the named remedy it
// is followed.
func TestRefundFailsLater_WithoutNotice(t *testing.T) {
	t.Parallel()
	stripe := sandboxPayments(t)
	a := bootNoticed(t, stripe)
	order := a.accepted(a.reserve(a.place(9)))
	a.notices(stripe, `,"lost":true`)
	a.decide(order, "cancel").with(t, http.StatusOK)
	a.finished(order)
	stripe.byHand("failures", `{"orderId":%q}`, order)
	report := a.drift()
	require.Len(t, report.Findings, 1)
	require.Equal(t, "yeyak payments look "+order, report.Findings[0].Remedy, "%+v", report.Findings[0])
	_, out, logs := a.command(nil, "payments", "look", order)
	require.Contains(t, out, "The payment of order "+order, logs)
	a.eventually(func() bool { return a.page(order).NeedsAttention })
	a.paysByHand(order)
	a.eventually(func() bool { return !a.page(order).NeedsAttention })
	a.requireClean()
}

// TestDispute_BeyondWhatWasLeft: a bank charges back what was refunded before. That is lost,
// and the audit reports it as a known loss.
func TestDispute_BeyondWhatWasLeft(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, on func(*app.Options)) {
		stripe := sandboxPayments(t)
		a := bootNoticed(t, stripe, on)
		order := a.accepted(a.reserve(a.place(9)))
		a.refundOf(order, "a", 50000)
		stripe.byHand("disputes", `{"orderId":%q,"state":"lost"}`, order)
		a.eventually(func() bool { return len(a.shown(order).Entries) == 3 })
		is := a.shown(order)
		require.EqualValues(t, 100000, is.named(t, "dispute/").Amount.Amount, "what the bank has charged back")
		require.Zero(t, is.Refundable.Amount)
		for range 2 {
			report := a.requireClean()
			require.Len(t, report.Known, 1)
			require.Contains(t, report.Known[0].Says, "50000 KRW were disputed beyond what was left")
			a.decide(order, "cancel")
			a.finished(order)
		}
	})
}
