package web

// changeWords are the texts of changing the nights or rooms of a reservation, or the number
// of drinks.
var changeWords = map[string]entry{
	"change.title":  {"Change the reservation", "예약 변경"},
	"change.ask":    {"Change dates or rooms", "날짜·객실 변경"},
	"change.quote":  {"What would it cost?", "금액 확인"},
	"change.comes":  {"If you change it", "변경하면"},
	"change.charge": {"You pay now", "지금 결제할 금액"},
	"change.refund": {"You get back", "환불 금액"},
	"change.keep":   {"Kept by the policy", "정책에 따른 공제 금액"},
	"change.amount": {"The reservation costs then", "변경 후 예약 금액"},
	"change.owner":  {"The owner has to confirm the change. Until then the reservation stays as it is.", "점주가 변경을 승인해야 합니다. 그 전까지 예약은 그대로 유지됩니다."},
	"change.full":   {"There are not enough rooms for this.", "이 날짜에는 객실이 부족합니다."},
	"change.do":     {"Change it", "변경하기"},
	"change.stays":  {"The reservation stays as it is.", "예약은 그대로입니다."},
	"change.not":    {"Keep it", "그대로 두기"},
	"change.back":   {"Back to the order", "주문으로 돌아가기"},
	"change.asked":  {"Asks for a change", "변경 요청"},
	"change.begun":  {"It is being changed: %s to %s, rooms: %d. It stays as it is until that is done.", "변경 중입니다: %s ~ %s, 객실 %d개. 완료될 때까지 예약은 그대로 유지됩니다."},
	"change.waits": {
		"A change waits for the owner: %s to %s, rooms: %d. The owner may decide until %s. The reservation stays as it is until then.",
		"변경이 점주의 승인을 기다립니다: %s ~ %s, 객실 %d개. %s까지 결정할 수 있으며, 그 전까지 예약은 그대로 유지됩니다.",
	},
	"change.decide": {
		"The customer asks for a change: %s to %s, rooms: %d. Decide until %s. The reservation stays as it is until then.",
		"고객이 변경을 요청했습니다: %s ~ %s, 객실 %d개. %s까지 결정해 주세요. 그 전까지 예약은 그대로 유지됩니다.",
	},
	"change.to": {"Asks for", "요청한 변경"},
	"change.is": {"%s to %s, rooms: %d", "%s ~ %s, 객실 %d개"},

	"change.cups.title":  {"Change how many", "수량 변경"},
	"change.cups.amount": {"The order costs then", "변경 후 주문 금액"},
	"change.cups.full":   {"There are not enough left for this.", "남은 수량이 부족합니다."},
	"change.cups.stays":  {"The order stays as it is.", "주문은 그대로입니다."},
	"change.cups.begun": {
		"It is being changed, to %d. It stays as it is until that is done.", "수량을 %d잔으로 변경 중입니다. 완료될 때까지 주문은 그대로 유지됩니다.",
	},

	// These replace the words about new orders.
	"change.problem.sold_out":              {"There is not enough left. Nothing was changed.", "남은 수량이 부족합니다. 변경하지 않았습니다."},
	"change.problem.menu_deleted":          {"This is no longer sold. Nothing was changed.", "더 이상 판매하지 않습니다. 변경하지 않았습니다."},
	"change.problem.cafe_unavailable":      {"The café cannot be asked at the moment. Nothing was changed.", "카페에 연결할 수 없습니다. 변경하지 않았습니다."},
	"change.problem.payment_unavailable":   {"Payments cannot be made at the moment. Nothing was changed.", "지금은 결제할 수 없습니다. 변경하지 않았습니다."},
	"change.problem.payment_declined":      {"The payment was declined. Nothing was changed.", "결제가 거절되었습니다. 변경하지 않았습니다."},
	"change.problem.rejected_by_owner":     {"The owner has refused the change.", "점주가 변경을 거절했습니다."},
	"change.problem.temporal_unavailable":  {"Changes cannot be accepted at the moment.", "지금은 변경할 수 없습니다."},
	"change.problem.inventory_unavailable": {"It cannot be checked at the moment whether there is enough. Nothing was changed.", "지금은 재고를 확인할 수 없습니다. 변경하지 않았습니다."},
	"change.problem.decisions_exhausted":   {"This order has been changed so often that it cannot be changed any more. It can still be cancelled.", "변경 횟수가 너무 많아 더 이상 변경할 수 없습니다. 취소는 가능합니다."},

	"step.changed": {"Changed", "변경됨"},
	"step.not":     {"The change was not made", "변경되지 않음"},

	"problem.version_changed": {"It has changed since you looked at it. Nothing was done.", "그 사이에 내용이 바뀌어 처리하지 않았습니다."},
	"problem.change_pending":  {"Another change is under way. Nothing was changed.", "다른 변경이 진행 중입니다. 변경하지 않았습니다."},
	"problem.not_changeable":  {"It cannot be changed so. Nothing was changed.", "이렇게 변경할 수 없습니다. 변경하지 않았습니다."},
}
