package web

import (
	"net/http"

	"github.com/yeyak/yeyak/booking"
)

// home is the first page: what can be ordered, for everybody, and a customer's latest
// orders.
func (p *Pages) home(v *visit) error {
	switch err := v.identify(); {
	case sessionEnded(err):
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
	found, err := v.list(booking.OrderFilter{CustomerID: v.caller.ID}, booking.Page{Limit: latestShown})
	if err != nil {
		return err
	}
	return v.homePage(v.lines(found.Orders))
}

func (v *visit) homePage(latest []orderLine) error {
	return v.show(http.StatusOK, homePage(v.page(v.say("home.title"), ""), latest))
}

// latestShown is how many of a customer's orders the first page shows.
const latestShown = 3
