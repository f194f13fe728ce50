package orders

import (
	"context"
	"net"
	"net/url"

	"go.temporal.io/sdk/client"
	"go.uber.org/zap"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// mostUnpaid is how many orders of one customer may wait for the customer to confirm their
// payment: each may hold rooms or drinks that others could have.
const mostUnpaid = 5

// ReturnCodes lists the codes that Return may answer.
func ReturnCodes() []booking.Code {
	return []booking.Code{booking.NotFound, TemporalUnavailable, booking.Unavailable}
}

// ReturnPath is the page of an order that its customer comes back to from the payment
// provider's.
func ReturnPath(orderID string) string { return "/orders/" + orderID + "/paid" }

// returnTo is the address of that page, by the name by which the customer has reached us;
// "" where they have reached us by none.
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

// mayAwaitPayment refuses an order whose customer has as many that wait for them to confirm
// the payment as one may. While they cannot be counted it is let in: a limit must not be
// what takes the service down. Orders that are placed in the same moment are not counted.
func (o *Orders) mayAwaitPayment(ctx context.Context, customerID string) error {
	ctx, cancel := context.WithTimeout(ctx, Glance)
	defer cancel()
	n, err := o.Pages.CountOrders(ctx, booking.OrderFilter{CustomerID: customerID, Status: booking.AwaitingPayment})
	switch {
	case err != nil:
		o.Log.Warn("orders that wait for their payment cannot be counted", zap.Error(err))
		return nil
	case n >= mostUnpaid:
		return booking.Errorf(TooManyUnpaid, "%d orders of this customer wait for their payment to be confirmed: confirm or cancel them first", n)
	default:
		return nil
	}
}

// Return takes a customer who comes back from the payment provider's page: the order asks
// what came of the payment. It answers with the order as it stands then, also when it waits
// for no payment any more, and however often the customer comes back.
func (o *Orders) Return(ctx context.Context, caller booking.Caller, orderID string, back booking.PaymentReturn) (Outcome, error) {
	if err := o.Allow(ctx, caller, booking.ReturnToOrder, "", orderID); err != nil {
		return Outcome{}, err
	}
	changes, unsubscribe := o.Hub.Subscribe(orderID)
	defer unsubscribe()
	budget, cancel := context.WithTimeout(context.WithoutCancel(ctx), o.ReplyBudget)
	defer cancel()
	view, err := o.Engine.comeBack(budget, orderID, back)
	switch {
	case err == nil && view.Status != booking.AwaitingPayment && !view.Decided():
		found := o.awaitDecision(ctx, budget, view, changes)
		return Outcome{View: found.view, Done: found.decided}, nil
	case err == nil:
		return Outcome{View: view, Done: view.Decided()}, nil
	case isOpen(err):
		return Outcome{}, o.explained(ctx, orderID, err)
	}
	answer, why := answerOf(err)
	if answer != nil && booking.Code(answer.Type()) == booking.DecisionPending { // another tab was first
		nextChange(budget, changes)
	}
	view, err = o.read(ctx, orderID)
	if why != nil {
		view = newer(view, why.View)
	}
	return Outcome{View: view, Done: view.Decided()}, o.explained(ctx, orderID, err)
}

// comeBack tells the order that its customer is back from the payment provider.
func (e *Engine) comeBack(ctx context.Context, orderID string, back booking.PaymentReturn) (view contract.View, err error) {
	update, err := e.client.UpdateWorkflow(ctx, client.UpdateWorkflowOptions{
		WorkflowID: orderID, UpdateName: contract.ReturnUpdate, Args: []any{back}, WaitForStage: client.WorkflowUpdateStageCompleted,
	})
	if err != nil {
		return view, marked(err)
	}
	return view, marked(update.Get(ctx, &view))
}
