package booking_test

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
)

// reachable are the statuses that an order of the kind can come to from s,
// s included.
func reachable(k booking.Kind, s booking.Status) []booking.Status {
	found := []booking.Status{s}
	for i := 0; i < len(found); i++ {
		for _, next := range k.Next(found[i]) {
			if !slices.Contains(found, next) {
				found = append(found, next)
			}
		}
	}
	return found
}

func TestTransitions_EveryKindEndsWhereItShould(t *testing.T) {
	t.Parallel()
	for _, k := range booking.Kinds() {
		t.Run(string(k), func(t *testing.T) {
			t.Parallel()
			require.NotEmpty(t, k.Next(booking.Received), "every kind has a table")
			for _, s := range reachable(k, booking.Received) {
				require.Contains(t, booking.Statuses(), s)
				if s.Final() {
					require.Empty(t, k.Next(s), "nothing follows %s", s)
					continue
				}
				require.Contains(t, reachable(k, s), booking.Cancelled, "%s can be undone", s)
				if s != booking.Cancelling {
					require.True(t, k.May(s, booking.Cancelling), "%s can be given up", s)
				}
				for _, next := range k.Next(s) {
					require.NotContains(t, reachable(k, next), s, "orders never go back to %s", s)
				}
			}
			require.Contains(t, reachable(k, booking.Received), booking.Completed)
			require.Equal(t, []booking.Status{booking.Cancelling, booking.Cancelled}, reachable(k, booking.Cancelling),
				"who is being cancelled stays so")
		})
	}
}

func TestTransitions_EveryStatusIsReached(t *testing.T) {
	t.Parallel()
	reached := map[booking.Status]bool{}
	for _, k := range booking.Kinds() {
		for _, s := range reachable(k, booking.Received) {
			reached[s] = true
		}
		for _, s := range booking.Statuses() {
			if len(k.Next(s)) > 0 {
				require.Contains(t, reachable(k, booking.Received), s, "%s's table has a dead line", k)
			}
		}
	}
	for _, s := range booking.Statuses() {
		require.True(t, reached[s], s)
	}
}

func TestKind_MayIsWhatNextLists(t *testing.T) {
	t.Parallel()
	for _, k := range append(booking.Kinds(), "unknown") {
		for _, from := range booking.Statuses() {
			for _, to := range booking.Statuses() {
				require.Equal(t, slices.Contains(k.Next(from), to), k.May(from, to), "%s: %s to %s", k, from, to)
			}
		}
	}
	require.Empty(t, booking.Kind("unknown").Next(booking.Received))

	clear(booking.Lodging.Next(booking.Received))
	require.NotContains(t, booking.Lodging.Next(booking.Received), booking.Status(""), "nobody changes the table")
}

func TestStatus_DecidedAndFinal(t *testing.T) {
	t.Parallel()
	type answers struct{ decided, final bool }
	want := map[booking.Status]answers{
		booking.Received:       {},
		booking.PaymentPending: {},
		booking.Paid:           {},
		booking.AwaitingOwner:  {decided: true},
		booking.Confirmed:      {decided: true},
		booking.Completed:      {decided: true, final: true},
		booking.Cancelling:     {},
		booking.Cancelled:      {decided: true, final: true},
	}
	for _, s := range booking.Statuses() {
		require.Contains(t, want, s)
		got := answers{s.Decided(), s.Final()}
		require.Equal(t, want[s], got, s)
	}
}

func TestStatus_LabelsInEveryLanguage(t *testing.T) {
	t.Parallel()
	for _, l := range []booking.Language{booking.English, booking.Korean} {
		labels := map[string]booking.Status{}
		for _, s := range booking.Statuses() {
			label := s.Label(l)
			require.NotEmpty(t, label, "%s in %s", s, l)
			require.Empty(t, labels[label], "%s and %s read the same in %s", s, labels[label], l)
			labels[label] = s
		}
	}
}
