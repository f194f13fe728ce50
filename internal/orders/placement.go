package orders

import (
	"context"
	"fmt"
	"strings"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// Placement is what a caller wants to be placed.
type Placement struct {
	// Wanted is what is ordered.
	Wanted
	CustomerID string
	// PaymentMethod is the provider's token.
	PaymentMethod string
	// Host is the name, with its port, by which the customer has reached us: they come back
	// to it from the payment provider's page. "": they do not come back.
	Host string
	// Price is what the caller was shown as the price of the whole order, nil for any.
	Price *booking.Money
	// Key is the Idempotency-Key, "" without one. RequestHash tells a repeat from
	// another request under the same key. PlainHash is the hash of the same request
	// that orders of earlier builds keep.
	Key, RequestHash, PlainHash string

	placedBy string // the caller's id, "" while authentication is off
}

// placed tells whether the request with the hash is the placement's.
func (p Placement) placed(hash string) bool {
	return hash == p.RequestHash || hash != "" && hash == p.PlainHash
}

// Wanted is what can be ordered, of a kind. No fault is found in a field without a
// value, and no order is started without it.
type Wanted interface {
	kind() booking.Kind
	// offer looks up what is named, and notes what is wrong with what is wanted.
	offer(ctx context.Context, q *inquiry) offer
}

// offer is what a business makes of what is wanted.
type offer struct {
	amount booking.Money // the price of the whole order
	// cancellation is what the order's customer gets back; nil is everything.
	cancellation *booking.CancellationPolicy
	// input is what the order's saga starts with, made of what all orders have in
	// common.
	input func(contract.Order) contract.Input
	// summary is one line for operators.
	summary string
	// admit is an error if the business does not take the order; nil takes every
	// one. It is asked before anything is started, and not for a repeat.
	admit func(context.Context, Placement) error
	// shares are those that the order counts for where it waits for a service; nil:
	// it waits in the inbox, if at all.
	shares func(Placement) []share
}

// Catalogue holds what there is to order. What it does not have is NotFound.
type Catalogue interface {
	Place(ctx context.Context, id string) (booking.Place, error)
	Menu(ctx context.Context, id string) (booking.Menu, error)
	// Drink answers also how far the drink's deletion has come, nil while it is
	// on sale.
	Drink(ctx context.Context, id string) (booking.Drink, *booking.DrinkDeletion, error)
	// CallPolicy is the cancellation policy of calls for a cleaner; nil while there is
	// none.
	CallPolicy(ctx context.Context) (*booking.CancellationPolicy, error)
}

// PaymentTerms are what the payment provider takes.
type PaymentTerms interface {
	// Amount says, for people, why the amount, which is not 0, cannot be paid at
	// once.
	Amount(m booking.Money) error
}

// inquiry is for one placement: what is found wrong with it.
type inquiry struct {
	*Orders
	faults []booking.Fault
	err    error // the catalogue's, when it cannot be asked
}

// inquire makes an offer for what is wanted. Invalid names every field at fault.
func (o *Orders) inquire(ctx context.Context, w Wanted) (offer, error) {
	q := inquiry{Orders: o}
	found := w.offer(ctx, &q)
	switch {
	case q.err != nil:
		return offer{}, q.err
	case len(q.faults) > 0:
		return offer{}, booking.Faulty(q.faults)
	default:
		return found, nil
	}
}

// fault notes what is wrong with a field, unless that is "".
func (q *inquiry) fault(field, words string) {
	if words != "" {
		q.faults = append(q.faults, booking.Fault{Field: field, Words: words})
	}
}

// find finds the thing that a field names, the zero value if that cannot be
// found. An id that none can have is not looked for: it may hold what a database
// does not take.
func find[T any](ctx context.Context, q *inquiry, field, thing, id string, in func(context.Context, string) (T, error)) (found T) {
	if id == "" {
		return found
	}
	err := error(refusal(booking.NotFound))
	if booking.IsName(id) {
		found, err = in(ctx, id)
	}
	if isNotFound(err) {
		q.fault(field, "there is no such "+thing)
	} else if err != nil {
		q.err = err
	}
	return found
}

// price is each, that many times. The field is at fault if that is more than can
// be paid.
func (q *inquiry) price(field string, each booking.Money, counts ...int) booking.Money {
	amount, fits := each, true
	for _, n := range counts {
		if n < 1 {
			return amount
		}
		if fits {
			amount, fits = amount.Times(int64(n))
		}
	}
	if !fits || amount.Amount > booking.MaxAmount {
		q.fault(field, "the whole price is more than can be charged at once")
	} else if err := q.payable(amount); err != nil {
		q.fault(field, fmt.Sprintf("the whole price cannot be charged: %v", err))
	}
	return amount
}

func (q *inquiry) payable(m booking.Money) error {
	if q.Terms == nil || m.Amount == 0 {
		return nil
	}
	return q.Terms.Amount(m)
}

// asShown is PriceChanged for a placement whose caller was shown another price.
func (f offer) asShown(p Placement) error {
	if p.Price == nil || *p.Price == f.amount {
		return nil
	}
	no := booking.Errorf(booking.PriceChanged, "the whole price is %d %s now; nothing was started", f.amount.Amount, f.amount.Currency)
	no.Price = &f.amount
	return no
}

// onSale refuses every order of what its owner has withdrawn, or of what cannot
// be sold as it is stored.
func onSale(withdrawn bool, fault error) func(context.Context, Placement) error {
	if !withdrawn && fault == nil {
		return nil
	}
	return refuses(booking.NotOnSale)
}

// refuses answers every order with the code.
func refuses(code booking.Code) func(context.Context, Placement) error {
	return func(context.Context, Placement) error { return refusal(code) }
}

func counted(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// shortened keeps a summary below the 400 bytes that Temporal takes.
func shortened(text string) string {
	const most = 150
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "") + "…"
}
