package web_test

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/orders"
	"github.com/yeyak/yeyak/workflows/contract"
)

// accept publishes an accepted order under the prepared id, as its saga would.
func (s *site) accept(a orders.Attempt) (orders.Outcome, error) {
	input := map[booking.Kind]contract.Input{
		booking.Lodging:  contract.Lodging{Order: order(a.OrderID, "alice", a.Price().Amount), Place: seaside, CheckIn: arrival, CheckOut: leaving, Rooms: 2}.WithInstants(),
		booking.Food:     contract.Food{Order: order(a.OrderID, "alice", a.Price().Amount), Menu: bibimbap, Quantity: 2, Address: "12 Sejong-daero"},
		booking.Cafe:     contract.Cafe{Order: order(a.OrderID, "alice", a.Price().Amount), Drink: latte, Quantity: 2}.WithInstants(),
		booking.Cleaning: contract.Cleaning{Order: order(a.OrderID, "alice", a.Price().Amount), Tel: "+8221234567", Location: "12 Sejong-daero"},
	}[booking.KindOf(a.OrderID)]
	kind := input.View().Kind
	return orders.Outcome{View: s.publish(input, acceptedStatus[kind]), Done: true, OrderID: a.OrderID}, nil
}

// submit sends the form of the page with this action, with these fields filled in.
func (b *browser) submit(at shown, action string, fields ...string) shown {
	b.Helper()
	form := at.form(b.T, action)
	for n := 0; n < len(fields); n += 2 {
		form.Set(fields[n], fields[n+1])
	}
	return b.send(http.MethodPost, b.site.url+action, form)
}

// TestOrder: from the search to the order, with forms alone, in every business.
func TestOrder(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		from, link, action string
		fields             []string
		price, shows       string
	}{
		"Rooms": {
			"/rooms?checkIn=" + arrival.String() + "&checkOut=" + leaving.String() + "&rooms=2",
			"/rooms/place-seaside?checkIn=" + arrival.String() + "&amp;checkOut=" + leaving.String() + "&amp;rooms=2",
			"/rooms/place-seaside", nil, "₩200,000", "Seaside Inn, 2 × room",
		},
		"Meal":     {"/meals", "/meals/menu-bibimbap", "/meals/menu-bibimbap", []string{"address", "12 Sejong-daero"}, "₩9,000", "Bibimbap, 2 × portion"},
		"Drink":    {"/drinks", "/drinks/drink-latte", "/drinks/drink-latte", nil, "₩4,500", "Latte, 2 × cup"},
		"Cleaning": {"/", "/cleaning", "/cleaning", []string{"tel", "02-123-4567", "location", "12 Sejong-daero", "offer", "30000"}, "", "Cleaning"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := newSite(t)
			s.furnish()
			s.book.place = s.accept
			b := s.as("alice", booking.English)
			list := b.get(c.from)
			require.Contains(t, list.text, `href="`+c.link+`"`)
			link, err := url.QueryUnescape(unescape(c.link))
			require.NoError(t, err)
			offered := b.get(link)
			require.Equal(t, http.StatusOK, offered.status)
			if c.price != "" {
				require.Contains(t, offered.words(), "Total "+c.price)
			}
			got := b.submit(offered, c.action, c.fields...)
			require.Equal(t, http.StatusOK, got.status, got.text)
			require.Equal(t, []string{"/orders/" + s.book.placed[0]}, []string{got.url.Path})
			require.Contains(t, got.words(), c.shows)

			again := b.submit(offered, c.action, c.fields...)
			require.Equal(t, got.url.Path, again.url.Path, "a form that is sent twice orders once")
			next := b.get(link)
			require.NotEqual(t, field(t, offered.text, "key"), field(t, next.text, "key"))
		})
	}
}

// TestOrder_Faults: each fault is shown beside its field, in the language of the page, and
// the filled-in values stay.
func TestOrder_Faults(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.furnish()
	b := s.as("alice", booking.Korean)
	for name, c := range map[string]struct {
		path   string
		get    bool
		fields []string
		at     string
		says   string
	}{
		"Past":       {"/rooms/place-seaside", true, []string{"checkIn", today.AddDays(-2).String(), "checkOut", leaving.String()}, "checkIn", "이미 지난 날짜입니다."},
		"PastSent":   {"/rooms/place-seaside", false, []string{"checkIn", today.AddDays(-2).String(), "checkOut", leaving.String()}, "checkIn", "이미 지난 날짜입니다."},
		"Backwards":  {"/rooms", true, []string{"checkIn", leaving.String(), "checkOut", arrival.String()}, "checkOut", "체크인보다 뒤여야 합니다."},
		"NoDate":     {"/rooms", true, []string{"checkIn", "soon", "checkOut", arrival.String()}, "checkIn", "날짜를 입력해 주세요."},
		"TooLong":    {"/rooms/place-seaside", true, []string{"checkIn", arrival.String(), "checkOut", arrival.AddDays(400).String()}, "checkOut", "최대 366박"},
		"TooFar":     {"/rooms/place-seaside", true, []string{"checkIn", arrival.AddYears(3).String(), "checkOut", leaving.AddYears(3).String()}, "checkIn", "너무 먼 날짜입니다."},
		"NoRooms":    {"/rooms", true, []string{"rooms", "0"}, "rooms", "1부터 1,000까지"},
		"Many":       {"/meals/menu-bibimbap", false, []string{"quantity", "1001"}, "quantity", "1부터 1,000까지"},
		"NoAddress":  {"/meals/menu-bibimbap", false, []string{"quantity", "1"}, "address", "필수 항목입니다."},
		"Invisible":  {"/meals/menu-bibimbap", false, []string{"quantity", "1", "address", "a\x00b"}, "address", "표시할 수 없는 문자"},
		"NoNumber":   {"/drinks/drink-latte", false, []string{"quantity", "two"}, "quantity", "1부터 1,000까지"},
		"Telephone":  {"/cleaning", false, []string{"tel", "12", "location", "here"}, "tel", "올바른 전화번호가 아닙니다."},
		"Offer":      {"/cleaning", false, []string{"tel", "02-123-4567", "location", "here", "offer", "-5"}, "offer", "원 단위의 금액"},
		"NoLocation": {"/cleaning", false, []string{"tel", "02-123-4567"}, "location", "필수 항목입니다."},
	} {
		t.Run(name, func(t *testing.T) {
			form := url.Values{}
			for n := 0; n < len(c.fields); n += 2 {
				form.Set(c.fields[n], c.fields[n+1])
			}
			var got shown
			if c.get {
				got = b.get(c.path + "?" + form.Encode())
			} else if got = b.send(http.MethodPost, s.url+c.path, form); true {
				require.Equal(t, http.StatusUnprocessableEntity, got.status)
			}
			require.Regexp(t, `(?s)<input[^>]* id="`+c.at+`"[^>]* aria-invalid="true"[^>]* aria-describedby="[^"]*`+c.at+`-fault"`, got.text)
			require.Regexp(t, `<p class="fault" id="`+c.at+`-fault">[^<]*`+c.says, got.text)
			for n := 0; n < len(c.fields); n += 2 {
				if c.fields[n+1] != "a\x00b" {
					require.Contains(t, got.text, `value="`+c.fields[n+1]+`"`)
				}
			}
		})
	}
	require.Empty(t, s.book.placed)
}

// TestOrder_Refused: the form says why an order was not accepted; the page of an undone
// order shows the undos.
func TestOrder_Refused(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.furnish()
	b := s.as("alice", booking.English)
	offered := b.get("/meals/menu-bibimbap?quantity=2")
	refuse := func(err error) shown {
		s.book.place = func(a orders.Attempt) (orders.Outcome, error) { return orders.Outcome{OrderID: a.OrderID}, err }
		return b.submit(offered, "/meals/menu-bibimbap", "address", "12 Sejong-daero")
	}
	changed := refuse(booking.Errorf(booking.PriceChanged, "it costs more"))
	require.Equal(t, http.StatusConflict, changed.status)
	require.Contains(t, changed.words(), "The price has changed")
	require.Equal(t, "12 Sejong-daero", field(t, changed.text, "address"))
	require.Equal(t, "18000", field(t, changed.text, "amount"), "the price that counts now")

	away := refuse(booking.Errorf(orders.TemporalUnavailable, "").RetryIn(2e9))
	require.Equal(t, http.StatusServiceUnavailable, away.status)
	require.Contains(t, away.words(), "Try again in a moment")
	require.Equal(t, field(t, offered.text, "key"), field(t, away.text, "key"), "sent again it is the same order")
	reused := refuse(booking.Errorf(orders.IdempotencyKeyReused, ""))
	require.NotEqual(t, field(t, offered.text, "key"), field(t, reused.text, "key"))

	s.book.place = func(a orders.Attempt) (orders.Outcome, error) {
		v := contract.Food{Order: order(a.OrderID, "alice", 18000), Menu: bibimbap, Quantity: 2, Address: "x"}.View()
		v.Status, v.Reason = booking.Cancelled, booking.PaymentDeclined
		v.History = append(v.History, contract.Entry{Status: booking.Cancelled, Reason: v.Reason, At: now})
		s.keep(v)
		return orders.Outcome{View: v, Done: true, OrderID: v.ID}, booking.Errorf("payment_declined", "")
	}
	declined := b.submit(offered, "/meals/menu-bibimbap", "address", "12 Sejong-daero", "method", "pm_card_chargeDeclined")
	require.Contains(t, declined.url.Path, "/orders/food-")
	require.Contains(t, declined.words(), "the payment was declined")
	require.Contains(t, declined.text, "step over")
}

// TestSearch: a place that is not free on every night is not found, and the others are
// listed part by part.
func TestSearch(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for n := range 130 {
		place := seaside
		place.ID, place.Name = "place-"+string(rune('a'+n%26))+string(rune('a'+n/26)), "Inn"
		require.NoError(t, s.catalogue.AddPlace(t.Context(), "", place))
		if n%10 == 0 {
			require.NoError(t, s.stock.SetCapacity(t.Context(), place.ID, arrival, leaving, 2))
		} else {
			require.NoError(t, s.stock.SetCapacity(t.Context(), place.ID, arrival, leaving.AddDays(-1), 2))
		}
	}
	b := s.as("alice", booking.English)
	search := "/rooms?checkIn=" + arrival.String() + "&checkOut=" + leaving.String()
	got := b.get(search + "&rooms=2")
	require.Len(t, links(got, "/rooms/place-"), 13)
	require.Contains(t, got.words(), "2 rooms left")
	require.Empty(t, links(b.get(search+"&rooms=3"), "/rooms/place-"))
	require.Empty(t, links(b.get("/rooms?checkIn="+arrival.String()+"&checkOut="+leaving.AddDays(1).String()), "/rooms/place-"))
	require.Contains(t, b.get(search+"&rooms=3").words(), "Nothing is free on all of these nights")
}

// TestOrders_Paged: all orders are listed, newest first, part by part.
func TestOrders_Paged(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	for n := range 45 {
		id := orders.KeyedID(booking.Food, "alice", string(rune('A'+n)), 0)
		s.publish(contract.Food{Order: order(id, "alice", 1000), Menu: bibimbap, Quantity: n + 1, Address: "x"}, booking.Paid)
	}
	b := s.as("alice", booking.English)
	seen := map[string]bool{}
	at, parts := "/orders", 0
	for ; at != ""; parts++ {
		got := b.get(at)
		for _, l := range links(got, "/orders/") {
			require.False(t, seen[l], l)
			seen[l] = true
		}
		next := links(got, "/orders?kind=&amp;cursor=")
		at = ""
		if len(next) > 0 {
			at = unescape(next[0])
		}
	}
	require.Len(t, seen, 45)
	require.Equal(t, 3, parts)
	require.Empty(t, links(b.get("/orders?kind=cafe"), "/orders/"))
}
