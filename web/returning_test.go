package web_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/orders"
)

// TestOrder_ForNothing: the pages of an order that costs nothing name no refund.
func TestOrder_ForNothing(t *testing.T) {
	t.Parallel()
	for language, says := range map[booking.Language]string{booking.English: "It costs nothing", booking.Korean: "무료이므로"} {
		s := newSite(t)
		s.furnish()
		view, err := s.rows.View(t.Context(), stayID)
		require.NoError(t, err)
		view.Amount.Amount = 0
		view.Version++
		s.keep(view)
		b := s.as("alice", language)
		for _, page := range []string{"/orders/" + stayID, "/orders/" + stayID + "/cancel"} {
			words := b.get(page).words()
			require.Contains(t, words, says, page)
			require.NotRegexp(t, `₩0 (back|환불)`, words, page)
		}
	}
}

// TestConfirm: the order's page links its customer to the provider's page, with the
// deadline; a customer that returns sees the order.
func TestConfirm(t *testing.T) {
	t.Parallel()
	nothing := map[booking.Language]string{
		booking.English: "Nothing has been paid yet: you pay nothing.", booking.Korean: "아직 결제되지 않았습니다. 청구되는 금액이 없습니다.",
	}
	for language, words := range map[booking.Language]string{booking.English: "Confirm the payment", booking.Korean: "결제 확인하기"} {
		s := newSite(t)
		s.furnish()
		view, err := s.rows.View(t.Context(), foodID)
		require.NoError(t, err)
		view.Status, view.Placed = booking.AwaitingPayment, false
		view.NextAction = &booking.NextAction{Type: booking.Redirect, URL: "https://bank.example/1"}
		view.ExpiresAt = now.Add(15 * time.Minute)
		view.Version++
		s.keep(view)
		b := s.as("alice", language)
		page := b.get("/orders/" + foodID)
		require.Contains(t, page.text, `href="https://bank.example/1"`)
		require.Contains(t, page.words(), words)
		for _, text := range []string{page.words(), b.get("/orders/" + foodID + "/cancel").words()} {
			require.Contains(t, text, nothing[language])
			require.NotContains(t, text, "₩18,000 back", "nothing can be refunded")
			require.NotContains(t, text, "₩18,000 환불")
		}

		var received booking.PaymentReturn
		s.book.returns = func(_ string, back booking.PaymentReturn) (orders.Outcome, error) {
			received = back
			view.Status, view.NextAction = booking.Paid, nil
			view.Version++
			s.keep(view)
			return orders.Outcome{View: view, Done: true}, nil
		}
		back := b.get("/orders/" + foodID + "/paid?paymentKey=pk_1&amount=18000")
		require.Equal(t, http.StatusOK, back.status)
		require.Equal(t, booking.PaymentReturn{PaymentKey: "pk_1", Amount: 18000}, received)
		require.NotContains(t, back.text, "bank.example")

		s.book.returns = func(string, booking.PaymentReturn) (orders.Outcome, error) {
			return orders.Outcome{}, booking.Errorf(orders.TemporalUnavailable, "")
		}
		require.Equal(t, http.StatusOK, b.get("/orders/"+foodID+"/paid").status, "the order is shown as it is")
	}
}
