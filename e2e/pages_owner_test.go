package e2e

import (
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	chromium "github.com/yeyak/yeyak/internal/rig/browser"
	"github.com/yeyak/yeyak/workflows/contract"
)

// ofMinho orders for another customer than most tests.
var ofMinho = object{"customerId": "minho"}

// waitingFor is a new reservation at a new place of the owner's, who has to decide it.
func (p *pages) waitingFor(owner, name string) string {
	p.Helper()
	order := p.reserve(p.place(3, byOwner, object{"name": name, "ownerId": owner}), ofMinho).body.ID
	require.NotEmpty(p, order)
	p.becomes(order, booking.AwaitingOwner)
	return order
}

// desk: an owner confirms a reservation and a change of it, refunds some of its price,
// and rejects another reservation.
func (p *pages) desk(v *visitor) {
	name := "언덕 위의 집 House on the Hill " + v.String()
	order := p.waitingFor("cora", name)
	v.goTo("/desk")
	v.Sees(name)
	v.keep("desk")
	v.Click("button", v.word("Confirm", "승인하기"))
	v.comesTo(v.word("Nothing waits for a decision.", "승인을 기다리는 예약이 없습니다."))
	v.keep("desk-empty")
	p.becomes(order, booking.Confirmed)
	p.changesAtTheDesk(v, order)
	v.goTo("/orders/" + order)
	v.keep("desk-order")
	v.refundsPart()
	_, amount, refunded := p.payment(order)
	require.Equal(p, []int64{150_000, 10_000}, []int64{amount, refunded})

	order = p.waitingFor("cora", longestName(v))
	v.goTo("/desk")
	v.keep("desk-long")
	v.Click("link", v.word("Refuse", "거절하기"))
	v.Arrives("/decide/reject")
	v.Fill(v.word("Reason", "사유"), v.word("We are renovating.", "공사 중입니다."))
	v.keep("refuse")
	v.Click("button", v.word("Refuse", "거절하기"))
	v.comesTo(v.word("Nothing waits for a decision.", "승인을 기다리는 예약이 없습니다."))
	p.becomes(order, booking.Cancelled)
	v.goTo("/orders/" + order)
	v.comesTo(v.word("rejected by the owner", "점주거절"))
	v.keep("refused")
	v.goTo("/desk/today")
	v.keep("today")
	v.goTo("/desk/earnings")
	v.keep("earnings")
	v.goTo("/messages")
	v.keep("messages-owner")
	v.goTo("/")
	v.keep("home-owner")
}

// longestName is a name of 200 characters, of which half are one word.
func longestName(v *visitor) string {
	name := strings.Repeat("긴 이름 Long name ", 6) + strings.Repeat("길고LONG", 16) + v.String()
	return string([]rune(name)[:min(200, utf8.RuneCountInString(name))])
}

// refundsPart refunds ₩10,000 of the shown order. With scripts there is a confirmation.
func (v *visitor) refundsPart() {
	v.Helper()
	v.Click("link", v.word("Payment and refunds", "결제와 환불"))
	v.Arrives("/refund")
	v.Fill(v.word("How much", "금액"), "10000")
	v.Fill(v.word("Reason", "사유"), v.word("It was loud.", "소음이 있었습니다."))
	v.keep("refund")
	v.Click("button", v.word("Refund it", "환불하기"))
	if !v.NoScript {
		v.Sees(v.word("The customer is refunded. This cannot be undone.", "고객에게 환불되며 되돌릴 수 없습니다."))
		v.keep("refund-question")
		v.Click("button", v.word("Yes", "예"))
	}
	v.Sees(v.word("It was loud.", "소음이 있었습니다."))
	v.keep("refunded")
}

// offers: an owner reads the offers, changes the rooms of some nights, adds a meal and
// withdraws it.
func (p *pages) offers(v *visitor) {
	name := "호숫가 Lakeside " + v.String()
	place := p.place(3, object{"name": name, "ownerId": "cora", "cancellation": object{"tiers": halfWithinWeek}})
	p.drink(3, object{"name": longestName(v), "ownerId": "cora"})
	drink := p.drink(3, object{"name": "라테 Latte " + v.String(), "ownerId": "cora"})
	v.goTo("/desk/catalogue")
	v.Click("link", name)
	v.Arrives("/desk/places/" + place)
	v.keep("place-form")
	v.setsFee()
	v.Click("link", v.word("Rooms by night", "객실 수 관리"))
	v.Arrives("/stock")
	v.Fill(v.word("First night", "첫 숙박일"), inDays(10).String())
	v.Fill(v.word("Last night", "마지막 숙박일"), inDays(11).String())
	v.Fill(v.word("Rooms", "객실 수"), "7")
	v.keep("stock")
	v.Click("button", v.word("Set", "설정하기"))
	v.Sees("7/7")
	v.keep("stock-set")
	require.Equal(p, []int{7, 7}, p.remaining(place))

	v.goTo("/desk/catalogue")
	v.keep("catalogue")
	v.Click("link", v.word("Add a meal", "음식 추가"))
	v.Arrives("/desk/menus/new")
	meal := "잡채 Japchae " + v.String()
	v.Fill(v.word("Name", "이름"), meal)
	v.Fill(v.word("Price of one", "개당 가격"), "8000")
	v.keep("meal-new")
	v.Click("button", v.word("Save", "저장하기"))
	v.Arrives("/desk/menus/menu-")
	v.Click("button", v.word("Take no new orders", "판매 중지하기"))
	v.Sees(v.word("This takes no new orders at the moment.", "지금은 새 주문을 받지 않습니다."))
	v.keep("meal-withdrawn")
	v.otherForms(drink)
	v.goTo("/desk/catalogue?withdrawn=1")
	v.Sees(meal)
	v.keep("catalogue-withdrawn")
}

// otherForms shows the other forms of an owner's offers.
func (v *visitor) otherForms(drink string) {
	v.Helper()
	meal, _, _ := strings.Cut(strings.TrimPrefix(v.Address(), v.site), "?")
	v.goTo(meal + "/cancellation")
	v.keep("terms-meal")
	v.goTo("/desk/places/new")
	v.keep("place-new")
	v.goTo("/desk/drinks/new")
	v.keep("drink-new")
	v.goTo("/desk/drinks/" + drink)
	v.keep("drink-form")
	v.goTo("/desk/drinks/" + drink + "/cancellation")
	v.keep("terms-drink")
}

// setsFee sets a fee for customers who cancel at the shown place.
func (v *visitor) setsFee() {
	v.Helper()
	at := v.Address()
	v.Click("link", v.word("Change the terms", "취소 규정 변경"))
	v.Arrives("/cancellation")
	v.Fill(v.word("Fee that is kept besides", "별도 공제 수수료"), "much")
	v.Click("button", v.word("Save", "저장하기"))
	v.Sees(v.word("This is no amount that can be paid.", "결제할 수 있는 금액이 아닙니다."))
	v.keep("terms-wrong")
	v.Fill(v.word("Fee that is kept besides", "별도 공제 수수료"), "1,000")
	v.Click("button", v.word("Save", "저장하기"))
	v.Arrives(at)
	v.Sees(v.word("₩1,000 is kept as a fee.", "수수료 ₩1,000 공제"))
	v.keep("place-with-terms")
}

// keyboardAtTheDesk: an owner confirms a reservation, refunds some of its price and refuses
// another one with the keyboard alone.
func (p *pages) keyboardAtTheDesk(v *visitor) {
	order := p.waitingFor("bora", "Keyboard House")
	v.goTo("/orders/" + order)
	v.TabTo("button", v.word("Confirm", "승인하기"))
	v.Press(chromium.Enter)
	v.SeesIn("[role=status]", v.word("Confirmed", "예약완료"))
	p.refundsByKeyboard(v, order)

	order = p.waitingFor("bora", "Keyboard House")
	v.goTo("/orders/" + order)
	refuse := v.word("Refuse", "거절하기")
	v.TabTo("link", refuse)
	v.Press(chromium.Enter)
	v.Arrives("/decide/reject")
	v.TabTo("textbox", v.word("Reason", "사유"))
	v.Type("Full")
	v.TabTo("button", refuse)
	v.Press(chromium.Enter)
	v.SeesIn("[role=status]", v.word("Cancelled", "예약취소"))
	require.True(p, slices.ContainsFunc(p.page(order).History, func(e contract.Entry) bool { return e.Note == "Full" }))
}

// refundsByKeyboard answers the confirmation of a refund with Escape, and then with yes.
func (p *pages) refundsByKeyboard(v *visitor, order string) {
	refund := v.word("Refund it", "환불하기")
	v.TabTo("link", v.word("Payment and refunds", "결제와 환불"))
	v.Press(chromium.Enter)
	v.Arrives("/refund")
	v.TabTo("textbox", v.word("How much", "금액"))
	v.Type("10000")
	v.TabTo("textbox", v.word("Reason", "사유"))
	v.Type("Loud")
	v.TabTo("button", refund)
	v.Press(chromium.Enter)
	_, focused := v.Focused()
	require.Equal(p, v.word("No, go back", "아니요, 돌아가기"), focused)
	v.Press(chromium.Escape)
	_, focused = v.Focused()
	require.Equal(p, refund, focused)
	_, _, refunded := p.payment(order)
	require.Zero(p, refunded)
	v.Press(chromium.Enter)
	v.TabTo("button", v.word("Yes", "예"))
	v.Press(chromium.Enter)
	v.Sees("Loud")
	_, _, refunded = p.payment(order)
	require.EqualValues(p, 10_000, refunded)
}

// deliveries: a courier finds a delivery in the list and hands it over.
func (p *pages) deliveries(v *visitor) {
	name := "김치찌개 Kimchi stew " + v.String()
	order := p.order(p.menu(object{"name": name, "ownerId": "cora"}), ofMinho).body.ID
	require.NotEmpty(p, order)
	p.becomes(order, booking.Delivering)
	v.goTo("/work/deliveries")
	v.Sees(name)
	v.keep("deliveries")
	v.Click("link", v.word(name+", 2 portions", name+", 2인분"))
	v.Arrives("/orders/" + order)
	v.keep("delivery")
	v.Click("button", v.word("Delivered", "배달 완료"))
	v.Arrives("/work/deliveries")
	v.SeesNot(name)
	p.becomes(order, booking.Delivered)
}
