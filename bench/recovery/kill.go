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

// round is one kill. Times are seconds after it.
type round struct {
	PerSecondBefore float64 `json:"ordersPerSecondBefore"`
	// Ready is when the new process reported that it is ready.
	Ready float64 `json:"ready"`
	// FirstNew is when the first order that was placed after the kill was confirmed.
	// FirstCaught and LastCaught are the same for orders that the kill interrupted.
	FirstNew    float64 `json:"firstNew"`
	Caught      int     `json:"caught"`
	FirstCaught float64 `json:"firstCaught"`
	LastCaught  float64 `json:"lastCaught"`
	// LongestWait is the longest time that a customer waited for a confirmation.
	LongestWait float64 `json:"longestWaitOfACustomer"`
}

// first is when the first order of all was confirmed.
func (r round) first() float64 {
	if r.Caught > 0 {
		return min(r.FirstNew, r.FirstCaught)
	}
	return r.FirstNew
}

// kill kills the victim under load, starts it again at once, and follows the orders.
func (p plan) kill(ctx context.Context, shop *lab.Shop, victim *lab.Program) (round, error) {
	var seen []sighting
	var mu sync.Mutex
	order := func(ctx context.Context, n int) error {
		s, err := orderUntilConfirmed(ctx, shop, n)
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

// sighting is what a customer saw of an order.
type sighting struct{ sent, placed, confirmed time.Time }

// retryAfter is the pause before a customer without an order repeats the request.
const retryAfter = 20 * time.Millisecond

// orderUntilConfirmed repeats a request for an order until the order is confirmed.
func orderUntilConfirmed(ctx context.Context, shop *lab.Shop, n int) (sighting, error) {
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
		case <-time.After(retryAfter):
		case <-ctx.Done():
			return sighting{}, ctx.Err()
		}
	}
}

// judge computes the figures of a kill. The kill interrupted an order if the order was
// placed before it and confirmed after it.
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
