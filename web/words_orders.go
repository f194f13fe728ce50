package web

var orderWords = map[string]entry{
	"orders.title":  {"My orders", "내 주문"},
	"orders.all":    {"All", "전체"},
	"orders.kinds":  {"Which orders", "주문 종류"},
	"orders.none":   {"There is nothing here yet.", "아직 주문이 없습니다."},
	"orders.behind": {"The list does not show your latest change yet.", "최근 변경이 아직 목록에 반영되지 않았습니다."},

	"what.lodging":  {"%[1]s, %[2]d × room", "%[1]s, 객실 %[2]d개"},
	"what.food":     {"%[1]s, %[2]d × portion", "%[1]s, %[2]d인분"},
	"what.cafe":     {"%[1]s, %[2]d × cup", "%[1]s, %[2]d잔"},
	"what.cleaning": {"Cleaning", "청소"},

	"day.0": {"Sun", "일"}, "day.1": {"Mon", "월"}, "day.2": {"Tue", "화"}, "day.3": {"Wed", "수"},
	"day.4": {"Thu", "목"}, "day.5": {"Fri", "금"}, "day.6": {"Sat", "토"},
}
