package e2e

import (
	"net/http"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
)

// waitsLong returns the time of the next attempt of the step that the order waits for,
// once that is more than six seconds ahead.
func (s *system) waitsLong(order, step string) (until time.Time) {
	s.Helper()
	s.eventually(func() bool {
		d, err := s.temporal.DescribeWorkflowExecution(s.Context(), order, "")
		require.NoError(s, err)
		for _, a := range d.GetPendingActivities() {
			if a.GetActivityType().GetName() == step && a.GetNextAttemptScheduleTime() != nil {
				until = a.GetNextAttemptScheduleTime().AsTime()
			}
		}
		return time.Until(until) > 6*time.Second
	})
	return until
}

// TestRetry: a waiting step is retried at once, by API and by command, and the log names the
// caller. An order without a waiting step is not changed.
func TestRetry(t *testing.T) {
	t.Parallel()
	a := bootAudited(t)
	code, _, logs := a.command(nil, "version") // the first call builds the command
	require.Zero(t, code, logs)
	place := a.place(99)
	no := a.post("/v1/orders/"+a.accepted(a.reserve(place))+"/retry", object{"reason": "is it there?"}).with(t, http.StatusConflict)
	require.Equal(t, "nothing_to_retry", no.body.Code)
	quick := a.withDefaultBudget()
	for _, retried := range []func(string) bool{
		func(order string) bool {
			tried := a.post("/v1/orders/"+order+"/retry", object{"reason": "the provider is back"})
			t.Logf("%d %s", tried.status, tried.raw)
			return tried.status == http.StatusAccepted && strings.Contains(string(tried.raw), `"name":"RefundPayment"`)
		},
		func(order string) bool {
			code, out, logs := a.command(nil, "retry", order, "--reason=the provider is back", "--as=1027")
			t.Log(out, logs)
			return code == 0 && strings.Contains(out, "RefundPayment is tried now")
		},
	} {
		a.within(3*waitLimit, func() bool { // on a busy machine the step may be tried by itself before
			order := a.accepted(a.reserve(place))
			a.sandbox(object{"down": true})
			quick.acceptsPending(func() answer { return quick.decide(order, "cancel") })
			until := a.waitsLong(order, "RefundPayment")
			a.sandbox(object{})
			done := retried(order)
			a.becomes(order, booking.Cancelled)
			if !done || time.Now().After(until) {
				return false
			}
			require.Contains(t, a.actions(order), "retry accepted")
			return true
		})
	}
	a.requireClean()
}

// TestCommands_CancelAndRefund: commands follow the same rules as the API, and write
// the same log.
func TestCommands_CancelAndRefund(t *testing.T) {
	t.Parallel()
	a := bootAudited(t)
	order := a.accepted(a.reserve(a.place(9)))
	refund := func(amount string) (int, string, string) {
		return a.command(nil, "refund", order, "--amount="+amount, "--reason=it was cold", "--key=r1", "--as=1027")
	}
	for range 2 {
		code, out, logs := refund("30000")
		require.Zero(t, code, logs)
		require.Contains(t, out, "30000 KRW of order "+order+": done.")
	}
	code, _, logs := refund("40000")
	require.Equal(t, 1, code)
	require.Contains(t, logs, "used for another refund")
	require.Len(t, a.entries(order), 1)
	code, _, logs = a.command(nil, "refund", order, "--amount=10000", "--reason=it rained in", "--key=r2", "--as=1028", "--seen=0")
	require.Equal(t, 1, code)
	require.Contains(t, logs, "acted_meanwhile")
	code, out, logs := a.command(nil, "cancel", order, "--reason=burnt down", "--as=1028")
	require.Contains(t, logs, "refund by 1027", "what it has seen")
	require.Zero(t, code, logs)
	require.Contains(t, out, order)
	a.becomes(order, booking.Cancelled)
	require.Equal(t, []string{"cancel done", "refund idempotency_key_reused", "refund done", "refund done"}, a.actions(order))
	a.requireClean()
}

// TestActing_TwoOperators: of concurrent actions of operators that have seen the same line of the
// log, one succeeds. The others get that action, its caller and its time.
func TestActing_TwoOperators(t *testing.T) {
	t.Parallel()
	a := bootAudited(t)
	order := a.accepted(a.reserve(a.place(9)))
	operators := make([]person, 4)
	for n := range operators {
		operators[n] = a.person("operator-"+strconv.Itoa(n), booking.OperatorRole)
	}
	begun := time.Now()
	var answers [4]answer
	var all sync.WaitGroup
	for n, o := range operators {
		all.Go(func() {
			answers[n] = a.request(http.MethodPost, "/v1/payments/"+order+"/refunds", object{"amount": object{"amount": 30000, "currency": "KRW"}, "reason": "it was cold"},
				"Authorization", "Bearer "+o.token, "Idempotency-Key", "r1", "Yeyak-Seen-Action", "0")
		})
	}
	all.Wait()
	winner := ""
	for n, is := range answers {
		if is.status == http.StatusCreated {
			require.Empty(t, winner, "two actions have succeeded")
			winner = operators[n].id
		}
	}
	require.NotEmpty(t, winner)
	type refusal struct {
		Code    string
		Actions []booking.OperatorAction
	}
	refused := func(is answer) (no refusal) {
		a.eventually(func() bool { // the log may be too slow for an answer that names the actions
			no = refusal{}
			is.with(t, http.StatusConflict).into(t, &no)
			if len(no.Actions) == 0 {
				is = is.again()
			}
			return len(no.Actions) > 0
		})
		return no
	}
	for _, is := range answers {
		if is.status != http.StatusCreated {
			no := refused(is)
			require.Equal(t, "acted_meanwhile", no.Code)
			require.Equal(t, winner, no.Actions[0].By)
			require.Equal(t, booking.RefundOrder, no.Actions[0].Action)
			require.WithinRange(t, no.Actions[0].At, begun.Add(-time.Second), time.Now())
		}
	}
	require.Len(t, a.entries(order), 1)

	// A decision can also depend on the order's version.
	a.eventually(func() bool { return a.page(order).Version == a.fresh(order).Version })
	seen := a.request(http.MethodGet, "/v1/mypages/"+order, nil).with(t, http.StatusOK).header.Get("ETag")
	first, second := operators[0], operators[1]
	cancel := func(by person) answer {
		return a.request(http.MethodPost, reservations+"/"+order+"/cancel", object{"reason": "burnt down"}, "Authorization", "Bearer "+by.token, "If-Match", seen)
	}
	cancel(first).with(t, http.StatusOK)
	no := refused(cancel(second))
	require.Equal(t, first.id, no.Actions[0].By)
	require.Equal(t, booking.CancelOrder, no.Actions[0].Action)
	a.requireClean()
}
