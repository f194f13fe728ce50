package web

import (
	"net/http"
	"strconv"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// customerReturned handles a customer that comes back from the payment provider's page, and shows
// the order. The parameters that the provider adds to the address are only a hint. If the order
// cannot be reached, it is shown as it is: it also checks the charge by itself.
func (p *Pages) customerReturned(v *visit) error {
	id := v.c.Param("id")
	amount, _ := strconv.ParseInt(v.c.Query("amount"), 10, 64)
	back := booking.PaymentReturn{PaymentKey: v.c.Query("paymentKey"), Amount: amount}
	if len(back.PaymentKey) > booking.LongestName {
		back = booking.PaymentReturn{}
	}
	out, err := v.Orders.Return(v.ctx, v.caller, id, back)
	switch {
	case err != nil && statusOfError(err) != http.StatusServiceUnavailable:
		return err
	case err != nil:
		return v.goTo("/orders/" + id)
	default:
		return v.goTo(orderAt(out.View))
	}
}

// toConfirm is the payment provider's page where the reader has to confirm the order's
// payment; "" if the reader has none to confirm.
func (v *visit) toConfirm(order contract.View) string {
	if order.NextAction == nil || v.caller.ReaderOf(order.Thing()) != booking.ReaderCustomer {
		return ""
	}
	return order.NextAction.URL
}
