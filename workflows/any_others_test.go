package workflows_test

import (
	"context"
	"maps"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/testsuite"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/devserver"
	"github.com/yeyak/yeyak/workflows/contract"
)

// anyOthers lets others act on the order's charge at the provider: they refund some of it
// by hand, which may take a while and fail, or dispute it. If the provider refuses all
// refunds for good, or what is left after a dispute, only an operator pays by hand.
func (s *trial) anyOthers(random *rand.Rand) {
	switch random.IntN(16) {
	case 0, 1:
		s.refuses, s.alsoOthers, s.owing = true, true, nil
		return
	case 2:
		o := s.other(random)
		o.dispute = true
		s.strict, s.alsoOthers, s.owing, s.byOthers = true, true, nil, []*other{o}
		return
	case 3, 4, 5:
		s.failures, s.alsoOthers = newFailures(random), true
		return
	}
	if random.IntN(2) == 0 {
		s.byOthers = append(s.byOthers, s.other(random))
	}
}

func (s *trial) other(random *rand.Rand) *other {
	o := &other{
		dispute: random.IntN(3) == 0, percent: []int64{10, 40, 100}[random.IntN(3)], checksLeft: random.IntN(4), fails: random.IntN(2) == 0,
	}
	s.alsoOthers = s.alsoOthers || o.dispute
	return o
}

// othersMeanwhile lets others act while the order runs.
func (s *trial) othersMeanwhile(random *rand.Rand, moments []time.Duration) {
	if s.refuses || s.strict || s.failures != nil {
		s.operatorPays(random)
		s.anyFailures(moments)
		return
	}
	if random.IntN(2) == 0 {
		o := s.other(random)
		s.env.RegisterDelayedCallback(func() { s.happens(o) }, max(0, moments[random.IntN(len(moments))]))
	}
}

// happens lets others act on the first charge of the order.
func (w *world) happens(o *other) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, key := range slices.Sorted(maps.Keys(w.provider)) {
		if is := w.provider[key]; is.charged > 0 {
			is.begin(o)
			return
		}
	}
}

// operatorPays lets an operator report, some time after the provider has refused a refund,
// that it was paid by hand. If the order does not know of the refusal yet, the operator
// reports it again.
func (s *trial) operatorPays(random *rand.Rand) {
	env, says := s.env, false
	within := time.Duration(1+random.IntN(30)) * time.Second
	s.mu.Lock()
	defer s.mu.Unlock()
	s.refusing = func() {
		if says {
			return
		}
		says = true
		env.RegisterDelayedCallback(func() {
			s.mu.Lock()
			says = false
			s.mu.Unlock()
			s.sendRaw(contract.ResolveUpdate, &decision{}, contract.Decision{Note: "bank transfer 42", By: "1025"})
		}, within)
	}
}

// othersEnd ends what others have begun at the provider, and makes the ledger check it, as
// happens whenever staff requests a refund: here for more than is left. A charge with an
// unknown outcome that was paid back by hand is checked as well.
func (s *trial) othersEnd() {
	s.Helper()
	s.mu.Lock()
	begun := false
	for _, is := range s.provider {
		for _, o := range is.others {
			is.end(o)
			begun = true
		}
	}
	faults := s.faults
	s.faults, s.byOthers, s.owing = nil, nil, nil
	s.mu.Unlock()
	defer s.setFaults(faults)
	payment, err := s.ledger.Payment(s.Context(), s.order)
	unknown := err == nil && payment.Status == booking.Returned && payment.Ref == ""
	if !unknown && (!begun || err != nil || !payment.WasCharged() || payment.Ref == "") {
		return
	}
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(devserver.Quiet())
	env := suite.NewTestActivityEnvironment()
	service := (&process{world: s.world}).services().Payments
	env.RegisterActivity(service)
	if unknown { // as an operator does because of the audit's findings
		_, err := env.ExecuteActivity(service.LookAgain, booking.ChargeCheck{OrderID: s.order})
		require.NoError(s, err)
		return
	}
	tooMuch := booking.Entry{OrderID: s.order, Key: "refund/too-much", Amount: payment.Amount, Reason: booking.Goodwill}
	tooMuch.Amount.Amount++
	answer, err := env.ExecuteActivity(service.RefundPart, tooMuch)
	require.NoError(s, err)
	var is booking.Repaid
	require.NoError(s, answer.Get(&is))
	require.Equal(s, booking.RefundExceeds, is.Refused)
}

// logIfFailed logs the payment in the ledger and at the provider if the test has failed.
func (s *trial) logIfFailed(v contract.View) {
	if !s.Failed() {
		return
	}
	payment, err := s.ledger.Payment(context.Background(), s.order)
	s.Logf("%d earlier runs; the order: %+v\nthe ledger (%v): %+v", s.earlierRuns, v, err, payment)
	for key, is := range s.provider {
		s.Logf("the provider, of %s: %+v", key, *is)
		for _, o := range is.others {
			s.Logf("others there: %+v", *o)
		}
	}
}
