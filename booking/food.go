package booking

// Menu is a dish that a shop delivers, as its owner registered it. An order keeps the menu
// as it was when the order was placed.
type Menu struct {
	ID      string `json:"id"`
	Name    string `json:"name"`
	OwnerID string `json:"ownerId"`
	Price   Money  `json:"price"` // each
	// Cancellation applies to orders that are placed from now on: see Place.
	Cancellation *CancellationPolicy `json:"cancellation,omitempty"`
	// Withdrawn menus take no new orders.
	Withdrawn bool `json:"withdrawn,omitempty"`
}

// MayDeliver: the courier may hand over an order that is being delivered, once.
func MayDeliver(s Status) error {
	if s == Delivering {
		return nil
	}
	return refusalIfEnded(s, Errorf(NotDelivering, "the order is not being delivered: it is %s", s))
}

// MayChangeMeals: the quantity cannot be changed, because the shop and the courier begin as
// soon as the order is paid for.
func MayChangeMeals(s Status) error {
	return refusalIfEnded(s, Errorf(NotChangeable, "food is on its way from the moment it is paid for: cancel the order and place another one"))
}
