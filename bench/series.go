package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync"
	"time"

	enumspb "go.temporal.io/api/enums/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/app"
)

// places that the reservations are spread over.
const places = 20

// series is one Yeyak and what was measured of it.
type series struct {
	way      string
	app      *app.App
	temporal client.Client
	url      string
	places   []string
	http     *http.Client
	runs     map[int][]result // by connections
	placed   int
	sample   string // one order, for its history
	events   int    // of that order's history, up to its answer
}

// result is one measurement.
type result struct {
	perSecond float64
	latencies []time.Duration // ascending
}

func (r result) quantile(q float64) time.Duration {
	if len(r.latencies) == 0 {
		return 0
	}
	return r.latencies[min(int(q*float64(len(r.latencies))), len(r.latencies)-1)]
}

func (s *series) close() {
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	s.app.Stop(ctx)
	s.temporal.Close()
}

type object map[string]any

func (s *series) openPlaces(ctx context.Context) error {
	s.http = &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 100}}
	today := booking.DateOf(time.Now().UTC())
	for range places {
		var p struct{ ID string }
		err := s.send(ctx, http.MethodPost, "/v1/lodging/places", object{
			"name": "Bench Inn", "ownerId": "bench", "confirmation": "auto",
			"price": object{"amount": 50000, "currency": "KRW"},
		}, http.StatusCreated, &p)
		if err != nil {
			return err
		}
		s.places = append(s.places, p.ID)
		if err := s.send(ctx, http.MethodPut, "/v1/lodging/places/"+p.ID+"/stock",
			object{"from": today, "to": today.AddDays(40), "rooms": 1000}, http.StatusOK, nil); err != nil {
			return err
		}
	}
	return nil
}

// reserve places the n-th order: two nights at one of the places.
func (s *series) reserve(ctx context.Context, n int) error {
	checkIn := booking.DateOf(time.Now().UTC()).AddDays(2 + n/places%30)
	var order struct{ ID, Status string }
	err := s.send(ctx, http.MethodPost, "/v1/lodging/reservations", object{
		"placeId": s.places[n%places], "customerId": fmt.Sprintf("customer-%d", n%1000),
		"checkIn": checkIn, "checkOut": checkIn.AddDays(2), "rooms": 1,
	}, http.StatusCreated, &order)
	if err == nil && order.Status != string(booking.Confirmed) {
		return fmt.Errorf("order %s is %s", order.ID, order.Status)
	}
	if n == 0 {
		s.sample = order.ID
	}
	return err
}

func (s *series) send(ctx context.Context, method, path string, in any, want int, out any) error {
	raw, err := json.Marshal(in)
	if err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, method, s.url+path, bytes.NewReader(raw))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/json")
	resp, err := s.http.Do(r)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return err
	}
	if resp.StatusCode != want {
		return fmt.Errorf("%s %s: %d %s", method, path, resp.StatusCode, body)
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal(body, out)
}

// measure places orders over so many connections, each of which sends the next
// one when it has the answer to the last, until the time is up.
func (s *series) measure(ctx context.Context, connections int, length time.Duration) error {
	var (
		mu   sync.Mutex
		wg   sync.WaitGroup
		errs error
		r    result
	)
	begun := time.Now()
	for range connections {
		wg.Go(func() {
			for time.Since(begun) < length && ctx.Err() == nil {
				mu.Lock()
				n, failed := s.placed, errs != nil
				s.placed++
				mu.Unlock()
				if failed {
					return
				}
				sent := time.Now()
				err := s.reserve(ctx, n)
				took := time.Since(sent)
				mu.Lock()
				r.latencies, errs = append(r.latencies, took), errors.Join(errs, err)
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	if errs != nil {
		return errs
	}
	r.perSecond = float64(len(r.latencies)) / time.Since(begun).Seconds()
	slices.Sort(r.latencies)
	s.runs[connections] = append(s.runs[connections], r)
	return ctx.Err()
}

// check looks at the books once the load is over: every order that was placed
// is confirmed, and holds its two nights.
func (s *series) check(ctx context.Context) error {
	orders := 0
	for _, run := range s.runs {
		for _, r := range run {
			orders += len(r.latencies)
		}
	}
	held := 0
	today := booking.DateOf(time.Now().UTC())
	for _, place := range s.places {
		var stock struct{ Items []booking.StockDay }
		if err := s.send(ctx, http.MethodGet, "/v1/lodging/places/"+place+"/stock?from="+today.String()+"&to="+today.AddDays(40).String(),
			nil, http.StatusOK, &stock); err != nil {
			return err
		}
		for _, n := range stock.Items {
			held += n.Capacity - n.Remaining
		}
	}
	if held != 2*orders {
		return fmt.Errorf("%d orders were confirmed and hold %d nights", orders, held)
	}
	if err := s.countOpen(ctx, orders); err != nil {
		return err
	}
	return s.countEvents(ctx)
}

// countOpen waits until the engine lists every order as open and confirmed.
func (s *series) countOpen(ctx context.Context, orders int) error {
	for range 100 {
		n, err := s.temporal.CountWorkflow(ctx, &workflowservice.CountWorkflowExecutionsRequest{
			Namespace: "bench-" + s.way, Query: "OrderStatus = 'confirmed' AND ExecutionStatus = 'Running'",
		})
		if err != nil {
			return err
		}
		if n.Count == int64(orders) {
			return nil
		}
		time.Sleep(100 * time.Millisecond) // visibility lags behind
	}
	return fmt.Errorf("the engine does not list all of %d orders as confirmed", orders)
}

// countEvents counts what the history of one order has grown to. An open order
// that nobody has decided on has had its answer and nothing since.
func (s *series) countEvents(ctx context.Context) error {
	history := s.temporal.GetWorkflowHistory(ctx, s.sample, "", false, enumspb.HISTORY_EVENT_FILTER_TYPE_ALL_EVENT)
	for s.events = 0; history.HasNext(); s.events++ {
		if _, err := history.Next(); err != nil {
			return err
		}
	}
	return nil
}
