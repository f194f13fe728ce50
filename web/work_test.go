package web_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// beginWork assigns an order to each kind of worker.
func (s *site) beginWork(name string) {
	s.Helper()
	ctx := s.Context()
	food := booking.Job{OrderID: foodID, OwnerID: "cora", Item: booking.Item{ID: bibimbap.ID, Name: name}, Quantity: 2, Address: booking.Personal("12 Sejong-daero " + name)}
	_, err := s.deliveries.Start(ctx, food)
	require.NoError(s, err)
	_, err = s.crew.AddCleaner(ctx, "", booking.Cleaner{ID: "kim", Name: "Kim"})
	require.NoError(s, err)
	_, err = s.crew.Assign(ctx, booking.Call{OrderID: callID, CustomerID: "alice", Tel: "+8221234567", Location: booking.Personal("34 Jong-ro " + name)})
	require.NoError(s, err)
	for _, input := range everyKind("alice") {
		view := input.View()
		view.Status, view.Placed, view.Version, view.Item.Name = acceptedStatus[view.Kind], true, 1, name
		view.History = append(view.History, contract.Entry{Status: view.Status, At: now})
		if view.Cleaning != nil {
			view.Status = booking.Assigned
			view.Cleaning = &contract.Visit{Location: "34 Jong-ro", Cleaner: &booking.Cleaner{ID: "kim", Name: "Kim"}}
		}
		s.keep(view)
	}
}

// works are the pages of work.
var works = []struct {
	who, path, id, verb, sees string
	ends                      booking.Status
}{
	{"dana", "/work/deliveries", foodID, "deliver", "12 Sejong-daero", booking.Delivered},
	{"cora", "/work/kitchen", cafeID, "serve", "alice", booking.Completed},
	{"kim", "/work/cleaning", callID, "finish", "+8221234567", booking.Completed},
}

// TestWork: couriers, kitchens and cleaners see their work, with one button each that
// reports it done.
func TestWork(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.beginWork("Something")
	for _, work := range works {
		s.obeys(work.ends)
		for _, l := range booking.Languages() {
			got := s.as(work.who, l).get(work.path)
			require.Equal(t, http.StatusOK, got.status, work.path)
			requirePage(t, got, l)
			require.Contains(t, got.words(), work.sees)
			require.Equal(t, 1, strings.Count(got.text, "/decide/"), "one button")
			require.Contains(t, got.text, `href="`+work.path+`" aria-current`)
		}
		b := s.as(work.who, booking.English)
		action := "/orders/" + work.id + "/decide/" + work.verb
		done := b.send(http.MethodPost, s.url+action, b.get(work.path).form(t, action))
		require.Equal(t, http.StatusOK, done.status)
		require.Equal(t, work.path, done.url.Path)
		require.Equal(t, work.id, s.latest().OrderID)
		require.Equal(t, contract.CompleteUpdate, s.latest().Update)
		view, err := s.rows.View(t.Context(), work.id)
		require.NoError(t, err)
		require.Equal(t, work.ends, view.Status)
	}
	require.Contains(t, s.as("cora", booking.Korean).get("/work/kitchen").words(), "할 일이 없습니다")
}

// TestWork_OfOthers: the work of others is not shown.
func TestWork_OfOthers(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.beginWork("Something")
	for _, who := range []string{"alice", "bora", "cora", "dana", "kim"} {
		b := s.as(who, booking.English)
		for _, work := range works {
			got := b.get(work.path)
			switch {
			case who == work.who:
				require.Equal(t, http.StatusOK, got.status, work)
			case who == "bora" && work.verb == "serve":
				require.NotContains(t, got.text, work.id, "another owner's kitchen")
			default:
				require.Equal(t, http.StatusForbidden, got.status, "%s %s", who, work.path)
			}
		}
	}
	require.Equal(t, http.StatusUnprocessableEntity, s.as("dana", booking.English).get("/work/deliveries?cursor=guess").status)
}

// TestWork_Smuggled: markup that people write is shown as text.
func TestWork_Smuggled(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.beginWork(bad)
	for _, work := range works {
		got := s.as(work.who, booking.Korean).get(work.path)
		require.NotContains(t, got.text, "<script>", work.path)
		require.NotContains(t, got.text, "<img", work.path)
		require.Contains(t, got.text, "&lt;script&gt;", work.path)
	}
}
