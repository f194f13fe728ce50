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
			"/rooms/place-seaside", nil, "₩200,000", "Seaside Inn, 2 rooms",
		},
		"Meal":     {"/meals", "/meals/menu-bibimbap", "/meals/menu-bibimbap", []string{"address", "12 Sejong-daero"}, "₩9,000", "Bibimbap, 2 portions"},
		"Drink":    {"/drinks", "/drinks/drink-latte", "/drinks/drink-latte", nil, "₩4,500", "Latte, 2 cups"},
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

// TestOrder_Typed: what is typed last is what is ordered, or priced, whichever button is pressed.
// The page shows the new price and keeps everything that was filled in.
func TestOrder_Typed(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.furnish()
	var requested []orders.Placement
	s.book.prepared = func(p orders.Placement) { requested = append(requested, p) }
	s.book.place = func(a orders.Attempt) (orders.Outcome, error) {
		if last := requested[len(requested)-1]; *last.Price != a.Price() {
			return orders.Outcome{OrderID: a.OrderID}, booking.Errorf(booking.PriceChanged, "another price")
		}
		return s.accept(a)
	}
	b := s.as("alice", booking.English)
	for path, c := range map[string]struct {
		fields []string
		want   orders.Wanted
		amount string
	}{
		"/rooms/place-seaside": {
			[]string{"checkIn", arrival.String(), "checkOut", leaving.AddDays(1).String(), "rooms", "3"},
			orders.Stay{PlaceID: seaside.ID, CheckIn: arrival, CheckOut: leaving.AddDays(1), Rooms: 3}, "450000",
		},
		"/meals/menu-bibimbap": {
			[]string{"quantity", "3", "address", "12 Sejong-daero"}, orders.Meal{MenuID: bibimbap.ID, Quantity: 3, Address: "12 Sejong-daero"}, "27000",
		},
		"/drinks/drink-latte": {[]string{"quantity", "3"}, orders.Cups{MenuID: latte.ID, Quantity: 3}, "13500"},
	} {
		changed := b.submit(b.get(path), path, append(c.fields, "method", "pm_card_chargeDeclined")...)
		require.Equal(t, http.StatusConflict, changed.status, path)
		form := changed.form(t, path)
		require.Equal(t, c.amount, form.Get("amount"))
		require.Equal(t, "pm_card_chargeDeclined", form.Get("method"))
		for n := 0; n < len(c.fields); n += 2 {
			require.Equal(t, c.fields[n+1], form.Get(c.fields[n]), path)
		}
		require.Contains(t, b.submit(changed, path).url.Path, "/orders/")
		require.Equal(t, c.want, requested[len(requested)-1].Wanted)
	}
}

// TestOrder_ShowPrice: the price is shown of what is filled in. Neither a payment method nor the
// place to bring a meal to gets into the address of the page.
func TestOrder_ShowPrice(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.furnish()
	b := s.as("alice", booking.English)
	for path, query := range map[string]string{
		"/rooms/place-seaside": "checkIn=" + arrival.String() + "&checkOut=" + leaving.String() + "&rooms=2", "/drinks/drink-latte": "quantity=2",
	} {
		fields := []string{"method", "pm_card_chargeDeclined", "show", "price"}
		filled, err := url.ParseQuery(query)
		require.NoError(t, err)
		for name := range filled {
			fields = append(fields, name, filled.Get(name))
		}
		offered := b.get(path + "?" + query + "&key=x&amount=1")
		require.NotEqual(t, "x", field(t, offered.text, "key"))
		require.NotContains(t, offered.text, "formmethod")
		require.Contains(t, offered.text, `name="show"`)
		shown := b.submit(offered, path, fields...)
		require.Equal(t, http.StatusOK, shown.status)
		require.Empty(t, shown.url.RawQuery)
		require.Equal(t, path+"?"+query, field(t, shown.text, "back"), "the language switch shows the same")
		require.Equal(t, "pm_card_chargeDeclined", shown.form(t, path).Get("method"))
		require.Contains(t, shown.words(), "Total")
	}
	path := "/meals/menu-bibimbap"
	offered := b.get(path)
	require.NotContains(t, offered.text, "formmethod")
	shown := b.submit(offered, path, "quantity", "3", "address", "12 Sejong-daero", "show", "price")
	require.Equal(t, http.StatusOK, shown.status)
	require.Empty(t, shown.url.RawQuery)
	require.Contains(t, shown.words(), "Total ₩27,000")
	require.Equal(t, "12 Sejong-daero", shown.form(t, path).Get("address"))
	require.Equal(t, path+"?quantity=3", field(t, shown.text, "back"))
	wrong := b.submit(offered, path, "quantity", "0", "address", "12 Sejong-daero", "show", "price")
	require.Contains(t, wrong.text, `id="quantity-fault"`)
	require.Equal(t, "12 Sejong-daero", wrong.form(t, path).Get("address"))
	require.Empty(t, s.book.placed)
}

// TestOrder_NotAvailable: what is sold out or withdrawn is shown as that, without a form that orders it.
func TestOrder_NotAvailable(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.furnish()
	require.NoError(t, s.stock.SetCapacity(t.Context(), latte.ID, latte.Date, latte.Date.AddDays(1), 1))
	soldOut := latte
	soldOut.ID = "drink-sold-out"
	require.NoError(t, s.catalogue.AddDrink(t.Context(), "", soldOut, 0))
	_, err := s.catalogue.ChangeMenu(t.Context(), "", bibimbap.ID, func(m *booking.Menu) error { m.Withdrawn = true; return nil })
	require.NoError(t, err)
	for path, says := range map[string]string{
		"/drinks/drink-latte?quantity=2": "There are not enough left for this.", "/meals/menu-bibimbap": "This takes no new orders at the moment.",
		"/rooms/place-seaside?rooms=4": "Not enough rooms are free on all of these nights: 3.",
		"/rooms/place-seaside?checkIn=" + today.AddDays(70).String() + "&checkOut=" + today.AddDays(71).String(): "Nothing is free on all of these nights.",
		"/drinks/drink-sold-out": "Sold out",
	} {
		for _, l := range booking.Languages() {
			requirePage(t, s.as("alice", l).get(path), l)
		}
		got := s.as("alice", booking.English).get(path)
		require.Contains(t, got.words(), says)
		require.NotContains(t, got.words(), "and pay", path)
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
