package audit_test

import (
	"testing"
	"time"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/audit"
)

// disputed opens a dispute of the payment in the books.
func (b *books) disputed(state booking.DisputeState) {
	b.payments[0].Disputes = []booking.Dispute{{
		ID: "du_1", Amount: booking.Money{Amount: 40000, Currency: "KRW"}, State: state,
		EvidenceDueBy: time.Date(2026, 12, 9, 0, 0, 0, 0, time.UTC),
	}}
}

// marked marks the row, and followed has a workflow follow the notices.
func (b *books) marked() { b.rows[0].View.Disputed = true }

func (b *books) followed() { b.refunds[b.rows[0].ID+"/notices"] = true }

// TestRun_DisputesThatAgree: an open dispute is followed and marks its order, live or
// ended; a closed one does neither.
func TestRun_DisputesThatAgree(t *testing.T) {
	t.Parallel()
	for _, status := range []booking.Status{booking.Confirmed, booking.Completed} {
		b := newBooks()
		b.add(order(booking.Lodging, status))
		b.disputed(booking.DisputeOpen)
		b.marked()
		b.followed()
		b.requireFindings(t)
		for _, end := range []booking.DisputeState{booking.DisputeWon, booking.DisputeLost} {
			b := newBooks()
			b.add(order(booking.Lodging, status))
			b.disputed(end)
			b.requireFindings(t)
		}
	}
}

const isOpen = "dispute du_1 over 40000 KRW is open until 2026-12-09T00:00:00Z"

// TestRun_FindsEveryDriftOfDisputes: the remedy of each is to check the provider.
func TestRun_FindsEveryDriftOfDisputes(t *testing.T) {
	t.Parallel()
	for name, d := range map[string]drift{
		"NotMarked": {booking.Lodging, booking.Confirmed, func(b *books) {
			b.disputed(booking.DisputeOpen)
			b.followed()
		}, foundByCheck(audit.Mypage, booking.Lodging, isOpen+", and its row is not marked")},
		"MarkedAfterItsEnd": {booking.Food, booking.Delivered, func(b *books) {
			b.disputed(booking.DisputeWon)
			b.marked()
		}, foundByCheck(audit.Mypage, booking.Food, "its row is marked as disputed; the ledger knows of no open dispute")},
		"MarkedWithoutAPayment": {booking.Food, booking.Received, func(b *books) { b.marked() },
			foundByCheck(audit.Mypage, booking.Food, "its row is marked as disputed; the ledger knows of no open dispute")},
		"NothingFollowsIt": {booking.Cafe, booking.Completed, func(b *books) {
			b.disputed(booking.DisputeOpen)
			b.marked()
		}, foundByCheck(audit.Money, booking.Cafe, isOpen+", and nothing follows it")},
	} {
		t.Run(name, d.requireFound)
	}
}
