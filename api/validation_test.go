package api

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
)

// with is the valid reservation with some of it replaced.
func with(oldNew ...string) string { return strings.NewReplacer(oldNew...).Replace(reservation) }

func TestReservation_Invalid(t *testing.T) {
	t.Parallel()
	// Nothing is expected of the Temporal client: a start would fail the test.
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
			p := b.problem(b.do("POST", "/v1/lodging/reservations", test.body), 422, validationFailed)
			require.Equal(t, test.fields, fields(p), p)
			require.NotContains(t, p.Detail, "json:")
		})
	}
}

func TestReservation_InvalidElsewhere(t *testing.T) {
	t.Parallel()
	b := setup(t)
	t.Run("Query", func(t *testing.T) {
		p := b.problem(b.do("POST", "/v1/lodging/reservations?dryRun=1", with("alice", "")), 422, validationFailed)
		require.Equal(t, []string{"customerId", "dryRun"}, fields(p))
	})
	t.Run("Keys", func(t *testing.T) {
		for _, key := range []string{"", strings.Repeat("k", 256), "ключ"} {
			p := b.problem(b.do("POST", "/v1/lodging/reservations", reservation, "Idempotency-Key", key), 422, validationFailed)
			require.Equal(t, []string{"Idempotency-Key"}, fields(p), key)
		}
	})
	t.Run("PriceTooHigh", func(t *testing.T) {
		palace := seaside()
		palace.ID, palace.Price.Amount = "place-palace", maxAmount
		b.store.places[palace.ID] = palace
		p := b.problem(b.do("POST", "/v1/lodging/reservations", with("place-seaside", "place-palace")), 422, validationFailed)
		require.Equal(t, []string{"rooms"}, fields(p))
	})
	t.Run("CatalogueAway", func(t *testing.T) {
		b := setup(t)
		b.store.fail(io.ErrUnexpectedEOF)
		a := b.do("POST", "/v1/lodging/reservations", with(`"rooms":1`, `"rooms":0`))
		b.problem(a, 503, unavailable)
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
		"NoPatience":    {strings.Replace(place, "{", `{"confirmWithin":"0s",`, 1), []string{"confirmWithin"}},
		"TooPatient":    {strings.Replace(place, "{", `{"confirmWithin":"721h",`, 1), []string{"confirmWithin"}},
		"UnknownFields": {strings.Replace(place, "{", `{"id":"x",`, 1), []string{"id"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			p := b.problem(b.do("POST", "/v1/lodging/places", test.body), 422, validationFailed)
			require.Equal(t, test.fields, fields(p), p)
			require.Len(t, b.store.places, 1)
		})
	}
	t.Run("Change", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		p := b.problem(b.do("PATCH", "/v1/lodging/places/place-seaside", `{"name":" ","timeZone":"?","price":{"amount":1}}`), 422, validationFailed)
		require.Equal(t, []string{"name", "price.currency", "timeZone"}, fields(p))
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
		"/v1/mypages/lodging-1?fresh=maybe": {"fresh"},
	} {
		p := b.problem(b.do(http.MethodGet, target, ""), 422, validationFailed)
		require.Equal(t, want, fields(p), target)
	}
	p := b.problem(b.do("PUT", "/v1/lodging/places/place-seaside/stock", `{"from":"2026-12-02","to":"2026-12-01","rooms":-1}`), 422, validationFailed)
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
