package e2e

import (
	"github.com/yeyak/yeyak/booking"
)

// operates: an operator has an audit run, and finds the order whose workflow was terminated
// on the page, as what it is and with what mends it.
func (p *pages) operates(v *visitor) {
	books := &audited{system: p.system}
	before := books.awaitAudit(0).Done.ID
	order := p.reserve(p.place(1)).body.ID
	p.becomes(order, booking.Confirmed)
	books.terminate(order)
	v.goTo("/operator")
	v.Sees(v.word("All orders are compared with money, stock, work and pages.", "모든 주문을 결제, 재고, 작업, 페이지와 비교합니다."))
	v.keep("operator")
	v.Click("button", v.word("Run an audit now", "지금 점검하기"))
	v.Sees(v.word("An audit is under way.", "점검이 진행 중입니다."))
	v.keep("operator-open")
	books.awaitAudit(before)
	v.goTo("/operator")
	v.Sees("its workflow was terminated while it was confirmed")
	v.Sees("yeyak settle " + order)
	v.keep("operator-found")
	v.Click("link", order)
	v.Arrives("/orders/" + order)
	v.keep("operator-order")
}
