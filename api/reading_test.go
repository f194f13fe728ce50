package api

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/orders"
	"github.com/yeyak/yeyak/workflows/contract"
)

func TestGetOrder(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		row  booking.Status // "" for none
		err  error
		code booking.Code
	}{
		"Row":          {row: booking.Confirmed},
		"NoRow":        {},
		"Unknown":      {err: orders.NoSuchOrder("lodging-1"), code: booking.NotFound},
		"TemporalAway": {err: &booking.Error{Code: orders.TemporalUnavailable}, code: orders.TemporalUnavailable},
		"RowsAway":     {err: errAway, code: booking.Unavailable},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			b.book.reads = func(id string) (contract.View, error) { return orderIn(id, booking.Paid, "").View, test.err }
			want := booking.Paid
			if test.row != "" {
				b.store.put(orderIn("lodging-1", test.row, ""))
				want = test.row
			}
			for _, path := range []string{orderPath, "/v1/mypages/lodging-1"} {
				a := b.do("GET", path, "")
				if test.code != "" {
					b.problem(a, kindOf(test.code).status, test.code)
					continue
				}
				require.Equal(t, http.StatusOK, a.StatusCode, a.text)
				require.Equal(t, want, decode[orderView](t, a).Status)
				require.Empty(t, a.Header.Get("Location"))
			}
		})
	}
}

func TestGetMypage_Fresh(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.store.put(orderIn("lodging-1", booking.Paid, ""))
	b.book.fresh = func(id string) (contract.View, error) { return orderIn(id, booking.Confirmed, "").View, nil }
	a := b.do("GET", "/v1/mypages/lodging-1?fresh=true", "")
	require.Equal(t, http.StatusOK, a.StatusCode, a.text)
	require.Equal(t, booking.Confirmed, decode[orderView](t, a).Status)

	b.book.fresh = func(string) (contract.View, error) {
		return contract.View{}, &booking.Error{Code: orders.Unreachable}
	}
	a = b.do("GET", "/v1/mypages/lodging-1?fresh=true", "")
	b.problem(a, 503, orders.Unreachable)
	require.Equal(t, "2", a.Header.Get("Retry-After"))
	require.Equal(t, booking.Paid, decode[orderView](t, b.do("GET", "/v1/mypages/lodging-1", "")).Status)

	b.book.fresh = func(id string) (contract.View, error) { return contract.View{}, orders.NoSuchOrder(id) }
	b.problem(b.do("GET", "/v1/mypages/temporal-sys-scheduler?fresh=true", ""), 404, booking.NotFound)
}
