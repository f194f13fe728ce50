package payments_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/activities"
	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/payments"
)

// hands carry out the actions of people at the built-in sandbox.
type hands struct {
	t       *testing.T
	sandbox *payments.Sandbox
}

func (h hands) do(what, body string, status int) {
	h.t.Helper()
	router := gin.New()
	h.sandbox.Switchboard(router)
	r := httptest.NewRequestWithContext(h.t.Context(), http.MethodPost, payments.SwitchboardPath+"/"+what, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	router.ServeHTTP(w, r)
	require.Equal(h.t, status, w.Code, w.Body)
}

// TestSandbox_Disputes: as at Stripe, a disputed charge cannot be refunded, and money that a
// bank withdrew is lost.
func TestSandbox_Disputes(t *testing.T) {
	t.Parallel()
	s := payments.NewSandbox(newCharges(t))
	t.Cleanup(s.Close)
	ref, err := s.Charge(t.Context(), newCharge("pm_card_visa"))
	require.NoError(t, err)
	h := hands{t, s}
	retrieve := func() activities.ChargeState {
		seen, err := s.Retrieve(t.Context(), ref)
		require.NoError(t, err)
		return seen
	}
	refund := func(amount int64) error {
		_, err := s.Refund(t.Context(), "o1/charge/refund", retrieve(), booking.Money{Amount: amount, Currency: price.Currency})
		return err
	}
	require.Empty(t, retrieve().Disputes)
	h.do("disputes", `{"orderId":"unknown"}`, http.StatusNotFound)
	h.do("disputes", `{"orderId":"o1","amount":20000}`, http.StatusOK)
	dispute := retrieve().Disputes[0]
	require.Equal(t, booking.DisputeOpen, dispute.State)
	require.Equal(t, booking.Money{Amount: 20000, Currency: "KRW"}, dispute.Amount)
	require.WithinDuration(t, time.Now().Add(7*24*time.Hour), dispute.EvidenceDueBy, time.Minute)
	require.Equal(t, price.Amount, retrieve().Left, "nothing is withdrawn yet")
	requireOwed(t, refund(1000), true, "disputed")

	h.do("disputes", `{"orderId":"o1","amount":20000,"state":"lost"}`, http.StatusOK)
	require.EqualValues(t, 30000, retrieve().Left)
	require.Equal(t, dispute.EvidenceDueBy, retrieve().Disputes[0].EvidenceDueBy, "it is the same one")
	requireOwed(t, refund(1000), true, "disputed")
	require.ErrorIs(t, refund(0), activities.ErrReturned)

	h.do("disputes", `{"orderId":"o1","state":"won"}`, http.StatusOK)
	require.NoError(t, refund(price.Amount))
	require.Zero(t, retrieve().Left)
	h.do("disputes", `{"orderId":"o1","state":"lost"}`, http.StatusOK)
	require.Zero(t, retrieve().Left, "it was refunded before")
}

// TestStripe_DisputeOfWhatWasRefunded: what is left is never negative.
func TestStripe_DisputeOfWhatWasRefunded(t *testing.T) {
	t.Parallel()
	p := newCounter(t)
	ref := p.charged(t, "pm_card_visa")
	p.hand(t, "refunds", `{"orderId":"o1","amount":15000}`, http.StatusOK)
	p.hand(t, "disputes", `{"orderId":"o1","state":"lost"}`, http.StatusOK)
	seen, err := p.Retrieve(t.Context(), ref)
	require.NoError(t, err)
	require.Equal(t, []int64{0, 0}, []int64{seen.Left, seen.Units})
}
