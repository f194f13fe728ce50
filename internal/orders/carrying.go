package orders

import (
	"context"
	"errors"
	"time"

	"go.uber.org/zap"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// unknownFor is how long a decision is kept for an order that the engine does not know: the order
// may still be started. It is longer than the wait for that start.
const unknownFor = 2 * time.Minute

// deliver delivers one decision, or finds it delivered, and records the outcome. After a
// returned error, other decisions have to wait, too.
func (c *Carrier) deliver(ctx context.Context, k KeptDecision) error {
	// A delivery that has begun is finished and recorded, even if the process is stopping.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*startWithin)
	defer cancel()
	d := k.decision()
	begun := time.Now()
	calling, end := context.WithTimeout(ctx, startWithin)
	wasAccepted, err := c.send(calling, k, d)
	end()
	answer, refusal := answerOf(err)
	switch {
	case meetsRunningCall(k, begun, err):
		return c.postpone(ctx, k, soon(refusal.Left(time.Now())), err)
	case err == nil || wasAccepted && isAway(err) && !d.mayBeRefusedLater():
		return c.finish(ctx, k, DecisionOutcome{Outcome: DecisionDelivered})
	case isWorkflowMissing(err) || answer != nil && answer.Type() == updateLostToClose:
		return c.closed(ctx, k, err)
	case isBehind(ctx, c.Pages, k.OrderID, k.DecidedAt, time.Now(), err):
		return c.postpone(ctx, k, 0, err)
	case ofEarlierBuild(answer):
		return c.postpone(ctx, k, oddPause, err) // until an operator has moved the order to this build
	case answer != nil && codePattern.MatchString(answer.Type()):
		return c.refused(ctx, k, booking.Code(answer.Type()), refusal)
	}
	return c.failed(ctx, k, wasAccepted, err)
}

// failed handles a decision whose order has not answered it.
func (c *Carrier) failed(ctx context.Context, k KeptDecision, wasAccepted bool, err error) error {
	if limit := atLimit(err); errors.Is(limit, &booking.Error{Code: DecisionsExhausted}) {
		return c.refused(ctx, k, DecisionsExhausted, nil)
	} else if limit != nil {
		return c.postpone(ctx, k, 0, err)
	}
	switch {
	case wasAccepted && isAway(err), ranOut(err): // the order does not answer, or a service that it calls
		return c.postpone(ctx, k, 0, err)
	case isOpen(err):
		_ = c.postpone(ctx, k, 0, err)
		return err
	default:
		c.Log.Error("kept decision cannot be delivered", zap.String("order", k.OrderID), zap.Error(err))
		return c.postpone(ctx, k, min(firstWait<<min(k.Tries, 8), oddPause), err)
	}
}

// postpone schedules another attempt, after pause or, if that is 0, after a pause that
// grows with each attempt.
func (c *Carrier) postpone(ctx context.Context, k KeptDecision, pause time.Duration, cause error) error {
	c.count(decisionPostponed)
	if pause == 0 {
		pause = min(firstWait<<min(k.Tries, 8), longestWait)
	}
	return c.Decisions.Postpone(ctx, k, time.Now().Add(pause), cause.Error())
}

// closed finishes a decision on an order that accepts no more decisions. An order that the engine
// does not know may still be started.
func (c *Carrier) closed(ctx context.Context, k KeptDecision, cause error) error {
	view, err := c.Pages.View(ctx, k.OrderID)
	if err != nil && !isNotFound(err) {
		return err // the lease expires
	}
	if !view.Status.Final() && (InInbox(view) || time.Since(k.DecidedAt) < unknownFor) {
		return c.postpone(ctx, k, 0, cause)
	}
	if k.Update == contract.ResolveUpdate {
		return c.resolve(ctx, k, view)
	}
	return c.notCarriedOut(ctx, k, view, DecisionOutcome{Outcome: DecisionOrderEnded, Code: endedCode(view.Status)})
}

// refused finishes a decision that its order has refused.
func (c *Carrier) refused(ctx context.Context, k KeptDecision, code booking.Code, refusal *contract.Refusal) error {
	if k.Update == contract.ResolveUpdate && code == booking.NothingOwed {
		payment, err := c.Ledger.Payment(ctx, k.OrderID)
		switch {
		case err != nil && !isNotFound(err):
			return c.postpone(ctx, k, 0, err)
		case isRecorded(payment, k.Note):
			return c.finish(ctx, k, DecisionOutcome{Outcome: DecisionDelivered})
		case stillOwed(payment) != nil && time.Since(k.DecidedAt) < unknownFor: // the order does not know it yet
			return c.postpone(ctx, k, 0, stillOwed(payment))
		}
	}
	var view contract.View
	if refusal != nil {
		view = refusal.View
	} else if shown, err := c.Pages.View(ctx, k.OrderID); err == nil {
		view = shown
	}
	return c.notCarriedOut(ctx, k, view, DecisionOutcome{Outcome: DecisionRefused, Code: code})
}

// notCarriedOut finishes a decision that was not carried out, unless its order already has
// the wanted status. The message is sent first, because a finished decision is not read
// again.
func (c *Carrier) notCarriedOut(ctx context.Context, k KeptDecision, v contract.View, s DecisionOutcome) error {
	if wanted(k.Update, s.Code, v) {
		return c.finish(ctx, k, DecisionOutcome{Outcome: DecisionDelivered})
	}
	s.At = time.Now()
	if m, to := refusedMessage(k, v, s); to {
		if _, err := c.Messages.Send(ctx, m); err != nil {
			return c.postpone(ctx, k, 0, err)
		}
	}
	return c.finish(ctx, k, s)
}

func (c *Carrier) finish(ctx context.Context, k KeptDecision, s DecisionOutcome) error {
	if s.At.IsZero() {
		s.At = time.Now()
	}
	if err := c.Decisions.Finish(ctx, k, s); err != nil {
		c.Log.Warn("what became of a kept decision is not noted", zap.String("order", k.OrderID), zap.Error(err))
		return err // the lease expires
	}
	c.count(s.Outcome)
	log := c.Log.Info
	if s.Code != "" {
		log = c.Log.Warn
	}
	log("kept decision finished", zap.String("order", k.OrderID), zap.String("decision", k.Update),
		zap.String("outcome", s.Outcome), zap.String("code", string(s.Code)), zap.Time("decidedAt", k.DecidedAt))
	return nil
}

// wanted reports whether an order that refuses a decision already has the status that the
// decision is for.
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

// refusedMessage is the message that the decision was not carried out, to the party that
// decided: the customer that cancelled, the cleaner that has finished, or the organisation
// of the member that decided. false if another caller decided, such as an operator, a
// courier or a replaced cleaner: these see it in the order's history.
func refusedMessage(k KeptDecision, v contract.View, s DecisionOutcome) (booking.Message, bool) {
	data := booking.MessageData{
		Kind: v.Kind, For: booking.ForOwner, Item: v.Item.Name, Quantity: v.Quantity, CustomerID: v.CustomerID,
		Decision: k.Update, Status: v.Status,
	}
	by := k.decision().By
	recipient, made := v.OwnerID, k.ByParty && v.Kind != booking.Food // for food, a courier completes the delivery
	switch {
	case k.Update == contract.ResolveUpdate: // operators see it in the order's history
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
	}, recipient != "" && (made || by == "") // without authentication only the party is known
}
