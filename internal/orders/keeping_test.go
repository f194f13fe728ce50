package orders_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"path/filepath"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/mocks"
	"go.uber.org/zap"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/admission"
	"github.com/yeyak/yeyak/internal/orders"
	"github.com/yeyak/yeyak/internal/store"
	"github.com/yeyak/yeyak/workflows/contract"
)

// kitchen is orders with a real inbox and read model, on an engine that the test describes.
type kitchen struct {
	*orders.Orders
	engine *mocks.Client
	inbox  *store.Inbox
}

func newKitchen(t *testing.T) kitchen {
	t.Helper()
	db, err := store.Open(t.Context(), "sqlite://"+filepath.Join(t.TempDir(), "pages.db"), store.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	_, err = store.Migrate(t.Context(), db, "mypage")
	require.NoError(t, err)
	k := kitchen{engine: mocks.NewClient(t), inbox: store.NewInbox(db)}
	engine := orders.NewEngine(k.engine)
	k.Orders = orders.New(orders.Deps{
		Engine: engine, Hub: &orders.Hub{}, Pages: store.NewMypage(db), Catalogue: newMemory(), ReplyBudget: testTimeout, Policy: contract.Policy{InPlace: true},
		Dispatcher: newDispatcher(k.inbox, engine),
	})
	return k
}

func newDispatcher(inbox orders.Inbox, engine *orders.Engine) *orders.Dispatcher {
	return &orders.Dispatcher{
		Inbox: inbox, Engine: engine, Starts: anyTurn{}, Within: time.Hour, Eager: func() bool { return false }, Log: zap.NewNop(),
	}
}

// starts counts the starts that were sent.
func (k kitchen) starts() (n int) {
	for _, call := range k.engine.Calls {
		if call.Method == "ExecuteWorkflow" {
			n++
		}
	}
	return n
}

type anyTurn struct{}

func (anyTurn) Enter(context.Context) error { return nil }
func (anyTurn) Await(context.Context) error { return nil }
func (anyTurn) Leave(bool)                  {}

func (k kitchen) order(t *testing.T, key, hash string) (orders.Outcome, error) {
	t.Helper()
	return place(t, k.Orders, ordered(meal, key, hash))
}

// ordered is a placement of alice's with a price.
func ordered(w orders.Wanted, key, hash string) orders.Placement {
	p := wanted(w, key, hash)
	p.PaymentMethod = "pm_card_visa"
	return p
}

// kept lists the orders in the inbox.
func (k kitchen) kept(t *testing.T) (all []orders.Kept) {
	t.Helper()
	for one, err := range k.inbox.All(t.Context()) {
		require.NoError(t, err)
		all = append(all, one)
	}
	return all
}

// isSent makes every start fail after it was sent.
func isSent(engine *mocks.Client, err error) *mock.Call {
	return engine.On("ExecuteWorkflow", mock.Anything, mock.Anything, mock.Anything, mock.Anything).
		Run(func(args mock.Arguments) {
			orders.NoteCall(args.Get(0).(context.Context), false)
			orders.NoteCall(args.Get(0).(context.Context), true)
		}).Return(nil, err)
}

// startFailures are the failures that keep an order from being started at once.
var startFailures = map[string]struct {
	set  func(kitchen)
	sent bool
}{
	"NoTurn": {func(k kitchen) { k.Starts = noTurn{} }, false},
	"Refused": {func(k kitchen) {
		isRefused(k.engine, serviceerror.NewUnavailable("connection refused"))
		knowsNone(k.engine)
	}, false},
	"Unanswered": {func(k kitchen) { isSent(k.engine, context.DeadlineExceeded); knowsNone(k.engine) }, true},
	"Broken":     {func(k kitchen) { isSent(k.engine, serviceerror.NewInternal("shard lost")); knowsNone(k.engine) }, true},
	"Nowhere":    {func(k kitchen) { isSent(k.engine, serviceerror.NewNamespaceNotFound("x")); knowsNone(k.engine) }, false},
}

func eachStartFailure(t *testing.T, test func(t *testing.T, k kitchen, sent bool)) {
	t.Helper()
	for name, failure := range startFailures {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			k := newKitchen(t)
			failure.set(k)
			test(t, k, failure.sent)
		})
	}
}

// TestKeep: an order that cannot be started at once is accepted, and can be read.
func TestKeep(t *testing.T) {
	t.Parallel()
	eachStartFailure(t, func(t *testing.T, k kitchen, sent bool) {
		out, err := k.order(t, "", "")
		require.NoError(t, err)
		require.False(t, out.Done)
		require.Equal(t, booking.Received, out.View.Status)
		require.GreaterOrEqual(t, out.After, time.Second)
		kept := k.kept(t)
		require.Len(t, kept, 1)
		require.Equal(t, sent, kept[0].Sent)
		require.Equal(t, out.OrderID, kept[0].OrderID)
		require.Equal(t, time.Hour, kept[0].StartBy.Sub(kept[0].ReceivedAt))
		view, err := k.Read(t.Context(), booking.Caller{Unchecked: true}, booking.Food, out.OrderID)
		require.NoError(t, err)
		require.Equal(t, out.View, view)
		list, err := k.List(t.Context(), booking.Caller{Unchecked: true}, booking.OrderFilter{CustomerID: "alice"}, booking.Page{}, nil)
		require.NoError(t, err)
		require.Equal(t, []contract.View{out.View}, list.Orders)
		input, err := contract.ReadInput(booking.Food, kept[0].Input, func(*contract.Order) {})
		require.NoError(t, err)
		require.NoError(t, input.Check())
	})
}

// awayInbox is an inbox that cannot be written.
type awayInbox struct {
	orders.Inbox
	err error
}

func (a awayInbox) Put(context.Context, orders.Kept, contract.Publication) (string, error) {
	return "", a.err
}

// TestKeep_InboxAway: an order is refused only if it is certain that nothing was sent and
// nothing is kept. Any other one may exist.
func TestKeep_InboxAway(t *testing.T) {
	t.Parallel()
	for what, away := range map[string]struct {
		err     error
		certain bool
	}{
		"NothingWritten": {booking.ErrNothingDone, true}, "MayBeWritten": {context.DeadlineExceeded, false},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			eachStartFailure(t, func(t *testing.T, k kitchen, sent bool) {
				k.Dispatcher.Inbox = awayInbox{k.inbox, away.err}
				out, err := k.order(t, "", "")
				if away.certain && !sent {
					var no *booking.Error
					require.ErrorAs(t, err, &no)
					require.Contains(t, []booking.Code{orders.TemporalUnavailable, admission.Overloaded}, no.Code)
					return
				}
				require.NoError(t, err)
				require.False(t, out.Done)
				require.Equal(t, out.OrderID, out.View.ID)
			})
		})
	}
}

// TestKeep_TooManyOfYours: a customer with the maximum of orders in the inbox is refused
// before anything is started, and others are not.
func TestKeep_TooManyOfYours(t *testing.T) {
	t.Parallel()
	eachStartFailure(t, func(t *testing.T, k kitchen, sent bool) {
		k.MaxKeptOfOne = 2
		for range 2 {
			_, err := k.order(t, "", "")
			require.NoError(t, err)
		}
		started := k.starts()
		_, err := k.order(t, "", "")
		var no *booking.Error
		require.ErrorAs(t, err, &no)
		require.Equal(t, orders.TooManyOrdersOfYours, no.Code)
		require.GreaterOrEqual(t, no.After, time.Second)
		require.Equal(t, started, k.starts())
		bobs := ordered(meal, "", "")
		bobs.CustomerID = "bob"
		_, err = place(t, k.Orders, bobs)
		require.NoError(t, err)
		require.Len(t, k.kept(t), 3)

		k.Dispatcher = newDispatcher(k.inbox, k.Engine) // as in another process, which has put nothing there
		_, err = k.order(t, "", "")
		if sent {
			require.NoError(t, err, "it may have been started")
			require.Len(t, k.kept(t), 4)
		} else {
			require.ErrorIs(t, err, &booking.Error{Code: orders.TooManyOrdersOfYours})
			require.Len(t, k.kept(t), 3)
		}

		k.Dispatcher = newDispatcher(uncountedInbox{k.inbox}, k.Engine)
		_, err = k.order(t, "", "")
		require.NoError(t, err, "it is accepted when they cannot be counted")
	})
}

// TestKeep_TooManyByOne: a caller that orders for others may have ten times as many orders
// in the inbox as one customer, whichever customers they are for. Beyond that it is refused
// before anything is started, and the customers are not.
func TestKeep_TooManyByOne(t *testing.T) {
	t.Parallel()
	eachStartFailure(t, func(t *testing.T, k kitchen, _ bool) {
		k.MaxKeptOfOne = 1
		order := func(caller booking.Caller, customer string) error {
			wanted := ordered(meal, "", "")
			wanted.CustomerID = customer
			a, err := k.Prepare(t.Context(), caller, wanted)
			require.NoError(t, err)
			_, err = k.Place(t.Context(), a)
			return err
		}
		for n := range 10 {
			require.NoError(t, order(agent, fmt.Sprint("customer-", n)))
		}
		started := k.starts()
		require.ErrorIs(t, order(agent, "bob"), &booking.Error{Code: orders.TooManyOrdersOfYours})
		require.Equal(t, started, k.starts())
		require.NoError(t, order(booking.Caller{ID: "bob", Roles: []booking.Role{booking.CustomerRole}}, "bob"))
		require.NoError(t, order(operator, "carol"))
		require.Len(t, k.kept(t), 12)
	})
}

// uncountedInbox is an inbox whose orders cannot be counted.
type uncountedInbox struct{ orders.Inbox }

func (uncountedInbox) OpenOf(ctx context.Context, _ string) (int, error) {
	if end, limited := ctx.Deadline(); !limited || time.Until(end) > orders.OptionalReadTimeout {
		panic("an order waits for a count without an end")
	}
	return 0, errNoCount
}

// TestPlace_EmptyInboxIsNotRead: an order that is started at once does not read the inbox.
func TestPlace_EmptyInboxIsNotRead(t *testing.T) {
	t.Parallel()
	k := newKitchen(t)
	k.MaxKeptOfOne = 1
	k.Dispatcher = newDispatcher(nil, k.Engine) // which would panic
	k.engine.On("ExecuteWorkflow", mock.Anything, mock.Anything, mock.Anything, mock.Anything).
		Return(func(_ context.Context, _ client.StartWorkflowOptions, _ any, args ...any) (client.WorkflowRun, error) {
			k.Hub.Wake(cameTo(args[0].(contract.Input).View(), booking.Delivering, ""))
			return &mocks.WorkflowRun{}, nil
		})
	out, err := k.order(t, "", "")
	require.NoError(t, err)
	require.True(t, out.Done)
}

// TestKeep_Repeated: under its key there is one order, which repeats find in the read
// model, and another request is refused.
func TestKeep_Repeated(t *testing.T) {
	t.Parallel()
	eachStartFailure(t, func(t *testing.T, k kitchen, _ bool) {
		impatient(&k.Deps)
		if k.Starts != (noTurn{}) {
			k.engine.On("QueryWorkflow", mock.Anything, mock.Anything, "", mock.Anything).Return(nil, serviceerror.NewUnavailable("away"))
		} else {
			knowsNone(k.engine)
			k.engine.On("QueryWorkflow", mock.Anything, mock.Anything, "", mock.Anything).Return(nil, serviceerror.NewNotFound("none"))
		}
		first, err := k.order(t, "k1", "hash")
		require.NoError(t, err)
		second, err := k.order(t, "k1", "hash")
		require.NoError(t, err)
		require.Equal(t, first.View, second.View)
		require.GreaterOrEqual(t, second.After, time.Second)
		_, err = k.order(t, "k1", "another hash")
		require.ErrorIs(t, err, &booking.Error{Code: orders.IdempotencyKeyReused})
		require.Len(t, k.kept(t), 1)
	})
}

// TestKeep_OtherRequestUnderKey: of two simultaneous requests under one key, the second
// finds the first one's order in the inbox, although the read model did not have it when
// the request came.
func TestKeep_OtherRequestUnderKey(t *testing.T) {
	t.Parallel()
	eachStartFailure(t, func(t *testing.T, k kitchen, sent bool) {
		if k.Starts == (noTurn{}) {
			knowsNone(k.engine)
		}
		one, err := k.Prepare(t.Context(), booking.Caller{Unchecked: true}, ordered(meal, "k1", "hash"))
		require.NoError(t, err)
		other, err := k.Prepare(t.Context(), booking.Caller{Unchecked: true}, ordered(meal, "k1", "another hash"))
		require.NoError(t, err)
		first, err := k.Place(t.Context(), one)
		require.NoError(t, err)
		second, err := k.Place(t.Context(), other)
		if sent {
			require.NoError(t, err, "it may be the one that was started")
			require.Equal(t, first.OrderID, second.OrderID)
		} else {
			require.ErrorIs(t, err, &booking.Error{Code: orders.IdempotencyKeyReused})
		}
		require.Len(t, k.kept(t), 1)
		require.Equal(t, "hash", k.kept(t)[0].RequestHash)
	})
}

var cancelMeal = func(id string) orders.Decision {
	return orders.Decision{OrderID: id, Kind: booking.Food, Update: contract.CancelUpdate, Note: "changed my mind"}
}

// TestKeep_Cancelled: an order in the inbox is cancelled there, unless a service that may
// know it would have to agree.
func TestKeep_Cancelled(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]error{
		"Unknown": serviceerror.NewNotFound("no such workflow"), "Away": serviceerror.NewUnavailable("away"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			eachStartFailure(t, func(t *testing.T, k kitchen, sent bool) {
				k.engine.On("UpdateWorkflow", mock.Anything, mock.Anything).Return(nil, answer)
				k.engine.On("QueryWorkflow", mock.Anything, mock.Anything, "", mock.Anything).Return(nil, answer).Maybe()
				out, err := k.order(t, "", "")
				require.NoError(t, err)
				decided, err := k.Decide(t.Context(), booking.Caller{Unchecked: true}, cancelMeal(out.OrderID))
				if sent {
					require.Error(t, err)
					require.Nil(t, k.kept(t)[0].Withdrawal)
					return
				}
				require.NoError(t, err)
				require.False(t, decided.Done)
				require.Equal(t, booking.Cancelling, decided.View.Status)
				require.Equal(t, booking.ByCustomer, decided.View.Reason)
				view, err := k.Read(t.Context(), booking.Caller{Unchecked: true}, booking.Food, out.OrderID)
				require.NoError(t, err)
				require.Equal(t, decided.View, view)
				again, err := k.Decide(t.Context(), booking.Caller{Unchecked: true}, cancelMeal(out.OrderID))
				require.NoError(t, err)
				require.Equal(t, decided.View, again.View)
				require.EqualValues(t, "changed my mind", k.kept(t)[0].Withdrawal.Note)
			})
		})
	}
}

// TestKeep_OtherKinds: an order that its customer waits for is never in the inbox.
func TestKeep_OtherKinds(t *testing.T) {
	t.Parallel()
	eachStartFailure(t, func(t *testing.T, k kitchen, sent bool) {
		_, err := place(t, k.Orders, wanted(freeCall, "", ""))
		require.Equal(t, sent, err == nil)
		var no *booking.Error
		require.Equal(t, !sent, errors.As(err, &no))
		require.Empty(t, k.kept(t))
	})
}

func jsonOf(v any) ([]byte, error) { return json.Marshal(v) }

// found makes the engine answer every start with "already started", and be away from then
// on.
func (k kitchen) found() {
	k.engine.On("ExecuteWorkflow", mock.Anything, mock.Anything, mock.Anything, mock.Anything).
		Return(nil, serviceerror.NewWorkflowExecutionAlreadyStarted("already started", "", "run"))
	k.engine.On("QueryWorkflow", mock.Anything, mock.Anything, "", mock.Anything).Return(nil, serviceerror.NewUnavailable("away")).Maybe()
}

// TestKeep_StartedBefore: a repeat whose order has no row yet, while the engine does not
// answer any more, is answered with the order's id: the order exists. Where its kind may
// wait in the inbox it is put there, so that it can be read, and the dispatcher finds out
// which request started it.
func TestKeep_StartedBefore(t *testing.T) {
	t.Parallel()
	for what, away := range map[string]error{
		"Away": serviceerror.NewUnavailable("connection refused"), "Hangs": context.DeadlineExceeded, "Broken": serviceerror.NewInternal("shard lost"),
	} {
		for _, business := range businesses() {
			t.Run(what+"/"+string(business.kind), func(t *testing.T) {
				t.Parallel()
				k := newKitchen(t)
				k.Now = func() time.Time { return today } // the drink's day has not ended
				k.found()
				described := k.engine.On("DescribeWorkflowExecution", mock.Anything, mock.Anything, "").Return(nil, away)
				out, err := place(t, k.Orders, ordered(business.wanted, "k1", "hash"))
				require.NoError(t, err)
				require.False(t, out.Done)
				require.Equal(t, orders.KeyedID(business.kind, "alice", "k1", 0), out.OrderID)
				require.Equal(t, out.OrderID, out.View.ID)
				if !contract.BusinessOf(business.kind).MayBeQueued() {
					require.Empty(t, k.kept(t))
					return
				}
				view, err := k.Read(t.Context(), booking.Caller{Unchecked: true}, business.kind, out.OrderID)
				require.NoError(t, err)
				require.Equal(t, out.View, view)
				require.True(t, k.kept(t)[0].Sent)

				described.Unset()
				knows(t, k.engine, "hash of the first")
				k.engine.On("CheckHealth", mock.Anything, mock.Anything).Return(nil, nil).Maybe()
				require.Equal(t, 1, k.dispatches(t)["found"])
				require.Empty(t, k.kept(t))
			})
		}
	}
}

// TestKeep_RowWithoutHash: a repeat whose order has a row without a hash, while the engine
// does not answer, is answered with the order.
func TestKeep_RowWithoutHash(t *testing.T) {
	t.Parallel()
	k := newKitchen(t)
	k.engine.On("QueryWorkflow", mock.Anything, mock.Anything, "", mock.Anything).Return(nil, serviceerror.NewUnavailable("away")).Maybe()
	k.engine.On("DescribeWorkflowExecution", mock.Anything, mock.Anything, "").Return(nil, serviceerror.NewUnavailable("away"))
	k.Now = func() time.Time { return today }
	for _, business := range businesses() {
		id := orders.KeyedID(business.kind, "alice", "k1", 0)
		require.NoError(t, k.Pages.Publish(t.Context(), contract.Publication{View: business.named(id).View()}))
		out, err := place(t, k.Orders, ordered(business.wanted, "k1", "hash"))
		require.NoError(t, err)
		require.False(t, out.Done)
		require.Equal(t, id, out.View.ID)
		require.Equal(t, booking.Received, out.View.Status)
	}
	require.Empty(t, k.kept(t))
}

// interruptedInbox is an inbox that is away for a while.
type interruptedInbox struct {
	orders.Inbox
	away atomic.Bool
}

func (i *interruptedInbox) Put(ctx context.Context, k orders.Kept, p contract.Publication) (string, error) {
	if i.away.Load() {
		return "", context.DeadlineExceeded
	}
	return i.Inbox.Put(ctx, k, p)
}

func (i *interruptedInbox) Lease(ctx context.Context, n int, now, until time.Time) ([]orders.Kept, error) {
	if i.away.Load() {
		return nil, context.DeadlineExceeded
	}
	return i.Inbox.Lease(ctx, n, now, until)
}

func (k kitchen) inboxAway() *interruptedInbox {
	inbox := &interruptedInbox{Inbox: k.inbox}
	inbox.away.Store(true)
	k.Dispatcher.Inbox = inbox
	return inbox
}

// TestKeep_InboxRecovers: an order that was promised to its customer, but neither
// certainly started nor kept, is in the inbox once that answers again.
func TestKeep_InboxRecovers(t *testing.T) {
	t.Parallel()
	for _, sent := range []bool{true, false} {
		t.Run(fmt.Sprintf("Sent=%t", sent), func(t *testing.T) {
			t.Parallel()
			k := newKitchen(t)
			inbox := k.inboxAway()
			var begun *mock.Call
			if sent {
				begun = isSent(k.engine, context.DeadlineExceeded)
			} else {
				isRefused(k.engine, serviceerror.NewUnavailable("connection refused"))
				begun = k.engine.ExpectedCalls[0]
			}
			none := knowsNone(k.engine)
			out, err := k.order(t, "", "")
			require.NoError(t, err)
			require.Empty(t, k.kept(t))
			begun.Unset()
			none.Unset()

			k.engine.On("CheckHealth", mock.Anything, mock.Anything).Return(nil, nil).Maybe()
			started := make(chan string, 2)
			k.engine.On("ExecuteWorkflow", mock.Anything, mock.Anything, mock.Anything, mock.Anything).
				Run(func(args mock.Arguments) { started <- args.Get(1).(client.StartWorkflowOptions).ID }).Return(&mocks.WorkflowRun{}, nil)
			stop := k.runs(t)
			inbox.away.Store(false)
			require.Equal(t, out.OrderID, <-started)
			stop()
			view, err := k.Read(t.Context(), booking.Caller{Unchecked: true}, booking.Food, out.OrderID)
			require.NoError(t, err)
			require.Equal(t, out.OrderID, view.ID)
			require.Empty(t, started)
		})
	}
}

// TestKeep_OwedWhenItEnds: a stopping process first writes the orders that it owes.
func TestKeep_OwedWhenItEnds(t *testing.T) {
	t.Parallel()
	k := newKitchen(t)
	inbox := k.inboxAway()
	isSent(k.engine, context.DeadlineExceeded)
	knowsNone(k.engine)
	out, err := k.order(t, "", "")
	require.NoError(t, err)
	inbox.away.Store(false)
	ended, end := context.WithCancel(t.Context())
	end()
	k.Dispatcher.Run(ended)
	require.Equal(t, out.OrderID, k.kept(t)[0].OrderID)
}

// TestKeep_OwedThoughTheEngineHangs: owed orders are written as soon as the inbox answers again,
// even while the engine does not answer: the process may die next.
func TestKeep_OwedThoughTheEngineHangs(t *testing.T) {
	t.Parallel()
	k := newKitchen(t)
	inbox := k.inboxAway()
	isSent(k.engine, context.DeadlineExceeded)
	knowsNone(k.engine)
	out, err := k.order(t, "", "")
	require.NoError(t, err)

	started, answers := make(chan struct{}, 1), make(chan struct{})
	k.engine.On("CheckHealth", mock.Anything, mock.Anything).Run(func(mock.Arguments) {
		select {
		case started <- struct{}{}:
		default:
		}
		<-answers
	}).Return(nil, serviceerror.NewUnavailable("frozen"))
	defer k.runs(t)()
	defer close(answers)
	<-started
	inbox.away.Store(false)
	require.Eventually(t, func() bool { return len(k.kept(t)) == 1 }, time.Minute, 10*time.Millisecond)
	require.Equal(t, out.OrderID, k.kept(t)[0].OrderID)
}
