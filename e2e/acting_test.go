package e2e

import (
	"net/http"
	"strconv"
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
	byAPI, byCommand := a.accepted(a.reserve(a.place(9))), a.accepted(a.reserve(a.place(9)))
	no := a.post("/v1/orders/"+byAPI+"/retry", object{"reason": "is it there?"}).with(t, http.StatusConflict)
	require.Equal(t, "nothing_to_retry", no.body.Code)
	quick := a.withDefaultBudget()
	for order, retry := range map[string]func(){
		byAPI: func() {
			tried := a.post("/v1/orders/"+byAPI+"/retry", object{"reason": "the provider is back"}).with(t, http.StatusAccepted)
			require.Contains(t, string(tried.raw), `"name":"RefundPayment"`)
		},
		byCommand: func() {
			code, out, logs := a.command(nil, "retry", byCommand, "--reason=the provider is back", "--as=1027")
			require.Zero(t, code, logs)
			require.Contains(t, out, "RefundPayment is tried now")
		},
	} {
		a.sandbox(object{"down": true})
		quick.acceptsPending(func() answer { return quick.decide(order, "cancel") })
		until := a.waitsLong(order, "RefundPayment")
		a.sandbox(object{})
		retry()
		a.becomes(order, booking.Cancelled)
		require.True(t, time.Now().Before(until), "it was not waited for")
		require.Contains(t, a.actions(order), "retry accepted")
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
	code, _, logs = a.command(nil, "cancel", order, "--reason=burnt down", "--as=1028", "--seen=0")
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
	var refusal struct {
		Code    string
		Actions []booking.OperatorAction
	}
	for _, is := range answers {
		if is.status != http.StatusCreated {
			require.Equal(t, http.StatusConflict, is.status, string(is.raw))
			is.into(t, &refusal)
			require.Equal(t, "acted_meanwhile", refusal.Code)
			require.NotEmpty(t, refusal.Actions)
			require.Equal(t, winner, refusal.Actions[0].By)
			require.Equal(t, booking.RefundOrder, refusal.Actions[0].Action)
			require.WithinDuration(t, time.Now(), refusal.Actions[0].At, time.Minute)
		}
	}
	require.Len(t, a.entries(order), 1)

	// A decision can also depend on the order's version.
	a.eventually(func() bool { return a.page(order).Version == a.fresh(order).Version })
	seen := a.request(http.MethodGet, "/v1/mypages/"+order, nil).with(t, http.StatusOK).header.Get("ETag")
	first, second := operators[0], operators[1]
	cancel := func(by person, status int) answer {
		return a.request(http.MethodPost, reservations+"/"+order+"/cancel", object{"reason": "burnt down"}, "Authorization", "Bearer "+by.token, "If-Match", seen).with(t, status)
	}
	cancel(first, http.StatusOK)
	cancel(second, http.StatusConflict).into(t, &refusal)
	require.Equal(t, first.id, refusal.Actions[0].By)
	require.Equal(t, booking.CancelOrder, refusal.Actions[0].Action)
	a.requireClean()
}
