package e2e

import (
	"net/http"
	"slices"
	"testing"

	"github.com/yeyak/yeyak/booking"
	chromium "github.com/yeyak/yeyak/internal/rig/browser"
)

// operates: an operator starts an audit, and finds the order whose workflow was
// terminated on the page, with its remedy.
func (p *pages) operates(v *visitor) {
	books := &audited{system: p.system}
	before := books.awaitAudit(0).Done.ID
	order := p.reserve(p.place(1)).body.ID
	p.becomes(order, booking.Confirmed)
	books.terminate(order)
	v.goTo("/desk")
	v.keep("desk-whose")
	v.goTo("/desk/cleaning")
	v.keep("terms-calls")
	v.goTo("/operator")
	v.Click("link", v.word("See what the audit has found", "점검 결과 보기"))
	v.Sees(v.word("All orders are compared with money, stock, work and pages.", "모든 주문을 결제, 재고, 작업, 페이지와 비교합니다."))
	v.keep("operator-audit")
	v.Click("button", v.word("Run an audit now", "지금 점검하기"))
	v.Sees(v.word("An audit is under way.", "점검이 진행 중입니다."))
	v.keep("operator-audit-open")
	books.awaitAudit(before)
	v.goTo("/operator/audit")
	v.Sees("its workflow was terminated while it was confirmed")
	v.Sees("yeyak settle " + order)
	v.keep("operator-audit-found")
	v.Click("link", order)
	v.Arrives("/operator/orders/" + order)
	v.Sees(v.word("Its workflow was terminated", "워크플로가 강제 종료됨"))
	v.keep("operator-order-terminated")
}

// TestPages_OperatorSees: on one page an operator finds an order whose refund fails for
// good, and one whose workflow was terminated; both are explained by their pages; and
// all else is well.
func TestPages_OperatorSees(t *testing.T) {
	t.Parallel()
	p := &pages{bootPages(t), chromium.New(t)}
	books := &audited{system: p.system}
	place := p.place(9)
	fails, lost := p.accepted(p.reserve(place)), p.accepted(p.reserve(place))
	for _, order := range []string{fails, lost} {
		p.becomes(order, booking.Confirmed)
	}
	p.sandbox(object{"refunds": "fail"})
	books.cancelling(fails)
	p.eventually(func() bool { return p.page(fails).NeedsAttention })
	books.terminate(lost)
	before := books.awaitAudit(0).Done.ID
	p.post("/v1/audit/runs", nil).with(t, http.StatusAccepted)
	books.awaitAudit(before)
	var says string
	p.eventually(func() bool {
		for _, n := range p.attention("?cause=marked") {
			says = n.ProviderSays
		}
		return says != ""
	})
	for _, appearance := range append(slices.Clone(appearances), withoutScripts) {
		t.Run(appearance.String(), func(t *testing.T) {
			p := p.in(t)
			p.sees(p.enter(appearance, olga), fails, lost, says)
		})
	}
}

// sees walks from the overview to both orders.
func (p *pages) sees(v *visitor, fails, lost, says string) {
	v.goTo("/operator")
	v.Sees(v.word("Something needs you", "확인이 필요합니다"))
	v.comesTo(v.word("Its workflow was terminated", "워크플로가 강제 종료됨"))
	v.Sees(v.word("Does not go on by itself", "자동으로 진행되지 않음"))
	v.comesTo(says)
	v.keep("operator")
	v.goTo("/operator/attention")
	v.keep("operator-attention")
	v.goTo("/operator/attention?cause=marked")
	v.comesTo(says)
	v.SeesNot("yeyak settle " + lost)
	v.keep("operator-attention-marked")
	v.goTo("/operator/orders/" + fails)
	v.comesTo(says)
	v.comesTo("RefundPayment")
	v.keep("operator-order")
	v.goTo("/operator/orders/" + lost)
	v.comesTo(v.word("Its workflow was terminated", "워크플로가 강제 종료됨"))
	v.Sees("yeyak settle " + lost)
	v.keep("operator-order-lost")
}
