package orders_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/mocks"
	"go.temporal.io/sdk/temporal"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/orders"
	"github.com/yeyak/yeyak/workflows/contract"
)

// storeOrders puts n orders into the inbox, one second apart, and returns their ids.
func (k kitchen) storeOrders(t *testing.T, n int) (ids []string) {
	t.Helper()
	for i := range n {
		id := fmt.Sprintf("food-%d", i)
		received := time.Now().UTC().Truncate(time.Second).Add(time.Duration(i-n) * time.Second)
		input := contract.Food{
			Menu: bibimbap(), Quantity: 2, Address: meal.Address,
			Order: contract.Order{
				OrderID: id, CustomerID: "alice", Amount: booking.Money{Amount: 18000, Currency: "KRW"}, PaymentMethod: "pm_card_visa",
				PlacedAt: received, StartBy: received.Add(time.Hour), Policy: contract.Policy{InPlace: true},
			},
		}
		text, err := jsonOf(input)
		require.NoError(t, err)
		v := input.View()
		v.Version = orders.KeptVersion
		_, err = k.inbox.Put(t.Context(), orders.Kept{
			OrderID: id, Kind: booking.Food, CustomerID: "alice", Input: text, Summary: "1 × Bibimbap", RequestHash: "hash",
			ReceivedAt: received, StartBy: received.Add(time.Hour),
		}, contract.Publication{View: v, RequestHash: "hash"})
		require.NoError(t, err)
		ids = append(ids, id)
	}
	return ids
}

// dispatches runs the dispatcher until the inbox is empty, and counts the outcomes.
func (k kitchen) dispatches(t *testing.T) map[string]int {
	t.Helper()
	var mu sync.Mutex
	outcomes := map[string]int{}
	k.Dispatcher.Count = func(outcome string) {
		mu.Lock()
		defer mu.Unlock()
		outcomes[outcome]++
	}
	stop := k.runs(t)
	k.awaitEmpty(t)
	stop()
	return outcomes
}

// runs starts the dispatcher; stop ends it and waits for its end.
func (k kitchen) runs(t *testing.T) (stop func()) {
	ctx, end := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		k.Dispatcher.Run(ctx)
	}()
	return func() {
		end()
		<-ended
	}
}

func (k kitchen) awaitEmpty(t *testing.T) {
	t.Helper()
	require.Eventually(t, func() bool {
		open, err := k.inbox.Open(t.Context())
		return err == nil && open.Orders == 0
	}, time.Minute, 10*time.Millisecond)
}

// starts records the orders that the engine got a start for, in sequence.
type starts struct {
	mu      sync.Mutex
	inputs  []contract.Food
	options []client.StartWorkflowOptions
}

// answersStarts makes the engine answer each start by answer.
func answersStarts(engine *mocks.Client, answer func(n int, in contract.Food) error) *starts {
	s := &starts{}
	engine.On("ExecuteWorkflow", mock.Anything, mock.Anything, contract.FoodWorkflow, mock.Anything).
		Return(func(_ context.Context, o client.StartWorkflowOptions, _ any, args ...any) (client.WorkflowRun, error) {
			s.mu.Lock()
			defer s.mu.Unlock()
			in := args[0].(contract.Food)
			s.inputs, s.options = append(s.inputs, in), append(s.options, o)
			if err := answer(len(s.inputs), in); err != nil {
				return nil, err
			}
			return &mocks.WorkflowRun{}, nil
		})
	return s
}

func alreadyStarted() error {
	return serviceerror.NewWorkflowExecutionAlreadyStarted("it runs", "", "")
}

// TestDispatch: orders in the inbox are started, oldest first, each once and as it was
// placed.
func TestDispatch(t *testing.T) {
	t.Parallel()
	k := newKitchen(t)
	ids := k.storeOrders(t, 40)
	s := answersStarts(k.engine, func(int, contract.Food) error { return nil })
	require.Equal(t, map[string]int{"started": 40}, k.dispatches(t))
	require.Len(t, s.inputs, 40)
	require.Equal(t, ids[0], s.inputs[0].OrderID)
	var got []string
	for n, in := range s.inputs {
		got = append(got, in.OrderID)
		require.NoError(t, in.Check())
		require.False(t, in.DispatchedAt.IsZero())
		require.Nil(t, in.Withdrawal)
		require.Equal(t, enums.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE, s.options[n].WorkflowIDReusePolicy)
		require.Equal(t, "hash", s.options[n].Memo[contract.RequestHashMemo])
	}
	require.ElementsMatch(t, ids, got)
}

// TestDispatch_EstimatesTheWait: the time after which a customer should check again follows
// from the rate of the inbox, once that is known.
func TestDispatch_EstimatesTheWait(t *testing.T) {
	t.Parallel()
	k := newKitchen(t)
	k.Starts = noTurn{} // for requests; the dispatcher has its own
	answersStarts(k.engine, func(int, contract.Food) error { return nil })
	first, err := k.order(t, "", "")
	require.NoError(t, err)
	require.Equal(t, 30*time.Second, first.After, "nothing is known yet")
	k.storeOrders(t, 40)
	defer k.runs(t)()
	k.awaitEmpty(t)
	second, err := k.order(t, "", "")
	require.NoError(t, err)
	require.Less(t, second.After, 30*time.Second)
}

// TestDispatch_EngineAway: an engine that answers again gets all orders that have waited.
func TestDispatch_EngineAway(t *testing.T) {
	t.Parallel()
	k := newKitchen(t)
	k.storeOrders(t, 5)
	requests := 0
	k.engine.On("CheckHealth", mock.Anything, mock.Anything).Return(func(context.Context, *client.CheckHealthRequest) (*client.CheckHealthResponse, error) {
		if requests++; requests == 2 {
			return nil, serviceerror.NewUnavailable("away")
		}
		return &client.CheckHealthResponse{}, nil
	})
	s := answersStarts(k.engine, func(n int, _ contract.Food) error {
		if n <= 3 {
			return serviceerror.NewUnavailable("away")
		}
		return nil
	})
	require.Equal(t, map[string]int{"failed": 3, "started": 5}, k.dispatches(t))
	require.Equal(t, s.inputs[0].OrderID, s.inputs[3].OrderID, "the oldest is tried until it is started")
}

// TestDispatch_Started: an order that was started before is found, and if it is that of
// another request under the same key, that request counts.
func TestDispatch_Started(t *testing.T) {
	t.Parallel()
	for _, hash := range []string{"hash", "another hash"} {
		k := newKitchen(t)
		ids := k.storeOrders(t, 1)
		answersStarts(k.engine, func(int, contract.Food) error { return alreadyStarted() })
		knows(t, k.engine, hash)
		require.Equal(t, map[string]int{"found": 1}, k.dispatches(t))
		row, err := k.Pages.Order(t.Context(), ids[0])
		require.NoError(t, err)
		require.Equal(t, hash, row.RequestHash)
	}
}

// TestDispatch_Withdrawn: the engine gets every withdrawn order, so that no start of it
// takes effect any more.
func TestDispatch_Withdrawn(t *testing.T) {
	t.Parallel()
	withdrawn := func(t *testing.T, reason booking.Reason) (kitchen, string) {
		t.Helper()
		k := newKitchen(t)
		ids := k.storeOrders(t, 1)
		_, ok, err := k.inbox.Withdraw(t.Context(), ids[0], contract.Withdrawal{Reason: reason}, false)
		require.NoError(t, err)
		require.True(t, ok)
		return k, ids[0]
	}
	t.Run("NeverStarted", func(t *testing.T) {
		t.Parallel()
		for _, reason := range []booking.Reason{booking.ByCustomer, booking.NotProcessed} {
			k, _ := withdrawn(t, reason)
			s := answersStarts(k.engine, func(int, contract.Food) error { return nil })
			require.Equal(t, map[string]int{"closed": 1}, k.dispatches(t))
			require.Equal(t, reason, s.inputs[0].Withdrawal.Reason)
			require.NoError(t, s.inputs[0].Check())
		}
	})
	t.Run("StartedAllTheSame", func(t *testing.T) {
		t.Parallel()
		for name, answer := range map[string]error{
			"Cancelled": nil, "Over": serviceerror.NewNotFound("completed"),
			"Delivered": temporal.NewNonRetryableApplicationError("no", string(booking.AlreadyDelivered), nil),
		} {
			k, id := withdrawn(t, booking.ByCustomer)
			answersStarts(k.engine, func(int, contract.Food) error { return alreadyStarted() })
			var requests []client.UpdateWorkflowOptions
			k.engine.On("UpdateWorkflow", mock.Anything, mock.Anything).
				Return(func(_ context.Context, o client.UpdateWorkflowOptions) (client.WorkflowUpdateHandle, error) {
					requests = append(requests, o)
					if name == "Over" {
						return nil, answer
					}
					handle := &mocks.WorkflowUpdateHandle{}
					handle.On("Get", mock.Anything, mock.Anything).Return(answer)
					return handle, nil
				})
			require.Equal(t, map[string]int{"closed": 1}, k.dispatches(t), name)
			require.Equal(t, []string{id, contract.CancelUpdate}, []string{requests[0].WorkflowID, requests[0].UpdateName})
		}
	})
	t.Run("DeliveryAway", func(t *testing.T) {
		t.Parallel()
		k, _ := withdrawn(t, booking.ByCustomer)
		answersStarts(k.engine, func(int, contract.Food) error { return alreadyStarted() })
		var requests []string
		k.engine.On("UpdateWorkflow", mock.Anything, mock.Anything).
			Return(func(_ context.Context, o client.UpdateWorkflowOptions) (client.WorkflowUpdateHandle, error) {
				requests = append(requests, o.UpdateID)
				handle := &mocks.WorkflowUpdateHandle{}
				var answer error
				if len(requests) == 1 {
					answer = temporal.NewNonRetryableApplicationError("away", string(booking.DeliveryUnavailable), nil, contract.Refusal{After: booking.Duration(time.Second)})
				}
				handle.On("Get", mock.Anything, mock.Anything).Return(answer)
				return handle, nil
			})
		require.Equal(t, map[string]int{"failed": 1, "closed": 1}, k.dispatches(t))
		require.NotEqual(t, requests[0], requests[1], "the engine keeps the answer to the first")
	})
}

// TestDispatch_OddOne: an order that can never be started does not block others.
func TestDispatch_OddOne(t *testing.T) {
	t.Parallel()
	k := newKitchen(t)
	ids := k.storeOrders(t, 3)
	answersStarts(k.engine, func(_ int, in contract.Food) error {
		if in.OrderID == ids[0] {
			return serviceerror.NewInvalidArgument("too large")
		}
		return nil
	})
	stop := k.runs(t)
	require.Eventually(t, func() bool { return len(k.kept(t)) == 1 }, time.Minute, 10*time.Millisecond)
	stop()
	require.Equal(t, ids[0], k.kept(t)[0].OrderID)
}
