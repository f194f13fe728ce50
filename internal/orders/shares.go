package orders

import "context"

// forOthers is how many times as much as one customer a caller may have that places
// orders for others: the desk of a hotel, for example, that calls cleaners for its
// guests.
const forOthers = 10

// share is how much one customer or caller has of what there is room for.
type share struct {
	id, whose string // whose it is, "" for no share; and in words
	most      int
	count     func(ctx context.Context, id string) (int, error)
}

// shares are those that a placement counts for: its customer's and, where that is
// another one, its caller's. most is what one customer may have.
func (p Placement) shares(most int, ofCustomer, byCaller func(context.Context, string) (int, error)) []share {
	return []share{
		{p.CustomerID, "of this customer", most, ofCustomer},
		{p.forCustomer(), "that you placed for others", forOthers * most, byCaller},
	}
}

// usedUp is how much there is of the first share that is used up, and whose it is; 0 if
// none is.
func usedUp(ctx context.Context, shares []share) (used int, whose string, err error) {
	for _, s := range shares {
		if s.id == "" {
			continue
		}
		used, err := s.count(ctx, s.id)
		if err != nil {
			return 0, "", err
		}
		if used >= s.most {
			return used, s.whose, nil
		}
	}
	return 0, "", nil
}
