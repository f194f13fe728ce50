package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"math/rand/v2"
	"net/http"
	"net/url"
	"slices"
	"strings"
)

// request is a request of an operation, possibly spoilt.
type request struct {
	operation *operation
	method    string
	path      map[string]string // the parameters in it
	query     []string          // name=value, escaped
	header    map[string]string
	body      []byte
}

// build makes it one that can be sent.
func (r *request) build(ctx context.Context, base string) (*http.Request, error) {
	sent, err := http.NewRequestWithContext(ctx, r.method, base+r.address(), bytes.NewReader(r.body))
	if err != nil {
		return nil, err
	}
	sent.URL.RawQuery = strings.Join(r.query, "&")
	for name, value := range r.header {
		sent.Header.Set(name, value)
	}
	return sent, nil
}

func (r *request) address() string {
	path := r.operation.Path
	for name, value := range r.path {
		path = strings.ReplaceAll(path, "{"+name+"}", url.PathEscape(value))
	}
	return path
}

func (r *request) String() string {
	body := r.body
	if len(body) > 2000 {
		body = body[:2000]
	}
	return fmt.Sprintf("%s %s?%s %q\n%s", r.method, r.address(), strings.Join(r.query, "&"), r.header, body)
}

// composer makes one request.
type composer struct {
	*rand.Rand
	*known
	op    *operation
	first int // day of its orders
}

func newComposer(random *rand.Rand, k *known) *composer {
	return &composer{Rand: random, known: k, first: 3 + random.IntN(8)}
}

// oneIn is true in one of n cases.
func (c *composer) oneIn(n int) bool { return c.IntN(n) == 0 }

// compose makes a request of one of the operations: half of them valid, the others
// spoilt in one or several ways.
func (c *composer) compose(operations []*operation) *request {
	c.op = pick(c.Rand, operations)
	if c.oneIn(4) { // most other operations need orders
		placing := slices.DeleteFunc(slices.Clone(operations), func(o *operation) bool {
			return !strings.HasPrefix(o.ID, "place-") && !strings.HasPrefix(o.ID, "add-") && o.ID != "set-stock"
		})
		c.op = pick(c.Rand, placing)
	}
	r := &request{operation: c.op, method: c.op.Method, path: map[string]string{}, header: map[string]string{}}
	for _, p := range c.op.Parameters {
		c.parameter(r, p)
	}
	var body any
	if c.op.Body != nil && (c.op.Body.Required || c.oneIn(2)) {
		body = c.value(c.op.Body.Content["application/json"].Schema, "")
		r.header["Content-Type"] = "application/json"
	}
	spoilt := 0
	if c.oneIn(2) {
		spoilt = 1 + c.IntN(2)*c.IntN(3)
	}
	for range spoilt {
		body = c.spoil(r, body)
	}
	if body != nil {
		r.body, _ = json.Marshal(body) // all of it can be marshalled
		if spoilt > 0 && c.oneIn(8) {
			r.body = c.garble(r.body)
		}
	}
	return r
}

func (c *composer) parameter(r *request, p parameter) {
	switch {
	case p.In == "path":
		r.path[p.Name] = fmt.Sprint(c.value(p.Schema, p.Name))
	case !p.Required && !c.oneIn(3):
	case p.In == "query":
		r.query = append(r.query, p.Name+"="+url.QueryEscape(fmt.Sprint(c.value(p.Schema, p.Name))))
	case p.Name == "Idempotency-Key":
		r.header[p.Name] = fmt.Sprintf("key-%d", c.IntN(200)) // sometimes used again, for another request
	case p.Name == "Accept-Language":
		r.header[p.Name] = pick(c.Rand, []string{"ko", "en", "ko-KR,ko;q=0.9,en;q=0.8", "fr", "*"})
	default:
		r.header[p.Name] = fmt.Sprint(c.value(p.Schema, p.Name))
	}
}

// value is a value that the schema allows.
func (c *composer) value(of *schema, name string) any {
	s := c.op.doc.resolve(of)
	if v := c.knownValue(name); v != nil {
		return v
	}
	switch {
	case len(s.Enum) > 0:
		return pick(c.Rand, s.Enum)
	case s.is("object"):
		object := map[string]any{}
		for _, property := range slices.Sorted(maps.Keys(s.Properties)) {
			if slices.Contains(s.Required, property) || c.oneIn(3) {
				object[property] = c.value(s.Properties[property], property)
			}
		}
		return object
	case s.is("array"):
		return []any{c.value(s.Items, "")}
	case s.is("integer") || s.is("number"):
		return int(s.Minimum) + c.IntN(5)
	case s.is("boolean"):
		return c.oneIn(2)
	case len(s.Examples) > 0 && !c.oneIn(4):
		return pick(c.Rand, s.Examples)
	case s.Default != nil:
		return s.Default
	default:
		return pick(c.Rand, fineTexts)
	}
}

// knownValue is a value that fits existing data, nil if the schema alone decides.
func (c *composer) knownValue(name string) any {
	switch name {
	case "id", "orderId", "placeId", "menuId":
		if ids := c.all(c.sortOf(name)); len(ids) > 0 {
			return pick(c.Rand, ids)
		}
		return "none-yet"
	case "customerId", "ownerId", "recipientId":
		return pick(c.Rand, []string{"alice", "bob", "bora", "cleaning"})
	case "personId": // the first person is the operator of these requests
		return pick(c.Rand, []string{"1024", "1024", "1025", "nobody"})
	case "cursor", "after", "Last-Event-ID":
		if cursors := c.cursorsOf(c.op.Path); len(cursors) > 0 {
			return pick(c.Rand, cursors)
		}
		return ""
	case "checkIn", "date":
		return inDays(c.first)
	case "checkOut":
		return inDays(c.first + 1 + c.IntN(4))
	case "from", "to": // with stock for all stays
		return inDays(map[string]int{"from": 2, "to": 20}[name])
	case "confirmWithin", "timeZone", "checkInTime", "checkOutTime":
		return pick(c.Rand, map[string][]string{
			"confirmWithin": {"24h", "90m"}, "timeZone": {"Asia/Seoul", "America/New_York", "UTC"},
			"checkInTime": {"15:00", "18:30"}, "checkOutTime": {"11:00"},
		}[name])
	case "amount":
		return c.IntN(3) * 5000
	case "count", "rooms", "quantity":
		n := 1 + c.IntN(3)*c.IntN(10)
		if c.op.ID == "set-stock" || name == "count" {
			n *= 10
		}
		return n
	case "tel":
		return pick(c.Rand, []string{"+82 2-123-4567", "02.123.4567", "０１０－１２３４－５６７８", "+1 212 555 0100 ext. 5"})
	case "paymentMethod":
		return pick(c.Rand, []string{"pm_card_visa", "pm_card_visa", "pm_card_chargeDeclined"})
	}
	return nil
}

// sortOf is the prefix of the ids in a field or parameter.
func (c *composer) sortOf(name string) string {
	path := c.op.Path
	switch {
	case name == "placeId" || strings.Contains(path, "/places"):
		return "place"
	case name == "menuId" && strings.Contains(path, "/cafe/") || strings.Contains(path, "/cafe/menus"):
		return "drink"
	case name == "menuId" || strings.Contains(path, "/food/menus"):
		return "menu"
	case strings.Contains(path, "/cleaners"):
		return "cleaner"
	case strings.Contains(path, "/lodging/"):
		return "lodging"
	case strings.Contains(path, "/food/"):
		return "food"
	case strings.Contains(path, "/cafe/"):
		return "cafe"
	case strings.Contains(path, "/cleaning/"):
		return "cleaning"
	default:
		return pick(c.Rand, []string{"lodging", "food", "cafe", "cleaning"})
	}
}

// fineTexts are words for people.
var fineTexts = []string{
	"Seaside", "바다 여관", "مهمان\u200cخانه", "ශ්\u200dරී ලංකා", "Lunch by 👩\u200d🍳", "O'Neill; --", "%s {x} <b>&amp;",
}
