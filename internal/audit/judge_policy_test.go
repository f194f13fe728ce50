package audit_test

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/audit"
	"github.com/yeyak/yeyak/internal/orders"
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
		"KeepsNothing": {func(v *contract.View, p *booking.Payment) {
			v.FinalAmounts = nil
			p.Kept, p.Refunded = 0, price.Amount
		}, []string{"its policy does not keep 0 by \"status:paid\""}},
		"KeepsNothingByNoTier": {func(v *contract.View, p *booking.Payment) {
			v.FinalAmounts = nil
			p.Kept, p.Refunded, p.Tier = 0, price.Amount, booking.TierNone
		}, []string{"its policy does not keep 0 by \"none\""}},
		"AllInSpiteOfThePolicy": {func(v *contract.View, p *booking.Payment) {
			v.FinalAmounts = nil
			p.Kept, p.Refunded, p.Tier = 0, price.Amount, booking.TierAll
		}, []string{"its policy does not keep 0 by \"all\""}},
		"Unconfirmed": {func(v *contract.View, p *booking.Payment) {
			v.FinalAmounts = nil
			p.Kept, p.Refunded, p.Tier = 0, price.Amount, booking.TierUnconfirmed
		}, nil},
		"AllWithoutAPolicy": {func(v *contract.View, p *booking.Payment) {
			v.FinalAmounts, v.Terms = nil, nil
			p.Kept, p.Refunded, p.Tier = 0, price.Amount, booking.TierAll
		}, nil},
		"NoShowWithoutAPolicy": {func(v *contract.View, p *booking.Payment) {
			v.FinalAmounts, v.Terms, v.Reason = nil, nil, booking.NoShow
			p.Kept, p.Refunded, p.Tier, p.Reason = 0, price.Amount, booking.TierAll, booking.NoShow
		}, nil},
		"NotShown": {func(v *contract.View, _ *booking.Payment) { v.FinalAmounts = nil }, []string{
			"its customer is shown that 0 is kept by the policy; the ledger keeps 10000",
		}},
		"ShownAndNotKept": {func(_ *contract.View, p *booking.Payment) { p.Kept, p.Refunded = 0, price.Amount }, []string{
			"its customer is shown that 10000 is kept by the policy; the ledger keeps 0", "its policy does not keep 0 by \"status:paid\"",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := order(booking.Food, booking.Cancelled)
			v.Reason = booking.ByCustomer
			v.Terms = &contract.Terms{Cancellation: booking.CancellationPolicy{Tiers: []booking.Tier{{Status: booking.Paid, Percent: 90}}}}
			v.FinalAmounts = &booking.Settlement{
				Refunded: booking.Money{Amount: price.Amount - kept, Currency: "KRW"}, Kept: booking.Money{Amount: kept, Currency: "KRW"}, Tier: "status:paid",
			}
			b := newBooks()
			p := payment(v, booking.Refunded, price.Amount-kept)
			p.Kept, p.Tier, p.Reason = kept, "status:paid", booking.ByCustomer
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

// TestRun_KeptBesideOthers: what others had refunded before its cancellation may leave
// less to keep than the policy says, and nothing else may.
func TestRun_KeptBesideOthers(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		goodwill int64
		spoil    func(b *books)
		says     []string
	}{
		"Sound":      {price.Amount - price.Amount/20, nil, nil},
		"MoreIsLeft": {price.Amount / 2, nil, []string{"its policy does not keep 5000 by \"none\""}},
		"TheyHaveFailed": {price.Amount - price.Amount/20, func(b *books) { b.payments[0].Entries[0].State = booking.EntryFailed }, []string{
			"its policy does not keep 5000 by \"none\"",
		}},
		"TheUndoMadeUpForThem": {price.Amount - price.Amount/20, func(b *books) {
			p := &b.payments[0]
			p.Entries[0].State, p.Refunded = booking.EntryFailed, 0
			b.repaid(p.RefundKey(), price.Amount-price.Amount/20)
		}, nil},
		"TheUndoRefundedMoreThanThePolicy": {price.Amount - price.Amount/20, func(b *books) {
			p := &b.payments[0]
			b.repaid(p.RefundKey(), 1)
		}, []string{"its policy does not keep 5000 by \"none\""}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := order(booking.Food, booking.Cancelled)
			v.Reason = booking.ByCustomer
			v.Terms = &contract.Terms{Cancellation: booking.CancellationPolicy{Tiers: []booking.Tier{{Status: booking.Paid, Percent: 90}}}}
			v.FinalAmounts = &booking.Settlement{Kept: booking.Money{Amount: price.Amount / 20, Currency: "KRW"}}
			b := newBooks()
			p := payment(v, booking.Refunded, test.goodwill)
			p.Kept, p.Tier, p.Reason = price.Amount/20, booking.TierNone, booking.ByCustomer
			b.add(v)
			b.payments[0], b.charges[0].Refunded = p, p.Refunded
			b.repaid("refund/1", test.goodwill)
			if test.spoil != nil {
				test.spoil(b)
			}
			report, _ := b.run(t)
			require.Equal(t, test.says, ofPolicies(report))
		})
	}
}

// TestRun_NoShow: a stay whose guests did not come keeps what the policy says of that, and
// nothing else does.
func TestRun_NoShow(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		spoil func(p *booking.Payment)
		says  []string
	}{
		"Sound":     {func(*booking.Payment) {}, nil},
		"Cancelled": {func(p *booking.Payment) { p.Reason = booking.ByCustomer }, []string{"its policy does not keep 70000 by \"no_show\""}},
		"KeepsMore": {func(p *booking.Payment) { p.Kept, p.Refunded = 90000, 10000 }, []string{
			"its policy does not keep 90000 by \"no_show\"", "its customer is shown that 70000 is kept by the policy; the ledger keeps 90000",
		}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := order(booking.Lodging, booking.Cancelled)
			v.Reason, v.Terms = booking.NoShow, strictTerms()
			v.FinalAmounts = &booking.Settlement{Kept: booking.Money{Amount: 70000, Currency: "KRW"}}
			b := newBooks()
			p := payment(v, booking.Refunded, 30000)
			p.Kept, p.Tier, p.Reason = 70000, string(booking.NoShow), booking.NoShow
			test.spoil(&p)
			b.add(v)
			b.payments[0], b.charges[0].Refunded = p, p.Refunded
			report, _ := b.run(t)
			require.ElementsMatch(t, test.says, ofPolicies(report))
		})
	}
}

// strictTerms keep 70 percent of a no-show, and refund half the price of nights
// that are free again.
func strictTerms() *contract.Terms {
	return &contract.Terms{Cancellation: booking.CancellationPolicy{
		Tiers: []booking.Tier{{Before: new(booking.Duration(0)), Percent: 0}}, NoShow: new(30), EarlyDeparture: 50,
	}}
}

// TestRun_EarlyDeparture: guests who have left early have been refunded what the policy refunds
// for their nights, or all that was left, or something works on it.
func TestRun_EarlyDeparture(t *testing.T) {
	t.Parallel()
	const early = "early/lodging-1"
	for name, test := range map[string]struct {
		do   func(b *books, due int64)
		says string // how the finding begins; "" for none
	}{
		"Sound":     {func(b *books, due int64) { b.providerRefunded(due); b.repaid(early, due) }, ""},
		"Missing":   {func(*books, int64) {}, "its guests left early, and get"},
		"TooLittle": {func(b *books, due int64) { b.providerRefunded(due - 1); b.repaid(early, due-1) }, "its guests left early, and get"},
		"TooMuch":   {func(b *books, due int64) { b.providerRefunded(due + 1); b.repaid(early, due+1) }, "its guests left early, and get"},
		"UnderWay": {func(b *books, _ int64) {
			b.pending["lodging-1"] = map[string][]orders.Awaited{"RefundPart": {{ID: "1", Attempt: 1}}}
		}, ""},
		"LessIsLeft": {func(b *books, due int64) {
			b.providerRefunded(price.Amount)
			b.repaid("refund/1", price.Amount-due+1)
			b.repaid(early, due-1)
		}, ""},
		"NothingIsLeft": {func(b *books, _ int64) { b.providerRefunded(price.Amount); b.repaid("refund/1", price.Amount) }, ""},
		"NotFollowed":   {func(b *books, due int64) { b.repaid(early, due, failed) }, "refund " + early + " of"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := order(booking.Lodging, booking.Completed)
			v.Terms = strictTerms()
			b := newBooks()
			b.add(v)
			b.leaves(christmasEve.AddDays(1))
			b.shorten(christmasEve.AddDays(1))
			due := b.views[v.ID].DepartureDue()
			require.Equal(t, price.Amount/4, due)
			test.do(b, due)
			report, _ := b.run(t)
			if test.says == "" {
				require.Empty(t, report.Findings)
				return
			}
			require.Len(t, report.Findings, 1)
			require.Equal(t, audit.Money, report.Findings[0].Kind)
			require.True(t, strings.HasPrefix(report.Findings[0].Says, test.says), report.Findings[0].Says)
		})
	}
}

// shows lets the order have a policy by which so much is kept, and show that.
func (b *books) shows(id string, kept int64) {
	change := func(v *contract.View) {
		tier := booking.Tier{Before: new(booking.Duration(24 * time.Hour)), Percent: 100}
		v.Terms = &contract.Terms{Cancellation: booking.CancellationPolicy{Tiers: []booking.Tier{tier}, Fee: kept}}
		v.FinalAmounts = &booking.Settlement{
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
