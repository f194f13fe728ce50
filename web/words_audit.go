package web

// auditWords are the texts of the page of audits.
var auditWords = map[string]entry{
	"audit.title": {"Is everything as it should be?", "모든 것이 정상인가요?"},

	"audit.done":      {"Last audit", "마지막 점검"},
	"audit.never":     {"There was none yet", "아직 없습니다"},
	"audit.orders":    {"Checked", "점검한 주문"},
	"audit.count":     {"%d order|%d orders", "주문 %d건"},
	"audit.notjudged": {"Did not answer", "응답하지 않은 주문"},
	"audit.last":      {"The audit after it", "그다음 점검"},
	"audit.why":       {"Why", "이유"},

	"audit.state.waiting": {"waits for a worker", "대기 중"},
	"audit.state.running": {"is running", "진행 중"},
	"audit.state.failed":  {"could not look at everything", "끝까지 점검하지 못함"},

	"audit.run":      {"Run an audit now", "지금 점검하기"},
	"audit.run.says": {"All orders are compared with money, stock, work and pages. Nothing is changed.", "모든 주문을 결제, 재고, 작업, 페이지와 비교합니다. 아무것도 바꾸지 않습니다."},
	"audit.open":     {"An audit is under way. Load the page again to see what it finds.", "점검이 진행 중입니다. 페이지를 새로 고치면 결과가 표시됩니다."},

	"audit.findings": {"What is wrong", "문제가 있는 것"},
	"audit.nothing":  {"Nothing that was checked is wrong.", "점검한 것 중 문제가 없습니다."},
	"audit.remedy":   {"What to do", "해결 방법"},
	"audit.since":    {"Since", "처음 발견"},

	"audit.kind.money":        {"Money", "결제"},
	"audit.kind.provider":     {"Payment provider", "결제사"},
	"audit.kind.stock":        {"Stock", "재고"},
	"audit.kind.delivery":     {"Delivery", "배달"},
	"audit.kind.production":   {"Production", "제조"},
	"audit.kind.cleaner":      {"Cleaner", "청소 기사"},
	"audit.kind.registration": {"Registration", "등록"},
	"audit.kind.message":      {"Message", "알림"},
	"audit.kind.mypage":       {"Page", "페이지"},
	"audit.kind.abandoned":    {"Abandoned order", "중단된 주문"},
	"audit.kind.unreadable":   {"Unreadable", "읽을 수 없음"},
	"audit.kind.catalogue":    {"Catalogue", "상품 정보"},
	"audit.kind.feed":         {"Event feed", "이벤트 피드"},
	"audit.kind.inbox":        {"Inbox", "접수함"},
	"audit.kind.decision":     {"Decision", "결정"},
}
