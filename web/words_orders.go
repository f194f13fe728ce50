package web

var orderWords = map[string]entry{
	"orders.title":  {"My orders", "내 주문"},
	"orders.all":    {"All", "전체"},
	"orders.kinds":  {"Which orders", "주문 종류"},
	"orders.none":   {"There is nothing here yet.", "아직 주문이 없습니다."},
	"orders.behind": {"The list does not show the latest change yet.", "최근 변경이 아직 목록에 반영되지 않았습니다."},

	"what.lodging":  {"%[2]s, %[1]d room|%[2]s, %[1]d rooms", "%[2]s, 객실 %[1]d개"},
	"what.food":     {"%[2]s, %[1]d portion|%[2]s, %[1]d portions", "%[2]s, %[1]d인분"},
	"what.cafe":     {"%[2]s, %[1]d cup|%[2]s, %[1]d cups", "%[2]s, %[1]d잔"},
	"what.cleaning": {"Cleaning", "청소"},

	"day.form":   {"%[4]s %[3]s %[2]s %[1]s", "%[1]s년 %[2]s %[3]s일 (%[4]s)"},
	"month.form": {"%[2]s %[1]s", "%[1]s년 %[2]s"},

	"month.1": {"Jan", "1월"}, "month.2": {"Feb", "2월"}, "month.3": {"Mar", "3월"}, "month.4": {"Apr", "4월"},
	"month.5": {"May", "5월"}, "month.6": {"Jun", "6월"}, "month.7": {"Jul", "7월"}, "month.8": {"Aug", "8월"},
	"month.9": {"Sep", "9월"}, "month.10": {"Oct", "10월"}, "month.11": {"Nov", "11월"}, "month.12": {"Dec", "12월"},

	"day.0": {"Sun", "일"}, "day.1": {"Mon", "월"}, "day.2": {"Tue", "화"}, "day.3": {"Wed", "수"},
	"day.4": {"Thu", "목"}, "day.5": {"Fri", "금"}, "day.6": {"Sat", "토"},

	"order.checkin":   {"Check-in", "체크인"},
	"order.checkout":  {"Check-out", "체크아웃"},
	"order.day":       {"Day", "날짜"},
	"order.address":   {"Address", "주소"},
	"order.location":  {"Where to clean", "청소할 곳"},
	"order.cleaner":   {"Who comes", "담당자"},
	"order.price":     {"Price", "가격"},
	"order.placed":    {"Ordered", "주문 시각"},
	"order.why":       {"Why", "취소 사유"},
	"order.payby":     {"To be paid until", "결제 대기 기한"},
	"order.confirmby": {"Confirm the payment by", "결제 확인 기한"},
	"confirm.lead":    {"Your bank asks you to confirm the payment. Until then nothing is paid, and your order waits.", "은행에서 결제 확인을 요청했습니다. 확인하기 전에는 결제되지 않으며, 주문은 대기합니다."},
	"confirm.go":      {"Confirm the payment", "결제 확인하기"},
	"order.number":    {"Number", "주문 번호"},
	"order.payment":   {"Payment: %s", "결제 상태: %s"},
	"order.way":       {"What has happened", "진행 상황"},
	"order.promised":  {"Your decision was accepted. It is carried out as soon as it can be.", "요청을 받았습니다. 가능한 대로 바로 처리됩니다."},
	"order.attention": {"This takes longer than it should. Somebody is asked to look at it.", "처리가 늦어지고 있어 담당자가 확인 중입니다."},
	"order.earlier":   {"It may have been ordered already: look here.", "이미 주문되었을 수 있습니다. 여기에서 확인해 주세요."},

	"step.next":      {"still to come", "예정"},
	"step.refused":   {"A decision came too late and was not carried out", "결정이 늦어 반영되지 않았습니다"},
	"step.refund":    {"%s is refunded", "%s 환불 결정"},
	"step.byhand":    {"A refund was paid by hand", "환불을 직접 지급함"},
	"step.refunding": {"%s is being refunded", "%s 환불 중"},
	"step.refunded":  {"%s was refunded", "%s 환불 완료"},
	"step.owed":      {"%s could not be refunded yet", "%s 환불 지연"},
	"step.otherwise": {"%s was refunded in another way", "%s 다른 방법으로 환불됨"},
	"step.unmade":    {"The refund of %s is not made any more", "%s 환불 종료"},

	"quote.title": {"If you cancel", "취소하면"},
	"quote.now":   {"Now", "지금"},
	"quote.until": {"Until %s", "%s까지"},
	"quote.after": {"After %s", "%s 이후"},
	"quote.back":  {"%s back", "%s 환불"},
	"quote.kept":  {"(%s is kept)", "(%s 공제)"},

	"quote.free":   {"It costs nothing, so nothing is refunded.", "무료이므로 환불되는 금액이 없습니다."},
	"quote.unpaid": {"Nothing has been paid yet: you pay nothing.", "아직 결제되지 않았습니다. 청구되는 금액이 없습니다."},

	"cancel.title":          {"Cancel this order?", "이 주문을 취소할까요?"},
	"cancel.ask":            {"Cancel this order", "주문 취소"},
	"cancel.do":             {"Cancel the order", "취소하기"},
	"cancel.not":            {"Keep it", "그대로 두기"},
	"cancel.until.lodging":  {"You can cancel until check-in: %s.", "체크인(%s) 전까지 취소할 수 있습니다."},
	"cancel.until.checkin":  {"You can cancel until check-in.", "체크인 전까지 취소할 수 있습니다."},
	"cancel.until.food":     {"You can cancel until it has been delivered, if the delivery can still be stopped.", "배달이 끝나기 전까지, 배달을 멈출 수 있으면 취소할 수 있습니다."},
	"cancel.until.cafe":     {"You can cancel until it has been handed over.", "음료를 받기 전까지 취소할 수 있습니다."},
	"cancel.until.cleaning": {"You can cancel until the cleaning is done.", "청소가 끝나기 전까지 취소할 수 있습니다."},

	"cancel.reason": {"Optional. The order's history shows it.", "원하시면 적어 주세요. 주문 기록에 남습니다."},

	"messages.none": {"No messages yet.", "아직 받은 알림이 없습니다."},
}
