package orders

import (
	"context"
	"net"
	"net/url"

	"go.temporal.io/sdk/client"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// mostUnpaid is how many orders of one customer may wait for the customer to confirm the
// payment: each may hold rooms or drinks that others could have.
const mostUnpaid = 5

// ReturnCodes lists the codes that Return may return.
func ReturnCodes() []booking.Code {
	return []booking.Code{booking.NotFound, TemporalUnavailable, booking.Unavailable}
}

// ReturnPath is the page of an order to which the payment provider's page sends its
// customer back.
func ReturnPath(orderID string) string { return "/orders/" + orderID + "/paid" }

// returnTo is the address of that page, under the name by which the customer has reached
// us; "" if there is none.
func (p Placement) returnTo(orderID string) string {
	if p.Host == "" {
		return ""
	}
	page := url.URL{Scheme: "https", Host: p.Host, Path: ReturnPath(orderID)}
	if onLoopback(p.Host) {
		page.Scheme = "http"
	}
	return page.String()
}

func onLoopback(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	return host == "localhost" || net.ParseIP(host).IsLoopback()
}

// mayAwaitPayment refuses an order if its customer has the maximum of orders whose payment
// is to be confirmed, including those being placed. If they cannot be counted the order is
// admitted, and so is one that has waited for half the reply budget for others being
// placed: most orders need no confirmation, and a limit must not take the service down.
// leave is called with the order's progress.
func (o *Orders) mayAwaitPayment(ctx context.Context, t tried) (leave func(progress), refused error) {
	of := booking.OrderFilter{CustomerID: t.placement.CustomerID, Status: booking.AwaitingPayment}
	unpaid := share{
		shareOf: shareOf{"of this customer", of.CustomerID}, most: mostUnpaid, lenient: true,
		count: func(ctx context.Context, _ string) (int, error) {
			ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), OptionalReadTimeout)
			defer cancel()
			o.Hub.AwaitPublished(ctx, of)
			return o.Pages.CountOrders(ctx, of)
		},
		refused: func(used int) error {
			return booking.Errorf(TooManyUnpaid,
				"%d orders of this customer wait for their payment to be confirmed, or are being placed: confirm or cancel some first", used)
		},
	}
	if t.placement.Host == "" { // the provider cannot send a customer back, so the order does not wait for one
		return func(progress) {}, usedUp(ctx, o.Log, []share{unpaid})
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), o.ReplyBudget/2)
	defer cancel()
	end, refused := o.unpaid.admitOne(ctx, o.Log, unpaid)
	if refused != nil {
		return func(progress) {}, refused
	}
	return func(found progress) { end(!found.decided && found.view.PaymentDeferred == nil) }, nil
}

// Return handles a customer that comes back from the payment provider's page: the order
// retrieves the result of the payment. It returns the order, also if that no longer waits
// for a payment, and however often the customer comes back.
func (o *Orders) Return(ctx context.Context, caller booking.Caller, orderID string, back booking.PaymentReturn) (Outcome, error) {
	if err := o.Allow(ctx, caller, booking.ReturnToOrder, "", orderID); err != nil {
		return Outcome{}, err
	}
	changes, unsubscribe := o.Hub.Subscribe(orderID)
	defer unsubscribe()
	budget, cancel := context.WithTimeout(context.WithoutCancel(ctx), o.ReplyBudget)
	defer cancel()
	view, err := o.Engine.customerReturned(budget, orderID, back)
	switch {
	case err == nil && view.Status != booking.AwaitingPayment && !view.Decided():
		found := o.awaitDecision(ctx, budget, view, changes)
		return Outcome{View: found.view, Done: found.decided}, nil
	case err == nil:
		return Outcome{View: view, Done: view.Decided()}, nil
	case isOpen(err):
		return Outcome{}, o.explained(ctx, orderID, err)
	}
	answer, refusal := answerOf(err)
	if answer != nil && booking.Code(answer.Type()) == booking.DecisionPending { // another tab was first
		nextChange(budget, changes)
	}
	view, err = o.read(ctx, orderID)
	if refusal != nil {
		view = newer(view, refusal.View)
	}
	return Outcome{View: view, Done: view.Decided()}, o.explained(ctx, orderID, err)
}

// customerReturned sends the order that its customer is back from the payment provider.
func (e *Engine) customerReturned(ctx context.Context, orderID string, back booking.PaymentReturn) (view contract.View, err error) {
	update, err := e.client.UpdateWorkflow(ctx, client.UpdateWorkflowOptions{
		WorkflowID: orderID, UpdateName: contract.ReturnUpdate, Args: []any{back}, WaitForStage: client.WorkflowUpdateStageCompleted,
	})
	if err != nil {
		return view, marked(err)
	}
	return view, marked(update.Get(ctx, &view))
}
