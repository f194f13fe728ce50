package main

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/rig/pgserver"
)

type object map[string]any

// answer is an answer of the API.
type answer struct {
	status int
	raw    string
	body   struct {
		ID     string
		Status any // a problem's is a number
		Reason booking.Reason
	}
}

// request sends a request to the entry point, with further headers.
func (o *operator) request(method, path string, in any, headers ...string) (a answer) {
	o.Helper()
	var payload io.Reader
	if in != nil {
		text, err := json.Marshal(in)
		require.NoError(o, err)
		payload = bytes.NewReader(text)
	}
	r, err := http.NewRequestWithContext(o.Context(), method, o.url+path, payload)
	require.NoError(o, err)
	if in != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	if o.token == "" {
		o.token = o.variable("TOKEN")
	}
	r.Header.Set("Authorization", "Bearer "+o.token)
	resp, err := (&http.Client{Timeout: waitTimeout}).Do(r)
	require.NoError(o, err)
	defer resp.Body.Close()
	text, err := io.ReadAll(resp.Body)
	require.NoError(o, err)
	a.status, a.raw = resp.StatusCode, string(text)
	require.NoError(o, json.Unmarshal(text, &a.body), "%s", text)
	return a
}

// wants fails unless the answer has one of the statuses.
func (a answer) wants(t testing.TB, statuses ...int) answer {
	t.Helper()
	require.Contains(t, statuses, a.status, "%s", a.raw)
	return a
}

func (o *operator) day(n int) booking.Date { return booking.DateOf(time.Now().UTC()).AddDays(n) }

// place creates a place with rooms for a month, with or without its owner's confirmation.
func (o *operator) place(confirmation, owner string) string {
	o.Helper()
	in := object{"name": "Seaside Inn", "ownerId": owner, "price": object{"amount": 50000, "currency": "KRW"}, "confirmation": confirmation}
	if confirmation == "manual" {
		in["confirmWithin"] = "24h"
	}
	id := o.request(http.MethodPost, "/v1/lodging/places", in).wants(o, http.StatusCreated).body.ID
	o.request(http.MethodPut, "/v1/lodging/places/"+id+"/stock", object{"from": o.day(30), "to": o.day(60), "rooms": 100}).wants(o, http.StatusOK)
	return id
}

const reservations = "/v1/lodging/reservations"

// reserves places an order, and waits until it is stable.
func (o *operator) reserves(place, customer string, stable booking.Status) (order string) {
	o.Helper()
	order = o.request(http.MethodPost, reservations, object{
		"placeId": place, "customerId": customer, "checkIn": o.day(30), "checkOut": o.day(32), "rooms": 1,
	}).wants(o, http.StatusCreated, http.StatusAccepted).body.ID
	o.orders = append(o.orders, order)
	o.becomes(order, stable)
	return order
}

func (o *operator) decides(order, decision string) {
	o.Helper()
	o.request(http.MethodPost, reservations+"/"+order+"/"+decision, nil).wants(o, http.StatusOK, http.StatusAccepted)
}

// page is the page that the order's customer reads.
func (o *operator) page(order string) answer {
	o.Helper()
	return o.request(http.MethodGet, "/v1/mypages/"+order, nil)
}

// becomes waits until the page shows the order in a status.
func (o *operator) becomes(order string, want booking.Status) (a answer) {
	o.Helper()
	o.until(func() bool { a = o.page(order); return a.body.Status == string(want) }, "%s does not become %s", order, want)
	return a
}

// refunded fails unless the whole payment of the order was refunded.
func (o *operator) refunded(order string) {
	o.Helper()
	require.Equal(o, "refunded", o.request(http.MethodGet, "/v1/payments/"+order, nil).wants(o, http.StatusOK).body.Status)
}

// pages are the pages of all orders, verbatim.
func (o *operator) pages() map[string]string {
	o.Helper()
	require.NotEmpty(o, o.orders)
	all := map[string]string{}
	for _, order := range o.orders {
		all[order] = o.page(order).wants(o, http.StatusOK).raw
	}
	return all
}

// events are the ids of all events after a position, and the position after them.
func (o *operator) events(after string) (ids []string, next string) {
	o.Helper()
	next = after
	for {
		var part struct {
			Items []struct{ ID string }
			Next  string
		}
		a := o.request(http.MethodGet, "/v1/events?limit=200&after="+next, nil).wants(o, http.StatusOK)
		require.NoError(o, json.Unmarshal([]byte(a.raw), &part))
		if next = part.Next; len(part.Items) == 0 {
			return ids, next
		}
		for _, e := range part.Items {
			ids = append(ids, e.ID)
		}
	}
}

// variable returns a variable of a terminal.
func (o *operator) variable(variable string) string {
	o.Helper()
	return o.shows(`printf %s "$` + variable + `"`)
}

// alters changes the database of all services, as an operator never should.
func (o *operator) alters(statement string) {
	o.Helper()
	require.NoError(o, pgserver.Execute(o.Context(), o.variable("DATABASE_URL"), statement))
}

// rows counts the stored pages of orders. The API would answer for missing ones from their
// workflows.
func (o *operator) rows(orders ...string) int {
	o.Helper()
	n, err := strconv.Atoi(strings.TrimSpace(o.shows(`psql "$DATABASE_URL" --no-align --tuples-only -c "select count(*) from orders where id in ('` +
		strings.Join(orders, "', '") + `')"`)))
	require.NoError(o, err)
	return n
}

// clean follows the audit's recipe, which must find nothing. Exit code 2 means that the audit
// could not judge some order, for example one in the memory of a process that has just
// ended. The recipe then says to repeat it.
func (o *operator) clean() {
	o.Helper()
	o.until(func() bool {
		said, err := o.tries("Audit")
		require.Contains(o, said, "Nothing that was checked is wrong.")
		if err != nil {
			o.Logf("repeats the audit: %v\n%s", err, said)
			return false
		}
		require.Contains(o, said, `"findings": []`)
		return true
	}, "the audit cannot judge every order")
}
