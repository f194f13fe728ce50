package booking_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
)

// reachable returns the statuses that an order of the kind can reach from s, including s.
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
					require.True(t, k.May(s, booking.Cancelling), "%s can be cancelled", s)
				}
				for _, next := range k.Next(s) {
					require.NotContains(t, reachable(k, next), s, "orders never go back to %s", s)
				}
			}
			require.True(t, slices.ContainsFunc(reachable(k, booking.Received), func(s booking.Status) bool { return s.Final() && s != booking.Cancelled }), "it can end well")
			require.Equal(t, []booking.Status{booking.Cancelling, booking.Cancelled}, reachable(k, booking.Cancelling),
				"an order that is being cancelled stays so")
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
	require.NotContains(t, booking.Lodging.Next(booking.Received), booking.Status(""), "a caller cannot change the table")
}

func TestKind_Reaches(t *testing.T) {
	t.Parallel()
	require.True(t, booking.Lodging.Reaches(booking.Received, booking.Completed))
	require.True(t, booking.Lodging.Reaches(booking.Paid, booking.Confirmed))
	require.False(t, booking.Lodging.Reaches(booking.Confirmed, booking.Paid))
	require.False(t, booking.Lodging.Reaches(booking.Confirmed, booking.Confirmed))
	require.False(t, booking.Lodging.Reaches(booking.Received, booking.Delivering))
	require.False(t, booking.Cafe.Reaches(booking.Cancelled, booking.Cancelling))
}

func TestDecidesAndFinal(t *testing.T) {
	t.Parallel()
	undecided := map[booking.Status]bool{booking.Received: true, booking.PaymentPending: true, booking.AwaitingPayment: true, booking.Cancelling: true}
	final := map[booking.Status]bool{booking.Delivered: true, booking.Completed: true, booking.Cancelled: true}
	for _, k := range booking.Kinds() {
		for _, s := range reachable(k, booking.Received) {
			decides := !undecided[s] && (s != booking.Paid || k != booking.Lodging) // there may still be no room
			require.Equal(t, decides, k.Decides(s), "%s %s", k, s)
			require.Equal(t, final[s], s.Final(), s)
		}
	}
}

func TestReason_Unavailable(t *testing.T) {
	t.Parallel()
	unavailable := []booking.Reason{booking.CafeUnavailable, booking.NotRegistered, booking.PaymentUnavailable, booking.NotProcessed}
	for _, r := range booking.Reasons() {
		require.Equal(t, slices.Contains(unavailable, r), r.Unavailable(), r)
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
			food, cafe := s.Label(booking.Food, l), s.Label(booking.Cafe, l)
			require.Equal(t, s == booking.JobCompleted, food == "", "delivery %s in %s", s, l)
			require.Equal(t, s == booking.JobDelivered, cafe == "", "production %s in %s", s, l)
		}
		inWords(t, booking.PaymentStatuses(), l, booking.PaymentStatus.Label)
		inWords(t, booking.SaleStatuses(), l, booking.SaleStatus.Label)
		inWords(t, booking.CleanerStatuses(), l, booking.CleanerStatus.Label)
	}
	for typ := range constants(t) {
		if strings.HasSuffix(typ, "Status") {
			require.Contains(t, []string{"Status", "JobStatus", "PaymentStatus", "SaleStatus", "CleanerStatus"}, typ,
				"a new kind of status wants labels")
		}
	}
}

// inWords requires that every status has words of its own.
func inWords[S ~string](t *testing.T, statuses []S, l booking.Language, label func(S, booking.Language) string) {
	t.Helper()
	words := map[string]S{}
	for _, s := range statuses {
		require.NotEmpty(t, label(s, l), "%s in %s", s, l)
		require.Empty(t, words[label(s, l)], "%s and %s read the same in %s", s, words[label(s, l)], l)
		words[label(s, l)] = s
	}
}

// The Korean words of the customers' pages are fixed.
func TestLabels_InKorean(t *testing.T) {
	t.Parallel()
	require.Equal(t, "배달시작", booking.JobStarted.Label(booking.Food, booking.Korean))
	require.Equal(t, "배달완료", booking.JobDelivered.Label(booking.Food, booking.Korean))
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
		"결제완료": booking.Charged.Label(booking.Korean),
		"결제취소": booking.Refunded.Label(booking.Korean),
		"일부환불": refundedInPart().Label(booking.Korean),
		"제조중":  booking.JobStarted.Label(booking.Cafe, booking.Korean),
	} {
		require.Equal(t, want, got)
	}
}

// refundedInPart is a payment of 100 of which 40 are kept.
func refundedInPart() booking.Payment {
	won := func(amount int64) booking.Money { return booking.Money{Amount: amount, Currency: "KRW"} }
	return booking.Payment{
		Charge: booking.Charge{Amount: won(100)}, Status: booking.Refunded, Kept: 40,
		Entries: []booking.Entry{{Kind: booking.RefundEntry, State: booking.EntryDone, Amount: won(60)}},
	}
}

// TestLabel_OfAPaymentRefundedInPart: it does not read like a full refund. A payment
// without entries is of an earlier build, and was refunded in full.
func TestLabel_OfAPaymentRefundedInPart(t *testing.T) {
	t.Parallel()
	p := refundedInPart()
	require.Equal(t, "refunded in part", p.Label(booking.English))
	p.Status = booking.Charged
	require.Equal(t, "paid", p.Label(booking.English))
	p.Status, p.Entries[0].Amount.Amount = booking.Refunded, 100
	require.Equal(t, "refunded", p.Label(booking.English))
	p.Entries = nil
	require.Equal(t, "refunded", p.Label(booking.English))
}
