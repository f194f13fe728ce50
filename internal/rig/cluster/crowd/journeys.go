package crowd

import (
	"math/rand/v2"
	"net/http"
	"time"

	"github.com/yeyak/yeyak/booking"
)

// journeys are what users do, in turns.
var journeys = []func(*user){
	(*user).stayAtHotel, (*user).stayAtInn, (*user).eat, (*user).stayAtInn, (*user).drink, (*user).findNoRoom,
}

// Paths of orders by what they are of.
const (
	reservations = "/v1/lodging/reservations"
	meals        = "/v1/food/orders"
	cups         = "/v1/cafe/orders"
)

// stayAtHotel reserves where nobody is asked, and half of the time cancels.
func (u *user) stayAtHotel() {
	o := u.place(reservations, u.reservation(u.shops.Hotel), booking.Confirmed)
	if u.look(o) && rand.IntN(2) == 0 {
		u.decide(o, reservations, "cancel", nil, booking.Cancelled)
	}
}

// stayAtInn reserves where the owner is asked, who finds it on their list and
// confirms or rejects; one in four guests cancels then.
func (u *user) stayAtInn() {
	o := u.place(reservations, u.reservation(u.shops.Inn), booking.AwaitingOwner)
	if !u.look(o) {
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
	if !u.look(o) {
		return
	}
	if rand.IntN(3) == 0 {
		u.decide(o, meals, "cancel", nil, booking.Cancelled)
	} else {
		u.decide(o, "/v1/food/deliveries", "complete", nil, booking.Delivered)
	}
}

// drink orders a cup, which is made or cancelled.
func (u *user) drink() {
	o := u.place(cups, u.cup(), booking.InProduction)
	if !u.look(o) {
		return
	}
	if rand.IntN(3) == 0 {
		u.decide(o, cups, "cancel", nil, booking.Cancelled)
	} else {
		u.decide(o, "/v1/cafe/productions", "complete", nil, booking.Completed)
	}
}

// findNoRoom reserves where nothing is free: the payment is given back.
func (u *user) findNoRoom() {
	o := u.place(reservations, u.reservation(u.shops.Full), booking.Cancelled)
	u.look(o)
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

// order is what a user was told of one that was taken. want is where it has to
// come to, and either once a decision was answered neither yes nor no.
type order struct {
	id   string
	want booking.Status
	or   booking.Status
	// unsure: it may also be that there is none, and never will be.
	unsure bool
	told   string // the request and its answer; only those of OrderOn have it
	// asked is when it was placed, or decided on.
	asked time.Time
}

// place orders, and returns nil when that was not taken. want is where the
// order comes to rest by itself.
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
	o := &order{id: a.order(), want: want, asked: begun}
	u.mu.Lock()
	defer u.mu.Unlock()
	u.orders[o.id] = o
	return o
}

// lookAgain is how often a user looks for an order to come to rest.
const lookAgain = 100

// look reads the order until it is at rest where it is wanted, as a customer
// does who was told that it is being worked on. It answers whether it is.
func (u *user) look(o *order) bool {
	if o == nil {
		return false
	}
	for range lookAgain {
		a := u.send(http.MethodGet, "/v1/mypages/"+o.id, nil, http.StatusOK)
		if a.status == http.StatusOK && a.body.is(o.want) {
			u.rested(o)
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

// decide decides on an order and looks at it. From then on it has to be want;
// when the decision was not answered, it may also stay where it was. It answers
// whether the order came there.
func (u *user) decide(o *order, path, verb string, in object, want booking.Status) bool {
	return u.tell(o, path, verb, in, want) && u.look(o)
}

// tell sends a decision, and answers whether it was taken.
func (u *user) tell(o *order, path, verb string, in object, want booking.Status) bool {
	if u.leaving() {
		return false
	}
	begun := time.Now()
	a := u.send(http.MethodPost, path+"/"+o.id+"/"+verb, in, http.StatusOK, http.StatusAccepted)
	u.think()
	u.mu.Lock()
	if a.failed() {
		o.or = o.want
	}
	o.want, o.asked = want, begun
	u.mu.Unlock()
	return !a.failed()
}

func (u *user) read(path string) {
	u.send(http.MethodGet, path, nil, http.StatusOK)
	u.think()
}
