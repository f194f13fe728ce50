package e2e

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/app"
	"github.com/yeyak/yeyak/workflows/contract"
)

// onPage decides on the provider's page of an order, as its customer's browser does,
// and returns where that leads.
func (a *audited) onPage(order, decision string) (back *url.URL) {
	a.Helper()
	next := a.page(order).NextAction
	require.NotNil(a, next)
	require.Equal(a, booking.Redirect, next.Type)
	browser := http.Client{Timeout: hangLimit, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	page, err := browser.Get(next.URL)
	require.NoError(a, err)
	require.NoError(a, page.Body.Close())
	require.Equal(a, http.StatusOK, page.StatusCode)
	decided, err := browser.PostForm(next.URL, url.Values{"decision": {decision}})
	require.NoError(a, err)
	require.NoError(a, decided.Body.Close())
	require.Equal(a, http.StatusSeeOther, decided.StatusCode)
	back, err = decided.Location()
	require.NoError(a, err)
	require.Equal(a, "/orders/"+order+"/paid", back.Path)
	return back
}

// TestConfirm_EachBusiness: a customer confirms the payment on the provider's page, and
// the order goes on: with the provider's notice, the customer's return or both, any
// number of times.
func TestConfirm_EachBusiness(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, on func(*app.Options)) {
		stripe := sandboxPayments(t)
		a := bootNoticed(t, stripe, on, shortBudget)
		place, drink := a.place(9), a.drink(9)
		for order, unchanged := range map[string]booking.Status{
			a.unconfirmed(a.reserve(place, byToConfirm)): booking.Confirmed, a.unconfirmed(a.order(a.menu(), byToConfirm)): booking.Delivering,
			a.unconfirmed(a.orderCup(drink, byToConfirm)): booking.InProduction, a.unconfirmed(a.call(byToConfirm)): booking.Calling,
		} {
			is := a.page(order)
			require.False(t, is.Placed)
			require.WithinDuration(t, is.History[len(is.History)-1].At.Add(15*time.Minute), is.ExpiresAt, time.Minute)
			require.Equal(t, booking.ActionRequired, a.shown(order).Status)
			require.Equal(t, booking.AwaitingPayment, a.returnsFromProvider(order).with(t, http.StatusAccepted).body.Status, "it is not confirmed yet")
			a.onPage(order, "approve")
			for _, b := range a.atOnce(2, func(int) answer { return a.retries(func() answer { return a.returnsFromProvider(order) }) }) {
				require.Less(t, b.status, 300, "%s", b.raw)
			}
			a.becomes(order, unchanged)
			require.Nil(t, a.page(order).NextAction)
			require.Equal(t, booking.Charged, a.shown(order).Status)
			require.Equal(t, unchanged, a.returnsFromProvider(order).with(t, http.StatusOK).body.Status, "it changes nothing")
		}
		require.Equal(t, 8, a.cups(drink))
		a.requireClean()
	})
}

// TestConfirm_NothingIsLeft: an order whose payment is not confirmed, is refused,
// cancelled or confirmed too late leaves no hold and no charge.
func TestConfirm_NothingIsLeft(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, on func(*app.Options)) {
		stripe := sandboxPayments(t)
		a := bootNoticed(t, stripe, on, shortBudget)
		drink := a.drink(1)
		place := func() string { return a.unconfirmed(a.orderCup(drink, byToConfirm)) }
		ends := func(order string, reason booking.Reason, payment booking.PaymentStatus) {
			t.Helper()
			require.Equal(t, reason, a.becomes(order, booking.Cancelled).Reason)
			a.eventually(func() bool { return a.shown(order).Status == payment && a.cups(drink) == 1 })
			require.Equal(t, booking.Cancelled, a.returnsFromProvider(order).with(t, http.StatusOK).body.Status, "the returning customer sees that")
		}

		order := place()
		a.made(func() answer { return a.post(cafeOrders, cup(drink), "Idempotency-Key", "held") }).with(t, http.StatusConflict) // it is held meanwhile
		a.onPage(order, "refuse")
		ends(order, booking.PaymentDeclined, booking.Declined)

		order = place()
		page := a.page(order).NextAction.URL
		a.carriedOut(func() answer { return a.decideAt(cafeOrders+"/"+order, "cancel") })
		ends(order, booking.ByCustomer, booking.ChargePrevented)
		decided, err := http.PostForm(page, url.Values{"decision": {"approve"}})
		if err == nil {
			require.NoError(t, decided.Body.Close())
		}
		require.Equal(t, booking.ChargePrevented, a.shown(order).Status, "it cannot be confirmed any more")

		order = place()
		stripe.byHand("confirmations", `{"orderId":%q,"state":"approve","amount":100}`, order)
		ends(order, booking.PaymentUnavailable, booking.Refunded)

		order = a.run(contract.CafeWorkflow, a.newCup(9, mustConfirm, func(o *contract.Order) {
			o.Policy.ConfirmPaymentWithin = booking.Duration(3 * time.Second)
		}))
		ends(order, booking.PaymentNotConfirmed, booking.ChargePrevented)
		require.EqualValues(t, booking.ForgedNotice, a.notice(order, "whsec_of_another").with(t, http.StatusBadRequest).body.Code)
		stripe.byHand("confirmations", `{"orderId":%q,"state":"late"}`, order)
		a.eventually(func() bool { return a.shown(order).Status == booking.Refunded })
		require.Equal(t, booking.PaymentNotConfirmed, a.page(order).Reason)

		unknown := strings.Replace(order, "cafe-", "cafe-0", 1)
		a.notice(unknown, webhookSecret).with(t, http.StatusNoContent)
		a.post("/v1/payments/"+unknown+"/return", nil).with(t, http.StatusNotFound)
		a.requireClean()
	})
}

// TestConfirm_NoticesThatGoAstray: notices come late and twice, or are lost; the order
// calls the provider.
func TestConfirm_NoticesThatGoAstray(t *testing.T) {
	t.Parallel()
	stripe := sandboxPayments(t)
	a := bootNoticed(t, stripe, shortBudget)
	for _, how := range []string{`,"twice":true,"late":"1s"`, `,"lost":true`} {
		a.notices(stripe, how)
		order := a.unconfirmed(a.reserve(a.place(9), byToConfirm))
		a.onPage(order, "approve")
		a.becomes(order, booking.Confirmed)
	}
	a.requireClean()
}

// TestConfirm_Limit: the number of a customer's orders that wait for a confirmation is
// limited.
func TestConfirm_Limit(t *testing.T) {
	t.Parallel()
	s := boot(t, shortBudget)
	menu := s.menu()
	var first string
	for range 5 {
		first = s.unconfirmed(s.order(menu, byToConfirm))
	}
	require.Equal(t, "too_many_unpaid_orders", s.order(menu).with(t, http.StatusConflict).body.Code)
	s.accepted(s.order(menu, object{"customerId": "bob"}))
	s.cancelsMeal(first, func() answer { return s.decideAt(foodOrders+"/"+first, "cancel") })
	s.becomes(first, booking.Cancelled)
	s.eventually(func() bool { return s.order(menu).status == http.StatusCreated })
}

// TestConfirm_AChange: a change's difference that needs a confirmation is refused, and
// the reservation stays as it is.
func TestConfirm_AChange(t *testing.T) {
	t.Parallel()
	a := bootAudited(t, shortBudget)
	order := a.unconfirmed(a.reserve(a.place(9), byToConfirm))
	a.customer(order, "approve")
	was := a.becomes(order, booking.Confirmed)
	more := object{"rooms": was.Quantity + 1}
	refused := a.made(func() answer { return a.move(order, "more", more) }).with(t, http.StatusPaymentRequired)
	require.Equal(t, "payment_declined", refused.body.Code)
	require.Equal(t, was.Quantity, a.page(order).Quantity)
	a.requireClean()
}
