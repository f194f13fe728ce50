package e2e

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"

	"github.com/yeyak/yeyak/activities"
	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/app"
	"github.com/yeyak/yeyak/internal/orders"
	"github.com/yeyak/yeyak/workflows/contract"
)

// temporalProgram is the Temporal server that `make test` names or builds.
func temporalProgram() string { return tool("YEYAK_TEMPORAL_SERVER", "temporal-server") }

// temporalCLI is Temporal's CLI, in the same way: operators' recipes use it.
func temporalCLI() string { return tool("YEYAK_TEMPORAL_CLI", "temporal") }

func tool(variable, name string) string {
	if path := os.Getenv(variable); path != "" {
		return path
	}
	path, _ := filepath.Abs(filepath.Join("..", "bin", name))
	return path
}

// shortBudget has a short reply budget.
func shortBudget(o *app.Options) { o.Config.Orders.ReplyBudget = 4 * time.Second }

// withDefaultBudget returns another API of the system with the default reply budget, for
// requests that are answered before the order is decided. The system's own API has a long
// budget, so that tests do not depend on the machine's speed.
func (s *system) withDefaultBudget() *system {
	s.Helper()
	o := s.options
	o.Migrate, o.Config.HTTP.Listen, o.Config.Worker.Serve = false, "127.0.0.1:0", nil
	o.Config.Orders.ReplyBudget = orders.DefaultReplyBudget
	h := start(s.TB, o)
	h.token = s.token
	return h
}

// waitLimit bounds waits in failing tests. It is long, so that tests do not depend on the
// machine's speed.
const waitLimit = 3 * time.Minute

// hangLimit bounds waits that have no condition of their own: for an answer, for the end of a
// process or of a workflow.
const hangLimit = 3 * waitLimit

// receive is what comes from a channel of the test; it may be closed.
func receive[T any](t testing.TB, from <-chan T, what string) (came T) {
	t.Helper()
	select {
	case came = <-from:
	case <-time.After(hangLimit):
		require.FailNow(t, what+" does not come")
	}
	return came
}

// limitedCommand is a program that is killed when the test ends, or when it takes too long.
func limitedCommand(t testing.TB, program string, args ...string) *exec.Cmd {
	ctx, cancel := context.WithTimeout(t.Context(), hangLimit)
	atEnd(t, cancel)
	c := exec.CommandContext(ctx, program, args...)
	c.WaitDelay = time.Minute // its children may keep its output open
	return c
}

// ends is the error of a process that has to end by itself. It is killed if it does not.
func ends(t testing.TB, c *exec.Cmd) error {
	t.Helper()
	ended := make(chan error, 1)
	go func() { ended <- c.Wait() }()
	select {
	case err := <-ended:
		return err
	case <-time.After(hangLimit):
		_ = c.Process.Kill()
		require.FailNow(t, c.String()+" does not end")
		return nil
	}
}

// outcome waits for the end of a workflow, and reads its result.
func (s *system) outcome(run client.WorkflowRun, result any) error {
	ctx, cancel := context.WithTimeout(s.Context(), hangLimit)
	defer cancel()
	err := run.Get(ctx, result)
	if ctx.Err() != nil {
		is, unknown := s.temporal.DescribeWorkflowExecution(s.Context(), run.GetID(), run.GetRunID())
		return fmt.Errorf("%s does not end: %v %v", run.GetID(), is, unknown)
	}
	return err
}

// completes waits until a workflow has completed.
func (s *system) completes(workflow string) {
	s.Helper()
	require.NoError(s, s.outcome(s.temporal.GetWorkflow(s.Context(), workflow, ""), nil))
}

// eventually waits for a condition.
func (s *system) eventually(what func() bool) {
	s.Helper()
	s.within(waitLimit, what)
}

// accepted returns the id of an order once it is accepted: within the system's reply budget, or
// later. A request that was answered 503 is made again; without a key that is another order.
func (s *system) accepted(a answer) string {
	s.Helper()
	a = a.served()
	if a.status == http.StatusCreated {
		return a.body.ID
	}
	a.with(s, http.StatusAccepted)
	var v contract.View
	s.eventually(func() bool {
		v = s.page(a.body.ID).View
		return v.Decided()
	})
	require.NotContains(s, []booking.Status{booking.Cancelling, booking.Cancelled}, v.Status)
	return v.ID
}

// retries repeats a request while the answer is 503, after the pause that it names.
func (s *system) retries(request func() answer) (a answer) {
	s.Helper()
	s.eventually(func() bool {
		a = request()
		return a.status != http.StatusServiceUnavailable
	})
	return a
}

// made repeats a request under its key until its outcome is known, for which the reply budget
// of the system may be too short.
func (s *system) made(request func() answer) (a answer) {
	s.Helper()
	s.eventually(func() bool {
		a = request()
		return a.status != http.StatusAccepted && a.status != http.StatusServiceUnavailable
	})
	return a
}

// refusedOrder is the id of an order that was refused, or will be.
func (s *system) refusedOrder(a answer) string {
	s.Helper()
	if a.body.Order == nil {
		a = a.served()
	}
	if a.body.Order != nil {
		return a.body.Order.ID
	}
	return a.with(s, http.StatusAccepted).body.ID
}

// carriedOut repeats a decision until the order has accepted it. The reply budget of the system
// may be too short for the decision to be carried out within one request.
func (s *system) carriedOut(decide func() answer) {
	s.Helper()
	var a answer
	attempts := 0
	s.eventually(func() bool {
		a = decide()
		attempts++
		return a.status != http.StatusServiceUnavailable
	})
	if attempts > 1 && a.status == http.StatusConflict {
		return // the order had accepted it the first time
	}
	require.Contains(s, []int{http.StatusOK, http.StatusAccepted}, a.status, "%s", a.raw)
}

// cancelsMeal cancels a meal. The cancel may be answered 202 and refused later, if the delivery service
// does not answer in time: then it is repeated.
func (s *system) cancelsMeal(order string, cancel func() answer) {
	s.Helper()
	s.eventually(func() bool {
		cancel()
		status := s.page(order).Status
		return status == booking.Cancelling || status == booking.Cancelled
	})
}

// acceptsPending repeats a decision after each 503 until the order has accepted it, and checks
// that it is not carried out yet.
func (s *system) acceptsPending(decide func() answer) {
	s.Helper()
	s.retries(decide).with(s, http.StatusAccepted)
}

// sandbox sets the switches of the payment provider's sandbox.
func (s *system) sandbox(switches object) {
	s.Helper()
	s.request(http.MethodPut, "/sandbox/payments", switches).with(s, http.StatusOK)
}

// atProvider is the payment provider's total of charges and refunds.
func (s *system) atProvider() (charged, refunded int64) {
	s.Helper()
	var totals struct{ Charged, Refunded int64 }
	s.get("/sandbox/payments").with(s, http.StatusOK).into(s, &totals)
	return totals.Charged, totals.Refunded
}

// into reads an answer's body into v.
func (a answer) into(t testing.TB, v any) {
	t.Helper()
	require.NoError(t, json.Unmarshal(a.raw, v), "%s", a.raw)
}

// decide sends a decision on a reservation.
func (s *system) decide(order, decision string) answer {
	s.Helper()
	return s.post(reservations+"/"+order+"/"+decision, map[string]any{
		"confirm": nil, "complete": nil,
		"reject": object{"reason": "because"}, "cancel": object{"reason": "because"},
	}[decision])
}

func execution(order string) *commonpb.WorkflowExecution {
	return &commonpb.WorkflowExecution{WorkflowId: order}
}

// startedLike is the input that an order's workflow was started with.
func (s *system) startedLike(order string) (in contract.Lodging) {
	s.Helper()
	first, err := s.temporal.GetWorkflowHistory(s.Context(), order, "", false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT).Next()
	require.NoError(s, err)
	require.NoError(s, converter.GetDefaultDataConverter().FromPayloads(first.GetWorkflowExecutionStartedEventAttributes().Input, &in))
	in.Begins, in.Ends = time.Time{}, time.Time{} // the caller sets new days
	return in
}

// startAt starts a saga without the API, as if it had just been requested: the API would refuse
// this input.
func (s *system) startAt(in contract.Lodging) {
	s.Helper()
	in.PlacedAt = time.Now().UTC().Truncate(time.Microsecond)
	_, err := s.temporal.ExecuteWorkflow(s.Context(), client.StartWorkflowOptions{
		ID: in.OrderID, TaskQueue: contract.SagasQueue,
	}, contract.LodgingWorkflow, in)
	require.NoError(s, err)
}

// placeWithPast is a place with a room on a night that may have passed.
func (s *system) placeWithPast(night booking.Date) string {
	s.Helper()
	id := s.place(1)
	s.request(http.MethodPut, "/v1/lodging/places/"+id+"/stock", object{"from": night, "to": night.AddDays(1), "rooms": 1}).with(s, http.StatusOK)
	return id
}

// switchedReadModel is a read model that can be away, or slow.
type switchedReadModel struct {
	activities.ReadModel
	away atomic.Bool
	late atomic.Int64 // additional duration in ns
}

func (r *switchedReadModel) Publish(ctx context.Context, p contract.Publication) error {
	time.Sleep(time.Duration(r.late.Load())) // simulates a slow disk; the test does not wait for it
	if r.away.Load() {
		return errors.New("the read model is away")
	}
	return r.ReadModel.Publish(ctx, p)
}

// switchedMessages is a notifications service that can be away, or refuses to withdraw
// messages.
type switchedMessages struct {
	activities.Messages
	away, keeps atomic.Bool
}

func (o *switchedMessages) Withdraw(ctx context.Context, key string, m booking.Message, reason booking.Reason) (booking.Undo, error) {
	if o.keeps.Load() {
		return booking.Undo{}, errors.New("notifications take nothing back")
	}
	return o.Messages.Withdraw(ctx, key, m, reason)
}

func (o *switchedMessages) Send(ctx context.Context, m booking.Message) (booking.Outcome, error) {
	if o.away.Load() {
		return booking.Outcome{}, errors.New("notifications are away")
	}
	return o.Messages.Send(ctx, m)
}

// pendingActivities are the durable steps and undos that an order waits for.
func (s *system) pendingActivities(order string) []*workflowpb.PendingActivityInfo {
	s.Helper()
	d, err := s.temporal.DescribeWorkflowExecution(s.Context(), order, "")
	require.NoError(s, err)
	return d.PendingActivities
}

// attempts is the number of attempts of a pending activity of the order.
func (s *system) attempts(order, activity string) int {
	s.Helper()
	for _, a := range s.pendingActivities(order) {
		if a.ActivityType.Name == activity {
			return int(a.Attempt)
		}
	}
	return 0
}

// search lists the ids of the orders that an operator's query finds.
func (s *system) search(query string) (orders []string) {
	s.Helper()
	found, err := s.temporal.ListWorkflow(s.Context(), &workflowservice.ListWorkflowExecutionsRequest{Namespace: s.namespace, Query: query})
	require.NoError(s, err)
	for _, e := range found.Executions {
		orders = append(orders, e.Execution.WorkflowId)
	}
	return orders
}

// logged is the system's log so far, warnings and worse.
func (s *system) logged() (lines []string) {
	for _, entry := range s.log.All() {
		lines = append(lines, entry.Message)
	}
	return lines
}
