package e2e

import (
	"encoding/base64"
	"encoding/json"
	"maps"
	"net/url"
	"slices"
	"strings"
)

// raw is JSON that encoding/json would not write.
func raw(text string) any { return json.RawMessage(text) }

// hostile are values that no field expects, or that are at a field's limit.
var hostile = []any{
	nil, true, false, 0, -1, 1.5, raw("1e400"), raw("-1e400"), raw("9007199254740993"), raw("9223372036854775808"),
	raw("-0"), raw("2.0"), raw("1000000000000"), raw("123456789012345678901234567890"), "", " ", "\n", "a\nb\r\nc", "\t", "\x00", "a\x00b",
	raw(`"\ud800"`), raw(`"\u0000"`), raw(`"\udc00\ud800"`), "\ufffd", "\uffff", "\u202eabc", "a\u200db",
	"مهمان\u200cخانه", "👩\u200d🍳", "\u200b", "e\u0301", "ﷺ", "ß", "İ", "�",
	strings.Repeat("x", 65), strings.Repeat("길", 200), strings.Repeat("a\u0301", 300), strings.Repeat("9", 5000), strings.Repeat("\x00", 100),
	[]any{}, []any{1, "a", nil}, map[string]any{}, map[string]any{"amount": 1}, map[string]any{"amount": -1, "currency": "KRW"},
	map[string]any{"amount": 1, "currency": "XXX"}, map[string]any{"amount": raw("1e12"), "currency": "JPY"},
	raw(`{"amount":1,"amount":2,"currency":"KRW"}`),
	raw(strings.Repeat("[", 500) + strings.Repeat("]", 500)), raw(strings.Repeat(`{"a":`, 500) + "1" + strings.Repeat("}", 500)),
	"0000-01-01", "0001-01-01", "9999-12-31", "2026-02-30", "2026-13-01", "10000-01-01", "-001-01-01", "2026-11-28T00:00:00Z",
	"0000-01-01T00:00:00Z", "0001-01-01T00:00:00Z", "0001-01-01T00:00:00+00:00", "9999-12-31T23:59:59-23:59",
	"20261128", "Local", "UTC", "../../etc/passwd", "Asia/Seoul\x00", "Factory", "America/Santiago", "24:00", "23:59:60",
	"-1h", "1e9h", "9223372036854775807ns", "0s",
	"'; DROP TABLE orders; --", "%00", "%s%n", "${jndi:x}", "<script>",
	"..", "/", "\\", "lodging-", "lodging-%", "food-1", "cafe-" + strings.Repeat("a", 65),
	"cleaning-\u0660", "place-0", "drink-" + strings.Repeat("0", 16), "temporal-sys-scheduler", "delete-drink-x", "@cleaning", "NaN", "Infinity", "null",
}

// spoil changes the request in one way, and returns its body.
func (c *composer) spoil(r *request, body any) any {
	switch c.IntN(12) {
	case 0, 1, 2, 3:
		if body != nil {
			return c.spoilBody(body)
		}
		c.spoilQuery(r)
	case 4, 5:
		c.spoilQuery(r)
	case 6, 7:
		for name := range r.path {
			r.path[name] = c.hostileText()
		}
	case 8:
		r.method = pick(c.Rand, []string{"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "BREW"})
	case 9, 10:
		c.spoilHeader(r)
	default:
		switch {
		case body == nil:
			r.header["Content-Type"] = "application/json"
			return pick(c.Rand, hostile)
		case c.oneIn(4):
			return map[string]any{"name": strings.Repeat("x", 70<<10)} // larger than any body may be
		default:
			return nil
		}
	}
	return body
}

// spoilBody replaces, removes, repeats or adds something, at any depth.
func (c *composer) spoilBody(body any) any {
	object, ok := body.(map[string]any)
	if !ok || len(object) == 0 || c.oneIn(20) {
		return pick(c.Rand, hostile)
	}
	name := pick(c.Rand, slices.Sorted(maps.Keys(object)))
	switch c.IntN(8) {
	case 0:
		delete(object, name)
	case 1:
		object[pick(c.Rand, []string{"", "x", "id", "\x00", strings.ToUpper(name), name + " ", "__proto__", "$schema"})] = pick(c.Rand, hostile)
	case 2:
		once, _ := json.Marshal(object)
		again, _ := json.Marshal(map[string]any{name: pick(c.Rand, hostile)})
		return raw(string(once[:len(once)-1]) + "," + string(again[1:]))
	default:
		object[name] = c.spoilValue(object[name])
	}
	return object
}

func (c *composer) spoilValue(value any) any {
	switch v := value.(type) {
	case map[string]any:
		return c.spoilBody(v)
	case []any:
		if len(v) > 0 && !c.oneIn(4) {
			v[0] = c.spoilValue(v[0])
			return v
		}
	case string:
		if c.oneIn(3) {
			at := c.IntN(len(v) + 1)
			return v[:at] + c.hostileText() + v[at:]
		}
	}
	return pick(c.Rand, hostile)
}

// hostileText is a text for parts of a request that can only be texts.
func (c *composer) hostileText() string {
	for {
		if text, ok := pick(c.Rand, hostile).(string); ok && len(text) < 1000 {
			return text
		}
	}
}

func (c *composer) spoilQuery(r *request) {
	names := []string{"x", "limit", "cursor", "after", "status", "kind", "ownerId", "customerId", "menuId", "fresh", "from", "to", ""}
	for _, p := range c.op.Parameters {
		if p.In == "query" {
			names = append(names, p.Name, p.Name, p.Name)
		}
	}
	name := pick(c.Rand, names)
	switch value := url.QueryEscape(c.hostileText()); c.IntN(6) {
	case 0:
		r.query = append(r.query, name+"="+value)
	case 1:
		r.query = append(r.query, name)
	case 2:
		r.query = append(r.query, pick(c.Rand, brokenPairs))
	case 3:
		r.query = nil
	default:
		if slices.ContainsFunc(c.op.Parameters, func(p parameter) bool { return p.Name == "cursor" || p.Name == "after" }) && c.oneIn(2) {
			name, value = pick(c.Rand, []string{"cursor", "after"}), url.QueryEscape(c.forgedCursor())
		}
		r.query = slices.DeleteFunc(r.query, func(pair string) bool { return strings.HasPrefix(pair, name+"=") })
		r.query = append(r.query, name+"="+value)
	}
}

var brokenPairs = []string{
	"%", "%zz", "a;b=c", "=", "&&", "limit=%31", "limit=0x10", "limit=1e1", "limit=-1", "limit=99999999999999999999", "%00=1", "fresh=TRUE",
}

// forgedCursor has the form of a list's cursor.
func (c *composer) forgedCursor() string {
	cursors := c.cursorsOf(c.op.Path)
	if len(cursors) == 0 {
		return c.hostileText()
	}
	text, _ := base64.RawURLEncoding.DecodeString(pick(c.Rand, cursors))
	var place []any
	if json.Unmarshal(text, &place) != nil || c.oneIn(4) {
		return base64.RawURLEncoding.EncodeToString(c.garble(text))
	}
	place[c.IntN(len(place))] = pick(c.Rand, append([]any{
		"0000-01-01T00:00:00Z", "0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59", "-5", "9223372036854775807", "-9223372036854775808",
	}, hostile...))
	text, _ = json.Marshal(place)
	return base64.RawURLEncoding.EncodeToString(text)
}

// Headers with a meaning for servers, and texts that HTTP allows in them.
var (
	headers = []string{
		"Content-Type", "Accept", "Accept-Language", "Idempotency-Key", "Last-Event-ID", "Range", "If-None-Match", "Accept-Encoding",
	}
	contentTypes = []string{
		"text/plain", "application/xml", "application/json; charset=latin1", "application/json;", "multipart/form-data", "application/cbor", "json",
	}
	accepted = []string{
		"application/json", "text/html", "text/event-stream", "application/problem+json", "application/json;q=0", "image/*", "application/cbor",
	}
	inHeader = []string{"", " ", "x", "\"", "a,b", "q=", ";;;", "\xff\xfe", "ключ", strings.Repeat("k", 300), strings.Repeat("a,", 1000), "*/*;q=0", "0", "-1"}
)

func (c *composer) spoilHeader(r *request) {
	switch name := pick(c.Rand, headers); {
	case name == "Content-Type" && c.oneIn(2):
		r.header[name] = pick(c.Rand, contentTypes)
	case name == "Accept" && c.oneIn(2):
		r.header[name] = pick(c.Rand, accepted)
	case name == "Last-Event-ID" && c.oneIn(2):
		r.header[name] = c.forgedCursor()
		if strings.ContainsFunc(r.header[name], func(b rune) bool { return b < ' ' }) {
			delete(r.header, name)
		}
	default:
		r.header[name] = pick(c.Rand, inHeader)
	}
}

// garble damages bytes.
func (c *composer) garble(text []byte) []byte {
	text = slices.Clone(text)
	if len(text) == 0 {
		return []byte{0xff}
	}
	at := c.IntN(len(text))
	switch c.IntN(5) {
	case 0:
		return text[:at]
	case 1:
		text[at] = byte(c.IntN(256))
		return text
	case 2:
		return append(text, pick(c.Rand, []string{"x", "{}", "\x00", ",", " "})...)
	case 3:
		return append([]byte("\xef\xbb\xbf"), text...)
	default:
		return slices.Insert(text, at, 0xff, 0xc0, 0x80)
	}
}
