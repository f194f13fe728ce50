package audit_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	enumspb "go.temporal.io/api/enums/v1"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/audit"
	"github.com/yeyak/yeyak/internal/orders"
	"github.com/yeyak/yeyak/workflows/contract"
)

// repaid adds a refund to the payment in the books, without a word to the provider.
func (b *books) repaid(key string, amount int64, change ...func(*booking.Entry)) {
	e := booking.Entry{
		Key: key, OrderID: b.payments[0].OrderID, Kind: booking.RefundEntry, Amount: booking.Money{Amount: amount, Currency: "KRW"},
		Reason: booking.Goodwill, State: booking.EntryDone,
	}
	for _, c := range change {
		c(&e)
	}
	b.payments[0].Entries = append(b.payments[0].Entries, e)
}

// providerRefunded notes what the provider has refunded, in its books and in ours.
func (b *books) providerRefunded(amount int64) {
	b.payments[0].Refunded, b.charges[0].Refunded = amount, amount
}

func pending(e *booking.Entry) { e.State = booking.EntryPending }
func failed(e *booking.Entry)  { e.State, e.Words = booking.EntryFailed, "the account is closed" }

func byBank(e *booking.Entry) { e.Reason, e.ByHand, e.Ref = booking.Disputed, true, "du_1" }

func atProvider(e *booking.Entry) { e.Reason, e.ByHand, e.Ref = booking.AtProvider, true, "re_1" }

func byOperator(e *booking.Entry) { e.ByHand, e.By, e.Ref = true, "1024", "transfer of 2 December" }

// keepPart has the policy keep some of a payment that the customer has cancelled.
func (b *books) keepPart(amount int64) {
	p := &b.payments[0]
	p.Kept, p.Tier, p.Reason = amount, "before:24h", booking.ByCustomer
	b.shows(p.OrderID, amount)
	b.providerRefunded(p.Amount.Amount - amount)
	b.repaid("/refund", p.Amount.Amount-amount)
}

// TestRun_RefundsThatAgree: what was kept, refunded in part, by hand or by a bank
// is as it should be.
func TestRun_RefundsThatAgree(t *testing.T) {
	t.Parallel()
	for name, d := range map[string]drift{
		"Kept": {booking.Lodging, booking.Cancelled, func(b *books) { b.keepPart(30000) }, nil},
		"AllKept": {booking.Lodging, booking.Cancelled, func(b *books) {
			b.keepPart(100000)
			b.payments[0].Status, b.payments[0].Entries = booking.Retained, nil
		}, nil},
		"GoodwillOfAnOrderThatStands": {booking.Food, booking.Delivered, func(b *books) {
			b.providerRefunded(20000)
			b.repaid("refund/1", 20000)
		}, nil},
		"GoodwillUnderWay": {booking.Food, booking.Delivered, func(b *books) {
			b.charges[0].Refunded = 20000 // what it has accepted counts there
			b.repaid("refund/1", 20000, pending)
			b.refunds["food-1/refund/1"] = true
		}, nil},
		"GoodwillThatHasFailed": {booking.Food, booking.Delivered, func(b *books) {
			b.repaid("refund/1", 20000, failed)
			b.refunds["food-1/refund/1"] = true
		}, nil},
		"GoodwillThatItsSagaFollows": {booking.Food, booking.Delivering, func(b *books) {
			b.repaid("refund/1", 20000, pending)
			b.pending["food-1"] = map[string][]orders.Awaited{contract.RefundPartActivity: {{ID: "1", Attempt: 3}}}
		}, nil},
		"SeveralThatItsSagaFollows": {booking.Food, booking.Delivering, func(b *books) {
			b.repaid("refund/1", 20000, pending)
			b.repaid("refund/2", 10000, failed)
			b.pending["food-1"] = map[string][]orders.Awaited{contract.RefundPartActivity: {{ID: "31", Attempt: 1}, {ID: "40", Attempt: 7}}}
		}, nil},
		"OneEndsAndOneBeginsMeanwhile": {booking.Food, booking.Delivering, func(b *books) {
			b.repaid("refund/1", 20000, pending)
			b.repaid("refund/2", 10000, pending)
			b.pending["food-1"] = map[string][]orders.Awaited{contract.RefundPartActivity: {{ID: "31", Attempt: 1}}}
			b.before = func(pass int) { // early in the second pass, after the workflow was queried for what it waits for
				if pass == 2 {
					b.pending["food-1"] = map[string][]orders.Awaited{contract.RefundPartActivity: {{ID: "40", Attempt: 1}}}
				}
			}
		}, nil},
		"GoodwillOfALostOrderThatAWorkflowFollows": {booking.Food, booking.Delivered, func(b *books) {
			b.repaid("refund/1", 20000, pending)
			b.refunds["food-1/refund/1"] = true
			b.sagas[0].Execution = enumspb.WORKFLOW_EXECUTION_STATUS_TERMINATED
		}, nil},
		"GoodwillThatFailedBeforeTheCancellation": {booking.Food, booking.Cancelled, func(b *books) {
			b.repaid("/refund", 100000)
			b.repaid("refund/1", 20000, failed)
		}, nil},
		"GoodwillBeforeTheCancellation": {booking.Lodging, booking.Cancelled, func(b *books) {
			b.keepPart(30000)
			b.payments[0].Entries[0].Amount.Amount = 50000
			b.repaid("refund/1", 20000)
		}, nil},
		"GoodwillOfWhatWasKept": {booking.Lodging, booking.Cancelled, func(b *books) {
			b.keepPart(30000)
			b.providerRefunded(80000)
			b.repaid("refund/1", 10000)
		}, nil},
		"GoodwillWhileTheCancellationCouldNotBeGivenBack": {booking.Food, booking.Cancelled, func(b *books) {
			b.repaid("/refund", 60000)
			b.repaid("refund/1", 40000, func(e *booking.Entry) { e.At = e.At.Add(1) })
		}, nil},
		"GivenBackAtTheProvider": {booking.Cafe, booking.Cancelled, func(b *books) {
			b.repaid("provider/re_1", 40000, atProvider)
			b.repaid("/refund", 60000)
		}, nil},
		"PaidByHand": {booking.Cafe, booking.Cancelled, func(b *books) {
			b.payments[0].Status = booking.Returned
			b.providerRefunded(0)
			b.repaid("/refund", 100000, byOperator)
		}, nil},
		"PaidByHandWhatTheProviderCannotSay": {booking.Cafe, booking.Cancelled, func(b *books) {
			b.payments[0].Status, b.payments[0].Ref = booking.Returned, ""
			b.payments[0].Refunded, b.charges = 0, nil
			b.repaid("/refund", 100000, byOperator)
		}, nil},
		"APartByTheBank": {booking.Lodging, booking.Cancelled, func(b *books) {
			b.providerRefunded(60000)
			b.repaid("dispute/du_1", 40000, byBank)
			b.repaid("/refund", 60000)
		}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBooks()
			b.add(order(d.kind, d.status))
			d.do(b)
			b.requireFindings(t)
		})
	}
}

// repeatIt is the remedy for a refund that nothing follows.
const repeatIt = "repeat the request for it under its Idempotency-Key"

// refundDrifts are what goes wrong with what was kept or refunded.
var refundDrifts = map[string]drift{
	"MoreKeptThanThePolicySays": {booking.Lodging, booking.Cancelled, func(b *books) {
		b.keepPart(30000)
		b.providerRefunded(60000)
		b.payments[0].Entries[0].Amount.Amount = 60000
	}, found(audit.Money, "it is cancelled and owes 30000 KRW; the ledger says: 100000 KRW refunded, 60000 of it refunded and 30000 kept")},
	"LessKeptThanThePolicySays": {booking.Lodging, booking.Cancelled, func(b *books) {
		b.keepPart(30000)
		b.providerRefunded(80000)
		b.payments[0].Entries[0].Amount.Amount = 80000
	}, found(audit.Money, "it is cancelled and owes 30000 KRW; the ledger says: 100000 KRW refunded, 80000 of it refunded and 30000 kept")},
	"GoodwillComesOffTheCancellation": {booking.Lodging, booking.Cancelled, func(b *books) {
		b.keepPart(30000)
		b.providerRefunded(70000)
		b.payments[0].Entries[0].Amount.Amount = 40000
		b.repaid("refund/1", 30000, func(e *booking.Entry) { e.At = b.payments[0].Entries[0].At.Add(1) })
	}, found(audit.Money, "it is cancelled and owes 30000 KRW; the ledger says: 100000 KRW refunded, 70000 of it refunded and 30000 kept")},
	"KeptOfARefusal": {booking.Lodging, booking.Cancelled, func(b *books) {
		b.keepPart(30000)
		b.payments[0].Reason = booking.RejectedByOwner
	}, found(audit.Money, `nothing may be kept of what is cancelled for the reason "rejected_by_owner" by the tier "before:24h"; the ledger says: 100000 KRW refunded, 70000 of it refunded and 30000 kept`)},
	"KeptWithoutATier": {booking.Lodging, booking.Cancelled, func(b *books) {
		b.keepPart(30000)
		b.payments[0].Tier = ""
	}, found(audit.Money, `nothing may be kept of what is cancelled for the reason "customer" by the tier ""; the ledger says: 100000 KRW refunded, 70000 of it refunded and 30000 kept`)},
	"KeptAndStands": {booking.Lodging, booking.Confirmed, func(b *books) {
		b.payments[0].Kept, b.payments[0].Tier, b.payments[0].Reason = 1, "last", booking.ByCustomer
	}, found(audit.Money, "it is confirmed and owes 100000 KRW; the ledger says: 100000 KRW charged, 1 of it kept")},
	"RetainedAndNothingKept": {booking.Lodging, booking.Cancelled, func(b *books) {
		b.payments[0].Status = booking.Retained
		b.providerRefunded(0)
	}, found(audit.Money, "it is cancelled and owes nothing; the ledger says: 100000 KRW retained")},
	"ProviderRefundedWhatIsKept": {booking.Lodging, booking.Cancelled, func(b *books) {
		b.keepPart(30000)
		b.charges[0].Refunded = 100000
	}, foundByCheck(audit.Provider, booking.Lodging, "the ledger says: 100000 KRW refunded, 70000 of it refunded and 30000 kept; the provider: 100000 KRW charged under ref, 100000 of it refunded")},
	"ProviderKeptMore": {booking.Lodging, booking.Cancelled, func(b *books) {
		b.keepPart(30000)
		b.charges[0].Refunded = 0
	}, foundByCheck(audit.Provider, booking.Lodging, "the ledger says: 100000 KRW refunded, 70000 of it refunded and 30000 kept; the provider: 100000 KRW charged under ref, 0 of it refunded")},
	"GoodwillThatTheProviderDoesNotKnow": {booking.Food, booking.Delivered, func(b *books) {
		b.payments[0].Refunded = 20000
		b.repaid("refund/1", 20000)
	}, foundByCheck(audit.Provider, booking.Food, "the ledger says: 100000 KRW charged, 20000 of it refunded; the provider: 100000 KRW charged under ref, 0 of it refunded")},
	"NothingFollowsIt": {booking.Food, booking.Delivered, func(b *books) { b.repaid("refund/1", 20000, pending) }, []audit.Finding{{
		Kind: audit.Money, Says: "refund refund/1 of 20000 KRW is pending, and nothing follows it", Remedy: repeatIt,
	}}},
	"ItsSagaFollowsItNoMore": {booking.Food, booking.Delivering, func(b *books) { b.repaid("refund/1", 20000, failed) }, []audit.Finding{{
		Kind: audit.Money, Says: "refund refund/1 of 20000 KRW is failed, and nothing follows it", Remedy: "yeyak payments look food-1",
	}}},
	"NothingFollowsWhatIsLeftOfIt": {booking.Lodging, booking.Cancelled, func(b *books) {
		b.keepPart(30000)
		b.providerRefunded(60000)
		b.payments[0].Entries[0].Amount.Amount = 40000
		b.repaid("provider/re_1", 20000, atProvider)
		b.repaid("refund/1", 50000, failed)
	}, []audit.Finding{
		{Kind: audit.Money, Says: "it is cancelled and owes 30000 KRW; the ledger says: 100000 KRW refunded, 60000 of it refunded and 30000 kept"},
		{Kind: audit.Money, Says: "refund refund/1 of 50000 KRW is failed, and nothing follows it", Remedy: "yeyak payments look lodging-1"},
	}},
	"ItsSagaFollowsFewerThanAreOpen": {booking.Food, booking.Delivering, func(b *books) {
		b.repaid("refund/1", 20000, pending)
		b.repaid("refund/2", 10000, failed)
		b.pending["food-1"] = map[string][]orders.Awaited{contract.RefundPartActivity: {{ID: "31", Attempt: 9}}}
	}, []audit.Finding{
		{Kind: audit.Money, Says: "refund refund/1 of 20000 KRW is pending, and its saga follows 1 of 2 such refunds", Remedy: repeatIt},
		{Kind: audit.Money, Says: "refund refund/2 of 10000 KRW is failed, and its saga follows 1 of 2 such refunds", Remedy: repeatIt},
	}},
	"ItsSagaWasTerminated": {booking.Food, booking.Delivered, func(b *books) {
		b.repaid("refund/1", 20000, pending)
		b.sagas[0].Execution = enumspb.WORKFLOW_EXECUTION_STATUS_TERMINATED
	}, []audit.Finding{{
		Kind: audit.Money, Says: "refund refund/1 of 20000 KRW is pending, and nothing follows it", Remedy: repeatIt,
	}}},
	"MoreThanIsUnderWay": {booking.Food, booking.Delivered, func(b *books) {
		b.charges[0].Refunded = 20001
		b.repaid("refund/1", 20000, pending)
		b.refunds["food-1/refund/1"] = true
	}, foundByCheck(audit.Provider, booking.Food, "the ledger says: 100000 KRW charged; the provider: 100000 KRW charged under ref, 20001 of it refunded")},
	"RefundsThatDoNotAddUp": {booking.Food, booking.Delivered, func(b *books) {
		b.providerRefunded(20000)
		b.repaid("refund/1", 10000)
	}, found(audit.Money, "its refunds add up to 10000; the ledger says: 100000 KRW charged, 20000 of it refunded")},
	"ImportedAndNotCounted": {booking.Cafe, booking.Cancelled, func(b *books) {
		b.providerRefunded(60000)
		b.repaid("provider/re_1", 40000, atProvider)
		b.repaid("/refund", 60000)
		b.charges[0].Refunded = 100000
	}, []audit.Finding{
		{Kind: audit.Money, Says: "it is cancelled and owes nothing; the ledger says: 100000 KRW refunded, 60000 of it refunded"},
		{Kind: audit.Provider, Says: "the ledger says: 100000 KRW refunded, 60000 of it refunded; the provider: 100000 KRW charged under ref, 100000 of it refunded", Remedy: "yeyak payments look cafe-1"},
	}},
	"MoreThanWasCharged": {booking.Food, booking.Delivered, func(b *books) {
		b.providerRefunded(60000)
		b.repaid("refund/1", 60000)
		b.repaid("refund/2", 60000, pending)
		b.refunds["food-1/refund/2"] = true
	}, found(audit.Money, "its refunds come to 120000, which is more than was charged; the ledger says: 100000 KRW charged, 60000 of it refunded")},
	"PaidByHandWithoutEvidence": {booking.Cafe, booking.Cancelled, func(b *books) {
		b.payments[0].Status = booking.Returned
		b.providerRefunded(0)
		b.repaid("/refund", 100000, byOperator, func(e *booking.Entry) { e.Ref = "" })
	}, found(audit.Money, "refund /refund was paid by hand, and there is no evidence of it")},
	"PaidByHandInPart": {booking.Cafe, booking.Cancelled, func(b *books) {
		b.payments[0].Status = booking.Returned
		b.providerRefunded(0)
		b.repaid("/refund", 40000, byOperator)
	}, found(audit.Money, "it is cancelled and owes nothing; the ledger says: 100000 KRW returned")},
	"PaidByHandAndTakenAsTheProviderSaysNow": {booking.Cafe, booking.Cancelled, func(b *books) {
		b.payments[0].Status, b.payments[0].Ref = booking.Returned, ""
		b.providerRefunded(0)
		b.repaid("/refund", 100000, byOperator)
	}, foundByCheck(audit.Provider, booking.Cafe,
		"the ledger says: 100000 KRW returned; the provider: 100000 KRW charged under ref, 0 of it refunded")},
	"CalledRefundedAndFailed": {booking.Cafe, booking.Cancelled, func(b *books) {
		b.providerRefunded(0)
		b.repaid("/refund", 100000, failed)
	}, found(audit.Money, "it is cancelled and owes nothing; the ledger says: 100000 KRW refunded")},
	"OfAnotherCurrency": {booking.Food, booking.Delivered, func(b *books) {
		b.providerRefunded(20000)
		b.repaid("refund/1", 20000, func(e *booking.Entry) { e.Amount.Currency = "EUR" })
	}, found(audit.Money, "refund refund/1 is of 20000 EUR; the ledger says: 100000 KRW charged, 20000 of it refunded")},
}

func TestRun_FindsEveryDriftOfRefunds(t *testing.T) {
	t.Parallel()
	for name, d := range refundDrifts {
		t.Run(name, d.requireFound)
	}
}

// TestRun_DisputedBeyondWhatWasLeft: a bank withdraws what was refunded before. That is
// lost for good: it is shown, and nothing is wrong.
func TestRun_DisputedBeyondWhatWasLeft(t *testing.T) {
	t.Parallel()
	b := newBooks()
	b.add(order(booking.Food, booking.Delivered))
	b.providerRefunded(50000)
	b.repaid("refund/1", 50000)
	b.repaid("dispute/du_1", 90000, func(e *booking.Entry) {
		e.Reason, e.ByHand, e.Ref, e.At = booking.Disputed, true, "du_1", e.At.Add(time.Hour)
	})
	b.charges[0].Refunded = 50000
	report, _ := b.run(t)
	require.Empty(t, report.Findings)
	require.Len(t, report.Known, 1)
	require.Equal(t, "40000 KRW were disputed beyond what was left, and are lost; the ledger says: 100000 KRW charged, 50000 of it refunded", report.Known[0].Says)
	require.True(t, report.Clean())
	b.repaid("refund/2", 1000, func(e *booking.Entry) { e.At = e.At.Add(2 * time.Hour) })
	b.providerRefunded(51000)
	b.charges[0].Refunded = 51000
	report, _ = b.run(t)
	require.Len(t, report.Findings, 1, "what is refunded after that is too much")
}
