package orders_test

import (
	"context"
	"errors"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/mocks"
	"go.temporal.io/sdk/temporal"
	"go.uber.org/zap"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/orders"
	"github.com/yeyak/yeyak/internal/store"
	"github.com/yeyak/yeyak/workflows/contract"
)

// desk is orders with a real read model and real kept decisions, on an engine that the test
// describes.
type desk struct {
	*orders.Orders
	t         *testing.T
	engine    *mocks.Client
	pages     *store.Mypage
	decisions *store.Decisions
	messages  *store.Notifications
	db        *store.DB
}

func newDesk(t *testing.T) desk {
	t.Helper()
	db, err := store.Open(t.Context(), "sqlite://"+filepath.Join(t.TempDir(), "desk.db"), store.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	for _, service := range []string{"mypage", "notifications"} {
		_, err = store.Migrate(t.Context(), db, service)
		require.NoError(t, err)
	}
	d := desk{
		t: t, engine: mocks.NewClient(t), pages: store.NewMypage(db), decisions: store.NewDecisions(db), messages: store.NewNotifications(db), db: db,
	}
	engine := orders.NewEngine(d.engine)
	d.Orders = orders.New(orders.Deps{
		Engine: engine, Hub: &orders.Hub{}, Pages: d.pages, Catalogue: newMemory(), ReplyBudget: testTimeout, Policy: contract.Policy{InPlace: true},
		Carrier: &orders.Carrier{Decisions: d.decisions, Engine: engine, Pages: d.pages, Messages: d.messages, Log: zap.NewNop()},
	})
	return d
}

// has puts the order of a kind into the read model, in a status.
func (d desk) has(kind booking.Kind, status booking.Status, reason booking.Reason) contract.View {
	d.t.Helper()
	p := of(kind).in(status, reason)
	require.NoError(d.t, d.pages.Publish(d.t.Context(), p))
	return p.View
}

// update is one update that the engine got.
type update struct {
	client.UpdateWorkflowOptions
	said contract.Decision
}

// updates are the updates that the engine got, in sequence.
type updates struct {
	mu  sync.Mutex
	all []update
}

// answersUpdates makes the engine accept the n-th update as accept says, and answer it as
// answer says.
func (d desk) answersUpdates(accept func(n int) error, answer func(n int) error) *updates {
	u := &updates{}
	d.engine.On("UpdateWorkflow", mock.Anything, mock.Anything).
		Return(func(_ context.Context, o client.UpdateWorkflowOptions) (client.WorkflowUpdateHandle, error) {
			u.mu.Lock()
			defer u.mu.Unlock()
			u.all = append(u.all, update{o, o.Args[0].(contract.Decision)})
			n := len(u.all)
			if err := accept(n); err != nil {
				return nil, err
			}
			handle := &mocks.WorkflowUpdateHandle{}
			handle.On("Get", mock.Anything, mock.Anything).Return(answer(n))
			return handle, nil
		})
	return u
}

func well(int) error { return nil }

func (d desk) decide(kind booking.Kind, update, note string) placed {
	out, err := d.Decide(d.t.Context(), booking.Caller{Unchecked: true}, orders.Decision{OrderID: of(kind).id(), Kind: kind, Update: update, Note: booking.Personal(note)})
	return placed{out, err}
}

func (d desk) kept() (all []orders.KeptDecision) {
	d.t.Helper()
	for k, err := range d.decisions.All(d.t.Context()) {
		require.NoError(d.t, err)
		all = append(all, k)
	}
	return all
}

// requireKept requires that a decision was accepted, and that n are kept.
func (d desk) requireKept(p placed, n int) {
	d.t.Helper()
	require.NoError(d.t, p.err)
	require.False(d.t, p.Done)
	require.NotEmpty(d.t, p.View.ID)
	require.Len(d.t, d.kept(), n)
}

// nowhere is a call that is recorded as never sent.
func nowhere(ctx context.Context, _ client.UpdateWorkflowOptions) (client.WorkflowUpdateHandle, error) {
	orders.NoteCall(ctx, false)
	return nil, serviceerror.NewUnavailable("connection refused")
}

// TestDecide_Kept: a decision that cannot be delivered in time is kept once, under the id
// with which it was sent, and with its time.
func TestDecide_Kept(t *testing.T) {
	t.Parallel()
	for name, err := range map[string]error{
		"NoAnswer": serviceerror.NewDeadlineExceeded("slow"), "Broken": serviceerror.NewUnavailable("connection reset"),
		"TasksTimedOut": serviceerror.NewWorkflowNotReady("Workflow Task in failed state"), "Nowhere": serviceerror.NewNamespaceNotFound("yeyak"),
		"Internal": serviceerror.NewInternal("the database is locked"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d, begun := newDesk(t), time.Now().Truncate(time.Microsecond)
			want := d.has(booking.Lodging, booking.AwaitingOwner, "")
			sent := d.answersUpdates(func(int) error { return err }, well)
			p := d.decide(booking.Lodging, confirm, "come in")
			d.requireKept(p, 1)
			require.Equal(t, want, p.View)
			k := d.kept()[0]
			require.Equal(t, orders.Decision{OrderID: "lodging-1", Kind: booking.Lodging, Update: confirm, Note: "come in"}, k.Decision)
			require.Equal(t, sent.all[0].UpdateID, k.ID)
			require.WithinRange(t, k.DecidedAt, begun, time.Now())
			d.requireKept(d.decide(booking.Lodging, confirm, "come in"), 1)
			require.Len(t, sent.all, 1, "the second one waits behind the first")
		})
	}
}

// TestDecide_KeptByParty: a kept decision records whether its caller is a party of the
// order.
func TestDecide_KeptByParty(t *testing.T) {
	t.Parallel()
	olivia := []booking.Membership{{OwnerID: "olivia", Level: booking.StaffLevel}}
	for name, test := range map[string]struct {
		caller  booking.Caller
		byParty bool
	}{
		"Member":   {booking.Caller{ID: "1031", Roles: []booking.Role{booking.OwnerRole}, Memberships: olivia}, true},
		"Operator": {booking.Caller{ID: "olga", Roles: []booking.Role{booking.OperatorRole}, Memberships: olivia}, false},
		"Program":  {booking.Caller{ID: "2003", Roles: []booking.Role{booking.ServiceRole}, Scopes: []booking.Scope{booking.AnyOrder}}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			d.has(booking.Lodging, booking.AwaitingOwner, "")
			d.answersUpdates(func(int) error { return serviceerror.NewUnavailable("connection reset") }, well)
			_, err := d.Decide(t.Context(), test.caller, orders.Decision{OrderID: "lodging-1", Kind: booking.Lodging, Update: confirm})
			require.NoError(t, err)
			k := d.kept()[0]
			require.Equal(t, test.caller.ID, k.Caller)
			require.Equal(t, test.byParty, k.ByParty)
		})
	}
}

// TestDecide_NotKept: a decision that is certain to be refused, or whose order may not
// exist, is answered at once.
func TestDecide_NotKept(t *testing.T) {
	t.Parallel()
	away := func(int) error { return serviceerror.NewUnavailable("connection reset") }
	t.Run("Over", func(t *testing.T) {
		t.Parallel()
		for status, code := range map[booking.Status]booking.Code{
			booking.Cancelled: booking.AlreadyCancelled, booking.Completed: booking.AlreadyCompleted,
		} {
			d := newDesk(t)
			d.has(booking.Lodging, status, "")
			d.answersUpdates(away, well)
			require.ErrorIs(t, d.decide(booking.Lodging, confirm, "").err, &booking.Error{Code: code})
			require.Empty(t, d.kept())
		}
	})
	for name, test := range map[string]struct {
		err  error
		code booking.Code
	}{
		"NoOrder":         {serviceerror.NewNotFound("no such workflow"), booking.NotFound},
		"OrderIsNotKnown": {serviceerror.NewUnavailable("connection reset"), orders.Unreachable},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			d.answersUpdates(away, well)
			d.engine.On("QueryWorkflow", mock.Anything, "lodging-1", "", contract.ViewQuery).Return(nil, test.err)
			d.engine.On("GetWorkflowHistory", mock.Anything, "lodging-1", "", false, mock.Anything).Return(failingHistory(test.err)).Maybe()
			require.ErrorIs(t, d.decide(booking.Lodging, confirm, "").err, &booking.Error{Code: test.code})
			require.Empty(t, d.kept())
		})
	}
	t.Run("NothingToKeepItIn", func(t *testing.T) {
		t.Parallel()
		d := newDesk(t)
		d.has(booking.Lodging, booking.AwaitingOwner, "")
		d.Carrier.Decisions = broken{d.decisions}
		d.answersUpdates(away, well)
		require.ErrorIs(t, d.decide(booking.Lodging, confirm, "").err, &booking.Error{Code: orders.Unreachable})
	})
	t.Run("NothingToKeepItInAndNothingSent", func(t *testing.T) {
		t.Parallel()
		d := newDesk(t)
		d.has(booking.Lodging, booking.AwaitingOwner, "")
		d.Carrier.Decisions = broken{d.decisions}
		d.engine.On("UpdateWorkflow", mock.Anything, mock.Anything).Return(nowhere)
		require.ErrorIs(t, d.decide(booking.Lodging, confirm, "").err, &booking.Error{Code: orders.TemporalUnavailable})
	})
	t.Run("OrderTakesNoMore", func(t *testing.T) {
		t.Parallel()
		d := newDesk(t)
		d.has(booking.Lodging, booking.AwaitingOwner, "")
		d.answersUpdates(func(int) error { return serviceerror.NewFailedPrecondition("2000 updates") }, well)
		require.ErrorIs(t, d.decide(booking.Lodging, confirm, "").err, &booking.Error{Code: orders.DecisionsExhausted})
		require.Empty(t, d.kept())
	})
}

// broken stores no decision.
type broken struct{ *store.Decisions }

func (broken) Put(context.Context, orders.KeptDecision) error { return errors.New("the disk is full") }

// TestDecide_AgreedFirst: a cancel that the delivery service has to agree to is kept only
// if it may have been sent: 503 means that nothing was sent, and nothing will be.
func TestDecide_AgreedFirst(t *testing.T) {
	t.Parallel()
	t.Run("NotSent", func(t *testing.T) {
		t.Parallel()
		d := newDesk(t)
		d.has(booking.Food, booking.Delivering, "")
		d.engine.On("UpdateWorkflow", mock.Anything, mock.Anything).Return(nowhere)
		p := d.decide(booking.Food, cancels, "")
		require.ErrorIs(t, p.err, &booking.Error{Code: orders.TemporalUnavailable})
		require.ErrorContains(t, p.err, "nothing was sent")
		require.Empty(t, d.kept())
		d.requireKept(d.decide(booking.Food, complete, ""), 1)
	})
	t.Run("MayBeSent", func(t *testing.T) {
		t.Parallel()
		d := newDesk(t)
		d.has(booking.Food, booking.Delivering, "")
		d.answersUpdates(func(int) error { return serviceerror.NewUnavailable("connection reset") }, well)
		d.requireKept(d.decide(booking.Food, cancels, ""), 1)
		d.requireKept(d.decide(booking.Food, cancels, ""), 1)
	})
	t.Run("NotAnsweredYet", func(t *testing.T) {
		t.Parallel()
		for _, update := range []string{cancels, complete} {
			d := newDesk(t)
			d.has(booking.Food, booking.Delivering, "")
			d.engine.On("QueryWorkflow", mock.Anything, "food-1", "", mock.Anything).Return(nil, serviceerror.NewDeadlineExceeded("slow"))
			sent := d.answersUpdates(well, func(int) error { return serviceerror.NewDeadlineExceeded("the delivery hangs") })
			d.requireKept(d.decide(booking.Food, update, ""), 1)
			require.Equal(t, sent.all[0].UpdateID, d.kept()[0].ID)
		}
	})
	t.Run("BehindOthers", func(t *testing.T) {
		t.Parallel()
		d := newDesk(t)
		d.has(booking.Food, booking.Delivering, "")
		sent := d.answersUpdates(func(int) error { return serviceerror.NewUnavailable("connection reset") }, well)
		d.requireKept(d.decide(booking.Food, complete, ""), 1)
		require.ErrorIs(t, d.decide(booking.Food, cancels, "").err, &booking.Error{Code: booking.DecisionPending})
		require.Len(t, sent.all, 1)
		require.Len(t, d.kept(), 1)
	})
}

// TestDecide_Behind: decisions on an order come after its kept ones, and those on other
// orders do not wait. While none is kept, the table is not read.
func TestDecide_Behind(t *testing.T) {
	t.Parallel()
	d := newDesk(t)
	for _, kind := range booking.Kinds() {
		d.has(kind, booking.Paid, "")
	}
	sent := d.answersUpdates(func(n int) error {
		if n == 1 {
			return serviceerror.NewUnavailable("connection reset")
		}
		return nil
	}, well)
	d.requireKept(d.decide(booking.Lodging, confirm, ""), 1)
	d.requireKept(d.decide(booking.Lodging, cancels, "ill"), 2)
	require.Equal(t, []string{confirm, cancels}, []string{d.kept()[0].Update, d.kept()[1].Update})
	require.Len(t, sent.all, 1)
	require.NoError(t, d.decide(booking.Cafe, cancels, "").err)
	require.Len(t, sent.all, 2)

	quiet := newDesk(t)
	require.NoError(t, quiet.db.Close(), "a read would fail, and be logged")
	quiet.answersUpdates(well, well)
	require.NoError(t, quiet.decide(booking.Lodging, confirm, "").err)
}

// refusesAs is the refusal of an order with this view.
func refusesAs(v contract.View, at time.Time) error {
	return temporal.NewNonRetryableApplicationError("it is not being made", "not_in_production", nil, contract.Refusal{View: v, At: at})
}

// TestDecide_OrderIsWorkedOnAnew: an order that was accepted repeats its work after a
// process has died. A decision that it refuses as too early is kept, and delivered once the
// order answers again.
func TestDecide_OrderIsWorkedOnAnew(t *testing.T) {
	t.Parallel()
	early := of(booking.Cafe).input.View()
	t.Run("Delivered", func(t *testing.T) {
		t.Parallel()
		d := newDesk(t)
		d.has(booking.Cafe, booking.InProduction, "")
		var last atomic.Int64
		d.answersUpdates(well, func(n int) error {
			last.Store(int64(n))
			if n < 4 {
				return refusesAs(early, time.Now())
			}
			return nil
		})
		d.requireKept(d.decide(booking.Cafe, complete, ""), 1)
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() { defer close(ended); d.Carrier.Run(ctx) }()
		require.Eventually(t, func() bool { return len(d.kept()) == 0 }, time.Minute, 10*time.Millisecond)
		stop()
		<-ended
		require.EqualValues(t, 4, last.Load())
		shown, err := d.pages.View(t.Context(), "cafe-1")
		require.NoError(t, err)
		require.Equal(t, booking.InProduction, shown.History[len(shown.History)-1].Status, "no refusal is shown")
	})
	t.Run("PaidAgain", func(t *testing.T) {
		t.Parallel()
		d := newDesk(t)
		d.has(booking.Cafe, booking.InProduction, "")
		paid := of(booking.Cafe).in(booking.Paid, "").View
		paid.Version += 1000 // versions grow with time, also of repeated work
		d.answersUpdates(well, func(int) error { return refusesAs(paid, time.Now()) })
		d.requireKept(d.decide(booking.Cafe, complete, ""), 1)
	})
	for name, test := range map[string]struct {
		status booking.Status // of the row
		at     func() time.Time
		view   contract.View
	}{
		"NotYetInProduction": {booking.Paid, time.Now, of(booking.Cafe).in(booking.Paid, "").View},
		"NeverHadTheStatus":  {booking.Paid, time.Now, early},
		"HasTheStatus":       {booking.InProduction, time.Now, of(booking.Cafe).in(booking.InProduction, "").View},
		"Compensates":        {booking.InProduction, time.Now, of(booking.Cafe).in(booking.Cancelling, booking.ByCustomer).View},
		"RefusedOnce":        {booking.InProduction, func() time.Time { return time.Now().Add(-time.Hour) }, early},
		"NotItsAnswer":       {booking.InProduction, time.Now, contract.View{}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			p := of(booking.Cafe).in(test.status, "")
			if name == "NeverHadTheStatus" {
				p.Decision = nil
			}
			require.NoError(t, d.pages.Publish(t.Context(), p))
			d.answersUpdates(well, func(int) error { return refusesAs(test.view, test.at()) })
			require.ErrorIs(t, d.decide(booking.Cafe, complete, "").err, &booking.Error{Code: "not_in_production"})
			require.Empty(t, d.kept())
		})
	}
}
