package api

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// Every value of an answer has words in every language.
func TestLabels(t *testing.T) {
	t.Parallel()
	for _, spoken := range booking.Languages() {
		l := language(spoken)
		for _, business := range businesses() {
			for _, status := range reached(business.kind) {
				shown := l.show(business.in(status, "").View, booking.ReaderCustomer)
				require.Equal(t, status.Label(business.kind, spoken), shown.StatusLabel)
				require.NotEmpty(t, shown.StatusLabel, "%s %s", business.kind, status)
				require.Empty(t, shown.ReasonLabel)
				require.NotEmpty(t, shown.History[0].StatusLabel)
				require.Equal(t, shown.StatusLabel, shown.History[1].StatusLabel)
				require.Empty(t, shown.History[1].ReasonLabel)
			}
			for _, reason := range booking.Reasons() {
				shown := l.show(business.in(booking.Cancelled, reason).View, booking.ReaderCustomer)
				require.Equal(t, reason.Label(spoken), shown.ReasonLabel)
				require.NotEmpty(t, shown.ReasonLabel, reason)
				require.Equal(t, shown.ReasonLabel, shown.History[1].ReasonLabel)
			}
		}
		for _, status := range deliveryStatuses {
			want := status.Label(booking.Food, spoken)
			require.NotEmpty(t, want, status)
			require.Equal(t, want, l.list(contract.View{Kind: booking.Food, Delivery: &contract.Delivery{Status: status}}).Delivery.StatusLabel)
			require.Equal(t, want, l.listDelivery(booking.JobState{Job: booking.Job{OrderID: "food-1"}, Status: status}).StatusLabel)
		}
		for _, status := range productionStatuses {
			want := status.Label(booking.Cafe, spoken)
			require.NotEmpty(t, want, status)
			require.Equal(t, want, l.list(contract.View{Kind: booking.Cafe, Production: &contract.Production{Status: status}}).Production.StatusLabel)
			require.Equal(t, want, l.showProduction(booking.JobState{Job: booking.Job{OrderID: "cafe-1"}, Status: status}).StatusLabel)
		}
	}
	for _, status := range booking.JobStatuses() {
		known := append([]booking.JobStatus{}, deliveryStatuses...)
		require.Contains(t, append(known, productionStatuses...), status)
	}
}

func TestGetOrder_EveryBusiness(t *testing.T) {
	t.Parallel()
	want := map[booking.Kind]string{
		booking.Lodging:  `"checkIn":"2026-12-24"`,
		booking.Food:     `"delivery":{"status":"waiting","address":"12 Sejong-daero","statusLabel":"배달대기"}`,
		booking.Cafe:     `"production":{"status":"waiting","date":"2026-11-22","statusLabel":"제조대기"}`,
		booking.Cleaning: `"cleaning":{"location":"12 Sejong-daero"}`,
	}
	for _, business := range businesses() {
		t.Run(string(business.kind), func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			id := string(business.kind) + "-1"
			b.book.reads = func(string) (contract.View, error) { return business.input.View(), nil }
			a := b.do("GET", business.path(), "", "Accept-Language", "ko")
			require.Equal(t, 200, a.StatusCode, a.text)
			require.Equal(t, booking.Received, decode[orderView](t, a).Status)
			require.Contains(t, a.text, want[business.kind])
			require.NotContains(t, a.text, "4567")

			b.store.put(business.in(booking.Cancelled, booking.ByOperator))
			for _, path := range []string{business.path(), "/v1/mypages/" + id} {
				a = b.do("GET", path, "", "Accept-Language", "ko")
				v := decode[orderView](t, a)
				require.Equal(t, "운영자취소", v.ReasonLabel)
				require.Equal(t, "운영자취소", v.History[1].ReasonLabel)
				require.Contains(t, a.text, want[business.kind])
			}
			for _, other := range businesses() {
				if other.kind != business.kind {
					b.problem(b.do("GET", other.orders+"/"+id, ""), 404, booking.NotFound)
				}
			}
		})
	}
}

func TestLists_EveryBusiness(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, kind := range booking.Kinds() {
		for _, status := range booking.Statuses() {
			query := "&kind=" + string(kind) + "&status=" + string(status)
			require.Equal(t, 200, b.do("GET", "/v1/orders?ownerId=sara"+query, "").StatusCode)
			require.Equal(t, booking.OrderFilter{OwnerID: "sara", Kind: kind, Status: status}, b.store.filter)
			require.Equal(t, 200, b.do("GET", "/v1/mypages?customerId=alice"+query, "").StatusCode)
			require.Equal(t, booking.OrderFilter{CustomerID: "alice", Kind: kind, Status: status}, b.store.filter)
		}
	}
	for _, business := range businesses() {
		b.store.put(business.in(booking.Received, ""))
	}
	for _, v := range decode[part[orderView]](t, b.do("GET", "/v1/mypages?customerId=alice", "", "Accept-Language", "ko")).Items {
		require.Equal(t, booking.Received.Label(v.Kind, booking.Korean), v.StatusLabel)
	}
}
