package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/yeyak/yeyak/booking"
)

// line is one load, with the figures of the documents that it is taken from.
type line struct {
	name   string
	users  int
	length time.Duration
	method string
	path   string
	bodies []content // that requests send in turn; none for none
	orders bool      // each request is for an order
	theirs string    // percent that was served, as the documents say
}

type content map[string]any

// shops are the ids of what there is to order.
type shops struct{ place, menu, drink string }

const (
	siegeCustomer = "siege"
	siegeRooms    = 1000 // on each of siegeNights
	siegeNights   = 300
)

// lines are the documents' own command lines, on our routes.
func (s siege) lines(at shops) (lines []line) {
	meal := []content{{"menuId": at.menu, "customerId": siegeCustomer, "quantity": 1, "address": "12 Sejong-daero, Seoul"}}
	var stays []content // of a night each, so that none is sold out
	for n := range siegeNights {
		stays = append(stays, content{"placeId": at.place, "customerId": siegeCustomer, "checkIn": day(30 + n), "checkOut": day(31 + n), "rooms": 1})
	}
	call := []content{{"customerId": siegeCustomer, "tel": "+8221234567", "location": "12 Sejong-daero, Seoul"}}
	drink := []content{{"name": "Iced Americano", "ownerId": "bora", "price": price, "date": day(2), "count": 10}}
	for _, l := range []line{
		{"food orders, 60 s", 100, time.Minute, http.MethodPost, "/v1/food/orders", meal, true, "63.55"},
		{"food orders, 120 s", 100, 2 * time.Minute, http.MethodPost, "/v1/food/orders", meal, true, "92.45"},
		{"reservations, 60 s", 100, time.Minute, http.MethodPost, "/v1/lodging/reservations", stays, true, "63.55"},
		{"reservations, 120 s", 100, 2 * time.Minute, http.MethodPost, "/v1/lodging/reservations", stays, true, "92.45"},
		{"cleaning calls, 190 users", 190, time.Minute, http.MethodPost, "/v1/cleaning/calls", call, true, ""},
		{"cleaning calls, 200 users", 200, time.Minute, http.MethodPost, "/v1/cleaning/calls", call, true, ""},
		{"a place read", 20, 40 * time.Second, http.MethodGet, "/v1/lodging/places/" + at.place, nil, false, "100"},
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

// day is the date in this many days.
func day(n int) booking.Date { return booking.DateOf(time.Now().UTC()).AddDays(n) }

var price = content{"amount": 5000, "currency": "KRW"}

// openShops makes what there is to order.
func openShops(ctx context.Context, url string) (at shops, err error) {
	for _, open := range []struct {
		id   *string
		path string
		in   content
	}{
		{&at.place, "/v1/lodging/places", content{"name": "Grand Hotel", "ownerId": "bora", "price": price, "confirmation": "auto"}},
		{&at.menu, "/v1/food/menus", content{"name": "Bibimbap", "ownerId": "cora", "price": price}},
		{&at.drink, "/v1/cafe/menus", content{"name": "Latte", "ownerId": "bora", "price": price, "date": day(2), "count": 10}},
	} {
		var made struct{ ID string }
		if err := ask(ctx, http.MethodPost, url+open.path, open.in, &made); err != nil {
			return at, err
		}
		*open.id = made.ID
	}
	stock := content{"from": day(29), "to": day(30 + siegeNights), "rooms": siegeRooms}
	return at, ask(ctx, http.MethodPut, url+"/v1/lodging/places/"+at.place+"/stock", stock, nil)
}

// ask sends a request that has to succeed.
func ask(ctx context.Context, method, url string, in content, out any) error {
	var body bytes.Buffer
	if in != nil {
		if err := json.NewEncoder(&body).Encode(in); err != nil {
			return err
		}
	}
	r, err := http.NewRequestWithContext(ctx, method, url, &body)
	if err != nil {
		return err
	}
	if in != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	resp, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	if resp.StatusCode >= http.StatusBadRequest {
		return fmt.Errorf("%s %s: %s", method, url, resp.Status)
	}
	if out == nil {
		return nil
	}
	return json.NewDecoder(resp.Body).Decode(out)
}

// passing are the statuses that an order goes through by itself.
var passing = []string{"received", "payment_pending", "paid", "cancelling"}

// awaitRest waits until no order is on its way any more.
func awaitRest(ctx context.Context, url string) error {
	ctx, cancel := context.WithTimeout(ctx, restWithin)
	defer cancel()
	for _, status := range passing {
		for {
			var list struct{ Items []json.RawMessage }
			err := ask(ctx, http.MethodGet, url+"/v1/mypages?limit=1&customerId="+siegeCustomer+"&status="+status, nil, &list)
			if err == nil && len(list.Items) == 0 {
				break
			}
			select {
			case <-time.After(time.Second / 2):
			case <-ctx.Done():
				return fmt.Errorf("orders that are %s do not come to rest: %w", status, errors.Join(err, ctx.Err()))
			}
		}
	}
	return nil
}

// restWithin is how long orders may take to come to rest after a load.
const restWithin = 10 * time.Minute
