package booking_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
)

// TestDispute_MayBeOpen: no dispute counts as open for ever. It counts as open for 120 days
// after its deadline or, without one, for 165 days after it became known.
func TestDispute_MayBeOpen(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, time.June, 1, 0, 0, 0, 0, time.UTC)
	days := func(n int) time.Time { return at.AddDate(0, 0, -n) }
	for name, c := range map[string]struct {
		is   booking.Dispute
		open bool
	}{
		"BeforeItsDeadline":         {booking.Dispute{EvidenceDueBy: days(-1), Changed: days(1000)}, true},
		"AfterItsDeadline":          {booking.Dispute{EvidenceDueBy: days(119), Changed: days(1000)}, true},
		"LongAfterItsDeadline":      {booking.Dispute{EvidenceDueBy: days(120), Changed: days(1)}, false},
		"WithoutADeadline":          {booking.Dispute{Changed: days(164)}, true},
		"WithoutADeadlineAndLonger": {booking.Dispute{Changed: days(165)}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.open, c.is.MayBeOpen(at))
		})
	}
}
