package activities_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/testsuite"

	"github.com/yeyak/yeyak/activities"
	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/store"
)

// way is how a step is called: in place or durably.
type way int

const (
	inPlace way = iota
	durably
)

var (
	errAway = errors.New("service is away")
	// errCertain is a failure for which it is certain that nothing was done.
	errCertain = fmt.Errorf("%w: connection refused", booking.ErrNothingDone)
)

// do calls f as an activity. It is safe to call from any goroutine.
func do[T any](w way, f func(context.Context) (T, error)) (result T, err error) {
	// The local activities of the suite end after three seconds otherwise.
	env := new(testsuite.WorkflowTestSuite).NewTestActivityEnvironment().SetTestTimeout(time.Hour)
	activity := func(ctx context.Context) error {
		result, err = f(ctx)
		return nil
	}
	var failed error
	if w == inPlace {
		_, failed = env.ExecuteLocalActivity(activity)
	} else {
		env.RegisterActivity(activity)
		_, failed = env.ExecuteActivity(activity)
	}
	return result, errors.Join(err, failed)
}

func served() activities.Service { return activities.NewService("test", nil) }

// till is a PaymentProvider that records its calls. Answers that a test does not set
// approve.
type till struct {
	charge func(context.Context, booking.Charge) (string, error)
	// confirm is the answer to Confirm.
	confirm  func(ref string, back booking.PaymentReturn) (string, error)
	void     func(context.Context, booking.Charge) ([]string, error)
	refund   func(key, ref string, amount booking.Money) error
	retrieve func(ref string) (activities.ChargeState, error)
	step     int64 // it refunds multiples of step; 0 for any amount

	mu    sync.Mutex
	calls []string
}

func (p *till) note(what string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.calls = append(p.calls, what)
}

func (p *till) notes() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]string{}, p.calls...)
}

func (p *till) Charge(ctx context.Context, c booking.Charge) (string, error) {
	p.note("charge " + c.Key)
	if p.charge == nil {
		return "ch_1", nil
	}
	return p.charge(ctx, c)
}

func (p *till) Confirm(_ context.Context, _ booking.Charge, ref string, back booking.PaymentReturn) (string, error) {
	p.note("confirm " + ref)
	if p.confirm == nil {
		return ref, nil
	}
	return p.confirm(ref, back)
}

func (p *till) Void(ctx context.Context, c booking.Charge) ([]string, error) {
	p.note("void " + c.Key)
	if p.void == nil {
		return nil, nil
	}
	return p.void(ctx, c)
}

func (p *till) Retrieve(_ context.Context, ref string) (activities.ChargeState, error) {
	if p.retrieve != nil {
		return p.retrieve(ref)
	}
	return activities.ChargeState{Ref: ref, Charged: price, Left: price.Amount}, nil
}

func (p *till) Refund(_ context.Context, key string, seen activities.ChargeState, amount booking.Money) (string, error) {
	p.note("refund " + seen.Ref + " as " + key)
	if p.refund == nil {
		return "re_1", nil
	}
	return "re_1", p.refund(key, seen.Ref, amount)
}

func (p *till) Part(amount booking.Money) booking.Money {
	step := max(1, p.step)
	amount.Amount = (amount.Amount + step - 1) / step * step
	return amount
}

// newDB returns an empty database with the tables of a service.
func newDB(t *testing.T, service string) *store.DB {
	t.Helper()
	db, err := store.Open(t.Context(), "sqlite://"+filepath.Join(t.TempDir(), service+".db"), store.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	_, err = store.Migrate(t.Context(), db, service)
	require.NoError(t, err)
	return db
}

// newPayments returns the service on a real ledger.
func newPayments(t *testing.T, p *till) *activities.Payments {
	t.Helper()
	return &activities.Payments{Service: served(), Ledger: store.NewPayments(newDB(t, "payments")), Provider: p, Gate: open{}}
}

// slot records the first call of Leave.
type slot struct {
	once  sync.Once
	begun bool
	said  func(error)
}

func (s *slot) Begin() { s.begun = true }

func (s *slot) Leave(err error) {
	s.once.Do(func() {
		if s.said != nil {
			s.said(err)
		}
	})
}

// open is a gate that is always open.
type open struct{}

func (open) Enter(context.Context, bool) (activities.PaymentSlot, error) { return &slot{}, nil }
func (open) AwaitOpen(context.Context, bool) error                       { return nil }

var price = booking.Money{Amount: 50000, Currency: "KRW"}

func newCharge(orderID string) booking.Charge {
	return booking.Charge{Key: orderID + "/charge", OrderID: orderID, Amount: price, Method: "pm_card_visa"}
}

func because(c booking.Charge, reason booking.Reason) booking.Charge {
	c.Reason = reason
	return c
}

func charge(p *activities.Payments, c booking.Charge) (booking.Outcome, error) {
	return do(durably, func(ctx context.Context) (booking.Outcome, error) { return p.ChargePayment(ctx, c) })
}

func refund(p *activities.Payments, c booking.Charge) (booking.Undo, error) {
	return do(durably, func(ctx context.Context) (booking.Undo, error) { return p.RefundPayment(ctx, c) })
}

// onRecord is the order's payment in the ledger.
func onRecord(t *testing.T, p *activities.Payments, orderID string) booking.Payment {
	t.Helper()
	payment, err := p.Ledger.(*store.Payments).Payment(t.Context(), orderID)
	require.NoError(t, err)
	return payment
}

var (
	done          = booking.Outcome{Result: booking.Done}
	declined      = booking.Outcome{Result: booking.Refused, Reason: booking.PaymentDeclined}
	undoneForThem = booking.Outcome{Result: booking.Undone, Reason: booking.ByCustomer}
)
