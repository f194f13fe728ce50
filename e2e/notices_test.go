package e2e

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	historypb "go.temporal.io/api/history/v1"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/app"
	"github.com/yeyak/yeyak/internal/audit"
	"github.com/yeyak/yeyak/internal/config"
	"github.com/yeyak/yeyak/workflows/contract"
)

// webhookSecret signs the sandbox's notices; another secret is being phased out.
const webhookSecret = "whsec_e2e"

// bootNoticed boots a system with the sandbox for Stripe, which sends it notices.
func bootNoticed(t *testing.T, stripe stripeSandbox, change ...func(*app.Options)) *audited {
	t.Helper()
	a := bootAudited(t, append(change, stripe.pay, func(o *app.Options) {
		o.Config.Notices.StripeSecrets = []config.Secret{"whsec_old", webhookSecret}
	})...)
	a.notices(stripe, "")
	return a
}

const noticesPath = "/v1/payments/notices"

// notices has the sandbox send its notices in some way, with other switches.
func (a *audited) notices(stripe stripeSandbox, how string, switches ...string) {
	a.Helper()
	stripe.turn(fmt.Sprintf(`{"notices":{"url":%q,"secret":%q%s}%s}`, a.url+noticesPath, webhookSecret, how, strings.Join(switches, "")))
}

// completedOrder is a completed order.
func (a *audited) completedOrder() string {
	a.Helper()
	order := a.accepted(a.order(a.menu()))
	a.becomes(order, booking.Delivering)
	a.carriedOut(func() answer { return a.post("/v1/food/deliveries/"+order+"/complete", nil) })
	a.finished(order)
	return order
}

// TestNotices_OfRefundsByHand: a refund made at the provider, for a live or an ended
// order, is in the ledger as soon as its notice arrives, and the books agree.
func TestNotices_OfRefundsByHand(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, on func(*app.Options)) {
		stripe := sandboxPayments(t)
		a := bootNoticed(t, stripe, on)
		for _, order := range []string{a.accepted(a.reserve(a.place(9))), a.completedOrder()} {
			stripe.byHand("refunds", `{"orderId":%q,"amount":5000}`, order)
			a.eventually(func() bool { return len(a.shown(order).Entries) == 2 })
			is := a.shown(order)
			require.Equal(t, booking.Charged, is.Status)
			require.EqualValues(t, 5000, is.Refunded.Amount)
			require.True(t, is.named(t, "provider/re_").ByHand)
			require.False(t, a.page(order).NeedsAttention)
		}
		a.requireClean()
	})
}

// TestNotices_OfAPendingRefund: a pending refund is done when the provider says so. Its
// order gets the notice, and calls the provider.
func TestNotices_OfAPendingRefund(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, on func(*app.Options)) {
		stripe := sandboxPayments(t)
		a := bootNoticed(t, stripe, on, shortBudget)
		order := a.accepted(a.reserve(a.place(9)))
		a.notices(stripe, "", `,"refunds":"wait"`)
		a.cancelling(order)
		isNotice := func(e *historypb.HistoryEvent) bool {
			return e.GetWorkflowExecutionSignaledEventAttributes().GetSignalName() == contract.PaymentNoticeSignal
		}
		a.eventually(func() bool { // that it is pending is in a notice, too
			for _, e := range a.history(order) {
				if isNotice(e) {
					return true
				}
			}
			return false
		})
		a.notices(stripe, "")
		a.becomes(order, booking.Cancelled)
		require.Equal(t, booking.EntryDone, a.shown(order).named(t, order+"/charge/refund").State)
		a.requireClean()
	})
}

// TestNotices_OfADispute: an order, live or ended, is marked while its payment is
// disputed, wherever operators see it: on its page, in lists, in the metric and in the
// list of workflows. Its payment shows the amount, and the deadline for evidence.
func TestNotices_OfADispute(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, on func(*app.Options)) {
		stripe := sandboxPayments(t)
		a := bootNoticed(t, stripe, on)
		running, ended := a.accepted(a.reserve(a.place(9))), a.completedOrder()
		for order, end := range map[string]booking.DisputeState{running: booking.DisputeLost, ended: booking.DisputeWon} {
			follows := contract.NoticesWorkflowID(order)
			stripe.byHand("disputes", `{"orderId":%q,"amount":5000}`, order)
			a.eventually(func() bool { return a.page(order).NeedsAttention })
			require.True(t, a.pages()[order].NeedsAttention, "in a list")
			a.eventually(func() bool {
				return a.get("/v1/mypages/"+order+"?fresh=true").with(t, http.StatusOK).body.NeedsAttention
			})
			kind := string(booking.KindOf(order))
			a.eventually(func() bool { return a.metric("yeyak_orders_needing_attention", "kind", kind) == 1 })
			a.eventually(func() bool { return len(a.search("NeedsAttention = true")) == 1 })
			require.Equal(t, []string{follows}, a.search(`NeedsAttention = true AND CustomerId = "alice"`))
			is := a.shown(order)
			require.Len(t, is.Disputes, 1)
			require.Equal(t, booking.DisputeOpen, is.Disputes[0].State)
			require.EqualValues(t, 5000, is.Disputes[0].Amount.Amount)
			require.True(t, is.Disputes[0].EvidenceDueBy.After(time.Now()))
			a.requireClean()

			stripe.byHand("disputes", `{"orderId":%q,"amount":5000,"state":%q}`, order, end)
			a.eventually(func() bool { return !a.page(order).NeedsAttention })
			require.Equal(t, end, a.shown(order).Disputes[0].State)
			if end == booking.DisputeLost {
				require.Equal(t, booking.Disputed, a.shown(order).named(t, "dispute/").Reason)
			}
			a.completes(follows) // nothing is left to follow
			a.eventually(func() bool { return len(a.search("NeedsAttention = true")) == 0 })
			a.requireClean()
		}
	})
}

// TestNotices_InAnyWay: notices that come late, twice and out of order have the same
// result as one that comes at once.
func TestNotices_InAnyWay(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, on func(*app.Options)) {
		stripe := sandboxPayments(t)
		a := bootNoticed(t, stripe, on)
		a.notices(stripe, `,"late":"0s-500ms","twice":true`)
		order := a.accepted(a.reserve(a.place(9)))
		stripe.byHand("refunds", `{"orderId":%q,"amount":5000}`, order)
		stripe.byHand("disputes", `{"orderId":%q,"amount":40000}`, order)
		stripe.byHand("disputes", `{"orderId":%q,"amount":40000,"state":"lost"}`, order)
		a.eventually(func() bool {
			var switches struct{ Notices struct{ UnderWay, Sent int } }
			stripe.send(http.MethodGet, "/sandbox/payments", "", &switches)
			return switches.Notices.UnderWay == 0 && switches.Notices.Sent >= 6
		})
		a.eventually(func() bool { return len(a.shown(order).Entries) == 3 })
		a.completes(contract.NoticesWorkflowID(order))
		is := a.shown(order)
		require.EqualValues(t, 55000, is.Refundable.Amount)
		require.Equal(t, booking.DisputeLost, is.Disputes[0].State)
		require.False(t, a.page(order).NeedsAttention)
		a.requireClean()
	})
}

// notice is a notice about the charge of an order, signed with a secret.
func (a *audited) notice(order, secret string) answer {
	a.Helper()
	body := fmt.Sprintf(`{"id":"evt_1","object":"event","type":"charge.refunded","data":{"object":{"payment_intent":"pi_1","metadata":{"order_id":%q}}}}`, order)
	at := time.Now().Unix()
	signs := hmac.New(sha256.New, []byte(secret))
	fmt.Fprintf(signs, "%d.%s", at, body)
	return a.post(noticesPath, body, "Stripe-Signature", fmt.Sprintf("t=%d,v1=%s", at, hex.EncodeToString(signs.Sum(nil))))
}

// TestNotices_NotGenuine: a forged notice has no effect; one about an unknown order
// does no harm. The audit finds a lost notice, and the named remedy repairs it.
func TestNotices_NotGenuine(t *testing.T) {
	t.Parallel()
	stripe := sandboxPayments(t)
	a := bootNoticed(t, stripe)
	order := a.accepted(a.reserve(a.place(9)))
	require.EqualValues(t, booking.ForgedNotice, a.notice(order, "whsec_of_another").with(t, http.StatusBadRequest).body.Code)
	require.EqualValues(t, booking.ForgedNotice, a.post(noticesPath, object{}).with(t, http.StatusBadRequest).body.Code)
	a.notice("lodging-unknown", webhookSecret).with(t, http.StatusNoContent)
	a.notice("whatever", "whsec_old").with(t, http.StatusNoContent)
	a.requireClean()

	a.notices(stripe, `,"lost":true`)
	stripe.byHand("refunds", `{"orderId":%q,"amount":5000}`, order)
	report := a.drift()
	require.Len(t, report.Findings, 1)
	require.Equal(t, audit.Provider, report.Findings[0].Kind)
	require.Equal(t, "yeyak payments look "+order, report.Findings[0].Remedy)
	_, out, logs := a.command(nil, "payments", "look", order)
	require.Contains(t, out, "The payment of order "+order, logs)
	a.eventually(func() bool { return len(a.shown(order).Entries) == 2 })
	a.requireClean()
	require.EqualValues(t, booking.NotFound, a.post("/v1/payments/lodging-unknown/look", nil).with(t, http.StatusNotFound).body.Code)
}

// TestNotices_OfADisputeThatIsMet: a dispute whose notice was lost marks its order as
// soon as staff tries to refund something.
func TestNotices_OfADisputeThatIsMet(t *testing.T) {
	t.Parallel()
	stripe := sandboxPayments(t)
	a := bootAudited(t, stripe.pay)
	order := a.accepted(a.reserve(a.place(9)))
	stripe.byHand("disputes", `{"orderId":%q,"amount":40000}`, order)
	a.refundOf(order, "a", 1000)
	a.eventually(func() bool {
		_, err := a.temporal.DescribeWorkflowExecution(t.Context(), contract.NoticesWorkflowID(order), "")
		return err == nil && a.page(order).NeedsAttention
	})
	a.requireClean()
	require.EqualValues(t, booking.NoticesOff, a.post(noticesPath, object{}).with(t, http.StatusNotImplemented).body.Code)
}
