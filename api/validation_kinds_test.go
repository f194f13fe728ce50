package api

import (
	"encoding/json"
	"errors"
	"net/url"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/orders"
	"github.com/yeyak/yeyak/internal/telephones"
	"github.com/yeyak/yeyak/workflows/contract"
)

func TestFoodOrder_Invalid(t *testing.T) {
	t.Parallel()
	with := func(oldNew ...string) string { return strings.NewReplacer(oldNew...).Replace(meal) }
	invalidOrders(t, foodOrdersPath, map[string]invalidOrder{
		"Empty":         {`{}`, []string{"address", "customerId", "menuId", "quantity"}},
		"UnknownMenu":   {with("menu-bibimbap", "menu-none"), []string{"menuId"}},
		"UnaskableMenu": {with("menu-bibimbap", `menu\u0000`), []string{"menuId"}},
		"None":          {with(`"quantity":2`, `"quantity":0`), []string{"quantity"}},
		"Half":          {with(`"quantity":2`, `"quantity":0.5`), []string{"quantity"}},
		"TooMany":       {with(`"quantity":2`, `"quantity":1001`), []string{"quantity"}},
		"NoAddress":     {with("12 Sejong-daero", ""), []string{"address"}},
		"BlankAddress":  {with("12 Sejong-daero", "   "), []string{"address"}},
		"TabInAddress":  {with("12 Sejong-daero", `12\tSejong`), []string{"address"}},
		"BlankLines":    {with("12 Sejong-daero", ` \n\r\n\u200b\u2028`), []string{"address"}},
		"LongAddress":   {with("12 Sejong-daero", strings.Repeat("길", 201)), []string{"address"}},
		"BadMethod":     {with(`"quantity":2`, `"quantity":2,"paymentMethod":"pm card"`), []string{"paymentMethod"}},
		"Price":         {with(`"quantity":2`, `"quantity":2,"price":1`), []string{"price"}},
		"AllAtOnce": {
			`{"menuId":"menu-none","customerId":"a b","quantity":-1,"address":" ","date":"2026-12-24"}`,
			[]string{"address", "customerId", "date", "menuId", "quantity"},
		},
	})
}

func TestCafeOrder_Invalid(t *testing.T) {
	t.Parallel()
	with := func(oldNew ...string) string { return strings.NewReplacer(oldNew...).Replace(cups) }
	invalidOrders(t, cafeOrdersPath, map[string]invalidOrder{
		"Empty":         {`{}`, []string{"customerId", "menuId", "quantity"}},
		"UnknownDrink":  {with("drink-latte", "menu-bibimbap"), []string{"menuId"}},
		"None":          {with(`"quantity":3`, `"quantity":0`), []string{"quantity"}},
		"TooMany":       {with(`"quantity":3`, `"quantity":1001`), []string{"quantity"}},
		"UnknownFields": {with(`"quantity":3`, `"quantity":3,"address":"x"`), []string{"address"}},
		"Null":          {with(`"quantity":3`, `"quantity":3,"paymentMethod":null`), []string{"paymentMethod"}},
		"AllAtOnce":     {`{"menuId":"drink-none","customerId":"","quantity":"3","date":1}`, []string{"customerId", "date", "menuId", "quantity"}},
	})
}

func TestCall_Invalid(t *testing.T) {
	t.Parallel()
	with := func(oldNew ...string) string { return strings.NewReplacer(oldNew...).Replace(call) }
	const price = `{"amount":30000,"currency":"KRW"}`
	invalidOrders(t, callsPath, map[string]invalidOrder{
		"Empty":         {`{}`, []string{"customerId", "location", "tel"}},
		"NoTel":         {with("+82 2-123-4567", ""), []string{"tel"}},
		"Words":         {with("+82 2-123-4567", "ring twice 12345"), []string{"tel"}},
		"FourDigits":    {with("+82 2-123-4567", "(12) - 34"), []string{"tel"}},
		"ManyDigits":    {with("+82 2-123-4567", "123456789012345678901"), []string{"tel"}},
		"NoDigits":      {with("+82 2-123-4567", "+ - ( ) - +"), []string{"tel"}},
		"WrongNumber":   {with("+82 2-123-4567", "02-0123-4567"), []string{"tel"}},
		"NoCountry":     {with("+82 2-123-4567", "+999 123456789"), []string{"tel"}},
		"Sentence":      {with("+82 2-123-4567", "ring 02-123-4567"), []string{"tel"}},
		"Emergency":     {with("+82 2-123-4567", "112"), []string{"tel"}},
		"NulInTel":      {with("+82 2-123-4567", `02-123-\u00004567`), []string{"tel"}},
		"LinesOfTel":    {with("+82 2-123-4567", `12345\n678`), []string{"tel"}},
		"LongTel":       {with("+82 2-123-4567", "02-123-4567"+strings.Repeat(" ", 54)), []string{"tel"}},
		"BlankLocation": {with("12 Sejong-daero", " "), []string{"location"}},
		"NoLocation":    {with("12 Sejong-daero", ""), []string{"location"}},
		"BellLocation":  {with("12 Sejong-daero", `\u0007`), []string{"location"}},
		"LongLocation":  {with("12 Sejong-daero", strings.Repeat("길", 201)), []string{"location"}},
		"NoCurrency":    {with(price, `{"amount":30000}`), []string{"price.currency"}},
		"NoAmount":      {with(price, `{"currency":"KRW"}`), []string{"price.amount"}},
		"Negative":      {with(price, `{"amount":-1,"currency":"KRW"}`), []string{"price.amount"}},
		"TooDear":       {with(price, `{"amount":1000000000001,"currency":"KRW"}`), []string{"price.amount"}},
		"NullPrice":     {with(price, "null"), []string{"price"}},
		"NumberPrice":   {with(price, "30000"), []string{"price"}},
		"AllAtOnce": {
			`{"customerId":" ","tel":1,"location":"\u202e","price":{},"when":"now","paymentMethod":""}`,
			[]string{"customerId", "location", "paymentMethod", "price.amount", "price.currency", "tel", "when"},
		},
	})
	t.Run("Telephones", func(t *testing.T) {
		t.Parallel()
		for tel, want := range map[string]string{
			"+82 2-123-4567": "+8221234567", "02-123-4567": "+8221234567", "02.123.4567": "+8221234567", "02/123/4567": "+8221234567",
			"(02) 1234-5678": "+82212345678", "+82 (0)2 123 4567": "+8221234567", "０１０－１２３４－５６７８": "+821012345678",
			"02-123-4567 ext. 12": "+8221234567;ext=12", "+1 212 555 0100 x5": "+12125550100;ext=5", "+49 30/123456-78": "+493012345678",
			"tel:+82-2-123-4567;ext=9": "+8221234567;ext=9", "\u202a+82 10-1234-5678\u202c": "+821012345678", "٠١٠١٢٣٤٥٦٧٨": "+821012345678",
			"+8221234567;ext=12":  "+8221234567;ext=12",
			"０２－１２３－４５６７ ext. １２": "+8221234567;ext=12", "02-123-4567 ext. ١٢": "+8221234567;ext=12",
		} {
			b := setup(t)
			b.decides(booking.Calling, "")
			a := b.do("POST", callsPath, strings.Replace(call, "+82 2-123-4567", tel, 1))
			require.Equal(t, 201, a.StatusCode, a.text)
			require.EqualValues(t, want, b.placed().Wanted.(orders.Call).Tel, tel)
			require.True(t, booking.IsTelephone(booking.Personal(want)), "a workflow accepts it, too")
		}
	})
	t.Run("TelephonesElsewhere", func(t *testing.T) {
		t.Parallel()
		number, ok := telephones.Read("030 123456", "DE")
		require.True(t, ok)
		require.EqualValues(t, "+4930123456", number)
		_, ok = telephones.Read("030 123456", "KR")
		require.False(t, ok)
	})
	t.Run("SameTelephone", func(t *testing.T) {
		t.Parallel()
		with := func(tel string) string {
			in := placeCallInput{Body: callRequest{CustomerID: "alice", Tel: booking.Personal(tel), Location: "here"}}
			var f faults
			f.readTelephone("body.tel", &in.Body.Tel, "KR")
			require.Empty(t, f)
			text, err := json.Marshal(in.Body)
			require.NoError(t, err)
			return plainHash(text)
		}
		require.Equal(t, with("02-123-4567"), with("+82 2 123 4567"), "a repeated request is the same, however it is written")
	})
}

// Texts of several lines are stored with one kind of line ending.
func TestOrders_Lines(t *testing.T) {
	t.Parallel()
	const written, kept = `12 Sejong-daero\r\nGate 3\rSeoul\u2028Korea`, "12 Sejong-daero\nGate 3\nSeoul\nKorea"
	food, cleaning := setup(t), setup(t)
	food.decides(booking.Paid, "")
	cleaning.decides(booking.Calling, "")
	require.Less(t, food.do("POST", foodOrdersPath, strings.Replace(meal, "12 Sejong-daero", written, 1)).StatusCode, 300)
	require.Less(t, cleaning.do("POST", callsPath, strings.Replace(call, "12 Sejong-daero", written, 1)).StatusCode, 300)
	require.EqualValues(t, kept, food.placed().Wanted.(orders.Meal).Address)
	require.EqualValues(t, kept, cleaning.placed().Wanted.(orders.Call).Location)
	for _, text := range []said{
		rejection{Reason: "too\r\nlate\u0085\rsorry"}, &cancellation{Reason: "too\r\nlate\u0085\rsorry"}, &remark{Note: "too\r\nlate\u0085\rsorry"},
	} {
		require.EqualValues(t, "too\nlate\n\nsorry", text.words())
	}
}

type invalidOrder struct {
	body   string
	fields []string
}

// invalidOrders requires that each is refused and nothing is started.
func invalidOrders(t *testing.T, path string, tests map[string]invalidOrder) {
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			p := b.problem(b.do("POST", path, test.body), 422, booking.Invalid)
			require.Equal(t, test.fields, fields(p), p)
			for _, e := range p.Errors {
				require.NotContains(t, e.Message, "api.")
			}
		})
	}
	t.Run("Key", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		p := b.problem(b.do("POST", path+"?dryRun=1", "{}", "Idempotency-Key", ""), 422, booking.Invalid)
		require.Contains(t, fields(p), "Idempotency-Key")
		require.Contains(t, fields(p), "dryRun")
	})
}

func TestOrders_TooDear(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, amount := range []int64{booking.MaxAmount/2 + 1, booking.MaxAmount} {
		feast, gold := bibimbap(), latte()
		feast.Price.Amount, gold.Price.Amount = amount, amount
		b.store.menus[feast.ID], b.store.drinks[gold.ID] = feast, gold
		for path, body := range map[string]string{foodOrdersPath: meal, cafeOrdersPath: cups} {
			p := b.problem(b.do("POST", path, body), 422, booking.Invalid)
			require.Equal(t, []string{"quantity"}, fields(p))
		}
	}
}

func TestOrders_CatalogueAway(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for path, body := range map[string]string{foodOrdersPath: meal, cafeOrdersPath: cups} {
		b.store.fail(errAway)
		a := b.do("POST", path, body)
		b.problem(a, 503, booking.Unavailable)
		require.Equal(t, "2", a.Header.Get("Retry-After"))
		b.store.fail(errors.New("no such column: secret"))
		a = b.do("POST", path, body)
		b.problem(a, 500, internalError)
		require.NotContains(t, a.text, "secret")
	}
}

func TestParameters_InvalidInEveryBusiness(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for target, want := range map[string][]string{
		deliveriesPath + "?status=completed&ownerId=a%20b&limit=0&menuId=x": {"limit", "menuId", "ownerId", "status"},
		deliveriesPath + "?status=started&status=waiting":                   {"status"},
		deliveriesPath + "/food-1?fresh=true":                               {"fresh"},
		productionsPath + "?status=delivered&menuId=%00&limit=201":          {"limit", "menuId", "status"},
		productionsPath + "?ownerId=cora":                                   {"ownerId"},
		menusPath + "?limit=x":                                              {"limit"},
		menusPath + "/menu-bibimbap?x=1":                                    {"x"},
		drinksPath + "?page=2":                                              {"page"},
		cleanersPath + "?limit=-1&status=free":                              {"limit", "status"},
	} {
		require.Equal(t, want, fields(b.problem(b.do("GET", target, ""), 422, booking.Invalid)), target)
	}
	for target, want := range map[string][]string{
		"/v1/mypages?customerId=&kind=&status=":                          {"customerId", "kind", "status"},
		"/v1/mypages?customerId=alice&kind=":                             {"kind"},
		"/v1/orders?ownerId=sara&status=":                                {"status"},
		"/v1/orders?ownerId=":                                            {"ownerId"},
		"/v1/orders?ownerId=" + url.QueryEscape(contract.CleaningOffice): {"ownerId"},
		"/v1/messages?recipientId=":                                      {"recipientId"},
		"/v1/mypages/lodging-1?fresh=":                                   {"fresh"},
		"/v1/events?limit=":                                              {"limit"},
		"/v1/lodging/places/place-seaside/stock?from=&to=":               {"from", "to"},
		deliveriesPath + "?ownerId=&status=":                             {"ownerId", "status"},
		productionsPath + "?menuId=&status":                              {"menuId", "status"},
	} {
		require.Equal(t, want, fields(b.problem(b.do("GET", target, ""), 422, booking.Invalid)), target)
	}
	for _, target := range []string{"/v1/events?after=", menusPath + "?cursor="} {
		require.Equal(t, 200, b.do("GET", target, "").StatusCode, "an empty place is the beginning")
	}
	for _, path := range []string{menusPath, drinksPath, deliveriesPath, productionsPath, cleanersPath} {
		p := b.problem(b.do("GET", path+"?cursor=bad", ""), 422, booking.InvalidCursor)
		require.Equal(t, []string{"cursor"}, fields(p), path)
	}
	p := b.problem(b.do("DELETE", drinksPath+"/drink-latte?force=1", ""), 422, booking.Invalid)
	require.Equal(t, []string{"force"}, fields(p))
}
