package crowd

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptrace"
	"path"
	"slices"
	"sync"
	"time"

	"github.com/yeyak/yeyak/booking"
)

const visits = "/v1/cleaning/calls"

// Placement is one request for an order, under an Idempotency-Key of its own, with its
// answer.
type Placement struct {
	Kind booking.Kind
	// Key is the Idempotency-Key.
	Key   string
	Begun time.Time
	Took  time.Duration
	// Status is the status of the answer, 0 if there was none; Code is the problem's code.
	Status int
	Code   string
	// OrderID is the order in the answer, "" if there was none. Located means that the
	// answer had a Location, Received that the order waits in the inbox.
	OrderID           string
	Located, Received bool
	// Unsure means that the order may not exist, and then never will.
	Unsure bool
	// Sent is how often the request was sent: after a broken connection it is sent once
	// more, since it has a key.
	Sent int
	// Failure is the reason if there was no answer.
	Failure string

	ware
	customer string
	in       object
}

// Answered is when the customer stopped waiting.
func (p Placement) Answered() time.Time { return p.Begun.Add(p.Took) }

// CanWait reports whether an order of the kind can wait in the inbox.
func (p Placement) CanWait() bool { return p.Kind == booking.Lodging || p.Kind == booking.Food }

func (p Placement) String() string {
	return fmt.Sprintf("%s order of %s at %s, under key %s, answered after %s with %d %s %s%s",
		p.Kind, p.customer, p.Begun.Format(time.TimeOnly), p.Key, p.Took.Round(time.Millisecond), p.Status, p.Code, p.OrderID, p.Failure)
}

// ware is something that OrderOn orders, and the stable status of its order before a decision.
type ware struct {
	kind    booking.Kind
	path    string
	stable  booking.Status
	chances int
	content func(*user) object
	// decisions are the possible decisions on it.
	decisions []verdict
}

// verdict is a decision and the order's status after it. open means that a service has to agree.
type verdict struct {
	path, verb string
	want       booking.Status
	open       bool
}

var wares = []ware{
	{
		booking.Lodging, reservations, booking.Confirmed, 6,
		func(u *user) object { return u.reservation(u.shops.Hotel) },
		[]verdict{{reservations, "cancel", booking.Cancelled, false}},
	},
	{
		booking.Lodging, reservations, booking.AwaitingOwner, 2,
		func(u *user) object { return u.reservation(u.shops.Inn) },
		[]verdict{{reservations, "confirm", booking.Confirmed, false}, {reservations, "cancel", booking.Cancelled, false}},
	},
	{
		booking.Food, meals, booking.Delivering, 8,
		(*user).meal,
		[]verdict{{"/v1/food/deliveries", "complete", booking.Delivered, false}, {meals, "cancel", booking.Cancelled, true}},
	},
	{
		booking.Cafe, cups, booking.InProduction, 2,
		(*user).cup,
		[]verdict{{"/v1/cafe/productions", "complete", booking.Completed, false}, {cups, "cancel", booking.Cancelled, false}},
	},
	{
		booking.Cleaning, visits, booking.Calling, 2,
		func(u *user) object {
			price := object{"amount": 30000, "currency": "KRW"}
			return object{"customerId": u.id, "tel": "+8221234567", "location": "12 Sejong-daero, Seoul", "price": price}
		},
		[]verdict{{visits, "cancel", booking.Cancelled, false}},
	},
}

// anyWare is a random ware, by the weights.
func anyWare() ware {
	all := 0
	for _, w := range wares {
		all += w.chances
	}
	n := rand.IntN(all)
	for _, w := range wares {
		if n -= w.chances; n < 0 {
			return w
		}
	}
	panic("unreachable")
}

// openOrder is a placed order that may be decided on.
type openOrder struct {
	*order
	ware
}

// OrderOn lets the users order until ctx ends: all kinds, mostly stays and food. They
// decide on placed orders, cancel some that wait in the inbox, and wait for none.
func (c *Crowd) OrderOn(ctx context.Context) { c.each(ctx, func(u *user, _ int) { u.orderOn() }) }

func (u *user) orderOn() {
	if n := len(u.open); n > 0 && rand.IntN(3) == 0 {
		i := rand.IntN(n)
		o := u.open[i]
		u.open = slices.Delete(u.open, i, i+1)
		u.decideOn(o)
		return
	}
	w := anyWare()
	p := &Placement{ware: w, Kind: w.kind, customer: u.id, in: w.content(u)}
	u.mu.Lock()
	u.placed = append(u.placed, p)
	p.Key = fmt.Sprintf("%s-%d", u.id, len(u.placed))
	u.mu.Unlock()
	o := u.sendPlacement(p)
	u.think()
	if o == nil {
		return
	}
	u.send(http.MethodGet, "/v1/mypages/"+o.id, nil, http.StatusOK)
	switch {
	case p.Status == http.StatusCreated && rand.IntN(2) == 0:
		u.open = append(u.open, openOrder{o, w})
	case p.Received && w.kind == booking.Lodging && rand.IntN(8) == 0:
		u.sendDecision(o, w.path, "cancel", nil, booking.Cancelled)
	}
}

func (u *user) decideOn(o openOrder) {
	v := o.decisions[rand.IntN(len(o.decisions))]
	u.sendDecision(o.order, v.path, v.verb, nil, v.want)
	if v.open {
		u.mu.Lock()
		o.orWant = o.stable
		u.mu.Unlock()
	}
}

// sendPlacement sends the request of a placement, and records the order of the answer, if it was
// accepted.
func (c *Crowd) sendPlacement(p *Placement) *order {
	begun := time.Now()
	sent := 0
	ctx := httptrace.WithClientTrace(context.Background(), &httptrace.ClientTrace{GotConn: func(httptrace.GotConnInfo) { sent++ }})
	a, err := c.requestUnder(ctx, p.Key, http.MethodPost, p.path, p.in)
	took := time.Since(begun)
	c.mu.Lock()
	defer c.mu.Unlock()
	p.Begun, p.Took, p.Sent = begun, took, sent
	p.Status, p.Code, p.OrderID, p.Located, p.Failure = a.status, a.body.Code, a.order(), a.location != "", ""
	p.Received = a.body.is(booking.Received)
	p.Unsure = p.Status == http.StatusAccepted && !p.CanWait()
	if p.Status == http.StatusServiceUnavailable && p.OrderID == "" && p.Located { // an earlier request may have placed it
		p.OrderID, p.Unsure = path.Base(a.location), true
	}
	if err != nil {
		p.Status, p.Failure = 0, err.Error()
	}
	if p.Status == 0 || p.OrderID == "" {
		return nil
	}
	o := &order{id: p.OrderID, want: p.stable, requested: begun, answerText: p.String()}
	switch {
	case p.Unsure:
		o.orWant, o.unsure = booking.Cancelled, true
	case p.Status >= http.StatusBadRequest:
		o.want = booking.Cancelled
	}
	if known := c.orders[o.id]; known != nil {
		known.unsure = known.unsure && o.unsure
		o = known
	}
	c.orders[o.id] = o
	if o.want == booking.Cancelled || p.Refused() {
		return nil
	}
	return o
}

// Placements are the requests that OrderOn has sent since then.
func (c *Crowd) Placements(since time.Time) (all []Placement) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, p := range c.placed {
		if !p.Begun.Before(since) {
			all = append(all, *p)
		}
	}
	return all
}

// atOnce is how many requests are repeated at the same time.
const atOnce = 8

// Repeat sends requests once more, under their keys. It returns those whose order had
// been placed before, and fails for one that is not served now.
func (c *Crowd) Repeat(ctx context.Context, placements []Placement) (before []Placement, err error) {
	var all sync.WaitGroup
	var mu sync.Mutex
	turns := make(chan struct{}, atOnce)
	for _, p := range placements {
		turns <- struct{}{}
		all.Go(func() {
			defer func() { <-turns }()
			found, repeatErr := c.repeat(ctx, p)
			mu.Lock()
			defer mu.Unlock()
			if found {
				before = append(before, p)
			}
			if repeatErr != nil {
				err = repeatErr
			}
		})
	}
	all.Wait()
	return before, err
}

func (c *Crowd) repeat(ctx context.Context, p Placement) (before bool, err error) {
	begun := time.Now()
	again := p
	c.sendPlacement(&again)
	if again.Status != http.StatusCreated && again.Status != http.StatusAccepted {
		return false, fmt.Errorf("%s; repeated: %s", p, again)
	}
	a, err := c.request(ctx, http.MethodGet, "/v1/mypages/"+again.OrderID, nil)
	if err != nil || len(a.body.History) == 0 {
		return false, fmt.Errorf("%s; repeated: %s: %d %s (%v)", p, again, a.status, a.raw, err)
	}
	return a.body.History[0].At.Before(begun.Truncate(time.Microsecond)), nil
}

// Named reports whether any answer named the order.
func (c *Crowd) Named(orderID string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.orders[orderID] != nil
}

// IsListed reports whether the list of the placement's customer contains the order.
func (c *Crowd) IsListed(ctx context.Context, p Placement, orderID string) (bool, error) {
	a, err := c.request(ctx, http.MethodGet, "/v1/mypages?limit=200&customerId="+p.customer, nil)
	if err != nil || a.status != http.StatusOK {
		return false, fmt.Errorf("list of %s: %d %s (%v)", p.customer, a.status, a.raw, err)
	}
	return slices.ContainsFunc(a.body.Items, func(o struct{ ID string }) bool { return o.ID == orderID }), nil
}

// Refused reports whether the answer said that the request has placed nothing, and never
// will.
func (p Placement) Refused() bool {
	return p.Status == http.StatusServiceUnavailable && (p.OrderID == "" || p.Unsure)
}
