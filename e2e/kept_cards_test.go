package e2e

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/app"
)

const methodsPath = "/v1/payment-methods"

// cards are the ids of a person's kept cards, newest first.
func (p person) cards() (ids []string) {
	p.Helper()
	for _, m := range p.gets(methodsPath, http.StatusOK).Items {
		ids = append(ids, m["id"].(string))
	}
	return ids
}

// paysWith is part of an order that is paid with a card, which is kept or not.
func paysWith(card string, keeps bool) object {
	o := object{"paymentMethod": card}
	if keeps {
		o["keepPaymentMethod"] = true
	}
	return o
}

// TestKeptCards: a card that a customer keeps pays for the customer's further orders and changes,
// and for no other customer's, until it is removed.
func TestKeptCards(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, on func(*app.Options)) {
		stripe := sandboxPayments(t)
		a := bootAudited(t, stripe.pay, on)
		alice, minho := a.person("alice", booking.CustomerRole), a.person("minho", booking.CustomerRole)
		place, menu, drink := a.place(9), a.menu(), a.drink(9)
		stay := func(of person, card string, keeps bool) object {
			return reservation(place, paysWith(card, keeps), object{"customerId": of.id})
		}
		declined := func(of person, card string, keeps bool) {
			t.Helper()
			require.Equal(t, "payment_declined", of.posts(reservations, stay(of, card, keeps), http.StatusPaymentRequired).Code)
		}
		require.Empty(t, alice.cards())
		require.Equal(t, 0, stripe.customers(), "no customer has agreed to that")

		alice.posts(reservations, stay(alice, "pm_1Once", false), http.StatusCreated)
		declined(alice, "pm_1Once", false)
		require.Equal(t, 0, stripe.customers())

		first := alice.posts(reservations, stay(alice, "pm_1Kept", true), http.StatusCreated)
		second := alice.posts(reservations, stay(alice, "pm_1Kept", false), http.StatusCreated)
		of := object{"customerId": alice.id}
		alice.posts(foodOrders, meal(menu, paysWith("pm_1Kept", false), of), http.StatusCreated)
		alice.posts(cafeOrders, cup(drink, paysWith("pm_1Kept", true), of), http.StatusCreated)
		require.Equal(t, []string{"pm_1Kept"}, alice.cards())
		require.Equal(t, 1, stripe.customers())

		moved := a.request(http.MethodPost, reservations+"/"+second.ID+"/change", object{"checkOut": inDays(13)},
			"Authorization", "Bearer "+alice.token, "Idempotency-Key", "longer").with(t, http.StatusOK)
		require.EqualValues(t, 150_000, moved.body.Amount.Amount, "the difference is paid with the order's card")
		a.request(http.MethodPost, reservations+"/"+second.ID+"/change",
			object{"checkOut": inDays(14), "paymentMethod": "pm_2Kept", "keepPaymentMethod": true},
			"Authorization", "Bearer "+alice.token, "Idempotency-Key", "longest").with(t, http.StatusOK)
		require.Equal(t, []string{"pm_2Kept", "pm_1Kept"}, alice.cards())

		declined(minho, "pm_1Kept", false)
		declined(minho, "pm_1Kept", true)
		require.Empty(t, minho.cards(), "the card that he wanted to keep is not his")
		minho.does(http.MethodDelete, methodsPath+"/pm_1Kept", nil, http.StatusNotFound)
		minho.gets(methodsPath+"?customerId="+alice.id, http.StatusForbidden)
		minho.does(http.MethodDelete, methodsPath+"/pm_1Kept?customerId="+alice.id, nil, http.StatusForbidden)

		alice.posts(reservations+"/"+first.ID+"/cancel", nil, http.StatusOK)
		alice.does(http.MethodDelete, methodsPath+"/pm_1Kept", nil, http.StatusNoContent)
		require.Equal(t, []string{"pm_2Kept"}, alice.cards())
		declined(alice, "pm_1Kept", false)
		declined(alice, "pm_1Kept", true)
		alice.posts(reservations, stay(alice, "pm_2Kept", false), http.StatusCreated)
		alice.posts(reservations+"/"+second.ID+"/cancel", nil, http.StatusOK)
		a.becomes(second.ID, booking.Cancelled)

		stripe.turn(`{"down":true}`)
		away := a.request(http.MethodGet, methodsPath, nil, "Authorization", "Bearer "+alice.token).with(t, http.StatusServiceUnavailable)
		require.Equal(t, "unavailable", away.body.Code)
		require.NotEmpty(t, away.header.Get("Retry-After"))
		stripe.turn(`{}`)
		a.requireClean()
	})
}

// customers is how many customers the intents there name.
func (p stripeSandbox) customers() int {
	p.Helper()
	var list struct{ Data []struct{ Customer string } }
	p.send(http.MethodGet, "/v1/payment_intents?limit=100", "", &list)
	named := map[string]bool{}
	for _, i := range list.Data {
		if i.Customer != "" {
			named[i.Customer] = true
		}
	}
	return len(named)
}
