package api

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/serviceerror"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/orders"
)

var errNoCount = errors.New("the database is away")

func TestPlaceCall_TooManyWaiting(t *testing.T) {
	t.Parallel()
	limit := func(d *given) { d.MaxWaitingCalls = 2 }
	t.Run("Refused", func(t *testing.T) {
		t.Parallel()
		b := setup(t, limit)
		b.store.waiting = 2
		b.temporal.On("DescribeWorkflowExecution", anything(3)...).Return(nil, serviceerror.NewNotFound("no such workflow"))
		a := b.do("POST", callsPath, call, "Idempotency-Key", "k1") // a start would fail the test
		p := b.problem(a, 503, orders.TooManyCallsWaiting)
		require.Nil(t, p.Order)
		require.Equal(t, "60", a.Header.Get("Retry-After"))
		b.problem(b.do("POST", callsPath, strings.Replace(call, "4567", "x", 1)), 422, booking.Invalid)

		b.store.waiting = 1
		b.publishes(booking.Calling, "").Once()
		first := b.do("POST", callsPath, call, "Idempotency-Key", "k1")
		require.Equal(t, http.StatusCreated, first.StatusCode, "the key is as good as new")
		b.store.waiting = 2
		again := b.do("POST", callsPath, call, "Idempotency-Key", "k1")
		require.Equal(t, http.StatusCreated, again.StatusCode, "a call that was taken is answered as before")
		require.JSONEq(t, first.text, again.text)
	})
	t.Run("OtherOrdersAreTaken", func(t *testing.T) {
		t.Parallel()
		b := setup(t, limit)
		b.store.waiting = 2
		b.decides(booking.Confirmed, "")
		require.Equal(t, http.StatusCreated, b.reserve().StatusCode)
	})
	t.Run("NoLimit", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.store.waiting = 1_000_000
		b.publishes(booking.Calling, "")
		require.Equal(t, http.StatusCreated, b.do("POST", callsPath, call).StatusCode)
	})
	t.Run("TakenWhenNobodyCanCount", func(t *testing.T) {
		t.Parallel()
		b := setup(t, limit, func(d *given) { d.Cleaners = uncounted{} })
		b.publishes(booking.Calling, "")
		require.Equal(t, http.StatusCreated, b.do("POST", callsPath, call).StatusCode)
	})
	t.Run("Measured", func(t *testing.T) {
		t.Parallel()
		b, _ := busy(t)
		b.store.waiting = 7
		require.Equal(t, 7, b.metric("yeyak_cleaning_calls_waiting"))
		b.store.fail(errNoCount)
		require.Contains(t, b.do("GET", "/metrics", "").text, "\nyeyak_cleaning_calls_waiting NaN\n")
	})
}

// uncounted are cleaners whose database is away.
type uncounted struct{ *memory }

func (uncounted) Waiting(ctx context.Context) (int, error) {
	if end, limited := ctx.Deadline(); !limited || time.Until(end) > orders.Glance {
		panic("a call waits for a count without an end")
	}
	return 0, errNoCount
}
