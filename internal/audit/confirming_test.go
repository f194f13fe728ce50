package audit_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/audit"
)

// TestRun_ToConfirm: a payment waits for its customer only while its order does.
func TestRun_ToConfirm(t *testing.T) {
	t.Parallel()
	for _, k := range booking.Kinds() {
		for _, s := range statusesOf(k) {
			t.Run(string(k)+"/"+string(s), func(t *testing.T) {
				t.Parallel()
				b, v := newBooks(), order(k, s)
				b.add(v)
				b.charges = nil
				b.payments = []booking.Payment{{Charge: booking.Charge{OrderID: v.ID, Amount: v.Amount}, Status: booking.ActionRequired}}
				report, _ := b.run(t)
				switch s {
				case booking.Received, booking.PaymentPending, booking.AwaitingPayment, booking.Cancelling:
					require.Empty(t, report.Findings, "it is about to wait, waits, or is being undone")
				default:
					require.Len(t, report.Findings, 1)
					require.Equal(t, audit.Money, report.Findings[0].Kind)
					require.Contains(t, report.Findings[0].Says, "requires_action")
				}
			})
		}
		t.Run(string(k)+"/NothingAsked", func(t *testing.T) {
			t.Parallel()
			b, v := newBooks(), order(k, booking.AwaitingPayment)
			b.add(v)
			b.payments = nil
			report, _ := b.run(t)
			require.Len(t, report.Findings, 1)
			require.Contains(t, report.Findings[0].Says, "its customer has to confirm 100000 KRW; the ledger says: no charge")
		})
	}
}
