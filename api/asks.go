package api

import (
	"errors"
	"fmt"
	"sync"
	"time"

	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/temporal"

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
	over map[string]int // outcomes seen in the slot, by order and decision
}

// askSlot is longer than an order takes to find out whether it may be given up.
const askSlot = 10 * time.Second

// mostAsksOfSlot is how often an order can be asked in a slot: at once, and then
// after pauses of two seconds and more.
const mostAsksOfSlot = 6

// isPast tells whether an outcome is a refusal of earlier, kept by the engine,
// after which it was worth asking again when the asking began.
func isPast(err error, begun time.Time) bool {
	refusal, ok := errors.AsType[*temporal.ApplicationError](err)
	var why contract.Refusal
	return ok && refusal.HasDetails() && refusal.Details(&why) == nil && !why.At.IsZero() && why.After > 0 && why.Left(begun) <= 0
}

// anybody stands for the caller: the API does not know callers apart.
const anybody = "anybody"

// ask is one decision on one order, under the name that it has just now.
type ask struct{ key, id string }

func (a *asks) next(now time.Time, orderID, decision string) ask {
	a.mu.Lock()
	defer a.mu.Unlock()
	if slot := now.UnixNano() / int64(askSlot); slot != a.slot || a.over == nil {
		a.slot, a.over = slot, map[string]int{}
	}
	k := ask{key: orderID + "/" + decision}
	k.id = a.name(k.key, decision)
	return k
}

func (a *asks) name(key, decision string) string {
	return fmt.Sprintf("%s/%s/%d/%d", decision, anybody, a.slot, a.over[key])
}

// answered notes that the outcome is known: to ask again is another ask.
func (a *asks) answered(k ask, decision string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.over != nil && k.id == a.name(k.key, decision) {
		a.over[k.key]++
	}
}

// atLimit tells which of the engine's limits on the decisions of one order has
// been reached, nil when none has.
func atLimit(err error) *problem {
	if _, ok := errors.AsType[*serviceerror.FailedPrecondition](err); ok {
		return newProblem(decisionsExhausted, "the order takes no more decisions until an operator has looked after it").after(time.Minute)
	}
	busy, ok := errors.AsType[*serviceerror.ResourceExhausted](err)
	if ok && busy.Cause == enums.RESOURCE_EXHAUSTED_CAUSE_CONCURRENT_LIMIT {
		return newProblem(booking.DecisionPending, "as many decisions on the order are open as it can take")
	}
	return nil
}
