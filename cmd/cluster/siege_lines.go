package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/rig/cluster/crowd"
)

// line is one load, with the figures of the documents from which it is taken.
type line struct {
	name   string
	users  int
	length time.Duration
	method string
	path   string
	bodies []content // of the requests, in turn; none for no body
	orders bool      // each request is for an order
	theirs string    // percentage that was served, by the documents
}

type content map[string]any

// siegeCustomer is the customer of all orders.
const siegeCustomer = "siege"

// lines are the documents' own command lines, on Yeyak's routes.
func (s siege) lines(at crowd.Shops) (lines []line) {
	meal := []content{{"menuId": at.Menu, "customerId": siegeCustomer, "quantity": 1, "address": "12 Sejong-daero, Seoul"}}
	var stays []content // of one night each, so that none is sold out
	for n := range crowd.Days {
		stays = append(stays, content{"placeId": at.Hotel, "customerId": siegeCustomer, "checkIn": day(n + 1), "checkOut": day(n + 2), "rooms": 1})
	}
	call := []content{{"customerId": siegeCustomer, "tel": "+8221234567", "location": "12 Sejong-daero, Seoul"}}
	drink := []content{{"name": "Iced Americano", "ownerId": "bora", "price": content{"amount": 5000, "currency": "KRW"}, "date": day(2), "count": 10}}
	for _, l := range []line{
		{"food orders, 60 s", 100, time.Minute, http.MethodPost, "/v1/food/orders", meal, true, "63.55"},
		{"food orders, 120 s", 100, 2 * time.Minute, http.MethodPost, "/v1/food/orders", meal, true, "92.45"},
		{"reservations, 60 s", 100, time.Minute, http.MethodPost, "/v1/lodging/reservations", stays, true, "63.55"},
		{"reservations, 120 s", 100, 2 * time.Minute, http.MethodPost, "/v1/lodging/reservations", stays, true, "92.45"},
		{"cleaning calls, 190 users", 190, time.Minute, http.MethodPost, "/v1/cleaning/calls", call, true, ""},
		{"cleaning calls, 200 users", 200, time.Minute, http.MethodPost, "/v1/cleaning/calls", call, true, ""},
		{"a place read", 20, 40 * time.Second, http.MethodGet, "/v1/lodging/places/" + at.Hotel, nil, false, "100"},
		{"menus read", 100, time.Minute, http.MethodGet, "/v1/cafe/menus", nil, false, "100"},
		{"menus registered", 1, 4 * time.Minute, http.MethodPost, "/v1/cafe/menus", drink, false, "99.97"},
	} {
		if strings.Contains(l.name, s.Only) {
			l.length = max(time.Second, time.Duration(float64(l.length)*s.Part).Round(time.Second))
			lines = append(lines, l)
		}
	}
	return lines
}

// day is the date n days from today.
func day(n int) booking.Date { return booking.DateOf(time.Now().UTC()).AddDays(n) }

// unstable are the statuses that an order leaves without a decision.
var unstable = []string{"received", "payment_pending", "paid", "cancelling"}

// awaitStable waits until all orders are stable.
func awaitStable(ctx context.Context, url string) error {
	ctx, cancel := context.WithTimeout(ctx, loadStableWithin)
	defer cancel()
	for _, status := range unstable {
		for {
			some, err := thereAre(ctx, url, status)
			if err == nil && !some {
				break
			}
			if ctx.Err() != nil {
				return fmt.Errorf("orders that are %s do not become stable: %w", status, errors.Join(err, ctx.Err()))
			}
			pause(ctx, time.Second/2)
		}
	}
	return nil
}

// thereAre reports whether any order of the loads has the status.
func thereAre(ctx context.Context, url, status string) (bool, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url+"/v1/mypages?limit=1&customerId="+siegeCustomer+"&status="+status, nil)
	if err != nil {
		return false, err
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return false, err
	}
	defer resp.Body.Close()
	var list struct{ Items []json.RawMessage }
	if resp.StatusCode != http.StatusOK {
		return false, fmt.Errorf("list orders: %s", resp.Status)
	}
	err = json.NewDecoder(resp.Body).Decode(&list)
	return len(list.Items) > 0, err
}

// loadStableWithin is how long orders may take to become stable after a load.
const loadStableWithin = 10 * time.Minute
