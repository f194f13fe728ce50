package workflows

import (
	"time"

	"go.temporal.io/sdk/workflow"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// deadline is the time until which the order's next step may be tried, and the reason for
// which the order is cancelled after that; zero if the step has no deadline. It counts from
// the request, or from when the order left the inbox, whatever causes a delay: a dinner is not
// delivered the next morning. The customer's time to confirm the payment is not counted. If
// what was ordered ends earlier, that is the deadline.
func (s *saga) deadline() (until time.Time, late booking.Reason) {
	switch pay := time.Duration(s.policy.PayWithin); {
	case s.handedOver:
		return until, booking.TooLate
	case !s.view.Placed && !s.free() && pay > 0:
		until, late = s.in.Begins().Add(pay), booking.PaymentUnavailable
	default:
		until, late = s.in.Begins().Add(pay+s.startWithin+s.confirming.customerTook), booking.TooLate
	}
	if !s.ends.IsZero() && s.ends.Before(until) {
		until, late = s.ends, booking.TooLate
	}
	return until, late
}

// tooLate reports whether it is too late to begin the order's next step, and the reason with
// which its service refuses it then. A step that was done in time stays done, because its service
// has recorded it.
func (s *saga) tooLate() (bool, booking.Reason) {
	until, late := s.deadline()
	if until.IsZero() || workflow.Now(s.ctx).Before(until) {
		return false, ""
	}
	return true, late
}

// inTime waits for a step until the order's deadline. A step that is begun after that is still
// sent to its service, for as long as AttentionAfter: an earlier run, of which the engine has
// no record, may have done it in time. A message beside the story has no deadline once the
// order is handed over.
func (s *saga) inTime(ctx workflow.Context, step string, done func() bool) error {
	until, late := s.deadline()
	if until.IsZero() {
		return workflow.Await(ctx, done)
	}
	left := until.Sub(workflow.Now(ctx))
	if left <= 0 {
		left = time.Duration(s.policy.AttentionAfter)
	}
	err := s.awaitOrCancel(ctx, left, "deadline of: "+step, func() bool { return done() || s.handedOver }, late)
	if err == nil {
		err = workflow.Await(ctx, done)
	}
	return err
}

// awaitInTime is await with a timeout that decides. If a decision to cancel the order is open
// when the timeout ends, awaitInTime waits for its outcome first. It returns the context's
// error if the order is cancelled, and otherwise whether condition is true by then.
func (s *saga) awaitInTime(ctx workflow.Context, timeout time.Duration, name string, condition func() bool) (bool, error) {
	inTime, err := await(ctx, timeout, name, condition)
	if err != nil || inTime {
		return inTime, err
	}
	if err := s.awaitOpenDecision(ctx); err != nil {
		return false, err //replay:never the time would have to end in the milliseconds in which a decision is recorded
	}
	return condition(), nil
}

// awaitPerson is awaitInTime for people's decisions. A decision that was made in time counts
// even if it could not be delivered: see awaitKept.
func (s *saga) awaitPerson(ctx workflow.Context, timeout time.Duration, name string, condition func() bool) (bool, error) {
	until, was := workflow.Now(ctx).Add(timeout), s.acceptedStatus
	inTime, err := await(ctx, timeout, name, condition)
	if err != nil || inTime {
		return inTime, err
	}
	if err := s.awaitKept(ctx, until, was, condition); err != nil {
		return false, err
	}
	if err := s.awaitOpenDecision(ctx); err != nil {
		return false, err //replay:never the time would have to end in the milliseconds in which a decision is recorded
	}
	return condition(), nil
}

// awaitOrCancel is awaitInTime that cancels the order for the reason late when the timeout
// ends, unless another decision has been accepted.
func (s *saga) awaitOrCancel(
	ctx workflow.Context, timeout time.Duration, name string, condition func() bool, late booking.Reason,
) error {
	inTime, err := s.awaitInTime(ctx, timeout, name, condition)
	return s.cancelUnless(ctx, inTime, err, late)
}

// awaitPersonOrCancel is awaitOrCancel for people's decisions.
func (s *saga) awaitPersonOrCancel(
	ctx workflow.Context, timeout time.Duration, name string, condition func() bool, late booking.Reason,
) error {
	inTime, err := s.awaitPerson(ctx, timeout, name, condition)
	return s.cancelUnless(ctx, inTime, err, late)
}

func (s *saga) cancelUnless(ctx workflow.Context, inTime bool, err error, late booking.Reason) error {
	if err != nil || inTime || s.acceptedStatus != "" {
		return err
	}
	return s.cancelForTime(ctx, late)
}

// cancelForTime cancels the order since a time limit has passed and no decision is open. That
// is recorded before anything is undone: until then an event that ends the wait may still
// arrive, and would count if the task had to be repeated. ctx must belong to the calling
// coroutine, since messages are sent in coroutines of their own.
func (s *saga) cancelForTime(ctx workflow.Context, reason booking.Reason) error {
	ctx, _ = workflow.NewDisconnectedContext(ctx)
	s.recordAndCancel(ctx, "time is up: ", reason, contract.Decision{})
	return &refusal{reason}
}

// expect marks the order when people take longer than they should. The order keeps waiting for
// them, since they have what was ordered, or will bring it.
func (s *saga) expect(ctx workflow.Context, timeout booking.Duration, what string, condition func() bool) {
	if inTime, err := await(ctx, time.Duration(timeout), what, condition); err == nil && !inTime {
		ctx, _ = workflow.NewDisconnectedContext(ctx)
		s.needAttention(ctx, "waited for longer than "+timeout.String()+": "+what)
	}
}
