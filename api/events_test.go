package api

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
)

// confirmed is an event as the store returns it: in any time zone.
func confirmed(orderID string) booking.Event {
	return booking.Event{
		Key: orderID + "/ReservationConfirmed", Type: booking.ReservationConfirmed, Subject: orderID,
		At: today.In(time.FixedZone("KST", 9*60*60)),
		Data: booking.EventData{
			Kind: booking.Lodging, CustomerID: "alice", OwnerID: "olivia",
			Item: booking.Item{ID: "place-seaside", Name: "Sea & Side"}, Quantity: 1,
			Amount: booking.Money{Amount: 100000, Currency: "KRW"}, Status: booking.Confirmed,
		},
	}
}

// confirmedJSON is the exact JSON of confirmed.
const confirmedJSON = `{"specversion":"1.0","id":"lodging-1/ReservationConfirmed","source":"/yeyak/lodging",` +
	`"type":"ReservationConfirmed","subject":"lodging-1","time":"2026-11-20T16:00:00Z","datacontenttype":"application/json",` +
	`"data":{"kind":"lodging","customerId":"alice","ownerId":"olivia","item":{"id":"place-seaside","name":"Sea & Side"},` +
	`"quantity":1,"amount":{"amount":100000,"currency":"KRW"},"status":"confirmed"}}`

func TestListEvents(t *testing.T) {
	t.Parallel()
	b := setup(t)
	a := b.do("GET", "/v1/events", "")
	require.JSONEq(t, `{"items":[],"next":"0"}`, a.text)
	b.store.happen(booking.Event{Key: "a"}, confirmed("lodging-1"), booking.Event{Key: "c"})
	a = b.do("GET", "/v1/events?after=1&limit=1", "", "Last-Event-ID", "0")
	require.JSONEq(t, `{"items":[`+confirmedJSON+`],"next":"2"}`, a.text)
	require.Equal(t, "application/json", a.Header.Get("Content-Type"))
	require.Equal(t, "no-store", a.Header.Get("Cache-Control"))
}

func TestEvents_AcceptHeader(t *testing.T) {
	t.Parallel()
	for accept, want := range map[string]bool{
		"":                                    false,
		"*/*":                                 false,
		"text/*":                              false,
		"application/json":                    false,
		"text/html,*/*;q=0.8":                 false,
		"text/event-stream":                   true,
		"Text/Event-Stream ; q=0.5":           true,
		"text/event-stream;q=0":               false,
		"text/event-stream;q=x":               false,
		"text/event-stream, application/json": true,
		"application/json, text/event-stream": true,
		"application/json;q=0.9, text/event-stream":       true,
		"application/json, text/event-stream;q=0.9":       false,
		"text/event-stream;q=0.5, */*;q=0.1":              true,
		"text/event-stream;q=0.1, application/*;q=0.5":    false,
		"text/event-stream;q=0.1, text/html":              true,
		"text/event-stream;charset=utf-8, text/plain;q=1": true,
	} {
		require.Equal(t, want, prefersStream([]string{accept}), accept)
	}
	require.True(t, prefersStream([]string{"application/json;q=0.5", "text/event-stream"}), "on two lines")

	b := setup(t)
	for _, accept := range []string{"text/event-stream;q=0", "text/*", "text/html"} {
		b.problem(b.do("GET", "/v1/events", "", "Accept", accept), 406, notAcceptable)
	}
	b.problem(b.do("GET", placesPath, "", "Accept", streamMediaType), 406, notAcceptable)
	require.Equal(t, http.StatusOK, b.do("GET", "/v1/events", "", "Accept", "text/event-stream;q=0, */*").StatusCode)
}

func TestOpenAPI_Events(t *testing.T) {
	t.Parallel()
	document := decode[map[string]any](t, setup(t).do("GET", "/openapi.json", ""))
	get := document["paths"].(map[string]any)["/v1/events"].(map[string]any)["get"].(map[string]any)
	content := get["responses"].(map[string]any)["200"].(map[string]any)["content"].(map[string]any)
	require.Len(t, content, 2)
	require.Equal(t, map[string]any{"$ref": "#/components/schemas/EventPart"}, content["application/json"].(map[string]any)["schema"])
	require.Equal(t, "string", content[streamMediaType].(map[string]any)["schema"].(map[string]any)["type"])
	for _, want := range []string{`"Last-Event-ID"`, `"after"`, string(tooManyStreams), `"Retry-After"`} {
		text, err := json.Marshal(get)
		require.NoError(t, err)
		require.Contains(t, string(text), want)
	}
	schemas := document["components"].(map[string]any)["schemas"].(map[string]any)
	types := schemas["CloudEvent"].(map[string]any)["properties"].(map[string]any)["type"].(map[string]any)["enum"]
	require.Len(t, types, len(booking.EventTypes()))
	require.Contains(t, schemas["EventData"].(map[string]any)["properties"].(map[string]any)["status"], "enum")
}

// docs/events.md lists every event type and every field of its data, each once, and
// shows a real event.
func TestEventsDocument(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../docs/events.md")
	require.NoError(t, err)
	document := string(text)

	rows := func(heading string) (names []string) {
		_, section, found := strings.Cut(document, "\n## "+heading+"\n")
		require.True(t, found, heading)
		section, _, _ = strings.Cut(section, "\n## ")
		for _, row := range regexp.MustCompile("(?m)^\\| `([^`]+)` \\|").FindAllStringSubmatch(section, -1) {
			names = append(names, row[1])
		}
		return names
	}
	types := func(of []booking.EventType) (names []string) {
		for _, known := range of {
			names = append(names, string(known))
		}
		return names
	}
	require.ElementsMatch(t, types(booking.OrderEvents()), rows("Every event of an order"))
	require.ElementsMatch(t, types(booking.CatalogueEvents()), rows("Every event of the catalogue"))
	require.ElementsMatch(t, fieldsOf(reflect.TypeFor[cloudEvent]()), rows("The envelope"))
	for heading, data := range map[string]reflect.Type{
		"The fields of an order's data":      reflect.TypeFor[booking.EventData](),
		"The fields of the catalogue's data": reflect.TypeFor[booking.CatalogueData](),
	} {
		require.ElementsMatch(t, leavesOf("", data), rows(heading))
		_, section, _ := strings.Cut(document, "\n## "+heading+"\n")
		for name, typ := range typesOf("", data) {
			require.Contains(t, section, fmt.Sprintf("\n| `%s` | %s |", name, typ))
		}
	}

	for _, example := range regexp.MustCompile("(?s)```json\n(.*?)```").FindAllStringSubmatch(document, -1) {
		var shown cloudEvent
		decoder := json.NewDecoder(strings.NewReader(example[1]))
		decoder.DisallowUnknownFields()
		require.NoError(t, decoder.Decode(&shown))
		again, err := json.Marshal(shown)
		require.NoError(t, err)
		require.JSONEq(t, example[1], string(again))
		require.Contains(t, booking.EventTypes(), shown.Type)
	}
}

// leavesOf lists the JSON fields of data; fields of nested objects have paths.
func leavesOf(path string, data reflect.Type) []string {
	return slices.Collect(maps.Keys(typesOf(path, data)))
}

// typesOf returns the type of each field, as docs/events.md names it.
func typesOf(path string, data reflect.Type) map[string]string {
	all := map[string]string{}
	for field := range data.Fields() {
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		name = path + name
		typ := field.Type
		if typ.Kind() == reflect.Pointer {
			typ = typ.Elem()
		}
		switch {
		case typ.Kind() == reflect.Slice:
			all[name] = "list"
			maps.Copy(all, typesOf(name+"[].", typ.Elem()))
		case typ == reflect.TypeFor[booking.Duration]():
			all[name] = "text"
		case typ == reflect.TypeFor[time.Time]():
			all[name] = "instant"
		case typ == reflect.TypeFor[booking.Date](), field.Tag.Get("format") == "date":
			all[name] = "date"
		case typ.Kind() == reflect.Struct:
			maps.Copy(all, typesOf(name+".", typ))
		case typ.Kind() == reflect.String:
			all[name] = "text"
		case typ.Kind() == reflect.Bool:
			all[name] = "truth"
		default:
			all[name] = "number"
		}
	}
	return all
}

// fieldsOf lists the JSON fields of a struct.
func fieldsOf(t reflect.Type) (names []string) {
	for field := range t.Fields() {
		name, _, _ := strings.Cut(field.Tag.Get("json"), ",")
		names = append(names, name)
	}
	return names
}
