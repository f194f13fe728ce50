package orders_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/mocks"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/admission"
	"github.com/yeyak/yeyak/internal/orders"
	"github.com/yeyak/yeyak/workflows/contract"
)

// wanted is a placement of alice's for something that costs nothing. A request under a key
// has a hash.
func wanted(w orders.Wanted, key, hash string) orders.Placement {
	return orders.Placement{Wanted: w, CustomerID: "alice", Key: key, RequestHash: hash}
}

// freeCall is a call that costs nothing.
var freeCall = orders.Call{Tel: "+8221234567", Location: "12 Sejong-daero"}

// place prepares and places an order.
func place(t *testing.T, o *orders.Orders, p orders.Placement) (orders.Outcome, error) {
	t.Helper()
	a, err := o.Prepare(t.Context(), booking.Caller{Unchecked: true}, p)
	require.NoError(t, err)
	return o.Place(t.Context(), a)
}

// comesTo makes the saga of every order publish a status as soon as it is started.
func comesTo(o *orders.Orders, engine *mocks.Client, status booking.Status, reason booking.Reason) {
	engine.On("ExecuteWorkflow", mock.Anything, mock.Anything, contract.CleaningWorkflow, mock.Anything).
		Return(func(_ context.Context, _ client.StartWorkflowOptions, _ any, args ...any) (client.WorkflowRun, error) {
			v := args[0].(contract.Cleaning).View()
			v.Status, v.Reason = status, reason
			o.Hub.Wake(contract.Publication{View: v, Decision: &v})
			return &mocks.WorkflowRun{}, nil
		})
}

func TestPlace_Accepted(t *testing.T) {
	t.Parallel()
	o, engine := setup(t)
	comesTo(o, engine, booking.Calling, "")
	out, err := place(t, o, wanted(freeCall, "", ""))
	require.NoError(t, err)
	require.True(t, out.Done)
	require.Equal(t, booking.Calling, out.View.Status)
	require.Equal(t, "alice", out.View.CustomerID)
	require.Equal(t, out.OrderID, out.View.ID)
}

// TestPlace_Refused: a refused order is an error with the code of its reason, and comes
// with the order.
func TestPlace_Refused(t *testing.T) {
	t.Parallel()
	for reason, code := range map[booking.Reason]booking.Code{
		booking.NotRegistered: "not_registered", booking.ByCustomer: orders.CancelledByCustomer, booking.ByOperator: orders.CancelledByOperator,
	} {
		o, engine := setup(t)
		comesTo(o, engine, booking.Cancelled, reason)
		out, err := place(t, o, wanted(freeCall, "", ""))
		require.Equal(t, &booking.Error{Code: code}, err, "its code explains it, in whatever language")
		require.Equal(t, booking.Cancelled, out.View.Status)
	}
}

// failsToStart makes every start of an order fail.
func failsToStart(engine *mocks.Client, err error) {
	engine.On("ExecuteWorkflow", mock.Anything, mock.Anything, mock.Anything, mock.Anything).Return(nil, err)
}

// isRefused makes every start fail before it is sent.
func isRefused(engine *mocks.Client, err error) {
	engine.On("ExecuteWorkflow", mock.Anything, mock.Anything, mock.Anything, mock.Anything).
		Run(func(args mock.Arguments) { orders.NoteCall(args.Get(0).(context.Context), false) }).Return(nil, err)
}

// knows makes the engine know every order, with this request's hash, and knowsNone makes it
// know none.
func knows(t *testing.T, engine *mocks.Client, hash string) *mock.Call {
	t.Helper()
	return engine.On("DescribeWorkflowExecution", mock.Anything, mock.Anything, "").Return(startedBy(t, hash), nil)
}

func knowsNone(engine *mocks.Client) *mock.Call {
	return engine.On("DescribeWorkflowExecution", mock.Anything, mock.Anything, "").Return(nil, serviceerror.NewNotFound("no such workflow"))
}

// TestPlace_NotStarted: an order whose start was certainly never sent is not promised.
func TestPlace_NotStarted(t *testing.T) {
	t.Parallel()
	o, engine := setup(t)
	isRefused(engine, serviceerror.NewUnavailable("connection refused"))
	knowsNone(engine)
	out, err := place(t, o, wanted(freeCall, "k1", "a hash"))
	require.ErrorIs(t, err, &booking.Error{Code: orders.TemporalUnavailable})
	require.ErrorContains(t, err, "nothing was started: repeat the request under the same Idempotency-Key")
	require.Empty(t, out.View.ID)
	require.Equal(t, orders.KeyedID(booking.Cleaning, "alice", "k1", 0), out.OrderID)
	require.False(t, out.Earlier)
}

// TestPlace_StartedEarlier: while the engine does not answer, a request under a key that
// has started nothing may be the repeat of one that has. A request without a key is not.
func TestPlace_StartedEarlier(t *testing.T) {
	t.Parallel()
	away := serviceerror.NewUnavailable("connection refused")
	for _, key := range []string{"k1", ""} {
		for _, business := range businesses() {
			if contract.BusinessOf(business.kind).MayBeQueued() {
				continue
			}
			for name, refuse := range map[string]func(*orders.Orders, *mocks.Client){
				"Unsent": func(_ *orders.Orders, engine *mocks.Client) { isRefused(engine, away) },
				"NoTurn": func(o *orders.Orders, _ *mocks.Client) { o.Starts = noTurn{} },
			} {
				t.Run(name+"/"+string(business.kind)+"/"+key, func(t *testing.T) {
					t.Parallel()
					o, engine := setup(t)
					o.Now = func() time.Time { return today } // the drink's day has not ended
					o.Catalogue = newMemory()
					refuse(o, engine)
					engine.On("DescribeWorkflowExecution", mock.Anything, mock.Anything, "").Return(nil, away).Maybe()
					out, err := place(t, o, ordered(business.wanted, key, "hash"))
					require.Error(t, err)
					require.Empty(t, out.View.ID)
					require.Equal(t, key != "", out.Earlier)
				})
			}
		}
	}
}

// TestPlace_NotStartedWithoutKey: the answer to a request without a key mentions no key.
func TestPlace_NotStartedWithoutKey(t *testing.T) {
	t.Parallel()
	o, engine := setup(t)
	isRefused(engine, serviceerror.NewUnavailable("connection refused"))
	knowsNone(engine)
	_, err := place(t, o, wanted(freeCall, "", ""))
	require.ErrorIs(t, err, &booking.Error{Code: orders.TemporalUnavailable})
	require.NotContains(t, err.Error(), "Idempotency-Key")
}

// TestPlace_MayHaveStarted: an order whose start may have been sent may exist. It is
// answered with its id, and its saga does not begin once its customer has gone.
func TestPlace_MayHaveStarted(t *testing.T) {
	t.Parallel()
	for name, failure := range map[string]error{
		"Unavailable": serviceerror.NewUnavailable("connection reset"), "Deadline": context.DeadlineExceeded,
		"Internal": serviceerror.NewInternal("shard lost"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o, engine := setup(t)
			var started contract.Cleaning
			engine.On("ExecuteWorkflow", mock.Anything, mock.Anything, mock.Anything, mock.Anything).
				Run(func(args mock.Arguments) {
					orders.NoteCall(args.Get(0).(context.Context), true)
					started = args.Get(3).(contract.Cleaning)
				}).Return(nil, failure)
			knowsNone(engine)
			out, err := place(t, o, wanted(freeCall, "", ""))
			require.NoError(t, err)
			require.False(t, out.Done)
			require.Equal(t, out.OrderID, out.View.ID)
			require.Equal(t, booking.Received, out.View.Status)
			require.Zero(t, out.After, "nothing is known of when")
			limit := started.StartBy.Sub(started.PlacedAt)
			require.Greater(t, limit, 100*time.Millisecond)
			require.Less(t, limit, time.Minute)
		})
	}
}

// TestPlace_StartUnanswered: whatever error a start returns, an order that the engine knows
// was placed.
func TestPlace_StartUnanswered(t *testing.T) {
	t.Parallel()
	for name, failure := range map[string]error{
		"Unavailable": serviceerror.NewUnavailable("connection reset"),
		"Deadline":    serviceerror.NewDeadlineExceeded("slow"),
		"Busy":        serviceerror.NewResourceExhausted(enums.RESOURCE_EXHAUSTED_CAUSE_SYSTEM_OVERLOADED, "too much to do"),
		"Internal":    serviceerror.NewInternal("shard lost"),
		"DataLoss":    serviceerror.NewDataLoss("unreadable"),
		"Unknown":     errors.New("unknown"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o, engine := setup(t)
			failsToStart(engine, failure)
			knows(t, engine, "").Run(func(args mock.Arguments) {
				v := contract.View{ID: args.String(1), Kind: booking.Cleaning, Status: booking.Calling}
				o.Hub.Wake(contract.Publication{View: v, Decision: &v})
			})
			out, err := place(t, o, wanted(freeCall, "", ""))
			require.NoError(t, err)
			require.True(t, out.Done)
			require.Equal(t, booking.Calling, out.View.Status)
		})
	}
	t.Run("NotKnown", func(t *testing.T) {
		t.Parallel()
		o, engine := setup(t)
		isRefused(engine, serviceerror.NewInternal("shard lost"))
		knowsNone(engine)
		_, err := place(t, o, wanted(freeCall, "", ""))
		var domainErr *booking.Error
		require.Error(t, err)
		require.NotErrorAs(t, err, &domainErr, "a defect stays inside")
	})
}

// TestPlace_NotPrepared: a namespace without the search attributes of orders is Unavailable
// until an operator prepares it, and nothing was started.
func TestPlace_NotPrepared(t *testing.T) {
	t.Parallel()
	o, engine := setup(t) // a read of the order would fail the test
	failsToStart(engine, serviceerror.NewInvalidArgument("unknown search attribute secret"))
	_, err := place(t, o, wanted(freeCall, "k1", "a hash"))
	require.ErrorIs(t, err, &booking.Error{Code: booking.Unavailable})
	require.ErrorIs(t, err, booking.ErrNotPrepared)
	require.ErrorContains(t, err, "secret", "for the log")
	var domainErr *booking.Error
	require.ErrorAs(t, err, &domainErr)
	require.Equal(t, "a part that this needs is not set up yet", domainErr.Message)
}

// noTurn lets no order start.
type noTurn struct{}

func (noTurn) Enter(context.Context) error { return admission.TooBusy() }
func (noTurn) Await(context.Context) error { return admission.TooBusy() }
func (noTurn) Leave(bool)                  { panic("there was no turn") }

// kept runs the test for orders that cannot be started, each with the code of the reason. A
// start would fail the test.
func kept(t *testing.T, test func(t *testing.T, o *orders.Orders, engine *mocks.Client, w orders.Wanted, code booking.Code)) {
	t.Helper()
	withdrawn := newMemory()
	withdrawn.menus["menu-1"] = booking.Menu{ID: "menu-1", Name: "Bibimbap", OwnerID: "sara", Withdrawn: true}
	for name, c := range map[string]struct {
		wanted orders.Wanted
		starts orders.Turns
		code   booking.Code
	}{
		"NoTurn":    {freeCall, noTurn{}, admission.Overloaded},
		"Unsound":   {orders.Call{Tel: "none", Location: "12 Sejong-daero"}, nil, booking.Invalid},
		"NotOnSale": {orders.Meal{MenuID: "menu-1", Quantity: 1, Address: "12 Sejong-daero"}, nil, booking.NotOnSale},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o, engine := setup(t)
			o.Catalogue = withdrawn
			if c.starts != nil {
				o.Starts = c.starts
			}
			test(t, o, engine, c.wanted, c.code)
		})
	}
}

// TestPlace_RepeatedEarly: a repeat that comes before its order has a row is answered like
// the first request, even if no new order could be started.
func TestPlace_RepeatedEarly(t *testing.T) {
	t.Parallel()
	kept(t, func(t *testing.T, o *orders.Orders, engine *mocks.Client, w orders.Wanted, _ booking.Code) {
		a, err := o.Prepare(t.Context(), booking.Caller{Unchecked: true}, wanted(w, "k1", "a hash"))
		require.NoError(t, err)
		knows(t, engine, "a hash").Once()
		engine.On("QueryWorkflow", mock.Anything, a.OrderID, "", contract.DecisionQuery).
			Return(valueOf(t, &contract.View{ID: a.OrderID, Kind: booking.Cleaning, Status: booking.Calling}), nil)
		out, err := o.Place(t.Context(), a)
		require.NoError(t, err)
		require.True(t, out.Done)
		require.Equal(t, booking.Calling, out.View.Status)
	})
}

// TestPlace_KeyReusedEarly: the same for another request under a used key.
func TestPlace_KeyReusedEarly(t *testing.T) {
	t.Parallel()
	kept(t, func(t *testing.T, o *orders.Orders, engine *mocks.Client, w orders.Wanted, _ booking.Code) {
		knows(t, engine, "a hash").Once()
		engine.On("QueryWorkflow", mock.Anything, mock.Anything, "", contract.DecisionQuery).Return(nil, context.DeadlineExceeded)
		_, err := place(t, o, wanted(w, "k1", "another hash"))
		require.ErrorIs(t, err, &booking.Error{Code: orders.IdempotencyKeyReused})
	})
}

// TestPlace_Kept: a first request gets the reason why its order cannot be started. A request
// without a key is not searched for.
func TestPlace_Kept(t *testing.T) {
	t.Parallel()
	for _, key := range []string{"", "k1"} {
		kept(t, func(t *testing.T, o *orders.Orders, engine *mocks.Client, w orders.Wanted, code booking.Code) {
			if key != "" {
				knowsNone(engine)
			}
			_, err := place(t, o, wanted(w, key, ""))
			require.ErrorIs(t, err, &booking.Error{Code: code})
		})
	}
}

// TestPlace_ReadsItemsOnce: the ordered items are read once.
func TestPlace_ReadsItemsOnce(t *testing.T) {
	t.Parallel()
	for _, w := range []orders.Wanted{stay, meal, cups} {
		b := newBundle(t)
		b.decides(booking.Cancelled, booking.ByCustomer)
		b.refused(b.place(w, ""), orders.CancelledByCustomer)
		require.Equal(t, 1, b.store.reads)
	}
}

// readOnce is a read model that goes away after one read of an order.
type readOnce struct {
	pages
	read *bool
}

func (p readOnce) Order(ctx context.Context, id string) (contract.Publication, error) {
	if *p.read {
		return contract.Publication{}, context.DeadlineExceeded
	}
	*p.read = true
	return p.pages.Order(ctx, id)
}

// TestPlace_RepeatedAndSilent: a repeat shows the order by the row that was there when the
// request came, although neither row nor workflow can be read any more. The items that the
// request names are not read.
func TestPlace_RepeatedAndSilent(t *testing.T) {
	t.Parallel()
	o, engine := setup(t)
	row := contract.Publication{RequestHash: "a hash", View: contract.View{
		ID: orders.KeyedID(booking.Food, "alice", "k1", 0), Kind: booking.Food, Status: booking.PaymentPending,
		Amount: booking.Money{Amount: 30000, Currency: "KRW"}, PaymentDeferred: &contract.Deferral{},
	}}
	shelf := newMemory()
	o.Pages, o.Catalogue = readOnce{pages{&row}, new(bool)}, shelf
	engine.On("QueryWorkflow", mock.Anything, row.View.ID, "", contract.DecisionQuery).Return(nil, context.DeadlineExceeded)
	out, err := place(t, o, wanted(meal, "k1", "a hash"))
	require.NoError(t, err)
	require.False(t, out.Done)
	require.Equal(t, row.View, out.View)
	require.Zero(t, shelf.reads)
}
