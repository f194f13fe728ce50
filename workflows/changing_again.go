package workflows

import (
	"cmp"
	"encoding/json"
	"errors"
	"slices"

	"go.temporal.io/sdk/workflow"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// agreement is a change as its hold stores it. If a forgotten run has made the change, a later run
// reads it there.
type agreement[C, Q any] struct {
	Change C `json:"change"`
	Quote  Q `json:"quote"`
}

func (a agreement[C, Q]) text() string {
	text, err := json.Marshal(a)
	must(err)
	return string(text)
}

// applyHoldChanges applies the changes that a forgotten run has made, and undoes those that it had
// begun but not made. decode reads a stored change; it returns nil if that is not possible. ctx must
// be disconnected and belong to the calling coroutine.
func (s *saga) applyHoldChanges(ctx workflow.Context, changed *booking.HoldChanges, decode func(agreed string) *change) {
	if changed == nil {
		return
	}
	for _, is := range changed.All {
		c := decode(is.Agreed)
		if c == nil || s.changeWithID(c.ID) != nil {
			continue
		}
		c.ctx, c.charging = ctx, c.costs.Charge.Amount > 0
		s.changing, s.knownChanges = c, append(s.knownChanges, c.ChangeRequest)
		if is.Made {
			s.completeMade(c)
		} else {
			s.undoOrComplete(c, func() {})
		}
		s.changing = nil
	}
}

// undoOrComplete undoes a change. A late call of a run that is not remembered may have made it
// meanwhile: then it is completed. undone is called if it was not.
func (s *saga) undoOrComplete(c *change, undone func()) {
	if c.kind.undo() {
		s.completeMade(c)
		return
	}
	undone()
}

// completeMade completes a change that a run which is not remembered has made.
func (s *saga) completeMade(c *change) {
	if !c.charged {
		s.paidMore(c.costs.Charge)
	}
	c.kind.complete()
}

// lastMade is the last change that was made according to the released hold, nil if there is
// none or this run knows it.
func (s *saga) lastMade(changed *booking.HoldChanges, decode func(agreed string) *change) *change {
	if changed == nil {
		return nil
	}
	for _, is := range slices.Backward(changed.All) {
		if !is.Made {
			continue
		}
		if c := decode(is.Agreed); c != nil && s.changeWithID(c.ID) == nil {
			return c
		}
		return nil
	}
	return nil
}

// showLast shows the last change of a compensated order if a forgotten run has made it.
func (s *saga) showLast(changed *booking.HoldChanges, decode func(agreed string) *change) {
	if c := s.lastMade(changed, decode); c != nil {
		c.kind.show()
	}
}

// errChangedBefore ends a change of an order that a forgotten run has changed: after a reset, the
// same change may be requested again.
var errChangedBefore = errors.New("changed before")

// changedBefore ends such a change: as made if that run has made it, and as refused otherwise.
func (s *saga) changedBefore(c *change) {
	if s.changeWithID(c.ID) == nil {
		c.no = booking.Errorf(booking.Superseded, "another change was made before: look at the order again") //replay:never a new change would have to come in the task after a reset
	}
	s.hideChange()
	s.publish(c.ctx)
}

// findForgottenChanges finds out, after a reset, what was changed beyond the reset point, if the order
// is in one of the statuses. An order that was cancelled by then is compensated for the same reason:
// the engine applies the decision again, but it may be refused then.
func (s *saga) findForgottenChanges(
	ctx workflow.Context, hold func() booking.Hold, apply func(workflow.Context, *booking.HoldChanges), in ...booking.Status,
) {
	if !s.isUnchanged(in) || !recoversChanges(ctx, 1) {
		return
	}
	var held booking.Outcome
	s.retryUntilDone(ctx, call{name: "check the hold", queue: contract.InventoryQueue, quick: quickStep, do: inventory.HoldStock, with: hold()}, &held)
	switch {
	case !s.isUnchanged(in):
	case held.Result != booking.Done && recoversChanges(ctx, 2):
		s.recordAndCancel(ctx, "was undone before: ", cmp.Or(held.Reason, booking.ByOperator), contract.Decision{At: s.now()})
	default:
		apply(ctx, held.Changed)
	}
}

// isUnchanged reports whether the order is in one of the statuses and no change of it is under
// way.
func (s *saga) isUnchanged(in []booking.Status) bool {
	return slices.Contains(in, s.statusForDecisions()) && s.changing == nil
}
