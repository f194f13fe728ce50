package audit_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/audit"
	"github.com/yeyak/yeyak/workflows/contract"
)

// TestRun_Policy: what is kept of an order that was cancelled is what its policy
// keeps, and what its customer is shown.
func TestRun_Policy(t *testing.T) {
	t.Parallel()
	kept := price.Amount / 10
	for name, test := range map[string]struct {
		spoil func(v *contract.View, p *booking.Payment)
		says  []string
	}{
		"Sound":     {func(*contract.View, *booking.Payment) {}, nil},
		"OtherTier": {func(_ *contract.View, p *booking.Payment) { p.Tier = booking.TierNone }, []string{"its policy does not keep 10000 by \"none\""}},
		"NoPolicy": {func(v *contract.View, _ *booking.Payment) { v.Terms = nil }, []string{
			"its policy does not keep 10000 by \"status:paid\"",
		}},
		"NotShown": {func(v *contract.View, _ *booking.Payment) { v.Settled = nil }, []string{
			"its customer is shown that 0 is kept by the policy; the ledger keeps 10000",
		}},
		"ShownAndNotKept": {func(_ *contract.View, p *booking.Payment) { p.Kept, p.Refunded = 0, price.Amount }, []string{
			"its customer is shown that 10000 is kept by the policy; the ledger keeps 0",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := order(booking.Food, booking.Cancelled)
			v.Reason = booking.ByCustomer
			v.Terms = &contract.Terms{Cancellation: booking.CancellationPolicy{Tiers: []booking.Tier{{Status: booking.Paid, Percent: 90}}}}
			v.Settled = &booking.Settlement{
				Refunded: booking.Money{Amount: price.Amount - kept, Currency: "KRW"}, Kept: booking.Money{Amount: kept, Currency: "KRW"}, Tier: "status:paid",
			}
			b := newBooks()
			p := payment(v, booking.Refunded, price.Amount-kept)
			p.Kept, p.Tier, p.Why = kept, "status:paid", booking.ByCustomer
			test.spoil(&v, &p)
			b.add(v)
			b.payments[0], b.charges[0].Refunded = p, p.Refunded
			report, _ := b.run(t)
			require.Equal(t, test.says, ofPolicies(report))
		})
	}
}

// ofPolicies are the findings about policies, without what the ledger says.
func ofPolicies(r audit.Report) (says []string) {
	for _, f := range r.Findings {
		if strings.Contains(f.Says, "policy") {
			before, _, _ := strings.Cut(f.Says, "; the ledger says")
			says = append(says, before)
		}
	}
	return says
}

// shows lets the order have a policy by which so much is kept, and show that.
func (b *books) shows(id string, kept int64) {
	change := func(v *contract.View) {
		tier := booking.Tier{Before: new(booking.Duration(24 * time.Hour)), Percent: 100}
		v.Terms = &contract.Terms{Cancellation: booking.CancellationPolicy{Tiers: []booking.Tier{tier}, Fee: kept}}
		v.Settled = &booking.Settlement{
			Refunded: booking.Money{Amount: v.Amount.Amount - kept, Currency: v.Amount.Currency},
			Kept:     booking.Money{Amount: kept, Currency: v.Amount.Currency}, Tier: "before:24h",
		}
	}
	v := b.views[id]
	change(&v)
	b.views[id] = v
	for i := range b.rows {
		if b.rows[i].View.ID == id {
			change(&b.rows[i].View)
		}
	}
}
