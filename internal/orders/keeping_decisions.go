package orders

import (
	"context"
	"errors"
	"time"

	"go.uber.org/zap"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// undelivered answers a decision that its order is not known to have accepted. The decision is
// kept under the id with which it was sent: if it has arrived, the two are one update. If a
// service has to agree first, a decision that was certainly not sent is not kept: its
// caller waits for the service's answer.
func (o *Orders) undelivered(ctx context.Context, k KeptDecision, s *sending, cause error) (Outcome, error) {
	log := o.log(ctx, k.OrderID).With(zap.String("decision", k.Update))
	lost := ranOut(cause) || isBroken(cause) || !isAway(cause) // otherwise the engine refused
	unknown := lost && !s.nothing()
	if unknown || !k.needsAgreement() {
		out, kept, err := o.keepDecision(ctx, k)
		if kept && (!unknown || !errors.Is(err, &booking.Error{Code: booking.DecisionPending})) {
			log.Warn("decision is not delivered yet", zap.NamedError("cause", cause), zap.NamedError("answer", err))
			return out, err
		}
	}
	log.Warn("decision not accepted", zap.Error(cause))
	switch {
	case unknown:
		return Outcome{}, booking.Errorf(Unreachable, "the order has not answered: it may take the decision yet, or never; repeat it to be certain")
	case lost:
		return Outcome{}, booking.Errorf(TemporalUnavailable, "orders cannot be worked on at the moment; nothing was sent: repeat the request")
	default:
		return Outcome{}, cause
	}
}

// queueBehind keeps a decision on an order with earlier kept ones, so that it comes after
// these. It reads the table only while decisions wait: a process knows at once of those
// that it has kept itself, and within a second of others.
func (o *Orders) queueBehind(ctx context.Context, caller booking.Caller, d Decision, made time.Time) (out Outcome, queued bool, err error) {
	if o.Carrier == nil || !o.Carrier.someWait() {
		return out, false, nil
	}
	reading, cancel := context.WithTimeout(context.WithoutCancel(ctx), keptWithin)
	defer cancel()
	k := toKeep(caller, d, o.updateIDs.next(o.Now(), caller, d).id, made)
	waiting, equal, err := o.Carrier.Decisions.Ahead(reading, k)
	switch {
	case err != nil:
		o.log(ctx, d.OrderID).Warn("kept decisions cannot be read", zap.Error(err))
		return out, false, nil
	case waiting == 0:
		return out, false, nil
	case d.needsAgreement() && !equal:
		return out, true, booking.Errorf(booking.DecisionPending, "an earlier decision on the order is not delivered yet; this one was not accepted").RetryIn(time.Second)
	}
	return o.keepDecision(ctx, k)
}

// undecided answers a decision that was accepted but may not count yet. It is kept, so that
// its outcome becomes known: the engine has it under its id.
func (o *Orders) undecided(ctx context.Context, k KeptDecision, out Outcome, cause error) (Outcome, error) {
	if !errors.Is(cause, &booking.Error{Code: Unreachable}) {
		return out, cause
	}
	if follows, kept, err := o.keepDecision(ctx, k); kept && err == nil {
		return follows, nil
	}
	return out, cause
}

// orderReadTimeout bounds the read of the order for which a decision is kept.
const orderReadTimeout = 2 * time.Second

// keepDecision keeps a decision, and returns its order as far as that is known. Returns
// false if the decision cannot be kept, or if the order is not certain to exist. An order
// that has ended accepts no decision except resolutions, for which its refunds may still
// wait.
func (o *Orders) keepDecision(ctx context.Context, k KeptDecision) (out Outcome, kept bool, err error) {
	if o.Carrier == nil || k.Version != 0 || (contract.Decision{Note: k.Note, Expect: k.Expect}).Check(k.Update) != nil {
		return out, false, nil
	}
	log := o.log(ctx, k.OrderID)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), orderReadTimeout+keptWithin)
	defer cancel()
	reading, end := context.WithTimeout(ctx, orderReadTimeout)
	defer end()
	out.View, err = o.read(reading, k.OrderID)
	switch {
	case isNotFound(err):
		return Outcome{}, true, err
	case err != nil:
		log.Warn("decision is not kept: its order is not known", zap.Error(err))
		return Outcome{}, false, nil
	case out.View.Status.Final() && k.Update != contract.ResolveUpdate:
		return out, true, refusal(endedCode(out.View.Status))
	}
	err = o.Carrier.put(ctx, k)
	if err != nil && !errors.Is(err, &booking.Error{Code: booking.DecisionPending}) {
		log.Error("decision cannot be kept", zap.Error(err))
		return Outcome{}, false, nil
	}
	return out, true, err
}
