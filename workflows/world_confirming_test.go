package workflows_test

import (
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/activities"
	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// toConfirm is a card whose charges the customer has to confirm.
const toConfirm = "pm_card_authenticationRequired"

// atCustomer is what the customer does on the provider's page.
type atCustomer int

const (
	silent atCustomer = iota
	approves
	refuses
	otherAmount // the customer approves, but another amount is charged than requested
)

// confirmed is the provider's answer to a charge that the customer has to confirm.
func (p provider) confirmed(is *atProvider, c booking.Charge) (string, error) {
	switch {
	case c.ReturnTo == "" || is.customer == refuses:
		is.declined = true
		return "", activities.ErrDeclined
	case is.customer == otherAmount:
		is.charged, is.currency = c.Amount.Amount/2, c.Amount.Currency
		return "", activities.ErrOtherAmount
	case is.customer == approves || is.charged > 0:
		is.charged, is.currency = c.Amount.Amount, c.Amount.Currency
		return "ref of " + c.Key, nil
	default:
		if p.approves {
			is.customer = approves
		}
		action := booking.NextAction{Type: booking.Redirect, URL: "https://bank.example/" + c.Key}
		if p.confirmsUntil > 0 {
			action.ExpiresAt = placedAt.Add(p.confirmsUntil)
		}
		return "", &activities.ActionRequired{Ref: "action of " + c.Key, Action: action}
	}
}

// customerSays makes the customer decide at the provider, without a notice. The first answer
// counts. A charge that was voided before cannot be confirmed any more.
func (w *world) customerSays(what atCustomer) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, is := range w.provider {
		if !is.voided && !is.declined && is.customer == silent {
			is.customer = what
		}
	}
}

// mustConfirm makes the customer confirm the payment.
func mustConfirm(o *contract.Order) {
	o.PaymentMethod, o.ReturnTo = toConfirm, "https://yeyak.example/orders/"+o.OrderID
}

// confirms makes the customer decide after a while, and the provider send a notice of it.
func (l *sagaRun) confirms(after time.Duration, what atCustomer) {
	l.env.RegisterDelayedCallback(func() {
		l.customerSays(what)
		l.env.SignalWorkflow(contract.PaymentNoticeSignal, nil)
	}, after)
}

// customerReturns makes the customer return from the provider after a while.
func (l *sagaRun) customerReturns(after time.Duration) *decision {
	var d decision
	l.env.RegisterDelayedCallback(func() { l.sendRaw(contract.ReturnUpdate, &d, booking.PaymentReturn{}) }, after)
	return &d
}

// requireUnconfirmed checks the view of an order whose customer has to confirm.
func (l *sagaRun) requireUnconfirmed(v contract.View, until time.Duration) {
	l.Helper()
	require.Equal(l, booking.AwaitingPayment, v.Status)
	require.Equal(l, &booking.NextAction{Type: booking.Redirect, URL: "https://bank.example/" + l.order + "/charge"}, v.NextAction)
	require.WithinDuration(l, placedAt.Add(until), v.ExpiresAt, 2*time.Second)
	require.False(l, v.Placed)
}
