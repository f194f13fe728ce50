package e2e

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/app"
)

// shownPayment is an order's payment as the API shows it.
type shownPayment struct {
	Status                             booking.PaymentStatus
	Amount, Refunded, Kept, Refundable booking.Money
	Entries                            []booking.Entry
	Disputes                           []booking.Dispute
}

func (s *system) shown(order string) (p shownPayment) {
	s.Helper()
	s.get("/v1/payments/"+order).with(s, http.StatusOK).into(s, &p)
	return p
}

// named finds the entry whose key has the prefix.
func (p shownPayment) named(t testing.TB, key string) booking.Entry {
	t.Helper()
	for _, e := range p.Entries {
		if strings.HasPrefix(e.Key, key) {
			return e
		}
	}
	require.Failf(t, "no such entry", "%s among %v", key, p.Entries)
	return booking.Entry{}
}

// byHand does something by hand at the provider.
func (p stripeSandbox) byHand(what, format string, args ...any) {
	p.Helper()
	r, err := http.NewRequestWithContext(p.Context(), http.MethodPost, p.url+"/sandbox/payments/"+what, strings.NewReader(fmt.Sprintf(format, args...)))
	require.NoError(p, err)
	r.Header.Set("Content-Type", "application/json")
	w, err := http.DefaultClient.Do(r)
	require.NoError(p, err)
	defer w.Body.Close()
	require.Equal(p, http.StatusOK, w.StatusCode)
}

// TestEntries_OfOthers: refunds made at the provider, and those of a bank, are in the
// payment's entries, and the order ends with what is left.
func TestEntries_OfOthers(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, on func(*app.Options)) {
		stripe := sandboxPayments(t)
		a := bootAudited(t, stripe.pay, on, func(o *app.Options) { o.Config.Orders.AttentionAfter = time.Hour })
		place := a.place(9)

		byHand := a.reserve(place).with(t, http.StatusCreated).body.ID
		is := a.shown(byHand)
		require.EqualValues(t, 100000, is.Refundable.Amount)
		require.Len(t, is.Entries, 1)
		require.Equal(t, booking.ChargeEntry, is.Entries[0].Kind)
		require.Equal(t, booking.EntryDone, is.Entries[0].State)
		stripe.byHand("refunds", `{"orderId":%q,"amount":30000}`, byHand)
		a.decide(byHand, "cancel").with(t, http.StatusOK)
		is = a.shown(byHand)
		require.Equal(t, booking.Refunded, is.Status)
		require.EqualValues(t, 100000, is.Refunded.Amount)
		require.Zero(t, is.Refundable.Amount)
		theirs, ours := is.named(t, "provider/re_"), is.named(t, byHand+"/charge/refund")
		require.EqualValues(t, 30000, theirs.Amount.Amount)
		require.True(t, theirs.ByHand)
		require.EqualValues(t, 70000, ours.Amount.Amount)
		require.Equal(t, booking.EntryReason(booking.ByCustomer), ours.Reason)
		require.NotEmpty(t, ours.Ref)

		disputed := a.reserve(place).with(t, http.StatusCreated).body.ID
		stripe.byHand("disputes", `{"orderId":%q,"amount":40000}`, disputed)
		a.cancelling(disputed)
		a.eventually(func() bool { return a.get("/v1/mypages/" + disputed).body.NeedsAttention })
		a.eventually(func() bool { // the dispute needs attention, too, and may be met first
			is = a.shown(disputed)
			return slices.ContainsFunc(is.Entries, func(e booking.Entry) bool {
				return e.Key == disputed+"/charge/refund" && e.State == booking.EntryFailed
			})
		})
		require.Equal(t, booking.DisputeOpen, is.Disputes[0].State)
		require.True(t, is.Disputes[0].EvidenceDueBy.After(time.Now()))
		require.Contains(t, is.named(t, disputed+"/charge/refund").Words, "charge_disputed")
		stripe.byHand("disputes", `{"orderId":%q,"amount":40000,"state":"won"}`, disputed)
		a.becomes(disputed, booking.Cancelled)
		is = a.shown(disputed)
		require.Equal(t, booking.Refunded, is.Status)
		require.Equal(t, booking.DisputeWon, is.Disputes[0].State)
		a.requireClean()
	})
}

// TestEntries_OfARefundThatIsPending: a refund that the provider has accepted is not
// done.
func TestEntries_OfARefundThatIsPending(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, on func(*app.Options)) {
		stripe := sandboxPayments(t)
		a := bootAudited(t, stripe.pay, shortBudget, on)
		order := a.accepted(a.reserve(a.place(9)))
		stripe.turn(`{"refunds":"wait"}`)
		a.cancelling(order)
		a.eventually(func() bool { return a.shown(order).named(t, order+"/charge/refund").Words != "" })
		own := a.shown(order).named(t, order+"/charge/refund")
		require.Equal(t, booking.EntryPending, own.State)
		require.Contains(t, own.Words, "pending at stripe")
		require.Zero(t, a.shown(order).Refundable.Amount)
		stripe.turn(`{}`)
		a.becomes(order, booking.Cancelled)
		own = a.shown(order).named(t, order+"/charge/refund")
		require.Equal(t, booking.EntryDone, own.State)
		require.Empty(t, own.Words)
		a.requireClean()
	})
}
