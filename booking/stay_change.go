package booking

import (
	"fmt"
	"slices"
	"time"
)

// ChangePending: another change of the order is under way.
const ChangePending Code = "change_pending"

// NotChangeable: the order cannot become what it is to be changed to.
const NotChangeable Code = "not_changeable"

// NightPrice is what each of some nights of a stay costs, all rooms together.
type NightPrice struct {
	From   Date  `json:"from" format:"date" doc:"The first of the nights"`
	To     Date  `json:"to" format:"date" doc:"The day after the last of them"`
	Amount int64 `json:"amount" doc:"What each of them costs, all rooms together, in the minor unit of the currency" example:"50000"`
	// Lots are the rooms where they do not all cost the same, oldest first.
	Lots []Lot `json:"lots,omitempty" doc:"The rooms of a night where they were bought at different prices, those that were bought first coming first"`
}

// Reprice is what a stay costs that becomes wants, and each night of it. Each room of a
// night that is kept costs what it did, the rooms that were bought last are given up first,
// and others cost the price of a room and night. It returns false if that is no amount that
// can be represented.
func Reprice(has Stretch, prices []NightPrice, wants Stretch, price int64) (nights []NightPrice, total int64, ok bool) {
	return reprice(has, prices, wants, func(night NightPrice, kept int) (NightPrice, bool) {
		if night.Lots == nil && kept > 0 {
			night.Lots = []Lot{{kept, night.Amount}}
		}
		lots, ok := Relot(night.Lots, wants.Quantity, price)
		if !ok {
			return night, false
		}
		if night.Lots = lots; len(lots) == 1 {
			night.Lots = nil
		}
		night.Amount, ok = CostOf(lots)
		return night, ok
	})
}

// RepriceOnAverage is Reprice as earlier builds asked for it: of the rooms of a night each
// costs the same.
func RepriceOnAverage(has Stretch, prices []NightPrice, wants Stretch, price int64) (nights []NightPrice, total int64, ok bool) {
	return reprice(has, prices, wants, func(night NightPrice, kept int) (NightPrice, bool) {
		night.Lots = nil
		if wants.Quantity < kept {
			night.Amount = shareOf(night.Amount, wants.Quantity, kept)
			return night, true
		}
		more, fits := Money{Amount: price}.Times(int64(wants.Quantity - kept))
		night.Amount += more.Amount
		return night, fits
	})
}

// reprice is what a stay costs by what each of its nights comes to: from what it was, with
// so many rooms of it kept at most.
func reprice(
	has Stretch, prices []NightPrice, wants Stretch, of func(night NightPrice, kept int) (NightPrice, bool),
) (nights []NightPrice, total int64, ok bool) {
	for day := wants.From; day.Before(wants.To); day = day.AddDays(1) {
		kept, night := 0, NightPrice{}
		if !day.Before(has.From) && day.Before(has.To) {
			kept, night = has.Quantity, priceOf(prices, day)
		}
		if night, ok = of(night, kept); !ok {
			return nil, 0, false
		}
		if total += night.Amount; total < 0 || night.Amount < 0 {
			return nil, 0, false
		}
		night.From, night.To = day, day.AddDays(1)
		nights = withNight(nights, night)
	}
	return nights, total, true
}

func priceOf(prices []NightPrice, day Date) NightPrice {
	for _, p := range prices {
		if !day.Before(p.From) && day.Before(p.To) {
			return p
		}
	}
	return NightPrice{}
}

func withNight(nights []NightPrice, night NightPrice) []NightPrice {
	if n := len(nights) - 1; n >= 0 && nights[n].Amount == night.Amount && slices.Equal(nights[n].Lots, night.Lots) {
		nights[n].To = night.To
		return nights
	}
	return append(nights, night)
}

// MoveDue is what the policy gives back of a difference in the customer's favour, when
// an order is changed: as much of it as a cancel would give back of the price, without the
// fee, and of a stay once the guests may have come as much as an early departure.
func (p *CancellationPolicy) MoveDue(c Cancellation, difference Money) (giveBack int64) {
	switch {
	case p == nil || !c.Kind.binds(c.Status):
		return difference.Amount
	case c.Kind == Lodging && !c.At.Before(c.CheckIn):
		return dueOf(difference, 0, share(difference.Amount, p.EarlyDeparture), tierEarlyDeparture).GiveBack
	}
	n := p.PassedAt(c)
	if n == len(p.Tiers) {
		return 0
	}
	return dueOf(difference, 0, share(difference.Amount, p.Tiers[n].Percent), p.Tiers[n].name()).GiveBack
}

// MayChangeStay: a reservation that stands, or waits for its owner, may be changed until
// its guests may come, and after that only the day of departure.
func MayChangeStay(s Status, now, checkIn, checkOut time.Time, onlyDeparture bool) error {
	switch {
	case s != Confirmed && s != AwaitingOwner:
		return ended(s, Errorf(NotConfirmed, "the reservation is not confirmed: it is %s", s))
	case !now.Before(checkOut):
		return Errorf(AlreadyCompleted, "check-out was at %s", checkOut.Format(time.RFC3339))
	case !now.Before(checkIn) && !onlyDeparture:
		return Errorf(AlreadyCheckedIn, "check-in was at %s: only the day of departure can be changed", checkIn.Format(time.RFC3339))
	default:
		return nil
	}
}

// MoveQuote names a difference in the price of an order, for a customer to say that they
// were shown it.
func MoveQuote(charge, refund Money) string {
	if refund.Amount > 0 {
		return fmt.Sprintf("-%d/%s", refund.Amount, refund.Currency)
	}
	return fmt.Sprintf("+%d/%s", charge.Amount, charge.Currency)
}
