package api

import (
	"github.com/danielgtaylor/huma/v2"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// orderKind is a kind of order as the API shows it.
type orderKind struct {
	// path is the address of its orders.
	path string
	// usualStatuses are the statuses of an order that goes well, in order. The last but one
	// is the status in which it is carried out.
	usualStatuses []booking.Status
	// example is an order for the documentation, as of a day.
	example func(o contract.Order, today booking.Date) contract.Input
}

// Tags of the kinds in the OpenAPI document.
const (
	tagLodging  = "Lodging"
	tagFood     = "Food"
	tagCafe     = "Café"
	tagCleaning = "Cleaning"
)

// kindTags describe what belongs to each kind.
func kindTags() []*huma.Tag {
	return []*huma.Tag{
		{Name: tagLodging, Description: "Places, their stock, and reservations"},
		{Name: tagFood, Description: "Menus, orders, and their deliveries"},
		{Name: tagCafe, Description: "Drinks of a day, orders, and their production"},
		{Name: tagCleaning, Description: "Cleaners, and calls for them"},
	}
}

// registerKinds adds the routes of every kind of order.
func (s *server) registerKinds() {
	s.registerLodging()
	s.registerFood()
	s.registerCafe()
	s.registerCleaning()
}

// orderKinds are all kinds of order.
var orderKinds = map[booking.Kind]orderKind{
	booking.Lodging: {
		reservationsPath,
		[]booking.Status{booking.Received, booking.Paid, booking.AwaitingOwner, booking.Confirmed, booking.Completed},
		func(o contract.Order, today booking.Date) contract.Input {
			place := booking.Place{ID: "place-0m5w3k1v8t2z6r4q", Name: "Seaside Inn", OwnerID: "olivia"}
			return contract.Lodging{Order: o, Place: place, CheckIn: today.AddDays(30), CheckOut: today.AddDays(32), Rooms: 1}
		},
	},
	booking.Food: {
		foodOrdersPath,
		[]booking.Status{booking.Received, booking.Paid, booking.Delivering, booking.Delivered},
		func(o contract.Order, _ booking.Date) contract.Input {
			menu := booking.Menu{ID: "menu-0m5w3k1v8t2z6r4q", Name: "Bibimbap", OwnerID: "sara"}
			return contract.Food{Order: o, Menu: menu, Quantity: 2, Address: "12 Sejong-daero, Seoul"}
		},
	},
	booking.Cafe: {
		cafeOrdersPath,
		[]booking.Status{booking.Received, booking.Paid, booking.InProduction, booking.Completed},
		func(o contract.Order, today booking.Date) contract.Input {
			drink := booking.Drink{ID: "drink-0m5w3k1v8t2z6r4q", Name: "Iced Americano", OwnerID: "cora", Date: today.AddDays(1)}
			return contract.Cafe{Order: o, Drink: drink, Quantity: 2}
		},
	},
	booking.Cleaning: {
		callsPath,
		[]booking.Status{booking.Received, booking.Calling, booking.Assigned, booking.Completed},
		func(o contract.Order, _ booking.Date) contract.Input {
			return contract.Cleaning{Order: o, Location: "12 Sejong-daero, Seoul"}
		},
	},
}
