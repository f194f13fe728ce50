package contract

import (
	"fmt"
	"time"

	"github.com/yeyak/yeyak/booking"
)

// Settlement is what the saga of a lost order is started with to be undone:
// the order as it was last known, and no more of what it was placed with than
// undos ask for. by is the caller that has it undone. Undos act on what was done under
// the order's keys, so a view that lacks days or a quantity will do.
func Settlement(v View, p Policy, requestHash, by string) (workflow string, input Input, err error) {
	business := BusinessOf(v.Kind)
	if business.settle == nil {
		return "", nil, fmt.Errorf("order %s is of no kind that there is: %q", v.ID, v.Kind)
	}
	v.NeedsAttention, v.Trouble = false, nil // whether it still does, its new saga will find out
	v = v.short()
	input, err = business.settle(Order{
		OrderID: v.ID, CustomerID: v.CustomerID, Amount: v.Amount, PlacedAt: v.PlacedAt(),
		RequestHash: requestHash, Policy: p, Settle: &v, SettledBy: by,
	}, v)
	return business.Workflow, input, err
}

// quantity is how many the order is of. An undo of what never happened is
// recorded as well, and it has to be of one at least.
func (v View) quantity() int { return max(v.Quantity, 1) }

// short is the view with its texts cut to what a workflow can start with: an
// earlier build may have let in more. Ids are left as they are, since they name
// something.
func (v View) short() View {
	v = v.Clone()
	for i := range v.History {
		v.History[i].Note = cut(v.History[i].Note, booking.LongestNote)
	}
	v.Item.Name = cut(v.Item.Name, booking.LongestText)
	if v.Delivery != nil {
		delivery := *v.Delivery
		delivery.Address = cut(delivery.Address, booking.LongestText)
		v.Delivery = &delivery
	}
	if v.Cleaning != nil {
		visit := *v.Cleaning
		visit.Location = cut(visit.Location, booking.LongestText)
		v.Cleaning = &visit
	}
	return v
}

// cut is at most the first n characters of the text.
func cut[T ~string](text T, n int) T {
	if runes := []rune(text); len(runes) > n {
		return T(runes[:n])
	}
	return text
}

func (v View) placedOn() booking.Date { return booking.DateOf(v.PlacedAt().In(time.UTC)) }

func (v View) address() booking.Personal {
	if v.Delivery == nil {
		return ""
	}
	return v.Delivery.Address
}

func (v View) location() booking.Personal {
	if v.Cleaning == nil {
		return ""
	}
	return v.Cleaning.Location
}
