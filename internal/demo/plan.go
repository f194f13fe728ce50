package demo

import (
	"math/rand/v2"
	"time"

	"github.com/yeyak/yeyak/booking"
)

// plannedOrder is the plan for one order: its customer, its content and the actions on it.
type plannedOrder struct {
	number   int
	customer string
	kind     booking.Kind
	offer    *offer // nil for a call for a cleaner
	in       object
	declined bool // the payment will be declined
	actions  []action
	// pauses are the times before each action.
	pauses []time.Duration
}

// action is an action on an order, which waits for it.
type action = Awaited

// plan generates planned orders. Plans with the same seed generate the same.
type plan struct {
	rand   *rand.Rand
	today  booking.Date
	offers map[booking.Kind][]*offer
	made   int
}

func newPlan(seed uint64, today booking.Date, all []*offer) *plan {
	p := &plan{rand: rand.New(rand.NewPCG(seed, seed)), today: today, offers: map[booking.Kind][]*offer{}}
	for _, o := range all {
		p.offers[o.kind] = append(p.offers[o.kind], o)
	}
	return p
}

// turns is the sequence of the orders' kinds: each kind comes within a few orders, so that
// each outage meets each of them.
var turns = []booking.Kind{booking.Lodging, booking.Food, booking.Lodging, booking.Cafe, booking.Food, booking.Lodging, booking.Cleaning, booking.Cafe}

// next generates the next order.
func (p *plan) next() plannedOrder {
	l := plannedOrder{number: p.made, customer: p.customer(), kind: turns[p.made%len(turns)]}
	p.made++
	if all := p.offers[l.kind]; len(all) > 0 {
		l.offer = all[p.rand.IntN(len(all))]
	}
	switch l.kind {
	case booking.Lodging:
		l.in = p.stay(l.offer)
	case booking.Food:
		l.in = object{"menuId": l.offer.id, "quantity": 1 + p.rand.IntN(3), "address": p.address()}
	case booking.Cafe:
		l.in = object{"menuId": l.offer.id, "quantity": 1 + p.rand.IntN(2)}
	default:
		l.in = object{"tel": "02-123-4567", "location": p.address(), "price": object{"amount": 30_000, "currency": "KRW"}}
	}
	l.in["customerId"] = l.customer
	l.actions = p.deeds(l)
	if l.declined = p.rand.IntN(12) == 0; l.declined {
		l.in["paymentMethod"], l.actions = "pm_card_chargeDeclined", nil
	}
	for range l.actions {
		l.pauses = append(l.pauses, time.Second+time.Duration(p.rand.IntN(3000))*time.Millisecond)
	}
	return l
}

func (p *plan) customer() string { return customers[p.rand.IntN(len(customers))] }
func (p *plan) address() string  { return addresses[p.rand.IntN(len(addresses))] }

func (p *plan) stay(o *offer) object {
	first, nights := 3+p.rand.IntN(days-10), 1+p.rand.IntN(3)
	if o.few {
		first = fewFrom + p.rand.IntN(fewNights)
		nights = 1
	}
	checkIn := p.today.AddDays(first)
	return object{"placeId": o.id, "checkIn": checkIn, "checkOut": checkIn.AddDays(nights), "rooms": 1}
}

// ways are the possible sequences of actions, equally likely.
var (
	waysOfStays  = [][]action{{}, {Cancel}, {Change}, {Refund}, {Change, Cancel}}
	waysToDecide = [][]action{{Confirm}, {Confirm}, {Confirm, Cancel}, {Reject}, {Cancel}}
	waysOfMeals  = [][]action{{Complete}, {Complete}, {Cancel}, {Complete, Refund}}
	waysOfCups   = [][]action{{Complete}, {Complete}, {Cancel}, {Refund, Complete}}
	waysOfCalls  = [][]action{{Complete}, {Complete}, {Complete}, {Cancel}}
)

func (p *plan) deeds(l plannedOrder) []action {
	ways := waysOfCalls
	switch {
	case l.kind == booking.Lodging && l.offer.manual:
		ways = waysToDecide
	case l.kind == booking.Lodging:
		ways = waysOfStays
	case l.kind == booking.Food:
		ways = waysOfMeals
	case l.kind == booking.Cafe:
		ways = waysOfCups
	default:
	}
	return ways[p.rand.IntN(len(ways))]
}
