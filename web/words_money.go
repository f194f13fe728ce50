package web

var moneyWords = map[string]entry{
	"field.amount": {"How much", "금액"},

	"fault.part": {"The payment provider cannot refund exactly that. The next amount that it can is %s.", "결제사가 이 금액을 환불할 수 없습니다. 가능한 다음 금액은 %s입니다."},

	"refund.title": {"Refund", "환불하기"},
	"refund.go":    {"Payment and refunds", "결제와 환불"},
	"refund.ask":   {"The customer is refunded. This cannot be undone.", "고객에게 환불되며 되돌릴 수 없습니다."},
	"refund.most":  {"At most %s.", "최대 %s"},
	"refund.do":    {"Refund it", "환불하기"},

	"ledger.title":    {"What was paid", "결제 내역"},
	"ledger.charge":   {"Charged", "결제"},
	"ledger.refund":   {"Refunded", "환불"},
	"ledger.left":     {"What is left", "남은 금액"},
	"ledger.pending":  {"being refunded", "환불 중"},
	"ledger.done":     {"done", "완료"},
	"ledger.failed":   {"could not be refunded yet", "환불 지연"},
	"ledger.goodwill": {"by the staff", "점주 환불"},
	"ledger.early":    {"the guests left early", "조기 퇴실"},
	"ledger.disputed": {"taken back by the customer's bank", "카드사 이의 제기"},
	"ledger.provider": {"refunded at the payment provider", "결제사 직접 환불"},

	"problem.refund_exceeds": {"More was asked for than is left. Nothing was refunded.", "남은 금액보다 많습니다. 환불하지 않았습니다."},
	"problem.not_charged":    {"Nothing was paid that could be refunded.", "환불할 결제가 없습니다."},
}
