package payments_test

import (
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/payments"
)

// part refunds a part of a charge like the payments service.
func (c client) part(t *testing.T, key, ref string, amount int64) (id string, err error) {
	t.Helper()
	seen, err := c.Retrieve(t.Context(), ref)
	require.NoError(t, err)
	return c.Stripe.Refund(t.Context(), key, seen, booking.Money{Amount: amount - seen.RefundedUnder(key), Currency: price.Currency})
}

// TestStripe_RefundOfAPart is made once per key, and leaves the remainder.
func TestStripe_RefundOfAPart(t *testing.T) {
	t.Parallel()
	p := newCounter(t)
	ref := p.charged(t, "pm_card_visa")
	for range 2 {
		id, err := p.part(t, "o1/refund/1", ref, 20000)
		require.NoError(t, err)
		require.NotEmpty(t, id)
		_, err = p.part(t, "o1/refund/2", ref, 20000)
		require.NoError(t, err)
		p.requireTotals(t, price.Amount, 40000)
	}
	seen, err := p.Retrieve(t.Context(), ref)
	require.NoError(t, err)
	require.Equal(t, price, seen.Charged)
	require.EqualValues(t, 10000, seen.Left)
	require.EqualValues(t, 20000, seen.RefundedUnder("o1/refund/1"))
	require.Len(t, seen.Refunds, 2)
}

// TestStripe_RefundOfAPartWhoseAnswerIsLost finds its own result under its key, whatever was
// refunded meanwhile.
func TestStripe_RefundOfAPartWhoseAnswerIsLost(t *testing.T) {
	t.Parallel()
	p := newCounter(t)
	ref := p.charged(t, "pm_card_visa")
	seen, err := p.Retrieve(t.Context(), ref)
	require.NoError(t, err)
	p.sandbox.Behave(payments.Behaviour{LoseAnswers: true})
	some := booking.Money{Amount: 20000, Currency: price.Currency}
	_, err = p.Stripe.Refund(t.Context(), "o1/refund/1", seen, some)
	require.Error(t, err)
	p.sandbox.Behave(payments.Behaviour{})
	_, err = p.part(t, "o1/refund/2", ref, 10000)
	require.NoError(t, err)
	now, err := p.Retrieve(t.Context(), ref)
	require.NoError(t, err)
	now.Refunds = nil // the state when the request was sent
	_, err = p.Stripe.Refund(t.Context(), "o1/refund/1", now, some)
	require.NoError(t, err)
	p.requireTotals(t, price.Amount, 30000)
}

// TestStripe_RefundOfWhatItCannotRefund: an amount between two of Stripe's units does not count
// as refunded.
func TestStripe_RefundOfWhatItCannotRefund(t *testing.T) {
	t.Parallel()
	p := newCounter(t)
	c := newCharge("pm_card_visa")
	c.Amount = booking.Money{Amount: 1_200_000, Currency: "MGA"}
	ref, err := p.Charge(t.Context(), c)
	require.NoError(t, err)
	for _, amount := range []int64{50, 150} {
		seen, err := p.Retrieve(t.Context(), ref)
		require.NoError(t, err)
		_, err = p.Stripe.Refund(t.Context(), "o1/refund/1", seen, booking.Money{Amount: amount, Currency: "MGA"})
		requireOwed(t, err, true, "the next amount that it can is")
	}
	seen, err := p.Retrieve(t.Context(), ref)
	require.NoError(t, err)
	require.Empty(t, seen.Refunds)
}

// TestStripe_MoreUnderTheSameKey: the undo of a charge refunds a further part, also one of the
// same amount after another refund has failed.
func TestStripe_MoreUnderTheSameKey(t *testing.T) {
	t.Parallel()
	p := newCounter(t)
	ref := p.charged(t, "pm_card_visa")
	for _, all := range []int64{20000, 40000} {
		for range 2 {
			_, err := p.part(t, "o1/charge/refund", ref, all)
			require.NoError(t, err)
			p.requireTotals(t, price.Amount, all)
		}
	}
}

// TestStripe_RefusedPartIsRequestedAnew: a refusal is repeated under its key, and the next request
// has another one.
func TestStripe_RefusedPartIsRequestedAnew(t *testing.T) {
	t.Parallel()
	p := newCounter(t)
	ref := p.charged(t, "pm_card_visa")
	p.sandbox.Behave(payments.Behaviour{Refunds: "refuse"})
	for range 2 {
		_, err := p.part(t, "o1/refund/1", ref, 20000)
		requireOwed(t, err, true, "Insufficient funds")
	}
	p.sandbox.Behave(payments.Behaviour{})
	_, err := p.part(t, "o1/refund/1", ref, 20000)
	require.NoError(t, err)
	p.requireTotals(t, price.Amount, 20000)
}

// TestStripe_PartThatIsPendingAndFails: each state is reported under the key of the part.
func TestStripe_PartThatIsPendingAndFails(t *testing.T) {
	t.Parallel()
	p := newCounter(t)
	ref := p.charged(t, "pm_card_visa")
	p.sandbox.Behave(payments.Behaviour{Refunds: "wait"})
	for range 2 {
		id, err := p.part(t, "o1/refund/1", ref, 20000)
		requireOwed(t, err, false, "pending at stripe")
		require.NotEmpty(t, id, "its reference is known")
	}
	p.sandbox.Behave(payments.Behaviour{Refunds: "fail"})
	_, err := p.part(t, "o1/refund/1", ref, 20000)
	requireOwed(t, err, true, "failed at stripe: expired_or_canceled_card")
	p.requireTotals(t, price.Amount, 0)
}

// TestStripe_WhatOthersDid does not count as ours: a refund by hand, and a dispute with the time
// limit for evidence.
func TestStripe_WhatOthersDid(t *testing.T) {
	t.Parallel()
	p := newCounter(t)
	ref := p.charged(t, "pm_card_visa")
	p.hand(t, "refunds", `{"orderId":"o1","amount":15000}`, http.StatusOK)
	p.hand(t, "disputes", `{"orderId":"o1","amount":20000}`, http.StatusOK)
	seen, err := p.Retrieve(t.Context(), ref)
	require.NoError(t, err)
	require.EqualValues(t, 35000, seen.Left, "an open dispute has withdrawn nothing yet")
	require.Len(t, seen.Refunds, 1)
	require.Empty(t, seen.Refunds[0].Key)
	require.Len(t, seen.Disputes, 1)
	require.Equal(t, booking.DisputeOpen, seen.Disputes[0].State)
	require.WithinDuration(t, time.Now().Add(7*24*time.Hour), seen.Disputes[0].EvidenceDueBy, time.Hour)
	_, err = p.part(t, "o1/refund/1", ref, 1000)
	requireOwed(t, err, true, "charge_disputed")

	p.hand(t, "disputes", `{"orderId":"o1","amount":20000,"state":"lost"}`, http.StatusOK)
	seen, err = p.Retrieve(t.Context(), ref)
	require.NoError(t, err)
	require.EqualValues(t, 15000, seen.Left)
	require.Equal(t, booking.DisputeLost, seen.Disputes[0].State)

	p.hand(t, "disputes", `{"orderId":"o1","amount":20000,"state":"won"}`, http.StatusOK)
	_, err = p.part(t, "o1/refund/1", ref, 35000)
	require.NoError(t, err)
	p.requireTotals(t, price.Amount, price.Amount)
}

// hand carries out an action at the stand-in.
func (c counter) hand(t *testing.T, what, body string, status int) string {
	t.Helper()
	r := httptest.NewRequest(http.MethodPost, payments.SwitchboardPath+"/"+what, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	c.sandbox.Handler().ServeHTTP(w, r)
	require.Equal(t, status, w.Code, w.Body)
	return w.Body.String()
}

// TestSwitchboard_Hands: an impossible action is refused, field by field.
func TestSwitchboard_Hands(t *testing.T) {
	t.Parallel()
	p := newCounter(t)
	p.charged(t, "pm_card_visa")
	require.Contains(t, p.hand(t, "refunds", `{"amount":-1,"state":"new"}`, http.StatusUnprocessableEntity), "at fault: orderId, amount, state")
	require.Contains(t, p.hand(t, "refunds", `[]`, http.StatusUnprocessableEntity), "at fault: body")
	p.hand(t, "refunds", `{`, http.StatusBadRequest)
	p.hand(t, "refunds", `{"orderId":"unknown"}`, http.StatusNotFound)
	p.hand(t, "disputes", `{"orderId":"unknown"}`, http.StatusNotFound)
	p.hand(t, "refunds", `{"orderId":"o1","amount":50001}`, http.StatusConflict)
	require.Contains(t, p.hand(t, "refunds", `{"orderId":"o1"}`, http.StatusOK), `"refunded":50000`)
	p.hand(t, "refunds", `{"orderId":"o1"}`, http.StatusConflict)
}

// TestTerms_Part: a fee is rounded so that the remainder can be refunded.
func TestTerms_Part(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		currency     string
		amount, want int64
	}{
		{"KRW", 33333, 33333}, {"EUR", 1, 1}, {"KWD", 5124, 5130}, {"KWD", 5120, 5120}, {"MGA", 1201, 1300}, {"UGX", 333, 333}, {"XXX", 7, 7},
	} {
		got := payments.Terms{}.Part(booking.Money{Amount: tt.amount, Currency: tt.currency})
		require.Equal(t, booking.Money{Amount: tt.want, Currency: tt.currency}, got, strconv.FormatInt(tt.amount, 10))
	}
}

// TestSandbox_Parts: the sandbox refunds parts like Stripe.
func TestSandbox_Parts(t *testing.T) {
	t.Parallel()
	remembered := newCharges(t)
	s := payments.NewSandbox(remembered)
	ref, err := s.Charge(t.Context(), newCharge("pm_card_visa"))
	require.NoError(t, err)
	refund := func(key string, all int64) error {
		seen, err := s.Retrieve(t.Context(), ref)
		require.NoError(t, err)
		_, err = s.Refund(t.Context(), key, seen, booking.Money{Amount: all - seen.RefundedUnder(key), Currency: price.Currency})
		return err
	}
	for _, all := range []int64{10000, 20000} {
		for range 2 {
			require.NoError(t, refund("o1/charge/refund", all))
		}
	}
	require.NoError(t, remembered.ByHand(t.Context(), "o1", 5000))
	seen, err := s.Retrieve(t.Context(), ref)
	require.NoError(t, err)
	require.EqualValues(t, 25000, seen.Left)
	require.EqualValues(t, 20000, seen.RefundedUnder("o1/charge/refund"))
	s.Behave(payments.Behaviour{Refunds: "fail"})
	requireOwed(t, refund("o1/refund/1", 1000), true, "failed")
	s.Behave(payments.Behaviour{Down: true})
	_, err = s.Retrieve(t.Context(), ref)
	require.ErrorIs(t, err, payments.ErrDown)
}
