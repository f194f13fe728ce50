package workflows

import (
	"time"

	"go.temporal.io/sdk/workflow"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// deadline is until when the order's next step may be tried, and for which
// reason the order is given up after that; zero when nothing bounds the step.
// Time runs from the request on, or from when the order left the inbox, whatever
// keeps it from going on: an order of dinner is not delivered the next morning. What its
// customer takes to confirm the payment is not counted.
// What was ordered may be over before.
func (s *saga) deadline() (until time.Time, late booking.Reason) {
	switch pay := time.Duration(s.policy.PayWithin); {
	case s.handedOver:
		return until, booking.TooLate
	case !s.view.Placed && !s.free() && pay > 0:
		until, late = s.in.Begins().Add(pay), booking.PaymentUnavailable
	default:
		until, late = s.in.Begins().Add(pay+s.startWithin+s.confirming.took), booking.TooLate
	}
	if !s.ends.IsZero() && s.ends.Before(until) {
		until, late = s.ends, booking.TooLate
	}
	return until, late
}

// tooLate tells whether it is too late to begin with the order's next step, and
// the reason for which it is not done then. What was done in time stays done:
// its service knows.
func (s *saga) tooLate() (bool, booking.Reason) {
	until, late := s.deadline()
	if until.IsZero() || workflow.Now(s.ctx).Before(until) {
		return false, ""
	}
	return true, late
}

// inTime waits for a step until the order's deadline. When a step is begun after
// that, its service is asked what became of it, for as long as undos are tried
// before anybody is called: an earlier life of the workflow, of which the engine
// has no record, may have done it in time. A step beside the story, which is a
// message, has no deadline any more once the order is handed over.
func (s *saga) inTime(ctx workflow.Context, step string, done func() bool) error {
	until, late := s.deadline()
	if until.IsZero() {
		return workflow.Await(ctx, done)
	}
	left := until.Sub(workflow.Now(ctx))
	if left <= 0 {
		left = time.Duration(s.policy.AttentionAfter)
	}
	err := s.awaitOrGiveUp(ctx, left, "deadline of: "+step, func() bool { return done() || s.handedOver }, late)
	if err == nil {
		err = workflow.Await(ctx, done)
	}
	return err
}

// awaitInTime is await where time decides in the end. A decision to abandon the
// order that is open at the end comes first: awaitInTime waits for its outcome,
// returns the context's error if the order is abandoned, and looks once more
// otherwise.
func (s *saga) awaitInTime(ctx workflow.Context, patience time.Duration, name string, come func() bool) (bool, error) {
	inTime, err := await(ctx, patience, name, come)
	if err != nil || inTime {
		return inTime, err
	}
	if err := s.awaitOpenDecision(ctx); err != nil {
		return false, err //replay:never the time would have to end in the milliseconds in which a decision is recorded
	}
	return come(), nil
}

// awaitPerson is awaitInTime for what people are to decide. A decision that was made
// in time counts, though it could not be delivered: see awaitKept.
func (s *saga) awaitPerson(ctx workflow.Context, patience time.Duration, name string, come func() bool) (bool, error) {
	until, was := workflow.Now(ctx).Add(patience), s.taken
	inTime, err := await(ctx, patience, name, come)
	if err != nil || inTime {
		return inTime, err
	}
	if err := s.awaitKept(ctx, until, was, come); err != nil {
		return false, err
	}
	if err := s.awaitOpenDecision(ctx); err != nil {
		return false, err //replay:never the time would have to end in the milliseconds in which a decision is recorded
	}
	return come(), nil
}

// awaitOrGiveUp is awaitInTime that gives the order up for a reason when time is
// up. It does not when a decision to finish the order has been taken.
func (s *saga) awaitOrGiveUp(
	ctx workflow.Context, patience time.Duration, name string, come func() bool, late booking.Reason,
) error {
	inTime, err := s.awaitInTime(ctx, patience, name, come)
	return s.orGiveUp(ctx, inTime, err, late)
}

// awaitPersonOrGiveUp is the same for what people are to decide.
func (s *saga) awaitPersonOrGiveUp(
	ctx workflow.Context, patience time.Duration, name string, come func() bool, late booking.Reason,
) error {
	inTime, err := s.awaitPerson(ctx, patience, name, come)
	return s.orGiveUp(ctx, inTime, err, late)
}

func (s *saga) orGiveUp(ctx workflow.Context, inTime bool, err error, late booking.Reason) error {
	if err != nil || inTime || s.taken != "" {
		return err
	}
	return s.timeIsUp(ctx, late)
}

// timeIsUp gives the order up for what time alone has decided, while no decision
// is open. That is recorded before anything is undone: until then what was waited
// for may still come, and would count if the task had to be done again. ctx must be
// of the calling coroutine: messages are sent in coroutines of their own.
func (s *saga) timeIsUp(ctx workflow.Context, why booking.Reason) error {
	ctx, _ = workflow.NewDisconnectedContext(ctx)
	s.recordAndAbandon(ctx, "time is up: ", why, contract.Decision{})
	return &refusal{why}
}

// expect marks the order when people take longer than they should. It goes on
// waiting for them: they have what was ordered, or are to bring it.
func (s *saga) expect(ctx workflow.Context, patience booking.Duration, what string, come func() bool) {
	if inTime, err := await(ctx, time.Duration(patience), what, come); err == nil && !inTime {
		ctx, _ = workflow.NewDisconnectedContext(ctx)
		s.needAttention(ctx, "waited for longer than "+patience.String()+": "+what)
	}
}
