package activities

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/yeyak/yeyak/booking"
)

// ownRefund is what the undo's own refund has refunded of a charge.
type ownRefund struct {
	amount int64
	id     string // the provider's id
}

// refundOne refunds what is owed of one charge. A charge beside the intended one, or one
// of another amount, is owed in full.
func (p *Payments) refundOne(ctx context.Context, payment *booking.Payment, ref string, alone bool) (ownRefund, error) {
	seen, err := severalCharges{p.Provider}.Retrieve(ctx, ref)
	if err != nil {
		return ownRefund{}, calleeFailure{fmt.Errorf("retrieve charge at provider: %w", noAnswer{err})}
	}
	if alone && seen.Charged == payment.Amount {
		return p.refundOwed(ctx, payment, seen)
	}
	id, err := severalCharges{p.Provider}.Refund(ctx, payment.RefundKey(), seen, booking.Money{Amount: seen.Left, Currency: payment.Amount.Currency})
	if err != nil {
		return ownRefund{}, calleeFailure{fmt.Errorf("refund at provider: %w", noAnswer{err})}
	}
	return ownRefund{payment.Amount.Amount, id}, nil
}

// refundOwed refunds what is owed of the intended charge. Money that was paid by hand is
// not owed and stays at the provider.
func (p *Payments) refundOwed(ctx context.Context, payment *booking.Payment, seen ChargeState) (ownRefund, error) {
	key := payment.RefundKey()
	if err := p.followAndImport(ctx, payment, seen); err != nil {
		return ownRefund{}, err
	}
	part := pendingPart(*payment)
	due := booking.Money{Currency: payment.Amount.Currency}
	due.Amount = max(0, min(seen.Left, payment.Owed()-seen.RefundedUnder(key)-outsideLedger(*payment, seen)))
	if err := p.recordRequest(ctx, payment, seen, due.Amount); err != nil {
		return ownRefund{}, err
	}
	id, err := severalCharges{p.Provider}.Refund(ctx, key, seen, due)
	own, _ := payment.Entry(key)
	own.Key, own.OrderID = key, payment.OrderID
	made := madeOf(own, seen)
	switch {
	case err != nil && (part == nil || !errors.Is(err, ErrReturned)): // with ErrReturned the part may still be made
		if noted := p.recordAnswer(ctx, *payment, made, err); noted != nil {
			return ownRefund{}, noted
		}
		return ownRefund{}, calleeFailure{fmt.Errorf("refund at provider: %w", noAnswer{err})}
	case part != nil:
		if isNew := !slices.ContainsFunc(made, func(e booking.Entry) bool { return e.Ref == id }); err == nil && due.Amount > 0 && isNew {
			made = append(made, booking.Entry{Ref: id, Amount: due})
		}
		if err := p.recordAnswer(ctx, *payment, made, nil); err != nil {
			return ownRefund{}, err
		}
		if _, _, err := p.refundPart(ctx, *part); err != nil { // a saga that was reset may no longer follow it
			return ownRefund{}, err
		}
		return ownRefund{}, calleeFailure{&Owed{Words: "refund " + part.Key + " of the same charge is under way"}}
	default:
		return ownRefund{seen.RefundedUnder(key) + due.Amount, id}, nil
	}
}

// pendingPart is a pending refund of a part, nil if there is none. While it may fail, the
// amount that the undo owes is not known.
func pendingPart(payment booking.Payment) *booking.Entry {
	for _, e := range payment.Entries {
		if e.Key != payment.RefundKey() && e.State == booking.EntryPending {
			return &e
		}
	}
	return nil
}
