package orders

import (
	"context"
	"errors"
	"time"

	"go.uber.org/zap"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// undelivered answers for a decision that its order is not known to have taken. It
// is kept under the id with which it was sent: should it have arrived, the two are
// one update. Where a service has to agree first, a decision that was certainly not
// sent is not kept: its caller waits for the service's word.
func (o *Orders) undelivered(ctx context.Context, k KeptDecision, s *sending, why error) (Outcome, error) {
	log := o.log(ctx, k.OrderID).With(zap.String("decision", k.Update))
	lost := ranOut(why) || isBroken(why) || !isAway(why) // else the engine said no
	unknown := lost && !s.nothing()
	if unknown || !k.agreedFirst() {
		out, kept, err := o.keepDecision(ctx, k)
		if kept && (!unknown || !errors.Is(err, &booking.Error{Code: booking.DecisionPending})) {
			log.Warn("decision is not delivered yet", zap.NamedError("cause", why), zap.NamedError("answer", err))
			return out, err
		}
	}
	log.Warn("decision not taken", zap.Error(why))
	switch {
	case unknown:
		return Outcome{}, booking.Errorf(Unreachable, "the order has not answered: it may take the decision yet, or never; repeat it to be certain")
	case lost:
		return Outcome{}, booking.Errorf(TemporalUnavailable, "orders cannot be worked on at the moment; nothing was sent: repeat the request")
	default:
		return Outcome{}, why
	}
}

// queueBehind keeps a decision on an order of which earlier ones wait, so that it
// comes after these. Only while some wait the table is looked at: a process knows
// that of those that it has kept itself, and within a second of others.
func (o *Orders) queueBehind(ctx context.Context, caller booking.Caller, d Decision, made time.Time) (out Outcome, queued bool, err error) {
	if o.Carrier == nil || !o.Carrier.someWait() {
		return out, false, nil
	}
	look, cancel := context.WithTimeout(context.WithoutCancel(ctx), keptWithin)
	defer cancel()
	k := toKeep(caller, d, o.asks.next(o.Now(), caller, d).id, made)
	waiting, equal, err := o.Carrier.Decisions.Ahead(look, k)
	switch {
	case err != nil:
		o.log(ctx, d.OrderID).Warn("kept decisions cannot be asked for", zap.Error(err))
		return out, false, nil
	case waiting == 0:
		return out, false, nil
	case d.agreedFirst() && !equal:
		return out, true, booking.Errorf(booking.DecisionPending, "an earlier decision on the order is not delivered yet; this one was not taken").In(time.Second)
	}
	return o.keepDecision(ctx, k)
}

// undecided answers for a decision that was taken while it is not certain yet that it
// counts. It is kept, so that its outcome gets known: the engine has it under its id.
func (o *Orders) undecided(ctx context.Context, k KeptDecision, out Outcome, why error) (Outcome, error) {
	if !errors.Is(why, &booking.Error{Code: Unreachable}) {
		return out, why
	}
	if follows, kept, err := o.keepDecision(ctx, k); kept && err == nil {
		return follows, nil
	}
	return out, why
}

// lookWithin bounds the look at the order that a decision is kept for.
const lookWithin = 2 * time.Second

// keepDecision keeps a decision, and answers with its order as far as that is known.
// It returns false if the decision cannot be kept, or if it is not certain that there
// is such an order. An order that has ended takes no decision but what was paid by hand:
// its refunds may still wait for that.
func (o *Orders) keepDecision(ctx context.Context, k KeptDecision) (out Outcome, kept bool, err error) {
	if o.Carrier == nil || k.Version != 0 || (contract.Decision{Note: k.Note, Expect: k.Expect}).Check(k.Update) != nil {
		return out, false, nil
	}
	log := o.log(ctx, k.OrderID)
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lookWithin+keptWithin)
	defer cancel()
	look, end := context.WithTimeout(ctx, lookWithin)
	defer end()
	out.View, err = o.read(look, k.OrderID)
	switch {
	case isNotFound(err):
		return Outcome{}, true, err
	case err != nil:
		log.Warn("decision is not kept: its order is not known", zap.Error(err))
		return Outcome{}, false, nil
	case out.View.Status.Final() && k.Update != contract.ResolveUpdate:
		return out, true, refusal(overCode(out.View.Status))
	}
	err = o.Carrier.put(ctx, k)
	if err != nil && !errors.Is(err, &booking.Error{Code: booking.DecisionPending}) {
		log.Error("decision cannot be kept", zap.Error(err))
		return Outcome{}, false, nil
	}
	return out, true, err
}
