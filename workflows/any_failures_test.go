package workflows_test

import (
	"context"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/workflow"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows"
	"github.com/yeyak/yeyak/workflows/contract"
)

// failures are refunds that were done and fail at the provider, at any time while the order
// runs or after its end. The provider sends a notice, or a later check finds the failure.
type failures struct {
	random    *rand.Rand
	count     int
	unchecked bool                      // nothing has checked since the last failure
	running   string                    // the id of the running workflow, "" if there is none
	begun     []contract.RefundingAgain // the workflows that follow failures after the order's end and have not run yet
}

func newFailures(seeds *rand.Rand) *failures {
	return &failures{random: rand.New(rand.NewPCG(seeds.Uint64(), seeds.Uint64()))}
}

// anyFailures makes up to two refunds fail during this run. Mostly the provider sends a
// notice of each, at once or later, and perhaps twice.
func (s *trial) anyFailures(moments []time.Duration) {
	f := s.failures
	if f == nil {
		return
	}
	f.running, f.unchecked = s.order, f.count > 0
	s.followed = s.follows
	for range 1 + f.random.IntN(2) {
		at := max(0, moments[f.random.IntN(len(moments))]) + 2*time.Second
		s.env.RegisterDelayedCallback(func() { s.fails() }, at)
		for range f.random.IntN(3) {
			s.env.RegisterDelayedCallback(s.checksPayment, at+[]time.Duration{0, 0, time.Second, time.Minute, hour}[f.random.IntN(5)])
		}
	}
}

// follows makes the payment be checked soon.
func (s *trial) follows() { s.env.RegisterDelayedCallback(s.checksPayment, time.Second) }

// fails makes a refund fail that the provider has made, and reports whether there was one.
func (s *trial) fails() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, is := range s.provider {
		made := slices.DeleteFunc(slices.Sorted(maps.Keys(is.refunds)), func(key string) bool {
			return is.refunds[key] == 0 || is.failed[key] > 0 || s.countsBesideHand(key)
		})
		if len(made) == 0 {
			continue
		}
		key := made[s.failures.random.IntN(len(made))]
		if is.failed == nil {
			is.failed = map[string]int64{}
		}
		is.failed[key] = is.refunds[key]
		is.refunded -= is.refunds[key]
		delete(is.refunds, key)
		s.failures.count++
		s.failures.unchecked = true
		return true
	}
	return false
}

// countsBesideHand reports whether the provider has made the refund with this key as a part
// of the undo's refund, of which a person has paid the remainder. If it fails, too, it is not refunded
// by itself: the ledger and the audit show the operator that it is owed.
func (s *trial) countsBesideHand(key string) bool {
	payment, err := s.ledger.Payment(context.Background(), s.order)
	_, is := payment.Entry(booking.KeyAtProvider("id of " + key))
	return err == nil && is
}

// checksPayment makes the workflow that handles the order's notices check the payment.
func (s *trial) checksPayment() {
	f := s.failures
	f.unchecked = false
	env := s.environment(&process{world: s.world, lasting: true}, contract.NoticesWorkflowID(s.order), s.env.Now())
	env.RegisterWorkflow(workflows.PaymentNotices)
	env.RegisterWorkflowWithOptions(func(_ workflow.Context, in contract.RefundingAgain) error {
		f.begun = append(f.begun, in)
		return nil
	}, workflow.RegisterOptions{Name: contract.RefundAgainWorkflow})
	env.OnSignalExternalWorkflow(mock.Anything, mock.Anything, mock.Anything, mock.Anything, mock.Anything).
		Return(func(_, workflowID, _, signal string, said any) error {
			if workflowID != f.running || s.env.IsWorkflowCompleted() {
				return errAway
			}
			s.env.SignalWorkflow(signal, said)
			count := f.count
			f.unchecked = true // until the signal is delivered; unlike a real server, the test environment may end the workflow before
			s.env.RegisterDelayedCallback(func() { f.unchecked = f.unchecked && f.count > count }, 0)
			return nil
		}).Maybe()
	env.ExecuteWorkflow(workflows.PaymentNotices, contract.Notices{OrderID: s.order, Checks: 1})
	require.True(s, env.IsWorkflowCompleted())
}

// failuresEnd follows failures after the order's end. Failures without a notice are
// checked, as an operator does because of the audit's findings.
func (s *trial) failuresEnd() {
	f := s.failures
	if f == nil {
		return
	}
	f.running = ""
	requested := s.refundRequests
	defer func() { s.refundRequests = requested }() // these refund requests do not decide what is kept
	for range f.random.IntN(3) {
		s.fails()
	}
	if f.random.IntN(2) == 0 {
		s.checksPayment()
	}
	for f.unchecked || len(f.begun) > 0 {
		if len(f.begun) == 0 {
			s.checksPayment()
			continue
		}
		in := f.begun[0]
		f.begun = f.begun[1:]
		s.refundAgain(in)
		s.finishLateCalls()
	}
	require.False(s, s.row().View.NeedsAttention)
}

// refundAgain runs the workflow of a refund that has failed. The process may die before it,
// and other refunds may fail during it.
func (s *trial) refundAgain(in contract.RefundingAgain) {
	f := s.failures
	f.running = contract.RefundWorkflowID(s.order, in.Refund().ID)
	s.env = s.environment(&process{world: s.world, lasting: true}, f.running, s.env.Now().Add(hour))
	s.env.RegisterWorkflow(workflows.RefundAgain)
	s.operatorPays(f.random)
	if f.random.IntN(4) == 0 {
		s.env.RegisterDelayedCallback(func() { s.fails() }, time.Duration(f.random.IntN(20))*time.Second)
	}
	for range f.random.IntN(3) {
		s.env.RegisterDelayedCallback(s.checksPayment, time.Duration(f.random.IntN(20))*time.Second)
	}
	s.env.ExecuteWorkflow(workflows.RefundAgain, in)
	require.True(s, s.env.IsWorkflowCompleted())
	require.NoError(s, s.env.GetWorkflowError())
	f.running = ""
}

// requireFailuresNotified checks that the customer was notified of each refund that it is
// done whenever they were notified that it had failed, and not more often than it was done.
func (s *trial) requireFailuresNotified(payment booking.Payment) {
	s.Helper()
	counts := map[string]int{}
	for _, m := range s.sentTo(s.customer) {
		counts[m.Key]++
	}
	for _, e := range payment.Entries {
		id, _ := contract.RefundIDOf(s.order, e.Key)
		if _, part := contract.RefundID(e.Key); !part || e.State != booking.EntryDone {
			continue
		}
		failed, done := contract.MessageKey(s.order, contract.RefundFailedMessage(id)), contract.MessageKey(s.order, contract.RefundMessage(id))
		require.Equal(s, 1, counts[done], "%s: %v", e.Key, counts)
		for key := range counts {
			if again, has := strings.CutPrefix(key, failed); has {
				require.Equal(s, 1, counts[done+again], key)
			}
		}
	}
	require.LessOrEqual(s, len(s.refunded()), len(payment.Entries)+s.failures.count)
}
