package e2e

import (
	"net/http"
	"strings"

	"github.com/stretchr/testify/require"
)

// changesCups: a customer types another number than the price is shown for, and orders that
// number only once its price is shown. Then the number is changed, and the order cancelled.
func (p *pages) changesCups(v *visitor) {
	drink := p.drink(5, object{"name": "콜드브루 Cold Brew " + v.String()})
	v.goTo("/drinks/" + drink)
	v.Fill(v.word("How many", "수량"), "2")
	v.Click("button", v.word("Order and pay", "주문하고 결제하기"))
	v.Sees(v.word("The price has changed", "가격이 바뀌어"))
	v.Sees("₩9,000")
	v.keep("drink-price-changed")
	require.Equal(p, 5, p.cups(drink))
	v.Click("button", v.word("Order and pay", "주문하고 결제하기"))
	v.Arrives("/orders/cafe-")
	v.showsStatus(v.word("Being made", "제조중"))
	require.Equal(p, 3, p.cups(drink))

	v.Click("link", v.word("Change how many", "수량 변경"))
	v.Arrives("/change")
	v.Fill(v.word("How many", "수량"), "3")
	v.Click("button", v.word("What would it cost?", "금액 확인"))
	v.Sees("₩13,500")
	v.keep("change-cups")
	v.Click("button", v.word("Change it", "변경하기"))
	v.Arrives("/orders/cafe-")
	v.comesTo(v.word("Changed", "변경됨"))
	require.Equal(p, 2, p.cups(drink))
	order := v.Address()
	v.cancels(v.word("Cancelled", "주문취소"))
	v.keep("drink-cancelled")
	require.Equal(p, 5, p.cups(drink))
	v.Open(strings.SplitN(order, "?", 2)[0] + "/change")
	v.Sees(v.word("The order is cancelled already.", "이미 취소된 주문입니다."))
	v.keep("change-cancelled")
}

// longestNames: pages have room for the longest names, and say what is sold out, withdrawn or
// not found.
func (p *pages) longestNames(v *visitor) {
	name := object{"name": longName(v.String())}
	place, menu, drink := p.place(1, name), p.menu(name), p.drink(1, name)
	days := "?checkIn=" + inDays(10).String() + "&checkOut=" + inDays(12).String() + "&rooms="
	v.goTo("/rooms/" + place + days + "1")
	v.keep("room-long")
	v.Click("button", v.word("Reserve and pay", "예약하고 결제하기"))
	v.Arrives("/orders/lodging-")
	v.SeesIn("[role=status]", v.word("Confirmed", "예약완료"))
	v.keep("stay-long")
	order := strings.SplitN(v.Address(), "?", 2)[0]
	v.Open(order + "/change")
	v.keep("change-long")
	v.Open(order + "/cancel")
	v.keep("cancel-long")
	v.goTo("/orders")
	v.keep("orders-long")

	v.goTo("/rooms/" + place + days + "1")
	v.Sees(v.word("Nothing is free on all of these nights.", "이 기간에 계속 비어 있는 방이 없습니다."))
	v.keep("room-full")
	v.goTo("/rooms" + days + "1000")
	v.Sees(v.word("Nothing is free on all of these nights.", "이 기간에 계속 비어 있는 방이 없습니다."))
	v.keep("rooms-none")
	p.orderCup(drink).with(p, http.StatusCreated)
	v.goTo("/drinks/" + drink)
	v.Sees(v.word("Sold out", "매진"))
	v.keep("drink-sold-out")
	p.system.change("/v1/food/menus/"+menu, object{"withdrawn": true}).with(p, http.StatusOK)
	v.goTo("/meals/" + menu)
	v.Sees(v.word("This takes no new orders at the moment.", "지금은 새 주문을 받지 않습니다."))
	v.keep("meal-not-sold")
}

// longName is a name of 190 characters, of which half are one word.
func longName(end string) string {
	name := []rune(strings.Repeat("길고긴Long", 14) + strings.Repeat(" 바다가 보이는 집 House by the Sea", 5))
	return string(name[:189-len([]rune(end))]) + " " + end
}
