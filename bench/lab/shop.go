package lab

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/yeyak/yeyak/booking"
)

// The offers: rooms for all customers, over so many places and nights, and one place that
// is full.
const (
	places = 50
	nights = 30
	// Customers is the number of customers. Customer gives them names.
	Customers = 1000
	// stay is the number of nights of a reservation.
	stay = 2
	// soldOutEvery: one of so many orders is for the full place.
	soldOutEvery = 10
)

// Shop places reservations with a service and records the answers.
type Shop struct {
	service *Service
	http    *http.Client
	today   booking.Date
	open    []string
	full    string // the place that is full

	mu        sync.Mutex
	confirmed []string
	soldOut   []string
}

// Customer is the name of the n-th customer.
func Customer(n int) string { return fmt.Sprintf("customer-%d", n%Customers) }

type object map[string]any

// NewHTTPClient makes a client that keeps its connections open.
func NewHTTPClient() *http.Client {
	return &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 1000, DisableCompression: true}}
}

// OpenShop creates the places.
func OpenShop(ctx context.Context, s *Service) (*Shop, error) {
	shop, err := OpenPlaces(ctx, s)
	if err != nil {
		return nil, err
	}
	if shop.full, err = shop.openPlace(ctx, 1); err != nil {
		return nil, err
	}
	return shop, shop.reserve(ctx, shop.full, shop.today.AddDays(1), nights+2*stay, booking.Confirmed)
}

// OpenPlaces creates a shop with room for all, and no reservation.
func OpenPlaces(ctx context.Context, s *Service) (*Shop, error) {
	shop := &Shop{service: s, http: NewHTTPClient(), today: booking.DateOf(time.Now().UTC())}
	for range places {
		place, err := shop.openPlace(ctx, 1000)
		if err != nil {
			return nil, err
		}
		shop.open = append(shop.open, place)
	}
	return shop, nil
}

func (s *Shop) openPlace(ctx context.Context, rooms int) (id string, err error) {
	var place struct{ ID string }
	err = s.require(ctx, http.MethodPost, "/v1/lodging/places", object{
		"name": "Bench Inn", "ownerId": "bench", "confirmation": "auto", "price": object{"amount": 50000, "currency": "KRW"},
	}, http.StatusCreated, &place)
	if err != nil {
		return "", err
	}
	return place.ID, s.require(ctx, http.MethodPut, "/v1/lodging/places/"+place.ID+"/stock",
		object{"from": s.today, "to": s.today.AddDays(nights + 3*stay), "rooms": rooms}, http.StatusOK, nil)
}

// Reserve places the n-th reservation: two nights at one of the places, or at the full one.
func (s *Shop) Reserve(ctx context.Context, n int) error {
	if n%soldOutEvery == soldOutEvery-1 {
		return s.reserve(ctx, s.full, s.night(n), stay, booking.Cancelled)
	}
	return s.reserve(ctx, s.open[n%places], s.night(n), stay, booking.Confirmed)
}

func (s *Shop) night(n int) booking.Date { return s.today.AddDays(stay + n/places%nights) }

// Answer is the relevant part of the answer to a reservation.
type Answer struct {
	Code       int // of HTTP
	RetryAfter string
	Problem    string // the code of a problem
	Order      string // its id, "" if the answer names none
	Status     booking.Status
	Reason     booking.Reason
	PlacedAt   time.Time
}

// Place places the n-th reservation at one of the places with room, under an
// Idempotency-Key unless that is empty.
func (s *Shop) Place(ctx context.Context, n int, key string) (Answer, error) {
	return s.place(ctx, s.open[n%places], n%Customers, s.night(n), stay, key)
}

func (s *Shop) place(ctx context.Context, place string, customer int, checkIn booking.Date, nights int, key string) (Answer, error) {
	header := http.Header{}
	if key != "" {
		header.Set("Idempotency-Key", key)
	}
	code, said, body, err := s.send(ctx, http.MethodPost, "/v1/lodging/reservations", header, object{
		"placeId": place, "customerId": Customer(customer),
		"checkIn": checkIn, "checkOut": checkIn.AddDays(nights), "rooms": 1,
	})
	if err != nil {
		return Answer{}, err
	}
	a := Answer{Code: code, RetryAfter: said.Get("Retry-After")}
	type order struct {
		ID      string
		Status  booking.Status
		Reason  booking.Reason
		History []struct{ At time.Time }
	}
	var found order
	if code == http.StatusCreated || code == http.StatusAccepted {
		err = json.Unmarshal(body, &found)
	} else { // a problem, which may contain the order
		var p struct {
			Code  string
			Order order
		}
		err = json.Unmarshal(body, &p)
		found, a.Problem = p.Order, p.Code
	}
	if err != nil {
		return a, fmt.Errorf("%d %s: %w", code, body, err)
	}
	a.Order, a.Status, a.Reason = found.ID, found.Status, found.Reason
	if len(found.History) > 0 {
		a.PlacedAt = found.History[0].At
	}
	return a, nil
}

// reserve places a reservation, and fails if its outcome is not want.
func (s *Shop) reserve(ctx context.Context, place string, checkIn booking.Date, nights int, want booking.Status) error {
	s.mu.Lock()
	customer := (len(s.confirmed) + len(s.soldOut)) % Customers
	s.mu.Unlock()
	a, err := s.place(ctx, place, customer, checkIn, nights, "")
	if err != nil {
		return fmt.Errorf("reserve: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case want == booking.Confirmed && a.Code == http.StatusCreated && a.Status == booking.Confirmed:
		s.confirmed = append(s.confirmed, a.Order)
	case want == booking.Cancelled && a.Code == http.StatusConflict && a.Status == booking.Cancelled && a.Reason == booking.SoldOut:
		s.soldOut = append(s.soldOut, a.Order)
	default:
		return fmt.Errorf("a reservation that was to be %s was answered %+v", want, a)
	}
	return nil
}

// Cancel cancels a reservation, and returns when it is cancelled.
func (s *Shop) Cancel(ctx context.Context, order string) error {
	var v struct{ Status booking.Status }
	err := s.require(ctx, http.MethodPost, "/v1/lodging/reservations/"+order+"/cancel", object{"reason": "a bench"}, http.StatusOK, &v)
	if err == nil && v.Status != booking.Cancelled {
		err = fmt.Errorf("reservation %s was cancelled and is %s", order, v.Status)
	}
	return err
}

// Orders are the ids of the confirmed orders, oldest first.
func (s *Shop) Orders() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.confirmed...)
}

// require sends a request whose answer must have the status want.
func (s *Shop) require(ctx context.Context, method, path string, in any, want int, out any) error {
	status, _, body, err := s.send(ctx, method, path, http.Header{}, in)
	if err != nil {
		return err
	}
	if status != want {
		return fmt.Errorf("%s %s: %d %s", method, path, status, body)
	}
	if out == nil {
		return nil
	}
	return json.Unmarshal(body, out)
}

func (s *Shop) send(ctx context.Context, method, path string, header http.Header, in any) (status int, said http.Header, body []byte, err error) {
	raw, err := json.Marshal(in)
	if err != nil {
		return 0, nil, nil, err
	}
	r, err := http.NewRequestWithContext(ctx, method, s.service.URL+path, bytes.NewReader(raw))
	if err != nil {
		return 0, nil, nil, err
	}
	r.Header = header
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+s.service.token)
	resp, err := s.http.Do(r)
	if err != nil {
		return 0, nil, nil, err
	}
	defer resp.Body.Close()
	body, err = io.ReadAll(resp.Body)
	return resp.StatusCode, resp.Header, body, err
}

// CustomerLists are the paths of the lists of all customers.
func CustomerLists() []string {
	paths := make([]string, Customers)
	for n := range paths {
		paths[n] = "/v1/mypages?customerId=" + Customer(n)
	}
	return paths
}

// Get makes a load of reads: each request gets the next of the paths from the service at
// url, and fails unless the answer is 200. The requests have the token, if there is one.
func Get(url, token string, paths []string) Do {
	c := NewHTTPClient()
	return func(ctx context.Context, n int) error {
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, url+paths[n%len(paths)], nil)
		if err != nil {
			return err
		}
		if token != "" {
			r.Header.Set("Authorization", "Bearer "+token)
		}
		resp, err := c.Do(r)
		if err != nil {
			return err
		}
		defer resp.Body.Close()
		if resp.StatusCode != http.StatusOK {
			return fmt.Errorf("%s: %s", r.URL, resp.Status)
		}
		_, err = io.Copy(io.Discard, resp.Body)
		return err
	}
}
