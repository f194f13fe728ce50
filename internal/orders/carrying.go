package orders

import (
	"context"
	"errors"
	"time"

	"go.uber.org/zap"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// unknownFor is for how long an order that the engine does not know may yet be
// started: longer than its start is waited for.
const unknownFor = 2 * time.Minute

// deliver delivers one decision, or finds it delivered, and notes what came of it.
// The error is one after which others have to wait, too.
func (c *Carrier) deliver(ctx context.Context, k KeptDecision) error {
	// What has begun is finished, and noted, also when the process is to end.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*startWithin)
	defer cancel()
	d := k.decision()
	begun := time.Now()
	asking, end := context.WithTimeout(ctx, startWithin)
	taken, err := c.ask(asking, k, d)
	end()
	answer, why := answerOf(err)
	switch {
	case isBeingAsked(k, begun, err):
		return c.postpone(ctx, k, soon(why.Left(time.Now())), err)
	case err == nil || taken && isAway(err) && !d.asks():
		return c.settle(ctx, k, SettledDecision{Outcome: DecisionDelivered})
	case noWorkflow(err) || answer != nil && answer.Type() == updateLostToClose:
		return c.closed(ctx, k, err)
	case isBehind(ctx, c.Pages, k.OrderID, k.DecidedAt, time.Now(), err):
		return c.postpone(ctx, k, 0, err)
	case ofEarlierBuild(answer):
		return c.postpone(ctx, k, oddPause, err) // until it has been moved
	case answer != nil && codePattern.MatchString(answer.Type()):
		return c.refused(ctx, k, booking.Code(answer.Type()), why)
	}
	return c.failed(ctx, k, taken, err)
}

// failed deals with a decision whose order has not answered it.
func (c *Carrier) failed(ctx context.Context, k KeptDecision, taken bool, err error) error {
	if limit := atLimit(err); errors.Is(limit, &booking.Error{Code: DecisionsExhausted}) {
		return c.refused(ctx, k, DecisionsExhausted, nil)
	} else if limit != nil {
		return c.postpone(ctx, k, 0, err)
	}
	switch {
	case taken && isAway(err), ranOut(err): // it is the order that does not answer, or a service that it asks
		return c.postpone(ctx, k, 0, err)
	case isOpen(err):
		_ = c.postpone(ctx, k, 0, err)
		return err
	default:
		c.Log.Error("kept decision cannot be delivered", zap.String("order", k.OrderID), zap.Error(err))
		return c.postpone(ctx, k, min(firstWait<<min(k.Tries, 8), oddPause), err)
	}
}

// postpone lets a decision be tried again, after a pause that grows with each try
// unless it is given.
func (c *Carrier) postpone(ctx context.Context, k KeptDecision, pause time.Duration, cause error) error {
	c.count(decisionPostponed)
	if pause == 0 {
		pause = min(firstWait<<min(k.Tries, 8), longestWait)
	}
	return c.Decisions.Postpone(ctx, k, time.Now().Add(pause), cause.Error())
}

// closed settles a decision on an order that takes none any more. One that the
// engine does not know may be about to be started.
func (c *Carrier) closed(ctx context.Context, k KeptDecision, cause error) error {
	view, err := c.Pages.View(ctx, k.OrderID)
	if err != nil && !isNotFound(err) {
		return err // its lease ends by itself
	}
	if !view.Status.Final() && (InInbox(view) || time.Since(k.DecidedAt) < unknownFor) {
		return c.postpone(ctx, k, 0, cause)
	}
	if k.Update == contract.ResolveUpdate {
		return c.resolve(ctx, k, view)
	}
	return c.notCarriedOut(ctx, k, view, SettledDecision{Outcome: DecisionOver, Code: overCode(view.Status)})
}

// refused settles a decision that its order did not allow.
func (c *Carrier) refused(ctx context.Context, k KeptDecision, code booking.Code, why *contract.Refusal) error {
	if k.Update == contract.ResolveUpdate && code == booking.NothingOwed {
		payment, err := c.Ledger.Payment(ctx, k.OrderID)
		switch {
		case err != nil && !isNotFound(err):
			return c.postpone(ctx, k, 0, err)
		case isRecorded(payment, k.Note):
			return c.settle(ctx, k, SettledDecision{Outcome: DecisionDelivered})
		case stillOwed(payment) != nil && time.Since(k.DecidedAt) < unknownFor: // the order has yet to hear of it
			return c.postpone(ctx, k, 0, stillOwed(payment))
		}
	}
	var view contract.View
	if why != nil {
		view = why.View
	} else if shown, err := c.Pages.View(ctx, k.OrderID); err == nil {
		view = shown
	}
	return c.notCarriedOut(ctx, k, view, SettledDecision{Outcome: DecisionRefused, Code: code})
}

// notCarriedOut settles a decision that came to nothing, unless its order stands as
// it wanted. Messages are sent first: one that is settled is not looked at again.
func (c *Carrier) notCarriedOut(ctx context.Context, k KeptDecision, v contract.View, s SettledDecision) error {
	if wanted(k.Update, s.Code, v) {
		return c.settle(ctx, k, SettledDecision{Outcome: DecisionDelivered})
	}
	s.At = time.Now()
	if m, to := refusedMessage(k, v, s); to {
		if _, err := c.Messages.Send(ctx, m); err != nil {
			return c.postpone(ctx, k, 0, err)
		}
	}
	return c.settle(ctx, k, s)
}

func (c *Carrier) settle(ctx context.Context, k KeptDecision, s SettledDecision) error {
	if s.At.IsZero() {
		s.At = time.Now()
	}
	if err := c.Decisions.Settle(ctx, k, s); err != nil {
		c.Log.Warn("what became of a kept decision is not noted", zap.String("order", k.OrderID), zap.Error(err))
		return err // its lease ends by itself
	}
	c.count(s.Outcome)
	log := c.Log.Info
	if s.Code != "" {
		log = c.Log.Warn
	}
	log("kept decision settled", zap.String("order", k.OrderID), zap.String("decision", k.Update),
		zap.String("outcome", s.Outcome), zap.String("code", string(s.Code)), zap.Time("decidedAt", k.DecidedAt))
	return nil
}

// wanted tells whether an order that refuses a decision stands as that wants it to.
func wanted(update string, code booking.Code, v contract.View) bool {
	gone := code == booking.AlreadyCancelled || code == booking.BeingCancelled
	switch update {
	case contract.ConfirmUpdate:
		return code == booking.AlreadyConfirmed
	case contract.RejectUpdate:
		return gone && v.Reason == booking.RejectedByOwner
	case contract.NoShowUpdate:
		return gone && v.Reason == booking.NoShow
	case contract.CancelUpdate:
		return gone
	case contract.ResolveUpdate:
		return false
	default:
		return code == booking.AlreadyCompleted || code == booking.AlreadyDelivered
	}
}

// refusedMessage tells the part that decided that the decision was not carried out:
// the customer who cancelled, the cleaner who has finished, the organisation of the
// member that decided. false where another caller did, such as an operator, a courier or
// a cleaner who was replaced: the order's history tells them.
func refusedMessage(k KeptDecision, v contract.View, s SettledDecision) (booking.Message, bool) {
	data := booking.MessageData{
		Kind: v.Kind, For: booking.ForOwner, Item: v.Item.Name, Quantity: v.Quantity, CustomerID: v.CustomerID,
		Decision: k.Update, Status: v.Status,
	}
	by := k.decision().By
	recipient, made := v.OwnerID, k.ByParty && v.Kind != booking.Food // of food a courier completes the delivery
	switch {
	case k.Update == contract.ResolveUpdate: // the order's history shows operators
		recipient = ""
	case k.Update == contract.CancelUpdate:
		data.For, recipient = booking.ForCustomer, v.CustomerID
		made = by == v.CustomerID
	case v.Kind == booking.Cleaning:
		data.For, recipient = booking.ForCleaner, ""
		if cleaner := v.Cleaner(); cleaner != nil {
			recipient = cleaner.ID
		}
		made = by == recipient
	}
	if v.Stay != nil {
		data.From, _ = booking.ParseDate(v.CheckIn)
		data.To, _ = booking.ParseDate(v.CheckOut)
	}
	if v.Production != nil {
		data.Date, _ = booking.ParseDate(v.Production.Date)
	}
	return booking.Message{
		Key: contract.MessageKey(k.OrderID, contract.DecisionMessage+k.ID), OrderID: k.OrderID, RecipientID: recipient,
		Type: booking.DecisionNotDoneMessage, Data: data, At: s.At.UTC().Truncate(time.Microsecond),
	}, recipient != "" && (made || by == "") // without authentication the part is all that is known
}
