package contract

import (
	"time"

	"github.com/yeyak/yeyak/booking"
)

// FoodWorkflow is the workflow type of orders of food.
const FoodWorkflow = "Food"

// Food is the input of an order of food. Its amount is price × quantity.
type Food struct {
	Order
	Menu     booking.Menu     `json:"menu"`
	Quantity int              `json:"quantity"`
	Address  booking.Personal `json:"address"`
}

// View is the order before its workflow has run.
func (f Food) View() View {
	v := f.view(booking.Food, f.Menu.OwnerID, booking.Item{ID: f.Menu.ID, Name: f.Menu.Name}, f.Quantity)
	v.Terms = f.terms(time.Time{}, "")
	v.Delivery = &Delivery{Status: booking.JobWaiting, Address: f.Address}
	return v
}

// Check returns Invalid if the saga does not accept the input.
func (f Food) Check() error {
	var is objections
	f.check(booking.Food, &is)
	if f.Settle != nil {
		is.unless(f.Quantity >= 1, "quantity", "must be at least 1")
		return is.err()
	}
	is.quantity("quantity", f.Quantity)
	is.item("menu", f.Menu.ID, f.Menu.Name, f.Menu.OwnerID)
	is.words("address", f.Address)
	is.price(f.Amount, f.Menu.Price, f.Quantity)
	return is.err()
}

func settleFood(o Order, v View) (Input, error) {
	menu := booking.Menu{ID: v.Item.ID, Name: v.Item.Name, OwnerID: v.OwnerID}
	return Food{Order: o, Menu: menu, Quantity: v.quantity(), Address: v.address()}, nil
}
