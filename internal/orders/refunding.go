package orders

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"fmt"

	"go.uber.org/zap"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// Ledger reads the payments of orders.
type Ledger interface {
	// Payment returns the order's payment with its entries. Returns NotFound if there is
	// none.
	Payment(ctx context.Context, orderID string) (booking.Payment, error)
}

// Refund is a refund of a part of an order's payment, requested by staff.
type Refund struct {
	OrderID string
	Amount  booking.Money
	Note    booking.Personal // the reason in the caller's own words
	Key     string           // the Idempotency-Key
}

// Refunded is the result of a refund.
type Refunded struct {
	Entry booking.Entry
	// Earlier: an earlier request under its key had begun it.
	Earlier bool
}

// RefundCodes lists the codes that Refund may return.
func RefundCodes() []booking.Code {
	return []booking.Code{
		booking.RefundExceeds, booking.NotCharged, booking.BeingCancelled, booking.DecisionPending, DecisionsExhausted, NotRunning, EarlierBuild,
		IdempotencyKeyReused, booking.NotFound, booking.Invalid, Unreachable, TemporalUnavailable, booking.Unavailable,
	}
}

// refundID is the id of a caller's refund under a key.
func refundID(caller booking.Caller, orderID, key string) string {
	text, err := json.Marshal([]string{orderID, nameOf(caller), key})
	if err != nil {
		panic(fmt.Sprintf("texts cannot be written as JSON: %v", err))
	}
	digest := sha256.Sum256(text)
	return booking.IDText(digest[:16])
}

// Refund refunds a part of what was paid, once per caller and key: as a decision on the
// order's saga while that runs, and by a workflow of its own after its end. It returns when
// the refund has begun. The ledger prevents refunds of more than is left.
func (o *Orders) Refund(ctx context.Context, caller booking.Caller, r Refund) (Refunded, error) {
	is := actionRequest{action: booking.RefundOrder, orderID: r.OrderID, reason: r.Note}
	return authorizeAndLog(ctx, o, caller, is, func(ctx context.Context, w Warrant) (Refunded, error) { return o.refund(ctx, w, caller, r) })
}

// refund makes an allowed refund.
func (o *Orders) refund(ctx context.Context, w Warrant, caller booking.Caller, r Refund) (Refunded, error) {
	wanted := contract.Refund{ID: refundID(caller, r.OrderID, r.Key), Amount: r.Amount, Note: r.Note, By: caller.ID}
	if err := wanted.Check(); err != nil {
		return Refunded{}, err
	}
	payment, err := o.paymentOf(ctx, r.OrderID)
	if err != nil {
		return Refunded{}, err
	}
	entry, begun := payment.Entry(wanted.Key())
	if begun {
		err = sameRefund(entry, payment.Status, wanted)
	} else {
		err = mayRefund(payment, wanted)
	}
	if err != nil || entry.State == booking.EntryDone {
		return Refunded{Entry: entry, Earlier: true}, err
	}
	// A caller that disconnects does not withdraw a decision.
	budget, cancel := context.WithTimeout(context.WithoutCancel(ctx), o.ReplyBudget+ServiceWait)
	defer cancel()
	calling, sending := watched(budget)
	repaid, wasAccepted, err := o.beginRefund(calling, w, wanted, r.OrderID, begun)
	switch {
	case begun: // it is followed again, in case its order lost it by a reset
		return Refunded{Entry: entry, Earlier: true}, nil
	case err == nil:
		return Refunded{Entry: repaid.Entry}, sameRefund(repaid.Entry, repaid.Payment, wanted)
	case isOpen(err) && atLimit(err) == nil:
		return o.perhapsRefunded(ctx, wanted, r.OrderID, wasAccepted || !sending.nothing(), err)
	default:
		return Refunded{}, o.notRefunded(ctx, r.OrderID, err)
	}
}

// paymentOf returns the order's payment. Returns NotCharged if there is none.
func (o *Orders) paymentOf(ctx context.Context, orderID string) (booking.Payment, error) {
	payment, err := o.Ledger.Payment(ctx, orderID)
	if isNotFound(err) {
		return payment, booking.Errorf(booking.NotCharged, "nothing was paid that could be refunded")
	}
	return payment, err
}

// mayRefund refuses what the ledger is certain to refuse.
func mayRefund(payment booking.Payment, r contract.Refund) error {
	left := booking.Money{Amount: payment.Refundable(), Currency: payment.Amount.Currency}
	switch {
	case payment.Status == booking.RefundPending && r.Amount.Amount > left.Amount:
		return booking.Errorf(booking.BeingCancelled, "the payment is being refunded already")
	case !payment.WasCharged():
		return booking.Errorf(booking.NotCharged, "nothing was paid that could be refunded")
	case r.Amount.Currency != left.Currency:
		return booking.Faulty([]booking.Fault{{Field: "amount.currency", Words: "must be " + left.Currency + ", in which it was paid"}})
	case r.Amount.Amount > left.Amount:
		return contract.Exceeds(left)
	default:
		return nil
	}
}

// sameRefund refuses another request under the same key. For a cancelled order the ledger
// may have reduced the amount of the refund.
func sameRefund(e booking.Entry, payment booking.PaymentStatus, r contract.Refund) error {
	if payment != "" && payment != booking.Charged && e.Amount.Amount < r.Amount.Amount {
		e.Amount.Amount = r.Amount.Amount
	}
	if e.Amount != r.Amount || e.Note != booking.Lines(r.Note) {
		return booking.Errorf(IdempotencyKeyReused, "the Idempotency-Key was used for another refund")
	}
	return nil
}

// beginRefund sends a refund to the order or, after its end, to a workflow of its own.
// wasAccepted reports whether it was accepted, and will be begun unless the ledger refuses. A refund
// that was begun is not sent to a saga that has ended since: the engine would repeat that
// saga's answer, and the refund would not be followed.
func (o *Orders) beginRefund(
	ctx context.Context, w Warrant, r contract.Refund, orderID string, begun bool,
) (is booking.Repaid, wasAccepted bool, err error) {
	ended := false
	if begun {
		saga, err := o.Engine.Describe(ctx, orderID)
		ended = err == nil && !saga.Running()
	}
	if !ended {
		is, wasAccepted, err = o.Engine.refund(ctx, w, orderID, r)
		if answer, _ := answerOf(err); !isWorkflowMissing(err) && (answer == nil || answer.Type() != updateLostToClose) {
			return is, wasAccepted, err
		}
	}
	view, err := o.readFresh(ctx, orderID)
	switch {
	case err != nil:
		return is, false, err
	case !view.Status.Final():
		return is, false, refusal(NotRunning)
	}
	if err := o.Engine.startRefund(ctx, w, contract.Refunding{Refund: r, Order: view, Policy: o.Policy}); err != nil {
		return is, false, err
	}
	is, _, err = o.Engine.refund(ctx, w, contract.RefundWorkflowID(orderID, r.ID), r)
	if isWorkflowMissing(err) { // the saga has ended
		var entry booking.Entry
		entry, err = o.begunRefund(ctx, r, orderID)
		is = booking.Repaid{Entry: entry}
	}
	return is, true, err
}

// begunRefund is the ledger's entry of a refund whose workflow has ended. A refused refund
// stays refused under its key.
func (o *Orders) begunRefund(ctx context.Context, r contract.Refund, orderID string) (booking.Entry, error) {
	payment, err := o.paymentOf(ctx, orderID)
	if err != nil {
		return booking.Entry{}, err
	}
	e, begun := payment.Entry(r.Key())
	if begun {
		return e, nil
	}
	if err := mayRefund(payment, r); err != nil {
		return e, err
	}
	return e, booking.Errorf(booking.RefundExceeds, "more was requested under this key than was left then")
}

// perhapsRefunded answers a refund that is not known to have begun: the entry may exist
// while the provider is away.
func (o *Orders) perhapsRefunded(ctx context.Context, r contract.Refund, orderID string, perhaps bool, cause error) (Refunded, error) {
	o.log(ctx, orderID).Warn("order does not answer for a refund", zap.Error(cause))
	reading, cancel := context.WithTimeout(context.WithoutCancel(ctx), OptionalReadTimeout)
	defer cancel()
	if payment, err := o.Ledger.Payment(reading, orderID); err == nil {
		if e, begun := payment.Entry(r.Key()); begun {
			return Refunded{Entry: e}, sameRefund(e, payment.Status, r)
		}
	}
	if !perhaps {
		return Refunded{}, booking.Errorf(TemporalUnavailable, "orders cannot be worked on at the moment; nothing was sent: repeat the request under its Idempotency-Key")
	}
	return Refunded{}, booking.Errorf(Unreachable, "the order has not answered: the refund may be made yet, or never; repeat it under its Idempotency-Key to be certain")
}

// notRefunded is why a refund was not begun.
func (o *Orders) notRefunded(ctx context.Context, orderID string, err error) error {
	answer, refusal := answerOf(err)
	if ofEarlierBuild(answer) {
		return earlierBuild()
	}
	if answer != nil && codePattern.MatchString(answer.Type()) {
		_, no := o.refusedBy(ctx, Decision{OrderID: orderID}, answer, refusal)
		return no
	}
	if limit := atLimit(err); limit != nil {
		return limit
	}
	return o.explained(ctx, orderID, err)
}
