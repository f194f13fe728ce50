package web_test

import (
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/orders"
	"github.com/yeyak/yeyak/web"
	"github.com/yeyak/yeyak/workflows/contract"
)

// bad is text by which people might try to run a script in a page.
const bad = `<script>alert(1)</script><img src=x onerror=alert(2)>"'</title>`

// obeys makes sagas carry out decisions: each order gets the status.
func (s *site) obeys(to booking.Status) {
	s.book.mu.Lock()
	defer s.book.mu.Unlock()
	s.book.decide = func(d orders.Decision) (orders.Outcome, error) {
		view, err := s.rows.View(s.Context(), d.OrderID)
		if err != nil {
			return orders.Outcome{}, err
		}
		view.Status = to
		view.Version++
		view.History = append(view.History, contract.Entry{Status: to, At: now, Note: d.Note})
		s.keep(view)
		return orders.Outcome{View: view, Done: true}, nil
	}
}

func (s *site) latest() orders.Decision {
	s.Helper()
	s.book.mu.Lock()
	defer s.book.mu.Unlock()
	require.NotEmpty(s, s.book.decided)
	return s.book.decided[len(s.book.decided)-1]
}

// waitingStay stores a stay that has waited for its owner since the time.
func (s *site) waitingStay(id string, place booking.Place, since time.Time) contract.View {
	s.Helper()
	view := contract.Lodging{Order: order(id, "alice", 100000), Place: place, CheckIn: arrival, CheckOut: leaving, Rooms: 1}.WithInstants().View()
	view.Status, view.Placed, view.Version = booking.AwaitingOwner, true, 1
	view.History = []contract.Entry{{Status: booking.Received, At: since}, {Status: booking.AwaitingOwner, At: since}}
	s.keep(view)
	return view
}

// innWithADay is a place whose owner has a day to decide on an order.
func innWithADay() booking.Place {
	place := seaside
	place.ConfirmWithin = booking.Duration(24 * time.Hour)
	return place
}

// arrived is a stay whose guests could come from yesterday on.
func arrived(customer string) contract.Input {
	return contract.Lodging{
		Order: order(stayID, customer, 100000), Place: seaside,
		CheckIn: today.AddDays(-1), CheckOut: today.AddDays(2), Rooms: 1,
	}.WithInstants()
}

// TestDecisions: each button is on the order's page for those who may press it, when they
// may, and makes its decision.
func TestDecisions(t *testing.T) {
	t.Parallel()
	for verb, is := range map[string]struct {
		id, who string
		kind    booking.Kind
		from    booking.Status
		update  string
		word    string
	}{
		"confirm": {stayID, "bora", booking.Lodging, booking.AwaitingOwner, contract.ConfirmUpdate, "Confirm"},
		"reject":  {stayID, "bora", booking.Lodging, booking.AwaitingOwner, contract.RejectUpdate, "Refuse"},
		"no-show": {stayID, "bora", booking.Lodging, booking.Confirmed, contract.NoShowUpdate, "The guests have not come"},
		"leave":   {stayID, "bora", booking.Lodging, booking.Confirmed, contract.CompleteUpdate, "The guests have left early"},
		"deliver": {foodID, "dana", booking.Food, booking.Delivering, contract.CompleteUpdate, "Delivered"},
		"serve":   {cafeID, "cora", booking.Cafe, booking.InProduction, contract.CompleteUpdate, "Handed over"},
		"finish":  {callID, "kim", booking.Cleaning, booking.Assigned, contract.CompleteUpdate, "Done"},
	} {
		t.Run(verb, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			require.NoError(t, s.catalogue.AddPlace(t.Context(), "", seaside))
			for _, input := range append(everyKind("alice")[1:], arrived("alice")) {
				if view := input.View(); view.Kind == is.kind {
					view.Status, view.Placed, view.Version = is.from, true, 1
					view.History = append(view.History, contract.Entry{Status: is.from, At: now})
					if view.Cleaning != nil {
						view.Cleaning = &contract.Visit{Location: "here", Cleaner: &booking.Cleaner{ID: "kim", Name: "Kim"}}
					}
					s.keep(view)
				}
			}
			ends, seen := booking.Completed, "/orders/"+is.id
			if is.kind == booking.Food {
				ends, seen = booking.Delivered, "/work/deliveries" // a courier can no longer see a delivered order
			}
			s.obeys(ends)
			path := "/orders/" + is.id + "/decide/" + verb
			require.NotContains(t, s.as("alice", booking.English).get("/orders/"+is.id).text, path, "no customer's")
			b := s.as(is.who, booking.English)
			require.Contains(t, b.get("/orders/"+is.id).text, path)
			form := b.get(path)
			require.Equal(t, http.StatusOK, form.status)
			requirePage(t, form, booking.English)
			require.Contains(t, form.words(), is.word)
			fields := []string{"back", "/orders/" + is.id}
			if verb == "reject" {
				refused := b.post(path, "reason", "")
				require.Equal(t, http.StatusUnprocessableEntity, refused.status)
				require.Contains(t, refused.words(), "This is needed.")
				require.Empty(t, s.book.decided)
				fields = append(fields, "reason", "We are renovating")
			}
			done := b.post(path, fields...)
			require.Equal(t, http.StatusOK, done.status)
			require.Equal(t, seen, done.url.Path)
			require.Equal(t, is.update, s.latest().Update)
			require.Equal(t, is.kind, s.latest().Kind)
			view, err := s.rows.View(t.Context(), is.id)
			require.NoError(t, err)
			require.Equal(t, ends, view.Status)
			require.NotContains(t, done.text, path, "it is done")
			if verb == "reject" {
				require.Equal(t, booking.Personal("We are renovating"), s.latest().Note)
			}
		})
	}
}

// TestDecisions_ClocksOfPlace: the buttons of a stay without a policy follow the clocks of its
// place when those are changed, also if the change was made by another process.
func TestDecisions_ClocksOfPlace(t *testing.T) {
	t.Parallel()
	var later atomic.Int64
	s := newSite(t, func(d *web.Deps) {
		d.Now = func() time.Time { return time.Now().Add(time.Duration(later.Load())) }
	})
	view := confirmedStay(booking.DateOf(time.Now().UTC()))
	s.keep(view)
	place := seaside
	place.TimeZone, place.CheckInTime = "Pacific/Honolulu", booking.Clock{Hour: 23} // it is yet to come, at any time of the day
	require.NoError(t, s.catalogue.AddPlace(t.Context(), "", place))
	b := s.as("bora", booking.English)
	path := "/orders/" + stayID
	require.NotContains(t, b.get(path).text, path+"/decide/no-show")
	_, err := s.catalogue.ChangePlace(t.Context(), "", place.ID, func(p *booking.Place) error {
		p.TimeZone, p.CheckInTime = "Asia/Seoul", booking.Clock{}
		return nil
	})
	require.NoError(t, err)
	later.Store(int64(time.Minute))
	require.Contains(t, b.get(path).text, path+"/decide/no-show")
}

// TestDecisions_OfOthers: a decision of others is not offered, and on an order that the
// person may see it is refused.
func TestDecisions_OfOthers(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.furnish()
	waiting := "lodging-06gzvfahhdv2qeq77vmrpjqcw0"
	s.waitingStay(waiting, seaside, now)
	s.obeys(booking.Confirmed)
	for _, is := range []struct {
		who, path string
		status    int
	}{
		{"alice", "/orders/" + waiting + "/decide/confirm", http.StatusForbidden},
		{"minho", "/orders/" + waiting + "/decide/confirm", http.StatusNotFound},
		{"cora", "/orders/" + waiting + "/decide/confirm", http.StatusNotFound},
		{"dana", "/orders/" + waiting + "/decide/reject", http.StatusNotFound},
		{"cora", "/orders/" + foodID + "/decide/deliver", http.StatusForbidden},
		{"kim", "/orders/" + foodID + "/decide/deliver", http.StatusNotFound},
		{"bora", "/orders/" + cafeID + "/decide/serve", http.StatusNotFound},
		{"bora", "/orders/" + waiting + "/decide/deliver", http.StatusNotFound},
		{"bora", "/orders/" + waiting + "/decide/cancel", http.StatusNotFound},
		{"bora", "/orders/<b>/decide/confirm", http.StatusNotFound},
	} {
		b := s.as(is.who, booking.Korean)
		require.Equal(t, is.status, b.get(is.path).status, is)
		require.Equal(t, is.status, b.post(is.path, "reason", "why").status, is)
	}
	require.Empty(t, s.book.decided)
	redirected := s.as("bora", booking.Korean).post("/orders/"+waiting+"/decide/confirm", "back", "https://evil.test/")
	require.Equal(t, "/orders/"+waiting, redirected.url.Path, "a form redirects to our own pages only")
}

// TestDecision_Accepted: the page says so if a decision was accepted and is not carried out yet.
func TestDecision_Accepted(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	require.NoError(t, s.catalogue.AddPlace(t.Context(), "", seaside))
	view := s.waitingStay(stayID, seaside, now)
	s.book.decide = func(orders.Decision) (orders.Outcome, error) { return orders.Outcome{View: view}, nil }
	got := s.as("bora", booking.Korean).post("/orders/"+stayID+"/decide/confirm", "back", "/desk")
	require.Equal(t, "/orders/"+stayID, got.url.Path)
	require.Contains(t, got.words(), "요청을 받았습니다")
	s.book.decide = func(orders.Decision) (orders.Outcome, error) {
		return orders.Outcome{View: view}, booking.Errorf(booking.Superseded, "")
	}
	lost := s.as("bora", booking.English).post("/orders/" + stayID + "/decide/confirm")
	require.Equal(t, http.StatusConflict, lost.status)
	require.Contains(t, lost.words(), "Another decision came first")
	require.Equal(t, []string{"/orders/" + stayID}, links(lost, "/orders/"), "back to the order")
	require.Equal(t, []string{"/desk?owner=bora"}, links(s.as("bora", booking.Korean).post("/orders/"+stayID+"/decide/confirm", "back", "/desk?owner=bora"), "/desk?"))
}
