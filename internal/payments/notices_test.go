package payments_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/payments"
)

// receiver receives notices, and reads them like the API.
type receiver struct {
	url      string
	received chan received

	mu   sync.Mutex
	busy int // how many notices it refuses first
}

type received struct {
	booking.PaymentNotice
	err error
}

func (h *receiver) refuses(notices int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.busy = notices
}

func (h *receiver) isBusy() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.busy--
	return h.busy >= 0
}

// chargedStandIn is a stand-in for Stripe that has charged order o1, and a receiver of its notices.
func chargedStandIn(t *testing.T) (counter, *receiver, string) {
	t.Helper()
	p := newCounter(t)
	t.Cleanup(p.sandbox.Close)
	h := &receiver{received: make(chan received, 100)}
	stripe := reader(t, p.sandbox.Handler(), newSecret)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if h.isBusy() {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		notice, err := stripe.Read(r.Context(), body, r.Header)
		if err != nil {
			w.WriteHeader(http.StatusBadRequest)
		}
		h.received <- received{notice, err}
	}))
	t.Cleanup(server.Close)
	h.url = server.URL
	return p, h, p.charged(t, "pm_card_visa")
}

// set changes the stand-in's switches, those of notices and others.
func (h *receiver) set(t *testing.T, p counter, notices, others string) {
	t.Helper()
	body := fmt.Sprintf(`{"notices": {"url": %q, "secret": %q%s}%s}`, h.url, newSecret, notices, others)
	r := httptest.NewRequestWithContext(t.Context(), http.MethodPut, payments.SwitchboardPath, strings.NewReader(body))
	r.Header.Set("Content-Type", "application/json")
	w := httptest.NewRecorder()
	p.sandbox.Handler().ServeHTTP(w, r)
	require.Equal(t, http.StatusOK, w.Code, w.Body)
	require.NotContains(t, w.Body.String(), newSecret)
}

// next returns the next notice.
func (h *receiver) next(t *testing.T) booking.PaymentNotice {
	t.Helper()
	got := <-h.received
	require.NoError(t, got.err)
	require.NotEmpty(t, got.ID)
	return got.PaymentNotice
}

func (h *receiver) requireNext(t *testing.T, what, orderID, ref string) {
	t.Helper()
	got := h.next(t)
	require.Equal(t, []string{what, orderID, ref}, []string{got.What, got.OrderID, got.Ref})
}

// pendingNotices is how many notices are delayed or repeated, and how many were accepted.
func pendingNotices(t *testing.T, body string) (waiting, sent int) {
	t.Helper()
	var said struct{ Notices struct{ UnderWay, Sent int } }
	require.NoError(t, json.Unmarshal([]byte(body), &said))
	return said.Notices.UnderWay, said.Notices.Sent
}

// TestServer_SendsNotices: refunds and disputes of any origin have a notice with their order.
func TestServer_SendsNotices(t *testing.T) {
	t.Parallel()
	p, h, ref := chargedStandIn(t)
	h.set(t, p, "", "")
	p.hand(t, "refunds", `{"orderId":"o1","amount":1000}`, http.StatusOK)
	h.requireNext(t, "charge.refunded", "o1", ref)
	for range 2 { // the second is a repetition
		_, err := p.part(t, "o1/refund/1", ref, 2000)
		require.NoError(t, err)
	}
	h.requireNext(t, "charge.refunded", "o1", ref)
	for state, what := range map[string]string{"wait": "refund.created", "fail": "refund.failed"} {
		h.set(t, p, "", `, "refunds": "`+state+`"`)
		_, err := p.part(t, "o1/refund/"+state, ref, 1000)
		require.Error(t, err)
		h.requireNext(t, what, "o1", ref)
		h.set(t, p, "", "")
		if state == "wait" {
			h.requireNext(t, "refund.updated", "o1", ref) // the switch ends it
		}
	}
	for _, step := range [][2]string{
		{`{"orderId":"o1","amount":5000}`, "charge.dispute.created"},
		{`{"orderId":"o1","amount":6000}`, "charge.dispute.updated"},
		{`{"orderId":"o1","amount":6000,"state":"lost"}`, "charge.dispute.closed"},
		{`{"orderId":"o1","amount":6000,"state":"won"}`, "charge.dispute.closed"},
	} {
		p.hand(t, "disputes", step[0], http.StatusOK)
		h.requireNext(t, step[1], "o1", ref)
	}
	require.Empty(t, h.received)
}

// TestServer_SendsNoticesOfDisputesThatItsMethodRaises, and when they end.
func TestServer_SendsNoticesOfDisputesThatItsMethodRaises(t *testing.T) {
	t.Parallel()
	p, h, _ := chargedStandIn(t)
	h.set(t, p, "", "")
	c := newCharge("pm_card_createDispute")
	c.OrderID, c.Key = "o2", booking.ChargeKey("o2")
	ref, err := p.Charge(t.Context(), c)
	require.NoError(t, err)
	h.requireNext(t, "charge.dispute.created", "o2", ref)
	h.set(t, p, "", `, "disputes": "lost"`)
	h.requireNext(t, "charge.dispute.closed", "o2", ref)
}

// TestServer_NoticesAsSwitched: late, lost, forged, twice, and repeated until accepted.
func TestServer_NoticesAsSwitched(t *testing.T) {
	t.Parallel()
	p, h, ref := chargedStandIn(t)
	refund := func() string { return p.hand(t, "refunds", `{"orderId":"o1","amount":1}`, http.StatusOK) }
	refund() // there is no URL
	h.set(t, p, `, "lost": true`, "")
	waiting, sent := pendingNotices(t, refund())
	require.Equal(t, []int{0, 0}, []int{waiting, sent})

	h.set(t, p, `, "late": "1h"`, "")
	waiting, sent = pendingNotices(t, refund())
	require.Equal(t, []int{1, 0}, []int{waiting, sent}, "it is late, and the next one is not")
	h.set(t, p, `, "twice": true, "late": "0s-1ms"`, "")
	refund()
	once := h.next(t)
	require.Equal(t, once, h.next(t), "a notice that is sent twice is the same")

	h.set(t, p, `, "forged": true`, "")
	refund()
	require.ErrorIs(t, (<-h.received).err, &booking.Error{Code: booking.ForgedNotice})

	h.refuses(2)
	h.set(t, p, "", "")
	refund()
	h.requireNext(t, "charge.refunded", "o1", ref)
	require.Empty(t, h.received)
	p.sandbox.Close()
	waiting, _ = pendingNotices(t, refund())
	require.Zero(t, waiting, "what is late is not waited for, and what comes later is not sent")
}

// TestSandbox_SendsNotices: the built-in sandbox delivers changes that no answer reported, and repeats
// them until they are accepted.
func TestSandbox_SendsNotices(t *testing.T) {
	t.Parallel()
	remembered := newCharges(t)
	s := payments.NewSandbox(remembered)
	t.Cleanup(s.Close)
	delivered, busy := make(chan booking.PaymentNotice, 10), true
	s.Notify = func(_ context.Context, n booking.PaymentNotice) error {
		if busy {
			busy = false
			return errors.New("the engine is away")
		}
		delivered <- n
		return nil
	}
	ref, err := s.Charge(t.Context(), newCharge("pm_card_visa"))
	require.NoError(t, err)
	requireDelivered := func(what string) {
		n := <-delivered
		require.Equal(t, []string{what, "o1"}, []string{n.What, n.OrderID})
		require.NotEmpty(t, n.ID)
	}
	h := hands{t, s}
	h.do("refunds", `{"orderId":"o1","amount":1000}`, http.StatusOK)
	requireDelivered("charge.refunded")
	h.do("disputes", `{"orderId":"o1","amount":5000}`, http.StatusOK)
	requireDelivered("charge.dispute.created")
	h.do("disputes", `{"orderId":"o1","amount":5000,"state":"won"}`, http.StatusOK)
	requireDelivered("charge.dispute.closed")

	h.do("failures", `{"orderId":"o1","amount":3}`, http.StatusNotFound)
	h.do("failures", `{"orderId":"o1","amount":1000}`, http.StatusOK)
	requireDelivered("refund.failed")

	s.Behave(payments.Behaviour{Refunds: "wait"})
	refund := func() error {
		seen, err := s.Retrieve(t.Context(), ref)
		require.NoError(t, err)
		_, err = s.Refund(t.Context(), "o1/charge/refund", seen, booking.Money{Amount: 2000, Currency: price.Currency})
		return err
	}
	requireOwed(t, refund(), false, "pending")
	s.Behave(payments.Behaviour{})
	requireDelivered("refund.updated")
	require.NoError(t, refund())
	s.Behave(payments.Behaviour{Notices: payments.Notices{Lost: true}})
	h.do("refunds", `{"orderId":"o1"}`, http.StatusOK)
	require.Empty(t, delivered, "there is no notice of what was answered, nor of what is lost")
}
