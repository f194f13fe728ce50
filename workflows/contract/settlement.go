package contract

import (
	"fmt"
	"time"

	"github.com/yeyak/yeyak/booking"
)

// Settlement is the workflow type and input of the saga that compensates an order whose
// workflow was lost: the order as it was last known, with only what undos need. by is the id of the
// caller. Undos find what was done by the order's keys, so a view without days or quantity
// suffices.
func Settlement(v View, p Policy, requestHash, by string) (workflow string, input Input, err error) {
	business := BusinessOf(v.Kind)
	if business.settle == nil {
		return "", nil, fmt.Errorf("order %s is of no kind that there is: %q", v.ID, v.Kind)
	}
	v.NeedsAttention, v.AttentionCause = false, nil // the new saga finds out whether it still does
	v = v.short()
	input, err = business.settle(Order{
		OrderID: v.ID, CustomerID: v.CustomerID, Amount: v.Amount, PlacedAt: v.PlacedAt(),
		RequestHash: requestHash, Policy: p, Settle: &v, SettledBy: by,
	}, v)
	return business.Workflow, input, err
}

// quantity is the order's quantity, at least 1: the undo of a step that never ran is
// recorded as well, with its quantity.
func (v View) quantity() int { return max(v.Quantity, 1) }

// short is the view with its texts shortened to what a workflow accepts: an earlier build
// may have accepted longer ones. Ids keep their length, since a shortened id would name
// something else.
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
