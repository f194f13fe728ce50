package orders_test

import (
	"context"
	"errors"
	"reflect"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/mocks"
	"go.temporal.io/sdk/temporal"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/orders"
	"github.com/yeyak/yeyak/workflows/contract"
)

// paid are payments in memory.
type paid map[string]booking.Payment

func (p paid) Payment(_ context.Context, id string) (booking.Payment, error) {
	payment, found := p[id]
	if !found {
		return payment, booking.Errorf(booking.NotFound, "there is no payment of %q", id)
	}
	return payment, nil
}

// won is an amount in KRW.
func won(n int64) booking.Money { return booking.Money{Amount: n, Currency: "KRW"} }

// refunding is orders with a paid one, and an engine that the test describes.
type refunding struct {
	*bundle
	ledger paid
	order  string
	put    []client.UpdateWorkflowOptions // refunds that were sent to the engine
}

func newRefunding(t *testing.T, status booking.Status) *refunding {
	ledger := paid{}
	g := &refunding{bundle: newBundle(t, func(d *orders.Deps) { d.Ledger = ledger }), ledger: ledger, order: of(booking.Lodging).id()}
	p := of(booking.Lodging).in(status, "")
	p.View.Placed = true
	g.store.put(p)
	ledger[g.order] = booking.Payment{
		Charge: booking.Charge{Key: g.order + "/charge", OrderID: g.order, Amount: won(100000)}, Status: booking.Charged, Ref: "ch_1",
	}
	return g
}

// begins makes the engine accept refunds and end them with end. Refunds that have begun are
// in the ledger.
func (g *refunding) begins(accept func(workflowID string) error, end error) {
	g.engine.On("UpdateWorkflow", mock.Anything, mock.Anything).
		Return(func(_ context.Context, o client.UpdateWorkflowOptions) (client.WorkflowUpdateHandle, error) {
			g.put = append(g.put, o)
			if err := accept(o.WorkflowID); err != nil {
				return nil, err
			}
			r := o.Args[0].(contract.Refund)
			entry := booking.Entry{Key: r.Key(), OrderID: g.order, Kind: booking.RefundEntry, Amount: r.Amount, State: booking.EntryDone, By: r.By, Note: r.Note}
			handle := &mocks.WorkflowUpdateHandle{}
			handle.On("Get", mock.Anything, mock.Anything).Return(func(_ context.Context, to any) error {
				if end == nil {
					reflect.ValueOf(to).Elem().Set(reflect.ValueOf(booking.Repaid{Entry: entry}))
				}
				return end
			})
			if end == nil {
				payment := g.ledger[g.order]
				payment.Entries = append(payment.Entries, entry)
				g.ledger[g.order] = payment
			}
			return handle, nil
		})
}

func acceptsAll(string) error { return nil }

var olga = booking.Caller{ID: "1024", Roles: []booking.Role{booking.OperatorRole}}

func (g *refunding) refund(key string, amount booking.Money) (orders.Refunded, error) {
	return g.Refund(g.t.Context(), olga, orders.Refund{OrderID: g.order, Amount: amount, Note: "it was cold", Key: key})
}

// TestRefund_OncePerKey: a refund is sent to the order once per caller and key. Another
// refund under the key is refused, and nothing is sent.
func TestRefund_OncePerKey(t *testing.T) {
	t.Parallel()
	g := newRefunding(t, booking.Confirmed)
	g.begins(acceptsAll, nil)
	first, err := g.refund("a", won(30000))
	require.NoError(t, err)
	require.False(t, first.Earlier)
	require.Equal(t, "1024", first.Entry.By)
	require.Equal(t, g.order, g.put[0].WorkflowID)
	require.Equal(t, g.put[0].UpdateID, first.Entry.Key, "one update for each refund")

	again, err := g.refund("a", won(30000))
	require.NoError(t, err)
	require.True(t, again.Earlier)
	require.Equal(t, first.Entry, again.Entry)
	_, err = g.refund("a", won(30001))
	require.ErrorIs(t, err, &booking.Error{Code: orders.IdempotencyKeyReused})
	_, err = g.Refund(t.Context(), olga, orders.Refund{OrderID: g.order, Amount: won(30000), Note: "it was loud", Key: "a"})
	require.ErrorIs(t, err, &booking.Error{Code: orders.IdempotencyKeyReused})
	require.Len(t, g.put, 1)

	other, err := g.refund("b", won(30000))
	require.NoError(t, err)
	require.NotEqual(t, first.Entry.Key, other.Entry.Key)
	another, err := g.Refund(t.Context(), booking.Caller{ID: "1025", Roles: olga.Roles}, orders.Refund{OrderID: g.order, Amount: won(30000), Note: "it was cold", Key: "a"})
	require.NoError(t, err)
	require.NotEqual(t, first.Entry.Key, another.Entry.Key, "keys belong to their caller")
}

// TestRefund_MadeForLess: a failed refund is made for the amount that its cancelled order
// owes. It is still the same refund.
func TestRefund_MadeForLess(t *testing.T) {
	t.Parallel()
	g := newRefunding(t, booking.Confirmed)
	g.begins(acceptsAll, nil)
	_, err := g.refund("a", won(30000))
	require.NoError(t, err)
	payment := g.ledger[g.order]
	payment.Entries[0].Amount = won(10000)
	_, err = g.refund("a", won(30000))
	require.ErrorIs(t, err, &booking.Error{Code: orders.IdempotencyKeyReused}, "no refund of a paid order is made for less")
	payment.Status = booking.Refunded
	g.ledger[g.order] = payment
	again, err := g.refund("a", won(30000))
	require.NoError(t, err)
	require.Equal(t, won(10000), again.Entry.Amount)
	_, err = g.refund("a", won(9999))
	require.ErrorIs(t, err, &booking.Error{Code: orders.IdempotencyKeyReused})
}

// TestRefund_OpenOneIsPutAgain: a refund that is not done is sent to its order again,
// because that may have been reset meanwhile. Otherwise the engine joins the two.
func TestRefund_OpenOneIsPutAgain(t *testing.T) {
	t.Parallel()
	g := newRefunding(t, booking.Confirmed)
	g.begins(acceptsAll, nil)
	g.engine.On("DescribeWorkflowExecution", mock.Anything, g.order, "").Return(&workflowservice.DescribeWorkflowExecutionResponse{
		WorkflowExecutionInfo: &workflowpb.WorkflowExecutionInfo{Status: enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING},
	}, nil)
	first, err := g.refund("a", won(30000))
	require.NoError(t, err)
	payment := g.ledger[g.order]
	payment.Entries[0].State = booking.EntryPending
	again, err := g.refund("a", won(30000))
	require.NoError(t, err)
	require.True(t, again.Earlier)
	require.Equal(t, booking.EntryPending, again.Entry.State, "as the ledger has it")
	require.Len(t, g.put, 2)
	require.Equal(t, first.Entry.Key, g.put[1].UpdateID)
}

// TestRefund_Refused: a refund that the ledger is certain to refuse is not sent.
func TestRefund_Refused(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change func(*booking.Payment)
		amount booking.Money
		code   booking.Code
	}{
		"TooMuch":  {nil, won(100001), booking.RefundExceeds},
		"Nothing":  {nil, won(0), booking.Invalid},
		"Currency": {nil, booking.Money{Amount: 1, Currency: "EUR"}, booking.Invalid},
		"NotYet":   {func(p *booking.Payment) { p.Status, p.Ref = booking.ChargePending, "" }, won(1), booking.NotCharged},
		"Declined": {func(p *booking.Payment) { p.Status, p.Ref = booking.Declined, "" }, won(1), booking.NotCharged},
		"BeingUndone": {func(p *booking.Payment) {
			p.Status = booking.RefundPending
			p.Entries = []booking.Entry{{Key: p.RefundKey(), Kind: booking.RefundEntry, Amount: won(100000), State: booking.EntryPending}}
		}, won(1), booking.BeingCancelled},
		"Undone": {func(p *booking.Payment) { p.Status, p.Refunded = booking.Refunded, 100000 }, won(1), booking.RefundExceeds},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := newRefunding(t, booking.Confirmed)
			if payment := g.ledger[g.order]; test.change != nil {
				test.change(&payment)
				g.ledger[g.order] = payment
			}
			_, err := g.refund("a", test.amount)
			require.ErrorIs(t, err, &booking.Error{Code: test.code})
			require.Empty(t, g.put)
		})
	}
	t.Run("NoPayment", func(t *testing.T) {
		t.Parallel()
		g := newRefunding(t, booking.Confirmed)
		delete(g.ledger, g.order)
		_, err := g.refund("a", won(1))
		require.ErrorIs(t, err, &booking.Error{Code: booking.NotCharged})
	})
	t.Run("ByItsOrder", func(t *testing.T) {
		t.Parallel()
		g := newRefunding(t, booking.Confirmed)
		g.begins(acceptsAll, temporal.NewNonRetryableApplicationError("5 KRW are left", string(booking.RefundExceeds), nil, contract.Refusal{}))
		_, err := g.refund("a", won(6))
		require.Equal(t, booking.Errorf(booking.RefundExceeds, "5 KRW are left"), err)
	})
}

// TestRefund_WhoMay: an owner of the whole organisation and an operator may; a caller that
// may not see the order gets NotFound.
func TestRefund_WhoMay(t *testing.T) {
	t.Parallel()
	owner := func(level booking.MemberLevel) booking.Caller {
		return booking.Caller{ID: "1", Roles: []booking.Role{booking.OwnerRole}, Memberships: []booking.Membership{{OwnerID: "olivia", Level: level}}}
	}
	for name, test := range map[string]struct {
		caller booking.Caller
		code   booking.Code
	}{
		"Owner":    {owner(booking.OwnerLevel), ""},
		"Staff":    {owner(booking.StaffLevel), booking.NotAllowed},
		"Customer": {booking.Caller{ID: "alice", Roles: []booking.Role{booking.CustomerRole}}, booking.NotAllowed},
		"Stranger": {booking.Caller{ID: "minho", Roles: []booking.Role{booking.CustomerRole}}, booking.NotFound},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := newRefunding(t, booking.Confirmed)
			r := orders.Refund{OrderID: g.order, Amount: won(1), Note: "it was cold", Key: "a"}
			if test.code == "" {
				g.begins(acceptsAll, nil)
			}
			_, err := g.Refund(t.Context(), test.caller, r)
			if test.code == "" {
				require.NoError(t, err)
				return
			}
			require.ErrorIs(t, err, &booking.Error{Code: test.code})
			_, err = g.Resolve(t.Context(), test.caller, g.order, "bank transfer 42")
			require.ErrorIs(t, err, &booking.Error{Code: test.code})
		})
	}
	t.Run("OwnerDoesNotResolve", func(t *testing.T) {
		t.Parallel()
		g := newRefunding(t, booking.Confirmed)
		_, err := g.Resolve(t.Context(), owner(booking.OwnerLevel), g.order, "bank transfer 42")
		require.ErrorIs(t, err, &booking.Error{Code: booking.NotAllowed})
	})
}

// TestRefund_AfterTheEnd: a refund of an order that has ended gets a workflow of its own,
// to which it is sent in the same way.
func TestRefund_AfterTheEnd(t *testing.T) {
	t.Parallel()
	g := newRefunding(t, booking.Completed)
	g.engine.On("QueryWorkflow", mock.Anything, g.order, "", contract.ViewQuery).Return(nil, serviceerror.NewNotFound("no such workflow"))
	g.begins(func(id string) error {
		if id == g.order {
			return serviceerror.NewNotFound("workflow execution already completed")
		}
		return nil
	}, nil)
	var started []client.StartWorkflowOptions
	g.engine.On("ExecuteWorkflow", mock.Anything, mock.Anything, contract.RefundWorkflow, mock.Anything).
		Return(func(_ context.Context, o client.StartWorkflowOptions, _ any, args ...any) (client.WorkflowRun, error) {
			started = append(started, o)
			in := args[0].(contract.Refunding)
			require.NoError(t, in.Check())
			require.Equal(t, booking.Completed, in.Order.Status)
			return &mocks.WorkflowRun{}, nil
		})
	is, err := g.refund("a", won(30000))
	require.NoError(t, err)
	require.False(t, is.Earlier)
	require.Len(t, started, 1)
	require.Equal(t, g.order+"/"+is.Entry.Key, started[0].ID, "one workflow for each refund")
	require.Equal(t, enumspb.WORKFLOW_ID_REUSE_POLICY_ALLOW_DUPLICATE_FAILED_ONLY, started[0].WorkflowIDReusePolicy, "one that was terminated is started anew")
	require.Equal(t, started[0].ID, g.put[1].WorkflowID)
}

// TestRefund_OrderDoesNotAnswer: a refund that has begun in the ledger is answered although
// the order does not answer; otherwise the error says whether it may still begin.
func TestRefund_OrderDoesNotAnswer(t *testing.T) {
	t.Parallel()
	g := newRefunding(t, booking.Confirmed)
	g.begins(func(string) error { return serviceerror.NewUnavailable("connection reset") }, nil)
	_, err := g.refund("a", won(30000))
	require.ErrorIs(t, err, &booking.Error{Code: orders.Unreachable})
	require.ErrorContains(t, err, "Idempotency-Key")

	g = newRefunding(t, booking.Confirmed)
	g.begins(func(string) error {
		payment := g.ledger[g.order]
		r := g.put[0].Args[0].(contract.Refund)
		payment.Entries = []booking.Entry{{Key: r.Key(), Amount: r.Amount, Note: r.Note, Kind: booking.RefundEntry, State: booking.EntryPending}}
		g.ledger[g.order] = payment
		return context.DeadlineExceeded
	}, nil)
	is, err := g.refund("a", won(30000))
	require.NoError(t, err)
	require.Equal(t, booking.EntryPending, is.Entry.State)
}

// TestResolve_AfterTheEnd: payments by hand for refunds that were begun after the end of
// their order are sent to their workflows.
func TestResolve_AfterTheEnd(t *testing.T) {
	t.Parallel()
	g := newRefunding(t, booking.Completed)
	var signalled []client.UpdateWorkflowOptions
	g.engine.On("UpdateWorkflow", mock.Anything, mock.Anything).
		Return(func(_ context.Context, o client.UpdateWorkflowOptions) (client.WorkflowUpdateHandle, error) {
			if o.WorkflowID == g.order {
				return nil, serviceerror.NewNotFound("workflow execution already completed")
			}
			signalled = append(signalled, o)
			handle := &mocks.WorkflowUpdateHandle{}
			handle.On("Get", mock.Anything, mock.Anything).Return(nil)
			return handle, nil
		})
	_, err := g.Resolve(t.Context(), olga, g.order, "bank transfer 42")
	require.ErrorIs(t, err, &booking.Error{Code: booking.NothingOwed})

	payment := g.ledger[g.order]
	payment.Entries = []booking.Entry{
		{Key: "refund/1", Kind: booking.RefundEntry, State: booking.EntryFailed}, {Key: "refund/2", Kind: booking.RefundEntry, State: booking.EntryDone},
		{Key: "provider/re_1", Kind: booking.RefundEntry, State: booking.EntryFailed},
	}
	g.ledger[g.order] = payment
	out, err := g.Resolve(t.Context(), olga, g.order, "bank transfer 42")
	require.NoError(t, err)
	require.True(t, out.Done)
	require.Len(t, signalled, 1)
	require.Equal(t, g.order+"/refund/1", signalled[0].WorkflowID)
	require.Equal(t, contract.ResolveUpdate, signalled[0].UpdateName)
	said := signalled[0].Args[0].(contract.Decision)
	require.Equal(t, "1024", said.By)
	require.Equal(t, booking.Personal("bank transfer 42"), said.Note)
}

// TestResolve_RepeatedForALaterFailure: a refund that did not need a person when its workflow was called
// is called again at the operator's next resolution.
func TestResolve_RepeatedForALaterFailure(t *testing.T) {
	t.Parallel()
	g := newRefunding(t, booking.Completed)
	payment := g.ledger[g.order]
	payment.Entries = []booking.Entry{
		{Key: "refund/1", Kind: booking.RefundEntry, State: booking.EntryPending}, {Key: "refund/2", Kind: booking.RefundEntry, State: booking.EntryFailed},
	}
	g.ledger[g.order] = payment
	var ids []string
	g.engine.On("UpdateWorkflow", mock.Anything, mock.Anything).
		Return(func(_ context.Context, o client.UpdateWorkflowOptions) (client.WorkflowUpdateHandle, error) {
			if o.WorkflowID != g.order+"/refund/1" { // the order's saga, and those that have ended with it
				return nil, serviceerror.NewNotFound("workflow execution already completed")
			}
			ids = append(ids, o.UpdateID)
			var end error
			if len(ids) == 1 {
				end = temporal.NewNonRetryableApplicationError("none waits", string(booking.NothingOwed), nil, contract.Refusal{})
			}
			handle := &mocks.WorkflowUpdateHandle{}
			handle.On("Get", mock.Anything, mock.Anything).Return(end)
			return handle, nil
		})
	_, err := g.Resolve(t.Context(), olga, g.order, "bank transfer 42")
	require.ErrorIs(t, err, &booking.Error{Code: booking.DecisionPending}, "something is owed")
	out, err := g.Resolve(t.Context(), olga, g.order, "bank transfer 42")
	require.NoError(t, err)
	require.True(t, out.Done)
	_, err = g.Resolve(t.Context(), olga, g.order, "bank transfer 43")
	require.NoError(t, err)
	require.Len(t, ids, 3)
	require.NotEqual(t, ids[0], ids[1])
	require.NotEqual(t, ids[1], ids[2])
}

// TestResolve_Repeated: evidence that is recorded already gets the same answer again,
// whether its order runs or has ended. Other evidence does not.
func TestResolve_Repeated(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		status booking.Status
		err    error
	}{
		"Runs":  {booking.Confirmed, temporal.NewNonRetryableApplicationError("none waits", string(booking.NothingOwed), nil, contract.Refusal{View: of(booking.Lodging).input.View()})},
		"Ended": {booking.Completed, serviceerror.NewNotFound("workflow execution already completed")},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			g := newRefunding(t, test.status)
			g.engine.On("UpdateWorkflow", mock.Anything, mock.Anything).Return(nil, test.err)
			payment := g.ledger[g.order]
			payment.Entries = []booking.Entry{
				{Key: "refund/1", Kind: booking.RefundEntry, State: booking.EntryDone, ByHand: true, Ref: "bank transfer 42\nof Monday"},
				{Key: "refund/2", Kind: booking.RefundEntry, State: booking.EntryDone, Ref: "re_1"},
			}
			g.ledger[g.order] = payment
			out, err := g.Resolve(t.Context(), olga, g.order, "bank transfer 42\r\nof Monday")
			require.NoError(t, err)
			require.True(t, out.Done)
			require.Equal(t, g.order, out.View.ID)
			for _, other := range []booking.Personal{"bank transfer 43", "re_1"} {
				_, err = g.Resolve(t.Context(), olga, g.order, other)
				require.ErrorIs(t, err, &booking.Error{Code: booking.NothingOwed})
			}
		})
	}
}

// TestResolve_StillOwed: NothingOwed is returned only if it is true. An order may not know
// yet that a refund has failed, and a refund's workflow may have been terminated.
func TestResolve_StillOwed(t *testing.T) {
	t.Parallel()
	own := booking.ChargeKey("o1")
	for name, test := range map[string]struct {
		status booking.PaymentStatus
		entry  booking.Entry
		want   booking.Code
	}{
		"Failed":        {booking.Charged, booking.Entry{Key: "refund/1", State: booking.EntryFailed, Amount: won(20000), Words: "closed"}, booking.DecisionPending},
		"BeingMade":     {booking.Charged, booking.Entry{Key: "refund/1", State: booking.EntryPending}, booking.DecisionPending},
		"Accepted":      {booking.Charged, booking.Entry{Key: "refund/1", State: booking.EntryPending, Words: "re_1 is pending"}, booking.StillPending},
		"Done":          {booking.Charged, booking.Entry{Key: "refund/1", State: booking.EntryDone}, booking.NothingOwed},
		"GivenBack":     {booking.Charged, booking.Entry{Key: "refund/1", State: booking.EntryFailed, Amount: won(100001)}, booking.NothingOwed},
		"OwnHasFailed":  {booking.RefundPending, booking.Entry{Key: own + "/refund", State: booking.EntryFailed, Words: "closed"}, booking.DecisionPending},
		"UnknownCharge": {booking.RefundPending, booking.Entry{Key: "refund/1", State: booking.EntryDone}, booking.DecisionPending},
	} {
		for _, status := range []booking.Status{booking.Confirmed, booking.Completed} {
			t.Run(name+"/"+string(status), func(t *testing.T) {
				t.Parallel()
				g := newRefunding(t, status)
				says := temporal.NewNonRetryableApplicationError("none waits", string(booking.NothingOwed), nil, contract.Refusal{})
				if status.Final() {
					says = serviceerror.NewNotFound("workflow execution already completed")
				}
				g.engine.On("UpdateWorkflow", mock.Anything, mock.Anything).Return(nil, says)
				test.entry.Kind = booking.RefundEntry
				g.ledger[g.order] = booking.Payment{
					Charge: booking.Charge{Key: own, Amount: won(100000)}, Status: test.status, Entries: []booking.Entry{test.entry},
				}
				_, err := g.Resolve(t.Context(), olga, g.order, "bank transfer 42")
				no, is := errors.AsType[*booking.Error](err)
				require.True(t, is, err)
				require.Equal(t, test.want, no.Code)
				require.Equal(t, test.want == booking.DecisionPending, no.After > 0)
			})
		}
	}
}

// TestResolve_Kept: while the engine is away a resolution is kept, whatever the order's
// status: the saga of an order that has ended may follow a refund. A second evidence is
// kept beside the first.
func TestResolve_Kept(t *testing.T) {
	t.Parallel()
	for _, status := range []booking.Status{booking.Completed, booking.Cancelled, booking.Confirmed} {
		t.Run(string(status), func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			order := d.has(booking.Lodging, status, "")
			d.answersUpdates(func(int) error { return serviceerror.NewUnavailable("connection reset") }, well)
			for i, evidence := range []booking.Personal{"bank transfer 42", "bank transfer 42", "bank transfer 43"} {
				out, err := d.Resolve(t.Context(), olga, order.ID, evidence)
				require.NoError(t, err)
				require.False(t, out.Done)
				require.Equal(t, order.ID, out.View.ID)
				require.Len(t, d.kept(), []int{1, 1, 2}[i])
			}
			for _, k := range d.kept() {
				require.Equal(t, contract.ResolveUpdate, k.Update)
			}
		})
	}
}

// TestResolve_KeptAndRecorded: a kept resolution that is already recorded when it is
// delivered counts as delivered.
func TestResolve_KeptAndRecorded(t *testing.T) {
	t.Parallel()
	for recorded, want := range map[booking.Personal]string{"as I say": orders.DecisionDelivered, "bank transfer 42": orders.DecisionRefused} {
		d := newDesk(t)
		order := d.has(booking.Lodging, booking.Confirmed, "")
		d.Carrier.Ledger = paid{order.ID: {Entries: []booking.Entry{{Key: "refund/1", State: booking.EntryDone, ByHand: true, Ref: string(recorded)}}}}
		d.answersUpdates(func(int) error {
			return temporal.NewNonRetryableApplicationError("none waits", string(booking.NothingOwed), nil, contract.Refusal{View: order})
		}, well)
		d.storeDecisions(booking.Lodging, contract.ResolveUpdate)
		require.Equal(t, map[string]int{want: 1}, d.deliverAll())
	}
}

// TestResolve_KeptPastTheEnd: a kept resolution of an order that has ended meanwhile
// reaches the workflows of its refunds.
func TestResolve_KeptPastTheEnd(t *testing.T) {
	t.Parallel()
	for state, want := range map[booking.EntryState]string{booking.EntryFailed: orders.DecisionDelivered, booking.EntryDone: orders.DecisionOrderEnded} {
		d := newDesk(t)
		order := d.has(booking.Lodging, booking.Completed, "").ID
		d.Carrier.Ledger = paid{order: {Entries: []booking.Entry{{Key: "refund/1", Kind: booking.RefundEntry, State: state}}}}
		var signalled []string
		d.engine.On("UpdateWorkflow", mock.Anything, mock.Anything).
			Return(func(_ context.Context, o client.UpdateWorkflowOptions) (client.WorkflowUpdateHandle, error) {
				if o.WorkflowID == order {
					return nil, serviceerror.NewNotFound("workflow execution already completed")
				}
				signalled = append(signalled, o.WorkflowID)
				handle := &mocks.WorkflowUpdateHandle{}
				handle.On("Get", mock.Anything, mock.Anything).Return(nil)
				return handle, nil
			})
		d.storeDecisions(booking.Lodging, contract.ResolveUpdate)
		require.Equal(t, map[string]int{want: 1}, d.deliverAll())
		if state == booking.EntryFailed {
			require.Equal(t, []string{order + "/refund/1"}, signalled)
		} else {
			require.Empty(t, signalled)
		}
	}
}

// TestResolve_KeptWhileItIsRequested: a kept resolution that is delivered while the refund
// is requested again is sent to the order until it is recorded.
func TestResolve_KeptWhileItIsRequested(t *testing.T) {
	t.Parallel()
	for name, status := range map[string]booking.Status{"Runs": booking.Confirmed, "Ended": booking.Completed} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDesk(t)
			order := d.has(booking.Lodging, status, "").ID
			d.Carrier.Ledger = paid{order: {Entries: []booking.Entry{{Key: "refund/1", Kind: booking.RefundEntry, State: booking.EntryFailed}}}}
			kept := map[string]error{} // as the engine keeps the answers of updates
			d.engine.On("UpdateWorkflow", mock.Anything, mock.Anything).
				Return(func(_ context.Context, o client.UpdateWorkflowOptions) (client.WorkflowUpdateHandle, error) {
					if status.Final() && o.WorkflowID == order {
						return nil, serviceerror.NewNotFound("workflow execution already completed")
					}
					answer, known := kept[o.UpdateID]
					if !known && len(kept) < 2 {
						answer = temporal.NewNonRetryableApplicationError("requested", string(booking.DecisionPending), nil,
							contract.Refusal{After: booking.Duration(time.Nanosecond), At: time.Now()})
					}
					kept[o.UpdateID] = answer
					handle := &mocks.WorkflowUpdateHandle{}
					handle.On("Get", mock.Anything, mock.Anything).Return(answer)
					return handle, nil
				})
			d.storeDecisions(booking.Lodging, contract.ResolveUpdate)
			require.Equal(t, 1, d.deliverAll()[orders.DecisionDelivered])
			require.Len(t, kept, 3)
		})
	}
}

// TestEarlierBuild: an order on a build without refunds refuses, and nothing is done.
func TestEarlierBuild(t *testing.T) {
	t.Parallel()
	unknown := temporal.NewApplicationError("unknown update refund. KnownUpdates=[cancel complete]", "errorString")
	g := newRefunding(t, booking.Confirmed)
	g.begins(acceptsAll, unknown)
	_, err := g.refund("a", won(30000))
	require.ErrorIs(t, err, &booking.Error{Code: orders.EarlierBuild})

	b := newBundle(t)
	b.store.put(cameTo(stayWith().View(), booking.Confirmed, ""))
	b.onUpdate(func(context.Context, client.UpdateWorkflowOptions) error { return nil }, failsWith(unknown))
	_, err = b.Decide(t.Context(), olga, orders.Decision{OrderID: "lodging-1", Kind: booking.Lodging, Update: contract.NoShowUpdate})
	require.ErrorIs(t, err, &booking.Error{Code: orders.EarlierBuild})
}
