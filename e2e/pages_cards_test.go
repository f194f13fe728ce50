package e2e

import (
	"testing"

	"github.com/stretchr/testify/require"

	chromium "github.com/yeyak/yeyak/internal/rig/browser"
)

// TestPages_Cards: a customer keeps a card, pays the next order with it, and removes it.
func TestPages_Cards(t *testing.T) {
	t.Parallel()
	p := &pages{bootPages(t, sandboxPayments(t).pay), chromium.New(t)}
	for _, tt := range []struct {
		account    string
		appearance chromium.Options
	}{
		{alice, chromium.Options{Language: "en", Width: 390, NoScript: true}},
		{minho, chromium.Options{Language: "ko"}},
	} {
		t.Run(tt.appearance.String(), func(t *testing.T) {
			t.Parallel()
			p := p.in(t)
			p.keepsCard(p.enter(tt.appearance, tt.account))
		})
	}
}

func (p *pages) keepsCard(v *visitor) {
	place := p.place(9, object{"name": "호숫가 여관 Lake Inn"})
	toReserve := func() {
		v.goTo("/rooms/" + place + "?checkIn=" + inDays(10).String() + "&checkOut=" + inDays(12).String() + "&rooms=1")
	}
	reserves := func() {
		v.Helper()
		v.Click("button", v.word("Reserve and pay", "예약하고 결제하기"))
		v.Arrives("/orders/lodging-")
		v.SeesIn("[role=status]", v.word("Confirmed", "예약완료"))
	}
	kept := "Visa ···· 4242"
	v.goTo("/cards")
	v.Sees(v.word("No card is kept.", "저장된 카드가 없습니다."))
	v.keep("cards-none")

	toReserve()
	require.False(p, v.Has("radio", kept))
	v.Click("checkbox", v.word("Keep this card for the next order", "다음 주문을 위해 이 카드 저장"))
	v.keep("stay-card-to-keep")
	reserves()

	p.eventually(func() bool { toReserve(); return v.Has("radio", kept) }) // the form does not wait long for them
	v.Click("radio", kept)
	v.keep("stay-kept-card")
	reserves()

	v.Click("link", v.word("My cards", "내 카드"))
	v.Sees(kept)
	v.keep("cards")
	v.Click("button", v.word("Remove "+kept, kept+" 삭제"))
	v.Sees(v.word("No card is kept.", "저장된 카드가 없습니다."))
	toReserve()
	require.False(p, v.Has("radio", kept))
}
