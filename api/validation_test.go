package api

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
)

// with is the valid reservation with replacements.
func with(oldNew ...string) string { return strings.NewReplacer(oldNew...).Replace(reservation) }

func TestReservation_Invalid(t *testing.T) {
	t.Parallel()
	// The fixture fails the test if an order is placed.
	for name, test := range map[string]struct {
		body   string
		fields []string
	}{
		"Empty":            {`{}`, []string{"checkIn", "checkOut", "customerId", "placeId", "rooms"}},
		"Null":             {`null`, []string{"body"}},
		"Array":            {`[]`, []string{"body"}},
		"UnknownPlace":     {with("place-seaside", "place-mountain"), []string{"placeId"}},
		"NoDates":          {with("2026-12-24", "tomorrow", "2026-12-26", "2026-02-30"), []string{"checkIn", "checkOut"}},
		"Past":             {with("2026-12-24", "2026-11-20"), []string{"checkIn"}}, // today in UTC, yesterday in Seoul
		"WrongOrder":       {with("2026-12-24", "2026-12-27"), []string{"checkOut"}},
		"NoNight":          {with("2026-12-26", "2026-12-24"), []string{"checkOut"}},
		"TooLong":          {with("2026-12-26", "2027-12-26"), []string{"checkOut"}},
		"TooFarAhead":      {with("2026-12-24", "2028-11-22", "2026-12-26", "2028-11-23"), []string{"checkIn"}},
		"InfiniteRooms":    {with(`"rooms":1`, `"rooms":1e400`), []string{"rooms"}},
		"MinusInfinite":    {with(`"rooms":1`, `"rooms":-1e400`), []string{"rooms"}},
		"Nulls":            {with(`"rooms":1`, `"rooms":null,"paymentMethod":null`), []string{"paymentMethod", "rooms"}},
		"Repeated":         {with(`"rooms":1`, `"rooms":1,"rooms":1,"checkIn":"2026-12-24"`), []string{"checkIn", "rooms"}},
		"RepeatedByEscape": {with(`"rooms":1`, `"rooms":1,"ro\u006fms":1`), []string{"rooms"}},
		"ZeroWidth":        {with("alice", `ali\u200bce`), []string{"customerId"}},
		"Bidi":             {with("alice", `\u202ealice`), []string{"customerId"}},
		"Spaces":           {with("alice", " alice", "place-seaside", "place-seaside "), []string{"customerId", "placeId"}},
		"NoRooms":          {with(`"rooms":1`, `"rooms":0`), []string{"rooms"}},
		"FractionOfRoom":   {with(`"rooms":1`, `"rooms":1.5`), []string{"rooms"}},
		"TooManyRooms":     {with(`"rooms":1`, `"rooms":1001`), []string{"rooms"}},
		"HugeRooms":        {with(`"rooms":1`, `"rooms":1e300`), []string{"rooms"}},
		"WrongTypes":       {`{"placeId":1,"customerId":true,"checkIn":[],"checkOut":{},"rooms":"2"}`, []string{"checkIn", "checkOut", "customerId", "placeId", "rooms"}},
		"UnknownFields":    {with(`"rooms":1`, `"rooms":1,"room":2,"amount":5`), []string{"amount", "room"}},
		"WrongCase":        {with("rooms", "Rooms"), []string{"Rooms", "rooms"}},
		"LongNames":        {with("alice", strings.Repeat("a", 65)), []string{"customerId"}},
		"ControlCharacter": {with("alice", `ali\u0000ce`), []string{"customerId"}},
		"EmptyNames":       {with("alice", "", "place-seaside", " "), []string{"customerId", "placeId"}},
		"BadMethod":        {with(`"rooms":1`, `"rooms":1,"paymentMethod":"pm card"`), []string{"paymentMethod"}},
		"AllAtOnce": {
			`{"placeId":"place-mountain","checkIn":"2020-01-02","checkOut":"2020-01-01","rooms":-1,"extra":{},"paymentMethod":7}`,
			[]string{"checkIn", "checkOut", "customerId", "extra", "paymentMethod", "placeId", "rooms"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			p := b.problem(b.do("POST", "/v1/lodging/reservations", test.body), 422, booking.Invalid)
			require.Equal(t, test.fields, fields(p), p)
			require.NotContains(t, p.Detail, "json:")
			for _, e := range p.Errors {
				require.NotContains(t, e.Message, "api.")
			}
		})
	}
}

func TestReservation_InvalidOutsideTheBody(t *testing.T) {
	t.Parallel()
	b := setup(t)
	t.Run("Query", func(t *testing.T) {
		p := b.problem(b.do("POST", "/v1/lodging/reservations?dryRun=1", with("alice", "")), 422, booking.Invalid)
		require.Equal(t, []string{"customerId", "dryRun"}, fields(p))
	})
	t.Run("Keys", func(t *testing.T) {
		for _, key := range []string{"", strings.Repeat("k", 256), "ключ"} {
			p := b.problem(b.do("POST", "/v1/lodging/reservations", reservation, "Idempotency-Key", key), 422, booking.Invalid)
			require.Equal(t, []string{"Idempotency-Key"}, fields(p), key)
		}
	})
	t.Run("TwoKeys", func(t *testing.T) {
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/v1/lodging/reservations", strings.NewReader(reservation))
		r.Header["Idempotency-Key"] = []string{"k1", "k2"}
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		b.handler.ServeHTTP(w, r)
		p := b.problem(answer{w.Result(), w.Body.String()}, 422, booking.Invalid)
		require.Equal(t, []string{"Idempotency-Key"}, fields(p))
	})
	t.Run("UnaskableCatalogue", func(t *testing.T) {
		b := setup(t)
		b.store.fail(errors.New("invalid byte sequence"))
		p := b.problem(b.do("POST", "/v1/lodging/reservations", with("place-seaside", `place\u0000`)), 422, booking.Invalid)
		require.Equal(t, []string{"placeId"}, fields(p))
	})
	t.Run("PriceTooHigh", func(t *testing.T) {
		palace := seaside()
		palace.ID, palace.Price.Amount = "place-palace", booking.MaxAmount
		b.store.places[palace.ID] = palace
		p := b.problem(b.do("POST", "/v1/lodging/reservations", with("place-seaside", "place-palace")), 422, booking.Invalid)
		require.Equal(t, []string{"rooms"}, fields(p))
	})
	t.Run("CatalogueAway", func(t *testing.T) {
		b := setup(t)
		b.store.fail(errAway)
		a := b.do("POST", "/v1/lodging/reservations", with(`"rooms":1`, `"rooms":0`))
		b.problem(a, 503, booking.Unavailable)
		require.Equal(t, "2", a.Header.Get("Retry-After"))
	})
	t.Run("CatalogueBroken", func(t *testing.T) {
		b := setup(t)
		b.store.fail(errors.New("no such column: secret"))
		a := b.do("POST", "/v1/lodging/reservations", reservation)
		b.problem(a, 500, internalError)
		require.NotContains(t, a.text, "secret")
	})
}

func TestPlace_Invalid(t *testing.T) {
	t.Parallel()
	const place = `{"name":"Seaside Inn","ownerId":"olivia","price":{"amount":50000,"currency":"KRW"},"confirmation":"auto"}`
	for name, test := range map[string]struct {
		body   string
		fields []string
	}{
		"Empty":        {`{}`, []string{"confirmation", "name", "ownerId", "price"}},
		"BlankName":    {strings.Replace(place, "Seaside Inn", "  ", 1), []string{"name"}},
		"ControlName":  {strings.Replace(place, "Seaside Inn", `Sea\nside`, 1), []string{"name"}},
		"LongName":     {strings.Replace(place, "Seaside Inn", strings.Repeat("바", 201), 1), []string{"name"}},
		"Currency":     {strings.Replace(place, "KRW", "won", 1), []string{"price.currency"}},
		"Amount":       {strings.Replace(place, "50000", "-1", 1), []string{"price.amount"}},
		"HugeAmount":   {strings.Replace(place, "50000", "1e30", 1), []string{"price.amount"}},
		"NoAmount":     {strings.Replace(place, `"amount":50000,`, "", 1), []string{"price.amount"}},
		"Confirmation": {strings.Replace(place, "auto", "maybe", 1), []string{"confirmation"}},
		"Times": {strings.Replace(place, "{", `{"timeZone":"Mars/Base","checkInTime":"25:00","checkOutTime":"noon","confirmWithin":"soon",`, 1),
			[]string{"checkInTime", "checkOutTime", "confirmWithin", "timeZone"}},
		"EmptyTimes": {strings.Replace(place, "{", `{"timeZone":"","checkInTime":"","checkOutTime":"","confirmWithin":"",`, 1),
			[]string{"checkInTime", "checkOutTime", "confirmWithin", "timeZone"}},
		"Local":         {strings.Replace(place, "{", `{"timeZone":"Local",`, 1), []string{"timeZone"}},
		"Factory":       {strings.Replace(place, "{", `{"timeZone":"Factory",`, 1), []string{"timeZone"}},
		"RightZone":     {strings.Replace(place, "{", `{"timeZone":"right/Asia/Seoul",`, 1), []string{"timeZone"}},
		"Posixrules":    {strings.Replace(place, "{", `{"timeZone":"posixrules",`, 1), []string{"timeZone"}},
		"LowerCaseZone": {strings.Replace(place, "{", `{"timeZone":"asia/seoul",`, 1), []string{"timeZone"}},
		"Overlap":       {strings.Replace(place, "{", `{"checkInTime":"11:00","checkOutTime":"15:00",`, 1), []string{"checkOutTime"}},
		"OverlapByOne":  {strings.Replace(place, "{", `{"checkInTime":"10:59",`, 1), []string{"checkOutTime"}}, // 11:00 is the default
		"LaxTimes":      {strings.Replace(place, "{", `{"checkInTime":"9:30","checkOutTime":"09:3",`, 1), []string{"checkInTime", "checkOutTime"}},
		"SpacedName":    {strings.Replace(place, "Seaside Inn", " Seaside Inn", 1), []string{"name"}},
		"NameWithSpace": {strings.Replace(place, "Seaside Inn", `Seaside Inn\u00a0`, 1), []string{"name"}},
		"ZeroWidthName": {strings.Replace(place, "Seaside Inn", `Seaside\u200bInn`, 1), []string{"name"}},
		"BidiName":      {strings.Replace(place, "Seaside Inn", `\u202eSeaside`, 1), []string{"name"}},
		"OnlyFormat":    {strings.Replace(place, "Seaside Inn", `\ufeff`, 1), []string{"name"}},
		"Nulls":         {strings.NewReplacer("50000", "null", `"auto"`, `"auto","timeZone":null`).Replace(place), []string{"price.amount", "timeZone"}},
		"NullPrice":     {strings.Replace(place, `{"amount":50000,"currency":"KRW"}`, "null", 1), []string{"price"}},
		"RepeatedPrice": {strings.Replace(place, `"KRW"`, `"KRW","currency":"KRW"`, 1), []string{"price.currency"}},
		"InfinitePrice": {strings.Replace(place, "50000", "1e400", 1), []string{"price.amount"}},
		"TooDear":       {strings.Replace(place, "50000", "1000000000001", 1), []string{"price.amount"}},
		"BriefPatience": {strings.Replace(place, "{", `{"confirmWithin":"999ms",`, 1), []string{"confirmWithin"}},
		"NoPatience":    {strings.Replace(place, "{", `{"confirmWithin":"0s",`, 1), []string{"confirmWithin"}},
		"TooPatient":    {strings.Replace(place, "{", `{"confirmWithin":"721h",`, 1), []string{"confirmWithin"}},
		"UnknownFields": {strings.Replace(place, "{", `{"id":"x",`, 1), []string{"id"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			p := b.problem(b.do("POST", "/v1/lodging/places", test.body), 422, booking.Invalid)
			require.Equal(t, test.fields, fields(p), p)
			require.Len(t, b.store.places, 1)
		})
	}
	t.Run("Change", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		p := b.problem(b.do("PATCH", "/v1/lodging/places/place-seaside", `{"name":" ","timeZone":"?","price":{"amount":1}}`), 422, booking.Invalid)
		require.Equal(t, []string{"name", "price.currency", "timeZone"}, fields(p))
		require.Equal(t, seaside(), b.store.places["place-seaside"])
		p = b.problem(b.do("PATCH", "/v1/lodging/places/place-seaside", `{"name":null,"price":null,"ownerId":null,"checkInTime":null}`), 422, booking.Invalid)
		require.Equal(t, []string{"checkInTime", "name", "ownerId", "price"}, fields(p))
		for _, e := range p.Errors {
			require.Equal(t, "must not be null", e.Message)
		}
		for body, field := range map[string]string{
			`{"checkInTime":"10:59"}`:                        "checkInTime",
			`{"checkOutTime":"15:01"}`:                       "checkOutTime",
			`{"checkInTime":"14:00","checkOutTime":"15:00"}`: "checkOutTime",
		} {
			p = b.problem(b.do("PATCH", "/v1/lodging/places/place-seaside", body), 422, booking.Invalid)
			require.Equal(t, []string{field}, fields(p), body)
			require.Contains(t, p.Errors[0].Message, "must not be later than check-in")
			require.Equal(t, seaside(), b.store.places["place-seaside"])
		}
		p = b.problem(b.do("PATCH", "/v1/lodging/places/place-seaside", `{"name":"a","name":"b"}`), 422, booking.Invalid)
		require.Equal(t, []fieldError{{"name", "is given more than once"}}, p.Errors)
		require.Equal(t, seaside(), b.store.places["place-seaside"])
	})
}

func TestParameters_Invalid(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for target, want := range map[string][]string{
		"/v1/mypages": {"customerId"},
		"/v1/mypages?customerId=alice&kind=train&status=lost&limit=0":         {"kind", "limit", "status"},
		"/v1/mypages?customerId=alice&limit=201":                              {"limit"},
		"/v1/mypages?customerId=alice&limit=ten&stauts=paid":                  {"limit", "stauts"},
		"/v1/orders?ownerId=a%20b":                                            {"ownerId"},
		"/v1/orders":                                                          {"ownerId"},
		"/v1/messages":                                                        {"recipientId"},
		"/v1/events?limit=0&after=" + strings.Repeat("9", 513):                {"after", "limit"},
		"/v1/lodging/places?limit=-1&page=2":                                  {"limit", "page"},
		"/v1/lodging/places/place-seaside/stock":                              {"from", "to"},
		"/v1/lodging/places/place-seaside/stock?from=2026-12-02&to=x":         {"to"},
		"/v1/lodging/places/place-seaside/stock?from=2026-12-02&to=2026-12-2": {"to"},
		"/v1/lodging/places/place-seaside/stock?from=2026-12-02&to=2027-12-4": {"to"},
		"/v1/lodging/places/place-seaside/stock?from=2026-12-02&to=2026-12-02": {
			"to"},
		"/v1/mypages/lodging-1?fresh=maybe":            {"fresh"},
		"/v1/mypages/lodging-1?fresh=true&fresh=false": {"fresh"},
		"/v1/mypages?customerId=alice&customerId=bob":  {"customerId"},
		"/v1/mypages?customerId=alice&status=%zz":      {"query"},
		"/v1/mypages?customerId=alice;status=paid":     {"customerId", "query"},
		"/v1/lodging/places?limit=%":                   {"query"},
	} {
		p := b.problem(b.do(http.MethodGet, target, ""), 422, booking.Invalid)
		require.Equal(t, want, fields(p), target)
	}
	p := b.problem(b.do("PUT", "/v1/lodging/places/place-seaside/stock", `{"from":"2026-12-02","to":"2026-12-01","rooms":-1}`), 422, booking.Invalid)
	require.Equal(t, []string{"rooms", "to"}, fields(p))
}

func TestCursor_Invalid(t *testing.T) {
	t.Parallel()
	b := setup(t)
	p := b.problem(b.do("GET", "/v1/lodging/places?cursor=bad", ""), 422, booking.InvalidCursor)
	require.Equal(t, []string{"cursor"}, fields(p))
	p = b.problem(b.do("GET", "/v1/events?after=99", ""), 422, booking.InvalidCursor)
	require.Equal(t, []string{"after"}, fields(p))
}
