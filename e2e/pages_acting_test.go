package e2e

import (
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/app"
	chromium "github.com/yeyak/yeyak/internal/rig/browser"
)

// TestPages_OperatorActs: an operator does every action on an order by pages. They first show the
// action's effects, in both languages, also without scripts.
func TestPages_OperatorActs(t *testing.T) {
	t.Parallel()
	auditsOften := func(o *app.Options) { o.Config.Audits.Every = 2 * time.Second }
	p := &pages{bootPages(t, auditsOften), chromium.New(t)}
	for _, appearance := range []chromium.Options{{Language: "ko", Width: 390, NoScript: true}, {Language: "en", Width: 1280}} {
		t.Run(appearance.String(), func(t *testing.T) { // not parallel: they change the provider's behaviour
			p := p.in(t)
			books := &audited{system: p.system, options: p.options}
			v := p.enter(appearance, olga)
			p.resolves(v, books)
			p.settlesLostOrder(v, books)
			p.retries(v, books)
			p.refundsAfterAnother(v, books)
			books.requireClean()
		})
	}
}

// resolves: an order whose refund has failed permanently is on the list of orders that need
// attention, its page shows the reason, and once resolved it is no longer on the list.
func (p *pages) resolves(v *visitor, books *audited) {
	order := p.accepted(p.reserve(p.place(1)))
	p.sandbox(object{"refunds": "fail"})
	books.cancelling(order)
	p.eventually(func() bool { return p.page(order).NeedsAttention })
	v.goTo("/operator/attention")
	require.Equal(p, 1, v.Count(`a[href="/operator/orders/`+order+`"]`), "it is on the list")
	v.goTo("/operator/orders/" + order)
	v.comesTo(v.word("The payment provider says", "결제사의 응답"))
	v.keep("act-needs")
	v.Click("link", v.word("Record a payment by hand", "수동 환불 기록"))
	v.Sees(v.word("What is listed below is recorded as paid by you", "직접 지급한 것으로 기록하고"))
	v.Sees("₩100,000")
	v.keep("act-resolve")
	p.submitUntil(v, v.word("Record a payment by hand", "수동 환불 기록"), v.word("How it was paid", "지급 방법"), "bank transfer 42",
		v.word("It is recorded as paid by hand.", "수동으로 지급한 것으로 기록했습니다."))
	v.keep("act-resolved")
	p.becomes(order, booking.Cancelled)
	p.sandbox(object{})
	p.eventually(func() bool { return !p.page(order).NeedsAttention })
	v.goTo("/operator/attention")
	require.Zero(p, v.Count(`a[href="/operator/orders/`+order+`"]`), "it is no longer on the list")
}

// submitUntil sends a form until it succeeds: it is refused while the provider is being called.
func (p *pages) submitUntil(v *visitor, button, field, words, done string) {
	p.Helper()
	p.eventually(func() bool {
		v.Fill(field, words)
		v.Click("button", button)
		return strings.Contains(v.Text(), done)
	})
}

// settlesLostOrder: a terminated order that a scheduled audit has found is settled by page, and
// is no longer a finding.
func (p *pages) settlesLostOrder(v *visitor, books *audited) {
	order := p.accepted(p.reserve(p.place(1)))
	books.terminate(order)
	listed := func() bool {
		v.goTo("/operator/audit")
		return strings.Contains(v.Text(), order)
	}
	p.eventually(listed)
	v.Click("link", order)
	v.Arrives("/operator/orders/" + order)
	v.Click("link", v.word("Settle the lost order", "중단된 주문 정리"))
	v.Sees(v.word("Its undos are begun anew", "되돌리기를 다시 시작하며"))
	v.Sees("₩100,000")
	v.keep("act-settle")
	v.Fill(v.word("Reason", "사유"), v.word("It was terminated by mistake.", "실수로 중단했습니다."))
	v.Click("button", v.word("Settle the lost order", "중단된 주문 정리"))
	v.Sees(v.word("The order is being undone.", "주문을 되돌리고 있습니다."))
	v.keep("act-settled")
	p.becomes(order, booking.Cancelled)
	require.Equal(p, []string{"settle accepted"}, books.actions(order))
	p.eventually(func() bool { return !listed() })
	require.Equal(p, booking.SystemID, books.awaitAudit(0).Done.AskedBy)
}

// retries: a waiting step is retried at once.
func (p *pages) retries(v *visitor, books *audited) {
	order := p.accepted(p.reserve(p.place(1)))
	p.sandbox(object{"down": true})
	quick := p.withDefaultBudget()
	quick.acceptsPending(func() answer { return quick.decide(order, "cancel") })
	p.eventually(func() bool { // while an attempt runs nothing waits to be tried again
		p.waitsLong(order, "RefundPayment")
		v.goTo("/operator/orders/" + order + "/retry")
		if !strings.Contains(v.Text(), "RefundPayment") {
			return false
		}
		v.Sees(v.word("Nobody is notified.", "아무에게도 알리지 않습니다."))
		v.Fill(v.word("Reason", "사유"), v.word("The provider is back.", "결제사가 복구되었습니다."))
		v.Click("button", v.word("Try again now", "지금 다시 시도"))
		return strings.Contains(v.Text(), v.word("It is being tried again now.", "지금 다시 시도하고 있습니다."))
	})
	p.sandbox(object{})
	p.becomes(order, booking.Cancelled)
	v.keep("act-retried")
	require.Contains(p, books.actions(order), "retry accepted")
	v.goTo("/operator/orders/" + order + "/retry")
	v.comesTo(v.word("No step of the order waits to be tried again.", "다시 시도할 단계가 없습니다."))
	v.keep("act-nothing")
}

// refundsAfterAnother: an operator's refund is refused, and the page shows another operator's
// refund. Then the operator cancels the order.
func (p *pages) refundsAfterAnother(v *visitor, books *audited) {
	order := p.accepted(p.reserve(p.place(1)))
	v.goTo("/operator/orders/" + order)
	v.Click("link", v.word("Refund", "환불하기"))
	v.keep("act-refund")
	code, _, logs := books.command(nil, "refund", order, "--amount=10000", "--reason=the shower was cold", "--as=1099")
	require.Zero(p, code, logs)
	v.Fill(v.word("How much", "금액"), "20000")
	v.Fill(v.word("Reason", "사유"), v.word("It was loud.", "소음이 있었습니다."))
	v.Click("button", v.word("Refund", "환불하기"))
	v.Sees(v.word("Another operator has acted on the order since you looked at it.", "그 사이에 다른 운영자가 이 주문을 처리했습니다."))
	v.Sees("1099")
	v.Sees("the shower was cold")
	v.keep("act-meanwhile")
	require.Len(p, p.entries(order), 1)
	v.Click("button", v.word("Refund", "환불하기"))
	v.Sees(v.word("The refund is begun.", "환불을 시작했습니다."))
	require.Len(p, p.entries(order), 2)
	v.keep("act-refunded")
	v.Click("link", v.word("Cancel the order", "주문 취소"))
	v.Sees(v.word("cancelled as if its customer did it", "고객이 취소한 것과 같이"))
	v.keep("act-cancel")
	v.Fill(v.word("Reason", "사유"), v.word("The inn has burnt down.", "숙소에 불이 났습니다."))
	v.Click("button", v.word("Cancel the order", "주문 취소"))
	p.becomes(order, booking.Cancelled)
	require.Contains(p, books.actions(order)[0], "cancel")
	v.keep("act-cancelled")
	v.goTo("/operator")
	v.Click("link", v.word("What operators have done", "운영 기록"))
	v.Arrives("/operator/actions")
	v.Sees("the shower was cold")
	v.keep("act-log")
}

// stuckOrders is how many orders are cancelled in bulk in a browser.
const stuckOrders = 500

// TestPages_Bulk: 500 orders are cancelled in bulk after a dry run that counts them,
// and the page shows the progress: by itself, and without scripts when it is reloaded.
// One operator does so in each language.
func TestPages_Bulk(t *testing.T) {
	t.Parallel()
	p := &pages{bootPages(t), chromium.New(t)}
	appearances := []chromium.Options{{Language: "ko", Width: 390}, {Language: "en", Width: 1280, NoScript: true}}
	var all sync.WaitGroup
	for _, appearance := range appearances {
		place, orders := p.stuck(stuckOrders)
		all.Go(func() { p.cancelsAll(p.enter(appearance, olga), place, orders) })
	}
	all.Wait()
	(&audited{system: p.system, options: p.options}).requireClean()
}

func (p *pages) cancelsAll(v *visitor, place string, orders []string) {
	v.goTo("/operator/attention")
	v.Click("link", v.word("Act on many orders", "여러 주문 처리"))
	v.keep("bulk-form")
	v.goTo("/operator/bulk?action=cancel&status=awaiting_owner&item=" + place)
	v.Fill(v.word("Reason", "사유"), v.word("The inn has burnt down.", "숙소에 불이 났습니다."))
	v.Click("button", v.word("Dry run", "모의 실행하기"))
	v.Sees(v.word("It would be done to 500 orders: Cancel the order.", "대상은 주문 500건입니다: 주문 취소"))
	v.keep("bulk-planned")
	require.Equal(p, booking.AwaitingOwner, p.page(orders[0]).Status)
	v.Click("button", v.word("Do it to these 500 orders", "이 주문 500건 처리하기"))
	v.Sees(v.word("Under way", "진행 중"))
	v.keep("bulk-running")
	done := v.word("500 of 500 orders", "주문 500 / 500건")
	p.within(stuckOrders*2*time.Second, func() bool { // ten a second are done on a machine that keeps up
		if v.NoScript && v.Has("link", v.word("Load again", "새로 고침")) {
			v.Click("link", v.word("Load again", "새로 고침"))
		}
		return strings.Contains(v.Text(), done)
	})
	v.goTo(strings.TrimPrefix(v.Address(), v.site))
	v.Sees(done)
	v.keep("bulk-done")
	for _, order := range orders {
		p.becomes(order, booking.Cancelled)
	}
}
