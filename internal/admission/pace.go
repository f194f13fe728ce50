package admission

import (
	"math"
	"time"
)

const (
	// memory is how long the pace of a budget takes to forget two thirds of what it
	// measured: several times as long as a turn, which ends within the reply
	// budget, and as long as a request waits.
	memory = 10.0 // s
	// leastBusy is for how long a budget has to have been full, within its memory,
	// until its rate counts as known.
	leastBusy = 1.0 // s
)

// pace measures how fast the turns of a budget end while all of them are taken.
// At other times they end as fast as requests come, which says nothing of how
// many the budget could serve.
//
// The rate is an exponentially weighted mean over the time in which the budget was
// full: it falls while no turn ends, by that time alone.
type pace struct {
	slots int
	at    time.Time // up to when the fields below hold
	full  bool      // all turns are taken
	// ended turns, and seconds in which the budget was full, weighted by their age.
	ended, busy float64
	// begun are the turns that were in progress when the last one ended, ditto.
	begun float64
	// measured counts the turns that ended since nothing was known.
	measured int
	// idleSince is since when no turn was served although all were taken, or although
	// turns ended; zero when that is not so.
	idleSince time.Time
}

// to brings the weights forward to a moment.
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

// filled notes that all turns are taken.
func (p *pace) filled(now time.Time) {
	p.to(now)
	p.full = true
	if p.idleSince.IsZero() {
		p.idleSince = now
	}
}

// freed notes that a turn is free again that was not used.
func (p *pace) freed(now time.Time) {
	p.to(now)
	p.full, p.idleSince = false, time.Time{}
}

// left notes that a turn ended, after which so many are taken. One that was not
// served has shown nothing of how fast turns can be served.
func (p *pace) left(now time.Time, served bool, taken int) {
	p.to(now)
	wasFull := p.full
	p.full = taken == p.slots
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
	if taken == 0 {
		p.idleSince = time.Time{} // the next turn shows whether it is served
	}
}

// rate is how many turns end in a second, and whether that is known: the budget has
// been full for a while, and as many turns have ended as there are.
func (p *pace) rate(now time.Time) (perSecond float64, known bool) {
	p.to(now)
	if p.measured < p.slots || p.busy < leastBusy {
		return 0, false
	}
	return p.ended / p.busy, true
}

// atMost is the rate if all turns that were in progress when the last one ended had
// ended too. Turns that began together end together: just before that, the rate
// is lower than it is on average. It falls by time as well.
func (p *pace) atMost(now time.Time) (perSecond float64, known bool) {
	rate, known := p.rate(now)
	if !known {
		return 0, false
	}
	return rate + p.begun/p.busy, true
}

// idle is for how long the queue has stood still; 0 while a turn is free.
func (p *pace) idle(now time.Time) time.Duration {
	if !p.full || p.idleSince.IsZero() {
		return 0
	}
	return now.Sub(p.idleSince)
}
