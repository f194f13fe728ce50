package orders

import (
	"context"

	"go.uber.org/zap"

	"github.com/yeyak/yeyak/booking"
)

// Kinds of notices that do not come from the provider: an operator's check of a payment,
// and a dispute that was found during a refund.
const (
	requestedByHand = "asked by hand"
	seenAtRefund    = "dispute seen at a refund"
)

// NoticeCodes lists the codes that Notice may return.
func NoticeCodes() []booking.Code { return []booking.Code{TemporalUnavailable} }

// CheckPaymentCodes lists the codes that CheckPayment may return.
func CheckPaymentCodes() []booking.Code {
	return append(NoticeCodes(), booking.NotFound, booking.Unavailable)
}

// Notice takes a notice of the payment provider: the order's payment is retrieved later and
// recorded. A notice may come late, repeatedly and in any order. A notice about no order of
// ours is ignored. Returns TemporalUnavailable if it was not accepted.
func (o *Orders) Notice(ctx context.Context, n booking.PaymentNotice) error {
	if !booking.IsOrderID("", n.OrderID) {
		o.Log.Info("payment notice about no order", zap.String("notice", n.ID), zap.String("what", n.What), zap.String("ref", n.Ref))
		return nil
	}
	delivering, cancel := context.WithTimeout(context.WithoutCancel(ctx), o.ReplyBudget)
	defer cancel()
	if err := o.Engine.DeliverNotice(delivering, n); err != nil {
		o.log(ctx, n.OrderID).Warn("payment notice not accepted", zap.String("notice", n.ID), zap.String("what", n.What), zap.Error(err))
		return booking.Errorf(TemporalUnavailable, "payment notices cannot be accepted at the moment: send it again")
	}
	return nil
}

// CheckPayment has an order's payment checked as a notice would. Returns NotFound if it
// has none.
func (o *Orders) CheckPayment(ctx context.Context, caller booking.Caller, orderID string) error {
	is := actionRequest{action: booking.CheckPayment, orderID: orderID}
	_, err := authorizeAndLog(ctx, o, caller, is, func(ctx context.Context, _ Warrant) (accepted, error) {
		if _, err := o.Ledger.Payment(ctx, orderID); err != nil {
			return accepted{}, err
		}
		return accepted{}, o.Notice(ctx, booking.PaymentNotice{OrderID: orderID, What: requestedByHand})
	})
	return err
}
