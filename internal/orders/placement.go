package orders

import (
	"context"
	"fmt"
	"strings"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// Placement is a caller's request to place an order.
type Placement struct {
	// Wanted is what is ordered.
	Wanted
	CustomerID string
	// PaymentMethod is the provider's token.
	PaymentMethod string
	// KeepsMethod: the customer agrees that the provider keeps it for the next order.
	KeepsMethod bool
	// Host is the name and port under which the customer has reached us, and to which the
	// payment provider's page sends them back; "" if it cannot.
	Host string
	// Price is the price of the whole order that was shown to the caller, nil for any.
	Price *booking.Money
	// Key is the Idempotency-Key, "" without one. RequestHash distinguishes a repeat from
	// another request under the same key. PlainHash is the hash of the same request in
	// orders of earlier builds.
	Key, RequestHash, PlainHash string

	placedBy string // the caller's id, "" while authentication is off
}

// placed reports whether hash is that of this placement's request.
func (p Placement) placed(hash string) bool {
	return hash == p.RequestHash || hash != "" && hash == p.PlainHash
}

// Wanted is what can be ordered, of one kind. A field without a value is no fault, but its
// order is not started.
type Wanted interface {
	kind() booking.Kind
	// offer looks up the named items, and adds the faults to q.
	offer(ctx context.Context, q *inquiry) offer
}

// offer is a business's offer for a Wanted.
type offer struct {
	amount booking.Money // the price of the whole order
	// cancellation is the order's cancellation policy; nil: customers get everything back.
	cancellation *booking.CancellationPolicy
	// input is the saga's input, made from the fields that all orders have.
	input func(contract.Order) contract.Input
	// summary is one line for operators.
	summary string
	// admit returns an error if the business does not accept the order; nil accepts every
	// one. It is called before anything is started, and not for a repeat.
	admit func(context.Context, Placement) error
	// shares are the shares of a service's queue that the order counts for; nil: it waits
	// in the inbox, if at all.
	shares func(Placement) []share
}

// Catalogue holds what can be ordered. Its methods return NotFound for a missing item.
type Catalogue interface {
	Place(ctx context.Context, id string) (booking.Place, error)
	Menu(ctx context.Context, id string) (booking.Menu, error)
	// Drink also returns the progress of the drink's deletion, nil while it is on sale.
	Drink(ctx context.Context, id string) (booking.Drink, *booking.DrinkDeletion, error)
	// CallPolicy is the cancellation policy of calls for a cleaner; nil if there is none.
	CallPolicy(ctx context.Context) (*booking.CancellationPolicy, error)
}

// PaymentTerms are the payment provider's terms.
type PaymentTerms interface {
	// Amount returns why an amount other than 0 cannot be paid at once, in words for
	// people.
	Amount(m booking.Money) error
}

// inquiry collects what is wrong with one placement.
type inquiry struct {
	*Orders
	faults []booking.Fault
	err    error // the catalogue's, if it cannot be read
}

// inquire makes an offer. Returns Invalid with every field at fault.
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

// fault adds a fault of a field, unless words is "".
func (q *inquiry) fault(field, words string) {
	if words != "" {
		q.faults = append(q.faults, booking.Fault{Field: field, Words: words})
	}
}

// find finds the item that a field names, the zero value if it is not found. An impossible
// id is not searched for: it may contain characters that a database does not accept.
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

// price is each times all counts. The field is at fault if the product cannot be paid.
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

// asShown returns PriceChanged if the caller was shown another price.
func (f offer) asShown(p Placement) error {
	if p.Price == nil || *p.Price == f.amount {
		return nil
	}
	no := booking.Errorf(booking.PriceChanged, "the whole price is %d %s now; nothing was started", f.amount.Amount, f.amount.Currency)
	no.Price = &f.amount
	return no
}

// onSale refuses every order of an item that is withdrawn, or that cannot be sold as it is
// stored.
func onSale(withdrawn bool, fault error) func(context.Context, Placement) error {
	if !withdrawn && fault == nil {
		return nil
	}
	return refuses(booking.NotOnSale)
}

// refuses refuses every order with the code.
func refuses(code booking.Code) func(context.Context, Placement) error {
	return func(context.Context, Placement) error { return refusal(code) }
}

func counted(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return fmt.Sprintf("%d %ss", n, noun)
}

// shortened cuts a summary to Temporal's limit of 400 bytes.
func shortened(text string) string {
	const most = 150
	if len(text) <= most {
		return text
	}
	return strings.ToValidUTF8(text[:most], "") + "…"
}
