package api

import (
	"context"
	"errors"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/orders"
	"github.com/yeyak/yeyak/workflows/contract"
)

// book stores the orders of a test, without an engine. Orders are prepared and listed
// as internal/orders does it; the test sets the outcome of placing, decisions and reads
// of the order itself. Anything else fails the test.
type book struct {
	*orders.Orders
	t    *testing.T
	rows orders.Pages

	mu       sync.Mutex
	prepared map[string]orders.Placement // by the order's id
	places   func(id string, p orders.Placement) (orders.Outcome, error)
	decides  func(orders.Decision) (orders.Outcome, error)
	refunds  func(orders.Refund) (orders.Refunded, error)
	notices  func(booking.PaymentNotice) error
	returns  func(id string, back booking.PaymentReturn) (orders.Outcome, error)
	reads    func(id string) (contract.View, error) // of an order without a row
	fresh    func(id string) (contract.View, error)
	deletes  func(drinkID string) error
	retries  func(ctx context.Context, id string, reason booking.Personal) (orders.Retried, error)
	settles  func(id string, reason booking.Personal) error
	bulk     *bulkActions
}

// requireCaller requires that orders get the caller that identify has put into the
// context.
func (k *book) requireCaller(ctx context.Context, c booking.Caller) {
	require.Equal(k.t, ctx.Value(callerKey{}), c)
}

func (k *book) Prepare(ctx context.Context, c booking.Caller, p orders.Placement) (orders.Attempt, error) {
	k.requireCaller(ctx, c)
	a, err := k.Orders.Prepare(ctx, c, p)
	k.mu.Lock()
	defer k.mu.Unlock()
	k.prepared[a.OrderID] = p
	return a, err
}

func (k *book) Place(_ context.Context, a orders.Attempt) (orders.Outcome, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	require.NotNil(k.t, k.places, "nothing is to be placed")
	out, err := k.places(a.OrderID, k.prepared[a.OrderID])
	out.OrderID = a.OrderID
	return out, err
}

func (k *book) Decide(ctx context.Context, c booking.Caller, d orders.Decision) (orders.Outcome, error) {
	k.requireCaller(ctx, c)
	if err := k.Allow(ctx, c, d.Action(), d.Kind, d.OrderID); err != nil {
		return orders.Outcome{}, err
	}
	require.NotNil(k.t, k.decides, "nothing is to be decided")
	return k.decides(d)
}

// Quote uses the order's row.
func (k *book) Quote(ctx context.Context, c booking.Caller, kind booking.Kind, id string) (contract.View, contract.Quote, error) {
	k.requireCaller(ctx, c)
	if err := k.Allow(ctx, c, booking.CancelOrder, kind, id); err != nil {
		return contract.View{}, contract.Quote{}, err
	}
	if _, err := k.rows.View(ctx, id); errors.Is(err, &booking.Error{Code: booking.NotFound}) {
		return contract.View{}, contract.Quote{}, orders.NoSuchOrder(id)
	}
	return k.Orders.Quote(ctx, booking.Caller{Unchecked: true}, kind, id)
}

func (k *book) Refund(ctx context.Context, c booking.Caller, r orders.Refund) (orders.Refunded, error) {
	k.requireCaller(ctx, c)
	if err := k.Allow(ctx, c, booking.RefundOrder, "", r.OrderID); err != nil {
		return orders.Refunded{}, err
	}
	require.NotNil(k.t, k.refunds, "nothing is to be refunded")
	return k.refunds(r)
}

func (k *book) Resolve(ctx context.Context, c booking.Caller, id string, evidence booking.Personal) (orders.Outcome, error) {
	return k.Decide(ctx, c, orders.Decision{
		OrderID: id, Kind: booking.KindOf(id), Update: contract.ResolveUpdate, Note: evidence,
	})
}

func (k *book) Notice(_ context.Context, n booking.PaymentNotice) error {
	require.NotNil(k.t, k.notices, "no notice is to be handled")
	return k.notices(n)
}

func (k *book) CheckPayment(ctx context.Context, c booking.Caller, id string) error {
	k.requireCaller(ctx, c)
	if err := k.Allow(ctx, c, booking.ResolvePayment, "", id); err != nil {
		return err
	}
	return k.Notice(ctx, booking.PaymentNotice{OrderID: id, What: "by hand"})
}

func (k *book) Return(ctx context.Context, c booking.Caller, id string, back booking.PaymentReturn) (orders.Outcome, error) {
	k.requireCaller(ctx, c)
	if err := k.Allow(ctx, c, booking.ReturnToOrder, "", id); err != nil {
		return orders.Outcome{}, err
	}
	if k.returns != nil {
		return k.returns(id, back)
	}
	view, err := k.rows.View(ctx, id)
	return orders.Outcome{View: view, Done: true}, err
}

func (k *book) Read(ctx context.Context, c booking.Caller, kind booking.Kind, id string) (contract.View, error) {
	k.requireCaller(ctx, c)
	if err := k.Allow(ctx, c, booking.ReadOrder, kind, id); err != nil {
		return contract.View{}, err
	}
	view, err := k.rows.View(ctx, id)
	switch {
	case !errors.Is(err, &booking.Error{Code: booking.NotFound}):
		return view, err
	case k.reads != nil:
		return k.reads(id)
	default:
		return contract.View{}, orders.NoSuchOrder(id)
	}
}

func (k *book) ReadFresh(ctx context.Context, c booking.Caller, id string) (contract.View, error) {
	k.requireCaller(ctx, c)
	if err := k.Allow(ctx, c, booking.ReadOrder, "", id); err != nil {
		return contract.View{}, err
	}
	require.NotNil(k.t, k.fresh, "no order is to be queried")
	return k.fresh(id)
}

func (k *book) DeleteDrink(ctx context.Context, c booking.Caller, drinkID string) error {
	k.requireCaller(ctx, c)
	require.NotNil(k.t, k.deletes, "nothing is to be deleted")
	return k.deletes(drinkID)
}

// Allow uses the row of an order under way: there is no engine to query whether the order
// is assigned to a worker by now.
func (k *book) Allow(ctx context.Context, c booking.Caller, a booking.Action, kind booking.Kind, id string) error {
	if c.Is(booking.CourierRole) || c.Is(booking.CleanerRole) {
		view, err := k.rows.View(ctx, id)
		if err == nil && booking.IsOrderID(kind, id) && !view.Status.Final() {
			if err = c.Authorize(a, view.Thing()); errors.Is(err, &booking.Error{Code: booking.NotFound}) {
				return orders.NoSuchOrder(id)
			}
			return err
		}
	}
	return k.Orders.Allow(ctx, c, a, kind, id)
}

// decides has every order decided with a status, and with a reason if it is refused.
func (b *bundle) decides(status booking.Status, reason booking.Reason) {
	b.book.places = func(id string, _ orders.Placement) (orders.Outcome, error) {
		for _, business := range businesses() {
			if business.kind != booking.KindOf(id) {
				continue
			}
			out := orders.Outcome{View: cameTo(renamed(business.input, id).View(), status, reason).View, Done: true}
			if status == booking.Cancelled || status == booking.Cancelling {
				return out, &booking.Error{Code: orders.CodeOf(reason)}
			}
			return out, nil
		}
		panic("an unknown business")
	}
}

// undecided leaves every order undecided in a status.
func (b *bundle) undecided(status booking.Status) {
	b.decides(status, "")
	decided := b.book.places
	b.book.places = func(id string, p orders.Placement) (orders.Outcome, error) {
		out, err := decided(id, p)
		out.Done = false
		return out, err
	}
}

// notPlaced makes placing fail.
func (b *bundle) notPlaced(err error) {
	b.book.places = func(string, orders.Placement) (orders.Outcome, error) { return orders.Outcome{}, err }
}

// placed is the order that was placed; there must be one.
func (b *bundle) placed() orders.Placement {
	b.t.Helper()
	require.Len(b.t, b.book.prepared, 1)
	for _, p := range b.book.prepared {
		return p
	}
	panic("unreachable")
}

// QuoteChange uses the order's row.
func (k *book) QuoteChange(ctx context.Context, c booking.Caller, wanted orders.Change) (contract.View, orders.ChangeQuote, error) {
	k.requireCaller(ctx, c)
	if err := k.Allow(ctx, c, booking.ChangeOrder, booking.KindOf(wanted.OrderID), wanted.OrderID); err != nil {
		return contract.View{}, orders.ChangeQuote{}, err
	}
	view, err := k.rows.View(ctx, wanted.OrderID)
	if errors.Is(err, &booking.Error{Code: booking.NotFound}) {
		return view, orders.ChangeQuote{}, orders.NoSuchOrder(wanted.OrderID)
	}
	return view, orders.ChangeQuote{}, err
}

// QuoteQuantity uses the order's row.
func (k *book) QuoteQuantity(ctx context.Context, c booking.Caller, wanted orders.QuantityChange) (contract.View, orders.QuantityQuote, error) {
	view, _, err := k.QuoteChange(ctx, c, orders.Change{OrderID: wanted.OrderID})
	return view, orders.QuantityQuote{}, err
}

func (k *book) ChangeQuantity(ctx context.Context, c booking.Caller, wanted orders.QuantityChange) (orders.Outcome, error) {
	return k.Decide(ctx, c, orders.Decision{OrderID: wanted.OrderID, Kind: wanted.Kind, Update: contract.ChangeUpdate})
}

func (k *book) Change(ctx context.Context, c booking.Caller, wanted orders.Change) (orders.Outcome, error) {
	return k.Decide(ctx, c, orders.Decision{OrderID: wanted.OrderID, Kind: booking.Lodging, Update: contract.ChangeUpdate})
}
