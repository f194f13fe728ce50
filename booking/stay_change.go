package booking

import (
	"fmt"
	"time"
)

// ChangePending: another change of the reservation is under way.
const ChangePending Code = "change_pending"

// NotChangeable: the reservation cannot become what it is to be changed to.
const NotChangeable Code = "not_changeable"

// NightPrice is what each of some nights of a stay costs, all rooms together.
type NightPrice struct {
	From   Date  `json:"from" format:"date" doc:"The first of the nights"`
	To     Date  `json:"to" format:"date" doc:"The day after the last of them"`
	Amount int64 `json:"amount" doc:"What each of them costs, all rooms together, in the minor unit of the currency" example:"50000"`
}

// Reprice is what a stay costs that becomes wants, and each night of it. Nights and rooms
// that are kept cost what they did, and others the price of a room and night. It returns
// false if that is no amount that can be represented.
func Reprice(has Stretch, prices []NightPrice, wants Stretch, price int64) (nights []NightPrice, total int64, ok bool) {
	rooms := Money{Amount: price}
	for night := wants.From; night.Before(wants.To); night = night.AddDays(1) {
		kept, amount := 0, int64(0)
		if !night.Before(has.From) && night.Before(has.To) {
			kept, amount = has.Quantity, priceOf(prices, night)
		}
		if wants.Quantity < kept {
			amount = roomsOf(amount, wants.Quantity, kept)
		} else {
			more, fits := rooms.Times(int64(wants.Quantity - kept))
			if !fits {
				return nil, 0, false
			}
			amount += more.Amount
		}
		if total += amount; total < 0 || amount < 0 {
			return nil, 0, false
		}
		nights = withNight(nights, night, amount)
	}
	return nights, total, true
}

// roomsOf is what some of the rooms of a night cost, rounded up.
func roomsOf(amount int64, rooms, of int) int64 {
	each, rest := amount/int64(of), amount%int64(of)
	return each*int64(rooms) + (rest*int64(rooms)+int64(of)-1)/int64(of)
}

func priceOf(prices []NightPrice, night Date) int64 {
	for _, p := range prices {
		if !night.Before(p.From) && night.Before(p.To) {
			return p.Amount
		}
	}
	return 0
}

func withNight(nights []NightPrice, night Date, amount int64) []NightPrice {
	if n := len(nights) - 1; n >= 0 && nights[n].Amount == amount {
		nights[n].To = night.AddDays(1)
		return nights
	}
	return append(nights, NightPrice{From: night, To: night.AddDays(1), Amount: amount})
}

// MoveDue is what the policy gives back of a difference in the customer's favour, when
// a stay is changed: as much of it as a cancel would give back of the price, without the
// fee, and once the guests may have come as much as an early departure.
func (p *CancellationPolicy) MoveDue(c Cancellation, difference Money) (giveBack int64) {
	switch {
	case p == nil || !c.Kind.binds(c.Status):
		return difference.Amount
	case !c.At.Before(c.CheckIn):
		return dueOf(difference, share(difference.Amount, p.EarlyDeparture), tierEarlyDeparture).GiveBack
	}
	for _, t := range p.Tiers {
		if _, holds := t.holds(c); holds {
			return dueOf(difference, share(difference.Amount, t.Percent), t.name()).GiveBack
		}
	}
	return 0
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

// MoveQuote names a difference in the price of a stay, for a customer to say that they
// were shown it.
func MoveQuote(charge, refund Money) string {
	if refund.Amount > 0 {
		return fmt.Sprintf("-%d/%s", refund.Amount, refund.Currency)
	}
	return fmt.Sprintf("+%d/%s", charge.Amount, charge.Currency)
}
