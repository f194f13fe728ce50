package crowd

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"

	"github.com/yeyak/yeyak/booking"
)

// Options says how many there are, and where.
type Options struct {
	URL   string
	Token string // that requests present, "" for none
	Users int
	// Think is how long a user does nothing between two requests, on average.
	Think time.Duration
}

// Crowd remembers what it was answered.
type Crowd struct {
	options Options
	http    *http.Client
	today   booking.Date
	shops   Shops

	mu      sync.Mutex
	records []Record
	rests   []rest
	orders  map[string]*order
	placed  []*Placement
}

// Shops are the ids of what there is to order: places that are booked at once, or
// decided on by their owner, or have no rooms; a menu, and a drink.
type Shops struct{ Hotel, Inn, Full, Menu, Drink string }

type object map[string]any

const (
	// patience is how long a user waits for an answer. The service answers
	// within the time that a request waits for its turn, 10 s, its reply budget and
	// some seconds.
	patience = 30 * time.Second
	// Days is over how many nights from today reservations are spread.
	Days  = 300
	rooms = 1000
	owner = "owner-of-all"
)

// New opens the shops.
func New(ctx context.Context, o Options) (*Crowd, error) {
	c := &Crowd{
		options: o, today: booking.DateOf(time.Now().UTC()), orders: map[string]*order{},
		http: &http.Client{Timeout: patience, Transport: &http.Transport{MaxIdleConnsPerHost: o.Users, DisableCompression: true}},
	}
	price := object{"amount": 50000, "currency": "KRW"}
	for _, open := range []struct {
		id         *string
		path, name string
		more       object
	}{
		{&c.shops.Hotel, "/v1/lodging/places", "Grand Hotel", object{"confirmation": "auto"}},
		{&c.shops.Inn, "/v1/lodging/places", "Seaside Inn", object{"confirmation": "manual", "confirmWithin": "24h"}},
		{&c.shops.Full, "/v1/lodging/places", "Full House", object{"confirmation": "auto"}},
		{&c.shops.Menu, "/v1/food/menus", "Bibimbap", nil},
		{&c.shops.Drink, "/v1/cafe/menus", "Iced Americano", object{"date": c.today.AddDays(2), "count": 100_000}},
	} {
		in := object{"name": open.name, "ownerId": owner, "price": price}
		for k, v := range open.more {
			in[k] = v
		}
		var made struct{ ID string }
		if err := c.setUp(ctx, http.MethodPost, open.path, in, http.StatusCreated, &made); err != nil {
			return nil, err
		}
		*open.id = made.ID
	}
	for _, place := range []string{c.shops.Hotel, c.shops.Inn} {
		stock := object{"from": c.today, "to": c.today.AddDays(Days + 10), "rooms": rooms}
		if err := c.setUp(ctx, http.MethodPut, "/v1/lodging/places/"+place+"/stock", stock, http.StatusOK, nil); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// Shops are what the crowd orders from.
func (c *Crowd) Shops() Shops { return c.shops }

// Run lets the users go about their journeys until ctx ends, and returns when
// each has had the answer to its last request.
func (c *Crowd) Run(ctx context.Context) {
	c.each(ctx, func(u *user, turn int) { journeys[turn%len(journeys)](u) })
}

// each lets each user take turns until ctx ends.
func (c *Crowd) each(ctx context.Context, takeTurn func(u *user, turn int)) {
	var all sync.WaitGroup
	for n := range c.options.Users {
		all.Go(func() {
			u := &user{Crowd: c, id: fmt.Sprintf("customer-%d", n), over: ctx.Done()}
			u.think() // so that they do not all begin at once
			for turn := n; ctx.Err() == nil; turn++ {
				takeTurn(u, turn)
			}
		})
	}
	all.Wait()
}

// user is one of them.
type user struct {
	*Crowd
	id   string
	over <-chan struct{} // closed when it is time to go home
	open []standing      // orders that were placed, and may be decided on
}

// think passes some time, unless it is time to go home.
func (u *user) think() {
	if u.options.Think <= 0 {
		return
	}
	select {
	case <-u.over:
	case <-time.After(rand.N(2 * u.options.Think)):
	}
}

// leaving tells whether it is time to go home.
func (u *user) leaving() bool {
	select {
	case <-u.over:
		return true
	default:
		return false
	}
}
