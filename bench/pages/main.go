// Command pages measures the cost of the pages for browsers, in alternating rounds of one
// run: an order's page against the same order as JSON, and orders with and without open
// live pages.
package main

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"net/http"
	"time"

	"github.com/yeyak/yeyak/bench/lab"
	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/child"
)

type plan struct {
	rounds, streams, perSecond int
	reading, ordering          time.Duration
	profile                    string
	lab.Flags
}

func main() {
	var p plan
	flag.IntVar(&p.rounds, "rounds", 5, "rounds of each measurement")
	flag.DurationVar(&p.reading, "reading", 4*time.Second, "how long an order is read in each round")
	flag.DurationVar(&p.ordering, "ordering", 10*time.Second, "how long orders are placed in each round, with live pages and without")
	flag.IntVar(&p.perSecond, "orders", 30, "orders placed in a second")
	flag.IntVar(&p.streams, "streams", 256, "live pages that are open")
	flag.StringVar(&p.profile, "profile", "", "file for a CPU profile of Yeyak while an order's page is read and nothing else; Yeyak then runs in a program of the bench's that offers it")
	p.Flags = lab.ParseFlags("pages")
	lab.Main(p.Flags, p.run)
}

// knownByName makes the names in orders those of their customers.
var knownByName = []string{"YEYAK_AUTH_CLAIMS=names=sub"}

// streamsEach is how many live pages a customer may have open.
const streamsEach = 16

// stall is the service under test with its customers.
type stall struct {
	plan
	shop     *lab.Shop
	service  *lab.Service
	visitors []*lab.Visitor
	orders   []string // of each visitor, confirmed
	undone   string   // a cancelled order of the first visitor
	profiles string   // the URL of profiles, "" for none
}

func (p plan) run(ctx context.Context, w *lab.World) error {
	s, err := p.open(ctx, w)
	if err != nil {
		return err
	}
	machine, err := w.Describe(ctx)
	if err != nil {
		return err
	}
	r := report{Machine: machine, Streams: p.streams, PerSecond: p.perSecond}
	if s.profiles != "" {
		return s.takeProfile(ctx)
	}
	for n := range p.rounds {
		fmt.Printf("round %d of %d\n", n+1, p.rounds)
		if err := s.read(ctx, &r); err != nil {
			return err
		}
		if err := s.place(ctx, &r, n); err != nil {
			return err
		}
	}
	return r.publish(p.Out)
}

// open starts the service and lets customers order and log in.
func (p plan) open(ctx context.Context, w *lab.World) (*stall, error) {
	s := &stall{plan: p}
	setup := lab.Setup{Name: "pages", Program: p.Yeyak, Env: knownByName}
	if p.profile != "" {
		ports, err := child.FreePorts(1)
		if err != nil {
			return nil, err
		}
		setup.Program, setup.Args = p.Naive, []string{"--saga", "yeyak", "--profile-listen", child.Address(ports[0])}
		s.profiles = "http://" + child.Address(ports[0]) + "/debug/pprof/"
	}
	var err error
	if s.service, err = w.Service(ctx, setup); err != nil {
		return nil, err
	}
	if s.shop, err = lab.OpenPlaces(ctx, s.service); err != nil {
		return nil, err
	}
	if err := s.order(ctx); err != nil {
		return nil, err
	}
	for n := range s.orders {
		v, err := w.Visitor(ctx, s.service, lab.Customer(n))
		if err != nil {
			return nil, err
		}
		s.visitors = append(s.visitors, v)
	}
	return s, nil
}

// order places an order for each future visitor, and another one for the first of them,
// which is cancelled. It waits until all are in the read model: a customer who logs in is
// identified by their orders.
func (s *stall) order(ctx context.Context) error {
	for n := range (s.streams + streamsEach - 1) / streamsEach {
		order, err := s.placeOne(ctx, n)
		if err != nil {
			return err
		}
		s.orders = append(s.orders, order)
	}
	var err error
	if s.undone, err = s.placeOne(ctx, lab.Customers); err != nil {
		return err
	}
	if err := s.shop.Cancel(ctx, s.undone); err != nil {
		return err
	}
	_, err = s.service.AwaitStable(ctx)
	return err
}

// placeOne places the n-th order and returns its id.
func (s *stall) placeOne(ctx context.Context, n int) (string, error) {
	a, err := s.shop.Place(ctx, n, "")
	if err == nil && (a.Code != http.StatusCreated || a.Status != booking.Confirmed) {
		err = fmt.Errorf("a reservation was answered %+v", a)
	}
	return a.Order, err
}

// read reads orders of the first visitor, alternately as pages and as JSON, so that other
// work of the machine affects both alike.
func (s *stall) read(ctx context.Context, r *report) error {
	v := s.visitors[0]
	for _, of := range []struct{ name, order string }{{confirmed, s.orders[0]}, {undone, s.undone}} {
		asJSON := lab.Get(s.service.URL, v.Token, []string{"/v1/mypages/" + of.order})
		var times [2]time.Duration
		pair := func(ctx context.Context, n int) error {
			begun := time.Now()
			if err := v.Open(ctx, "/orders/"+of.order); err != nil {
				return err
			}
			times[0] = time.Since(begun)
			begun = time.Now()
			err := asJSON(ctx, n)
			times[1] = time.Since(begun)
			r.reads(of.name, times)
			return err
		}
		if _, err := lab.Closed(ctx, lab.Load{Connections: 1, Length: s.reading}, pair); err != nil {
			return err
		}
	}
	return nil
}

// place places orders without live pages and with them, in an order that alternates.
func (s *stall) place(ctx context.Context, r *report, round int) error {
	for i := range 2 {
		open := (round+i)%2 == 1
		run, err := s.placing(ctx, open)
		if err != nil {
			return err
		}
		fmt.Printf("  orders, live pages open: %v: p50 %.1f ms, p99 %.1f ms\n", open, run.Quantile(0.5), run.Quantile(0.99))
		r.orders(open, run)
	}
	return nil
}

func (s *stall) placing(ctx context.Context, open bool) (lab.Run, error) {
	ctx, done := context.WithCancel(ctx)
	defer done()
	for n := range s.streams {
		if !open {
			break
		}
		if err := s.visitors[n/streamsEach].Follow(ctx, s.orders[n/streamsEach]); err != nil {
			return lab.Run{}, err
		}
	}
	return lab.Paced(ctx, s.perSecond, s.ordering, func(ctx context.Context, n int) error {
		_, err := s.placeOne(ctx, len(s.visitors)+n)
		return err
	})
}

// takeProfile profiles Yeyak while the page of an order is read.
func (s *stall) takeProfile(ctx context.Context) error {
	fetched := make(chan error, 1)
	length := s.reading * time.Duration(s.rounds)
	go func() { fetched <- lab.FetchProfile(ctx, s.profiles, length, s.profile) }()
	_, err := lab.Closed(ctx, lab.Load{Connections: 2, Length: length}, func(ctx context.Context, _ int) error {
		return s.visitors[0].Open(ctx, "/orders/"+s.orders[0])
	})
	return cmp.Or(err, <-fetched)
}
