package e2e

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
)

// person is a person with a token, who sends requests.
type person struct {
	*system
	token string
	id    string
}

// person is a person with a role, and a name at the issuer.
func (s *system) person(name string, role booking.Role) person {
	s.Helper()
	p := person{system: s, token: issuers().Token(map[string]any{"sub": name, "roles": []string{string(role)}})}
	p.id = p.gets("/v1/self", http.StatusOK).ID
	require.NotEmpty(s, p.id)
	return p
}

func (p person) does(method, path string, in any, status int) body {
	p.Helper()
	a := p.request(method, path, in, "Authorization", "Bearer "+p.token).with(p, status)
	switch status {
	case http.StatusForbidden:
		require.Equal(p, string(booking.NotAllowed), a.body.Code)
	case http.StatusNotFound:
		require.Equal(p, string(booking.NotFound), a.body.Code)
	}
	return a.body
}

func (p person) gets(path string, status int) body {
	p.Helper()
	return p.does(http.MethodGet, path, nil, status)
}

func (p person) posts(path string, in any, status int) body {
	p.Helper()
	return p.does(http.MethodPost, path, in, status)
}

// followed maps events to their deciding callers, from a customer's or an owner's feed.
func (p person) followed(query string) map[string]any {
	p.Helper()
	by := map[string]any{}
	for _, e := range p.gets("/v1/events?limit=200&"+query, http.StatusOK).Items {
		by[fmt.Sprint(e["type"])] = e["data"].(map[string]any)["by"]
	}
	return by
}

// TestAuthorize_Lodging: a customer reserves, and the owner's staff confirms; no other
// caller sees the order or can decide on it. The event names the caller.
func TestAuthorize_Lodging(t *testing.T) {
	t.Parallel()
	s := boot(t)
	alice, minho := s.person("alice", booking.CustomerRole), s.person("minho", booking.CustomerRole)
	bora, cora := s.person("bora", booking.OwnerRole), s.person("cora", booking.OwnerRole)
	place := bora.posts("/v1/lodging/places", object{
		"name": "Seaside Inn", "price": object{"amount": 50000, "currency": "KRW"}, "confirmation": "manual",
	}, http.StatusCreated)
	at := "/v1/lodging/places/" + place.ID
	rooms := object{"from": inDays(-1), "to": inDays(60), "rooms": 3}
	bora.does(http.MethodPut, at+"/stock", rooms, http.StatusOK)
	cora.does(http.MethodPut, at+"/stock", rooms, http.StatusForbidden)
	cora.does(http.MethodPatch, at, object{"withdrawn": true}, http.StatusForbidden)
	alice.posts("/v1/lodging/places", object{
		"name": "Mine", "ownerId": place.OwnerID, "price": object{"amount": 1000, "currency": "KRW"}, "confirmation": "auto",
	}, http.StatusForbidden)

	wanted := object{"placeId": place.ID, "checkIn": inDays(10), "checkOut": inDays(12), "rooms": 1}
	order := alice.posts("/v1/lodging/reservations", wanted, http.StatusCreated)
	require.Equal(t, alice.id, order.CustomerID)
	path := "/v1/lodging/reservations/" + order.ID
	for _, stranger := range []person{minho, cora, s.person("dana", booking.CourierRole), s.person("kim", booking.CleanerRole)} {
		stranger.gets(path, http.StatusNotFound)
		stranger.gets("/v1/mypages/"+order.ID, http.StatusNotFound)
		stranger.gets("/v1/mypages/"+order.ID+"?fresh=true", http.StatusNotFound)
		stranger.gets("/v1/payments/"+order.ID, http.StatusNotFound)
		stranger.posts(path+"/cancel", nil, http.StatusNotFound)
		stranger.posts(path+"/confirm", nil, http.StatusNotFound)
	}
	minho.posts("/v1/lodging/reservations", with(wanted, []object{{"customerId": alice.id}}), http.StatusForbidden)
	minho.gets("/v1/mypages?customerId="+alice.id, http.StatusForbidden)
	minho.gets("/v1/events", http.StatusForbidden)
	minho.gets("/v1/events?customerId="+alice.id, http.StatusForbidden)
	alice.posts(path+"/confirm", nil, http.StatusForbidden)
	bora.posts(path+"/cancel", nil, http.StatusForbidden)

	members := "/v1/owners/" + place.OwnerID + "/members"
	staff := object{"parts": []object{{"level": "staff", "place": place.ID}}}
	cora.does(http.MethodPut, members+"/"+cora.id, staff, http.StatusNotFound)
	bora.does(http.MethodPut, members+"/9999", staff, http.StatusUnprocessableEntity)
	bora.does(http.MethodPut, members+"/"+cora.id, staff, http.StatusOK)
	confirmed := cora.posts(path+"/confirm", nil, http.StatusOK)
	require.Equal(t, cora.id, confirmed.History[len(confirmed.History)-1].By)
	s.becomes(order.ID, booking.Confirmed)
	require.Equal(t, cora.id, alice.gets(path, http.StatusOK).History[len(confirmed.History)-1].By)
	s.eventually(func() bool { return alice.followed("customerId=" + alice.id)["ReservationStatusChanged"] == cora.id })
	bora.does(http.MethodDelete, members+"/"+cora.id, nil, http.StatusNoContent)
	cora.gets(path, http.StatusNotFound)

	alice.posts(path+"/cancel", object{"reason": "ill"}, http.StatusOK)
	s.eventually(func() bool { return bora.followed("ownerId=" + place.OwnerID)["ReservationCanceled"] == alice.id })
	require.Len(t, alice.gets("/v1/mypages", http.StatusOK).Items, 1)
	require.Len(t, bora.gets("/v1/orders", http.StatusOK).Items, 1)
	require.Empty(t, minho.gets("/v1/mypages", http.StatusOK).Items)
	bora.does(http.MethodPut, members+"/"+cora.id, object{"parts": []object{{"level": "staff"}}}, http.StatusOK)
	require.Len(t, cora.gets("/v1/orders", http.StatusOK).Items, 1, "of the only shop that she works for")
}

// TestAuthorize_ThoseWhoServe: the courier delivers, the café serves, and the cleaner
// who was assigned finishes.
func TestAuthorize_ThoseWhoServe(t *testing.T) {
	t.Parallel()
	s := boot(t)
	alice, bora := s.person("alice", booking.CustomerRole), s.person("bora", booking.OwnerRole)
	dana, kim, lee := s.person("dana", booking.CourierRole), s.person("kim", booking.CleanerRole), s.person("lee", booking.CleanerRole)
	olga := s.person("olga", booking.OperatorRole)

	menu := bora.posts(menus, object{"name": "Bibimbap", "price": object{"amount": 9000, "currency": "KRW"}}, http.StatusCreated)
	food := alice.posts("/v1/food/orders", object{"menuId": menu.ID, "quantity": 1, "address": "12 Sejong-daero"}, http.StatusCreated)
	s.becomes(food.ID, booking.Delivering)
	delivered := "/v1/food/deliveries/" + food.ID + "/complete"
	kim.posts(delivered, nil, http.StatusNotFound)
	bora.posts(delivered, nil, http.StatusForbidden)
	alice.posts(delivered, nil, http.StatusForbidden)
	dana.gets("/v1/food/orders/"+food.ID, http.StatusOK)
	require.Len(t, dana.gets("/v1/food/deliveries", http.StatusOK).Items, 1)
	require.Equal(t, dana.id, dana.posts(delivered, nil, http.StatusOK).By())
	s.becomes(food.ID, booking.Delivered)
	dana.gets("/v1/food/orders/"+food.ID, http.StatusNotFound)
	dana.gets("/v1/food/deliveries/"+food.ID, http.StatusNotFound)
	require.Empty(t, dana.gets("/v1/food/deliveries", http.StatusOK).Items)
	again := dana.posts(delivered, nil, http.StatusConflict)
	require.Equal(t, string(booking.AlreadyDelivered), again.Code)
	require.Empty(t, again.Order, "she may not read it any more")

	drink := bora.posts(drinks, object{
		"name": "Latte", "price": object{"amount": 4500, "currency": "KRW"}, "date": inDays(1), "count": 5,
	}, http.StatusCreated)
	cup := alice.posts("/v1/cafe/orders", object{"menuId": drink.ID, "quantity": 1}, http.StatusCreated)
	s.becomes(cup.ID, booking.InProduction)
	served := "/v1/cafe/productions/" + cup.ID + "/complete"
	dana.posts(served, nil, http.StatusNotFound)
	require.Equal(t, bora.id, bora.posts(served, nil, http.StatusOK).By())

	kim.posts(cleaners, object{"name": "Kim", "personId": kim.id}, http.StatusForbidden)
	require.Equal(t, kim.id, olga.posts(cleaners, object{"name": "Kim", "personId": kim.id}, http.StatusCreated).ID)
	olga.posts(cleaners, object{"name": "Kim", "personId": kim.id}, http.StatusConflict)
	call := alice.posts("/v1/cleaning/calls", object{"tel": "+82 2-123-4567", "location": "12 Sejong-daero"}, http.StatusCreated)
	s.becomes(call.ID, booking.Assigned)
	done, contact := "/v1/cleaning/calls/"+call.ID+"/complete", "/v1/cleaning/calls/"+call.ID+"/contact"
	lee.posts(done, nil, http.StatusNotFound)
	lee.gets(cleaners+"/"+kim.id+"/assignments", http.StatusNotFound)
	require.Len(t, kim.gets(cleaners+"/"+kim.id+"/assignments", http.StatusOK).Items, 1)
	require.Equal(t, "+8221234567", kim.gets(contact, http.StatusOK).Tel)
	require.Equal(t, kim.id, kim.posts(done, nil, http.StatusOK).By())
	s.becomes(call.ID, booking.Completed)
	require.Empty(t, kim.gets(contact, http.StatusOK).Tel, "the call has ended")
	require.Equal(t, "+8221234567", alice.gets(contact, http.StatusOK).Tel)

	// An operator orders for another customer, and the order says so.
	placed := olga.posts("/v1/food/orders", object{"menuId": menu.ID, "customerId": alice.id, "quantity": 1, "address": "here"}, http.StatusCreated)
	require.Equal(t, []string{alice.id, olga.id}, []string{placed.CustomerID, placed.History[0].By})
}
