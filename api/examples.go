package api

import (
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/yeyak/yeyak/booking"
)

// document is the OpenAPI document with examples that can be tried. Their dates lie in
// the future of the day on which the document is read, and each example order belongs
// to one business.
type document struct {
	raw []byte // without examples of answers; dates as in aheadOf

	mu  sync.Mutex
	day booking.Date
	of  []byte // the day of text
}

// aheadOf matches the example of a date in a field's tag: a number of days from today.
var aheadOf = regexp.MustCompile(`\{today\+(\d+)\}`)

func (d *document) on(now time.Time) ([]byte, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if day := booking.DateOf(now); d.of == nil || day != d.day {
		text, err := d.written(now)
		if err != nil {
			return nil, err
		}
		d.day, d.of = day, aheadOf.ReplaceAllFunc(text, func(token []byte) []byte {
			days, _ := strconv.Atoi(string(aheadOf.FindSubmatch(token)[1])) // digits, by the pattern
			return []byte(day.AddDays(days).String())
		})
	}
	return d.of, nil
}

// written returns the document with an example for each answer that shows an order or a
// problem.
func (d *document) written(now time.Time) ([]byte, error) {
	var whole map[string]any
	if err := json.Unmarshal(d.raw, &whole); err != nil {
		return nil, err
	}
	paths, _ := whole["paths"].(map[string]any)
	for path, item := range paths {
		methods, _ := item.(map[string]any)
		for method, one := range methods {
			op, _ := one.(map[string]any)
			described{
				method: strings.ToUpper(method), path: path, op: op, schemas: schemasOf(whole),
				order: orderShown{now.UTC().Truncate(time.Hour)},
			}.addExamples()
		}
	}
	return json.Marshal(whole)
}

// described is an operation in the document.
type described struct {
	method, path string
	op           map[string]any
	schemas      map[string]any
	order        orderShown
}

func schemasOf(document map[string]any) map[string]any {
	components, _ := document["components"].(map[string]any)
	schemas, _ := components["schemas"].(map[string]any)
	return schemas
}

// schemaName is the name of a body's schema.
func schemaName(media map[string]any) string {
	schema, _ := media["schema"].(map[string]any)
	ref, _ := schema["$ref"].(string)
	return ref[strings.LastIndex(ref, "/")+1:]
}

func (o described) addExamples() {
	if o.verb() == "cancel" { // of its fields, those that any order takes
		if media := o.requestMedia(); media != nil {
			media["example"] = map[string]string{"reason": "Change of plans"}
		}
	}
	responses, _ := o.op["responses"].(map[string]any)
	for status, one := range responses {
		response, _ := one.(map[string]any)
		content, _ := response["content"].(map[string]any)
		text, _ := response["description"].(string)
		for _, one := range content {
			media, _ := one.(map[string]any)
			if example := o.example(schemaName(media), status, text); example != nil {
				media["example"] = example
			}
		}
	}
}

// example returns an example of a schema that several operations share, nil if the
// schema's own examples suffice.
func (o described) example(schema, status, description string) any {
	kind := o.kind()
	switch schema {
	case "OrderView":
		return o.order.after(kind, o.verb(), status == strconv.Itoa(http.StatusAccepted))
	case "PartOrderView":
		return partOf([]orderView{o.order.listed(booking.Lodging, booking.AwaitingOwner), o.order.listed(booking.Food, booking.Delivering)}, "")
	case "EventPart":
		return eventPart{Items: []cloudEvent{envelope(o.order.event())}, Next: "WyJldmVudHMiLDFd"}
	case "ProductionView":
		return o.order.production()
	case "PartProductionView":
		return partOf([]productionView{o.order.production()}, "")
	case "Problem":
		return o.problem(kind, description)
	default:
		return nil
	}
}

// kind is the kind of the operation's orders; lodging for operations on all kinds.
func (o described) kind() booking.Kind {
	for _, kind := range booking.Kinds() {
		if strings.HasPrefix(o.path, "/v1/"+string(kind)+"/") {
			return kind
		}
	}
	return booking.Lodging
}

// verb is the decision's verb, "" for other operations.
func (o described) verb() string {
	last := o.path[strings.LastIndex(o.path, "/")+1:]
	switch {
	case slices.Contains([]string{"confirm", "reject", "cancel", "no-show", "complete"}, last):
		return last
	case o.method == http.MethodPost:
		return "place"
	default:
		return ""
	}
}

// coded matches the beginning of a problem's description.
var coded = regexp.MustCompile("^`([a-z_]+)`: ")

// problem is the first problem of a description, with the order if the real answer has
// it.
func (o described) problem(kind booking.Kind, description string) any {
	code := internalError // the description names no code
	if found := coded.FindStringSubmatch(description); found != nil {
		code = booking.Code(found[1])
	}
	p := newProblem(code, "%s", kindOf(code).meaning)
	switch {
	case code == booking.Invalid:
		if input := o.needed(); input != "" {
			return p.at(input, "is required")
		}
	case p.Status == http.StatusConflict || p.Status == http.StatusPaymentRequired:
		if shown, shows := o.order.refusing(kind, code); shows {
			return p.about(shown)
		}
	}
	return p
}

// requestMedia describes the operation's body, nil if it has none.
func (o described) requestMedia() map[string]any {
	body, _ := o.op["requestBody"].(map[string]any)
	content, _ := body["content"].(map[string]any)
	media, _ := content["application/json"].(map[string]any)
	return media
}

// needed is a required field or parameter of the operation, "" if there is none.
func (o described) needed() string {
	schema, _ := o.schemas[schemaName(o.requestMedia())].(map[string]any)
	if fields, _ := schema["required"].([]any); len(fields) > 0 {
		return fmt.Sprint(fields[0])
	}
	parameters, _ := o.op["parameters"].([]any)
	for _, one := range parameters {
		if parameter, _ := one.(map[string]any); parameter["in"] == "query" && parameter["required"] == true {
			return fmt.Sprint(parameter["name"])
		}
	}
	return ""
}
