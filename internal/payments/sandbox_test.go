package payments_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/activities"
	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/payments"
)

// memory is a payments.Memory of one test.
type memory struct {
	payments.Memory // methods that no test calls

	mu       sync.Mutex
	records  map[string]payments.Record
	amounts  map[string]booking.Money // by reference
	refunded map[string]string        // reference by refund key
	err      error
}

func newMemory() *memory {
	return &memory{records: map[string]payments.Record{}, amounts: map[string]booking.Money{}, refunded: map[string]string{}}
}

func (m *memory) decide(c booking.Charge, r payments.Record) (payments.Record, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.err != nil {
		return payments.Record{}, m.err
	}
	if stored, ok := m.records[c.Key]; ok {
		return stored, nil
	}
	m.records[c.Key], m.amounts[r.Ref] = r, c.Amount
	return r, nil
}

func (m *memory) Charge(_ context.Context, c booking.Charge, answer payments.Record) (payments.Record, error) {
	if answer.Status == booking.Charged {
		answer.Ref = "ref of " + c.Key
	}
	return m.decide(c, answer)
}

func (m *memory) Void(_ context.Context, c booking.Charge) (payments.Record, error) {
	return m.decide(c, payments.Record{Status: booking.ChargePrevented})
}

func (m *memory) Refund(_ context.Context, key, ref string, amount booking.Money) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.err != nil {
		return m.err
	}
	if m.amounts[ref] != amount {
		return errors.New("that is not what was charged")
	}
	m.refunded[key] = ref
	return nil
}

func (m *memory) Retrieve(_ context.Context, ref string) (payments.Balance, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return payments.Balance{Charged: m.amounts[ref]}, m.err
}

func (m *memory) Totals(context.Context) (charged, refunded int64, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, r := range m.records {
		if r.Status == booking.Charged {
			charged += m.amounts[r.Ref].Amount
		}
	}
	for _, ref := range m.refunded {
		refunded += m.amounts[ref].Amount
	}
	return charged, refunded, m.err
}

func (m *memory) requireTotals(t *testing.T, charged, refunded int64) {
	t.Helper()
	gotCharged, gotRefunded, err := m.Totals(t.Context())
	require.NoError(t, err)
	require.Equal(t, []int64{charged, refunded}, []int64{gotCharged, gotRefunded})
}

var price = booking.Money{Amount: 50000, Currency: "KRW"}

func newCharge(method string) booking.Charge {
	return booking.Charge{Key: "o1/charge", OrderID: "o1", Amount: price, Method: method}
}

func TestSandbox_Approves(t *testing.T) {
	t.Parallel()
	m := newMemory()
	s := payments.NewSandbox(m)
	c := newCharge("pm_card_visa")
	for range 2 {
		ref, err := s.Charge(t.Context(), c)
		require.NoError(t, err)
		require.Equal(t, "ref of o1/charge", ref)
	}
	refs, err := s.Void(t.Context(), c)
	require.NoError(t, err)
	require.Equal(t, []string{"ref of o1/charge"}, refs, "it was charged already")
	m.requireTotals(t, price.Amount, 0)

	for range 2 {
		_, err := s.Refund(t.Context(), "o1/charge/refund", activities.ChargeState{Ref: refs[0]}, price)
		require.NoError(t, err)
	}
	m.requireTotals(t, price.Amount, price.Amount)
}

func TestSandbox_Declines(t *testing.T) {
	t.Parallel()
	for _, method := range []string{"pm_card_chargeDeclined", "pm_card_chargeDeclinedInsufficientFunds"} {
		m := newMemory()
		s := payments.NewSandbox(m)
		for range 2 {
			ref, err := s.Charge(t.Context(), newCharge(method))
			require.ErrorIs(t, err, activities.ErrDeclined)
			require.Empty(t, ref)
		}
		ref, err := s.Void(t.Context(), newCharge(method))
		require.NoError(t, err)
		require.Empty(t, ref, "there is nothing to refund")
		m.requireTotals(t, 0, 0)
	}
}

func TestSandbox_Voids(t *testing.T) {
	t.Parallel()
	m := newMemory()
	s := payments.NewSandbox(m)
	for range 2 {
		ref, err := s.Void(t.Context(), newCharge("pm_card_visa"))
		require.NoError(t, err)
		require.Empty(t, ref)
	}
	_, err := s.Charge(t.Context(), newCharge("pm_card_visa"))
	require.ErrorIs(t, err, activities.ErrVoided)
	m.requireTotals(t, 0, 0)
}

func TestSandbox_AMemoryThatFailsIsNoAnswer(t *testing.T) {
	t.Parallel()
	m := newMemory()
	m.err = errors.New("disk full")
	s := payments.NewSandbox(m)
	requireAll(t, s, m.err)
}

// requireAll requires that every request fails with err.
func requireAll(t *testing.T, s *payments.Sandbox, err error) {
	t.Helper()
	ref, got := s.Charge(t.Context(), newCharge("pm_card_visa"))
	require.ErrorIs(t, got, err)
	require.Empty(t, ref)
	_, got = s.Void(t.Context(), newCharge("pm_card_visa"))
	require.ErrorIs(t, got, err)
	_, got = s.Refund(t.Context(), "o1/charge/refund", activities.ChargeState{Ref: "ref of o1/charge"}, price)
	require.ErrorIs(t, got, err)
}

func TestSandbox_Down(t *testing.T) {
	t.Parallel()
	m := newMemory()
	s := payments.NewSandbox(m)
	s.Behave(payments.Behaviour{Down: true, LoseAnswers: true})
	requireAll(t, s, payments.ErrDown)
	m.requireTotals(t, 0, 0)
	require.Empty(t, m.records, "a request that fails leaves nothing behind")

	s.Behave(payments.Behaviour{})
	_, err := s.Charge(t.Context(), newCharge("pm_card_visa"))
	require.NoError(t, err)
}

func TestSandbox_LosesAnswers(t *testing.T) {
	t.Parallel()
	m := newMemory()
	s := payments.NewSandbox(m)
	s.Behave(payments.Behaviour{LoseAnswers: true})
	require.True(t, s.Behaviour().LoseAnswers)
	requireAll(t, s, payments.ErrAnswerLost)
	m.requireTotals(t, price.Amount, price.Amount)

	s.Behave(payments.Behaviour{})
	ref, err := s.Charge(t.Context(), newCharge("pm_card_visa"))
	require.NoError(t, err, "a repeated request gets the outcome")
	require.Equal(t, "ref of o1/charge", ref)
	m.requireTotals(t, price.Amount, price.Amount)
}

func TestSandbox_LosesRefusals(t *testing.T) {
	t.Parallel()
	s := payments.NewSandbox(newMemory())
	s.Behave(payments.Behaviour{LoseAnswers: true})
	_, err := s.Charge(t.Context(), newCharge("pm_card_chargeDeclined"))
	require.ErrorIs(t, err, payments.ErrAnswerLost)
	s.Behave(payments.Behaviour{})
	_, err = s.Charge(t.Context(), newCharge("pm_card_visa"))
	require.ErrorIs(t, err, activities.ErrDeclined, "it was decided under that key")
}

func TestSandbox_Slow(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := newMemory()
		s := payments.NewSandbox(m)
		s.Behave(payments.Behaviour{Latency: 450 * time.Millisecond})

		began := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), 449*time.Millisecond)
		defer cancel()
		_, err := s.Charge(ctx, newCharge("pm_card_visa"))
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.Equal(t, 449*time.Millisecond, time.Since(began))
		time.Sleep(time.Second)
		require.Empty(t, m.records, "a request that was cancelled before its time has no effect")

		began = time.Now()
		_, err = s.Charge(t.Context(), newCharge("pm_card_visa"))
		require.NoError(t, err)
		require.Equal(t, 450*time.Millisecond, time.Since(began))
	})
}

// TestSandbox_Bounds: like Stripe, it refuses an amount that is too large, too small or not a
// multiple of what the currency can be charged in, and a currency that Stripe does not accept.
func TestSandbox_Bounds(t *testing.T) {
	t.Parallel()
	s := payments.NewSandbox(newMemory())
	t.Cleanup(s.Close)
	for _, tt := range []struct {
		amount   int64
		currency string
		charged  bool
	}{
		{99_999_999, "KRW", true}, {100_000_000, "KRW", false}, {999_999, "UGX", true}, {1_000_000, "UGX", false},
		{50, "EUR", true}, {49, "EUR", false}, {800, "KRW", true}, {799, "KRW", false}, {200, "KWD", true}, {190, "KWD", false},
		{300_000, "MGA", true}, {300_050, "MGA", false}, {5120, "KWD", true}, {5124, "KWD", false}, {2000, "UGX", true},
		{500, "BTC", false},
	} {
		amount := booking.Money{Amount: tt.amount, Currency: tt.currency}
		c := booking.Charge{OrderID: "food-1", Key: fmt.Sprint(tt.amount, tt.currency), Amount: amount, Method: "pm_card_visa"}
		ref, err := s.Charge(t.Context(), c)
		if tt.charged {
			require.NoError(t, err, c.Key)
			require.NotEmpty(t, ref, c.Key)
		} else {
			require.ErrorIs(t, err, activities.ErrAmountRefused, c.Key)
		}
	}
}
