package web

// demoWords are the texts of the demonstration.
var demoWords = map[string]entry{
	"nav.demo":   {"Demo", "데모"},
	"demo.title": {"Watch it fail and heal", "고장 나고 회복되는 모습"},
	"demo.lead": {
		"People order, decide, cancel and change their minds, while services fail in turn. Each order that meets a failure comes to where it belongs, and the audit at the end proves it.",
		"사람들이 주문하고 승인하고 취소하고 변경하는 동안 서비스가 차례로 고장 납니다. 고장을 만난 주문도 모두 제자리를 찾고, 마지막 점검이 이를 확인합니다.",
	},

	"demo.idle":     {"Does not run", "실행 중 아님"},
	"demo.opening":  {"Places, menus and drinks are being filled in", "숙소와 메뉴를 등록하는 중"},
	"demo.calm":     {"People order; everything works", "주문이 들어오고 모두 정상"},
	"demo.failing":  {"A service fails", "서비스 고장"},
	"demo.healing":  {"The service is back; orders heal", "서비스가 돌아와 주문이 회복되는 중"},
	"demo.ending":   {"No more orders; those under way are finished", "새 주문 없이 진행 중인 주문을 마치는 중"},
	"demo.auditing": {"The audit looks at everything", "전체를 점검하는 중"},

	"demo.start":      {"Start the demonstration", "데모 시작하기"},
	"demo.start.says": {"Orders of the demonstration accounts are placed, and services of this yeyak dev fail. It runs until it is stopped.", "데모 계정으로 주문을 넣고, 이 yeyak dev의 서비스를 고장 냅니다. 멈출 때까지 계속됩니다."},
	"demo.stop":       {"Stop, and run the audit", "멈추고 점검하기"},
	"demo.stop.says":  {"Orders under way are finished; then everything is compared with everything.", "진행 중인 주문을 마친 뒤 전체를 서로 비교합니다."},
	"demo.whose":      {"An operator can start and stop it: log in as Olga.", "운영자가 시작하고 멈출 수 있습니다. Olga로 로그인해 주세요."},

	"demo.now":          {"What fails now", "지금 고장"},
	"demo.past":         {"What has failed and healed", "고장 났다가 회복된 것"},
	"demo.figures":      {"Orders", "주문"},
	"demo.count":        {"%d order|%d orders", "%d건"},
	"demo.orders":       {"Placed", "접수"},
	"demo.finished":     {"Where they belong", "제자리를 찾음"},
	"demo.hurt":         {"Have met a failure", "고장을 만남"},
	"demo.healed":       {"Of those healed", "그중 회복"},
	"demo.examples":     {"Healed, for example:", "회복된 주문:"},
	"demo.waiting":      {"Waiting now:", "지금 기다리는 주문:"},
	"demo.fails.none":   {"It fails. No order has met that yet.", "고장 중입니다. 아직 만난 주문이 없습니다."},
	"demo.fails":        {"It fails. %d order has met that, and %d healed already.|It fails. %d orders have met that, and %d healed already.", "고장 중입니다. %d건이 만났고 %d건은 이미 회복됐습니다."},
	"demo.heals":        {"It is back. %d order has met that, and %d healed.|It is back. %d orders have met that, and %d healed.", "돌아왔습니다. %d건이 만났고 %d건이 회복됐습니다."},
	"demo.healed.after": {"%d order healed. It failed for %d s, and all was well %d s later.|%d orders healed. It failed for %d s, and all was well %d s later.", "%d건 모두 회복. %d초 동안 고장 났고, %d초 뒤 모두 정상이 됐습니다."},

	"demo.slow":       {"Slow payment provider", "느린 결제사"},
	"demo.slow.why":   {"It takes seconds for each answer. Orders are taken at once, and paid when their turn comes.", "답마다 몇 초가 걸립니다. 주문은 바로 접수되고, 차례가 오면 결제됩니다."},
	"demo.away":       {"Inventory away", "재고 서비스 중단"},
	"demo.away.why":   {"No worker serves it. Stays wait for it with their payment taken; drinks are refused for now and ordered again.", "재고를 맡은 워커가 없습니다. 숙소 예약은 결제된 채 기다리고, 음료는 거절됐다가 다시 주문됩니다."},
	"demo.killed":     {"Worker killed", "워커 강제 종료"},
	"demo.killed.why": {"It lost all that it had in hand. The next one goes on where each order's history ends.", "처리 중이던 것을 모두 잃었습니다. 다음 워커가 각 주문의 기록이 끝난 곳부터 이어 갑니다."},

	"demo.result":  {"How the last one ended", "지난 데모의 결과"},
	"demo.clean":   {"The audit has found nothing wrong: money, stock, work and pages agree.", "점검 결과 문제가 없습니다. 결제, 재고, 작업, 페이지가 모두 일치합니다."},
	"demo.unclean": {"The audit has found something wrong.", "점검에서 문제가 발견됐습니다."},
	"demo.failed":  {"It did not come to its end.", "끝까지 진행되지 못했습니다."},
	"demo.banner":  {"Demonstration:", "데모:"},
}
