package e2e

import (
	"net/http"

	"github.com/stretchr/testify/require"
)

// change: a customer stays a night longer at the price shown, and finds no room for
// another one.
func (p *pages) change(v *visitor) {
	name := "강변 여관 Riverside Inn " + v.String()
	place := p.place(2, object{"name": name}, object{"cancellation": object{"tiers": halfWithinWeek}})
	v.goTo("/rooms/" + place + "?checkIn=" + inDays(10).String() + "&checkOut=" + inDays(12).String() + "&rooms=1")
	v.Click("button", v.word("Reserve and pay", "예약하고 결제하기"))
	v.Arrives("/orders/lodging-")
	v.SeesIn("[role=status]", v.word("Confirmed", "예약완료"))
	v.Click("link", v.word("Change dates or rooms", "날짜·객실 변경"))
	v.Arrives("/change")
	v.keep("change")
	v.Fill(v.word("Check-out", "체크아웃"), inDays(13).String())
	v.Click("button", v.word("What would it cost?", "금액 확인"))
	v.Sees(v.word("You pay now", "지금 결제할 금액"))
	v.Sees("₩150,000")
	v.keep("change-quoted")
	v.Click("button", v.word("Change it", "변경하기"))
	v.Arrives("/orders/lodging-")
	v.Sees(v.word("Changed", "변경됨"))
	v.Sees("₩150,000")
	v.keep("changed")
	require.Equal(p, []int{1, 1, 1, 2}, p.nights(place, inDays(10), inDays(14)))

	v.Click("link", v.word("Change dates or rooms", "날짜·객실 변경"))
	v.Fill(v.word("Rooms", "객실 수"), "3")
	v.Click("button", v.word("What would it cost?", "금액 확인"))
	v.Sees(v.word("There are not enough rooms for this.", "이 날짜에는 객실이 부족합니다."))
	v.keep("change-full")
}

// changesAtTheDesk: the guests of an order want another night, and its owner agrees.
func (p *pages) changesAtTheDesk(v *visitor, order string) {
	p.Helper()
	p.move(order, "longer", object{"checkOut": inDays(13)}).with(p, http.StatusAccepted)
	p.eventually(func() bool { return p.page(order).Change != nil })
	v.goTo("/orders/" + order)
	v.comesTo(v.word("The customer asks for a change", "고객이 변경을 요청했습니다"))
	v.keep("change-waits")
	v.goTo("/desk")
	v.Sees(v.word("Asks for a change", "변경 요청"))
	v.keep("desk-change")
	v.Click("button", v.word("Confirm", "승인하기"))
	v.comesTo(v.word("Nothing waits for a decision.", "승인을 기다리는 예약이 없습니다."))
}
