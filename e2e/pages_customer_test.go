package e2e

import (
	"net/http"
	"strings"

	"github.com/stretchr/testify/require"

	chromium "github.com/yeyak/yeyak/internal/rig/browser"
)

// logsIn: one click on the issuer's page is a login. Pages without orders or messages
// say so.
func (p *pages) logsIn(v *visitor) {
	v.keep("home")
	v.Click("link", v.word("Log in", "로그인"))
	v.Arrives("/login?")
	v.keep("login")
	v.Click("button", alice)
	v.Arrives(p.url)
	v.Sees(v.word("Log out", "로그아웃"))
	v.keep("home-alice")
	v.goTo("/orders")
	v.keep("orders-none")
	v.goTo("/messages")
	v.keep("messages-none")
	v.Click("button", v.word("한국어", "English"))
	v.Sees(v.word("로그아웃", "Log out"))
}

// stay: a customer finds a room, reserves it, follows the reservation, and cancels it
// with the refund shown first.
func (p *pages) stay(v *visitor) {
	name := "바닷가 여관 Seaside Inn " + v.String()
	place := p.place(2, object{"name": name}, object{"cancellation": object{"tiers": halfWithinWeek}})
	v.Click("link", v.word("Rooms", "숙소"))
	v.Arrives("/rooms")
	v.searchRooms()
	v.Sees(name)
	v.keep("rooms")
	v.Click("link", name)
	v.Arrives("/rooms/" + place)
	v.Sees("₩100,000")
	v.keep("room")
	v.Click("button", v.word("Reserve and pay", "예약하고 결제하기"))
	v.Arrives("/orders/lodging-")
	v.SeesIn("[role=status]", v.word("Confirmed", "예약완료"))
	v.keep("stay-confirmed")
	v.cancels(v.word("Cancelled", "예약취소"))
	v.keep("stay-cancelled")
	require.Equal(p, []int{2, 2}, p.remaining(place))
	v.goTo("/orders")
	v.Sees(name)
	v.keep("orders")
}

// halfWithinWeek is a place's policy: a full refund until a week before check-in, and
// half after that.
var halfWithinWeek = []object{{"before": "168h", "percent": 100}, {"before": "1h", "percent": 50}}

// searchRooms searches one room in the nights of reservation.
func (v *visitor) searchRooms() {
	v.Helper()
	v.Fill(v.word("Check-in", "체크인"), inDays(10).String())
	v.Fill(v.word("Check-out", "체크아웃"), inDays(12).String())
	v.Click("button", v.word("Search", "찾기"))
	v.Arrives("checkIn=" + inDays(10).String())
}

// cancels cancels the shown order, until it has the status.
func (v *visitor) cancels(status string) {
	v.Helper()
	v.Click("link", v.word("Cancel this order", "주문 취소"))
	v.Arrives("/cancel")
	v.Sees(v.word("Cancel this order?", "이 주문을 취소할까요?"))
	v.keep("cancel-" + kindAt(v.Address()))
	v.Fill(v.word("Reason", "사유"), v.word("Other plans", "다른 계획"))
	v.Click("button", v.word("Cancel the order", "취소하기"))
	v.showsStatus(status)
}

// mealDrinkCleaning: a customer orders a meal, a drink and a cleaning, and cancels
// those that can be cancelled.
func (p *pages) mealDrinkCleaning(v *visitor) {
	menu := p.menu(object{"name": "돌솥비빔밥 " + v.String()})
	drink := p.drink(3, object{"name": "아이스 아메리카노 " + v.String()})
	v.meal(menu)
	v.drink(drink)
	v.cleaning()
	v.goTo("/orders")
	v.keep("orders-of-all-kinds")
}

func (v *visitor) meal(menu string) {
	v.Helper()
	v.goTo("/meals")
	v.keep("meals")
	v.goTo("/meals/" + menu)
	v.Fill(v.word("Where to bring it", "배달 주소"), "서울특별시 중구 세종대로 12, 3층")
	v.keep("meal")
	v.Click("button", v.word("Order and pay", "주문하고 결제하기"))
	v.Arrives("/orders/food-")
	v.showsStatus(v.word("Being delivered", "배달시작"))
	v.keep("meal-delivering")
	v.cancels(v.word("Cancelled", "주문취소"))
}

func (v *visitor) drink(drink string) {
	v.Helper()
	v.goTo("/drinks")
	v.keep("drinks")
	v.goTo("/drinks/" + drink)
	v.keep("drink")
	v.Click("button", v.word("Order and pay", "주문하고 결제하기"))
	v.Arrives("/orders/cafe-")
	v.showsStatus(v.word("Being made", "제조중"))
	v.keep("drink-in-production")
}

func (v *visitor) cleaning() {
	v.Helper()
	v.goTo("/cleaning")
	v.Fill(v.word("Telephone", "전화번호"), "02-123-4567")
	v.Fill(v.word("Where to clean", "청소할 곳"), "서울특별시 중구 세종대로 12")
	v.Fill(v.word("What you offer, in won", "제시 금액 (원)"), "30000")
	v.keep("cleaning")
	v.Click("button", v.word("Call", "부르기"))
	v.Arrives("/orders/cleaning-")
	v.SeesIn("[role=status]", v.word("Calling a cleaner", "호출중"))
	v.keep("cleaning-calling")
	v.cancels(v.word("Cancelled", "호출취소"))
}

// explainsErrors: a missing page, invalid fields and a declined card are explained.
func (p *pages) explainsErrors(v *visitor) {
	place := p.place(1, object{"name": "House " + v.String()})
	v.goTo("/orders/lodging-none")
	v.keep("not-found")
	v.goTo("/rooms?checkIn=" + inDays(12).String() + "&checkOut=" + inDays(10).String() + "&rooms=1")
	v.keep("rooms-wrong-days")
	v.goTo("/rooms/" + place + "?checkIn=" + inDays(10).String() + "&checkOut=" + inDays(12).String() + "&rooms=1")
	v.Click("radio", v.word("A test card that is declined", "테스트 카드 (결제 거절)"))
	v.Click("button", v.word("Reserve and pay", "예약하고 결제하기"))
	v.Arrives("/orders/lodging-")
	v.SeesIn("[role=status]", v.word("Cancelled", "예약취소"))
	v.keep("stay-declined")
}

// confirmsPayment: a customer is led to the payment provider's page, and returns to a
// paid reservation. A customer who refuses there has no reservation.
func (p *pages) confirmsPayment(v *visitor) {
	place := p.place(1, object{"name": "호숫가 여관 Lake Inn " + v.String()})
	reserve := func() {
		v.Helper()
		v.goTo("/rooms/" + place + "?checkIn=" + inDays(10).String() + "&checkOut=" + inDays(12).String() + "&rooms=1")
		v.Click("radio", v.word("A test card whose payment you confirm", "테스트 카드 (결제 확인 필요)"))
		v.Click("button", v.word("Reserve and pay", "예약하고 결제하기"))
		v.Arrives("/orders/lodging-")
		v.Sees(v.word("Your bank asks you to confirm the payment", "은행에서 결제 확인을 요청했습니다"))
	}
	reserve()
	v.keep("stay-to-confirm")
	require.Equal(p, []int{0, 0}, p.remaining(place), "the room is held meanwhile")
	v.Click("link", v.word("Confirm the payment", "결제 확인하기"))
	v.Arrives("/sandbox/confirm/")
	v.Click("button", "Refuse")
	v.Arrives("/orders/lodging-")
	v.SeesIn("[role=status]", v.word("Cancelled", "예약취소"))
	v.keep("stay-not-confirmed")
	require.Equal(p, []int{1, 1}, p.remaining(place))
	reserve()
	order := strings.TrimPrefix(v.Address(), v.site)
	v.goTo("/orders")
	v.SeesIn(".line", v.word("aiting for the payment to be confirmed", "결제확인대기")) // the longest status
	v.keep("orders-to-confirm")
	v.goTo(order)
	v.Click("link", v.word("Confirm the payment", "결제 확인하기"))
	v.Arrives("/sandbox/confirm/")
	v.Click("button", "Approve")
	v.Arrives("/orders/lodging-")
	v.SeesIn("[role=status]", v.word("Confirmed", "예약완료"))
}

// keyboard: a room is found, reserved and cancelled with the keyboard alone, and the
// focus is always visible.
func (p *pages) keyboard(v *visitor) {
	name := "Seaside Inn " + v.String()
	p.place(2, object{"name": name})
	enter := func(role, name, at string) {
		v.Helper()
		v.TabTo(role, name)
		v.Press(chromium.Enter)
		v.Arrives(at)
	}
	enter("link", v.word("Log in", "로그인"), "/login?")
	enter("button", alice, p.url)
	enter("link", v.word("Rooms", "숙소"), "/rooms")
	v.TabTo("Date", v.word("Check-in", "체크인"))
	v.Type(inDays(10).String()[5:7] + inDays(10).String()[8:] + inDays(10).String()[:4])
	v.TabTo("Date", v.word("Check-out", "체크아웃"))
	v.Type(inDays(12).String()[5:7] + inDays(12).String()[8:] + inDays(12).String()[:4])
	enter("button", v.word("Search", "찾기"), "checkIn="+inDays(10).String())
	enter("link", name, "/rooms/")
	enter("button", v.word("Reserve and pay", "예약하고 결제하기"), "/orders/lodging-")
	v.SeesIn("[role=status]", v.word("Confirmed", "예약완료"))
	enter("link", v.word("Cancel this order", "주문 취소"), "/cancel")
	enter("button", v.word("Cancel the order", "취소하기"), "/orders/lodging-")
	v.SeesIn("[role=status]", v.word("Cancelled", "예약취소"))
}

// requests: a page is one small request for its HTML, one for the stylesheet and one
// for the script, besides the icon.
func (p *pages) requests(v *visitor) {
	order := p.reserve(p.place(1)).with(p, http.StatusCreated).body.ID
	for _, path := range []string{"/", "/rooms", "/orders", "/orders/" + order, "/orders/" + order + "/cancel", "/messages"} {
		v.goTo(path)
		many := map[string]int{}
		for _, r := range v.Requests() {
			many[r.Kind]++
			switch r.Kind {
			case "Document":
				require.Less(p, r.Size, int64(50_000), r.URL)
			case "Script":
				require.Less(p, r.Size, int64(10_000), r.URL)
			case "Stylesheet", "EventSource", "Fetch": // these follow an order
			case "Image", "Other": // the icon is one of these
				require.Contains(p, r.URL, "/static/icon.")
			default:
				require.Fail(p, "another request", "%+v", r)
			}
		}
		require.Equal(p, 1, many["Document"], path)
		require.Equal(p, 1, many["Stylesheet"], path)
		require.Equal(p, 1, many["Script"], path)
		require.LessOrEqual(p, many["Image"]+many["Other"], 1, path)
	}
}
