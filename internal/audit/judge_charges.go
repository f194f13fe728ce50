package audit

import (
	"slices"
	"strings"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// isPaidFor reports whether the charges of an order, less refunds by its changes, are
// its price. They may be more if other refunds had left nothing for a change to refund.
// A change that is under way has not changed the price yet.
func (f *facts) isPaidFor(p *booking.Payment, o orderState) bool {
	price := p.Price()
	if o.change != nil {
		for _, c := range p.Further {
			if c.Status == booking.Charged && c.Key == booking.ChangeKey(f.id, o.change.ID) {
				price -= c.Amount.Amount
			}
		}
		refund, _ := p.Entry(booking.ChangeRefundKey(f.id, o.change.ID))
		price += refund.Amount.Amount
	}
	return p.Amount.Currency == o.amount.Currency && (price == o.amount.Amount || price > o.amount.Amount && p.HadNothingLeft())
}

// holdsBeside are the order's current holds without those of a change under way.
func (f *facts) holdsBeside(c *contract.PendingChange) []Hold {
	if c == nil {
		return f.holds
	}
	own := booking.ChangeKey(f.id, c.ID) + "/"
	return slices.DeleteFunc(slices.Clone(f.holds), func(h Hold) bool { return strings.HasPrefix(h.Key, own) })
}

// changed is the expected state of the order after the change that is under way.
func (o orderState) changed() orderState {
	if c := o.change; c != nil {
		o.from, o.to, o.quantity = c.CheckIn, c.CheckOut, c.Rooms
	}
	return o
}

// together joins the payment's own charges into one. While the order runs, a further charge that
// is requested and not answered may have been made, too, and is left out. An order ends only
// when its charges are answered, or a person has ended them.
func together(p *booking.Payment, all []ProviderCharge, hasEnded bool) (charges []ProviderCharge) {
	if p == nil {
		return all
	}
	sum, known, requested := ProviderCharge{Ref: p.Ref}, false, slices.Clone(p.Further)
	if hasEnded {
		requested = nil
	}
	for _, c := range all {
		open := slices.IndexFunc(requested, func(f booking.FurtherCharge) bool { return f.Pending() && f.Amount == c.Charged })
		switch {
		case isOf(p, c):
			known, sum.OrderID, sum.Refunded = true, c.OrderID, sum.Refunded+c.Refunded
			sum.Charged = booking.Money{Amount: sum.Charged.Amount + c.Charged.Amount, Currency: c.Charged.Currency}
		case open >= 0:
			requested = slices.Delete(requested, open, open+1)
		default:
			charges = append(charges, c)
		}
	}
	if known {
		charges = slices.Insert(charges, 0, sum)
	}
	return charges
}

// isOf reports whether the charge is one of the payment's own.
func isOf(p *booking.Payment, c ProviderCharge) bool {
	return slices.Contains(p.Refs(), c.Ref)
}
