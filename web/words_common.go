package web

var commonWords = map[string]entry{
	"site.name":       {"Yeyak", "예약"},
	"site.skip":       {"Skip to content", "본문으로 건너뛰기"},
	"site.navigation": {"Main", "주 메뉴"},
	"site.language":   {"Language", "언어"},
	"language.en":     {"English", "English"}, // each in its own language
	"language.ko":     {"한국어", "한국어"},
	"site.yes":        {"Yes", "예"},
	"site.no":         {"No, go back", "아니요, 돌아가기"},

	"nav.rooms":    {"Rooms", "숙소"},
	"nav.meals":    {"Meals", "음식"},
	"nav.drinks":   {"Drinks", "음료"},
	"nav.cleaning": {"Cleaning", "청소"},
	"nav.orders":   {"My orders", "내 주문"},
	"nav.cards":    {"My cards", "내 카드"},
	"nav.messages": {"Messages", "알림"},
	"nav.login":    {"Log in", "로그인"},
	"nav.logout":   {"Log out", "로그아웃"},

	"home.title":    {"What would you like to order?", "무엇을 주문할까요?"},
	"home.welcome":  {"Rooms, meals, drinks and cleaning", "숙소, 음식, 음료, 청소"},
	"home.promise":  {"Every order is completed, or undone completely: money, rooms and all.", "모든 주문은 끝까지 처리되거나, 결제와 재고까지 완전히 되돌려집니다."},
	"home.login":    {"Log in to order", "로그인하고 주문하기"},
	"home.rooms":    {"A room for some nights, free on every one of them", "숙박 기간 내내 비어 있는 방"},
	"home.meals":    {"A meal, brought to your door", "집 앞까지 배달되는 음식"},
	"home.drinks":   {"A drink, made for the day you come", "방문하는 날에 맞춰 준비되는 음료"},
	"home.cleaning": {"Somebody who cleans, as soon as one is free", "가능한 담당자가 바로 찾아가는 청소"},

	"list.more":  {"Show more", "더 보기"},
	"list.first": {"Back to the beginning", "처음으로"},
}
