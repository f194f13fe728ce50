package web

import (
	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// operatorAction is an action of operators on an order, on a page of its own that first says what it
// will do.
type operatorAction struct {
	verb   string // in addresses
	action booking.Action
	word   string // the entry of its name
	danger bool
	// fits reports whether the action is worth offering; its page knows for certain.
	fits func(orderState) bool
}

// orderState is the state of an order that decides which actions are offered.
type orderState struct {
	order     contract.View
	payment   booking.Payment // the zero payment for none
	lost      bool            // no workflow runs for it, and it has not ended
	mayCancel bool
}

var operatorActions = []operatorAction{
	{verb: "retry", action: booking.RetryOrder, word: "act.retry", fits: func(s orderState) bool {
		return !s.lost && (!s.order.Status.Final() || len(s.payment.Unmade()) > 0)
	}},
	{verb: "cancel", action: booking.CancelOrder, word: "act.cancel", danger: true, fits: func(s orderState) bool {
		return !s.lost && s.mayCancel
	}},
	{verb: "refund", action: booking.RefundOrder, word: "act.refund", danger: true, fits: func(s orderState) bool {
		return !s.lost && s.payment.WasCharged() && s.payment.Refundable() > 0 && s.order.Status != booking.Cancelling
	}},
	{verb: "resolve", action: booking.ResolvePayment, word: "act.resolve", fits: func(s orderState) bool {
		return !s.lost && len(s.payment.Unmade()) > 0
	}},
	{verb: "settle", action: booking.SettleOrder, word: "act.settle", danger: true, fits: func(s orderState) bool { return s.lost }},
}

// actLink is a link to the page of an action.
type actLink struct {
	path, word string
	danger     bool
}

// offeredActions is what an order's page shows about actions: those that are possible now, and the
// outcome of the last one.
type offeredActions struct {
	links   []actLink
	outcome string // in words, "" for none
}

// offeredActions lists the caller's possible actions on the order. If the engine is away, the order
// does not count as lost.
func (v *visit) offeredActions(order contract.View, payment booking.Payment) offeredActions {
	lost, err := v.Orders.IsLost(v.ctx, order)
	if err != nil {
		_ = v.disclose(err) // it logs the error
	}
	a := offeredActions{outcome: v.outcomeWords()}
	is := orderState{order: order, payment: payment, lost: lost, mayCancel: v.mayCancel(order)}
	for _, d := range operatorActions {
		if v.caller.Allowed(d.action, order.Thing()) && d.fits(is) {
			a.links = append(a.links, actLink{path: actPath(order.ID, d.verb), word: v.say(d.word), danger: d.danger})
		}
	}
	return a
}

func actPath(orderID, verb string) string { return operatorOrder(orderID) + "/" + verb }

// operatorOrder is the page of an order for operators.
func operatorOrder(orderID string) string { return operatorPath + "/orders/" + orderID }

// outcomeWords describe the outcome of an action on the order's page after it.
func (v *visit) outcomeWords() string {
	key := "act.did." + v.c.Query("did")
	if _, known := entries[key]; !known {
		return ""
	}
	return v.say(key)
}
