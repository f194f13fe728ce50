package demo

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"time"

	"github.com/yeyak/yeyak/booking"
)

// ordered is an order in progress.
type ordered struct {
	*run
	plannedOrder
	id string
	// met is the outage from which the order has not recovered yet, nil for none.
	met *Outage
	// status is the last status that was read, awaits what the order waits for, and last the
	// answer to the latest request.
	status booking.Status
	since  time.Time // when the present action began
	awaits Awaited
	last   string
}

const (
	// firstWait is the pause before the first repeat of a request or read. The later pauses grow
	// up to longestWait: many orders of few callers wait at the same time, and a caller has a
	// limit of requests.
	firstWait   = time.Second
	longestWait = 4 * time.Second
)

// runOrder places an order and does the planned actions. After ctx has ended no action
// begins; a begun one is finished.
func (r *run) runOrder(ctx context.Context, l plannedOrder) {
	o := &ordered{run: r, plannedOrder: l}
	within, cancel := context.WithTimeout(r.living, 2*r.healWithin()) // an order that met an outage heals first
	defer cancel()
	refused, err := o.place(within)
	r.change(func(s *State) { s.Orders++ })
	for n, d := range l.actions {
		if err != nil || refused || !pause(ctx, l.pauses[n]) {
			break
		}
		err = o.do(within, d)
	}
	o.markRecovered(err == nil)
	r.change(func(s *State) {
		if err != nil {
			s.Surprises++
			if len(s.Left) < mostUnrecovered {
				s.Left = append(s.Left, o.wait())
			}
			return
		}
		s.Finished++
	})
	if err != nil && r.living.Err() == nil {
		r.say("Not where it belongs: %s (%v)", o.wait(), err)
	}
}

// Paths of orders, and of the services that complete them, by kind.
var (
	pathOfOrders = map[booking.Kind]string{
		booking.Lodging: "/v1/lodging/reservations", booking.Food: "/v1/food/orders", booking.Cafe: "/v1/cafe/orders", booking.Cleaning: "/v1/cleaning/calls",
	}
	pathOfWork = map[booking.Kind]string{
		booking.Lodging: "/v1/lodging/reservations", booking.Food: "/v1/food/deliveries", booking.Cafe: "/v1/cafe/productions", booking.Cleaning: "/v1/cleaning/calls",
	}
)

// place places the order, and repeats the request until the order is known to be accepted or
// refused.
func (o *ordered) place(ctx context.Context) (refused bool, err error) {
	r := request{as: o.customer, method: http.MethodPost, path: pathOfOrders[o.kind], key: fmt.Sprintf("demo-%s-%d", o.name, o.number), in: o.in}
	o.since = time.Now()
	for repeats := 0; ; repeats++ {
		o.awaits = Answer
		a, err := o.request(ctx, r)
		if ctx.Err() != nil {
			return false, ctx.Err()
		}
		if err == nil && o.refusal(a) {
			o.id = a.order()
			return true, nil
		}
		if a.status == http.StatusAccepted || a.ok() {
			o.id, o.awaits = a.order(), Decision
			is, err := o.awaitStatus(ctx, func(s booking.Status) bool { return o.kind.Decides(s) || s.Final() })
			if !errors.Is(err, errNoOrder) {
				return is == booking.Cancelled, err
			}
			o.id = ""
		} else if err == nil && !a.later() {
			return false, fmt.Errorf("ordering is answered %s", a)
		}
		o.markDelayed()
		if !pause(ctx, waitOf(a, repeats)) {
			return false, ctx.Err()
		}
	}
}

// errNoOrder: the order does not exist. The API answers 202 if the engine has not answered
// the start, which may not have arrived: the request is repeated under the same key.
var errNoOrder = errors.New("there is no such order")

// readsForOrder is how often a missing order is read before it is placed again.
const readsForOrder = 5

// refusal reports whether the answer is an expected refusal of the order. A service that was
// away is none: the order is placed again.
func (o *ordered) refusal(a answer) bool {
	return a.status == http.StatusPaymentRequired || a.status == http.StatusConflict && a.about.Code == string(booking.SoldOut)
}

// awaitStatus reads the order until it has a wanted status. Returns errNoOrder if the order
// does not exist.
func (o *ordered) awaitStatus(ctx context.Context, wanted func(booking.Status) bool) (booking.Status, error) {
	for reads := 0; ; reads++ {
		a := o.read(ctx)
		if ctx.Err() == nil {
			o.last = a.String()
		}
		if is := booking.Status(a.about.Status); a.status == http.StatusOK && wanted(is) {
			o.markRecovered(true)
			return is, nil
		}
		if a.status == http.StatusNotFound && reads+1 >= readsForOrder {
			return "", errNoOrder
		}
		if reads > 0 { // the answer may leave before the row is written
			o.markDelayed()
		}
		if !pause(ctx, waitOf(a, reads)) {
			return "", fmt.Errorf("it stays %s: %w", a, ctx.Err())
		}
	}
}

// read reads the order as its customer does. The answer of a failed request has no status.
func (o *ordered) read(ctx context.Context) answer {
	a, err := o.send(ctx, request{as: o.customer, method: http.MethodGet, path: "/v1/mypages/" + o.id})
	if err != nil {
		a.raw = []byte(err.Error())
	}
	if a.status == http.StatusOK {
		o.status = booking.Status(a.about.Status)
	}
	return a
}

// request sends a request about the order, and records the answer.
func (o *ordered) request(ctx context.Context, r request) (answer, error) {
	a, err := o.send(ctx, r)
	switch {
	case ctx.Err() != nil: // it is no longer waited for: the answer before says why
	case err != nil:
		o.last = err.Error()
	default:
		o.last = a.String()
	}
	return a, err
}

// do repeats an action until it is carried out. Returns an error for an unexpected refusal.
func (o *ordered) do(ctx context.Context, d action) error {
	o.since = time.Now()
	r, want, err := o.requestFor(ctx, d)
	if err != nil {
		return err
	}
	o.awaits = d
	keys := 1
	for repeats := 0; ; repeats++ {
		a, err := o.request(ctx, r)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case err == nil && o.carriedOut(d, a):
			o.markRecovered(true)
			return nil
		case err == nil && !a.ok() && !a.later():
			if repeats > 0 && want != "" { // an earlier request has begun it
				_, err := o.awaitStatus(ctx, func(s booking.Status) bool { return s == want || s.Final() })
				return err
			}
			return fmt.Errorf("%s is answered %s", d, a)
		}
		if d == Change && a.about.Code == string(booking.PaymentUnavailable) { // it stays refused under its key
			keys++
			r.key = o.keyOf(d, keys)
		}
		o.markDelayed()
		if !pause(ctx, waitOf(a, repeats)) {
			return ctx.Err()
		}
		if want != "" && booking.Status(o.read(ctx).about.Status) == want {
			o.markRecovered(true)
			return nil
		}
	}
}

// keyOf is the n-th Idempotency-Key for an action.
func (o *ordered) keyOf(d action, n int) string {
	return fmt.Sprintf("demo-%s-%d-%s-%d", o.name, o.number, d, n)
}

// carriedOut reports whether the answer means that the action is done, or was refused as
// expected: the added night of a change may be sold out.
func (o *ordered) carriedOut(d action, a answer) bool {
	switch {
	case d == Change && a.status == http.StatusConflict && a.about.Code == string(booking.SoldOut):
		return true
	case d == Refund && a.ok():
		return a.about.State == string(booking.EntryDone)
	default:
		return a.ok()
	}
}

// requestFor is the request for an action, and the order's status after it; "" if the status
// does not change.
func (o *ordered) requestFor(ctx context.Context, d action) (r request, want booking.Status, err error) {
	r = request{as: o.customer, method: http.MethodPost, path: pathOfOrders[o.kind] + "/" + o.id + "/" + string(d), key: o.keyOf(d, 1)}
	switch d {
	case Cancel:
		r.key, r.in = "", object{"reason": "일정이 바뀌었어요"}
		return r, booking.Cancelled, nil
	case Confirm:
		r.as, r.key = o.offer.owner, ""
		return r, booking.Confirmed, nil
	case Reject:
		r.as, r.key, r.in = o.offer.owner, "", object{"reason": "We are renovating"}
		return r, booking.Cancelled, nil
	case Change:
		r.in = object{"checkOut": o.in["checkOut"].(booking.Date).AddDays(1)}
		return r, "", nil
	case Refund:
		r.as, r.path = o.offer.owner, "/v1/payments/"+o.id+"/refunds"
		r.in = object{"amount": object{"amount": o.offer.price / 1000 * 100, "currency": "KRW"}, "reason": "불편을 드려 죄송합니다"}
		return r, "", nil
	default:
		return o.completes(ctx, r)
	}
}

// completes waits until the order can be completed, and is the request for that.
func (o *ordered) completes(ctx context.Context, r request) (_ request, want booking.Status, err error) {
	begun, want := booking.Delivering, booking.Delivered
	r.as, r.key = dana, ""
	switch o.kind {
	case booking.Cafe:
		r.as, begun, want = o.offer.owner, booking.InProduction, booking.Completed
	case booking.Cleaning:
		begun, want = booking.Assigned, booking.Completed
	default:
	}
	r.path = pathOfWork[o.kind] + "/" + o.id + "/complete"
	o.awaits = Work
	if _, err := o.awaitStatus(ctx, func(s booking.Status) bool { return s == begun || s.Final() }); err != nil {
		return r, want, err
	}
	if o.kind == booking.Cleaning {
		r.as = operator // acts for cleaners without an account
		if o.read(ctx).about.Cleaning.Cleaner.ID == kim {
			r.as = kim
		}
	}
	return r, want, nil
}

// waitOf is the pause before the next repeat of a request. It is at most longestWait, unless
// the caller is over its limit of requests and has to wait longer.
func waitOf(a answer, repeats int) time.Duration {
	wait := min(firstWait<<min(repeats, 2), longestWait)
	if a.status == http.StatusTooManyRequests {
		return max(wait, a.retryAfter)
	}
	return max(wait, min(a.retryAfter, longestWait))
}

// example is the order as an example on the page.
func (o *ordered) example() Example {
	if o.offer == nil {
		return Example{ID: o.id}
	}
	return Example{ID: o.id, What: o.offer.name}
}

// markDelayed records that the order waits. If an outage is going on, or ended only after the
// present action began, the order counts as one that has met it.
func (o *ordered) markDelayed() {
	o.change(func(s *State) {
		if o.met == nil && s.Now != nil && (s.Now.Ended.IsZero() || o.since.Before(s.Now.Ended)) {
			o.met = s.Now
			s.Delayed++
			s.Now.Delayed++
			s.Now.Waiting = append(s.Now.Waiting, o.wait())
		}
		if o.met == nil {
			return
		}
		if n := slices.IndexFunc(o.met.Waiting, o.is); n >= 0 {
			o.met.Waiting[n] = o.wait()
		}
	})
}

// wait is the order as a Wait.
func (o *ordered) wait() Wait {
	return Wait{Example: o.example(), Number: o.number, Customer: o.customer, Status: o.status, For: o.awaits, Last: o.last}
}

func (o *ordered) is(w Wait) bool { return w.Number == o.number }

// markRecovered records that the order has recovered from its outage, or is no longer waited for.
func (o *ordered) markRecovered(healed bool) {
	if o.met == nil {
		return
	}
	o.change(func(s *State) {
		o.met.Waiting = slices.DeleteFunc(o.met.Waiting, o.is)
		if !healed {
			o.met.Unrecovered++
			return
		}
		s.Recovered++
		o.met.Recovered++
		if len(o.met.Examples) < mostExamples && o.id != "" {
			o.met.Examples = append(o.met.Examples, o.example())
		}
	})
	o.met = nil
}
