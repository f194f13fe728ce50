package payments

import (
	"context"
	"net/http"

	"github.com/yeyak/yeyak/booking"
)

// Read returns NoticesOff: the sandbox delivers its notices in process, by Notify.
func (s *Sandbox) Read(context.Context, []byte, http.Header) (booking.PaymentNotice, error) {
	return booking.PaymentNotice{}, booking.Errorf(booking.NoticesOff, "the built-in sandbox of payments sends no notices over HTTP")
}

// notify delivers a notice about an order's charge. Changes that an answer reports have no
// notice.
func (s *Sandbox) notify(what, orderID, ref string) {
	if s.Notify != nil {
		s.sender.sendAs(notice{PaymentNotice: booking.PaymentNotice{ID: newID("evt_"), OrderID: orderID, Ref: ref, What: what}}, s.Behaviour().Notices)
	}
}

// resendNotice delivers a notice on command.
func (s *Sandbox) resendNotice(_ context.Context, orderID, what string) error {
	s.notify(what, orderID, "")
	return nil
}

func (s *Sandbox) hand(ctx context.Context, n notice, _ Notices) error {
	return s.Notify(ctx, n.PaymentNotice)
}

func (s *Sandbox) refundByHand(ctx context.Context, orderID string, amount int64) error {
	err := s.memory.ByHand(ctx, orderID, amount)
	if err == nil {
		s.notify(chargeRefunded, orderID, "")
	}
	return err
}

func (s *Sandbox) disputeByHand(ctx context.Context, orderID string, amount int64, state string) error {
	err := s.memory.Dispute(ctx, orderID, amount, state)
	if err == nil {
		s.notify(disputeNotice(false, state), orderID, "")
	}
	return err
}

func (s *Sandbox) failLater(ctx context.Context, orderID string, amount int64) error {
	err := s.memory.FailRefunds(ctx, orderID, amount)
	if err == nil {
		s.notify(refundFailed, orderID, "")
	}
	return err
}

// onSwitched sends notices of the charges whose pending refunds may continue.
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
		if charge, err := s.memory.Retrieve(ctx, ref.(string)); err == nil {
			s.notify(what, charge.OrderID, ref.(string))
		}
		return true
	})
}
