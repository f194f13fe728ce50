package workflows

import (
	"slices"

	"go.temporal.io/sdk/workflow"

	"github.com/yeyak/yeyak/workflows/contract"
)

// attempt is a call under way. One that waits for money is cancelled, and made again, when
// an operator has paid that by hand or the provider has told of it.
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

// hearNotices has what waits for money asked for at once whenever the payment provider
// has told something of it. It costs an order nothing of which no notice comes.
func (s *saga) hearNotices() {
	workflow.Go(s.ctx, func(ctx workflow.Context) {
		told := workflow.GetSignalChannel(ctx, contract.PaymentNoticeSignal)
		for {
			told.Receive(ctx, nil)
			s.askAgain()
		}
	})
}

// askAgain has what waits for money asked for at once.
func (s *saga) askAgain() {
	s.parts.asks++
	for _, a := range s.parts.attempts {
		a.again = true
		a.cancel()
	}
}
