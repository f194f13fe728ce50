package e2e

import (
	"net/http"
	"os"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	chromium "github.com/yeyak/yeyak/internal/rig/browser"
)

// showLiveUpdates: while the owner decides in another window, the customer's page changes within a
// second, without being reloaded.
func (p *pages) showLiveUpdates(telephone *visitor) {
	const name = "Live House 생방송"
	place := p.place(9, byOwner, object{"name": name, "ownerId": "bora"})
	screen, owner := p.enter(chromium.Options{}, alice), p.enter(chromium.Options{}, bora)
	soonest := time.Hour
	for range 3 { // another process may have the machine for a moment
		order := p.waiting(place)
		for _, v := range []*visitor{telephone, screen} {
			v.goTo("/orders/" + order)
			v.SeesIn("[role=status]", v.word("Waiting for the owner", "승인대기"))
		}
		shown, changed := screen.Document(), screen.Watch("[role=status]", "Confirmed")
		owner.goTo("/orders/" + order)
		owner.Click("button", "Confirm")
		history := p.becomes(order, booking.Confirmed).History
		soonest = min(soonest, changed().Sub(history[len(history)-1].At))
		telephone.SeesIn("[role=status]", "예약완료")
		require.Equal(p, shown, screen.Document(), "the page was loaded again")
		owner.SeesIn("[role=status]", "Confirmed")
	}
	screen.keep("stay-confirmed-live")
	telephone.keep("stay-confirmed-live")
	owner.goTo("/messages")
	owner.Sees(name)
	owner.keep("messages")
	if os.Getenv("YEYAK_TEST_COMMIT_DELAY") == "" { // on a slow machine there is no limit
		require.Less(p, soonest, time.Second)
	}
	p.liveTab(screen, p.waiting(place))
}

// liveTab: a change leaves the focus and the status where they are in the document. A page
// that nobody sees does not follow its order until it is seen again, and leads to the login
// after the end of the session.
func (p *pages) liveTab(screen *visitor, order string) {
	screen.goTo("/orders/" + order)
	screen.TabTo("link", "Cancel this order")
	status := screen.Element("[role=status]")
	p.decide(order, "confirm")
	screen.SeesIn("[role=status]", "Confirmed")
	_, focused := screen.Focused()
	require.Equal(p, "Cancel this order", focused)
	require.Equal(p, status, screen.Element("[role=status]"), "another status is not announced")

	screen.Hide(true)
	p.request(http.MethodPost, reservations+"/"+order+"/cancel", object{"reason": "Other plans"}).with(p, http.StatusOK)
	require.Equal(p, 1, screen.streams())
	screen.Hide(false)
	screen.SeesIn("[role=status]", "Cancelled")
	require.Equal(p, 2, screen.streams())

	screen.Hide(true)
	screen.ForgetCookies()
	screen.Hide(false)
	screen.Arrives("/login?")
}

// streams is how often the shown page has begun to follow its order.
func (v *visitor) streams() (n int) {
	v.Helper()
	for _, r := range v.Requests() {
		if r.Kind == "EventSource" {
			n++
		}
	}
	return n
}

// waiting is a new reservation of alice's that waits for its owner.
func (p *pages) waiting(place string) string {
	p.Helper()
	order := p.accepted(p.reserve(place))
	p.becomes(order, "awaiting_owner")
	return order
}

// markup: names, addresses and reasons that contain markup are shown as text, on every
// page.
func (p *pages) markup() {
	const evil = `<img src=x onerror="alert(1)"><script>alert(2)</script>"'>&amp;`
	name := object{"name": evil}
	place, menu, drink := p.place(3, byOwner, name), p.menu(name), p.drink(3, name)
	rejected := p.waiting(place)
	p.request(http.MethodPost, reservations+"/"+rejected+"/reject", object{"reason": evil}).with(p, http.StatusOK)
	meal := p.order(menu, object{"address": evil}).with(p, http.StatusCreated).body.ID
	cup := p.orderCup(drink).with(p, http.StatusCreated).body.ID
	call := p.call(object{"location": evil}).body.ID
	days := "?checkIn=" + inDays(10).String() + "&checkOut=" + inDays(12).String() + "&rooms=1"

	v := p.enter(chromium.Options{}, alice)
	for _, path := range []string{
		"/rooms" + days, "/rooms/" + place + days, "/meals", "/meals/" + menu, "/drinks", "/drinks/" + drink,
		"/orders", "/orders/" + rejected, "/orders/" + meal, "/orders/" + meal + "/cancel", "/orders/" + cup, "/orders/" + call,
	} {
		v.goTo(path)
		v.Sees(evil)
		require.Zero(p, v.Count("img, body script"), path)
		v.NoComplaint()
	}
	v.goTo("/orders/" + call + "/cancel")
	v.Fill("Reason", evil)
	v.Click("button", "Cancel the order")
	v.SeesIn("[role=status]", "Cancelled")
	v.Sees(evil)
	require.Zero(p, v.Count("img, body script"))
	v.NoComplaint()
}
