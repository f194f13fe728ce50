package orders

import (
	"context"
	"fmt"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// Meal is an order of food.
type Meal struct {
	MenuID   string
	Quantity int // in portions
	Address  booking.Personal
}

func (Meal) kind() booking.Kind { return booking.Food }

func (m Meal) offer(ctx context.Context, q *inquiry) offer {
	menu := find(ctx, q, "menuId", "menu", m.MenuID, q.Catalogue.Menu)
	policy := menu.Cancellation
	menu.Cancellation = nil // it is part of contract.Order
	return offer{
		cancellation: policy,
		amount:       q.price("quantity", menu.Price, m.Quantity),
		input: func(o contract.Order) contract.Input {
			return contract.Food{Order: o, Menu: menu, Quantity: m.Quantity, Address: m.Address}
		},
		summary: fmt.Sprintf("%s, %s", shortened(menu.Name), counted(m.Quantity, "portion")),
		admit:   onSale(menu.Withdrawn, nil),
	}
}
