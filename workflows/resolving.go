package workflows

import (
	"time"

	"go.temporal.io/sdk/workflow"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// A refund that cannot be made is retried first. Then the order needs attention, with the
// provider's words. An operator may record that the refund was paid by hand.

// attentionAfterFor is how long a call for the refund may keep failing before the order is
// marked, 0 for no limit: the cause is known already, or it is unknown whether there is a
// refund at all.
func (s *saga) attentionAfterFor(ctx workflow.Context, p *part) time.Duration {
	if p.unconfirmed && !p.failed {
		return time.Duration(s.policy.AttentionAfter)
	}
	if p.begun || p.failed || p.Amount.Amount == 0 || !partsNeedAttention(ctx) {
		return 0
	}
	return time.Duration(s.policy.AttentionAfter)
}

// markFailingPart marks the order of a refund that keeps failing.
func (s *saga) markFailingPart(p *part) func(workflow.Context) {
	return func(ctx workflow.Context) {
		s.parts.failing = append(s.parts.failing, p)
		s.markPart(ctx, p, p.Amount, "it keeps failing")
	}
}

// callPerson marks the order and notifies its customer when a refund needs a person.
func (s *saga) callPerson(ctx workflow.Context, p *part) {
	if !p.failed && !p.unconfirmed {
		s.markPart(ctx, p, p.is.Entry.Amount, p.is.Entry.Words)
	}
}

// markPart marks the order of a refund that needs a person, and notifies the customer.
func (s *saga) markPart(ctx workflow.Context, p *part, amount booking.Money, words string) {
	p.failed = true
	s.unresolved++
	s.notifyOfRefund(&amount, contract.RefundFailedMessage(p.ID)+p.again, booking.RefundFailedMessage)
	if s.refundAfterEnd != nil {
		s.refundAfterEnd.Waits = true
		s.changed()
	}
	s.mark(ctx, "a refund could not be made: "+words)
	if s.refundAfterEnd != nil { // another refund may have marked the order, and would remove the mark at its end
		s.showPending(ctx)
	}
}

// unansweredRefunds are the keys of the refunds that have kept failing for longer than
// AttentionAfter: the ledger does not know their outcome.
func (s *saga) unansweredRefunds() (keys []string) {
	for _, p := range s.parts.failing {
		if !p.begun {
			keys = append(keys, p.key)
		}
	}
	if s.chargeUndo.unanswered {
		keys = append(keys, booking.Payment{Charge: s.payment()}.RefundKey())
	}
	return keys
}

// clearPartMark removes the mark, unless other refunds need a person. After the order's end each
// of those is a workflow with a mark of its own, and this workflow loses its own.
func (s *saga) clearPartMark(p *part) {
	if p.failed {
		s.unresolved--
		if s.afterEnd {
			s.unresolved = p.is.Failing // the last of them removes the mark
			s.refundAfterEnd.Waits = false
			s.changed()
			if marksByCause(s.ctx) {
				s.upsert(contract.NeedsAttentionAttribute.ValueSet(false))
			}
		}
		s.clearAttention()
	}
}

// onResolve registers the update by which an operator records that a refund which the provider
// cannot make was paid by hand.
func (s *saga) onResolve() {
	must(workflow.SetUpdateHandlerWithOptions(s.ctx, contract.ResolveUpdate, s.resolve, workflow.UpdateHandlerOptions{
		Description: "An operator has paid by hand what the provider cannot refund",
		Validator: func(_ workflow.Context, d contract.Decision) error {
			if err := d.Check(contract.ResolveUpdate); err != nil {
				return s.asUpdateError(err)
			}
			return s.asUpdateError(s.mayResolve())
		},
	}))
}

// mayResolve returns NothingOwed if no refund is known to have failed, and DecisionPending
// while another one is being recorded.
func (s *saga) mayResolve() error {
	undoing := s.view.Status == booking.Cancelling && !s.free() && !s.chargeUndo.complete && (s.chargeUndo.owedWords != "" || s.view.NeedsAttention)
	switch {
	case s.parts.resolving:
		return booking.Errorf(booking.DecisionPending, "what was paid by hand is being recorded").RetryIn(time.Second)
	case !undoing && s.unresolved == 0:
		return nothingOwed()
	case s.parts.resolved >= maxResolutions:
		return booking.Errorf(contract.DecisionsExhausted, "the order accepts no more refunds by hand while it runs").RetryIn(time.Hour)
	default:
		return nil
	}
}

func nothingOwed() error {
	return booking.Errorf(booking.NothingOwed, "no refund of the order waits for a person")
}

// resolve records what was paid by hand. Calls that wait for the provider to refund it are
// made again at once, and find that in the ledger.
func (s *saga) resolve(ctx workflow.Context, d contract.Decision) (contract.View, error) {
	ctx, _ = workflow.NewDisconnectedContext(ctx)
	s.parts.resolving = true
	s.parts.resolved++
	var is booking.Resolved
	s.retryMarkingAfter(ctx, call{
		name: "record what was paid by hand", queue: contract.PaymentsQueue, do: payments.ResolveByHand,
		with: booking.Resolution{OrderID: s.in.OrderID, Evidence: booking.Lines(d.Note), By: d.By, Unanswered: s.unansweredRefunds(), UnknownCharges: s.parts.unknownCharges},
	}, &is, 0)
	s.parts.resolving = false
	switch is.Refused {
	case "":
	case booking.UnderDispute, booking.StillPending, booking.DecisionPending:
		return contract.View{}, s.asUpdateError(is.Refusal())
	default:
		return contract.View{}, s.asUpdateError(nothingOwed())
	}
	s.noteDecision(ctx, contract.Entry{Decision: contract.ResolveUpdate, By: d.By})
	s.retryAttempts()
	return s.view, nil
}
