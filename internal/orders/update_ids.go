package orders

import (
	"fmt"
	"sync"
	"time"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// updateIDs names the updates that carry decisions. In every process, repeats of a decision with
// an open outcome have the same name, and the engine joins them, because each update of its own
// counts towards the limit of an order. The engine keeps the outcome under the name while the
// workflow runs. So a name is valid for a period only, and in a process that has seen the outcome
// even shorter. A process that gets an old outcome, after which a retry makes sense by now, sends
// the decision again at once: see isPast.
type updateIDs struct {
	mu       sync.Mutex
	slot     int64
	outcomes map[string]int // outcomes seen in the slot, by order, decision and caller
}

// idSlot is longer than an order takes to find out whether it may be cancelled.
const idSlot = 10 * time.Second

// mostIDsOfSlot is how often a decision can be sent to an order in one period: at once, and then
// after pauses of two seconds and more.
const mostIDsOfSlot = 6

// isPast reports whether err is an earlier refusal, kept by the engine, whose retry was
// already due at begun.
func isPast(err error, begun time.Time) bool {
	_, refusal := answerOf(err)
	return refusal != nil && !refusal.At.IsZero() && refusal.After > 0 && refusal.Left(begun) <= 0
}

// updateID is one caller's decision on an order, with the current id of its update.
type updateID struct{ orderID, decision, id string }

func (a *updateIDs) next(now time.Time, caller booking.Caller, d Decision) updateID {
	a.mu.Lock()
	defer a.mu.Unlock()
	if slot := now.UnixNano() / int64(idSlot); slot != a.slot || a.outcomes == nil {
		a.slot, a.outcomes = slot, map[string]int{}
	}
	k := updateID{orderID: d.OrderID, decision: fmt.Sprintf("%s/%s", d.Update, nameOf(caller))}
	if d.Expect != "" {
		k.decision += "/" + d.Expect
	}
	if d.Version != 0 {
		k.decision += fmt.Sprintf("/version %d", d.Version)
	}
	if d.changeID != "" {
		k.decision += "/change " + d.changeID
	}
	if d.Update == contract.ResolveUpdate {
		k.decision += "/" + evidenceID(d.Note)
	}
	k.id = a.idOf(k)
	return k
}

func (a *updateIDs) idOf(k updateID) string {
	return fmt.Sprintf("%s/%d/%d", k.decision, a.slot, a.outcomes[k.key()])
}

func (k updateID) key() string { return k.orderID + "/" + k.decision }

// answered records that the outcome is known: a repeat gets a new id.
func (a *updateIDs) answered(k updateID) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.outcomes != nil && k.id == a.idOf(k) {
		a.outcomes[k.key()]++
	}
}
