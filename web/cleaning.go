package web

import (
	"net/http"
	"strconv"

	"github.com/gin-gonic/gin"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/orders"
)

func (p *Pages) mountCleaning(r gin.IRouter) {
	p.page(r, http.MethodGet, "/cleaning", booking.PlaceOrder, p.showCleaning)
	p.page(r, http.MethodPost, "/cleaning", booking.PlaceOrder, p.callCleaner)
}

// mostOffered is the maximum that the form lets a customer offer for a cleaning, in won.
const mostOffered = 10_000_000

// showCleaning shows the form that calls a cleaner.
func (p *Pages) showCleaning(v *visit) error {
	return v.cleaningPage(http.StatusOK, v.newPayable("tel", "location", "offer"))
}

func (v *visit) cleaningPage(status int, o *ordering) error {
	policy, err := v.Catalogue.CallPolicy(v.ctx)
	if err != nil {
		return err
	}
	return v.show(status, cleaningPage(v.page(v.say("cleaning.title"), "nav.cleaning"), o, v.policy(policy, "KRW")))
}

// callCleaner calls a cleaner.
func (p *Pages) callCleaner(v *visit) error {
	o := v.newPayable("tel", "location", "offer")
	wanted := orders.Call{Location: v.text(o, "location", longestAddress), Price: booking.Money{Currency: "KRW"}}
	tel, ok := p.Telephone(o.fields["tel"])
	switch {
	case o.fields["tel"] == "":
		o.faults["tel"] = v.say("fault.required")
	case !ok:
		o.faults["tel"] = v.say("fault.telephone")
	}
	wanted.Tel = tel
	if o.fields["offer"] != "" {
		amount, err := strconv.ParseInt(o.fields["offer"], 10, 64)
		if err != nil || amount < 0 || amount > mostOffered {
			o.faults["offer"] = v.say("fault.amount")
		}
		wanted.Price.Amount = amount
	}
	return v.placeOrder(o, wanted, func(status int) error { return v.cleaningPage(status, o) })
}
