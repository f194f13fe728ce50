package e2e

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/app"
	"github.com/yeyak/yeyak/workflows/contract"
)

// move requests a change of a reservation with a key.
func (s *system) move(order, key string, what object) answer {
	s.Helper()
	return s.post(reservations+"/"+order+"/change", what, "Idempotency-Key", key)
}

// moveQuote is the price of a change.
type moveQuote struct {
	Charge, Refund, Keep, Amount booking.Money
	OwnerConfirms, Available     bool
	Quote                        string
}

func (s *system) quoteMove(order, query string) (q moveQuote) {
	s.Helper()
	s.get(reservations+"/"+order+"/change?"+query).with(s, http.StatusOK).into(s, &q)
	return q
}

// TestMove: a guest moves the stay, and pays or is refunded exactly the difference.
//
// Row L13.
func TestMove(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, on func(*app.Options)) {
		stripe := sandboxPayments(t)
		a := bootAudited(t, stripe.pay, on)
		place := a.place(1)
		order := a.accepted(a.reserve(place)) // from the 10th day on, for two nights
		longer := "checkIn=" + inDays(11).String() + "&checkOut=" + inDays(14).String()
		etag := a.get(reservations+"/"+order).with(t, http.StatusOK).header.Get("ETag")
		require.NotEmpty(t, etag)
		q := a.quoteMove(order, longer)
		require.EqualValues(t, 50_000, q.Charge.Amount)
		require.True(t, q.Available)
		require.False(t, q.OwnerConfirms)
		wanted := object{"checkIn": inDays(11), "checkOut": inDays(14), "expect": q.Quote}
		for range 2 { // the second one repeats the first
			v := a.move(order, "later", wanted).with(t, http.StatusOK).body
			require.Equal(t, inDays(14).String(), v.CheckOut)
			require.EqualValues(t, 150_000, v.Amount.Amount)
		}
		require.Equal(t, []int{1, 0, 0, 0, 1}, a.nights(place, inDays(10), inDays(15)))
		charged, _ := stripe.totals()
		require.EqualValues(t, 150_000, charged, "the difference is charged once")
		require.Equal(t, "not_changeable", a.move(order, "again", object{"checkIn": inDays(11)}).with(t, http.StatusConflict).body.Code)
		require.Equal(t, "quote_changed", a.move(order, "otherwise", object{"checkOut": inDays(13), "expect": "-1/KRW"}).with(t, http.StatusConflict).body.Code)
		require.Equal(t, "version_changed", a.post(reservations+"/"+order+"/cancel", nil, "If-Match", etag).with(t, http.StatusPreconditionFailed).body.Code)
		a.requireClean()

		other := a.accepted(a.reserve(place, object{"checkIn": inDays(14), "checkOut": inDays(15)}))
		require.False(t, a.quoteMove(order, "checkOut="+inDays(15).String()).Available)
		require.Equal(t, "sold_out", a.move(order, "taken", object{"checkOut": inDays(15)}).with(t, http.StatusConflict).body.Code)

		v := a.move(order, "shorter", object{"checkOut": inDays(12)}).with(t, http.StatusOK).body
		require.EqualValues(t, 50_000, v.Amount.Amount)
		a.eventually(func() bool { _, refunded := stripe.totals(); return refunded == 100_000 })
		require.Equal(t, []int{1, 0, 1, 1, 0}, a.nights(place, inDays(10), inDays(15)))
		a.requireClean()

		a.decide(order, "cancel").with(t, http.StatusOK)
		a.decide(other, "cancel").with(t, http.StatusOK)
		charged, refunded := stripe.totals()
		require.Equal(t, charged, refunded)
		require.Equal(t, []int{1, 1, 1, 1, 1}, a.nights(place, inDays(10), inDays(15)))
		a.requireClean()
	})
}

// TestMove_OwnerConfirms: an owner who confirms reservations confirms changes as well.
// Until then, and after a refusal, the stay is unchanged; a cancel comes first and
// refunds both charges.
//
// Row L13.
func TestMove_OwnerConfirms(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, on func(*app.Options)) {
		stripe := sandboxPayments(t)
		a := bootAudited(t, stripe.pay, on)
		place := a.place(2, byOwner)
		order := a.accepted(a.reserve(place))
		a.decide(order, "confirm").with(t, http.StatusOK)
		wanted := object{"checkOut": inDays(14)}
		begin := func(key string) {
			v := a.move(order, key, wanted).with(t, http.StatusAccepted).body
			require.Equal(t, contract.ChangeAwaitingOwner, v.Change.State)
			require.Equal(t, inDays(12).String(), v.CheckOut)
			require.EqualValues(t, 100_000, v.Amount.Amount)
			require.Equal(t, []int{1, 1, 1, 1, 2}, a.nights(place, inDays(10), inDays(15)))
			require.Equal(t, "change_pending", a.move(order, key+"-else", object{"rooms": 2}).with(t, http.StatusConflict).body.Code)
			a.requireClean()
		}
		begin("refused")
		v := a.decide(order, "reject").with(t, http.StatusOK).body
		require.Equal(t, booking.Confirmed, v.Status)
		require.Nil(t, v.Change)
		a.eventually(func() bool { _, refunded := stripe.totals(); return refunded == 100_000 })
		require.Equal(t, []int{1, 1, 2, 2, 2}, a.nights(place, inDays(10), inDays(15)))
		a.requireClean()

		begin("agreed")
		v = a.decide(order, "confirm").with(t, http.StatusOK).body
		require.Equal(t, inDays(14).String(), v.CheckOut)
		require.EqualValues(t, 200_000, v.Amount.Amount)
		a.requireClean()

		wanted = object{"checkIn": inDays(9), "checkOut": inDays(14)}
		a.move(order, "cancelled", wanted).with(t, http.StatusAccepted)
		a.decide(order, "cancel").with(t, http.StatusOK)
		charged, refunded := stripe.totals()
		require.Equal(t, charged, refunded)
		require.Equal(t, []int{2, 2, 2, 2, 2}, a.nights(place, inDays(9), inDays(14)))
		a.requireClean()
	})
}

// changedAtOnce requests a change of each order, twice and all concurrently, and
// returns the orders once no change is under way and each payment is the price: a
// change that was not answered in time may still be made.
func (a *audited) changedAtOnce(stripe stripeSandbox, orders []string, change func(i int, order string) answer) []contract.View {
	a.Helper()
	var all errgroup.Group
	for i, order := range orders {
		for range 2 {
			all.Go(func() error {
				answer := change(i, order)
				switch answer.status {
				case http.StatusOK, http.StatusAccepted, http.StatusConflict, http.StatusServiceUnavailable:
					return nil
				default:
					return fmt.Errorf("%s: %d %s", order, answer.status, answer.raw)
				}
			})
		}
	}
	require.NoError(a, all.Wait())
	views := make([]contract.View, len(orders))
	a.eventually(func() bool {
		paid := int64(0)
		for i, order := range orders {
			if views[i] = a.page(order).View; views[i].Changing() {
				return false
			}
			paid += views[i].Amount.Amount
		}
		charged, refunded := stripe.totals()
		return charged-refunded == paid
	})
	return views
}

// TestMove_ManyAtOnce: 50 customers move at one place of 20 rooms concurrently. It is
// never oversold, no difference is charged twice, and each stay is either moved or
// unchanged.
//
// Row L13.
func TestMove_ManyAtOnce(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, on func(*app.Options)) {
		const customers, rooms = 50, 20
		stripe := sandboxPayments(t)
		a := bootAudited(t, shortBudget, stripe.pay, on)
		place := a.place(rooms)
		orders := make([]string, customers)
		for i := range orders {
			from := 10 + 2*(i%3) // 17 of them in two nights of six
			orders[i] = a.accepted(a.reserve(place, object{"checkIn": inDays(from), "checkOut": inDays(from + 2)}))
		}
		views := a.changedAtOnce(stripe, orders, func(i int, order string) answer {
			from, nights := 10+(i*7)%5, 1+i%3
			return a.move(order, "move", object{"checkIn": inDays(from), "checkOut": inDays(from + nights)})
		})
		for i, v := range views {
			from, nights, was := 10+(i*7)%5, 1+i%3, 10+2*(i%3)
			moved := v.CheckIn == inDays(from).String() && v.CheckOut == inDays(from+nights).String() && v.Amount.Amount == int64(nights)*50_000
			stays := v.CheckIn == inDays(was).String() && v.CheckOut == inDays(was+2).String() && v.Amount.Amount == 100_000
			require.True(t, moved || stays, "%+v", v)
		}
		for _, left := range a.nights(place, inDays(10), inDays(20)) {
			require.GreaterOrEqual(t, left, 0)
		}
		a.requireClean()
	})
}
