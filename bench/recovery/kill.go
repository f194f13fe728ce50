package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/yeyak/yeyak/bench/lab"
	"github.com/yeyak/yeyak/booking"
)

// round is one kill. Times are seconds since then.
type round struct {
	PerSecondBefore float64 `json:"ordersPerSecondBefore"`
	// Ready is when the new process said that it is.
	Ready float64 `json:"ready"`
	// FirstNew is when the first order was confirmed that was placed after the
	// kill, FirstCaught and LastCaught those that it had caught in the middle.
	FirstNew    float64 `json:"firstNew"`
	Caught      int     `json:"caught"`
	FirstCaught float64 `json:"firstCaught"`
	LastCaught  float64 `json:"lastCaught"`
	// LongestWait is for how long, at most, a customer had no confirmation.
	LongestWait float64 `json:"longestWaitOfACustomer"`
}

// first completed order of all.
func (r round) first() float64 {
	if r.Caught > 0 {
		return min(r.FirstNew, r.FirstCaught)
	}
	return r.FirstNew
}

// kill kills the victim under load, starts it again at once, and watches what
// comes of the orders.
func (p plan) kill(ctx context.Context, shop *lab.Shop, victim *lab.Program) (round, error) {
	var seen []sighting
	var mu sync.Mutex
	order := func(ctx context.Context, n int) error {
		s, err := insist(ctx, shop, n)
		mu.Lock()
		defer mu.Unlock()
		seen = append(seen, s)
		return err
	}
	var killed, ready time.Time
	failed := make(chan error, 1)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	begun := time.Now()
	go func() {
		select {
		case <-time.After(p.before):
		case <-ctx.Done():
		}
		killed = time.Now()
		victim.Kill()
		err := victim.Again(ctx)
		ready = time.Now()
		failed <- err
		if err != nil {
			cancel()
		}
	}()
	_, err := lab.Closed(ctx, lab.Load{Connections: p.connections, Length: p.before + p.after}, order)
	if restarting := <-failed; restarting != nil {
		err = restarting
	}
	if err != nil {
		return round{}, err
	}
	r := judge(seen, killed)
	r.Ready = ready.Sub(killed).Seconds()
	r.PerSecondBefore /= killed.Sub(begun).Seconds()
	return r, nil
}

// sighting is an order as its customer saw it.
type sighting struct{ sent, placed, confirmed time.Time }

// again is how soon a customer who was refused or not answered asks again.
const again = 20 * time.Millisecond

// insist places an order and does not rest until it is confirmed.
func insist(ctx context.Context, shop *lab.Shop, n int) (sighting, error) {
	key := uuid.NewString()
	sent := time.Now()
	for {
		a, err := shop.Place(ctx, n, key)
		if err == nil && a.Status == booking.Confirmed {
			return sighting{sent, a.PlacedAt, time.Now()}, nil
		}
		if err == nil && (a.Code/100 == 4 || a.Status == booking.Cancelled) {
			return sighting{}, fmt.Errorf("a reservation was answered %+v", a)
		}
		select {
		case <-time.After(again):
		case <-ctx.Done():
			return sighting{}, ctx.Err()
		}
	}
}

// judge tells what the kill did. An order was caught in the middle when it had
// been placed before and was confirmed after.
func judge(seen []sighting, killed time.Time) (r round) {
	since := func(t time.Time) float64 { return t.Sub(killed).Seconds() }
	for _, s := range seen {
		r.LongestWait = max(r.LongestWait, s.confirmed.Sub(s.sent).Seconds())
		at := since(s.confirmed)
		switch {
		case at < 0:
			r.PerSecondBefore++
		case s.placed.Before(killed):
			if r.Caught++; r.FirstCaught == 0 || at < r.FirstCaught {
				r.FirstCaught = at
			}
			r.LastCaught = max(r.LastCaught, at)
		case r.FirstNew == 0 || at < r.FirstNew:
			r.FirstNew = at
		}
	}
	return r
}
