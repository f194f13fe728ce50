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

// Options say how many users there are, and which API they use.
type Options struct {
	URL   string
	Token string // of the requests, "" for none
	Users int
	// Think is the average pause of a user between two requests.
	Think time.Duration
}

// Crowd records its requests and their answers.
type Crowd struct {
	options Options
	http    *http.Client
	today   booking.Date
	shops   Shops

	mu      sync.Mutex
	records []Record
	stable  []stableOrder
	orders  map[string]*order
	placed  []*Placement
}

// Shops are the ids of the offers: places that confirm at once, that let their owner
// decide, or that have no rooms; a menu, and a drink.
type Shops struct{ Hotel, Inn, Full, Menu, Drink string }

type object map[string]any

const (
	// answerTimeout is how long a user waits for an answer. The service answers within
	// its longest wait for a slot, 10 s, its reply budget and some seconds.
	answerTimeout = 30 * time.Second
	// Days is the number of nights from today over which reservations are spread.
	Days  = 300
	rooms = 1000
	owner = "owner-of-all"
)

// New makes the offers.
func New(ctx context.Context, o Options) (*Crowd, error) {
	c := &Crowd{
		options: o, today: booking.DateOf(time.Now().UTC()), orders: map[string]*order{},
		http: &http.Client{Timeout: answerTimeout, Transport: &http.Transport{MaxIdleConnsPerHost: o.Users, DisableCompression: true}},
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

// Shops are the offers that the crowd orders from.
func (c *Crowd) Shops() Shops { return c.shops }

// Run lets the users do their journeys until ctx ends, and returns when each has the
// answer to its last request.
func (c *Crowd) Run(ctx context.Context) {
	c.each(ctx, func(u *user, turn int) { journeys[turn%len(journeys)](u) })
}

// each runs journey for each user in a loop until ctx ends.
func (c *Crowd) each(ctx context.Context, journey func(u *user, turn int)) {
	var all sync.WaitGroup
	for n := range c.options.Users {
		all.Go(func() {
			u := &user{Crowd: c, id: fmt.Sprintf("customer-%d", n), stop: ctx.Done()}
			u.think() // so that they do not all begin at once
			for turn := n; ctx.Err() == nil; turn++ {
				journey(u, turn)
			}
		})
	}
	all.Wait()
}

// user is a user of the crowd.
type user struct {
	*Crowd
	id   string
	stop <-chan struct{} // closed when the user has to stop
	open []openOrder     // placed orders that may be decided on
}

// think pauses, unless the user has to stop.
func (u *user) think() {
	if u.options.Think <= 0 {
		return
	}
	select {
	case <-u.stop:
	case <-time.After(rand.N(2 * u.options.Think)):
	}
}

// leaving reports whether the user has to stop.
func (u *user) leaving() bool {
	select {
	case <-u.stop:
		return true
	default:
		return false
	}
}
