package web

import (
	"time"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// deed is something that an operator does to an order, on a page of its own that says
// first what it will do.
type deed struct {
	verb   string // in addresses
	action booking.Action
	word   string // its entry
	danger bool
	// fits tells whether it is worth offering: its page knows for certain.
	fits func(standing) bool
}

// standing is how an order stands, as far as it matters to what can be done to it.
type standing struct {
	order   contract.View
	payment booking.Payment // the zero payment for none
	lost    bool            // nothing works on it, and it has not come to its end
	now     time.Time
}

var deeds = []deed{
	{verb: "retry", action: booking.RetryOrder, word: "act.retry", fits: func(s standing) bool {
		return !s.lost && (!s.order.Status.Final() || len(s.payment.Unmade()) > 0)
	}},
	{verb: "cancel", action: booking.CancelOrder, word: "act.cancel", danger: true, fits: func(s standing) bool {
		return !s.lost && mayCancel(s.order, s.now)
	}},
	{verb: "refund", action: booking.RefundOrder, word: "act.refund", danger: true, fits: func(s standing) bool {
		return !s.lost && s.payment.Taken() && s.payment.Refundable() > 0 && s.order.Status != booking.Cancelling
	}},
	{verb: "resolve", action: booking.ResolvePayment, word: "act.resolve", fits: func(s standing) bool {
		return !s.lost && len(s.payment.Unmade()) > 0
	}},
	{verb: "settle", action: booking.SettleOrder, word: "act.settle", danger: true, fits: func(s standing) bool { return s.lost }},
}

// actLink leads to the page of a deed.
type actLink struct {
	path, word string
	danger     bool
}

// acting is what the page of an order shows of what can be done to it: the deeds that are
// possible now, and what came of the one before.
type acting struct {
	links   []actLink
	outcome string // in words, "" for none
}

// acting finds out what the caller may do to the order, as it stands. An engine that is
// away leaves open whether it is lost.
func (v *visit) acting(order contract.View, payment booking.Payment) acting {
	lost, err := v.Orders.IsLost(v.ctx, order)
	if err != nil {
		_ = v.disclose(err) // which logs it
	}
	a := acting{outcome: v.outcomeWords()}
	is := standing{order: order, payment: payment, lost: lost, now: v.Now()}
	for _, d := range deeds {
		if v.caller.Allowed(d.action, order.Thing()) && d.fits(is) {
			a.links = append(a.links, actLink{path: actPath(order.ID, d.verb), word: v.say(d.word), danger: d.danger})
		}
	}
	return a
}

func actPath(orderID, verb string) string { return operatorOrder(orderID) + "/" + verb }

// operatorOrder is the page of an order for operators.
func operatorOrder(orderID string) string { return operatorPath + "/orders/" + orderID }

// outcomeWords say what came of a deed, after which the order's page is shown.
func (v *visit) outcomeWords() string {
	key := "act.did." + v.c.Query("did")
	if _, known := entries[key]; !known {
		return ""
	}
	return v.say(key)
}
