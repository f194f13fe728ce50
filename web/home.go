package web

import (
	"net/http"

	"github.com/yeyak/yeyak/booking"
)

// home is the first page: what there is, for anybody; with their latest orders for a
// customer.
func (p *Pages) home(v *visit) error {
	switch err := v.identify(); {
	case isOver(err):
		return v.homePage(nil)
	case err != nil:
		return err
	default:
		return v.admitted(p.ownHome)
	}
}

func (p *Pages) ownHome(v *visit) error {
	if !v.caller.Is(booking.CustomerRole) {
		return v.show(http.StatusOK, workHomePage(v.page(v.say("home.work"), "")))
	}
	found, err := p.Orders.List(v.ctx, v.caller, booking.OrderFilter{CustomerID: v.caller.ID}, booking.Page{Limit: latestShown}, nil)
	if err != nil {
		return err
	}
	return v.homePage(v.lines(found.Orders))
}

func (v *visit) homePage(latest []orderLine) error {
	return v.show(http.StatusOK, homePage(v.page(v.say("home.title"), ""), latest))
}

// latestShown is how many of their orders the first page shows to a customer.
const latestShown = 3
