package audit

import (
	"fmt"
	"slices"
	"strings"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/orders"
	"github.com/yeyak/yeyak/workflows/contract"
)

// underWay reports whether the order's workflow waits for one of the activities, or is
// running a workflow task, after which it may wait for another one.
func (f *facts) underWay(activities ...string) bool {
	return len(f.pending[orders.WorkflowTask]) > 0 || slices.ContainsFunc(activities, func(activity string) bool { return len(f.pending[activity]) > 0 })
}

// attempt is the attempt number of an activity, 0 if the order's workflow does not wait
// for it.
func (f *facts) attempt(activity string) int {
	waits := f.pending[activity]
	if len(waits) == 0 {
		return 0
	}
	return waits[len(waits)-1].Attempt
}

// stock compares the order's live holds with those that it must have. While the end of
// a stay is under way, its hold may be shortened already.
func (f *facts) stock(o orderState, d due) (found []Finding) {
	if f.underWay(contract.EndStayActivity) && len(f.holds) == 1 && f.holds[0].To.String() < o.to {
		o.to = f.holds[0].To.String()
	}
	holds := f.holdsBeside(o.change)
	switch {
	case len(holds) > 1:
		found = f.finds(Stock, "", "it holds more than once: %s", f.holdsInWords())
	case d.held == absent && len(f.holds) > 0:
		found = f.finds(Stock, "", "it is %s and holds nothing by right; the stock says: %s", o.status, f.holdsInWords())
	case d.held == there && (len(holds) == 0 || !holds[0].isOf(o) && !holds[0].isOf(o.changed())):
		found = f.finds(Stock, "", "it is %s and has to hold %d × %s from %s to %s; the stock says: %s",
			o.status, o.quantity, o.itemID, o.from, o.to, orNothing(f.holdsInWords()))
	}
	for _, h := range f.holds {
		if days := h.From.DaysUntil(h.To); h.Stocked != days {
			found = append(found, f.finds(Stock, "", "it holds %s for %d days, of which there is a stock for %d", h.ItemID, days, h.Stocked)...)
		}
	}
	return found
}

func (h Hold) isOf(o orderState) bool {
	return h.ItemID == o.itemID && h.Quantity == o.quantity && h.From.String() == o.from && h.To.String() == o.to
}

func (f *facts) holdsInWords() string {
	words := make([]string, len(f.holds))
	for i, h := range f.holds {
		words[i] = fmt.Sprintf("%d × %s held from %s to %s", h.Quantity, h.ItemID, h.From, h.To)
	}
	return strings.Join(words, " and ")
}

func orNothing(words string) string {
	if words == "" {
		return "nothing held"
	}
	return words
}

// job compares the delivery or production with the order.
func (f *facts) job(o orderState, d due) (found []Finding) {
	for _, is := range []struct {
		kind Kind
		at   job
	}{{Delivery, f.delivery}, {Production, f.production}} {
		may := oneOf[job]{noJob}
		if is.kind == jobOf[o.kind] {
			may = d.job
		}
		if may != nil && !slices.Contains(may, is.at) && !f.underWay(ahead.jobs[is.at]...) {
			found = append(found, f.finds(is.kind, "", "it is %s; its %s is %s", o.status, is.kind, orMissing(string(is.at)))...)
		}
	}
	return append(found, f.quantity(o, d)...)
}

// quantity compares a production's quantity with the order's. While that changes, it
// may be either.
func (f *facts) quantity(o orderState, d due) []Finding {
	working := f.production == booking.JobStarted || f.production == booking.JobCompleted
	if o.kind != booking.Cafe || d.held != there || !working || f.making == o.quantity || f.making == o.changed().quantity {
		return nil
	}
	return f.finds(Production, "", "it is %s and for %d; its production is of %d", o.status, o.quantity, f.making)
}

// cleaner compares the order's call with the order.
func (f *facts) cleaner(o orderState, d due) []Finding {
	at := f.callAt()
	if d.call != nil && !slices.Contains(d.call, at) && !f.underWay(ahead.calls[at]...) {
		return f.finds(Cleaner, "", "it is %s; its call for a cleaner is %s", o.status, orMissing(string(at)))
	}
	if (o.status == booking.Assigned || o.status == booking.Completed) && f.call != nil && f.call.CleanerID != o.cleanerID {
		return f.finds(Cleaner, "", "its cleaner is %s; %s was assigned to it", o.cleanerID, orNobody(f.call.CleanerID))
	}
	return nil
}

func orMissing(at string) string {
	if at == "" {
		return "missing"
	}
	return at
}

func orNobody(id string) string {
	if id == "" {
		return "nobody"
	}
	return id
}

func (f *facts) callAt() callAt {
	switch {
	case f.call == nil:
		return noCall
	case f.call.State == CallAssigned && !f.call.Signalled:
		return callUnsignalled
	default:
		return callAt(f.call.State)
	}
}

// callInWords describes the order's call: its cleaner, or its place in the queue.
func (f *facts) callInWords() string {
	if f.call == nil {
		return ""
	}
	switch f.call.State {
	case CallWaiting:
		return "a call that waits for a cleaner"
	case CallAssigned:
		return "cleaner " + f.call.CleanerID
	default:
		return ""
	}
}

// registration compares the call in management with the order.
func (f *facts) registration(o orderState, d due) []Finding {
	switch {
	case d.registered == there && !f.registered:
		return f.finds(Registration, "", "it is %s, and management does not know of it", o.status)
	case d.registered == absent && f.registered:
		return f.finds(Registration, "", "it is %s, and still registered with management", o.status)
	default:
		return nil
	}
}

// messages compares the messages to people with the order.
func (f *facts) messages(o orderState, d due) (found []Finding) {
	switch {
	case d.sent == there && !f.underWay(contract.NotifyActivity):
		for _, notice := range noticesOf[o.kind] {
			if !slices.Contains(f.notices, notice) {
				found = append(found, f.finds(Message, "", "it is %s; the message %q was not sent, or was withdrawn", o.status, notice)...)
			}
		}
	case d.sent == absent:
		for _, notice := range f.notices {
			found = append(found, f.finds(Message, "", "it is %s; the message %q was not withdrawn", o.status, notice)...)
		}
	}
	return found
}

// mypage compares the order's row with its workflow. A first row may still be on its
// way; a failed attempt to write it is a finding.
func (f *facts) mypage() []Finding {
	remedy := "GET /v1/mypages/" + f.id + "?fresh=true"
	if f.life == forgotten {
		remedy = ""
	}
	o, r := f.order(), f.row
	switch {
	case f.attempt(contract.PublishActivity) == 1:
		return nil
	case r == nil:
		return f.finds(Mypage, remedy, "it is %s, and has no row", o.status)
	case r.status != o.status || r.version != o.version:
		return f.finds(Mypage, remedy, "it is %s at version %d; its row says %s at %d", o.status, o.version, r.status, r.version)
	case r.orderState.status != r.status || r.orderState.version != r.version:
		return f.finds(Mypage, remedy, "its row is listed as %s at version %d, and shows %s at %d",
			r.status, r.version, r.orderState.status, r.orderState.version)
	default:
		return nil
	}
}
