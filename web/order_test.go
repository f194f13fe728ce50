package web_test

import (
	"bufio"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/orders"
	"github.com/yeyak/yeyak/web"
	"github.com/yeyak/yeyak/workflows/contract"
)

// TestOrderPage: the page shows the order's progress in the times of the place, what a
// cancel refunds and until when, and the state of the money.
func TestOrderPage(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.furnish()
	b := s.as("alice", booking.English)
	got := b.get("/orders/" + stayID).words()
	require.Contains(t, got, "confirmed")
	require.Contains(t, got, "KST")
	require.Contains(t, got, "₩49,000 back (₩51,000 is kept)", "half, less the fee, until a day before check-in")
	require.Contains(t, got, "completed still to come")
	require.Contains(t, b.get("/orders/"+foodID).words(), "12 Sejong-daero")
	require.Contains(t, b.get("/orders/"+callID).words(), "calling a cleaner")

	view, err := s.rows.View(t.Context(), foodID)
	require.NoError(t, err)
	charge := booking.Charge{Key: booking.ChargeKey(foodID), OrderID: foodID, Amount: view.Amount, Method: "pm_card_visa"}
	_, err = s.payments.BeginCharge(t.Context(), charge)
	require.NoError(t, err)
	_, err = s.payments.EndCharge(t.Context(), foodID, booking.Charged, "pi_1")
	require.NoError(t, err)
	require.Contains(t, b.get("/orders/"+foodID).words(), "Payment: paid")
	charge.Reason, charge.By = booking.ByCustomer, "alice"
	_, err = s.payments.BeginRefund(t.Context(), charge)
	require.NoError(t, err)
	view.Status, view.Reason = booking.Cancelling, booking.ByCustomer
	view.History = append(view.History, contract.Entry{Status: view.Status, Reason: view.Reason, At: now, Note: "Change of plans"})
	view.Version++
	s.keep(view)
	undoing := b.get("/orders/" + foodID)
	require.Contains(t, undoing.words(), "₩18,000 is being refunded")
	require.Contains(t, undoing.words(), "Change of plans")
	require.Contains(t, undoing.text, "step back")
	require.NotContains(t, undoing.text, "/cancel", "it is being cancelled")
	_, err = s.payments.EndRefund(t.Context(), foodID, booking.Refunded, "pi_1", 18000, "re_1")
	require.NoError(t, err)
	require.Contains(t, b.get("/orders/"+foodID).words(), "₩18,000 was refunded", "the ledger is read anew, although the order is as it was")
	view.Status = booking.Cancelled
	view.Version++
	s.keep(view)
	undone := b.get("/orders/" + foodID).words()
	require.Contains(t, undone, "cancelled")
	require.Contains(t, undone, "₩18,000 was refunded")
}

// TestOrderPage_RefundThatEnded: a refund by staff whose money came back in another way is
// not shown as pending.
func TestOrderPage_RefundThatEnded(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.furnish()
	view, err := s.rows.View(t.Context(), foodID)
	require.NoError(t, err)
	_, err = s.payments.BeginCharge(t.Context(), booking.Charge{Key: booking.ChargeKey(foodID), OrderID: foodID, Amount: view.Amount, Method: "pm_card_visa"})
	require.NoError(t, err)
	_, err = s.payments.EndCharge(t.Context(), foodID, booking.Charged, "pi_1")
	require.NoError(t, err)
	e := booking.Entry{Key: contract.RefundKey("1"), OrderID: foodID, Amount: booking.Money{Amount: 5000, Currency: "KRW"}, Reason: booking.Goodwill}
	_, err = s.payments.BeginEntry(t.Context(), e)
	require.NoError(t, err)
	e.State, e.Words = booking.EntryFailed, "no such account"
	require.NoError(t, s.payments.NoteEntry(t.Context(), e))
	view.History = append(view.History, contract.Entry{Status: view.Status, At: now, Decision: contract.RefundUpdate, Refund: &e.Amount})
	view.Version++
	s.keep(view)
	require.Contains(t, s.as("alice", booking.English).get("/orders/"+foodID).words(), "₩5,000 could not be refunded yet")
	e.Words = booking.RefundedOtherwise
	require.NoError(t, s.payments.NoteEntry(t.Context(), e))
	view.History = append(view.History, contract.Entry{
		Status: view.Status, At: now, Decision: contract.RefundUpdate, Refused: booking.RefundExceeds, Refund: &e.Amount,
	})
	view.Version++
	s.keep(view)
	for language, words := range map[booking.Language][]string{
		booking.English: {"₩5,000 was refunded in another way", "The refund of ₩5,000 is not made any more"},
		booking.Korean:  {"₩5,000 다른 방법으로 환불됨", "₩5,000 환불 종료"},
	} {
		page := s.as("alice", language).get("/orders/" + foodID).words()
		for _, w := range words {
			require.Contains(t, page, w)
		}
		require.NotContains(t, page, "could not be refunded yet")
	}
}

// TestOrderPage_Cancel: a cancel is offered until it is refused, and says until when that is,
// also for orders without a policy.
func TestOrderPage_Cancel(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.furnish()
	b := s.as("alice", booking.English)
	require.Contains(t, b.get("/orders/"+stayID).words(), "You can cancel until check-in: ")
	for id, until := range map[string]string{
		foodID: "You can cancel until it has been delivered", cafeID: "You can cancel until it has been handed over",
		callID: "You can cancel until the cleaning is done",
	} {
		require.Contains(t, b.get("/orders/"+id).words(), until)
		require.Contains(t, b.get("/orders/"+id+"/cancel").words(), until)
	}
	for arrives, may := range map[booking.Date]bool{today.AddDays(2): true, today.AddDays(-2): false} {
		s.keep(confirmedStay(arrives))
		shown := b.get("/orders/" + stayID)
		require.Equal(t, may, strings.Contains(shown.text, "/orders/"+stayID+"/cancel"))
		require.Equal(t, may, strings.Contains(shown.words(), "You can cancel until check-in."))
		require.Equal(t, may, strings.Contains(shown.words(), "₩100,000 back"))
	}
}

// confirmedStay is a stay without a policy, so that its order has no time of check-in.
func confirmedStay(arrives booking.Date) contract.View {
	view := contract.Lodging{
		Order: order(stayID, "alice", 100000), Place: seaside, CheckIn: arrives, CheckOut: arrives.AddDays(2), Rooms: 1,
	}.WithInstants().View()
	view.Status, view.Placed, view.Version = booking.Confirmed, true, time.Now().UnixMicro()
	return view
}

// TestOrderPage_CancelWhilePlaceDiffers: the present clocks of a place, or that it cannot be
// read, do not end the time in which a stay can be cancelled. They only keep the page from
// promising a refund.
func TestOrderPage_CancelWhilePlaceDiffers(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	seoul, err := booking.Zone("Asia/Seoul")
	require.NoError(t, err)
	view := confirmedStay(booking.DateOf(time.Now().In(seoul)))
	require.Nil(t, view.Terms)
	s.keep(view)
	b := s.as("alice", booking.English)
	path := "/orders/" + stayID
	offered := func() {
		t.Helper()
		shown := b.get(path)
		require.Equal(t, []string{path + "/cancel"}, links(shown, path+"/cancel"))
		require.NotContains(t, shown.words(), "You can cancel until")
		require.NotContains(t, shown.words(), "₩100,000 back")
	}
	offered()
	place := seaside
	place.CheckInTime = booking.Clock{} // it was 15:00 when the stay was reserved
	require.NoError(t, s.catalogue.AddPlace(t.Context(), "", place))
	offered()
}

// TestOrderPage_CancelAfterCheckIn: a stay that waits for its owner after its check-in can be
// cancelled, and the page does not say that this was possible until then.
func TestOrderPage_CancelAfterCheckIn(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	stay := order(stayID, "alice", 100000)
	stay.Cancellation = &aPolicy
	view := contract.Lodging{Order: stay, Place: seaside, CheckIn: today.AddDays(-1), CheckOut: today.AddDays(2), Rooms: 1}.WithInstants().View()
	view.Status, view.Placed, view.Version = booking.AwaitingOwner, true, 1
	s.keep(view)
	b := s.as("alice", booking.English)
	path := "/orders/" + stayID
	require.Equal(t, []string{path + "/cancel"}, links(b.get(path), path+"/cancel"))
	for _, at := range []string{path, path + "/cancel"} {
		shown := b.get(at)
		require.Equal(t, http.StatusOK, shown.status)
		require.Contains(t, shown.words(), " back", "what is refunded")
		require.NotContains(t, shown.words(), "You can cancel until")
	}
}

// TestOrderPage_PaymentOfOthers: those who work on an order do not see its payment.
func TestOrderPage_PaymentOfOthers(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.furnish()
	s.employ("cora", "bora", "")
	for who, may := range map[string]bool{"alice": true, "cora": true, "bora": false, "dana": false} {
		page := s.as(who, booking.English).get("/orders/" + foodID)
		require.Equal(t, http.StatusOK, page.status, who)
		require.Equal(t, may, strings.Contains(page.words(), "Payment: paid"), who)
	}
}

// TestCancel: the refund is shown first, and binding.
func TestCancel(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.furnish()
	b := s.as("alice", booking.English)
	path := "/orders/" + stayID + "/cancel"
	require.Contains(t, b.get("/orders/"+stayID).text, `href="`+path+`"`)
	form := b.get(path)
	require.Contains(t, form.words(), "₩49,000 back (₩51,000 is kept)")
	expect := field(t, form.text, "expect")
	require.Equal(t, "before:24h/49000", expect)

	s.book.decide = func(orders.Decision) (orders.Outcome, error) {
		return orders.Outcome{}, booking.Errorf(booking.QuoteChanged, "")
	}
	changed := b.submit(form, path, "reason", "Change of plans")
	require.Equal(t, http.StatusConflict, changed.status)
	require.Contains(t, changed.words(), "What you pay or get back has changed")
	require.Equal(t, "Change of plans", field(t, changed.text, "reason"))

	s.book.decide = func(d orders.Decision) (orders.Outcome, error) {
		view, err := s.rows.View(t.Context(), d.OrderID)
		return orders.Outcome{View: view}, err
	}
	accepted := b.submit(form, path, "reason", "Change of plans")
	require.Equal(t, "/orders/"+stayID+"?accepted=1", accepted.url.RequestURI())
	require.Contains(t, accepted.words(), "Your decision was accepted")
	last := s.book.decided[len(s.book.decided)-1]
	require.Equal(t, orders.Decision{OrderID: stayID, Kind: booking.Lodging, Update: contract.CancelUpdate, Note: "Change of plans", Expect: expect}, last)

	long := b.submit(form, path, "reason", strings.Repeat("가", 501))
	require.Equal(t, http.StatusUnprocessableEntity, long.status)
	require.Contains(t, long.words(), "At most 500 characters")

	s.book.decide = func(orders.Decision) (orders.Outcome, error) {
		return orders.Outcome{}, booking.Errorf(booking.AlreadyCancelled, "")
	}
	late := b.submit(form, path)
	require.Equal(t, http.StatusConflict, late.status)
	require.Equal(t, []string{"/orders/" + stayID}, links(late, "/orders/"))
}

// events returns the events of a live page, one per call.
func (b *browser) events(path string) (next func() (event, data string), status int) {
	b.Helper()
	r, err := http.NewRequestWithContext(b.Context(), http.MethodGet, b.site.url+path, nil)
	require.NoError(b, err)
	answer, err := b.client.Do(r)
	require.NoError(b, err)
	b.Cleanup(func() { answer.Body.Close() })
	lines := bufio.NewScanner(answer.Body)
	return func() (event, data string) {
		for lines.Scan() {
			switch line := lines.Text(); {
			case line == "" && event != "":
				return event, data
			case strings.HasPrefix(line, "event: "):
				event = line[7:]
			case strings.HasPrefix(line, "data: "):
				data = line[6:]
			case strings.HasPrefix(line, ": "):
				return "beat", ""
			}
		}
		return "end", ""
	}, answer.StatusCode
}

// TestLive: the page of an order gets each change, also after the order's end.
func TestLive(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.furnish()
	b := s.as("alice", booking.English)
	page := b.get("/orders/" + foodID)
	require.Contains(t, page.text, `data-live="/orders/`+foodID+`/live"`)
	next, status := b.events("/orders/" + foodID + "/live")
	require.Equal(t, http.StatusOK, status)
	view, err := s.rows.View(t.Context(), foodID)
	require.NoError(t, err)
	event := func() string { name, data := next(); return name + " " + data }
	version := func() string { return "changed " + strconv.FormatInt(view.Version, 10) }
	require.Equal(t, version(), event())
	view.Version, view.NeedsAttention = view.Version+1, true
	s.keep(view)
	require.Equal(t, version(), event())
	part := b.get("/orders/" + foodID + "/part")
	require.Equal(t, strconv.FormatInt(view.Version, 10), part.header.Get("Yeyak-Version"))
	require.Contains(t, part.words(), "Somebody is asked to look at it")
	require.NotContains(t, part.text, "<html")

	view.Status, view.Version = booking.Delivered, view.Version+1
	s.keep(view)
	require.Equal(t, version(), event())
	view.History = append(view.History, contract.Entry{Status: view.Status, At: now, Decision: contract.RefundUpdate, Refund: &view.Amount})
	view.Version++
	s.keep(view)
	require.Equal(t, version(), event(), "staff have refunded something after the end")
	require.Contains(t, b.get("/orders/"+foodID+"/part").words(), "₩18,000 is refunded")
}

// TestLive_OfEndedOrder: a page that stays open does not keep a stream for an order that has
// ended: the browser is told not to connect again.
func TestLive_OfEndedOrder(t *testing.T) {
	t.Parallel()
	s := newSite(t, func(d *web.Deps) { d.AfterEnd, d.Heartbeat = time.Millisecond, 10*time.Millisecond })
	s.furnish()
	next, _ := s.as("alice", booking.English).events("/orders/" + foodID + "/live")
	event, _ := next()
	require.Equal(t, "changed", event)
	for range 3 {
		event, _ = next()
		require.Equal(t, "beat", event, "the order is under way")
	}
	view, err := s.rows.View(t.Context(), foodID)
	require.NoError(t, err)
	view.Status, view.Version = booking.Delivered, view.Version+1
	s.keep(view)
	var events []string
	for event != "end" {
		if event, _ = next(); event != "beat" {
			events = append(events, event)
		}
	}
	require.Equal(t, []string{"changed", "over", "end"}, events)
}

// TestLive_Ends: the stream needs a session, and ends when the server stops.
func TestLive_Ends(t *testing.T) {
	t.Parallel()
	closing := make(chan struct{})
	s := newSite(t, func(d *web.Deps) { d.Heartbeat, d.Closing = 10*time.Millisecond, closing })
	s.furnish()
	b := s.as("alice", booking.English)
	none, status := s.browser(booking.English).events("/orders/" + foodID + "/live")
	require.Equal(t, http.StatusUnauthorized, status)
	event, _ := none()
	require.Equal(t, "end", event)

	next, _ := b.events("/orders/" + foodID + "/live")
	event, _ = next()
	require.Equal(t, "changed", event)
	event, _ = next()
	require.Equal(t, "beat", event)
	close(closing)
	for event == "beat" {
		event, _ = next()
	}
	require.Equal(t, "end", event)
}

// TestMessages: a customer's messages are listed in their language.
func TestMessages(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.furnish()
	_, err := s.messages.Send(t.Context(), booking.Message{
		Key: foodID + "/customer/cancelled", OrderID: foodID, RecipientID: "alice", Type: booking.MessageType("order_cancelled"), Reason: booking.SoldOut,
		Data: booking.MessageData{Kind: booking.Food, For: booking.ForCustomer, Item: "<b>Bibimbap</b>", Quantity: 2}, At: now,
	})
	require.NoError(t, err)
	require.Contains(t, s.as("alice", booking.English).get("/messages").text, "&lt;b&gt;Bibimbap&lt;/b&gt;")
	require.Contains(t, s.as("alice", booking.Korean).get("/messages").words(), "매진")
	require.NotContains(t, s.as("minho", booking.Korean).get("/messages").words(), "매진")
	require.Contains(t, s.as("minho", booking.English).get("/messages").words(), "No messages yet.")
}
