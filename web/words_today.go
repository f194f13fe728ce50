package web

var todayWords = map[string]entry{
	"nav.today":    {"Today", "오늘"},
	"nav.earnings": {"Earnings", "수입"},

	"today.arrivals":    {"Who comes today", "오늘 체크인"},
	"today.departures":  {"Who leaves today", "오늘 체크아웃"},
	"today.productions": {"What is made for today", "오늘 제조"},
	"today.deliveries":  {"What is being delivered", "배달 중"},
	"today.more":        {"You have more orders than were searched: something may be missing here.", "주문이 많아 다 찾지 못했습니다. 여기에 빠진 것이 있을 수 있습니다."},

	"fault.period": {"This must not be before the first day, nor more than a year later.", "첫날보다 빠를 수 없고 최대 1년까지 가능합니다."},

	"earnings.from":    {"First day", "시작일"},
	"earnings.until":   {"Last day", "종료일"},
	"earnings.orders":  {"Paid orders", "결제된 주문"},
	"earnings.charged": {"Charged", "결제 금액"},
	"earnings.back":    {"Refunded", "환불 금액"},
	"earnings.kept":    {"Earned", "수입"},
	"earnings.none":    {"Nothing was paid in this time.", "이 기간에 결제된 주문이 없습니다."},
	"earnings.more":    {"There are more orders than were added up: choose a shorter time.", "주문이 많아 다 더하지 못했습니다. 기간을 줄여 주세요."},
	"earnings.how":     {"Of orders placed on these days. Pending refunds count as refunded.", "이 기간에 접수된 주문의 합계입니다. 환불 중인 금액은 환불로 계산됩니다."},
}
