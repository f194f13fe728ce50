package audit_test

import (
	"testing"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/audit"
	"github.com/yeyak/yeyak/workflows/contract"
)

// dearer adds a further charge for a change of the order, in the ledger and at the provider. The
// order keeps its price.
func (b *books) dearer(amount int64) {
	p, more := &b.payments[0], booking.Money{Amount: amount, Currency: "KRW"}
	p.Amount.Amount += amount
	p.Ref += booking.BetweenRefs + "ref_2"
	p.Further = append(p.Further, booking.FurtherCharge{
		Charge: booking.Charge{Key: booking.ChangeKey(p.OrderID, "1"), OrderID: p.OrderID, Amount: more}, Status: booking.Charged, Ref: "ref_2",
	})
	b.charges = append(b.charges, audit.ProviderCharge{OrderID: p.OrderID, Ref: "ref_2", Charged: more})
}

// costs sets the order's present price.
func (b *books) costs(amount int64) {
	v := b.views[b.payments[0].OrderID]
	v.Amount.Amount, b.rows[0].View.Amount.Amount = amount, amount
	b.views[v.ID] = v
}

// changes starts a change of the stay, and holds the nights that it adds after the stay.
func (b *books) changes(to booking.DailyQuantity) {
	v := b.views[b.payments[0].OrderID]
	stay := *v.Stay
	stay.Change = &contract.PendingChange{ID: "1", CheckIn: to.From.String(), CheckOut: to.To.String(), Rooms: to.Quantity}
	v.Stay, b.rows[0].View.Stay = &stay, &stay
	b.views[v.ID] = v
	extra := b.holds[0]
	extra.Key, extra.From, extra.To, extra.Stocked = booking.ChangeKey(v.ID, "1")+"/1", extra.To, to.To, extra.To.DaysUntil(to.To)
	b.holds = append(b.holds, extra)
}

// refills starts a change of the quantity, with its hold and production.
func (b *books) refills(to int) {
	v := b.views[b.payments[0].OrderID]
	p := *v.Production
	p.Change = &contract.PendingQuantity{ID: "1", Quantity: to}
	v.Production, b.rows[0].View.Production = &p, &p
	b.views[v.ID] = v
	extra := b.holds[0]
	extra.Key, extra.Quantity = booking.ChangeKey(v.ID, "1")+"/1", to-extra.Quantity
	b.holds = append(b.holds, extra)
	b.jobs[false][0].Quantity = to
}

func ofChange(e *booking.Entry) { e.Reason = booking.Changed }

// TestRun_ChargesThatAgree: the price of a changed order is the sum of its charges, less the
// refunds for its changes.
func TestRun_ChargesThatAgree(t *testing.T) {
	t.Parallel()
	for name, do := range map[string]func(*books){
		"Dearer": func(b *books) { b.dearer(30000); b.costs(130000) },
		"Cheaper": func(b *books) {
			b.costs(60000)
			b.providerRefunded(40000)
			b.repaid("lodging-1/change/1/refund", 40000, ofChange)
		},
		"NotMadeAndGivenBack": func(b *books) {
			b.dearer(30000)
			b.payments[0].Refunded, b.charges[1].Refunded = 30000, 30000
			b.repaid("lodging-1/change/1/refund", 30000, ofChange)
		},
		"RequestedAndNotAnswered": func(b *books) {
			b.dearer(30000)
			p := &b.payments[0]
			p.Amount.Amount, p.Ref, p.Further[0].Status = 100000, "ref", booking.ChargePending
		},
		"WaitsForItsOwner": func(b *books) {
			b.dearer(30000)
			b.changes(booking.DailyQuantity{From: b.holds[0].From, To: b.holds[0].To.AddDays(1), Quantity: b.holds[0].Quantity})
		},
		"GivenOtherwiseBefore": func(b *books) {
			b.dearer(30000)
			b.costs(130000)
			b.repaid("refund/1", 20000, func(e *booking.Entry) { e.State, e.Words = booking.EntryFailed, booking.RefundedOtherwise })
		},
		"GoodwillHasLeftNothing": func(b *books) {
			b.costs(60000)
			b.providerRefunded(100000)
			b.repaid("refund/1", 100000)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBooks()
			b.add(order(booking.Lodging, booking.Confirmed))
			do(b)
			b.requireFindings(t)
		})
	}
}

// TestRun_QuantityThatChanges: while the quantity of drinks is changed, more are held, paid for
// and made.
func TestRun_QuantityThatChanges(t *testing.T) {
	t.Parallel()
	b := newBooks()
	b.add(order(booking.Cafe, booking.InProduction))
	b.dearer(30000)
	b.refills(3)
	b.requireFindings(t)
}

var chargeDrifts = map[string]drift{
	"MadeOtherThanOrdered": {booking.Cafe, booking.InProduction, func(b *books) { b.jobs[false][0].Quantity = 3 },
		found(audit.Production, "it is in_production and for 2; its production is of 3")},
	"DifferenceChargedTwice": {booking.Lodging, booking.Confirmed, func(b *books) {
		b.dearer(30000)
		b.dearer(30000)
		b.charges[2].Ref, b.payments[0].Ref = "ref_3", "ref\nref_2\nref_3"
		b.costs(130000)
	}, found(audit.Money, "it is confirmed and owes 130000 KRW; the ledger says: 160000 KRW charged")},
	"DifferenceNotCharged": {booking.Lodging, booking.Confirmed, func(b *books) { b.costs(130000) },
		found(audit.Money, "it is confirmed and owes 130000 KRW; the ledger says: 100000 KRW charged")},
	"DifferenceNotGivenBack": {booking.Lodging, booking.Confirmed, func(b *books) { b.costs(60000) },
		found(audit.Money, "it is confirmed and owes 60000 KRW; the ledger says: 100000 KRW charged")},
	"HeldForAChangeThatIsNot": {booking.Lodging, booking.Confirmed, func(b *books) {
		b.changes(booking.DailyQuantity{From: b.holds[0].From, To: b.holds[0].To.AddDays(1), Quantity: b.holds[0].Quantity})
		v := b.views["lodging-1"]
		stay := *v.Stay
		stay.Change = nil
		v.Stay, b.rows[0].View.Stay = &stay, &stay
		b.views[v.ID] = v
	}, found(audit.Stock, "it holds more than once: 2 × thing held from 2026-12-24 to 2026-12-26 and 2 × thing held from 2026-12-26 to 2026-12-27")},
	"TheProviderTookNoDifference": {booking.Lodging, booking.Confirmed, func(b *books) {
		b.dearer(30000)
		b.costs(130000)
		b.charges = b.charges[:1]
	}, found(audit.Provider, "the ledger says: 130000 KRW charged; the provider: 100000 KRW charged under ref and ref_2, 0 of it refunded")},
	"TakenAndNeverHeardOf": {booking.Lodging, booking.Cancelled, func(b *books) {
		b.dearer(30000)
		p := &b.payments[0]
		p.Amount.Amount, p.Ref, p.Further[0].Status, p.Further[0].Ref = 100000, "ref", booking.ChargePending, ""
	}, foundByCheck(audit.Provider, booking.Lodging,
		"the provider charged its price 2 times: 100000 KRW charged under ref, 100000 of it refunded, and 30000 KRW charged under ref_2, 0 of it refunded")},
}

func TestRun_FindsEveryDriftOfCharges(t *testing.T) {
	t.Parallel()
	for name, d := range chargeDrifts {
		t.Run(name, d.requireFound)
	}
}

// TestRun_KeptOfWhatItCostThen: an order that was changed, cancelled and reset may show its first
// price. What is kept is computed from the price at the cancellation.
func TestRun_KeptOfWhatItCostThen(t *testing.T) {
	t.Parallel()
	b := newBooks()
	b.add(order(booking.Lodging, booking.Cancelled))
	b.dearer(30000)
	b.keepPart(39000)
	b.requireFindings(t)
}
