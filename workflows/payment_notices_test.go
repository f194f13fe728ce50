package workflows_test

import (
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/log"
	"go.temporal.io/sdk/workflow"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows"
	"github.com/yeyak/yeyak/workflows/contract"
)

// following is the workflow that handles the notices of an order that has ended.
type following struct {
	*stay
	mu        sync.Mutex
	signalled []string // the workflows that were signalled
	logs      errorLog
}

// errorLog are the errors that a workflow has logged.
type errorLog struct {
	log.Logger
	all []string
}

func (t *errorLog) Error(line string, about ...any) {
	t.all = append(t.all, fmt.Sprint(append([]any{line, " "}, about...)...))
}

// follow returns one for a stay that was paid for and has ended.
func follow(t *testing.T) *following {
	f := &following{stay: newStay(t)}
	ended := f.run()
	require.Equal(t, booking.Completed, ended.Status)
	f.logs.Logger = f.log
	f.flow, f.log = workflows.PaymentNotices, &f.logs
	f.startRun(ended.Since().Add(24 * hour))
	f.env.SetStartWorkflowOptions(client.StartWorkflowOptions{ID: contract.NoticesWorkflowID(f.order), TaskQueue: contract.SagasQueue})
	f.env.OnSignalExternalWorkflow(mock.Anything, mock.Anything, mock.Anything, contract.PaymentNoticeSignal, mock.Anything).
		Return(func(_, workflowID, _, _ string, _ any) error {
			f.mu.Lock()
			defer f.mu.Unlock()
			f.signalled = append(f.signalled, strings.TrimPrefix(workflowID, f.order))
			return nil
		}).Maybe()
	f.checks = 0
	return f
}

// begin runs the workflow until it ends.
func (f *following) begin(in contract.Notices) {
	f.Helper()
	in.OrderID = f.order
	f.env.ExecuteWorkflow(f.flow, in)
	require.True(f, f.env.IsWorkflowCompleted())
}

// receives sends notices to the workflow after a while.
func (f *following) receives(after time.Duration, n int) {
	f.env.RegisterDelayedCallback(func() {
		for range n {
			f.env.SignalWorkflow(contract.NoticeSignal, booking.PaymentNotice{ID: "evt_1", OrderID: f.order, What: "charge.dispute.updated"})
		}
	}, after)
}

// at calls a function after a while.
func (f *following) at(after time.Duration, call func()) { f.env.RegisterDelayedCallback(call, after) }

// is changes the dispute's state at the provider.
func (f *following) is(state booking.DisputeState) {
	f.world.mu.Lock()
	defer f.world.mu.Unlock()
	f.disputes = []booking.Dispute{{
		ID: "du_1", Amount: booking.Money{Amount: 40000, Currency: "KRW"}, State: state, EvidenceDueBy: placedAt.AddDate(0, 1, 0),
	}}
}

// TestPaymentNotices_OfARefundByHand: a refund that was made by hand at the provider after
// the order's end is in the ledger, and the workflow ends.
func TestPaymentNotices_OfARefundByHand(t *testing.T) {
	f := follow(t)
	f.byOthers = []*other{{percent: 30}}
	f.begin(contract.Notices{})
	require.NoError(t, f.env.GetWorkflowError())
	require.Equal(t, map[string]booking.EntryState{"provider/other-0": booking.EntryDone}, f.entries())
	require.Equal(t, 1, f.checks)
	require.Empty(t, f.signalled, "nothing waits for it")
	require.False(t, f.row().View.Disputed)
}

// TestPaymentNotices_SignalWaitingWorkflows: the order's saga and the refunds that were begun
// after its end call the provider at once.
func TestPaymentNotices_SignalWaitingWorkflows(t *testing.T) {
	f := follow(t)
	for _, id := range []string{"1", "2"} {
		_, err := f.ledger.BeginEntry(t.Context(), booking.Entry{
			Key: contract.RefundKey(id), OrderID: f.order, Amount: booking.Money{Amount: 1000, Currency: "KRW"}, Reason: booking.Goodwill,
		})
		require.NoError(t, err)
	}
	f.begin(contract.Notices{})
	require.NoError(t, f.env.GetWorkflowError())
	require.ElementsMatch(t, []string{"", "/refund/1", "/refund/2"}, f.signalled)
}

// TestPaymentNotices_SignalAllRefunds: the refund of an early departure calls the provider at
// once, too, and so do those of a change and of the undo.
func TestPaymentNotices_SignalAllRefunds(t *testing.T) {
	t.Parallel()
	for id, begin := range map[string]func(*following) error{
		contract.EarlyRefund: func(f *following) error {
			_, err := f.ledger.BeginEntry(t.Context(), booking.Entry{
				Key: contract.EarlyKey(f.order), OrderID: f.order, Amount: booking.Money{Amount: 1000, Currency: "KRW"}, Reason: booking.EarlyDeparture,
			})
			return err
		},
		contract.ChangeRefund("1"): func(f *following) error {
			_, err := f.ledger.BeginEntry(t.Context(), booking.Entry{
				Key: booking.ChangeRefundKey(f.order, "1"), OrderID: f.order, Amount: booking.Money{Amount: 1000, Currency: "KRW"}, Reason: booking.Changed,
			})
			return err
		},
		contract.CancelRefund: func(f *following) error {
			_, err := f.ledger.BeginRefund(t.Context(), booking.Charge{
				Key: booking.ChargeKey(f.order), OrderID: f.order, Amount: f.in.Amount, Reason: booking.ByCustomer,
			})
			return err
		},
	} {
		t.Run(id, func(t *testing.T) {
			f := follow(t)
			require.NoError(t, begin(f))
			f.begin(contract.Notices{})
			require.NoError(t, f.env.GetWorkflowError())
			require.ElementsMatch(t, []string{"", "/refund/" + id}, f.signalled)
		})
	}
}

// TestPaymentNotices_OfADispute: an order needs attention from the notice of a dispute
// until the dispute has ended, and the payment is checked in between without notices, less
// and less often.
func TestPaymentNotices_OfADispute(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		end     booking.DisputeState
		entries map[string]booking.EntryState
		notice  bool // of the dispute's end; it may be lost
	}{
		"Lost":       {booking.DisputeLost, map[string]booking.EntryState{"dispute/du_1": booking.EntryDone}, true},
		"Won":        {booking.DisputeWon, map[string]booking.EntryState{}, true},
		"NoticeLost": {booking.DisputeWon, map[string]booking.EntryState{}, false},
	} {
		t.Run(name, func(t *testing.T) {
			f := follow(t)
			f.is(booking.DisputeOpen)
			var marked contract.Publication
			var checks int
			ends := 10 * 24 * hour
			f.at(ends, func() {
				marked, checks = f.row(), f.checks
				f.is(test.end)
			})
			if test.notice {
				f.receives(ends+time.Second, 1)
			}
			began := f.env.Now()
			f.begin(contract.Notices{})
			require.NoError(t, f.env.GetWorkflowError())
			require.True(t, marked.View.Disputed)
			require.False(t, marked.View.NeedsAttention, "its saga does not say so")
			require.Equal(t, 1+5+8, checks, "at once, after 1, 3, 7, 15 and 31 hours, and then once a day")
			require.False(t, f.row().View.Disputed)
			require.Equal(t, test.entries, f.entries())
			lasted := f.env.Now().Sub(began)
			if test.notice {
				require.Less(t, lasted, ends+time.Minute)
			} else {
				require.Less(t, lasted, ends+25*hour)
			}
		})
	}
}

// TestPaymentNotices_OfTwoDisputes: each dispute is logged once, and again when its time for
// evidence changes.
func TestPaymentNotices_OfTwoDisputes(t *testing.T) {
	t.Parallel()
	first := booking.Dispute{ID: "du_1", Amount: booking.Money{Amount: 40000, Currency: "KRW"}, State: booking.DisputeOpen, EvidenceDueBy: placedAt.AddDate(0, 1, 0)}
	moved, second := first, first
	moved.EvidenceDueBy = placedAt.AddDate(0, 0, 20)
	second.ID = "du_2"
	for name, test := range map[string]struct {
		now  []booking.Dispute
		logs []string // what each line says of the disputes
	}{
		"Second":  {[]booking.Dispute{first, second}, []string{"du_1", "du_2"}},
		"NewTime": {[]booking.Dispute{moved}, []string{"du_1", moved.EvidenceDueBy.UTC().Format(time.RFC3339)}},
		"Same":    {[]booking.Dispute{first}, []string{"du_1"}},
	} {
		t.Run(name, func(t *testing.T) {
			f := follow(t)
			f.is(booking.DisputeOpen)
			are := func(state booking.DisputeState) {
				f.world.mu.Lock()
				defer f.world.mu.Unlock()
				f.disputes = slices.Clone(test.now)
				for i := range f.disputes {
					f.disputes[i].State = state
				}
			}
			f.at(2*hour, func() { are(booking.DisputeOpen) })
			f.receives(2*hour+time.Second, 1)
			f.at(50*hour, func() { are(booking.DisputeWon) })
			f.begin(contract.Notices{})
			require.NoError(t, f.env.GetWorkflowError())
			require.Len(t, f.logs.all, len(test.logs), "%q", f.logs.all)
			for i, line := range f.logs.all {
				require.Contains(t, line, "order needs attention")
				require.Contains(t, line, test.logs[i])
			}
		})
	}
}

// TestPaymentNotices_ManyAtOnce: one check is enough for all notices that have arrived, and
// after a notice the payment is checked more often again.
func TestPaymentNotices_ManyAtOnce(t *testing.T) {
	f := follow(t)
	f.is(booking.DisputeOpen)
	f.receives(4*hour, 500)
	var before, after, later int
	f.at(4*hour-time.Second, func() { before = f.checks })
	f.at(4*hour+time.Minute, func() { after = f.checks })
	f.at(5*hour+time.Minute, func() {
		later = f.checks
		f.is(booking.DisputeWon)
	})
	f.receives(6*hour, 1)
	f.begin(contract.Notices{})
	require.NoError(t, f.env.GetWorkflowError())
	require.Equal(t, 3, before, "at once, and after 1 and 3 hours")
	require.LessOrEqual(t, after, 3+2, "one check for the first, and one for all that arrived meanwhile")
	require.Equal(t, after+1, later, "an hour after it")
}

// TestPaymentNotices_ServicesAway: a provider or a read model that is away only delays the
// mark.
func TestPaymentNotices_ServicesAway(t *testing.T) {
	f := follow(t)
	f.is(booking.DisputeOpen)
	failures := map[string]int{"retrieve": 5, "mark": 5}
	f.setFaults(func(call string) fault {
		failures[call]--
		return only(before, failures[call] >= 0)
	})
	f.at(2*time.Minute, func() {
		require.True(t, f.row().View.Disputed)
		f.is(booking.DisputeWon)
	})
	f.begin(contract.Notices{})
	require.NoError(t, f.env.GetWorkflowError())
	require.False(t, f.row().View.Disputed)
}

// TestPaymentNotices_ContinueAsNew: a run makes a limited number of checks, and the next run
// continues with the mark and the pause that the last one had.
func TestPaymentNotices_ContinueAsNew(t *testing.T) {
	f := follow(t)
	f.is(booking.DisputeOpen)
	f.begin(contract.Notices{Checks: 3})
	var on *workflow.ContinueAsNewError
	require.ErrorAs(t, f.env.GetWorkflowError(), &on)
	require.Equal(t, contract.NoticesWorkflow, on.WorkflowType.Name)
	var next contract.Notices
	require.NoError(t, converter.GetDefaultDataConverter().FromPayloads(on.Input, &next))
	require.Equal(t, contract.Notices{
		OrderID: f.order, Checks: 3, ChecksWithoutNotice: 3, Marked: true, Open: map[string]time.Time{"du_1": placedAt.AddDate(0, 1, 0).UTC()},
	}, next)
	require.True(t, f.row().View.Disputed)
}

// TestPaymentNotices_Garbage: a workflow with an invalid input does nothing.
func TestPaymentNotices_Garbage(t *testing.T) {
	f := follow(t)
	for _, in := range []contract.Notices{{}, {OrderID: "whatever"}} {
		f.startRun(placedAt)
		f.env.SetStartWorkflowOptions(client.StartWorkflowOptions{ID: contract.NoticesWorkflowID(f.order), TaskQueue: contract.SagasQueue})
		f.env.ExecuteWorkflow(f.flow, in)
		requireRefusedInput(t, f.env.GetWorkflowError(), "orderId: ")
	}
	require.Zero(t, f.checks)
}

// TestNotice_WakesTheUndo: an order whose refund fails at the provider is cancelled as soon
// as a notice says that the refund can be made. Without the notice the provider would be
// called again seconds later.
func TestNotice_WakesTheUndo(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(*contract.Lodging){"InPlace": func(*contract.Lodging) {}, "Durable": durable} {
		t.Run(name, func(t *testing.T) {
			s := newStay(t, change)
			restore := s.cannotRefund()
			s.decides(hour, contract.CancelUpdate)
			at := hour + 18*time.Second // the provider is called after 0.5, 1.5, 3.5, 7.5, 15.5 and 25.5 seconds
			s.env.RegisterDelayedCallback(func() {
				restore()
				for _, said := range []any{nil, "whatever"} { // the signal's content does not count
					s.env.SignalWorkflow(contract.PaymentNoticeSignal, said)
				}
			}, at)
			v := s.run()
			require.Equal(t, booking.Cancelled, v.Status)
			require.False(t, v.NeedsAttention)
			require.Less(t, v.Since().Sub(placedAt.Add(at)), 5*time.Second, "its provider is called again at once")
			require.Zero(t, s.owed())
		})
	}
}

// TestNotice_OfNothing: notices without a change have no effect on an order.
func TestNotice_OfNothing(t *testing.T) {
	s := newStay(t)
	refund := s.staffRefunds(2*hour, "1", 30000)
	for at := range time.Duration(40) {
		s.env.RegisterDelayedCallback(func() { s.env.SignalWorkflow(contract.PaymentNoticeSignal, nil) }, at*6*time.Minute)
	}
	v := s.run()
	require.Equal(t, booking.Completed, v.Status)
	require.Equal(t, booking.EntryDone, refund.is.Entry.State)
	require.Equal(t, int64(70000), s.owed())
}

// TestNotice_WakesALaterRefund: a notice has the same effect on a refund that was begun
// after the order's end.
func TestNotice_WakesALaterRefund(t *testing.T) {
	s := newStay(t)
	ended := s.run()
	restore := s.cannotRefund()
	began := ended.Since().Add(24 * hour)
	is := s.refundLater(ended, "1", 30000, func() {
		s.env.RegisterDelayedCallback(func() {
			restore()
			s.env.SignalWorkflow(contract.PaymentNoticeSignal, nil)
		}, 18*time.Second)
	})
	require.Equal(t, booking.EntryDone, is.Entry.State)
	require.Less(t, s.env.Now().Sub(began), 23*time.Second)
	require.Equal(t, int64(70000), s.owed())
}
