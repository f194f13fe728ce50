package web

// problemWords say what went wrong, by the code of it. A code without an entry is
// explained by problem.other.
var problemWords = map[string]entry{
	"problem.title":   {"That did not work", "처리하지 못했습니다"},
	"problem.code":    {"Code: %s", "코드: %s"},
	"problem.home":    {"Go to the first page", "첫 화면으로 가기"},
	"problem.again":   {"Try again in a moment.", "잠시 후 다시 시도해 주세요."},
	"problem.fields":  {"Please check what is marked below.", "아래에 표시된 내용을 확인해 주세요."},
	"problem.other":   {"It was refused. Nothing was changed.", "요청이 거절되었습니다. 변경된 것은 없습니다."},
	"problem.outside": {"A part that this needs is away. Nothing was changed.", "필요한 서비스에 연결할 수 없습니다. 변경된 것은 없습니다."},

	"problem.not_found":            {"There is nothing here, or it is not yours to see.", "없는 페이지이거나 볼 수 없는 내용입니다."},
	"problem.not_allowed":          {"You may not do this.", "권한이 없습니다."},
	"problem.unauthenticated":      {"Your session is over. Log in and try again: nothing was changed.", "로그인이 만료되었습니다. 다시 로그인해 주세요. 변경된 것은 없습니다."},
	"problem.login_failed":         {"The login was broken off or took too long.", "로그인이 중단되었거나 시간이 초과되었습니다."},
	"problem.cross_origin":         {"A page of another site sent this. Nothing was done.", "다른 사이트에서 보낸 요청입니다. 처리하지 않았습니다."},
	"problem.too_many_requests":    {"You have sent too many requests.", "요청이 너무 많습니다."},
	"problem.overloaded":           {"More is going on here than can be served. Nothing was done.", "요청이 몰려 처리할 수 없습니다. 처리된 것은 없습니다."},
	"problem.internal":             {"Something is wrong on our side. It has been logged.", "내부 오류가 발생했습니다. 기록해 두었습니다."},
	"problem.invalid_cursor":       {"This part of the list is not there any more.", "목록의 이 부분은 더 이상 없습니다."},
	"problem.unavailable":          {"A part that this needs is away.", "필요한 서비스에 연결할 수 없습니다."},
	"problem.order_unreachable":    {"Those who work on the order do not answer. It may still take this in: look again in a moment.", "주문 처리 담당에 연결되지 않습니다. 요청이 반영될 수도 있으니 잠시 후 확인해 주세요."},
	"problem.delivery_unavailable": {"The delivery service does not answer. The order stands; nothing was changed.", "배달 서비스에 연결되지 않습니다. 주문은 그대로입니다."},
}
