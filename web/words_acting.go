package web

// actingWords are the texts of actions.
var actingWords = map[string]entry{
	"act.title":   {"What you can do", "할 수 있는 일"},
	"act.retry":   {"Try again now", "지금 다시 시도"},
	"act.cancel":  {"Cancel the order", "주문 취소"},
	"act.refund":  {"Refund", "환불하기"},
	"act.resolve": {"Record a payment by hand", "수동 환불 기록"},
	"act.settle":  {"Settle the lost order", "중단된 주문 정리"},

	"act.did.retry":    {"It is being tried again now.", "지금 다시 시도하고 있습니다."},
	"act.did.cancel":   {"The order is cancelled.", "주문을 취소했습니다."},
	"act.did.accepted": {"It is accepted and continues by itself.", "접수했으며 자동으로 진행됩니다."},
	"act.did.refund":   {"The refund is begun.", "환불을 시작했습니다."},
	"act.did.owed":     {"The payment provider cannot make the refund. It is owed: see below.", "결제사가 환불하지 못했습니다. 아래를 확인해 주세요."},
	"act.did.resolve":  {"It is recorded as paid by hand.", "수동으로 지급한 것으로 기록했습니다."},
	"act.did.settle":   {"The order is being undone. It goes on until nothing is owed.", "주문을 되돌리고 있습니다. 정산할 것이 없을 때까지 자동으로 진행됩니다."},

	"act.will": {"What it will do", "처리 내용"},
	"act.not":  {"Do nothing", "아무것도 하지 않기"},

	"act.says.retry":   {"Each step below is tried at once, not only when its time comes.", "아래의 각 단계를 예정 시각까지 기다리지 않고 바로 시도합니다."},
	"act.says.cancel":  {"The order is cancelled as if its customer did it, and they get back what the policy gives:", "고객이 취소한 것과 같이 취소하며, 환불 규정에 따라 환불합니다."},
	"act.says.undone":  {"What is held is released, and work on it is called off.", "확보한 재고를 풀고 진행 중인 작업을 중단합니다."},
	"act.says.refund":  {"The amount goes to customer %s, the way they paid. The order stays as it is. %s is left.", "고객 %s에게 결제한 방법으로 환불합니다. 주문은 그대로입니다. 남은 금액은 %s입니다."},
	"act.says.resolve": {"What is listed below is recorded as paid by you, and the payment provider is not asked for it any more. Pay it first.", "아래 금액을 직접 지급한 것으로 기록하고 결제사에 더 이상 요청하지 않습니다. 먼저 지급해 주세요."},
	"act.says.settle":  {"Its workflow was ended while the order was: %s. Its undos are begun anew, and the order ends as cancelled.", "주문이 ‘%s’ 상태일 때 처리가 중단되었습니다. 되돌리기를 다시 시작하며 주문은 취소됩니다."},
	"act.says.back":    {"%s is refunded to the customer.", "고객에게 %s을(를) 환불합니다."},

	"act.notified.nobody":   {"Nobody is notified.", "아무에게도 알리지 않습니다."},
	"act.notified.customer": {"The customer is notified.", "고객에게 알립니다."},
	"act.notified.all":      {"The customer is notified, and so are those who carry the order out.", "고객과 주문을 수행하는 담당자에게 알립니다."},
	"act.notified.resolve":  {"The customer is notified that they have their money, and the order continues by itself.", "고객에게 지급되었음을 알리고, 주문은 자동으로 진행됩니다."},

	"act.next":   {"Attempt %d, by itself at %s", "%d번째 시도, 자동 시도 시각 %s"},
	"act.paused": {"It is paused. Resume it first: temporal activity unpause", "일시 중지되었습니다. 먼저 재개하세요: temporal activity unpause"},

	"act.hint.reason":   {"Others read it in the log of what operators have done.", "운영 기록에서 다른 사람이 읽습니다."},
	"act.hint.evidence": {"How it was paid, so that others can find it: the number of a bank transfer, for example.", "다른 사람이 찾을 수 있게 지급 방법을 적으세요. 예: 계좌 이체 번호"},
	"field.evidence":    {"How it was paid", "지급 방법"},

	"act.impossible.retry":   {"No step of the order waits to be tried again.", "다시 시도할 단계가 없습니다."},
	"act.impossible.cancel":  {"The order cannot be cancelled in its present status.", "현재 상태에서는 취소할 수 없습니다."},
	"act.impossible.refund":  {"Nothing is left to refund.", "환불할 금액이 없습니다."},
	"act.impossible.resolve": {"No refund of the order waits for a person.", "직접 지급을 기다리는 환불이 없습니다."},
	"act.impossible.settle":  {"The order is not lost: it is worked on, or has come to its end.", "중단된 주문이 아닙니다. 처리 중이거나 이미 끝났습니다."},

	"act.since":    {"What others have done meanwhile", "그 사이에 다른 사람이 한 일"},
	"act.others":   {"What others are doing to it now", "지금 다른 사람이 하고 있는 일"},
	"act.operator": {"operator %s", "운영자 %s"},
	"act.command":  {"a command", "명령"},

	"act.done.retry":       {"tried again", "다시 시도"},
	"act.done.cancel":      {"cancelled the order", "주문 취소"},
	"act.done.refund":      {"refunded the customer", "환불"},
	"act.done.resolve":     {"recorded a payment by hand", "수동 환불 기록"},
	"act.done.settle":      {"settled the lost order", "중단된 주문 정리"},
	"act.done.look":        {"had the payment checked", "결제 확인"},
	"act.done.confirm":     {"confirmed it", "확정"},
	"act.done.reject":      {"rejected it", "거절"},
	"act.done.change":      {"changed it", "변경"},
	"act.done.no_show":     {"said that the guests did not come", "노쇼 처리"},
	"act.done.check_out":   {"checked the guests out early", "조기 퇴실 처리"},
	"act.done.deliver":     {"said that it was delivered", "배달 완료 처리"},
	"act.done.serve":       {"said that it was handed over", "전달 완료 처리"},
	"act.done.finish":      {"said that it is done", "청소 완료 처리"},
	"act.outcome.done":     {"done", "완료"},
	"act.outcome.accepted": {"goes on by itself", "진행 중"},
	"act.outcome.pending":  {"under way", "진행 중"},
	"act.outcome.failed":   {"failed", "실패"},

	"log.title":   {"What operators have done", "운영 기록"},
	"log.lead":    {"Newest first. No line is ever changed or removed. Where no outcome is named, it is not known yet, or its process has died: look at the order.", "최근 순서입니다. 기록은 바뀌거나 지워지지 않습니다. 결과가 없으면 아직 알 수 없거나 처리하던 프로세스가 종료된 것이므로 주문을 확인해 주세요."},
	"log.nothing": {"Nothing was done yet.", "아직 기록이 없습니다."},
	"log.bulk":    {"A part of an action on many orders", "여러 주문 처리의 일부"},

	"problem.acted_meanwhile":  {"Another operator has acted on the order since you looked at it. Nothing was done: look at what they did, and decide anew.", "그 사이에 다른 운영자가 이 주문을 처리했습니다. 아무것도 하지 않았습니다. 내용을 확인하고 다시 결정해 주세요."},
	"problem.nothing_to_retry": {"No step of the order waits to be tried again.", "다시 시도할 단계가 없습니다."},
	"problem.not_lost":         {"The order is not lost: there is nothing to settle.", "중단된 주문이 아니므로 정리할 것이 없습니다."},
	"problem.nothing_owed":     {"No refund of the order waits for a person.", "직접 지급을 기다리는 환불이 없습니다."},
	"problem.refund_pending":   {"The payment provider may make the refund yet. Cancel it there before you pay by hand.", "결제사에서 환불이 진행될 수 있습니다. 직접 지급하기 전에 결제사에서 취소해 주세요."},
	"problem.dispute_open":     {"The customer’s bank may take back the same money. Nothing was recorded.", "고객의 카드사가 같은 금액을 회수할 수 있습니다. 기록하지 않았습니다."},
}
