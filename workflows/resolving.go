package workflows

import (
	"time"

	"go.temporal.io/sdk/workflow"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// A refund that cannot be made goes up a ladder: it is asked for again, then a person is
// called, in the provider's words, and an operator may say that it was paid by hand.

// patienceWith is how long nothing may come of a refund, 0 for ever: it is known what
// it waits for, or it is not known whether there is one.
func (s *saga) patienceWith(ctx workflow.Context, p *part) time.Duration {
	if p.heard && !p.failed {
		return time.Duration(s.policy.AttentionAfter)
	}
	if p.begun || p.failed || p.Amount.Amount == 0 || !partsArePatient(ctx) {
		return 0
	}
	return time.Duration(s.policy.AttentionAfter)
}

// partLate calls a person to a refund that meets nothing but errors.
func (s *saga) partLate(p *part) func(workflow.Context) {
	return func(ctx workflow.Context) {
		s.parts.late = append(s.parts.late, p)
		s.call(ctx, p, p.Amount, "it keeps failing")
	}
}

// callPerson marks the order, and tells its customer, once a refund needs a person.
func (s *saga) callPerson(ctx workflow.Context, p *part) {
	if !p.failed && !p.heard {
		s.call(ctx, p, p.is.Entry.Amount, p.is.Entry.Words)
	}
}

func (s *saga) call(ctx workflow.Context, p *part, amount booking.Money, words string) {
	p.failed = true
	s.unresolved++
	s.tellOfRefund(amount, contract.RefundFailedMessage(p.ID)+p.again, booking.RefundFailedMessage)
	if s.later != nil {
		s.later.Waits = true
		s.changed()
	}
	s.mark(ctx, "a refund could not be made: "+words)
	if s.later != nil { // another one, whose end would take the mark away, may have marked the order
		s.showPending(ctx)
	}
}

// unansweredRefunds are the keys of the refunds that have met nothing but errors for longer
// than patience lasts: what became of them the ledger does not know.
func (s *saga) unansweredRefunds() (keys []string) {
	for _, p := range s.parts.late {
		if !p.begun {
			keys = append(keys, p.key)
		}
	}
	if s.unanswered {
		keys = append(keys, booking.Payment{Charge: s.payment()}.RefundKey())
	}
	return keys
}

// personCame takes the mark away, unless other refunds wait for a person. After the order's
// end each of these is a workflow that is listed by itself, and this one is not any more.
func (s *saga) personCame(p *part) {
	if p.failed {
		s.unresolved--
		if s.afterEnd {
			s.unresolved = p.is.Failing // the last one of them takes the mark away
			s.later.Waits = false
			s.changed()
			if marksByCause(s.ctx) {
				s.upsert(contract.NeedsAttentionAttribute.ValueSet(false))
			}
		}
		s.attended()
	}
}

// onResolve takes the update by which an operator says that what the provider cannot
// give back was paid by hand.
func (s *saga) onResolve() {
	must(workflow.SetUpdateHandlerWithOptions(s.ctx, contract.ResolveUpdate, s.resolve, workflow.UpdateHandlerOptions{
		Description: "An operator has paid by hand what the provider cannot give back",
		Validator: func(_ workflow.Context, d contract.Decision) error {
			if err := d.Check(contract.ResolveUpdate); err != nil {
				return s.refused(err)
			}
			return s.refused(s.mayResolve())
		},
	}))
}

// mayResolve is why nothing can have been paid by hand: no refund is known to have
// met trouble.
func (s *saga) mayResolve() error {
	undoing := s.view.Status == booking.Cancelling && !s.free() && !s.moneyBack && (s.owed != "" || s.view.NeedsAttention)
	switch {
	case s.parts.resolving:
		return booking.Errorf(booking.DecisionPending, "what was paid by hand is being recorded").In(time.Second)
	case !undoing && s.unresolved == 0:
		return nothingOwed()
	default:
		return nil
	}
}

func nothingOwed() error {
	return booking.Errorf(booking.NothingOwed, "no refund of the order waits for a person")
}

// resolve records what was paid by hand. Whatever waits for the provider to give it
// back asks again at once, and finds that in the ledger.
func (s *saga) resolve(ctx workflow.Context, d contract.Decision) (contract.View, error) {
	ctx, _ = workflow.NewDisconnectedContext(ctx)
	s.parts.resolving = true
	var is booking.Resolved
	s.seeThrough(ctx, call{
		name: "record what was paid by hand", queue: contract.PaymentsQueue, do: payments.ResolveByHand,
		with: booking.Resolution{OrderID: s.in.OrderID, Evidence: booking.Lines(d.Note), By: d.By, Unanswered: s.unansweredRefunds(), Unsettled: s.parts.unsettled},
	}, &is, 0)
	s.parts.resolving = false
	switch is.Refused {
	case "":
	case booking.UnderDispute, booking.StillPending, booking.DecisionPending:
		return contract.View{}, s.refused(is.Refusal())
	default:
		return contract.View{}, s.refused(nothingOwed())
	}
	s.noteDecision(ctx, contract.Entry{Decision: contract.ResolveUpdate, By: d.By})
	s.askAgain()
	return s.view, nil
}
