package web

var deskWords = map[string]entry{
	"nav.desk":        {"Decisions", "승인"},
	"nav.deliveries":  {"Deliveries", "배달"},
	"nav.kitchen":     {"Kitchen", "제조"},
	"nav.assignments": {"My calls", "내 호출"},

	"home.work": {"What is there to do?", "무엇을 할까요?"},

	"field.owner": {"The owner's number", "점주 번호"},

	"desk.show":    {"Show", "보기"},
	"desk.waiting": {"What waits for you", "승인을 기다리는 예약"},
	"desk.nothing": {"Nothing waits for a decision.", "승인을 기다리는 예약이 없습니다."},
	"desk.more":    {"There is more than this page shows. It follows as soon as something here is decided.", "더 있습니다. 여기에서 처리하면 이어서 표시됩니다."},
	"desk.unsearched": {
		"You have more confirmed reservations than are searched for changes. A change of an older one may be missing here: the messages have it.",
		"승인된 예약이 많아 변경 요청을 모두 찾지 못했습니다. 오래된 예약의 변경 요청은 알림에서 확인해 주세요.",
	},
	"desk.due":  {"Decide until", "승인 기한"},
	"desk.soon": {"Soon", "임박"},

	"decide.confirm":    {"Confirm", "승인하기"},
	"decide.reject":     {"Refuse", "거절하기"},
	"decide.reject.ask": {"The customer gets everything back, and sees the reason on the order's page.", "고객에게 전액 환불되며, 고객은 주문 페이지에서 사유를 볼 수 있습니다."},
	"decide.noshow":     {"The guests have not come", "노쇼 처리하기"},
	"decide.noshow.ask": {"The reservation ends, and what the policy keeps is kept.", "예약이 끝나고 정책에 따른 금액이 공제됩니다."},
	"decide.leave":      {"The guests have left early", "조기 퇴실 처리하기"},
	"decide.leave.ask":  {"The stay ends now, and the nights that are left are free again.", "숙박이 지금 끝나고 남은 밤은 다시 예약할 수 있게 됩니다."},
	"decide.deliver":    {"Delivered", "배달 완료"},
	"decide.serve":      {"Handed over", "전달 완료"},
	"decide.finish":     {"Done", "청소 완료"},
	"decide.words":      {"The order's history shows it.", "주문 기록에 남습니다."},

	"work.nothing": {"There is nothing to do.", "할 일이 없습니다."},
	"work.free":    {"You have no call. The next one comes to you by itself.", "배정된 호출이 없습니다. 다음 호출은 자동으로 배정됩니다."},
	"work.since":   {"Since", "시작 시각"},
	"work.for":     {"For", "고객"},
}
