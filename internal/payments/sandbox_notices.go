package payments

import (
	"context"
	"net/http"

	"github.com/yeyak/yeyak/booking"
)

// Read takes no notices: the sandbox hands its own over in process (Notify). Its error is
// NoticesOff.
func (s *Sandbox) Read(context.Context, []byte, http.Header) (booking.PaymentNotice, error) {
	return booking.PaymentNotice{}, booking.Errorf(booking.NoticesOff, "the built-in sandbox of payments sends no notices over HTTP")
}

// tell hands over what has changed about an order's charge. Of what an answer tells,
// there is no notice.
func (s *Sandbox) tell(what, orderID, ref string) {
	if s.Notify != nil {
		s.herald.tell(notice{PaymentNotice: booking.PaymentNotice{ID: newID("evt_"), OrderID: orderID, Ref: ref, What: what}}, s.Behaviour().Notices)
	}
}

// retellNotice hands over a notice on command.
func (s *Sandbox) retellNotice(_ context.Context, orderID, what string) error {
	s.tell(what, orderID, "")
	return nil
}

func (s *Sandbox) hand(ctx context.Context, n notice, _ Notices) error {
	return s.Notify(ctx, n.PaymentNotice)
}

func (s *Sandbox) refundByHand(ctx context.Context, orderID string, amount int64) error {
	err := s.memory.ByHand(ctx, orderID, amount)
	if err == nil {
		s.tell(chargeRefunded, orderID, "")
	}
	return err
}

func (s *Sandbox) disputeByHand(ctx context.Context, orderID string, amount int64, state string) error {
	err := s.memory.Dispute(ctx, orderID, amount, state)
	if err == nil {
		s.tell(disputeNotice(false, state), orderID, "")
	}
	return err
}

func (s *Sandbox) failLater(ctx context.Context, orderID string, amount int64) error {
	err := s.memory.FailRefunds(ctx, orderID, amount)
	if err == nil {
		s.tell(refundFailed, orderID, "")
	}
	return err
}

// onSwitched tells of the charges whose refunds were pending and can be asked for again.
func (s *Sandbox) onSwitched(ctx context.Context, _, is Behaviour) {
	what := refundUpdated
	switch refundsEnd[is.Refunds] {
	case pending:
		return
	case failed:
		what = refundFailed
	}
	s.unfinished.Range(func(ref, _ any) bool {
		s.unfinished.Delete(ref)
		if charge, err := s.memory.Look(ctx, ref.(string)); err == nil {
			s.tell(what, charge.OrderID, ref.(string))
		}
		return true
	})
}
