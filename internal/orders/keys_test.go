package orders_test

import (
	"context"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/orders"
	"github.com/yeyak/yeyak/workflows/contract"
)

// TestKey_Repeated: a repeated request is answered like the first one, and under a key
// there is one order of a customer.
func TestKey_Repeated(t *testing.T) {
	t.Parallel()
	two := stay
	two.Rooms = 2
	t.Run("SameAnswer", func(t *testing.T) {
		t.Parallel()
		b := newBundle(t)
		b.decides(booking.Confirmed, "").Once()
		first := b.place(stay, "k1")
		b.accepted(first)

		// Later the order is cancelled, the place no longer exists, and the day is past.
		later := cameTo(first.View, booking.Cancelled, booking.ByCustomer)
		later.Decision, later.RequestHash = b.store.orders[first.OrderID].Decision, b.store.orders[first.OrderID].RequestHash
		b.store.put(later)
		delete(b.store.places, "place-seaside")
		b.Now = func() time.Time { return today.AddDate(1, 0, 0) }
		for range 3 {
			require.Equal(t, first, b.place(stay, "k1"))
		}
	})
	t.Run("OtherRequest", func(t *testing.T) {
		t.Parallel()
		b := newBundle(t)
		b.decides(booking.Confirmed, "").Once()
		b.accepted(b.place(stay, "k1"))
		b.refused(b.place(two, "k1"), orders.IdempotencyKeyReused)
	})
	t.Run("OfAnEarlierBuild", func(t *testing.T) {
		t.Parallel()
		b := newBundle(t)
		b.decides(booking.Confirmed, "").Once()
		first := b.place(stay, "k1") // whose hash is the plain one
		again := func(plainHash string) placed {
			return b.placeFor(t.Context(), orders.Placement{
				Wanted: stay, CustomerID: "alice", PaymentMethod: "pm_card_visa", Key: "k1", RequestHash: "hmac:1", PlainHash: plainHash,
			})
		}
		require.Equal(t, first, again(hashOf(stay)))
		b.refused(again(hashOf(two)), orders.IdempotencyKeyReused)
		b.refused(again(""), orders.IdempotencyKeyReused)
	})
	t.Run("OtherCustomerOrKey", func(t *testing.T) {
		t.Parallel()
		b := newBundle(t)
		b.decides(booking.Confirmed, "").Times(3)
		b.place(stay, "k1")
		b.place(stay, "k2")
		b.placeFor(t.Context(), orders.Placement{Wanted: stay, CustomerID: "bob", PaymentMethod: "pm_card_visa", Key: "k1", RequestHash: "bob's"})
		require.Len(t, b.store.orders, 3)
	})
	t.Run("AtOnce", func(t *testing.T) {
		t.Parallel()
		b := newBundle(t)
		var once sync.Once
		b.onStart(func(_ client.StartWorkflowOptions, in contract.Input) error {
			err := serviceerror.NewWorkflowExecutionAlreadyStarted("already started", "", "run")
			once.Do(func() {
				b.publish(in, booking.Cancelled, booking.SoldOut)
				err = nil
			})
			return err
		})
		all := make([]placed, 20)
		var wait sync.WaitGroup
		for i := range all {
			wait.Go(func() { all[i] = b.place(stay, "k1") })
		}
		wait.Wait()
		for _, p := range all {
			b.refused(p, "sold_out")
			require.Equal(t, all[0], p)
		}
	})
}

// away returns orders whose read model is away.
func away(d *orders.Deps) {
	failing := newMemory()
	failing.fail(context.DeadlineExceeded)
	d.Pages = failing
}

func TestKey_ReadModelAway(t *testing.T) {
	t.Parallel()
	started := func(t *testing.T, hash string) *bundle {
		b := newBundle(t, away)
		b.onStart(func(client.StartWorkflowOptions, contract.Input) error {
			return serviceerror.NewWorkflowExecutionAlreadyStarted("already started", "", "run")
		})
		knows(t, b.engine, hash).Maybe()
		return b
	}
	t.Run("Same", func(t *testing.T) {
		t.Parallel()
		b := started(t, hashOf(stay))
		b.answersQuery(contract.DecisionQuery, of(booking.Lodging).in(booking.AwaitingOwner, "").View, nil)
		p := b.place(stay, "k1")
		require.NoError(t, p.err)
		require.True(t, p.Done)
		require.Equal(t, booking.AwaitingOwner, p.View.Status)
	})
	t.Run("Other", func(t *testing.T) {
		t.Parallel()
		b := started(t, "another")
		b.answersQuery(contract.DecisionQuery, nil, serviceerror.NewDeadlineExceeded("no worker"))
		b.refused(b.place(stay, "k1"), orders.IdempotencyKeyReused)
	})
}

// engine starts each order once, as Temporal does, and stores its state.
type engine struct {
	b *bundle

	mu     sync.Mutex
	away   booking.Reason // why orders are not accepted, "" if they are
	starts int            // how many were requested
	orders map[string]contract.Publication
}

func (b *bundle) withEngine() *engine {
	e := &engine{b: b, orders: map[string]contract.Publication{}}
	b.onStart(e.start).Maybe()
	b.engine.On("QueryWorkflow", mock.Anything, mock.Anything, "", contract.DecisionQuery).
		Return(func(_ context.Context, id, _, _ string, _ ...any) (converter.EncodedValue, error) {
			return valueOf(b.t, e.order(id).Decision), nil
		}).Maybe()
	b.engine.On("DescribeWorkflowExecution", mock.Anything, mock.Anything, "").
		Return(func(_ context.Context, id, _ string) (*workflowservice.DescribeWorkflowExecutionResponse, error) {
			order := e.order(id)
			if order.View.ID == "" {
				return nil, serviceerror.NewNotFound("workflow not found")
			}
			return startedBy(b.t, order.RequestHash), nil
		}).Maybe()
	return e
}

// start makes an order be accepted, or not: then it is still being undone.
func (e *engine) start(o client.StartWorkflowOptions, in contract.Input) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.starts++
	if _, known := e.orders[o.ID]; known {
		return serviceerror.NewWorkflowExecutionAlreadyStarted("already started", "", "run")
	}
	status := booking.InProduction
	if e.away != "" {
		status = booking.Cancelling
	}
	p := cameTo(in.View(), status, e.away)
	p.RequestHash = requestHash(in)
	e.keep(p)
	e.b.Hub.Wake(p)
	return nil
}

func (e *engine) keep(p contract.Publication) {
	e.orders[p.View.ID] = p
	e.b.Pages.(*memory).put(p)
}

func (e *engine) order(id string) contract.Publication {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.orders[id]
}

// attemptsAtOnce is how many unknown attempts a request goes through.
const attemptsAtOnce = 100

// readModels runs the test with a working read model, and with one that is away.
func readModels(t *testing.T, test func(*testing.T, *bundle)) {
	t.Run("ReadModelThere", func(t *testing.T) {
		t.Parallel()
		test(t, newBundle(t))
	})
	t.Run("ReadModelAway", func(t *testing.T) {
		t.Parallel()
		test(t, newBundle(t, away))
	})
}

// notAccepted is the reason for which orders of the kind are not accepted.
var notAccepted = map[booking.Kind]booking.Reason{
	booking.Lodging: booking.PaymentUnavailable, booking.Food: booking.PaymentUnavailable,
	booking.Cafe: booking.CafeUnavailable, booking.Cleaning: booking.NotRegistered,
}

// TestKey_NextAttempt: an order that was not accepted does not use up its key.
func TestKey_NextAttempt(t *testing.T) {
	t.Parallel()
	others := map[booking.Kind]orders.Wanted{
		booking.Cafe:     orders.Cups{MenuID: "drink-latte", Quantity: 4},
		booking.Cleaning: orders.Call{Tel: call.Tel, Location: "13 Sejong-daero", Price: call.Price},
	}
	for kind, other := range others {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			readModels(t, func(t *testing.T, b *bundle) {
				e, wanted := b.withEngine(), of(kind).wanted
				e.away = notAccepted[kind]
				first := b.refused(b.place(wanted, "k1"), orders.CodeOf(e.away))
				second := b.refused(b.place(wanted, "k1"), orders.CodeOf(e.away))
				require.NotEqual(t, first.ID, second.ID)
				require.Len(t, e.orders, 2)

				e.away = ""
				p := b.place(other, "k1")
				b.accepted(p)
				require.Len(t, e.orders, 3)
				require.Equal(t, p, b.place(other, "k1"))
				b.refused(b.place(wanted, "k1"), orders.IdempotencyKeyReused)
				require.Len(t, e.orders, 3)
			})
		})
	}
}

// TestKey_RowBehindRefusal: the refusal of an order is answered before its row is written,
// so its customer may retry before the read model has it. The repeat is then checked like a
// first request, and is a new order.
func TestKey_RowBehindRefusal(t *testing.T) {
	t.Parallel()
	for _, business := range businesses() {
		t.Run(string(business.kind), func(t *testing.T) {
			t.Parallel()
			b := newBundle(t)
			e := b.withEngine()
			e.away = notAccepted[business.kind]
			for range 2 {
				refused := b.refused(b.place(business.wanted, "k1"), orders.CodeOf(e.away)).ID
				behind := cameTo(business.named(refused).View(), booking.Received, "")
				behind.RequestHash = e.order(refused).RequestHash
				b.store.put(behind)
			}
			require.Len(t, e.orders, 2)
			e.away = ""
			p := b.place(business.wanted, "k1")
			v := b.accepted(p)
			require.Len(t, e.orders, 3)
			require.Equal(t, business.input.View().Item, v.Item, "it was read")
			require.Equal(t, business.input.View().Amount, v.Amount)
			require.Equal(t, p, b.place(business.wanted, "k1"))
		})
	}
	t.Run("NoLongerThere", func(t *testing.T) {
		t.Parallel()
		b := newBundle(t)
		e := b.withEngine()
		e.away = booking.CafeUnavailable
		refused := b.refused(b.place(cups, "k1"), orders.CodeOf(e.away)).ID
		b.store.put(cameTo(of(booking.Cafe).named(refused).View(), booking.Received, ""))
		clear(b.store.drinks)
		b.faulty(b.place(cups, "k1"), "menuId")
		require.Len(t, e.orders, 1)
	})
}

func TestKey_AttemptsAtOnce(t *testing.T) {
	t.Parallel()
	readModels(t, func(t *testing.T, b *bundle) {
		e := b.withEngine()
		e.away = booking.CafeUnavailable
		b.refused(b.place(cups, "k1"), orders.CodeOf(booking.CafeUnavailable))
		e.away = ""
		all := make([]placed, 20)
		var wait sync.WaitGroup
		for i := range all {
			wait.Go(func() { all[i] = b.place(cups, "k1") })
		}
		wait.Wait()
		require.Len(t, e.orders, 2)
		for _, p := range all {
			b.accepted(p)
			require.Equal(t, all[0], p)
		}
	})
}

// repeated places an undecided order under a key, and repeats it. Once the repeat waits,
// the order is refused as unavailable.
func (e *engine) repeated(id string) placed {
	undecided := cameTo(of(booking.Cafe).named(id).View(), booking.Received, "")
	undecided.RequestHash = hashOf(cups)
	e.keep(undecided)
	var p placed
	var repeat sync.WaitGroup
	repeat.Go(func() { p = e.b.place(cups, "k1") })
	require.Eventually(e.b.t, func() bool { return e.b.Hub.Waiting(id) }, time.Minute, time.Millisecond)
	e.b.Hub.Wake(cameTo(undecided.View, booking.Cancelling, booking.CafeUnavailable))
	repeat.Wait()
	return p
}

// TestKey_UndecidedAttempt: a repeat that comes before the order's decision gets the
// order's answer, and starts no other order.
func TestKey_UndecidedAttempt(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	e := b.withEngine()
	b.refused(e.repeated(orders.KeyedID(booking.Cafe, "alice", "k1", 0)), orders.CodeOf(booking.CafeUnavailable))
	require.Zero(t, e.starts)
}

// TestKey_UnknownAttempt: a repeat may come after the refusal of its order, which a busy
// engine cannot report. It is a new order then.
func TestKey_UnknownAttempt(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	b.answersQuery(contract.DecisionQuery, nil, serviceerror.NewDeadlineExceeded("busy"))
	e := b.withEngine()
	v := b.accepted(e.repeated(orders.KeyedID(booking.Cafe, "alice", "k1", 0)))
	require.Equal(t, orders.KeyedID(booking.Cafe, "alice", "k1", 1), v.ID)
	require.Equal(t, 1, e.starts)
}

func TestKey_ManyAttempts(t *testing.T) {
	t.Parallel()
	// ended makes n earlier attempts have ended.
	ended := func(b *bundle, n int) *engine {
		e := b.withEngine()
		for number := range n {
			in := of(booking.Cafe).named(orders.KeyedID(booking.Cafe, "alice", "k1", number))
			e.keep(cameTo(in.View(), booking.Cancelled, booking.CafeUnavailable))
		}
		return e
	}
	readModels(t, func(t *testing.T, b *bundle) {
		e := ended(b, 40)
		p := b.place(cups, "k1")
		require.Equal(t, orders.KeyedID(booking.Cafe, "alice", "k1", 40), b.accepted(p).ID)
		require.Len(t, e.orders, 41)
		require.Equal(t, p, b.place(cups, "k1"))
	})
	t.Run("OneUnpublished", func(t *testing.T) {
		t.Parallel()
		b := newBundle(t)
		ended(b, 40)
		for _, number := range []int{15, 16, 17} {
			delete(b.store.orders, orders.KeyedID(booking.Cafe, "alice", "k1", number))
		}
		require.Equal(t, orders.KeyedID(booking.Cafe, "alice", "k1", 40), b.accepted(b.place(cups, "k1")).ID)
	})
	t.Run("Hundreds", func(t *testing.T) {
		t.Parallel()
		b := newBundle(t)
		e := ended(b, 3*attemptsAtOnce)
		b.accepted(b.place(cups, "k1"))
		require.Equal(t, 1, e.starts)
		b.accepted(b.place(cups, "k1"))
		require.Equal(t, 1, e.starts)
	})
	t.Run("HundredsUnknown", func(t *testing.T) {
		t.Parallel()
		failing := newMemory()
		b := newBundle(t, func(d *orders.Deps) { d.Pages = failing })
		e := ended(b, 3*attemptsAtOnce)
		failing.fail(context.DeadlineExceeded)
		b.refused(b.place(cups, "k1"), orders.CodeOf(booking.CafeUnavailable))
		require.Equal(t, attemptsAtOnce, e.starts)
	})
}
