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
			require.True(t, slices.ContainsFunc(reachable(k, booking.Received), func(s booking.Status) bool { return s.Final() && s != booking.Cancelled }), "it can end well")
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

func TestDecidesAndFinal(t *testing.T) {
	t.Parallel()
	undecided := map[booking.Status]bool{booking.Received: true, booking.PaymentPending: true, booking.Cancelling: true}
	final := map[booking.Status]bool{booking.Delivered: true, booking.Completed: true, booking.Cancelled: true}
	for _, k := range booking.Kinds() {
		for _, s := range reachable(k, booking.Received) {
			decides := !undecided[s] && (s != booking.Paid || k != booking.Lodging) // a room may still not be there
			require.Equal(t, decides, k.Decides(s), "%s %s", k, s)
			require.Equal(t, final[s], s.Final(), s)
		}
	}
}

func TestReason_Unavailable(t *testing.T) {
	t.Parallel()
	for _, r := range booking.Reasons() {
		require.Equal(t, r == booking.CafeUnavailable || r == booking.NotRegistered || r == booking.PaymentUnavailable, r.Unavailable(), r)
	}
}

func TestLabels_InEveryLanguage(t *testing.T) {
	t.Parallel()
	for _, l := range booking.Languages() {
		for _, k := range booking.Kinds() {
			labels := map[string]booking.Status{}
			for _, s := range booking.Statuses() {
				label := s.Label(k, l)
				if !slices.Contains(reachable(k, booking.Received), s) {
					require.Empty(t, label, "no %s order is ever %s", k, s)
					continue
				}
				require.NotEmpty(t, label, "%s %s in %s", k, s, l)
				require.Empty(t, labels[label], "%s and %s of %s read the same in %s", s, labels[label], k, l)
				labels[label] = s
			}
		}
		for _, r := range booking.Reasons() {
			require.NotEmpty(t, r.Label(l), "%s in %s", r, l)
		}
		for _, s := range booking.JobStatuses() {
			require.NotEmpty(t, s.Label(l), "%s in %s", s, l)
		}
	}
}

// What customers' pages call their orders is given.
func TestLabels_InKorean(t *testing.T) {
	t.Parallel()
	for want, got := range map[string]string{
		"예약처리": booking.Received.Label(booking.Lodging, booking.Korean),
		"예약완료": booking.Confirmed.Label(booking.Lodging, booking.Korean),
		"예약취소": booking.Cancelled.Label(booking.Lodging, booking.Korean),
		"주문됨":  booking.Paid.Label(booking.Food, booking.Korean),
		"배달시작": booking.Delivering.Label(booking.Food, booking.Korean),
		"배달완료": booking.Delivered.Label(booking.Food, booking.Korean),
		"주문취소": booking.Cancelled.Label(booking.Food, booking.Korean),
		"호출":   booking.Received.Label(booking.Cleaning, booking.Korean),
		"호출중":  booking.Calling.Label(booking.Cleaning, booking.Korean),
		"호출확정": booking.Assigned.Label(booking.Cleaning, booking.Korean),
		"호출취소": booking.Cancelled.Label(booking.Cleaning, booking.Korean),
		"강제취소": booking.MenuDeleted.Label(booking.Korean),
	} {
		require.Equal(t, want, got)
	}
}
