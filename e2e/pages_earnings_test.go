package e2e

import (
	"net/http"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/zap"

	"github.com/yeyak/yeyak/booking"
)

// TestPages_EarningsAddUp: the owners' shown earnings are the payment provider's
// charges less its refunds, and the audit finds nothing.
func TestPages_EarningsAddUp(t *testing.T) {
	t.Parallel()
	s := bootPages(t)
	half := object{"cancellation": object{"tiers": []object{{"before": "1h", "percent": 50}}, "fee": 1000}}
	stays, cups := s.place(9, half), s.drink(9, object{"ownerId": "cora", "cancellation": object{"tiers": []object{{"status": "in_production", "percent": 20}}}})
	running, undone := s.reserve(stays).with(t, http.StatusCreated).body.ID, s.reserve(stays).with(t, http.StatusCreated).body.ID
	s.decide(undone, "cancel").with(t, http.StatusOK)
	s.reserve(s.place(1), object{"paymentMethod": "pm_card_chargeDeclined"})
	s.orderCup(cups).with(t, http.StatusCreated)
	s.decideAt(cafeOrders+"/"+s.orderCup(cups).with(t, http.StatusCreated).body.ID, "cancel").with(t, http.StatusOK)
	s.refundOf(running, "loud", 7000)

	charged, back := s.atProvider()
	require.EqualValues(t, 2*100_000+2*4_500, charged)
	require.Greater(t, back, int64(7000))
	require.Less(t, back, int64(7000+100_000+4_500), "something is kept")
	var shown [3]int64
	for _, owner := range []string{"bora", "cora"} {
		b := s.browse(owner)
		b.open(s.url + "/desk/earnings")
		for i, amount := range b.amounts() {
			shown[i%3] += amount
		}
	}
	require.Equal(t, [3]int64{charged, -back, charged - back}, shown)
	a := &audited{system: s, options: s.options}
	a.options.Log = zap.NewNop()
	require.Positive(t, a.requireClean().Payments)
	require.Equal(t, booking.Confirmed, s.page(running).Status)
}

// amounts are those of the page's lists.
func (b *browser) amounts() (all []int64) {
	b.Helper()
	for _, found := range regexp.MustCompile(`<dd class="[a-z]+">(−?)₩([0-9,]+)</dd>`).FindAllStringSubmatch(b.text, -1) {
		n, err := strconv.ParseInt(strings.ReplaceAll(found[2], ",", ""), 10, 64)
		require.NoError(b, err)
		if found[1] != "" {
			n = -n
		}
		all = append(all, n)
	}
	require.NotEmpty(b, all, b.text)
	return all
}
