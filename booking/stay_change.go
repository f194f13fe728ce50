package booking

import (
	"fmt"
	"slices"
	"time"
)

// ChangePending: another change of the order is under way.
const ChangePending Code = "change_pending"

// NotChangeable: the requested change of the order is not possible.
const NotChangeable Code = "not_changeable"

// NightPrice is the price of each of some consecutive nights of a stay, all rooms together.
type NightPrice struct {
	From   Date  `json:"from" format:"date" doc:"The first of the nights"`
	To     Date  `json:"to" format:"date" doc:"The day after the last of them"`
	Amount int64 `json:"amount" doc:"What each of them costs, all rooms together, in the minor unit of the currency" example:"50000"`
	// Lots are the rooms, oldest first, if they do not all cost the same.
	Lots []Lot `json:"lots,omitempty" doc:"The rooms of a night where they were bought at different prices, those that were bought first coming first"`
}

// Reprice is the price of a stay that is changed from has to wants, in total and per night. A
// room that is kept for a night keeps its price, rooms that were bought last are dropped first,
// and additional rooms cost price per night. It returns false if the amount cannot be
// represented.
func Reprice(has DailyQuantity, prices []NightPrice, wants DailyQuantity, price int64) (nights []NightPrice, total int64, ok bool) {
	return reprice(has, prices, wants, func(night NightPrice, kept int) (NightPrice, bool) {
		if night.Lots == nil && kept > 0 {
			night.Lots = []Lot{{kept, night.Amount}}
		}
		lots, ok := ChangeLots(night.Lots, wants.Quantity, price)
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

// RepriceOnAverage is Reprice as used by earlier builds: all rooms of a night cost the same.
func RepriceOnAverage(
	has DailyQuantity, prices []NightPrice, wants DailyQuantity, price int64,
) (nights []NightPrice, total int64, ok bool) {
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

// reprice is the price of a stay from the price of each of its nights. of computes the latter
// from the night's present price and the number of rooms that can be kept.
func reprice(
	has DailyQuantity, prices []NightPrice, wants DailyQuantity, of func(night NightPrice, kept int) (NightPrice, bool),
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

// MoveDue is the refund for a change that makes an order cheaper by difference: the percentage
// that applies to a cancellation, without the fee, or the percentage of an early departure for a
// stay whose guests may already have come.
func (p *CancellationPolicy) MoveDue(c Cancellation, difference Money) (refund int64) {
	switch {
	case p == nil || !c.Kind.binds(c.Status):
		return difference.Amount
	case c.Kind == Lodging && !c.At.Before(c.CheckIn):
		return dueOf(difference, 0, share(difference.Amount, p.EarlyDeparture), tierEarlyDeparture).Refund
	}
	n := p.PassedAt(c)
	if n == len(p.Tiers) {
		return 0
	}
	return dueOf(difference, 0, share(difference.Amount, p.Tiers[n].Percent), p.Tiers[n].name()).Refund
}

// MayEverChangeStay refuses to change a reservation whose status rules that out at any time.
func MayEverChangeStay(s Status) error {
	if s != Confirmed && s != AwaitingOwner {
		return refusalIfEnded(s, Errorf(NotConfirmed, "the reservation is not confirmed: it is %s", s))
	}
	return nil
}

// MayChangeStay: a reservation that is confirmed, or waits for its owner, may be changed until
// its guests may come; after that only the day of departure may be changed.
func MayChangeStay(s Status, now, checkIn, checkOut time.Time, onlyDeparture bool) error {
	no := MayEverChangeStay(s)
	switch {
	case no != nil:
		return no
	case !now.Before(checkOut):
		return Errorf(AlreadyCompleted, "check-out was at %s", checkOut.Format(time.RFC3339))
	case !now.Before(checkIn) && !onlyDeparture:
		return Errorf(AlreadyCheckedIn, "check-in was at %s: only the day of departure can be changed", checkIn.Format(time.RFC3339))
	default:
		return nil
	}
}

// MoveQuote encodes a difference in an order's price, so that a decision can name the difference
// that the customer was shown.
func MoveQuote(charge, refund Money) string {
	if refund.Amount > 0 {
		return fmt.Sprintf("-%d/%s", refund.Amount, refund.Currency)
	}
	return fmt.Sprintf("+%d/%s", charge.Amount, charge.Currency)
}
