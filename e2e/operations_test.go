package e2e

import (
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	workflowpb "go.temporal.io/api/workflow/v1"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/app"
	"github.com/yeyak/yeyak/internal/rig/recipes"
)

// operations is the operator's document.
var operations = sync.OnceValues(func() (*recipes.Book, error) { return recipes.Read("../docs/operations") })

// follow runs the commands of docs/operations under a heading, as an operator would.
func (s *system) follow(heading, order string, env ...string) string {
	s.Helper()
	out, err := s.typed(heading, order, env...)
	require.NoError(s, err, "%s\n%s", heading, out)
	return out
}

// try is follow for commands that may fail for now.
func (s *system) try(heading, order string, env ...string) error {
	s.Helper()
	_, err := s.typed(heading, order, env...)
	return err
}

func (s *system) typed(heading, order string, env ...string) (string, error) {
	s.Helper()
	book, err := operations()
	require.NoError(s, err)
	commands, err := book.Commands(heading)
	require.NoError(s, err)
	path := s.TempDir()
	require.NoError(s, os.Symlink(temporalCLI(), filepath.Join(path, "temporal")))
	yeyak, err := binary()
	require.NoError(s, err)
	require.NoError(s, os.Symlink(yeyak, filepath.Join(path, "yeyak")))
	sh := limitedCommand(s, "sh", "-e", "-c", commands)
	sh.Env = append(os.Environ(), "PATH="+path+":"+os.Getenv("PATH"), "TEMPORAL_ADDRESS="+s.options.TemporalAddress,
		"TEMPORAL_NAMESPACE="+s.namespace, "API="+s.url, "TOKEN="+operator(), "ORDER="+order,
		"DATABASE_URL="+string(s.options.Config.Databases.Front))
	sh.Env = append(sh.Env, env...)
	out, err := sh.CombinedOutput()
	return string(out), err
}

// TestOperations runs recipes of docs/operations and checks their orders closely.
// cmd/cluster runs every recipe, on a cluster.
func TestOperations(t *testing.T) {
	t.Parallel()
	t.Run("Find", findOrders)
	t.Run("Show", showsOneOrder)
	t.Run("LogLevel", changeLogLevel)
	t.Run("Confirm", confirmForOwner)
	t.Run("Cancel", cancelWithCompensation)
	t.Run("CancelMany", cancelMany)
	t.Run("Reset", resetOrder)
	t.Run("Terminate", afterTerminate)
	t.Run("Pause", pauseStep)
	t.Run("CancelPaused", cancelPaused)
	t.Run("Books", checksTheBooks)
	t.Run("Rollout", rollOut)
	t.Run("Queue", showsTheQueue)
}

func findOrders(t *testing.T) {
	t.Parallel()
	s := boot(t, shortBudget, func(o *app.Options) { o.Config.Orders.AttentionAfter = time.Second })
	mine := s.accepted(s.reserve(s.place(9)))
	theirs := s.accepted(s.reserve(s.place(9, byOwner, object{"ownerId": "chan"}), object{"customerId": "dana"}))
	s.eventually(func() bool {
		return len(s.search("OrderStatus = 'awaiting_owner'")) == 1 && len(s.search("CustomerId = 'alice'")) == 1
	})
	found := s.follow("By customer", "", "CUSTOMER=alice")
	require.Contains(t, found, mine)
	require.NotContains(t, found, theirs)
	found = s.follow("By owner", "", "OWNER=chan")
	require.Contains(t, found, theirs)
	require.NotContains(t, found, mine)

	s.sandbox(object{"down": true})
	s.acceptsPending(func() answer { return s.decide(mine, "cancel") })
	s.eventually(func() bool { return len(s.search("NeedsAttention = true")) == 1 })
	require.Contains(t, s.follow("Orders that need attention", ""), mine)
	require.Contains(t, s.follow("Orders whose undos are owed", ""), mine)
	s.sandbox(object{})
}

func showsOneOrder(t *testing.T) {
	t.Parallel()
	s := boot(t, shortBudget)
	s.sandbox(object{"down": true})
	order := s.reserve(s.place(9)).with(t, http.StatusAccepted).body.ID
	s.becomes(order, booking.PaymentPending)
	s.eventually(func() bool { return s.attempts(order, "ChargePayment") > 1 })
	require.Contains(t, s.follow("What it looks like to its customer", order), `"status":"payment_pending"`)
	waits := s.follow("What it waits for", order)
	require.Contains(t, waits, "ChargePayment")
	require.Contains(t, waits, "sandbox payments are down", "why it fails")
	require.Contains(t, waits, "waits for the service that is to charge payment")
	s.sandbox(object{})
}

func showsTheQueue(t *testing.T) {
	t.Parallel()
	s := boot(t, slowCallBreaker, func(o *app.Options) { o.Config.Overload.Breaker.OpenFor = time.Minute })
	place := s.place(9)
	s.overloaded(place)
	s.untilDeferred(place)
	require.Contains(t, s.follow("Payments that wait", ""), "ApproximateBacklogCount")
}

func confirmForOwner(t *testing.T) {
	t.Parallel()
	s := boot(t)
	order := s.reserve(s.place(9, byOwner)).with(t, http.StatusCreated).body.ID
	s.follow("Confirm for the owner", order)
	v := s.becomes(order, booking.Confirmed)
	require.Contains(t, notes(v.View), "by telephone")
}

func cancelWithCompensation(t *testing.T) {
	t.Parallel()
	s := boot(t)
	place := s.place(1)
	order := s.reserve(place).with(t, http.StatusCreated).body.ID
	s.follow("Cancel with compensation", order)
	s.eventually(func() bool { return s.get("/v1/mypages/"+order).body.Status == booking.Cancelled })
	s.requireUndone(order, place, 1, booking.ByOperator)
}

func cancelMany(t *testing.T) {
	t.Parallel()
	s := boot(t)
	place, other := s.place(9), s.place(9)
	var orders []string
	for range 5 {
		orders = append(orders, s.reserve(place).with(t, http.StatusCreated).body.ID)
	}
	spared := s.reserve(other).with(t, http.StatusCreated).body.ID
	s.eventually(func() bool { return len(s.search("ItemId = '"+place+"'")) == 5 })
	require.Contains(t, s.follow("Cancel many", "", "PLACE="+place), "5")
	for _, order := range orders {
		s.eventually(func() bool { return s.get("/v1/mypages/"+order).body.Status == booking.Cancelled })
	}
	for _, order := range orders {
		s.requireUndone(order, place, 9, booking.ByOperator)
	}
	require.Equal(t, booking.Confirmed, s.get("/v1/mypages/"+spared).body.Status)
}

func resetOrder(t *testing.T) {
	t.Parallel()
	s := boot(t)
	place := s.place(1, byOwner)
	order := s.reserve(place).with(t, http.StatusCreated).body.ID
	s.decide(order, "confirm").with(t, http.StatusOK)
	s.follow("Reset to an earlier point", order)
	s.eventually(func() bool { return s.get("/v1/mypages/"+order).body.Status == booking.AwaitingOwner })
	charged, refunded := s.atProvider()
	require.EqualValues(t, 100000, charged, "nothing is charged twice")
	require.Zero(t, refunded)
	require.Equal(t, []int{0, 0}, s.remaining(place))
	require.Len(t, s.messagesAbout(order), 1)
	s.decide(order, "reject").with(t, http.StatusOK)
	s.requireUndone(order, place, 1, booking.RejectedByOwner)
}

func afterTerminate(t *testing.T) {
	t.Parallel()
	s := boot(t)
	place := s.place(1)
	order := s.reserve(place).with(t, http.StatusCreated).body.ID
	s.finished(order)
	s.follow("A terminate, and what follows", order)
	require.Contains(t, s.follow("Settle a terminated order", order), "is cancelled (operator)")
	s.eventually(func() bool { return s.get("/v1/mypages/"+order).body.Status == booking.Cancelled })
	s.requireUndone(order, place, 1, booking.ByOperator)
}

// deletedOnce is a drink whose deletion has ended.
func (s *system) deletedOnce(drink string) string {
	s.Helper()
	s.request(http.MethodDelete, drinks+"/"+drink, nil).with(s, http.StatusAccepted)
	s.removed(drink)
	return drink
}

func checksTheBooks(t *testing.T) {
	t.Parallel()
	s := boot(t)
	orders := s.oneOfEach()
	s.requirePages(orders)
	require.Contains(t, s.follow("A drink's deletion", "", "DRINK="+s.deletedOnce(s.drink(1))), `"status":"deleted"`)
	require.Contains(t, s.follow("Audit", ""), `"findings": []`)
	s.alter("DELETE FROM orders WHERE id = ?", orders[0])
	s.follow("Repair now", "")
	s.requirePages(orders)
	s.alter("DELETE FROM orders")
	require.Contains(t, s.follow("Rebuild the pages", ""), "4 orders: 4 pages written")
	s.requirePages(orders)
}

// cancelPaused: a customer's cancel does not wait for a paused step.
func cancelPaused(t *testing.T) {
	t.Parallel()
	s, order := withPausedPayment(t)
	s.sandbox(object{})
	s.carriedOut(func() answer { return s.decide(order, "cancel") })
	s.becomes(order, booking.Cancelled)
	status, _, _ := s.payment(order)
	require.Equal(t, "voided", status)
}

// withPausedPayment is an order whose payment was being retried and is paused.
func withPausedPayment(t *testing.T) (s *system, order string) {
	t.Helper()
	s = boot(t, shortBudget)
	s.sandbox(object{"down": true})
	order = s.reserve(s.place(9)).with(t, http.StatusAccepted).body.ID
	s.eventually(func() bool { return s.attempts(order, "ChargePayment") > 1 })
	s.follow("Pause a step", order)
	s.eventually(func() bool { return s.paused(order) })
	return s, order
}

// paused reports whether a pending activity of the order is paused, without a running
// attempt.
func (s *system) paused(order string) bool {
	return slices.ContainsFunc(s.pendingActivities(order), func(a *workflowpb.PendingActivityInfo) bool {
		return a.State == enumspb.PENDING_ACTIVITY_STATE_PAUSED
	})
}

func pauseStep(t *testing.T) {
	t.Parallel()
	s, order := withPausedPayment(t)
	s.sandbox(object{})
	tried := s.attempts(order, "ChargePayment")
	require.Never(t, func() bool { return s.attempts(order, "ChargePayment") != tried }, 3*time.Second, 500*time.Millisecond)
	require.Equal(t, booking.PaymentPending, s.get("/v1/mypages/"+order).body.Status)
	s.follow("Resume a step", order)
	s.eventually(func() bool { return s.get("/v1/mypages/"+order).body.Status == booking.Confirmed })
}
