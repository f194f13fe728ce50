package activities

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/yeyak/yeyak/booking"
)

// given is what the undo's own refund has paid back of a charge.
type given struct {
	amount int64
	id     string // the provider's id
}

// giveBackOne refunds what is owed of one charge. A charge beside the intended one, or one
// of another amount, is owed in full.
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

// giveBackOwed refunds what is owed of the intended charge. Money that was paid by hand is
// not owed and stays at the provider.
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
	case err != nil && (part == nil || !errors.Is(err, ErrReturned)): // with ErrReturned the part may still be made
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
		if _, _, err := p.refundPart(ctx, *part); err != nil { // a saga that was reset may no longer follow it
			return given{}, err
		}
		return given{}, elsewhere{&Owed{Words: "refund " + part.Key + " of the same charge is under way"}}
	default:
		return given{seen.Under(key) + due.Amount, id}, nil
	}
}

// underWay is a pending refund of a part, nil if there is none. While it may fail, the
// amount that the undo owes is not known.
func underWay(payment booking.Payment) *booking.Entry {
	for _, e := range payment.Entries {
		if e.Key != payment.RefundKey() && e.State == booking.EntryPending {
			return &e
		}
	}
	return nil
}
