package api

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
)

// TestPayment_Entries: a payment shows its charge and refunds, and what is kept and can
// still be refunded.
func TestPayment_Entries(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 12, 1, 9, 0, 0, 0, time.UTC)
	won := func(amount int64) booking.Money { return booking.Money{Amount: amount, Currency: "KRW"} }
	charge := booking.Charge{Key: "lodging-1/charge", OrderID: "lodging-1", Amount: won(100), Tier: "before:24h"}
	b := setup(t)
	b.store.put(orderIn("lodging-1", booking.Cancelled, booking.ByCustomer))
	b.store.payments["lodging-1"] = booking.Payment{
		Charge: charge, Status: booking.Refunded, Refunded: 60, Kept: 30, Ref: "pi_1", At: at,
		Entries: []booking.Entry{
			{
				Key: "refund/1", Kind: booking.RefundEntry, Amount: won(10), Reason: booking.Goodwill, By: "1024", Note: "the shower was cold",
				State: booking.EntryFailed, Words: "the account is closed", At: at, Changed: at,
			},
			{
				Key: "lodging-1/charge/refund", Kind: booking.RefundEntry, Amount: won(60), Reason: "customer", Ref: "re_1", State: booking.EntryDone,
				At: at, Changed: at,
			},
			{
				Key: "dispute/du_1", Kind: booking.RefundEntry, Amount: won(10), Reason: booking.Disputed, Ref: "du_1", State: booking.EntryDone, ByHand: true,
				At: at, Changed: at,
			},
		},
		Disputes: []booking.Dispute{{ID: "du_1", Amount: won(10), State: booking.DisputeLost, EvidenceDueBy: at}},
	}
	require.JSONEq(t, `{
		"orderId": "lodging-1", "status": "refunded", "statusLabel": "일부환불", "amount": {"amount": 100, "currency": "KRW"},
		"refunded": {"amount": 60, "currency": "KRW"}, "kept": {"amount": 30, "currency": "KRW"}, "tier": "before:24h",
		"refundable": {"amount": 30, "currency": "KRW"},
		"entries": [
			{"key": "lodging-1/charge", "kind": "charge", "amount": {"amount": 100, "currency": "KRW"}, "ref": "pi_1", "state": "done", "at": "2026-12-01T09:00:00Z"},
			{"key": "refund/1", "kind": "refund", "amount": {"amount": 10, "currency": "KRW"}, "reason": "goodwill", "by": "1024", "note": "the shower was cold",
				"state": "failed", "words": "the account is closed", "at": "2026-12-01T09:00:00Z", "changed": "2026-12-01T09:00:00Z"},
			{"key": "lodging-1/charge/refund", "kind": "refund", "amount": {"amount": 60, "currency": "KRW"}, "reason": "customer", "ref": "re_1",
				"state": "done", "at": "2026-12-01T09:00:00Z", "changed": "2026-12-01T09:00:00Z"},
			{"key": "dispute/du_1", "kind": "refund", "amount": {"amount": 10, "currency": "KRW"}, "reason": "dispute", "ref": "du_1", "byHand": true,
				"state": "done", "at": "2026-12-01T09:00:00Z", "changed": "2026-12-01T09:00:00Z"}
		],
		"disputes": [{"id": "du_1", "amount": {"amount": 10, "currency": "KRW"}, "state": "lost", "evidenceDueBy": "2026-12-01T09:00:00Z"}]
	}`, b.do("GET", "/v1/payments/lodging-1", "", "Accept-Language", "ko").text)
}

// TestPayment_OfACharge: a charge has an entry from its request on; a payment that was
// never charged has none.
func TestPayment_OfACharge(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.store.put(orderIn("lodging-1", booking.Paid, ""))
	for _, status := range booking.PaymentStatuses() {
		b.store.payments["lodging-1"] = booking.Payment{
			Charge: booking.Charge{OrderID: "lodging-1", Amount: booking.Money{Amount: 100, Currency: "KRW"}}, Status: status,
		}
		shown := decode[paymentView](t, b.do("GET", "/v1/payments/lodging-1", ""))
		want := map[booking.PaymentStatus]booking.EntryState{booking.Declined: booking.EntryFailed, booking.ChargeDeferred: booking.EntryPending,
			booking.ChargePending: booking.EntryPending, booking.ActionRequired: booking.EntryPending,
			booking.RefundPending: booking.EntryPending}[status]
		switch status {
		case booking.ChargePrevented:
			require.Empty(t, shown.Entries)
		case booking.Charged, booking.Refunded, booking.Retained, booking.Returned:
			want = booking.EntryDone
			fallthrough
		default:
			require.Len(t, shown.Entries, 1, status)
			require.Equal(t, want, shown.Entries[0].State, status)
		}
		require.NotNil(t, shown.Entries)
	}
}

// TestPayment_Words: notes about refunds are personal data: the owner sees them while
// the order is under way.
func TestPayment_Words(t *testing.T) {
	t.Parallel()
	b := setup(t, func(d *testDeps) {
		d.Callers = credentials{
			"alice": {ID: "alice", Roles: []booking.Role{booking.CustomerRole}}, "olga": {ID: "1040", Roles: []booking.Role{booking.OperatorRole}},
			"olivia": {ID: "1041", Roles: []booking.Role{booking.OwnerRole}, Memberships: []booking.Membership{{OwnerID: "olivia", Level: booking.OwnerLevel}}},
		}
	})
	won := booking.Money{Amount: 10, Currency: "KRW"}
	b.store.payments["lodging-1"] = booking.Payment{
		Charge: booking.Charge{Key: "lodging-1/charge", OrderID: "lodging-1", Amount: won}, Status: booking.Charged, Ref: "pi_1",
		Entries: []booking.Entry{{
			Key: "refund/1", Kind: booking.RefundEntry, Amount: won, Reason: booking.Goodwill, Note: "alice was cold", Ref: "account 42 of alice",
			State: booking.EntryDone, ByHand: true,
		}},
	}
	for status, ownerIsShown := range map[booking.Status]bool{booking.Confirmed: true, booking.Completed: false} {
		b.store.put(orderIn("lodging-1", status, ""))
		for caller, isShown := range map[string]bool{"alice": true, "olga": true, "olivia": ownerIsShown} {
			a := b.as(caller, "GET", "/v1/payments/lodging-1", "")
			require.Equal(t, 200, a.StatusCode, a.text)
			require.Contains(t, a.text, "pi_1")
			for _, words := range []string{"alice was cold", "account 42"} {
				require.Equal(t, isShown, strings.Contains(a.text, words), "%s %s: %s", status, caller, a.text)
			}
		}
	}
}
