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

// agreement is a change as its hold stores it. A run that does not remember the change, after
// a reset, reads it there.
type agreement[C, Q any] struct {
	Change C `json:"change"`
	Quote  Q `json:"quote"`
}

func (a agreement[C, Q]) text() string {
	text, err := json.Marshal(a)
	must(err)
	return string(text)
}

// learnOf applies the changes that a run which is not remembered has made, and undoes those
// that it had begun but not made. remembered decodes a stored change, nil if it cannot be
// read. ctx must be disconnected and belong to the calling coroutine.
func (s *saga) learnOf(ctx workflow.Context, changed *booking.HoldChanges, remembered func(agreed string) *change) {
	if changed == nil {
		return
	}
	for _, is := range changed.All {
		c := remembered(is.Agreed)
		if c == nil || s.knows(c.ID) != nil {
			continue
		}
		c.ctx, c.charging = ctx, c.costs.Charge.Amount > 0
		s.changing, s.known = c, append(s.known, c.ChangeRequest)
		if is.Made {
			s.paidMore(c.costs.Charge)
			c.kind.complete()
		} else {
			c.kind.undo()
		}
		s.changing = nil
	}
}

// lastMade is the last change that was made according to the released hold, nil if there is
// none or this run remembers it.
func (s *saga) lastMade(changed *booking.HoldChanges, remembered func(agreed string) *change) *change {
	if changed == nil {
		return nil
	}
	for _, is := range slices.Backward(changed.All) {
		if !is.Made {
			continue
		}
		if c := remembered(is.Agreed); c != nil && s.knows(c.ID) == nil {
			return c
		}
		return nil
	}
	return nil
}

// showLast shows the last change of a compensated order that this run does not remember.
func (s *saga) showLast(changed *booking.HoldChanges, remembered func(agreed string) *change) {
	if c := s.lastMade(changed, remembered); c != nil {
		c.kind.show()
	}
}

// errChangedBefore ends a change of an order that a run which is not remembered has changed:
// after a reset, the same change may be requested again.
var errChangedBefore = errors.New("changed before")

// changedBefore ends such a change: as made if that run has made it, and as refused otherwise.
func (s *saga) changedBefore(c *change) {
	if s.knows(c.ID) == nil {
		c.no = booking.Errorf(booking.Superseded, "another change was made before: look at the order again") //replay:never a new change would have to come in the task after a reset
	}
	c.kind.hide()
	s.publish(c.ctx)
}

// findChanges finds out, after a reset, what was changed beyond the reset point, if the order
// is in one of the statuses. An order that was undone by then is undone for the same reason:
// the engine applies the decision again, but it may be refused then.
func (s *saga) findChanges(
	ctx workflow.Context, hold func() booking.Hold, learn func(workflow.Context, *booking.HoldChanges), in ...booking.Status,
) {
	if !s.isUnchanged(in) || !recoversChanges(ctx, 1) {
		return
	}
	var held booking.Outcome
	s.retryUntilDone(ctx, call{name: "look at the hold", queue: contract.InventoryQueue, quick: quickStep, do: inventory.HoldStock, with: hold()}, &held)
	switch {
	case !s.isUnchanged(in):
	case held.Result != booking.Done && recoversChanges(ctx, 2):
		s.recordAndCancel(ctx, "was undone before: ", cmp.Or(held.Reason, booking.ByOperator), contract.Decision{At: s.now()})
	default:
		learn(ctx, held.Changed)
	}
}

// isUnchanged reports whether the order is in one of the statuses and no change of it is under
// way.
func (s *saga) isUnchanged(in []booking.Status) bool {
	return slices.Contains(in, s.statusForDecisions()) && s.changing == nil
}
