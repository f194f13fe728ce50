package orders

import (
	"cmp"
	"context"
	"time"

	"go.uber.org/zap"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// Quote returns what a cancel of the order would refund now, and when that changes, with
// the order. Returns an error with the reason if the order cannot be cancelled, or the
// caller may not cancel it.
func (o *Orders) Quote(ctx context.Context, caller booking.Caller, kind booking.Kind, id string) (contract.View, contract.Quote, error) {
	if !booking.IsOrderID(kind, id) {
		return contract.View{}, contract.Quote{}, NoSuchOrder(id)
	}
	view, err := o.read(ctx, id)
	if err != nil {
		return contract.View{}, contract.Quote{}, o.explained(ctx, id, err)
	}
	if err := o.authorize(ctx, caller, booking.CancelOrder, view); err != nil {
		return contract.View{}, contract.Quote{}, err
	}
	now := o.Now()
	quote := view.Quote(now)
	if err := o.mayCancel(ctx, view, &quote, now); err != nil {
		return view, contract.Quote{}, o.explained(ctx, id, err)
	}
	if quote.RefundedBefore, err = o.refundedBefore(ctx, id); err != nil {
		return view, contract.Quote{}, err
	}
	return view, quote, nil
}

// QuoteAnew is the quote for an order that has just refused a cancel because of another
// quote. Its caller may cancel it.
func (o *Orders) QuoteAnew(ctx context.Context, v contract.View) (q contract.Quote, err error) {
	q = v.Quote(o.Now())
	q.RefundedBefore, err = o.refundedBefore(ctx, v.ID)
	return q, err
}

// refundedBefore is the amount of the order's payment that was refunded, or is about to be.
func (o *Orders) refundedBefore(ctx context.Context, id string) (int64, error) {
	payment, err := o.Ledger.Payment(ctx, id)
	if isNotFound(err) {
		return 0, nil
	}
	return payment.RefundedByOthers(), err
}

// mayCancel is the order's rule for a cancel. It sets the fields of the quote that it has
// to find out for that.
func (o *Orders) mayCancel(ctx context.Context, v contract.View, q *contract.Quote, now time.Time) error {
	if v.Status == booking.Cancelling {
		return booking.Errorf(booking.BeingCancelled, "the order is being cancelled")
	}
	if v.Kind != booking.Lodging || v.Status != booking.Confirmed {
		return booking.MayCancel(v.Status)
	}
	if v.Terms != nil {
		return booking.MayCancelStay(v.Status, now, v.Terms.CheckInAt)
	}
	stay, err := o.stay(ctx, v.ID)
	if err != nil {
		return err
	}
	q.TimeZone = stay.Place.TimeZone
	if has, err := v.DailyQuantity(); err == nil { // the stay may have been changed
		stay.CheckIn, stay.CheckOut = has.From, has.To
		stay = stay.WithInstants()
	}
	return booking.MayCancelStay(v.Status, now, stay.CheckInAt())
}

// stay is the input of a reservation. A view without a cancellation policy does not contain
// the check-in time.
func (o *Orders) stay(ctx context.Context, id string) (contract.Lodging, error) {
	ctx, cancel := context.WithTimeout(ctx, o.ReplyBudget)
	defer cancel()
	input, err := o.Engine.atStart(ctx, id)
	if isWorkflowMissing(err) {
		return contract.Lodging{}, refusal(NotRunning)
	}
	stay, _ := input.(contract.Lodging)
	return stay, err
}

// shownOtherwise reports whether the caller of a cancel was shown another quote than a full
// refund, or another version, for an order in the inbox; it returns the order, too. For an
// order whose saga runs, the saga checks that.
func (o *Orders) shownOtherwise(ctx context.Context, d Decision) (contract.View, error) {
	if d.Expect == "" && d.Version == 0 {
		return contract.View{}, nil
	}
	view, err := o.viewInRow(context.WithoutCancel(ctx), d.OrderID, OptionalReadTimeout)
	if err != nil {
		if !isNotFound(err) {
			o.log(ctx, d.OrderID).Warn("read model cannot be read", zap.Error(err))
		}
		return contract.View{}, nil
	}
	if !InInbox(view) || view.Status != booking.Received {
		return contract.View{}, nil
	}
	return view, cmp.Or(view.AsQuoted(contract.Decision{Expect: d.Expect, At: o.Now()}, view.Status), view.AsSeen(d.Version))
}
