package web

import (
	"net/http"

	"github.com/yeyak/yeyak/booking"
)

// home is the first page: what there is, for anybody; with their latest orders for a
// customer.
func (p *Pages) home(v *visit) error {
	if err := v.identify(); err != nil && !isOver(err) {
		return err
	}
	var latest []orderLine
	if v.caller.Known() && v.caller.Is(booking.CustomerRole) {
		found, err := p.Orders.List(v.ctx, v.caller, booking.OrderFilter{CustomerID: v.caller.ID}, booking.Page{Limit: latestShown}, nil)
		if err != nil {
			return err
		}
		latest = v.lines(found.Orders)
	}
	return v.show(http.StatusOK, homePage(v.page(v.say("home.title"), ""), latest))
}

// latestShown is how many of their orders the first page shows to a customer.
const latestShown = 3
