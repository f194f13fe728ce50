package admission

import (
	"math"
	"time"
)

const (
	// memory is the time constant of the weighted mean: a measurement of that age
	// counts for a third. It is as long as a request waits, and several times as
	// long as a slot is held, which is at most the reply budget.
	memory = 10.0 // s
	// leastBusy is how long a budget has to have been full, within its memory,
	// before its rate counts as known.
	leastBusy = 1.0 // s
)

// pace measures how fast the slots of a budget are freed while all are in use.
// At other times that rate is the rate of requests, and says nothing about how
// many the budget could serve.
//
// The rate is an exponentially weighted mean over the time in which the budget was
// full. While no slot is freed the rate falls with that time.
type pace struct {
	slots int
	at    time.Time // the fields below are valid for this moment
	full  bool      // all slots are in use
	// ended counts slots freed, and busy the seconds in which the budget was
	// full, both weighted by age.
	ended, busy float64
	// begun counts the slots in use when the last one was freed, weighted by age.
	begun float64
	// measured counts the slots freed since the rate was last unknown.
	measured int
	// idleSince is when the present time without a served request began. It is zero
	// while a slot is free, unless the last request was not served.
	idleSince time.Time
}

// to advances the weights to now.
func (p *pace) to(now time.Time) {
	passed := now.Sub(p.at).Seconds()
	if p.at.IsZero() || passed <= 0 {
		p.at = now
		return
	}
	p.at = now
	fade := math.Exp(-passed / memory)
	p.ended *= fade
	p.begun *= fade
	p.busy *= fade
	if p.full {
		p.busy += memory * (1 - fade)
	} else if p.busy < leastBusy {
		p.ended, p.begun, p.busy, p.measured = 0, 0, 0, 0
	}
}

// filled notes that all slots are in use.
func (p *pace) filled(now time.Time) {
	p.to(now)
	p.full = true
	if p.idleSince.IsZero() {
		p.idleSince = now
	}
}

// freed notes that a slot is free again without having been used.
func (p *pace) freed(now time.Time) {
	p.to(now)
	p.full, p.idleSince = false, time.Time{}
}

// left notes that a slot was freed; busy is the number of slots still in use. A
// request that was not served shows nothing about how fast requests can be served.
func (p *pace) left(now time.Time, served bool, busy int) {
	p.to(now)
	wasFull := p.full
	p.full = busy == p.slots
	switch {
	case served && wasFull:
		p.ended++
		p.begun = float64(p.slots)
		p.measured = min(p.measured+1, p.slots)
		fallthrough
	case served:
		p.idleSince = time.Time{}
		if p.full {
			p.idleSince = now
		}
	case p.idleSince.IsZero():
		p.idleSince = now
	}
	if busy == 0 {
		p.idleSince = time.Time{} // the next request shows whether requests are served
	}
}

// rate is how many slots are freed per second. It is known if the budget has
// been full for leastBusy, and as many slots have been freed as there are.
func (p *pace) rate(now time.Time) (perSecond float64, known bool) {
	p.to(now)
	if p.measured < p.slots || p.busy < leastBusy {
		return 0, false
	}
	return p.ended / p.busy, true
}

// atMost is an upper bound of the rate: it also counts the slots that were in use when
// the last one was freed. Requests that begin together end together, and just
// before their end the rate is lower than on average. atMost falls with time as well.
func (p *pace) atMost(now time.Time) (perSecond float64, known bool) {
	rate, known := p.rate(now)
	if !known {
		return 0, false
	}
	return rate + p.begun/p.busy, true
}

// idle is how long no slot has been freed; 0 while a slot is free.
func (p *pace) idle(now time.Time) time.Duration {
	if !p.full || p.idleSince.IsZero() {
		return 0
	}
	return now.Sub(p.idleSince)
}
