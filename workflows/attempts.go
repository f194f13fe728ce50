package workflows

import (
	"slices"

	"go.temporal.io/sdk/workflow"

	"github.com/yeyak/yeyak/workflows/contract"
)

// attempt is one try of a call. retryAttempts cancels the attempts of resolvable calls, which
// are then made again at once.
type attempt struct {
	ctx    workflow.Context
	cancel workflow.CancelFunc
	again  bool
}

func (s *saga) attempt(ctx workflow.Context, c call) *attempt {
	a := &attempt{ctx: ctx}
	if c.resolvable {
		a.ctx, a.cancel = workflow.WithCancel(ctx)
		s.parts.attempts = append(s.parts.attempts, a)
	}
	return a
}

// attempted forgets an attempt that has ended.
func (s *saga) attempted(a *attempt) {
	if a.cancel != nil {
		a.cancel()
	}
	s.parts.attempts = slices.DeleteFunc(slices.Clone(s.parts.attempts), func(other *attempt) bool { return other == a })
}

// handleNotices makes calls that wait for money again whenever the payment provider has sent
// a notice. It adds nothing to the history of an order without notices.
func (s *saga) handleNotices() {
	workflow.Go(s.ctx, func(ctx workflow.Context) {
		received := workflow.GetSignalChannel(ctx, contract.PaymentNoticeSignal)
		for {
			received.Receive(ctx, nil)
			s.retryAttempts()
		}
	})
}

// retryAttempts cancels the attempts of all resolvable calls, so that each is made again at
// once.
func (s *saga) retryAttempts() {
	s.parts.retries++
	for _, a := range s.parts.attempts {
		a.again = true
		a.cancel()
	}
}
