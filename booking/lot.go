package booking

// Lot is a quantity that was bought at once, at one price.
type Lot struct {
	Quantity int   `json:"quantity" doc:"How many of what was ordered"`
	Amount   int64 `json:"amount" doc:"What these cost together, in the minor unit of the currency" example:"9000"`
}

// ChangeLots changes lots, oldest first, to the total quantity wants. The remaining quantity
// keeps its price, the newest lots are reduced first, and an additional quantity costs
// price each. Returns false if the amount cannot be represented.
func ChangeLots(lots []Lot, wants int, price int64) ([]Lot, bool) {
	var kept []Lot
	for _, l := range lots {
		keeps := min(l.Quantity, wants)
		if keeps == 0 {
			break
		}
		kept = append(kept, Lot{keeps, shareOf(l.Amount, keeps, l.Quantity)})
		wants -= keeps
	}
	if wants == 0 {
		return kept, true
	}
	more, fits := Money{Amount: price}.Times(int64(wants))
	if !fits {
		return nil, false
	}
	if n := len(kept) - 1; n >= 0 && kept[n].costsEach(price) {
		kept[n] = Lot{kept[n].Quantity + wants, kept[n].Amount + more.Amount}
		return kept, kept[n].Amount >= 0
	}
	return append(kept, Lot{wants, more.Amount}), true
}

func (l Lot) costsEach(price int64) bool {
	whole, fits := Money{Amount: price}.Times(int64(l.Quantity))
	return fits && whole.Amount == l.Amount
}

// shareOf is the price of some out of of that cost amount together, rounded up.
func shareOf(amount int64, some, of int) int64 {
	each, rest := amount/int64(of), amount%int64(of)
	return each*int64(some) + (rest*int64(some)+int64(of)-1)/int64(of)
}

// CostOf is the total price of lots. Returns false if it cannot be represented.
func CostOf(lots []Lot) (sum int64, ok bool) {
	for _, l := range lots {
		if sum += l.Amount; sum < 0 || l.Amount < 0 {
			return 0, false
		}
	}
	return sum, true
}
