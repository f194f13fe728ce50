package web

import (
	"net/url"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/orders"
	"github.com/yeyak/yeyak/workflows/contract"
)

// latestParam has an orders.Seen of the last answer: a page that lists orders waits for that version.
const latestParam = "latest"

// listAfter is the address of a page whose list is to show the order as it was answered.
func listAfter(path string, order contract.View) string {
	at, err := url.Parse(path)
	if err != nil {
		return path
	}
	query := at.Query()
	query.Set(latestParam, orders.SeenIn(order).String())
	at.RawQuery = query.Encode()
	return at.String()
}

// here is the address of this page, for a later GET that waits for nothing.
func (v *visit) here() string {
	at := *v.c.Request.URL
	query := at.Query()
	if query.Has(latestParam) {
		query.Del(latestParam)
		at.RawQuery = query.Encode()
	}
	return at.RequestURI()
}

// list lists orders. The first list of the visit waits for the version in its address, and the
// page says if one of its lists is behind.
func (v *visit) list(f booking.OrderFilter, page booking.Page) (orders.List, error) {
	found, err := v.Orders.List(v.ctx, v.caller, f, page, v.latest)
	v.latest, v.behind = nil, v.behind || len(found.Behind) > 0
	return found, err
}
