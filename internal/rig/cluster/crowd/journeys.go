package crowd

import (
	"math/rand/v2"
	"net/http"
	"time"

	"github.com/yeyak/yeyak/booking"
)

// journeys are what a user does, in turn.
var journeys = []func(*user){
	(*user).stayAtHotel, (*user).stayAtInn, (*user).eat, (*user).stayAtInn, (*user).drink, (*user).findNoRoom,
}

// Paths of orders.
const (
	reservations = "/v1/lodging/reservations"
	meals        = "/v1/food/orders"
	cups         = "/v1/cafe/orders"
)

// stayAtHotel reserves a place that confirms at once, and cancels half of the time.
func (u *user) stayAtHotel() {
	o := u.place(reservations, u.reservation(u.shops.Hotel), booking.Confirmed)
	if u.awaitWanted(o) && rand.IntN(2) == 0 {
		u.decide(o, reservations, "cancel", nil, booking.Cancelled)
	}
}

// stayAtInn reserves a place whose owner finds the order on their list and confirms or
// rejects it; one in four guests then cancels.
func (u *user) stayAtInn() {
	o := u.place(reservations, u.reservation(u.shops.Inn), booking.AwaitingOwner)
	if !u.awaitWanted(o) {
		return
	}
	u.read("/v1/orders?status=awaiting_owner&limit=5&ownerId=" + owner)
	if rand.IntN(5) == 0 {
		u.decide(o, reservations, "reject", object{"reason": "We are renovating"}, booking.Cancelled)
		return
	}
	if u.decide(o, reservations, "confirm", nil, booking.Confirmed) && rand.IntN(4) == 0 {
		u.decide(o, reservations, "cancel", nil, booking.Cancelled)
	}
}

// eat orders a meal, which its courier delivers or its customer cancels.
func (u *user) eat() {
	o := u.place(meals, u.meal(), booking.Delivering)
	if !u.awaitWanted(o) {
		return
	}
	if rand.IntN(3) == 0 {
		u.decide(o, meals, "cancel", nil, booking.Cancelled)
	} else {
		u.decide(o, "/v1/food/deliveries", "complete", nil, booking.Delivered)
	}
}

// drink orders a drink, which is made or cancelled.
func (u *user) drink() {
	o := u.place(cups, u.cup(), booking.InProduction)
	if !u.awaitWanted(o) {
		return
	}
	if rand.IntN(3) == 0 {
		u.decide(o, cups, "cancel", nil, booking.Cancelled)
	} else {
		u.decide(o, "/v1/cafe/productions", "complete", nil, booking.Completed)
	}
}

// findNoRoom reserves a full place: the payment is refunded.
func (u *user) findNoRoom() {
	o := u.place(reservations, u.reservation(u.shops.Full), booking.Cancelled)
	u.awaitWanted(o)
	u.read("/v1/mypages?limit=10&customerId=" + u.id)
}

func (u *user) reservation(place string) object {
	checkIn := u.today.AddDays(3 + rand.IntN(Days))
	return object{"placeId": place, "customerId": u.id, "checkIn": checkIn, "checkOut": checkIn.AddDays(2), "rooms": 1}
}

func (u *user) meal() object {
	return object{"menuId": u.shops.Menu, "customerId": u.id, "quantity": 1, "address": "12 Sejong-daero, Seoul"}
}

func (u *user) cup() object {
	return object{"menuId": u.shops.Drink, "customerId": u.id, "quantity": 1}
}

// order is an order as a user was answered. want is its expected status; orWant is
// allowed as well if the answer to a decision was unclear.
type order struct {
	id     string
	want   booking.Status
	orWant booking.Status
	// unsure means that the order may not exist, and then never will.
	unsure     bool
	answerText string // the request and its answer; only for orders of OrderOn
	// requested is when it was placed, or last decided on.
	requested time.Time
}

// place orders, and returns nil if the order was not accepted. want is the status that
// the order reaches without a decision.
func (u *user) place(path string, in object, want booking.Status) *order {
	defer u.think()
	expected := []int{http.StatusCreated, http.StatusAccepted}
	if want == booking.Cancelled {
		expected = []int{http.StatusConflict, http.StatusAccepted} // sold out
	}
	begun := time.Now()
	a := u.send(http.MethodPost, path, in, expected...)
	if a.failed() || a.order() == "" {
		return nil
	}
	o := &order{id: a.order(), want: want, requested: begun}
	u.mu.Lock()
	defer u.mu.Unlock()
	u.orders[o.id] = o
	return o
}

// maxReads is how many times a user reads an order until it has the expected status.
const maxReads = 100

// awaitWanted reads the order until it has the expected status, like a customer whose
// order is being worked on. It reports whether it does.
func (u *user) awaitWanted(o *order) bool {
	if o == nil {
		return false
	}
	for range maxReads {
		a := u.send(http.MethodGet, "/v1/mypages/"+o.id, nil, http.StatusOK)
		if a.status == http.StatusOK && a.body.is(o.want) {
			u.recordStable(o)
			u.think()
			return true
		}
		u.think()
		if u.leaving() {
			return false
		}
	}
	return false
}

// decide decides on an order and awaits the result. From then on its status has to be
// want; if the decision was not answered, it may also be the former one. It reports
// whether the order reached want.
func (u *user) decide(o *order, path, verb string, in object, want booking.Status) bool {
	return u.sendDecision(o, path, verb, in, want) && u.awaitWanted(o)
}

// sendDecision sends a decision, and reports whether it was accepted.
func (u *user) sendDecision(o *order, path, verb string, in object, want booking.Status) bool {
	if u.leaving() {
		return false
	}
	begun := time.Now()
	a := u.send(http.MethodPost, path+"/"+o.id+"/"+verb, in, http.StatusOK, http.StatusAccepted)
	u.think()
	u.mu.Lock()
	if a.failed() {
		o.orWant = o.want
	}
	o.want, o.requested = want, begun
	u.mu.Unlock()
	return !a.failed()
}

func (u *user) read(path string) {
	u.send(http.MethodGet, path, nil, http.StatusOK)
	u.think()
}
