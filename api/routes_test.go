package api

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
)

func TestProblems_Requests(t *testing.T) {
	t.Parallel()
	b := setup(t)
	const reservations = "/v1/lodging/reservations"
	t.Run("NoRoute", func(t *testing.T) {
		for _, target := range []string{"/v1", "/v2/orders", "/v1/lodging/places/", "/docs/secret.txt", "/schemas/Problem.json"} {
			b.problem(b.do("GET", target, ""), 404, booking.NotFound)
		}
	})
	t.Run("Method", func(t *testing.T) {
		a := b.do("DELETE", reservations, "")
		b.problem(a, 405, methodNotAllowed)
		require.Equal(t, "POST", a.Header.Get("Allow"))
		require.ElementsMatch(t, []string{"GET", "HEAD", "POST"}, strings.Split(b.do("DELETE", placesPath, "").Header.Get("Allow"), ", "))
	})
	t.Run("MediaType", func(t *testing.T) {
		b.problem(b.do("POST", reservations, "a=b", "Content-Type", "application/x-www-form-urlencoded"), 415, unsupportedMediaType)
		b.problem(b.do("POST", reservations, "{}", "Content-Type", "; nonsense"), 415, unsupportedMediaType)
		b.problem(b.do("POST", reservations, "{}", "Content-Type", "application/json; charset=utf-8"), 422, booking.Invalid)
		b.problem(b.do("POST", reservations, "{}", "Content-Type", ""), 415, unsupportedMediaType)
		b.problem(b.do("PATCH", placesPath+"/place-seaside", `{"name":""}`, "Content-Type", "application/merge-patch+json"), 422, booking.Invalid)
	})
	t.Run("TooLarge", func(t *testing.T) {
		just := `{"placeId":"` + strings.Repeat("x", 2000-14) + `"}`
		require.Len(t, just, 2000)
		b.problem(b.do("POST", reservations, just), 422, booking.Invalid)
		require.Contains(t, b.problem(b.do("POST", reservations, just+" "), 413, payloadTooLarge).Detail, "2000 bytes")
	})
	t.Run("Unreadable", func(t *testing.T) {
		for _, body := range []string{"{", "nonsense", `{} {}`, `{"rooms":01}`, "\xff"} {
			p := b.problem(b.do("POST", reservations, body), 400, malformedJSON)
			require.Empty(t, p.Errors)
		}
		b.problem(b.do("POST", reservations, ""), 400, malformedJSON)
		r := httptest.NewRequest("POST", reservations, io.MultiReader(strings.NewReader("{"), failing{}))
		r.Header.Set("Content-Type", "application/json")
		w := httptest.NewRecorder()
		b.handler.ServeHTTP(w, r)
		b.problem(answer{w.Result(), w.Body.String()}, 400, malformedJSON)
	})
	t.Run("NotAcceptable", func(t *testing.T) {
		for _, accept := range []string{"text/html", "application/json;q=0", "text/event-stream"} {
			b.problem(b.do("POST", reservations, reservation, "Accept", accept), 406, notAcceptable)
		}
		for _, accept := range []string{"*/*", "text/html, application/*;q=0.1", "application/problem+json", "text/html,*/*;q=0.8"} {
			require.Equal(t, 200, b.do("GET", placesPath, "", "Accept", accept).StatusCode, accept)
		}
	})
}

type failing struct{}

func (failing) Read([]byte) (int, error) { return 0, io.ErrUnexpectedEOF }

func TestPlaces(t *testing.T) {
	t.Parallel()
	b := setup(t)
	a := b.do("POST", placesPath, `{"name":"바다집","ownerId":"olivia","price":{"amount":5e4,"currency":"KRW"},"confirmation":"manual"}`)
	require.Equal(t, http.StatusCreated, a.StatusCode, a.text)
	added := decode[placeView](t, a)
	require.Equal(t, placesPath+"/"+added.ID, a.Header.Get("Location"))
	require.Equal(t, placeView{
		ID: added.ID, Name: "바다집", OwnerID: "olivia", Price: booking.Money{Amount: 50000, Currency: "KRW"},
		Confirmation: booking.Manual, ConfirmWithin: "24h", TimeZone: "Asia/Seoul", CheckInTime: "15:00", CheckOutTime: "11:00",
	}, added)

	a = b.do("PATCH", placesPath+"/"+added.ID, `{"confirmWithin":"90m","price":{"amount":1,"currency":"EUR"},"ownerId":"oscar"}`)
	require.Equal(t, http.StatusOK, a.StatusCode, a.text)
	added.ConfirmWithin, added.Price, added.OwnerID = "1h30m", booking.Money{Amount: 1, Currency: "EUR"}, "oscar"
	require.Equal(t, added, decode[placeView](t, a))
	require.Equal(t, added, decode[placeView](t, b.do("GET", placesPath+"/"+added.ID, "")))

	b.problem(b.do("PATCH", placesPath+"/place-none", `{}`), 404, booking.NotFound)
	b.problem(b.do("GET", placesPath+"/place-none", ""), 404, booking.NotFound)
	t.Run("NoSuchID", func(t *testing.T) {
		// Ids that are not valid, on which some databases fail, do not reach the store.
		b := setup(t)
		b.store.fail(errors.New("invalid byte sequence"))
		for _, id := range []string{"%00", "%20place-seaside", "place%E2%80%8B", strings.Repeat("p", 65)} {
			b.problem(b.do("GET", placesPath+"/"+id, ""), 404, booking.NotFound)
			b.problem(b.do("PATCH", placesPath+"/"+id, `{}`), 404, booking.NotFound)
			b.problem(b.do("GET", placesPath+"/"+id+"/stock?from=2026-12-31&to=2027-01-02", ""), 404, booking.NotFound)
			b.problem(b.do("GET", "/v1/payments/lodging-"+id+"%00", ""), 404, booking.NotFound)
		}
	})

	places := decode[part[placeView]](t, b.do("GET", placesPath+"?limit=7&cursor=c", ""))
	require.Len(t, places.Items, 2)
	require.Equal(t, "more", places.Next)
	require.Equal(t, booking.Page{Limit: 7, Cursor: "c"}, b.store.page)
}

func TestStock(t *testing.T) {
	t.Parallel()
	b := setup(t)
	path := placesPath + "/place-seaside/stock"
	a := b.do("PUT", path, `{"from":"2026-12-31","to":"2027-01-02","rooms":5}`)
	require.JSONEq(t, `{"items":[{"date":"2026-12-31","capacity":5,"remaining":5},{"date":"2027-01-01","capacity":5,"remaining":5}]}`, a.text)
	a = b.do("GET", path+"?from=2027-01-01&to=2027-01-03", "")
	require.JSONEq(t, `{"items":[{"date":"2027-01-01","capacity":5,"remaining":5},{"date":"2027-01-02","capacity":0,"remaining":0}]}`, a.text)
	b.problem(b.do("PUT", path, `{"from":"2026-12-31","to":"2027-01-02","rooms":1}`), 409, booking.StockBelowHeld)
	b.problem(b.do("PUT", placesPath+"/place-none/stock", `{"from":"2026-12-31","to":"2027-01-02","rooms":1}`), 404, booking.NotFound)
	b.problem(b.do("GET", placesPath+"/place-none/stock?from=2026-12-31&to=2027-01-02", ""), 404, booking.NotFound)
}

func TestLists(t *testing.T) {
	t.Parallel()
	b := setup(t)
	require.JSONEq(t, `{"items":[]}`, b.do("GET", "/v1/messages?recipientId=olivia", "").text)
	require.JSONEq(t, `{"items":[],"next":"0"}`, b.do("GET", "/v1/events", "").text)
	require.JSONEq(t, `{"items":[]}`, b.do("GET", "/v1/mypages?customerId=alice", "").text)
	require.Equal(t, booking.Page{Limit: 50}, b.store.page)

	b.store.put(orderIn("lodging-1", booking.AwaitingOwner, ""))
	a := b.do("GET", "/v1/orders?ownerId=olivia&kind=lodging&status=awaiting_owner&limit=200&cursor=c", "", "Accept-Language", "ko-KR")
	require.Equal(t, "ko", a.Header.Get("Content-Language"))
	require.Equal(t, "승인대기", decode[part[orderView]](t, a).Items[0].StatusLabel)
	require.Equal(t, booking.OrderFilter{OwnerID: "olivia", Kind: booking.Lodging, Status: booking.AwaitingOwner}, b.store.filter)
	require.Equal(t, booking.Page{Limit: 200, Cursor: "c"}, b.store.page)

	b.store.events = []booking.Event{{Key: "a"}, {Key: "b"}, {Key: "c"}}
	a = b.do("GET", "/v1/events?after=1&limit=1", "")
	require.Contains(t, a.text, `"id":"b"`)
	require.Contains(t, a.text, `"next":"2"`)

	b.problem(b.do("GET", "/v1/payments/lodging-2", ""), 404, booking.NotFound)
}

type health struct {
	ready    bool
	degraded map[string]string
}

func (h health) Ready() bool                                { return h.ready }
func (h health) Degraded(context.Context) map[string]string { return h.degraded }

func TestHealth(t *testing.T) {
	t.Parallel()
	for status, h := range map[string]health{
		`{"status":"ready","degraded":{}}`:                        {ready: true},
		`{"status":"degraded","degraded":{"mypage":"no answer"}}`: {ready: true, degraded: map[string]string{"mypage": "no answer"}},
		`{"status":"unready","degraded":{}}`:                      {},
	} {
		b := setup(t, func(d *testDeps) { d.Health, d.Metrics = h, http.NotFoundHandler() })
		a := b.do("GET", "/readyz", "")
		require.JSONEq(t, status, a.text)
		require.Equal(t, h.ready, a.StatusCode == 200)
		require.JSONEq(t, `{"status":"ok"}`, b.do("GET", "/healthz", "").text)
		require.Equal(t, "404 page not found\n", b.do("GET", "/metrics", "").text)
	}
}

func TestDocs(t *testing.T) {
	t.Parallel()
	b := setup(t)
	require.Equal(t, "/docs", b.do("GET", "/", "").Header.Get("Location"))
	for _, path := range []string{"/docs", "/docs/", "/docs/problems"} {
		a := b.do("GET", path, "")
		require.Equal(t, 200, a.StatusCode)
		require.Contains(t, a.Header.Get("Content-Type"), "text/html")
		require.Contains(t, a.Header.Get("Content-Security-Policy"), "default-src 'none'")
		require.NotRegexp(t, `(src|href)="(https?:)?//`, a.text)
	}
	page := b.do("GET", "/docs", "").text
	for _, asset := range regexp.MustCompile(`(?:src|href)="([^"]+)"`).FindAllStringSubmatch(page, -1) {
		a := b.do("GET", asset[1], "")
		require.Equal(t, 200, a.StatusCode, asset[1])
		require.NotEmpty(t, a.text)
	}
	require.Contains(t, b.do("GET", "/docs/problems", "").text, `id="sold_out"`)
}

func TestOpenAPI(t *testing.T) {
	t.Parallel()
	b := setup(t)
	a := b.do("GET", "/openapi.json", "")
	require.Equal(t, 200, a.StatusCode)
	document := decode[map[string]any](t, a)
	require.Equal(t, "3.1.0", document["openapi"])
	require.NotContains(t, a.text, "$schema")

	schemas := document["components"].(map[string]any)["schemas"].(map[string]any)
	for _, ref := range regexp.MustCompile(`"#/components/schemas/([^"]+)"`).FindAllStringSubmatch(a.text, -1) {
		require.Contains(t, schemas, ref[1])
	}
	view, err := json.Marshal(schemas["OrderView"])
	require.NoError(t, err)
	for _, want := range []string{`"checkIn"`, `"checkOut"`, `"statusLabel"`, `"payment_declined"`, `"awaiting_owner"`} {
		require.Contains(t, string(view), want)
	}
	require.NotContains(t, string(view), `"Stay"`)
	require.Subset(t, enum(t, schemas, "OrderView", "kind"), []any{"lodging", "food", "cafe", "cleaning"})
	require.Len(t, enum(t, schemas, "OrderView", "status"), len(booking.Statuses()))
	require.Len(t, enum(t, schemas, "EntryView", "reason"), len(booking.Reasons()))
	require.Len(t, enum(t, schemas, "ProductionView", "reason"), len(booking.Reasons()))
	for _, delivery := range []string{"DeliveryPart", "DeliveryView"} {
		require.Equal(t, []any{"waiting", "started", "delivered", "cancelled"}, enum(t, schemas, delivery, "status"))
	}
	for _, production := range []string{"ProductionPart", "ProductionView"} {
		require.Equal(t, []any{"waiting", "started", "completed", "cancelled"}, enum(t, schemas, production, "status"))
	}

	operations, tagged := 0, map[any]bool{}
	for path, item := range document["paths"].(map[string]any) {
		for method, op := range item.(map[string]any) {
			operations++
			operation := op.(map[string]any)
			require.NotEmpty(t, operation["summary"], method+" "+path)
			require.Len(t, operation["tags"], 1, method+" "+path)
			tagged[operation["tags"].([]any)[0]] = true
			for _, parameter := range regexp.MustCompile(`{(\w+)}`).FindAllStringSubmatch(path, -1) {
				encoded, _ := json.Marshal(operation["parameters"])
				require.Contains(t, string(encoded), `"name":"`+parameter[1]+`"`, path)
			}
		}
	}
	require.Equal(t, 90, operations)
	for _, tag := range document["tags"].([]any) {
		require.True(t, tagged[tag.(map[string]any)["name"]], tag)
	}
	require.Len(t, document["tags"], len(tagged), "every tag is explained")
	place, err := json.Marshal(document["paths"].(map[string]any)[reservationsPath])
	require.NoError(t, err)
	for _, want := range []string{`"Idempotency-Key"`, `"Accept-Language"`, `"201"`, `"202"`, `"402"`, `"409"`, `"503"`, `"Retry-After"`, problemMediaType} {
		require.Contains(t, string(place), want)
	}
	for path, codes := range map[string][]string{
		cafeOrdersPath: {"sold_out", "menu_deleted", "cafe_unavailable", "payment_declined"}, callsPath: {"not_registered"},
		foodOrdersPath + "/{id}/cancel":         {"already_delivered", "delivery_unavailable", "order_unreachable"},
		deliveriesPath + "/{orderId}/complete":  {"not_delivering", "already_delivered"},
		productionsPath + "/{orderId}/complete": {"not_in_production"}, callsPath + "/{id}/complete": {"not_assigned"},
		drinksPath + "/{id}": {"temporal_unavailable", "not_found"},
	} {
		described, err := json.Marshal(document["paths"].(map[string]any)[path])
		require.NoError(t, err)
		for _, code := range codes {
			require.Contains(t, string(described), "`"+code+"`", path)
		}
	}
}

// enum lists the values of a schema's property.
func enum(t *testing.T, schemas map[string]any, schema, property string) []any {
	t.Helper()
	require.Contains(t, schemas, schema)
	properties := schemas[schema].(map[string]any)["properties"].(map[string]any)
	require.Contains(t, properties, property)
	values, _ := properties[property].(map[string]any)["enum"].([]any)
	return values
}

func TestLanguage(t *testing.T) {
	t.Parallel()
	for header, want := range map[string]language{
		"": "en", "ko": "ko", "KO-kr": "ko", "en": "en", "fr": "en", "*": "en", "fr, ko": "ko", "ko;q=0": "en",
		"en;q=0.3, ko;q=0.4": "ko", "ko;q=0.3, *;q=0.5": "en", "en, ko": "en", "ko;q=x": "en", ";;,=": "en", "ko; q=0.9, en; Q=0.8": "ko",
	} {
		require.Equal(t, want, preferred(header), header)
	}
}
