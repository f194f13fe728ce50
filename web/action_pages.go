package web

import (
	"context"
	"net/http"
	"slices"
	"strconv"

	"github.com/gin-gonic/gin"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/orders"
	"github.com/yeyak/yeyak/workflows/contract"
)

func (p *Pages) mountOperatorActions(r gin.IRouter) {
	for _, d := range operatorActions {
		path := operatorOrder(":id") + "/" + d.verb
		p.page(r, http.MethodGet, path, d.action, func(v *visit) error { return v.actionPage(http.StatusOK, v.newActionForm(d)) })
		p.page(r, http.MethodPost, path, d.action, func(v *visit) error { return v.do(d) })
	}
}

// byOperators redirects operators from a page for everybody to the page of the action, which
// shows what other operators have done to the order meanwhile.
func byOperators(verb string, others handler) handler {
	return func(v *visit) error {
		if v.caller.Is(booking.OperatorRole) {
			if _, err := v.orderID(); err != nil {
				return err
			}
			return v.goTo(actPath(v.c.Param("id"), verb))
		}
		return others(v)
	}
}

// actionForm is the page of an action: its effects, and the faults of the last request.
type actionForm struct {
	*ordering
	chosen operatorAction
	order  contract.View
	what   string
	facts  []fact
	says   []string // what it will do, and the people it notifies
	may    bool     // it is possible in the order's present state
	offers []offer  // for a cancel
	expect string   // for a cancel
	steps  []waitingLine
	owed   []ledgerLine
	most   string       // the most that can be refunded
	word   string       // the name of the field for the caller's note
	seen   int64        // the newest line about the order in the log of actions
	since  []actionLine // the actions of others since the form was shown
	others []actionLine // the actions of others that are running
}

// waitingLine is a step that waits for a retry.
type waitingLine struct{ name, next, failure, paused string }

func (v *visit) newActionForm(d operatorAction) *actionForm {
	f := &actionForm{chosen: d, word: "reason", may: true}
	if d.action == booking.ResolvePayment {
		f.word = "evidence"
	}
	f.ordering = v.newOrdering("amount", f.word)
	return f
}

// actionPage shows the order's present state, and what the action would do to it.
func (v *visit) actionPage(status int, f *actionForm) error {
	id, err := v.orderID()
	if err != nil {
		return err
	}
	// The log is read before the order: an action between the two is not seen, and the form
	// is refused.
	lines, err := v.Actions.Newest(v.ctx, id, linesAtOnce)
	if err != nil {
		return err
	}
	is, err := v.readState(f.chosen)
	if err != nil {
		return err
	}
	zone := v.zoneOf(is.order)
	f.order, f.what, f.facts = is.order, v.what(is.order), v.facts(is.order, zone)
	if f.problem != nil {
		f.since = v.actionsSince(lines, v.seen(), zone)
	} else {
		f.others = v.actionsUnderWay(lines, zone)
	}
	if len(lines) > 0 {
		f.seen = lines[0].Seq
	}
	if f.may = f.chosen.fits(is); f.may {
		err = v.preview(f, is)
	}
	if err != nil {
		return err
	}
	return v.show(status, actionPage(v.page(v.say(f.chosen.word), "nav.operator"), f))
}

// readState reads the order and its state, for callers that may do the action.
func (v *visit) readState(d operatorAction) (orderState, error) {
	var is orderState
	id, err := v.orderID()
	if err != nil {
		return is, err
	}
	if is.order, err = v.Orders.Read(v.ctx, v.caller, "", id); err != nil {
		return is, err
	}
	if err := v.caller.Authorize(d.action, is.order.Thing()); err != nil {
		return is, err
	}
	if is.payment, err = v.ledger(id); err != nil {
		return is, err
	}
	is.mayCancel = v.mayCancel(is.order)
	is.lost, err = v.Orders.IsLost(v.ctx, is.order)
	return is, err
}

// seen is the newest line of the log that the form has shown, 0 for none.
func (v *visit) seen() int64 {
	seen, err := strconv.ParseInt(v.field("seen"), 10, 64)
	if err != nil {
		return 0
	}
	return seen
}

// do does the action of the form, and returns to the order's page with the outcome.
func (v *visit) do(d operatorAction) error {
	f := v.newActionForm(d)
	words := v.text(f.ordering, f.word, longestReason)
	id := v.c.Param("id")
	var amount booking.Money
	if d.action == booking.RefundOrder {
		is, err := v.readState(d)
		if err != nil {
			return err
		}
		amount = v.part(f.ordering, is.payment)
	}
	if len(f.faults) > 0 {
		return v.actionPage(http.StatusUnprocessableEntity, f)
	}
	did, version, err := v.act(orders.WithSeenLine(v.ctx, v.seen()), d, id, words, amount, f.key)
	if err != nil {
		return v.notDone(f, err)
	}
	return v.goTo(operatorOrder(id) + "?did=" + did + "&" + afterParam + "=" + strconv.FormatInt(version, 10))
}

// act does the action by its use case, and returns the entry for its outcome.
func (v *visit) act(ctx context.Context, d operatorAction, id string, words booking.Personal, amount booking.Money, key string) (did string, version int64, err error) {
	var out orders.Outcome
	switch d.action {
	case booking.RetryOrder:
		_, err = v.Orders.Retry(ctx, v.caller, id, words)
		return d.verb, 0, err
	case booking.RefundOrder:
		is, err := v.Orders.Refund(ctx, v.caller, orders.Refund{OrderID: id, Amount: amount, Note: words, Key: key})
		if err == nil && is.Entry.State == booking.EntryFailed {
			return "owed", 0, nil
		}
		return d.verb, 0, err
	case booking.SettleOrder:
		return d.verb, 0, v.Orders.Settle(ctx, v.caller, id, words)
	case booking.ResolvePayment:
		out, err = v.Orders.Resolve(ctx, v.caller, id, words)
	default:
		shown, _ := strconv.ParseInt(v.field("version"), 10, 64)
		out, err = v.Orders.Decide(ctx, v.caller, orders.Decision{
			OrderID: id, Kind: booking.KindOf(id), Update: contract.CancelUpdate, Note: words, Expect: v.field("expect"), Version: shown,
		})
	}
	if err == nil && !out.Done {
		return "accepted", out.View.Version, nil
	}
	return d.verb, out.View.Version, err
}

// notDone shows the form again with why nothing was done, and the actions of others
// meanwhile.
func (v *visit) notDone(f *actionForm, err error) error {
	refusal := v.disclose(err)
	status := statusOf(refusal.Code)
	if !slices.Contains([]int{http.StatusConflict, http.StatusPreconditionFailed, http.StatusUnprocessableEntity, http.StatusServiceUnavailable}, status) {
		return err
	}
	why := v.problem(refusal)
	f.problem = &why
	return v.actionPage(status, f)
}
