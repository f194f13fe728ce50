package web

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/gin-gonic/gin"
	"go.uber.org/zap"

	"github.com/yeyak/yeyak/booking"
)

const cardsPath = "/cards"

func (p *Pages) mountCards(r gin.IRouter) {
	p.page(r, http.MethodGet, cardsPath, booking.ListMethods, p.listCards)
	p.page(r, http.MethodPost, cardsPath+"/:id/remove", booking.RemoveMethod, p.removeCard)
}

// cardLine is a kept card in the list.
type cardLine struct{ id, name, until string }

// listCards lists the caller's kept cards.
func (p *Pages) listCards(v *visit) error {
	if err := v.caller.Authorize(booking.ListMethods, booking.Thing{CustomerID: v.caller.ID}); err != nil {
		return err
	}
	var lines []cardLine
	if v.keepsCards() {
		kept, err := v.KeptMethods.List(v.ctx, v.caller.ID)
		if err != nil {
			return err
		}
		for _, m := range kept {
			line := cardLine{id: m.ID, name: cardName(m)}
			if m.ExpYear > 0 {
				line.until = v.say("cards.until", fmt.Sprintf("%02d/%d", m.ExpMonth, m.ExpYear))
			}
			lines = append(lines, line)
		}
	}
	return v.show(http.StatusOK, cardsPage(v.page(v.say("nav.cards"), "nav.cards"), lines))
}

// removeCard removes a card of the caller. One that is removed already is no fault.
func (p *Pages) removeCard(v *visit) error {
	if err := v.caller.Authorize(booking.RemoveMethod, booking.Thing{CustomerID: v.caller.ID}); err != nil {
		return err
	}
	if v.keepsCards() {
		err := v.KeptMethods.Remove(v.ctx, v.caller.ID, v.c.Param("id"))
		if err != nil && !errors.Is(err, &booking.Error{Code: booking.NotFound}) {
			return err
		}
	}
	return v.goTo(cardsPath)
}

// keepsCards reports whether the payment provider keeps cards.
func (v *visit) keepsCards() bool { return v.KeptMethods != nil && v.KeptMethods.Keeps() }

// keptWithin is how long a form waits for the kept cards. Without them it has the other ways
// to pay.
const keptWithin = time.Second

// findKept finds the caller's kept cards for a form that is shown. Without an answer of the
// provider, a form that was sent keeps its own card.
func (o *ordering) findKept(v *visit) {
	if o.takeKept(v); !o.mayKeep {
		return
	}
	ctx, cancel := context.WithTimeout(v.ctx, keptWithin)
	defer cancel()
	kept, err := v.KeptMethods.List(ctx, v.caller.ID)
	if err != nil {
		v.Log.Info("a form has no kept cards", zap.Error(err))
		return
	}
	o.keptIDs, o.kept = nil, map[string]string{}
	for _, m := range kept {
		o.keptIDs = append(o.keptIDs, m.ID)
		o.kept[m.ID] = cardName(m)
	}
}

// takeKept takes the kept card with which the form was sent. For a form that is carried out the
// provider is not called: it declines a card that is not the customer's.
func (o *ordering) takeKept(v *visit) {
	o.mayKeep, o.keeps, o.keptIDs, o.kept = v.keepsCards(), v.field("keep") != "", nil, map[string]string{}
	if !o.mayKeep || v.c.Request.Method != http.MethodPost {
		return
	}
	if sent := v.field("method"); booking.IsName(sent) && strings.HasPrefix(sent, "pm_") && !strings.HasPrefix(sent, "pm_card_") {
		o.keptIDs, o.kept[sent] = []string{sent}, v.say("pay.kept")
	}
}

// methodName is a payment method in words.
func (o *ordering) methodName(w words, method string) string {
	if name, kept := o.kept[method]; kept {
		return name
	}
	return w.say("pay." + method)
}

// brands are the names of brands of cards, by the provider's words.
var brands = map[string]string{
	"visa": "Visa", "mastercard": "Mastercard", "amex": "American Express", "jcb": "JCB", "unionpay": "UnionPay",
	"diners": "Diners Club", "discover": "Discover",
}

// cardName is a kept card, such as Visa ···· 4242.
func cardName(m booking.KeptMethod) string {
	name := cmp.Or(brands[m.Brand], m.Brand, m.Type)
	if m.Last4 != "" {
		name += " ···· " + m.Last4
	}
	return name
}
