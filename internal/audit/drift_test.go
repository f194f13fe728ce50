package audit_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/audit"
	"github.com/yeyak/yeyak/internal/orders"
)

// drift is one contradiction of an order, and its findings.
type drift struct {
	kind   booking.Kind
	status booking.Status
	do     func(*books)
	want   []audit.Finding // of the order, unless they name an item
}

// requireFound plants the drift, and requires that the audit finds exactly it.
func (d drift) requireFound(t *testing.T) {
	t.Parallel()
	b := newBooks()
	v := order(d.kind, d.status)
	b.add(v)
	d.do(b)
	want := append([]audit.Finding(nil), d.want...)
	for i := range want {
		if want[i].Item == "" {
			want[i].OrderID = v.ID
		}
	}
	require.NotEmpty(t, want)
	b.requireFindings(t, want...)
}

func found(k audit.Kind, says string) []audit.Finding { return []audit.Finding{{Kind: k, Says: says}} }

// foundByCheck is a finding of an order whose remedy is to check the provider.
func foundByCheck(k audit.Kind, of booking.Kind, says string) []audit.Finding {
	return []audit.Finding{{Kind: k, Says: says, Remedy: "yeyak payments look " + string(of) + "-1"}}
}

var drifts = map[string]drift{
	"NotCharged": {booking.Lodging, booking.Confirmed, func(b *books) { b.payments, b.charges = nil, nil },
		found(audit.Money, "it is confirmed and owes 100000 KRW; the ledger says: no charge")},
	"ChargeStillPending": {booking.Food, booking.Delivering, func(b *books) { b.payments[0].Status = booking.ChargePending },
		found(audit.Money, "it is delivering and owes 100000 KRW; the ledger says: 100000 KRW pending")},
	"ChargedAnotherAmount": {booking.Cafe, booking.Paid, func(b *books) { b.payments[0].Amount.Amount, b.charges[0].Charged.Amount = 1, 1 },
		found(audit.Money, "it is paid and owes 100000 KRW; the ledger says: 1 KRW charged")},
	"RefundedAndStands": {booking.Lodging, booking.Completed, func(b *books) {
		b.payments[0].Status, b.payments[0].Refunded, b.charges[0].Refunded = booking.Refunded, 100000, 100000
	}, found(audit.Money, "it is completed and owes 100000 KRW; the ledger says: 100000 KRW refunded, 100000 of it refunded")},
	"CancelledAndCharged": {booking.Lodging, booking.Cancelled, func(b *books) {
		b.payments[0].Status, b.payments[0].Refunded, b.charges[0].Refunded = booking.Charged, 0, 0
	}, found(audit.Money, "it is cancelled and owes nothing; the ledger says: 100000 KRW charged")},
	"CancelledAndRefundNotEnded": {booking.Food, booking.Cancelled, func(b *books) {
		b.payments[0].Status, b.payments[0].Refunded = booking.RefundPending, 0
	}, found(audit.Money, "it is cancelled and owes nothing; the ledger says: 100000 KRW refunding")},
	"CancelledAndHalfRefunded": {booking.Cafe, booking.Cancelled, func(b *books) { b.payments[0].Refunded, b.charges[0].Refunded = 50000, 50000 },
		found(audit.Money, "it is cancelled and owes nothing; the ledger says: 100000 KRW refunded, 50000 of it refunded")},

	"ReturnedAndStands": {booking.Food, booking.Delivered, func(b *books) { b.payments[0].Status = booking.Returned },
		found(audit.Money, "it is delivered and owes 100000 KRW; the ledger says: 100000 KRW returned")},
	"FreeAndCharged": {booking.Lodging, booking.Confirmed, func(b *books) {
		v := b.views["lodging-1"]
		v.Amount.Amount, b.rows[0].View.Amount.Amount = 0, 0
		b.views["lodging-1"] = v
	}, found(audit.Money, "it is confirmed and costs nothing; the ledger says: 100000 KRW charged")},
	"ReturnedAndNeverTaken": {booking.Lodging, booking.Cancelled, func(b *books) {
		b.payments[0].Status, b.payments[0].Refunded, b.charges = booking.Returned, 0, nil
	}, found(audit.Provider, "the ledger says: 100000 KRW returned; the provider: nothing charged")},

	"ProviderTookTwice": {booking.Lodging, booking.PaymentPending, func(b *books) {
		b.charges = []audit.ProviderCharge{{OrderID: "lodging-1", Ref: "a", Charged: price}, {OrderID: "lodging-1", Ref: "b", Charged: price, Refunded: 1}}
	}, found(audit.Provider, "the provider charged its price 2 times: 100000 KRW charged under a, 0 of it refunded, and 100000 KRW charged under b, 1 of it refunded")},
	"ProviderTookTwiceAndNobodyKnew": {booking.Lodging, booking.Cancelled, func(b *books) {
		b.payments[0].Status, b.payments[0].Ref, b.payments[0].Refunded = booking.Returned, "", 0
		b.charges = []audit.ProviderCharge{{OrderID: "lodging-1", Ref: "a", Charged: price}, {OrderID: "lodging-1", Ref: "b", Charged: price}}
	}, foundByCheck(audit.Provider, booking.Lodging, "the provider charged its price 2 times: 100000 KRW charged under a, 0 of it refunded, and 100000 KRW charged under b, 0 of it refunded")},
	"ProviderNeverTook": {booking.Food, booking.Delivered, func(b *books) { b.charges = nil },
		found(audit.Provider, "the ledger says: 100000 KRW charged; the provider: nothing charged")},
	"ProviderRefundedMore": {booking.Lodging, booking.Confirmed, func(b *books) { b.charges[0].Refunded = 100000 },
		foundByCheck(audit.Provider, booking.Lodging, "the ledger says: 100000 KRW charged; the provider: 100000 KRW charged under ref, 100000 of it refunded")},
	"ProviderKeptIt": {booking.Lodging, booking.Cancelled, func(b *books) { b.charges[0].Refunded = 0 },
		found(audit.Provider, "the ledger says: 100000 KRW refunded, 100000 of it refunded; the provider: 100000 KRW charged under ref, 0 of it refunded")},
	"ProviderTookWhatWasVoided": {booking.Cafe, booking.Cancelled, func(b *books) {
		b.payments[0].Status, b.payments[0].Refunded, b.charges[0].Refunded = booking.ChargePrevented, 0, 0
	}, found(audit.Provider, "the ledger says: 100000 KRW voided; the provider: 100000 KRW charged under ref, 0 of it refunded")},
	"ProviderTookWhatWasVoidedAndConfirmed": {booking.Cafe, booking.Cancelled, func(b *books) {
		b.payments[0].Status, b.payments[0].Refunded, b.charges[0].Refunded = booking.ChargePrevented, 0, 0
		b.payments[0].ActionRef = "ref"
	}, foundByCheck(audit.Provider, booking.Cafe, "the ledger says: 100000 KRW voided; the provider: 100000 KRW charged under ref, 0 of it refunded")},
	"ProviderTookWhatWasRefused": {booking.Food, booking.Cancelled, func(b *books) {
		b.payments[0].Status, b.payments[0].Refunded, b.charges[0].Refunded = booking.Declined, 0, 0
		b.payments[0].ActionRef = "ref"
	}, foundByCheck(audit.Provider, booking.Food, "the ledger says: 100000 KRW declined; the provider: 100000 KRW charged under ref, 0 of it refunded")},
	"ProviderTookWithoutUs": {booking.Cleaning, booking.Received, func(b *books) {
		b.charges = []audit.ProviderCharge{{OrderID: "cleaning-1", Ref: "a", Charged: price}}
	}, found(audit.Provider, "the ledger knows of no charge; the provider: 100000 KRW charged under a, 0 of it refunded")},

	"NotHeld": {booking.Lodging, booking.Confirmed, func(b *books) { b.holds = nil },
		found(audit.Stock, "it is confirmed and has to hold 2 × thing from 2026-12-24 to 2026-12-26; the stock says: nothing held")},
	"HeldTooFew": {booking.Cafe, booking.InProduction, func(b *books) { b.holds[0].Quantity = 1 },
		found(audit.Stock, "it is in_production and has to hold 2 × thing from 2026-12-24 to 2026-12-25; the stock says: 1 × thing held from 2026-12-24 to 2026-12-25")},
	"HeldOnAnotherDay": {booking.Lodging, booking.AwaitingOwner, func(b *books) { b.holds[0].From, b.holds[0].Stocked = christmasEve.AddDays(1), 1 },
		found(audit.Stock, "it is awaiting_owner and has to hold 2 × thing from 2026-12-24 to 2026-12-26; the stock says: 2 × thing held from 2026-12-25 to 2026-12-26")},
	"HeldOfAnotherItem": {booking.Lodging, booking.Completed, func(b *books) { b.holds[0].ItemID = "other" },
		found(audit.Stock, "it is completed and has to hold 2 × thing from 2026-12-24 to 2026-12-26; the stock says: 2 × other held from 2026-12-24 to 2026-12-26")},
	"CancelledAndHeld": {booking.Lodging, booking.Cancelled, func(b *books) { b.hold(order(booking.Lodging, booking.Confirmed)) },
		found(audit.Stock, "it is cancelled and holds nothing by right; the stock says: 2 × thing held from 2026-12-24 to 2026-12-26")},
	"HeldTwice": {booking.Cafe, booking.Received, func(b *books) {
		b.hold(order(booking.Cafe, booking.Paid))
		b.hold(order(booking.Cafe, booking.Paid))
	}, found(audit.Stock, "it holds more than once: 2 × thing held from 2026-12-24 to 2026-12-25 and 2 × thing held from 2026-12-24 to 2026-12-25")},
	"FoodHoldsRooms": {booking.Food, booking.Paid, func(b *books) {
		h := audit.Hold{Stocked: 1}
		h.OrderID, h.ItemID, h.Quantity, h.From, h.To = "food-1", "thing", 1, christmasEve, christmasEve.AddDays(1)
		b.holds = append(b.holds, h)
	}, found(audit.Stock, "it is paid and holds nothing by right; the stock says: 1 × thing held from 2026-12-24 to 2026-12-25")},
	"FreedAndHeld": {booking.Lodging, booking.Completed, func(b *books) { b.leaves(christmasEve.AddDays(1)) },
		found(audit.Stock, "it is completed and has to hold 2 × thing from 2026-12-24 to 2026-12-25; the stock says: 2 × thing held from 2026-12-24 to 2026-12-26")},
	"HeldTooShort": {booking.Lodging, booking.Confirmed, func(b *books) { b.shorten(christmasEve.AddDays(1)) },
		found(audit.Stock, "it is confirmed and has to hold 2 × thing from 2026-12-24 to 2026-12-26; the stock says: 2 × thing held from 2026-12-24 to 2026-12-25")},
	"StockOfAHeldDayIsGone": {booking.Lodging, booking.Confirmed, func(b *books) { b.holds[0].Stocked = 1 },
		found(audit.Stock, "it holds thing for 2 days, of which there is a stock for 1")},
	"StockIsOff": {booking.Lodging, booking.Received, func(b *books) {
		d := audit.StockDay{ItemID: "thing", Held: 1}
		d.Date, d.Capacity, d.Remaining = christmasEve, 5, 3
		b.days = append(b.days, d)
	}, []audit.Finding{{Kind: audit.Stock, Item: "thing", Says: "on 2026-12-24 its capacity is 5; 3 remain and 1 are held"}}},

	"DeliveryMissing": {booking.Food, booking.Delivering, func(b *books) { b.jobs[true] = nil },
		found(audit.Delivery, "it is delivering; its delivery is missing")},
	"DeliveredTooEarly": {booking.Food, booking.Delivering, func(b *books) { b.jobs[true][0].Status = booking.JobDelivered },
		found(audit.Delivery, "it is delivering; its delivery is delivered")},
	"DeliveryNotEnded": {booking.Food, booking.Delivered, func(b *books) { b.jobs[true][0].Status = booking.JobStarted },
		found(audit.Delivery, "it is delivered; its delivery is started")},
	"DeliveryGoesOn": {booking.Food, booking.Cancelled, func(b *books) { b.jobs[true][0].Status = booking.JobStarted },
		found(audit.Delivery, "it is cancelled; its delivery is started")},
	"RoomIsDelivered": {booking.Lodging, booking.Confirmed, func(b *books) {
		b.jobs[true] = []booking.JobState{{Job: booking.Job{OrderID: "lodging-1"}, Status: booking.JobStarted}}
	}, found(audit.Delivery, "it is confirmed; its delivery is started")},
	"ProductionMissing": {booking.Cafe, booking.Completed, func(b *books) { b.jobs[false] = nil },
		found(audit.Production, "it is completed; its production is missing")},
	"DeliveryCancelled": {booking.Food, booking.Paid, func(b *books) { b.work(order(booking.Food, booking.Cancelled)) },
		found(audit.Delivery, "it is paid; its delivery is cancelled")},
	"ProductionCancelled": {booking.Cafe, booking.Paid, func(b *books) {
		b.jobs[false] = []booking.JobState{{Job: booking.Job{OrderID: "cafe-1"}, Status: booking.JobCancelled}}
	}, found(audit.Production, "it is paid; its production is cancelled")},

	"AnotherCleaner": {booking.Cleaning, booking.Completed, func(b *books) { b.calls[0].CleanerID = "lee" },
		found(audit.Cleaner, "its cleaner is kim; lee was assigned to it")},
	"CallDoneTooEarly": {booking.Cleaning, booking.Assigned, func(b *books) { b.calls[0].State, b.cleaners[0].OrderID = audit.CallDone, "" },
		found(audit.Cleaner, "it is assigned; its call for a cleaner is done")},
	"CallKnowsAndOrderDoesNot": {booking.Cleaning, booking.Calling, func(b *books) {
		b.calls[0] = audit.Call{OrderID: "cleaning-1", State: audit.CallAssigned, CleanerID: "kim", Signalled: true}
		b.cleaners = []booking.CleanerAtWork{{Cleaner: kim, OrderID: "cleaning-1"}}
	}, found(audit.Cleaner, "it is calling; its call for a cleaner is assigned")},
	"CallCancelledAndOrderDoesNotKnow": {booking.Cleaning, booking.Calling, func(b *books) { b.calls[0].State = audit.CallCancelled },
		found(audit.Cleaner, "it is calling; its call for a cleaner is cancelled")},
	"CancelledAndCleanerComes": {booking.Cleaning, booking.Cancelled, func(b *books) { b.calls[0].State, b.cleaners[0].OrderID = audit.CallAssigned, "cleaning-1" },
		found(audit.Cleaner, "it is cancelled; its call for a cleaner is assigned")},
	"CancelledAndWaiting": {booking.Cleaning, booking.Cancelled, func(b *books) { b.calls[0].State, b.cleaners = audit.CallWaiting, nil },
		found(audit.Cleaner, "it is cancelled; its call for a cleaner is waiting")},
	"BusyWithNothing": {booking.Cleaning, booking.Completed, func(b *books) { b.cleaners[0].OrderID = "cleaning-1" },
		[]audit.Finding{{Kind: audit.Cleaner, OrderID: "cleaning-1", Item: "kim", Says: "cleaner kim is busy with call cleaning-1, which is not open"}}},
	"BusyWithAnothersCall": {booking.Cleaning, booking.Assigned, func(b *books) {
		b.cleaners = append(b.cleaners, booking.CleanerAtWork{Cleaner: booking.Cleaner{ID: "lee"}, OrderID: "cleaning-1"})
	}, []audit.Finding{{Kind: audit.Cleaner, OrderID: "cleaning-1", Item: "lee", Says: "cleaner lee is busy with call cleaning-1, which is assigned to kim"}}},
	"AssignedAndFree": {booking.Cleaning, booking.Assigned, func(b *books) { b.cleaners[0].OrderID = "" },
		[]audit.Finding{{Kind: audit.Cleaner, OrderID: "cleaning-1", Item: "kim", Says: "it is assigned to kim, who is free"}}},
	"AssignedToUnknownCleaner": {booking.Cleaning, booking.Assigned, func(b *books) { b.cleaners = nil },
		[]audit.Finding{{Kind: audit.Cleaner, OrderID: "cleaning-1", Item: "kim", Says: "it is assigned to kim, who is not among the cleaners"}}},
	"WaitsWhileACleanerIsFree": {booking.Cleaning, booking.Calling, func(b *books) { b.cleaners = []booking.CleanerAtWork{{Cleaner: kim}} },
		found(audit.Cleaner, "it waits for a cleaner; cleaners who are free: 1")},

	"NotRegistered": {booking.Cleaning, booking.Calling, func(b *books) { b.called = nil },
		found(audit.Registration, "it is calling, and management does not know of it")},
	"NotStruckOff": {booking.Cleaning, booking.Cancelled, func(b *books) { b.called = []string{"cleaning-1"} },
		found(audit.Registration, "it is cancelled, and still registered with management")},

	"OwnerNotTold": {booking.Lodging, booking.Confirmed, func(b *books) { b.messages = nil },
		found(audit.Message, `it is confirmed; the message "notice" was not sent, or was withdrawn`)},
	"CleanerNotTold": {booking.Cleaning, booking.Completed, func(b *books) { b.messages = b.messages[:2] },
		found(audit.Message, `it is completed; the message "cleaner" was not sent, or was withdrawn`)},
	"NoticeNotTakenBack": {booking.Cafe, booking.Cancelled, func(b *books) {
		b.messages = []booking.Message{{OrderID: "cafe-1", Key: "cafe-1/notice"}}
	}, found(audit.Message, `it is cancelled; the message "notice" was not withdrawn`)},
	"DeferralNotTakenBack": {booking.Food, booking.Cancelled, func(b *books) {
		b.messages = append(b.messages, booking.Message{OrderID: "food-1", Key: "food-1/payment-deferred"})
	}, found(audit.Message, `it is cancelled; the message "payment-deferred" was not withdrawn`)},

	"RowMissing": {booking.Lodging, booking.Confirmed, func(b *books) { b.rows = nil },
		[]audit.Finding{{Kind: audit.Mypage, Says: "it is confirmed, and has no row", Remedy: fresh(booking.Lodging)}}},
	"RowMissingOfOneThatIsOver": {booking.Food, booking.Delivered, func(b *books) { b.rows = nil },
		[]audit.Finding{{Kind: audit.Mypage, Says: "it is delivered, and has no row", Remedy: fresh(booking.Food)}}},
	"RowBehind": {booking.Cafe, booking.InProduction, func(b *books) { b.rows[0].Version, b.rows[0].Status = 6, booking.Paid },
		[]audit.Finding{{Kind: audit.Mypage, Says: "it is in_production at version 7; its row says paid at 6", Remedy: fresh(booking.Cafe)}}},
	"RowOfOneThatIsOverIsBehind": {booking.Lodging, booking.Cancelled, func(b *books) { b.rows[0].Version, b.rows[0].Status = 6, booking.Cancelling },
		[]audit.Finding{{Kind: audit.Mypage, Says: "it is cancelled at version 7; its row says cancelling at 6", Remedy: fresh(booking.Lodging)}}},
	"RowListedOtherwise": {booking.Lodging, booking.Confirmed, func(b *books) { b.rows[0].View.Status = booking.Paid },
		[]audit.Finding{{Kind: audit.Mypage, Says: "its row is listed as confirmed at version 7, and shows paid at 7", Remedy: fresh(booking.Lodging)}}},

	"NobodysOrder": {booking.Lodging, booking.Confirmed, func(b *books) { b.sagas, b.rows = nil, nil },
		[]audit.Finding{
			{Kind: audit.Money, Says: "no order knows of this: 100000 KRW charged", Remedy: "yeyak settle lodging-1"},
			{Kind: audit.Stock, Says: "no order knows of this: 2 × thing held from 2026-12-24 to 2026-12-26", Remedy: "yeyak settle lodging-1"},
		}},
	"NobodysChargeAtTheProvider": {booking.Food, booking.Delivered, func(b *books) { b.sagas, b.rows, b.payments, b.jobs[true] = nil, nil, nil, nil },
		found(audit.Provider, "the ledger knows of no charge; the provider: 100000 KRW charged under ref, 0 of it refunded")},
	"NobodysCall": {booking.Cleaning, booking.Assigned, func(b *books) { b.sagas, b.rows, b.payments, b.charges = nil, nil, nil, nil },
		[]audit.Finding{
			{Kind: audit.Cleaner, Says: "no order knows of this: cleaner kim"},
			{Kind: audit.Registration, Says: "no order knows of this: a registration with management"},
		}},
	"NobodysProduction": {booking.Cafe, booking.InProduction, func(b *books) { b.sagas, b.rows, b.payments, b.charges, b.holds = nil, nil, nil, nil, nil },
		found(audit.Production, "no order knows of this: a production that is started")},
	"NobodysDelivery": {booking.Food, booking.Delivering, func(b *books) { b.sagas, b.rows, b.payments, b.charges = nil, nil, nil, nil },
		found(audit.Delivery, "no order knows of this: a delivery that is started")},
}

// TestRun_AMessageOnItsWayIsNotMissing: the order's work does not wait for it.
func TestRun_AMessageOnItsWayIsNotMissing(t *testing.T) {
	t.Parallel()
	b := newBooks()
	b.add(order(booking.Cleaning, booking.Assigned))
	b.messages = nil
	for _, waitsFor := range []string{"Notify", orders.WorkflowTask} { // which sends the next one
		b.pending["cleaning-1"] = map[string][]orders.Awaited{waitsFor: {{ID: "1", Attempt: 5}}}
		b.requireFindings(t)
	}
}

// TestRun_AMessageSentMeanwhileIsNotMissing: it arrives between the reads of messages
// and of the workflow.
func TestRun_AMessageSentMeanwhileIsNotMissing(t *testing.T) {
	t.Parallel()
	b := newBooks()
	b.add(order(booking.Cleaning, booking.Assigned))
	b.messages = nil
	b.pending["cleaning-1"] = map[string][]orders.Awaited{"Notify": {{ID: "1", Attempt: 5}}}
	b.before = func(pass int) {
		if pass == 2 {
			b.pending = nil
		}
	}
	b.requireFindings(t)
}

// TestRun_NoCallWaitsForAWithdrawnCleaner: a withdrawn cleaner gets no call.
func TestRun_NoCallWaitsForAWithdrawnCleaner(t *testing.T) {
	t.Parallel()
	b := newBooks()
	b.add(order(booking.Cleaning, booking.Calling))
	b.cleaners = []booking.CleanerAtWork{{Cleaner: kim, Withdrawn: true}}
	b.requireFindings(t)
}

func fresh(k booking.Kind) string { return "GET /v1/mypages/" + string(k) + "-1?fresh=true" }

func TestRun_FindsEveryDrift(t *testing.T) {
	t.Parallel()
	for name, d := range drifts {
		t.Run(name, d.requireFound)
	}
}

// TestKinds_EachIsFound: every kind is in a test above, or has tests of its own.
func TestKinds_EachIsFound(t *testing.T) {
	t.Parallel()
	kinds := map[audit.Kind]bool{audit.Abandoned: true, audit.Unreadable: true, audit.Catalogue: true, audit.Feed: true, audit.Inbox: true, audit.Decision: true}
	for _, d := range drifts {
		for _, f := range d.want {
			kinds[f.Kind] = true
		}
	}
	for _, k := range audit.Kinds() {
		require.True(t, kinds[k], k)
		delete(kinds, k)
	}
	require.Empty(t, kinds)
}

// TestRun_WhatAgrees: unusual orders without a contradiction.
func TestRun_WhatAgrees(t *testing.T) {
	t.Parallel()
	for name, do := range map[string]func(*books){
		"TakenBackByABank": func(b *books) {
			b.payments[0].Status, b.payments[0].Refunded, b.charges[0].Refunded = booking.Returned, 0, 0
		},
		"APartBeforeTheBank": func(b *books) {
			b.payments[0].Status, b.payments[0].Refunded, b.charges[0].Refunded = booking.Returned, 0, 40000
		},
		"TakenInAnotherAmount": func(b *books) {
			b.charges[0].Charged.Amount, b.charges[0].Refunded = 1000, 1000
		},
		"TakenTwiceAndGivenTwice": func(b *books) {
			b.charges = append(b.charges, audit.ProviderCharge{OrderID: "food-1", Ref: "b", Charged: price, Refunded: 100000})
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBooks()
			b.add(order(booking.Food, booking.Cancelled))
			do(b)
			b.requireFindings(t)
		})
	}
	t.Run("RefundUnderWay", func(t *testing.T) {
		t.Parallel()
		b := newBooks()
		b.add(order(booking.Food, booking.Cancelling))
		v := order(booking.Food, booking.Cancelling)
		b.payments = []booking.Payment{payment(v, booking.RefundPending, 0)}
		b.charges = []audit.ProviderCharge{{OrderID: v.ID, Ref: "ref", Charged: price, Refunded: 100000}}
		b.requireFindings(t)
	})
}
