package web_test

import (
	"context"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/orders"
)

// pay charges the payment of an accepted stay.
func (s *site) pay(orderID string, amount int64) {
	s.Helper()
	charge := booking.Charge{Key: booking.ChargeKey(orderID), OrderID: orderID, Amount: booking.Money{Amount: amount, Currency: "KRW"}, Method: "pm_card_visa"}
	_, err := s.payments.BeginCharge(s.Context(), charge)
	require.NoError(s, err)
	_, err = s.payments.EndCharge(s.Context(), orderID, booking.Charged, "pi_"+orderID)
	require.NoError(s, err)
}

// begins starts refunds in the ledger, as sagas do.
func (s *site) begins(ctx context.Context, r orders.Refund) (orders.Refunded, error) {
	e := booking.Entry{Key: r.OrderID + "/refund/" + r.Key, OrderID: r.OrderID, Kind: booking.RefundEntry, Amount: r.Amount, Reason: booking.Goodwill, Note: r.Note, By: "bora"}
	payment, err := s.payments.BeginEntry(ctx, e)
	if err != nil {
		return orders.Refunded{}, err
	}
	is, earlier := payment.Entry(e.Key)
	return orders.Refunded{Entry: is, Earlier: earlier}, nil
}

// TestRefund: an owner refunds a part of a payment, once, never more than is left, and sees
// the ledger.
func TestRefund(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.furnish()
	s.pay(stayID, 100000)
	s.book.refund = s.begins
	path := "/orders/" + stayID + "/refund"
	for _, l := range booking.Languages() {
		got := s.as("bora", l).get(path)
		require.Equal(t, http.StatusOK, got.status)
		requirePage(t, got, l)
		require.Contains(t, got.words(), "₩100,000")
	}
	b := s.as("bora", booking.English)
	require.Contains(t, b.get("/orders/"+stayID).text, `href="`+path+`"`)
	key := field(t, b.get(path).text, "key")
	for _, wrong := range [][]string{{"amount", "0", "reason", "Cold"}, {"amount", "a lot", "reason", "Cold"}, {"amount", "100.5", "reason", "Cold"}, {"amount", "500", "reason", ""}} {
		got := b.post(path, append(wrong, "key", key)...)
		require.Equal(t, http.StatusUnprocessableEntity, got.status, wrong)
		require.Contains(t, got.text, `aria-invalid`)
	}
	fields := []string{"key", key, "amount", "30,000", "reason", "Cold " + bad}
	for range 2 {
		done := b.post(path, fields...)
		require.Equal(t, http.StatusOK, done.status)
		require.Contains(t, done.words(), "What is left ₩70,000", "a form that is sent twice refunds once")
		require.Contains(t, done.words(), "−₩30,000")
		require.Contains(t, done.words(), "by the staff: Cold")
		require.NotContains(t, done.text, "<script>")
	}
	more := b.post(path, "key", field(t, b.get(path).text, "key"), "amount", "70001", "reason", "Cold")
	require.Equal(t, http.StatusConflict, more.status)
	require.Contains(t, more.words(), "More was asked for than is left")
	require.Equal(t, "70001", field(t, more.text, "amount"))
	payment, err := s.payments.Payment(t.Context(), stayID)
	require.NoError(t, err)
	require.EqualValues(t, 70000, payment.Refundable())
}

// TestRefund_ActedMeanwhile: a form that was shown before another caller acted on the order
// refunds nothing. The next form does.
func TestRefund_ActedMeanwhile(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.furnish()
	s.pay(stayID, 100000)
	s.book.refund = func(ctx context.Context, r orders.Refund) (orders.Refunded, error) {
		// This fake does not check the log of actions. Settle does.
		if err := s.book.Settle(ctx, booking.Caller{ID: "bora", Unchecked: true}, r.OrderID, r.Note); err != nil {
			return orders.Refunded{}, err
		}
		return s.begins(ctx, r)
	}
	path := "/orders/" + stayID + "/refund"
	bora := s.as("bora", booking.English)
	shown := bora.get(path).text
	require.NoError(t, s.actions.Append(t.Context(), booking.OperatorAction{
		ID: "x", At: now, By: "1099", Action: booking.RefundOrder, OrderID: stayID, Outcome: "done",
	}, nil))
	for _, seen := range []string{field(t, shown, "seen"), ""} {
		got := bora.post(path, "key", field(t, shown, "key"), "seen", seen, "amount", "30000", "reason", "cold")
		require.Equal(t, http.StatusConflict, got.status)
		require.Contains(t, got.words(), "has acted on the order since you looked at it")
		shown = got.text
	}
	got := bora.post(path, "key", field(t, shown, "key"), "seen", field(t, shown, "seen"), "amount", "30000", "reason", "cold")
	require.Equal(t, http.StatusOK, got.status)
	require.Contains(t, got.words(), "What is left ₩70,000")
}

// TestRefund_ByOperators: operators are redirected to their own page, which shows the actions
// of others on the order.
func TestRefund_ByOperators(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.furnish()
	s.pay(stayID, 100000)
	s.book.refund = s.begins
	olga := s.as("olga", booking.English)
	require.NotContains(t, olga.get("/orders/"+stayID).text, "/orders/"+stayID+"/refund")
	for _, led := range []shown{olga.get("/orders/" + stayID + "/refund"), olga.post("/orders/"+stayID+"/refund", "amount", "30000", "reason", "cold")} {
		require.Equal(t, stayActions+"/refund", led.url.Path)
		require.Equal(t, http.StatusOK, led.status)
	}
	payment, err := s.payments.Payment(t.Context(), stayID)
	require.NoError(t, err)
	require.EqualValues(t, 100000, payment.Refundable(), "no action was done without the other caller's action on its page")
	require.Equal(t, http.StatusNotFound, olga.get("/orders/nonsense/refund").status)
	require.Contains(t, s.as("bora", booking.English).get("/orders/"+stayID).text, "/orders/"+stayID+"/refund")
}

// TestRefund_OfOthers: customers, staff and strangers cannot refund.
func TestRefund_OfOthers(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.furnish()
	s.pay(stayID, 100000)
	s.book.refund = s.begins
	s.employ("bora", "cora", "")
	path := "/orders/" + stayID + "/refund"
	for who, status := range map[string]int{"alice": 403, "minho": 403, "dana": 403, "kim": 403, "cora": 403} {
		b := s.as(who, booking.English)
		require.Equal(t, status, b.get(path).status, who)
		require.Equal(t, status, b.post(path, "amount", "1", "reason", "why").status, who)
		require.NotContains(t, b.get("/orders/"+stayID).text, path)
	}
	require.Equal(t, http.StatusNotFound, s.as("bora", booking.English).get("/orders/"+foodID+"/refund").status, "another owner's")
	require.Equal(t, http.StatusConflict, s.as("cora", booking.English).get("/orders/"+foodID+"/refund").status, "nothing was paid")
}
