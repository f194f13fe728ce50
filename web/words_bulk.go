package web

// bulkWords are the texts of bulk actions.
var bulkWords = map[string]entry{
	"bulk.title":   {"Act on many orders", "여러 주문 처리"},
	"bulk.one":     {"Many orders: %s", "여러 주문: %s"},
	"bulk.lead":    {"A dry run comes first: it names the orders and does nothing.", "먼저 모의 실행으로 대상 주문을 확인합니다. 아무것도 바꾸지 않습니다."},
	"bulk.action":  {"What to do", "할 일"},
	"bulk.kind":    {"Kind", "종류"},
	"bulk.status":  {"Status", "상태"},
	"bulk.trouble": {"What is wrong", "문제"},
	"bulk.owner":   {"Owner", "점주"},
	"bulk.item":    {"Place, menu or drink", "숙소, 메뉴 또는 음료"},
	"bulk.before":  {"Placed before", "주문 시각 이전"},
	"bulk.by":      {"By", "처리자"},
	"bulk.planned": {"Dry run", "모의 실행"},
	"bulk.any":     {"Any", "전체"},
	"bulk.plan":    {"Dry run", "모의 실행하기"},
	"bulk.earlier": {"Earlier ones", "이전 처리"},
	"bulk.count":   {"%d order|%d orders", "주문 %d건"},

	"field.item":  {"Number of the place, menu or drink", "숙소, 메뉴 또는 음료 번호"},
	"field.hours": {"Placed at least so many hours ago", "주문 후 지난 시간(시간)"},

	"bulk.trouble.attention": {"Needs attention", "확인 필요"},
	"bulk.trouble.undo":      {"Is being undone", "되돌리는 중"},
	"bulk.trouble.disputed":  {"Payment is disputed", "결제 이의 제기 중"},
	"bulk.trouble.lost":      {"Lost its workflow", "처리 중단됨"},

	"bulk.fault.hours":  {"A whole number of hours, a year at most.", "1년 이내의 시간을 정수로 입력해 주세요."},
	"bulk.fault.filter": {"Say which orders: all of them are too many.", "대상 주문을 선택해 주세요. 전체를 처리할 수는 없습니다."},
	"bulk.fault.lost":   {"Only lost orders can be settled, and nothing else can be done to them.", "정리는 처리가 중단된 주문에만 할 수 있고, 중단된 주문에는 다른 일을 할 수 없습니다."},
	"bulk.fault.other":  {"Something in the form cannot be used.", "입력한 내용을 사용할 수 없습니다."},

	"bulk.state.planned": {"Dry run: nothing was done", "모의 실행: 처리된 것 없음"},
	"bulk.state.running": {"Under way", "진행 중"},
	"bulk.state.stopped": {"Stopped", "중지됨"},
	"bulk.state.done":    {"Done", "완료"},

	"bulk.would":       {"It would be done to %d order: %s.|It would be done to %d orders: %s.", "대상은 주문 %d건입니다: %s"},
	"bulk.more":        {"There are more: one action takes %d. Make another dry run after it.", "대상이 더 있습니다. 한 번에 %d건까지 처리하므로, 끝난 후 다시 모의 실행해 주세요."},
	"bulk.says.cancel": {"Each of these orders is cancelled as if its customer did it: what the policy gives goes back, what is held is released, work is called off, and customers and those who carry the orders out are notified. An order that has changed by then is left as it is.", "각 주문을 고객이 취소한 것과 같이 취소합니다. 규정에 따라 환불하고, 재고를 풀고, 작업을 중단하며, 고객과 담당자에게 알립니다. 그 사이에 바뀐 주문은 그대로 둡니다."},
	"bulk.says.retry":  {"The steps of these orders that wait to be tried again are tried at once. Nobody is notified.", "다시 시도를 기다리는 단계를 바로 시도합니다. 아무에게도 알리지 않습니다."},
	"bulk.says.settle": {"The undos of these orders are begun anew: payments are refunded, what is held is released, and they end as cancelled. Customers and those who carry the orders out are notified.", "각 주문의 되돌리기를 다시 시작합니다. 환불하고 재고를 풀며 주문은 취소됩니다. 고객과 담당자에게 알립니다."},
	"bulk.run":         {"Do it to this %d order|Do it to these %d orders", "이 주문 %d건 처리하기"},
	"bulk.stop":        {"Stop", "중지"},
	"bulk.stop.says":   {"Stop: no further order is acted on. What was done is not undone.", "중지하면 남은 주문은 처리하지 않습니다. 이미 처리한 것은 되돌리지 않습니다."},
	"bulk.again":       {"Load again", "새로 고침"},
	"bulk.goes":        {"It goes on by itself, also when this page is closed.", "이 페이지를 닫아도 계속 진행됩니다."},
	"bulk.progress":    {"%d of %d orders", "주문 %d / %d건"},
	"bulk.changed":     {"%d order has changed since the dry run and was left as it is.|%d orders have changed since the dry run and were left as they are.", "모의 실행 이후 바뀐 주문 %d건은 그대로 두었습니다."},
	"bulk.first":       {"The first of them", "대상 주문 일부"},
	"bulk.left":        {"To these it was not done", "처리하지 않은 주문"},

	"bulk.result.done":    {"Done, or goes on by itself", "완료 또는 진행 중"},
	"bulk.result.changed": {"Changed since: left as they are", "바뀌어 그대로 둔 주문"},
	"bulk.result.refused": {"Do not allow it", "처리할 수 없는 주문"},
	"bulk.result.failed":  {"Did not answer", "응답하지 않은 주문"},

	"problem.bulk_not_planned": {"It was run or stopped before. Make another dry run.", "이미 실행했거나 중지했습니다. 다시 모의 실행해 주세요."},
	"problem.bulk_outdated":    {"The dry run is older than an hour. Make another one.", "모의 실행한 지 한 시간이 지났습니다. 다시 모의 실행해 주세요."},
}
