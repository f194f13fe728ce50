package web

import (
	"slices"
	"time"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// step is one step in the progress of an order: done, undone, or expected.
type step struct {
	tone, text, detail string
	at                 time.Time // zero for an expected one
	when               string
	now                bool // the order's present status
}

// Tones that only steps have.
const (
	toneNext  = "next"  // expected if all goes well
	toneFault = "fault" // it failed, or was not carried out
)

// expectedStatuses is the expected progress of orders.
var expectedStatuses = map[booking.Kind][]booking.Status{
	booking.Lodging:  {booking.Paid, booking.Confirmed, booking.Completed},
	booking.Food:     {booking.Paid, booking.Delivering, booking.Delivered},
	booking.Cafe:     {booking.Paid, booking.InProduction, booking.Completed},
	booking.Cleaning: {booking.Calling, booking.Assigned, booking.Completed},
}

// steps lists what has happened to the order and its money, oldest first, and the expected
// steps.
func (v *visit) steps(order contract.View, payment booking.Payment, zone string) []step {
	reader := v.caller.ReaderOf(order.Thing())
	var steps []step
	for _, e := range payment.Entries {
		if e.Kind == booking.RefundEntry {
			s := v.refundStep(e)
			if e.Key == payment.RefundKey() && order.Status == booking.Cancelled && s.at.After(order.Since()) {
				s.at = order.Since() // the engine's time of the end is that of the task which made the refund
			}
			steps = append(steps, s)
		}
	}
	for i, e := range order.History {
		s := v.stepOf(order, e)
		s.now = i == len(order.History)-1 && !order.Status.Final()
		if note := e.Note.Shown(reader, booking.Note, !order.Status.Final()); note != "" {
			s.detail = note
		}
		steps = append(steps, s)
	}
	slices.SortStableFunc(steps, func(a, b step) int { return a.at.Compare(b.at) })
	for i := range steps {
		steps[i].when = v.moment(steps[i].at, zone)
	}
	return append(steps, v.expectedSteps(order)...)
}

// stepOf is the step of an entry of the order's history.
func (w words) stepOf(order contract.View, e contract.Entry) step {
	s := step{at: e.At, text: e.Status.Label(order.Kind, w.language), detail: e.Reason.Label(w.language), tone: toneOf(e.Status)}
	switch {
	case e.Decision == contract.ChangeUpdate && e.Refused == "":
		s.text = w.say("step.changed")
	case e.Decision == contract.ChangeUpdate:
		s.tone, s.text = toneFault, w.say("step.not")
	case e.Decision == contract.RefundUpdate && e.Refused != "" && e.Refund != nil:
		s.tone, s.text, s.detail = toneFault, w.say("step.unmade", w.money(*e.Refund)), ""
	case e.Refused != "":
		s.tone, s.text, s.detail = toneFault, w.say("step.refused"), ""
	case e.Decision != "" && e.Refund != nil:
		s.text = w.say("step.refund", w.money(*e.Refund))
	case e.Decision != "":
		s.text = w.say("step.byhand")
	case s.tone == toneWait && e.Status != order.Status:
		s.tone = toneGood // the wait has ended
	}
	return s
}

// refundStep is the step of a refund.
func (w words) refundStep(e booking.Entry) step {
	at := e.Changed
	if at.IsZero() {
		at = e.At
	}
	s := step{at: at, tone: toneUndoing, text: w.say("step.refunding", w.money(e.Amount))}
	switch {
	case e.State == booking.EntryDone:
		s.text = w.say("step.refunded", w.money(e.Amount))
	case e.State == booking.EntryFailed && e.Words == booking.RefundedOtherwise:
		s.text = w.say("step.otherwise", w.money(e.Amount))
	case e.State == booking.EntryFailed:
		s.tone, s.text = toneFault, w.say("step.owed", w.money(e.Amount))
	}
	return s
}

// expectedSteps lists the expected steps, if all goes well.
func (w words) expectedSteps(order contract.View) (steps []step) {
	if order.Status.Final() || order.Status == booking.Cancelling {
		return nil
	}
	way := expectedStatuses[order.Kind]
	reached := 0
	for i, s := range way {
		if slices.ContainsFunc(order.History, func(e contract.Entry) bool { return e.Status == s }) {
			reached = i + 1
		}
	}
	for _, s := range way[reached:] {
		steps = append(steps, step{tone: toneNext, text: s.Label(order.Kind, w.language)})
	}
	return steps
}
