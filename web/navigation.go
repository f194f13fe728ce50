package web

import (
	"net/url"

	"github.com/yeyak/yeyak/booking"
)

// navEntry is an entry of the navigation, for callers that may do the action on some thing.
type navEntry struct {
	key, path string
	action    booking.Action
}

// navEntries lists all entries; the key of each is its word.
var navEntries = []navEntry{
	{"nav.rooms", "/rooms", booking.PlaceOrder},
	{"nav.meals", "/meals", booking.PlaceOrder},
	{"nav.drinks", "/drinks", booking.PlaceOrder},
	{"nav.cleaning", "/cleaning", booking.PlaceOrder},
	{"nav.orders", "/orders", booking.PlaceOrder},
	{"nav.desk", "/desk", booking.ConfirmOrder},
	{"nav.today", "/desk/today", booking.ConfirmOrder},
	{"nav.catalogue", "/desk/catalogue", booking.ChangeStock},
	{"nav.earnings", "/desk/earnings", booking.RefundOrder},
	{"nav.kitchen", "/work/kitchen", booking.Serve},
	{"nav.deliveries", "/work/deliveries", booking.Deliver},
	{"nav.assignments", "/work/cleaning", booking.FinishCall},
	{"nav.operator", operatorPath, booking.Monitor},
	{"nav.messages", "/messages", booking.ReadMessages},
}

// demoEntry is the entry of the demonstration, if there is one.
var demoEntry = navEntry{"nav.demo", demoPath, booking.ReadSelf}

// cardsEntry is the entry of a customer's kept cards, if the payment provider keeps any.
var cardsEntry = navEntry{"nav.cards", cardsPath, booking.ListMethods}

// entries are those that the page shows.
func (p page) entries() []navEntry {
	shown := entriesFor(p.caller)
	if p.keeps && p.caller.Is(booking.CustomerRole) {
		shown = append(shown, cardsEntry)
	}
	if p.demos {
		shown = append(shown, demoEntry)
	}
	return shown
}

// entriesFor are the entries for a caller.
func entriesFor(c booking.Caller) (shown []navEntry) {
	for _, e := range navEntries {
		if c.EverAllowed(e.action) {
			shown = append(shown, e)
		}
	}
	return shown
}

func queryOf(path string) string { return url.QueryEscape(path) }
