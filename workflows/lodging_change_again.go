package workflows

import (
	"encoding/json"
	"errors"
	"slices"

	"go.temporal.io/sdk/workflow"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// agreement is a change as it is written down with its hold. A life of the workflow that
// does not remember the change, after a reset, learns of it there.
type agreement struct {
	Change contract.StayChange  `json:"change"`
	Quote  contract.ChangeQuote `json:"quote"`
}

func (m *move) agreement() string {
	text, err := json.Marshal(agreement{m.StayChange, m.quote})
	must(err)
	return string(text)
}

// knows is the change of this id, nil if this life of the workflow knows of none.
func (r *reservation) knows(id string) *contract.StayChange {
	if i := slices.IndexFunc(r.known, func(c contract.StayChange) bool { return c.ID == id }); i >= 0 {
		return &r.known[i]
	}
	return nil
}

// learn takes over what a life of this workflow that is not remembered has changed. The
// changes that it had not made by then are undone. ctx must be disconnected and belong to the
// calling coroutine.
func (r *reservation) learn(ctx workflow.Context, changed *booking.HoldChanges) {
	if changed == nil {
		return
	}
	for _, c := range changed.All {
		var was agreement
		if json.Unmarshal([]byte(c.Agreed), &was) != nil || r.knows(was.Change.ID) != nil {
			continue
		}
		m := &move{StayChange: was.Change, quote: was.Quote, ctx: ctx, at: r.now(), charging: was.Quote.Charge.Amount > 0}
		r.moving, r.known = m, append(r.known, m.StayChange)
		if c.Made {
			r.paidMore(m.quote.Charge)
			r.moved(m)
		} else {
			r.moveBack(m)
		}
		r.moving = nil
	}
}

// errChangedBefore ends a change of a reservation that a life of this workflow which is not
// remembered has changed: after a reset, a change may be asked for once more.
var errChangedBefore = errors.New("changed before")

// changedBefore answers such a change: as made if it was, and as refused otherwise.
func (r *reservation) changedBefore(m *move) {
	if r.knows(m.ID) == nil {
		m.no = booking.Errorf(booking.Superseded, "another change was made before: look at the reservation again") //replay:never a new change would have to come in the task after a reset
	}
	r.hideMove()
	r.publish(m.ctx)
}

// lookForChanges finds out, after a reset, what was changed beyond the point to which the
// workflow was reset.
func (r *reservation) lookForChanges(ctx workflow.Context) {
	stands := func() bool {
		s := r.standing()
		return (s == booking.Confirmed || s == booking.AwaitingOwner) && r.moving == nil
	}
	if !stands() || !remembersChanges(ctx) {
		return
	}
	var held booking.Outcome
	r.insist(ctx, call{name: "look at the hold", queue: contract.InventoryQueue, quick: quickStep, do: inventory.HoldStock, with: r.hold()}, &held)
	if stands() {
		r.learn(ctx, held.Changed)
	}
}
