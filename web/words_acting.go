package web

// actingWords are those of what operators do to orders.
var actingWords = map[string]entry{
	"act.title":   {"What you can do", "할 수 있는 일"},
	"act.retry":   {"Try again now", "지금 다시 시도"},
	"act.cancel":  {"Cancel the order", "주문 취소"},
	"act.refund":  {"Give money back", "환불하기"},
	"act.resolve": {"Record a payment by hand", "수동 환불 기록"},
	"act.settle":  {"Settle the lost order", "중단된 주문 정리"},

	"act.did.retry":   {"It is being tried again now.", "지금 다시 시도하고 있습니다."},
	"act.did.cancel":  {"The order is cancelled.", "주문을 취소했습니다."},
	"act.did.taken":   {"It is taken and goes on by itself.", "접수했으며 자동으로 진행됩니다."},
	"act.did.refund":  {"The refund is begun.", "환불을 시작했습니다."},
	"act.did.resolve": {"It is recorded as paid by hand.", "수동으로 지급한 것으로 기록했습니다."},
	"act.did.settle":  {"The order is being undone. It goes on until nothing is owed.", "주문을 되돌리고 있습니다. 정산할 것이 없을 때까지 자동으로 진행됩니다."},
}
