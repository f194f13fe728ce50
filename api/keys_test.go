package api

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/orders"
	"github.com/yeyak/yeyak/workflows/contract"
)

// engine starts each order once, as Temporal does, and remembers what became
// of it.
type engine struct {
	b *bundle

	mu     sync.Mutex
	away   booking.Reason // why orders are not taken, "" when they are
	starts int            // that were asked for
	orders map[string]contract.Publication
}

func (b *bundle) withEngine() *engine {
	e := &engine{b: b, orders: map[string]contract.Publication{}}
	b.onAnyStart(e.start).Maybe()
	b.temporal.On("QueryWorkflow", mock.Anything, mock.Anything, "", contract.DecisionQuery).
		Return(func(_ context.Context, id, _, _ string, _ ...any) (converter.EncodedValue, error) {
			return encoded{e.order(id).Decision}, nil
		}).Maybe()
	b.temporal.On("DescribeWorkflowExecution", mock.Anything, mock.Anything, "").
		Return(func(_ context.Context, id, _ string) (*workflowservice.DescribeWorkflowExecutionResponse, error) {
			memo, err := converter.GetDefaultDataConverter().ToPayload(e.order(id).RequestHash)
			return &workflowservice.DescribeWorkflowExecutionResponse{WorkflowExecutionInfo: &workflowpb.WorkflowExecutionInfo{
				Memo: &commonpb.Memo{Fields: map[string]*commonpb.Payload{contract.RequestHashMemo: memo}},
			}}, err
		}).Maybe()
	return e
}

// start lets an order stand, or not be taken: it is still being undone then.
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
	p.RequestHash = hashOf(in)
	e.keep(p)
	e.b.hub.Wake(p)
	return nil
}

func (e *engine) keep(p contract.Publication) {
	e.orders[p.View.ID] = p
	e.b.deps.ReadModel.(*memory).put(p)
}

func (e *engine) order(id string) contract.Publication {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.orders[id]
}

// attemptsAtOnce is how many attempts a request goes through that are not known.
const attemptsAtOnce = 100

// readModels are a read model that is there, and one that is away.
func readModels(t *testing.T, test func(*testing.T, *bundle)) {
	t.Run("ReadModelThere", func(t *testing.T) {
		t.Parallel()
		test(t, setup(t))
	})
	t.Run("ReadModelAway", func(t *testing.T) {
		t.Parallel()
		test(t, setup(t, func(d *given) {
			away := newMemory()
			away.fail(context.DeadlineExceeded)
			d.ReadModel = away
		}))
	})
}

// An order that was not taken does not use its key up.
func TestIdempotencyKey_NextAttempt(t *testing.T) {
	t.Parallel()
	const key = "Idempotency-Key"
	for _, business := range businesses()[2:] {
		t.Run(string(business.kind), func(t *testing.T) {
			t.Parallel()
			readModels(t, func(t *testing.T, b *bundle) {
				e := b.withEngine()
				e.away = map[booking.Kind]booking.Reason{booking.Cafe: booking.CafeUnavailable, booking.Cleaning: booking.NotRegistered}[business.kind]
				post := func(body string) answer { return b.do("POST", business.orders, body, key, "k1") }
				first := b.problem(post(business.body), 503, orders.CodeOf(e.away))
				second := b.problem(post(business.body), 503, orders.CodeOf(e.away))
				require.NotEqual(t, first.Order.ID, second.Order.ID)
				require.Len(t, e.orders, 2)

				e.away = ""
				other := strings.NewReplacer(`"quantity":3`, `"quantity":4`, "12 Sejong", "13 Sejong").Replace(business.body)
				a := post(other)
				require.Equal(t, http.StatusCreated, a.StatusCode, a.text)
				require.Len(t, e.orders, 3)
				again := post(other)
				require.Equal(t, http.StatusCreated, again.StatusCode, again.text)
				require.JSONEq(t, a.text, again.text)
				b.problem(post(business.body), 422, orders.IdempotencyKeyReused)
				require.Len(t, e.orders, 3)
			})
		})
	}
}

// A customer who was told that the order was not taken may ask again before the
// read model knows of it: the refusal is answered before the row is written. The
// repeat is then looked into like a first request, and is a new order.
func TestIdempotencyKey_RowBehindRefusal(t *testing.T) {
	t.Parallel()
	for _, business := range businesses() {
		t.Run(string(business.kind), func(t *testing.T) {
			t.Parallel()
			b := setup(t, func(d *given) { d.ReplyBudget = time.Minute }) // it goes through three attempts
			e := b.withEngine()
			e.away = map[booking.Kind]booking.Reason{
				booking.Lodging: booking.PaymentUnavailable, booking.Food: booking.PaymentUnavailable,
				booking.Cafe: booking.CafeUnavailable, booking.Cleaning: booking.NotRegistered,
			}[business.kind]
			post := func() answer { return b.do("POST", business.orders, business.body, "Idempotency-Key", "k1") }
			for range 2 {
				refused := b.problem(post(), 503, orders.CodeOf(e.away)).Order.ID
				behind := cameTo(renamed(business.input, refused).View(), booking.Received, "")
				behind.RequestHash = e.order(refused).RequestHash
				b.store.put(behind)
			}
			require.Len(t, e.orders, 2)
			e.away = ""
			a := post()
			require.Equal(t, http.StatusCreated, a.StatusCode, a.text)
			require.Len(t, e.orders, 3)
			placed := decode[orderView](t, a)
			require.Equal(t, business.input.View().Item, placed.Item, "it was looked into")
			require.Equal(t, business.input.View().Amount, placed.Amount)
			require.JSONEq(t, a.text, post().text)
		})
	}
	t.Run("NoLongerThere", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		e := b.withEngine()
		e.away = booking.CafeUnavailable
		post := func() answer { return b.do("POST", cafeOrdersPath, cups, "Idempotency-Key", "k1") }
		refused := b.problem(post(), 503, orders.CodeOf(e.away)).Order.ID
		b.store.put(cameTo(renamed(businesses()[2].input, refused).View(), booking.Received, ""))
		clear(b.store.drinks)
		require.Equal(t, []string{"menuId"}, fields(b.problem(post(), 422, booking.Invalid)))
		require.Len(t, e.orders, 1)
	})
}

func TestIdempotencyKey_AttemptsAtOnce(t *testing.T) {
	t.Parallel()
	readModels(t, func(t *testing.T, b *bundle) {
		e := b.withEngine()
		e.away = booking.CafeUnavailable
		post := func() answer { return b.do("POST", cafeOrdersPath, cups, "Idempotency-Key", "k1") }
		b.problem(post(), 503, orders.CodeOf(booking.CafeUnavailable))
		e.away = ""
		answers := make([]answer, 20)
		var all sync.WaitGroup
		for i := range answers {
			all.Go(func() { answers[i] = post() })
		}
		all.Wait()
		require.Len(t, e.orders, 2)
		for _, a := range answers {
			require.Equal(t, http.StatusCreated, a.StatusCode, a.text)
			require.JSONEq(t, answers[0].text, a.text)
		}
	})
}

// A repeat that comes while the order is still being decided on is answered as
// the order is, and starts no other one.
func TestIdempotencyKey_UndecidedAttempt(t *testing.T) {
	t.Parallel()
	b := setup(t)
	e := b.withEngine()
	id := orders.KeyedID(booking.Cafe, "alice", "k1", 0)
	business := businesses()[2]
	undecided := cameTo(renamed(business.input, id).View(), booking.Received, "")
	undecided.RequestHash = requestHash(drinkRequest{MenuID: "drink-latte", CustomerID: "alice", Quantity: 3, PaymentMethod: "pm_card_visa"})
	e.keep(undecided)
	var a answer
	var repeat sync.WaitGroup
	repeat.Go(func() { a = b.do("POST", cafeOrdersPath, cups, "Idempotency-Key", "k1") })
	require.Eventually(t, func() bool { return b.hub.Waiting(id) }, time.Minute, time.Millisecond)
	b.hub.Wake(cameTo(undecided.View, booking.Cancelling, booking.CafeUnavailable))
	repeat.Wait()
	b.problem(a, 503, orders.CodeOf(booking.CafeUnavailable))
	require.Zero(t, e.starts)
}

// A repeat may come after the refusal of its order, which a busy engine cannot
// tell. It is a new order then.
func TestIdempotencyKey_UnknownAttempt(t *testing.T) {
	t.Parallel()
	b := setup(t, func(d *given) { d.ReplyBudget = 20 * time.Second })
	b.answersQuery(contract.DecisionQuery, nil, serviceerror.NewDeadlineExceeded("busy"))
	e := b.withEngine()
	id := orders.KeyedID(booking.Cafe, "alice", "k1", 0)
	undecided := cameTo(renamed(businesses()[2].input, id).View(), booking.Received, "")
	undecided.RequestHash = requestHash(drinkRequest{MenuID: "drink-latte", CustomerID: "alice", Quantity: 3, PaymentMethod: "pm_card_visa"})
	e.keep(undecided)
	var a answer
	var repeat sync.WaitGroup
	repeat.Go(func() { a = b.do("POST", cafeOrdersPath, cups, "Idempotency-Key", "k1") })
	require.Eventually(t, func() bool { return b.hub.Waiting(id) }, time.Minute, time.Millisecond)
	b.hub.Wake(cameTo(undecided.View, booking.Cancelling, booking.CafeUnavailable))
	repeat.Wait()
	require.Equal(t, http.StatusCreated, a.StatusCode, a.text)
	require.Equal(t, orders.KeyedID(booking.Cafe, "alice", "k1", 1), decode[orderView](t, a).ID)
	require.Equal(t, 1, e.starts)
}

func TestIdempotencyKey_ManyAttempts(t *testing.T) {
	t.Parallel()
	// ended lets this many attempts have ended before.
	ended := func(b *bundle, n int) *engine {
		e := b.withEngine()
		for number := range n {
			in := renamed(businesses()[2].input, orders.KeyedID(booking.Cafe, "alice", "k1", number))
			e.keep(cameTo(in.View(), booking.Cancelled, booking.CafeUnavailable))
		}
		return e
	}
	post := func(b *bundle) answer { return b.do("POST", cafeOrdersPath, cups, "Idempotency-Key", "k1") }
	readModels(t, func(t *testing.T, b *bundle) {
		e := ended(b, 40)
		a := post(b)
		require.Equal(t, http.StatusCreated, a.StatusCode, a.text)
		require.Equal(t, orders.KeyedID(booking.Cafe, "alice", "k1", 40), decode[orderView](t, a).ID)
		require.Len(t, e.orders, 41)
		require.JSONEq(t, a.text, post(b).text)
	})
	t.Run("OneUnpublished", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		ended(b, 40)
		for _, number := range []int{15, 16, 17} {
			delete(b.store.orders, orders.KeyedID(booking.Cafe, "alice", "k1", number))
		}
		a := post(b)
		require.Equal(t, http.StatusCreated, a.StatusCode, a.text)
		require.Equal(t, orders.KeyedID(booking.Cafe, "alice", "k1", 40), decode[orderView](t, a).ID)
	})
	t.Run("Hundreds", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		e := ended(b, 3*attemptsAtOnce)
		require.Equal(t, http.StatusCreated, post(b).StatusCode)
		require.Equal(t, 1, e.starts)
		require.Equal(t, http.StatusCreated, post(b).StatusCode)
		require.Equal(t, 1, e.starts)
	})
	t.Run("HundredsUnknown", func(t *testing.T) {
		t.Parallel()
		b := setup(t, func(d *given) { d.ReadModel = newMemory() })
		e := ended(b, 3*attemptsAtOnce)
		b.deps.ReadModel.(*memory).fail(context.DeadlineExceeded)
		b.problem(post(b), 503, orders.CodeOf(booking.CafeUnavailable))
		require.Equal(t, attemptsAtOnce, e.starts)
	})
}
