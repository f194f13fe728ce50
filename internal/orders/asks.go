package orders

import (
	"fmt"
	"sync"
	"time"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// asks names the updates that carry decisions. Repeats of one whose outcome is
// open have the same name, in every process, and the engine joins them: each
// update of its own counts towards what an order can take. The engine keeps the
// outcome under the name for as long as the workflow runs; so a name holds for a
// slot of time, and in a process that has seen the outcome not even for that.
// A process that gets an outcome which another one has seen, and after which it
// is worth asking again by now, asks again at once: see isPast.
type asks struct {
	mu   sync.Mutex
	slot int64
	over map[string]int // outcomes seen in the slot, by order, decision and caller
}

// askSlot is longer than an order takes to find out whether it may be given up.
const askSlot = 10 * time.Second

// mostAsksOfSlot is how often an order can be asked in a slot: at once, and then
// after pauses of two seconds and more.
const mostAsksOfSlot = 6

// isPast tells whether an outcome is a refusal of earlier, kept by the engine,
// after which it was worth asking again when the asking began.
func isPast(err error, begun time.Time) bool {
	_, why := answerOf(err)
	return why != nil && !why.At.IsZero() && why.After > 0 && why.Left(begun) <= 0
}

// ask is one decision of a caller's on an order, under the id that the update
// has just now.
type ask struct{ orderID, decision, id string }

func (a *asks) next(now time.Time, caller booking.Caller, d Decision) ask {
	a.mu.Lock()
	defer a.mu.Unlock()
	if slot := now.UnixNano() / int64(askSlot); slot != a.slot || a.over == nil {
		a.slot, a.over = slot, map[string]int{}
	}
	k := ask{orderID: d.OrderID, decision: fmt.Sprintf("%s/%s", d.Update, nameOf(caller))}
	if d.Expect != "" {
		k.decision += "/" + d.Expect
	}
	if d.Version != 0 {
		k.decision += fmt.Sprintf("/version %d", d.Version)
	}
	if d.Update == contract.ResolveUpdate {
		k.decision += "/" + evidenceID(d.Note)
	}
	k.id = a.idOf(k)
	return k
}

func (a *asks) idOf(k ask) string {
	return fmt.Sprintf("%s/%d/%d", k.decision, a.slot, a.over[k.key()])
}

func (k ask) key() string { return k.orderID + "/" + k.decision }

// answered notes that the outcome is known: to ask again is another ask.
func (a *asks) answered(k ask) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.over != nil && k.id == a.idOf(k) {
		a.over[k.key()]++
	}
}
