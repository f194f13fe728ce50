package payments

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"
)

// testMethods are the names of test methods that can be kept. Each means a new method each time,
// and that one is kept.
var testMethods = []string{"pm_card_visa", "pm_card_mastercard", "pm_card_amex"}

// ofTestMethod is a new method for a test method's name. Its id shows its brand.
func ofTestMethod(name string) string {
	return newID("pm_") + "_" + strings.TrimPrefix(name, "pm_card_")
}

// cards are the brands of test cards with the last digits of their numbers. A method whose id
// shows none of them is a card of the first.
var cards = []struct{ brand, last4 string }{{"visa", "4242"}, {"mastercard", "4444"}, {"amex", "8431"}}

// cardLasts is how many years a card is valid after it was kept.
const cardLasts = 3

func (m Method) rendered() gin.H {
	card := cards[max(0, slices.IndexFunc(cards, func(c struct{ brand, last4 string }) bool { return strings.HasSuffix(m.ID, "_"+c.brand) }))]
	return gin.H{
		"id": m.ID, "object": "payment_method", "type": "card", "customer": m.Customer, "created": m.At.Unix(), "livemode": false,
		"card": gin.H{"brand": card.brand, "last4": card.last4, "exp_month": 12, "exp_year": m.At.Year() + cardLasts},
	}
}

func (s *Server) listMethods(ctx context.Context, g *gin.Context) (any, error) {
	id := g.Param("id")
	if has, err := s.intents.HasCustomer(ctx, id); err != nil {
		return nil, err
	} else if !has {
		return nil, missing(http.StatusNotFound, "customer", id)
	}
	methods, err := s.intents.Methods(ctx, id)
	data := make([]any, len(methods))
	for i, m := range methods {
		data[i] = m.rendered()
	}
	return gin.H{"object": "list", "url": "/v1/customers/" + id + "/payment_methods", "has_more": false, "data": data}, err
}

func (s *Server) showMethod(ctx context.Context, g *gin.Context) (any, error) {
	methods, err := s.intents.Methods(ctx, g.Param("id"))
	if err != nil {
		return nil, err
	}
	n := slices.IndexFunc(methods, func(m Method) bool { return m.ID == g.Param("method") })
	if n < 0 {
		return nil, missing(http.StatusNotFound, "payment_method", g.Param("method"))
	}
	return methods[n].rendered(), nil
}

// detachMethod takes a method from its customer. It cannot pay any more.
func (s *Server) detachMethod(ctx context.Context, g *gin.Context) (any, error) {
	id := g.Param("method")
	was, err := s.intents.Detach(ctx, id)
	switch {
	case err != nil:
		return nil, err
	case !was:
		return nil, &apiError{
			Status: http.StatusBadRequest, Type: invalidRequest,
			Message: "The payment method you provided is not attached to a customer so detachment is impossible.",
		}
	}
	return gin.H{"id": id, "object": "payment_method", "type": "card", "customer": nil}, nil
}

func missing(status int, what, id string) *apiError {
	return &apiError{Status: status, Type: invalidRequest, Code: "resource_missing", Param: what, Message: "No such " + what + ": '" + id + "'"}
}
