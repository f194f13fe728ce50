package api

import (
	"encoding/json"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
)

// documented is the part of the OpenAPI document that the tests read.
type documented struct {
	Paths map[string]map[string]struct {
		Responses map[string]struct {
			Description string
			Content     map[string]struct {
				Schema struct {
					Ref string `json:"$ref"`
				}
				Example json.RawMessage
			}
		}
	}
}

// TestExamples_Dates: the dates of examples are in the future, however long the process
// has run.
func TestExamples_Dates(t *testing.T) {
	t.Parallel()
	now := today
	b := setup(t, func(d *testDeps) { d.Now = func() time.Time { return now } })
	for _, later := range []time.Duration{0, 26 * time.Hour, 5 * 365 * 24 * time.Hour} {
		now = today.Add(later)
		text := b.do("GET", openAPIPath, "").text
		require.NotContains(t, text, "{today")
		dates := regexp.MustCompile(`\b20\d\d-\d\d-\d\d\b`).FindAllString(text, -1)
		require.Greater(t, len(dates), 20)
		for _, written := range dates {
			date, err := booking.ParseDate(written)
			require.NoError(t, err)
			require.False(t, date.Before(booking.DateOf(now.UTC())), "%s has passed", written)
			require.True(t, date.Before(booking.DateOf(now).AddDays(366)), "%s cannot be ordered for", written)
		}
	}
}

// TestExamples_OfTheirOwnBusiness: an example order is of the operation's kind, has no
// parts of other kinds, and has a possible history. A problem's example is the problem
// that is described.
func TestExamples_OfTheirOwnBusiness(t *testing.T) {
	t.Parallel()
	document := decode[documented](t, setup(t).do("GET", openAPIPath, ""))
	seen := map[string]int{}
	for path, methods := range document.Paths {
		for method, op := range methods {
			for status, response := range op.Responses {
				media := response.Content["application/json"]
				if media.Schema.Ref == "" {
					media = response.Content[problemMediaType]
				}
				schema := media.Schema.Ref[strings.LastIndex(media.Schema.Ref, "/")+1:]
				where := method + " " + path + " " + status
				switch schema {
				case "OrderView":
					seen[schema]++
					requireOwn(t, where, kindAt(path), media.Example)
				case "PartOrderView":
					seen[schema]++
					var list struct{ Items []json.RawMessage }
					require.NoError(t, json.Unmarshal(media.Example, &list), where)
					requireOwn(t, where, booking.Lodging, list.Items[0])
					requireOwn(t, where, booking.Food, list.Items[1])
				case "ProductionView":
					seen[schema]++
					require.Equal(t, "cora", decode[productionView](t, answer{text: string(media.Example)}).OwnerID, where)
				case "Problem":
					seen[schema]++
					var p struct {
						Code   string
						Status int
						Order  json.RawMessage
					}
					require.NoError(t, json.Unmarshal(media.Example, &p), where)
					if status == "default" {
						require.Equal(t, string(internalError), p.Code, where)
						continue
					}
					require.Equal(t, status, strconv.Itoa(p.Status), where)
					require.Contains(t, response.Description, "`"+p.Code+"`", where)
					if p.Order != nil {
						requireOwn(t, where, kindAt(path), p.Order)
						seen["refused"]++
					}
				}
			}
		}
	}
	require.GreaterOrEqual(t, seen["OrderView"], 25)
	require.Equal(t, 2, seen["PartOrderView"])
	require.Equal(t, 1, seen["ProductionView"])
	require.GreaterOrEqual(t, seen["Problem"], 80)
	require.GreaterOrEqual(t, seen["refused"], 10)
}

func kindAt(path string) booking.Kind {
	for _, kind := range booking.Kinds() {
		if strings.HasPrefix(path, "/v1/"+string(kind)+"/") {
			return kind
		}
	}
	return booking.Lodging
}

func requireOwn(t *testing.T, where string, kind booking.Kind, example json.RawMessage) {
	t.Helper()
	var v orderView
	var parts map[string]any
	require.NoError(t, json.Unmarshal(example, &v), where)
	require.NoError(t, json.Unmarshal(example, &parts), where)
	require.Equal(t, kind, v.Kind, where)
	require.True(t, booking.IsOrderID(kind, v.ID), where)
	for part, of := range map[string]booking.Kind{
		"checkIn": booking.Lodging, "checkOut": booking.Lodging, "delivery": booking.Food, "production": booking.Cafe, "cleaning": booking.Cleaning,
	} {
		_, has := parts[part]
		require.Equal(t, of == kind, has, "%s: %s", where, part)
	}
	require.Equal(t, v.Status, v.History[len(v.History)-1].Status, where)
	for i, entry := range v.History[1:] {
		require.True(t, slices.Contains(kind.Next(v.History[i].Status), entry.Status), "%s: from %s to %s", where, v.History[i].Status, entry.Status)
	}
	require.Equal(t, v.Status == booking.Cancelled || v.Status == booking.Cancelling, v.Reason != "", where)
	if v.Delivery != nil {
		require.NotEmpty(t, v.Delivery.StatusLabel, where)
		require.Equal(t, v.Status == booking.Delivered, v.Delivery.Status == booking.JobDelivered, where)
	}
	if v.Production != nil {
		require.NotEmpty(t, v.Production.StatusLabel, where)
		require.Equal(t, v.Status == booking.Completed, v.Production.Status == booking.JobCompleted, where)
	}
}

// TestPretty: ?pretty indents JSON and changes nothing else.
func TestPretty(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.store.put(orderIn("lodging-1", booking.Confirmed, ""))
	for _, path := range []string{
		"/v1/mypages/lodging-1", "/v1/mypages?customerId=alice", "/v1/payments/lodging-2", "/nowhere", "/v1/mypages?limit=0", openAPIPath, "/v1/events",
	} {
		plain := b.do("GET", path, "")
		with := "?"
		if strings.Contains(path, "?") {
			with = "&"
		}
		for _, pretty := range []string{path + with + "pretty", path + with + "pretty=true"} {
			a := b.do("GET", pretty, "")
			require.Equal(t, plain.StatusCode, a.StatusCode, pretty)
			require.Equal(t, plain.Header.Get("Content-Type"), a.Header.Get("Content-Type"))
			require.JSONEq(t, plain.text, a.text)
			require.Empty(t, a.Header.Get("Content-Length"), "net/http counts for itself, and cuts off what is longer than was said")
			require.Greater(t, strings.Count(a.text, "\n"), 3)
			require.True(t, strings.HasSuffix(a.text, "}\n"))
			require.True(t, strings.HasPrefix(a.text, "{\n  \""), a.text)
		}
	}
	require.Contains(t, b.do("GET", "/v1/mypages/lodging-1?pretty", "").text, "\n  \"status\": \"confirmed\",\n")
	a := b.do("POST", menusPath+"?pretty", menuNamed("Bibimbap"))
	require.Equal(t, http.StatusCreated, a.StatusCode)
	require.Contains(t, a.text, "\n  \"name\": \"Bibimbap\",\n")

	b.problem(b.do("GET", "/v1/mypages?customerId=alice&pretty=no", ""), 422, booking.Invalid)
	require.Equal(t, b.do("GET", docsPath, "").text, b.do("GET", docsPath+"?pretty", "").text, "what is no JSON stays")
}

// TestPretty_Streams: a stream is not buffered.
func TestPretty_Streams(t *testing.T) {
	t.Parallel()
	b := setup(t, often)
	b.store.events = happenings(1)
	server := b.serve()
	require.Equal(t, b.follow(server, "").event(), b.follow(server, "?pretty").event())
}
