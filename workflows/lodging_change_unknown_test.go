package workflows_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// TestLodgingChange_UnknownCharge: the provider does not answer whether a change was charged. The
// reservation continues, and accepts another change, until the provider answers or an operator
// records that it is resolved.
func TestLodgingChange_UnknownCharge(t *testing.T) {
	t.Parallel()
	for name, charged := range map[string]bool{"Resolved": false, "AnsweredAtLast": true} {
		t.Run(name, func(t *testing.T) {
			s := newMove(t, 3, impatient)
			how := before
			if charged {
				how = after
			}
			silent := func(call string) fault {
				if call == "charge" {
					return how
				}
				return only(before, call == "void")
			}
			s.env.RegisterDelayedCallback(func() { s.setFaults(silent) }, hour/2)
			d := s.moves(hour, "1", 0, 3, 1)
			undecidedAt := hour + time.Minute // in another minute the environment of tests fails the activity
			other := s.moves(undecidedAt+27*time.Second, "2", 0, 1, 1)
			var marked, seen contract.View
			s.env.RegisterDelayedCallback(func() { marked = s.row().View }, undecidedAt+25*time.Second)
			resolved := &decision{}
			if charged {
				s.env.RegisterDelayedCallback(func() { s.setFaults(nil) }, undecidedAt+30*time.Second)
			} else {
				resolved = s.resolves(undecidedAt + 30*time.Second)
			}
			s.env.RegisterDelayedCallback(func() { seen = s.row().View }, undecidedAt+50*time.Second)
			s.env.RegisterDelayedCallback(func() { s.setFaults(nil) }, 2*hour)
			v := s.run()
			require.Equal(t, booking.Code(booking.PaymentUnavailable), d.code())
			require.NoError(t, other.err, "the reservation continues")
			require.True(t, marked.NeedsAttention)
			require.NoError(t, resolved.err)
			require.False(t, seen.NeedsAttention)
			require.Equal(t, booking.Completed, v.Status)
			require.EqualValues(t, 50000, v.Amount.Amount)
			require.EqualValues(t, 50000, s.owed())
			require.EqualValues(t, 50000, s.paid().Price())
			further := s.paid().Further[0]
			require.False(t, further.Pending())
			require.Equal(t, charged, further.Status == booking.Charged)
			if !charged {
				require.Equal(t, "bank transfer 42", further.Ref)
			}
		})
	}
}
