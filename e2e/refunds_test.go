package e2e

import (
	"fmt"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/app"
)

// TestRefunds_TwentyAtOnce: twenty concurrent refunds of one order, twice the payment
// in sum: exactly the payment is refunded, while the order runs and after its end. The
// customer gets a message for each refund.
func TestRefunds_TwentyAtOnce(t *testing.T) {
	t.Parallel()
	for name, place := range map[string]func(*audited) string{
		"Running": func(a *audited) string { return a.reserve(a.place(9)).with(a, http.StatusCreated).body.ID },
		"Ended": func(a *audited) string {
			order := checkedOutEarly(a.system)
			a.ended(order)
			return order
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			onBoth(t, func(t *testing.T, on func(*app.Options)) { twentyAtOnce(bootAudited(t, on), place) })
		})
	}
}

func twentyAtOnce(a *audited, place func(*audited) string) {
	a.Helper()
	order := place(a)
	_, paid, _ := a.payment(order)
	var mu sync.Mutex
	came := map[string]int{}
	var all sync.WaitGroup
	for i := range 20 {
		all.Go(func() {
			var is answer
			for end := time.Now().Add(waitLimit); time.Now().Before(end); {
				is = a.refundByStaff(order, fmt.Sprint("key-", i), paid/10)
				if is.status != http.StatusServiceUnavailable { // so many at once that it has to be repeated
					break
				}
				time.Sleep(100 * time.Millisecond)
			}
			mu.Lock()
			defer mu.Unlock()
			if came[is.body.Code]++; is.body.Code == "refund_exceeds" {
				came["409"]++
			}
		})
	}
	all.Wait()
	require.Equal(a, map[string]int{"": 10, "refund_exceeds": 10, "409": 10}, came)
	a.eventually(func() bool { _, _, refunded := a.payment(order); return refunded == paid })
	require.Equal(a, "refund_exceeds", a.refundByStaff(order, "one more", 1).with(a, http.StatusConflict).body.Code)
	a.eventually(func() bool { return len(a.entries(order)) == 10 && len(a.messagesTo("alice", order)) == 10 })
	charged, refunded := a.atProvider()
	require.Equal(a, charged, refunded)
	events := 0
	a.eventually(func() bool {
		events = 0
		for _, e := range a.events(order) {
			if e == "PaymentRefunded" {
				events++
			}
		}
		return events == 10
	})
	a.requireClean()
}

// TestRefunds_Repeated: a refund is made once per key, and another one with the key is
// refused.
func TestRefunds_Repeated(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, on func(*app.Options)) {
		a := bootAudited(t, on)
		order := a.reserve(a.place(9)).with(t, http.StatusCreated).body.ID
		a.refundByStaff(order, "a", 30000).with(t, http.StatusCreated)
		a.refundByStaff(order, "a", 30000).with(t, http.StatusOK)
		require.Equal(t, "idempotency_key_reused", a.refundByStaff(order, "a", 30001).with(t, http.StatusUnprocessableEntity).body.Code)
		_, _, refunded := a.payment(order)
		require.EqualValues(t, 30000, refunded)
		is := a.shown(order)
		require.EqualValues(t, 70000, is.Refundable.Amount)
		entry := is.named(t, "refund/")
		require.Equal(t, []any{booking.Goodwill, "The heating was out of order", booking.EntryDone}, []any{entry.Reason, string(entry.Note), entry.State})
		require.NotEmpty(t, entry.Ref)
		require.Equal(t, "refund_exceeds", a.refundByStaff(order, "b", 70001).with(t, http.StatusConflict).body.Code)
		a.requireClean()
		a.decide(order, "cancel").with(t, http.StatusOK)
		_, paid, refunded := a.payment(order)
		require.Equal(t, paid, refunded, "the remaining amount was refunded with the order")
		a.requireClean()
	})
}

// TestRefunds_PaidByHand: a refund that the provider refuses for good is paid by hand,
// by the API and by the command: the order goes on at once, and says so.
func TestRefunds_PaidByHand(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, on func(*app.Options)) {
		a := bootAudited(t, on)
		place := a.place(9)
		stays, cancelled := a.accepted(a.reserve(place)), a.accepted(a.reserve(place))
		a.sandbox(object{"refunds": "fail"})
		require.Equal(t, "failed", a.refundOf(stays, "a", 30000).State)
		a.cancelling(cancelled)
		for _, order := range []string{stays, cancelled} {
			a.eventually(func() bool { return a.page(order).NeedsAttention })
		}
		a.eventually(func() bool { return len(a.messagesTo("alice", stays)) == 1 })

		a.paysByHand(stays)
		a.eventually(func() bool { return !a.page(stays).NeedsAttention })
		require.Equal(t, booking.Confirmed, a.page(stays).Status)
		made := a.entries(stays)
		require.Len(t, made, 1)
		require.True(t, made[0].ByHand)
		require.Equal(t, "done", made[0].State)
		require.Equal(t, "bank transfer 42", made[0].Ref)
		a.paidByHand(stays).with(t, http.StatusOK) // it is recorded already
		a.eventually(func() bool { return len(a.messagesTo("alice", stays)) == 2 })

		code, out, logs := a.resolves(cancelled, "bank transfer 43", "--as", "1024")
		require.Zero(t, code, logs)
		require.Contains(t, out, "is recorded as paid by hand")
		a.becomes(cancelled, booking.Cancelled)
		status, _, _ := a.payment(cancelled)
		require.Equal(t, "returned", status)
		made = a.entries(cancelled)
		require.Len(t, made, 1)
		require.Equal(t, "bank transfer 43", made[0].Ref)
		require.Equal(t, "1024", made[0].By)
		code, _, logs = a.command(nil, "resolve", cancelled, "--paid-by-hand", "once more")
		require.Equal(t, 1, code)
		require.Contains(t, logs, "no refund of the order waits for a person")
		a.sandbox(object{})
		a.requireClean()
	})
}

// TestRefunds_OfAnUnknownCharge: an order of which it is not known whether it was
// charged, since the provider answers with errors only, can end: an operator records
// how it was paid back. If the provider says later that there was a charge, the audit
// finds that, and a check of the payment records it.
func TestRefunds_OfAnUnknownCharge(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, on func(*app.Options)) {
		// While the provider is away nothing is decided, and a request waits for the
		// whole budget.
		a := bootAudited(t, on, shortBudget, func(o *app.Options) {
			o.Config.Orders.AttentionAfter = time.Second
			o.Config.Overload.Breaker.MinCalls = 1000 // both are called
		})
		unanswered, never := a.unknownCharge("loseAnswers"), a.unknownCharge("down")
		code, _, logs := a.command(nil, "resolve", unanswered, "--paid-by-hand", "bank transfer 42", "--as", "1024")
		require.Zero(t, code, logs)
		a.paysByHand(never)
		for _, order := range []string{unanswered, never} {
			a.becomes(order, booking.Cancelled)
			status, paid, refunded := a.payment(order)
			require.Equal(t, "returned", status)
			require.Zero(t, refunded)
			require.Equal(t, paid, a.byHand(order))
			require.False(t, a.page(order).NeedsAttention)
		}
		require.Equal(t, []string{"bank transfer 42", "1024"}, []string{a.entries(unanswered)[0].Ref, a.entries(unanswered)[0].By})
		a.sandbox(object{})
		report := a.drift()
		require.Len(t, report.Findings, 1)
		require.Contains(t, report.Findings[0].Says, "the ledger says: 100000 KRW returned; the provider: 100000 KRW charged")
		require.Equal(t, "yeyak payments look "+unanswered, report.Findings[0].Remedy)
		a.command(nil, "payments", "look", unanswered)
		a.requireClean()
		charged, refunded := a.atProvider()
		require.Equal(t, []int64{100000, 0}, []int64{charged, refunded})
	})
}
