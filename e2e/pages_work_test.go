package e2e

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	chromium "github.com/yeyak/yeyak/internal/rig/browser"
)

const kim = "Kim cleaner · 청소원"

// TestPages_BrowserOfCleaners: a cleaner's path in a browser. It has a system of its
// own: the cleaner would be assigned to the calls of other tests.
func TestPages_BrowserOfCleaners(t *testing.T) {
	t.Parallel()
	p := &pages{bootPages(t), chromium.New(t)}
	p.post(cleaners, object{"name": "Kim", "personId": "kim"}).with(t, http.StatusCreated)
	for _, appearance := range appearances {
		t.Run(appearance.String(), func(t *testing.T) {
			p := p.in(t)
			p.cleans(p.enter(appearance, kim))
		})
	}
}

// cleans: a cleaner finds the assigned call in their list, with the address, and
// completes it.
func (p *pages) cleans(v *visitor) {
	v.keep("home-cleaner")
	v.goTo("/work/cleaning")
	v.Sees(v.word("You have no call.", "배정된 호출이 없습니다."))
	v.keep("calls-none")
	where := "서울특별시 중구 세종대로 12, 3층 " + v.String()
	order := p.call(ofMinho, object{"location": where}).with(p, http.StatusCreated).body.ID
	p.becomes(order, booking.Assigned)
	v.goTo("/work/cleaning")
	v.Sees(where)
	v.Sees("+8221234567")
	v.oneButton(v.word("Done", "청소 완료"))
	v.keep("calls")
	v.Click("link", v.word("Cleaning", "청소"))
	v.Arrives("/orders/" + order)
	v.SeesIn("[role=status]", v.word("Confirmed", "호출확정"))
	v.keep("call")
	v.goTo("/work/cleaning")
	v.Click("button", v.word("Done", "청소 완료"))
	v.Arrives("/work/cleaning")
	v.SeesNot(where)
	p.becomes(order, booking.Completed)
}

// oneButton fails unless the shown list offers exactly this button: couriers and
// cleaners use a telephone with one hand.
func (v *visitor) oneButton(name string) {
	v.Helper()
	require.True(v, v.Has("button", name), name)
	require.Equal(v, 1, v.Count("main button"))
}

// kitchen: a café's owner finds a drink in the list of productions, and hands it over.
func (p *pages) kitchen(v *visitor) {
	name := "유자차 Yuzu tea " + v.String()
	order := p.accepted(p.orderCup(p.drink(3, object{"name": name, "ownerId": "cora"}), ofMinho))
	p.becomes(order, booking.InProduction)
	v.goTo("/work/kitchen")
	v.Sees(name)
	v.oneButton(v.word("Handed over", "전달 완료"))
	v.keep("kitchen")
	v.Click("button", v.word("Handed over", "전달 완료"))
	v.Sees(v.word("There is nothing to do.", "할 일이 없습니다."))
	v.keep("kitchen-empty")
	p.becomes(order, booking.Completed)
}

// today: an owner sees the day's arrivals and departures, productions and deliveries.
func (p *pages) today(v *visitor) {
	zone := zoneByDay()
	loc, err := time.LoadLocation(zone)
	require.NoError(p, err)
	day := booking.DateOf(time.Now().In(loc))
	inn, flat := "오늘의 여관 Inn of Today "+v.String(), "오늘의 아파트 Flat of Today "+v.String()
	cup, bowl := "오늘의 커피 Coffee of Today "+v.String(), "오늘의 국수 Noodles of Today "+v.String()
	p.guestOf(day, 0, object{"name": inn, "ownerId": "bora", "timeZone": zone})
	staying := p.guestOf(day, -1, object{"name": flat, "ownerId": "bora", "timeZone": zone})
	p.becomes(p.orderCup(p.drink(3, object{"name": cup, "date": day, "timeZone": zone}), ofMinho).with(p, http.StatusCreated).body.ID, booking.InProduction)
	p.becomes(p.order(p.menu(object{"name": bowl}), ofMinho).with(p, http.StatusCreated).body.ID, booking.Delivering)
	v.goTo("/desk/today")
	v.SeesIn("[aria-labelledby=arrivals]", inn)
	v.SeesIn("[aria-labelledby=departures]", flat)
	v.SeesIn("[aria-labelledby=productions]", cup)
	v.SeesIn("[aria-labelledby=deliveries]", bowl)
	v.keep("today-busy")
	p.endsStay(v, staying)
}

// endsStay: an owner ends the stay of guests who have left early. A second attempt is
// explained, and leads back to the order.
func (p *pages) endsStay(v *visitor, order string) {
	ends := func() {
		v.Helper()
		v.goTo("/orders/" + order + "/decide/leave")
		v.keep("leave-early")
		v.Click("button", v.word("The guests have left early", "조기 퇴실 처리하기"))
	}
	v.goTo("/orders/" + order)
	v.Click("link", v.word("The guests have not come", "노쇼 처리하기"))
	v.Arrives("/decide/no-show")
	v.keep("no-show")
	ends()
	p.becomes(order, booking.Completed)
	ends()
	v.Sees(v.word("The order has ended.", "이미 끝난 주문입니다."))
	v.keep("decided-already")
	v.Click("link", v.word("Go back and look", "돌아가서 확인하기"))
	v.Arrives("/orders/" + order)
	v.keep("stay-ended")
}

// guestOf reserves one night at a new place that begins the given number of days from
// the day. No page accepts reservations for yesterday, so their sagas are started
// directly.
func (p *pages) guestOf(day booking.Date, days int, place object) (order string) {
	p.Helper()
	place["checkInTime"], place["checkOutTime"] = "23:59", "23:59" // no guest is late, whenever the test runs
	id := p.place(3, place)
	p.request(http.MethodPut, "/v1/lodging/places/"+id+"/stock", object{"from": day.AddDays(-1), "to": day.AddDays(2), "rooms": 3}).with(p, http.StatusOK)
	order = p.reserve(id, ofMinho, object{"checkIn": day, "checkOut": day.AddDays(1)}).with(p, http.StatusCreated).body.ID
	if days == 0 {
		return order
	}
	in := p.startedLike(order)
	in.OrderID, in.CheckIn, in.CheckOut = in.OrderID+"-earlier", day.AddDays(days), day.AddDays(days+1)
	p.startAt(in)
	p.becomes(in.OrderID, booking.Confirmed)
	return in.OrderID
}

// zoneByDay is a time zone in which it is neither shortly before nor after midnight.
func zoneByDay() string {
	if time.Now().UTC().Hour() < 12 {
		return "Asia/Seoul"
	}
	return "America/New_York"
}
