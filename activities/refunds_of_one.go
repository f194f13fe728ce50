package activities

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/yeyak/yeyak/booking"
)

// given is what the undo's own refund has given back of a charge.
type given struct {
	amount int64
	id     string // the provider's
}

// giveBackOne gives back what is owed of one charge. Of a charge beside the one
// that was meant, all of it is owed; so it is of one that was taken in another
// amount.
func (p *Payments) giveBackOne(ctx context.Context, payment *booking.Payment, ref string, alone bool) (given, error) {
	seen, err := severalCharges{p.Provider}.Look(ctx, ref)
	if err != nil {
		return given{}, elsewhere{fmt.Errorf("look at charge at provider: %w", unheard{err})}
	}
	if alone && seen.Taken == payment.Amount {
		return p.giveBackOwed(ctx, payment, seen)
	}
	id, err := severalCharges{p.Provider}.Refund(ctx, payment.RefundKey(), seen, booking.Money{Amount: seen.Left, Currency: payment.Amount.Currency})
	if err != nil {
		return given{}, elsewhere{fmt.Errorf("refund at provider: %w", unheard{err})}
	}
	return given{payment.Amount.Amount, id}, nil
}

// giveBackOwed gives back what is owed of the charge that was meant. What was paid by hand is
// left at the provider, and is not owed.
func (p *Payments) giveBackOwed(ctx context.Context, payment *booking.Payment, seen Outlay) (given, error) {
	key := payment.RefundKey()
	if err := p.learnFrom(ctx, payment, seen); err != nil {
		return given{}, err
	}
	part := underWay(*payment)
	due := booking.Money{Currency: payment.Amount.Currency}
	due.Amount = max(0, min(seen.Left, payment.Owed()-seen.Under(key)-onItsWay(*payment, seen)))
	if err := p.asks(ctx, payment, seen, due.Amount); err != nil {
		return given{}, err
	}
	id, err := severalCharges{p.Provider}.Refund(ctx, key, seen, due)
	own, _ := payment.Entry(key)
	own.Key, own.OrderID = key, payment.OrderID
	made := madeOf(own, seen)
	switch {
	case err != nil && (part == nil || !errors.Is(err, ErrReturned)): // with ErrReturned the part may be made all the same
		if noted := p.answered(ctx, *payment, made, err); noted != nil {
			return given{}, noted
		}
		return given{}, elsewhere{fmt.Errorf("refund at provider: %w", unheard{err})}
	case part != nil:
		if isNew := !slices.ContainsFunc(made, func(e booking.Entry) bool { return e.Ref == id }); err == nil && due.Amount > 0 && isNew {
			made = append(made, booking.Entry{Ref: id, Amount: due})
		}
		if err := p.answered(ctx, *payment, made, nil); err != nil {
			return given{}, err
		}
		if _, _, err := p.refundPart(ctx, *part); err != nil { // a saga that was reset may not follow it any more
			return given{}, err
		}
		return given{}, elsewhere{&Owed{Words: "refund " + part.Key + " of the same charge is under way"}}
	default:
		return given{seen.Under(key) + due.Amount, id}, nil
	}
}

// underWay is a refund of a part that is. While it may fail, it is not known what
// the undo owes.
func underWay(payment booking.Payment) *booking.Entry {
	for _, e := range payment.Entries {
		if e.Key != payment.RefundKey() && e.State == booking.EntryPending {
			return &e
		}
	}
	return nil
}
