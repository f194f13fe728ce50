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

// failures are refunds that were done and fail at the provider: at any time of the order's
// life, and after its end. The provider tells of them, or they are found by a look.
type failures struct {
	random  *rand.Rand
	count   int
	unheard bool                      // nothing has looked since the last of them
	running string                    // the id of the workflow that runs, "" when none does
	begun   []contract.RefundingAgain // the workflows that follow them after the order's end, and have not run
}

func newFailures(seeds *rand.Rand) *failures {
	return &failures{random: rand.New(rand.NewPCG(seeds.Uint64(), seeds.Uint64()))}
}

// anyFailures has up to two refunds fail in this life. Mostly the provider tells of each, at
// once or later, and perhaps twice.
func (s *trial) anyFailures(moments []time.Duration) {
	f := s.failures
	if f == nil {
		return
	}
	f.running, f.unheard = s.order, f.count > 0
	s.followed = s.follows
	for range 1 + f.random.IntN(2) {
		at := max(0, moments[f.random.IntN(len(moments))]) + 2*time.Second
		s.env.RegisterDelayedCallback(func() { s.fails() }, at)
		for range f.random.IntN(3) {
			s.env.RegisterDelayedCallback(s.hears, at+[]time.Duration{0, 0, time.Second, time.Minute, hour}[f.random.IntN(5)])
		}
	}
}

// follows has the payment looked at soon.
func (s *trial) follows() { s.env.RegisterDelayedCallback(s.hears, time.Second) }

// fails has some refund fail that the provider has made, and tells whether there was any.
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
		s.failures.unheard = true
		return true
	}
	return false
}

// countsBesideHand tells whether the provider has made the refund under a key as a part of the
// undo's own, of which a person has paid the rest. Should it fail, too, nothing gives it back by
// itself: the ledger and the audit tell the operator that it is owed.
func (s *trial) countsBesideHand(key string) bool {
	payment, err := s.ledger.Payment(context.Background(), s.order)
	_, is := payment.Entry(booking.KeyAtProvider("id of " + key))
	return err == nil && is
}

// hears has the workflow that follows the order's notices look at the payment.
func (s *trial) hears() {
	f := s.failures
	f.unheard = false
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
			f.unheard = true // unless it is delivered before the workflow ends, which the engine would not let it
			s.env.RegisterDelayedCallback(func() { f.unheard = f.unheard && f.count > count }, 0)
			return nil
		}).Maybe()
	env.ExecuteWorkflow(workflows.PaymentNotices, contract.Notices{OrderID: s.order, Looks: 1})
	require.True(s, env.IsWorkflowCompleted())
}

// failuresEnd follows what has failed when the order has ended. Of what the provider has
// told nothing of it is asked, as an operator does, since the audit says so.
func (s *trial) failuresEnd() {
	f := s.failures
	if f == nil {
		return
	}
	f.running = ""
	asked := s.asked
	defer func() { s.asked = asked }() // what is kept is not decided again
	for range f.random.IntN(3) {
		s.fails()
	}
	if f.random.IntN(2) == 0 {
		s.hears()
	}
	for f.unheard || len(f.begun) > 0 {
		if len(f.begun) == 0 {
			s.hears()
			continue
		}
		in := f.begun[0]
		f.begun = f.begun[1:]
		s.refundAgain(in)
		s.settle()
	}
	require.False(s, s.row().View.NeedsAttention)
}

// refundAgain lets the workflow of a refund that has failed run. It may die before, and
// others may fail meanwhile.
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
		s.env.RegisterDelayedCallback(s.hears, time.Duration(f.random.IntN(20))*time.Second)
	}
	s.env.ExecuteWorkflow(workflows.RefundAgain, in)
	require.True(s, s.env.IsWorkflowCompleted())
	require.NoError(s, s.env.GetWorkflowError())
	f.running = ""
}

// requireToldOfFailures checks that the customer was told of each refund that it is done
// whenever they were told that it had failed, and of none more often than it was done.
func (s *trial) requireToldOfFailures(payment booking.Payment) {
	s.Helper()
	told := map[string]int{}
	for _, m := range s.sentTo(s.customer) {
		told[m.Key]++
	}
	for _, e := range payment.Entries {
		id, _ := contract.RefundIDOf(s.order, e.Key)
		if _, part := contract.RefundID(e.Key); !part || e.State != booking.EntryDone {
			continue
		}
		failed, done := contract.MessageKey(s.order, contract.RefundFailedMessage(id)), contract.MessageKey(s.order, contract.RefundMessage(id))
		require.Equal(s, 1, told[done], "%s: %v", e.Key, told)
		for key := range told {
			if again, has := strings.CutPrefix(key, failed); has {
				require.Equal(s, 1, told[done+again], key)
			}
		}
	}
	require.LessOrEqual(s, len(s.refunded()), len(payment.Entries)+s.failures.count)
}
