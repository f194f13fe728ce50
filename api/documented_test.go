package api

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/orders"
)

// documentedOperation is what the API document says of an operation.
type documentedOperation struct {
	method    string
	path      *regexp.Regexp
	responses map[string]string // descriptions by status
}

// operationsDocumented are the operations of the API document.
var operationsDocumented = sync.OnceValues(func() ([]documentedOperation, error) {
	store := newMemory()
	handler, _ := testDeps{
		Deps: Deps{
			Hub: &orders.Hub{}, Catalogue: store, Stock: store, Payments: store, Messages: store,
			Deliveries: &store.deliveries, Productions: &store.productions, Management: store,
		},
		ReadModel: store, Cleaners: store,
	}.api(nil)
	w := httptest.NewRecorder()
	handler.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/openapi.json", nil))
	var doc struct {
		Paths map[string]map[string]struct {
			Responses map[string]struct{ Description string }
		}
	}
	if err := json.Unmarshal(w.Body.Bytes(), &doc); err != nil {
		return nil, err
	}
	variable := regexp.MustCompile(`\\\{[^/]*\\\}`)
	var all []documentedOperation
	for path, operations := range doc.Paths {
		for method, o := range operations {
			d := documentedOperation{method: strings.ToUpper(method), responses: map[string]string{}}
			d.path = regexp.MustCompile("^" + variable.ReplaceAllString(regexp.QuoteMeta(path), "[^/]+") + "$")
			for status, r := range o.Responses {
				d.responses[status] = r.Description
			}
			all = append(all, d)
		}
	}
	return all, nil
})

// unsaid are the codes that any request may be answered with, and that are not
// documented.
var unsaid = map[booking.Code]bool{
	methodNotAllowed: true, notAcceptable: true, requestTimeout: true, payloadTooLarge: true, unsupportedMediaType: true,
	crossOriginRefused: true, unknownHost: true, internalError: true,
}

// requireDocumented requires that the operation documents a problem that a test gets.
func requireDocumented(t *testing.T, r *http.Request, p problem) {
	t.Helper()
	if _, known := kindByCode[p.Code]; !known || unsaid[p.Code] { // an unknown code is of an order of a newer build
		return
	}
	method := r.Method
	if method == http.MethodHead {
		method = http.MethodGet
	}
	all, err := operationsDocumented()
	require.NoError(t, err)
	require.NotEmpty(t, all)
	for _, o := range all {
		if o.method == method && o.path.MatchString(r.URL.Path) {
			require.Contains(t, o.responses[strconv.Itoa(p.Status)], "`"+string(p.Code)+"`", "%s %s answers a code that it does not list", r.Method, r.URL.Path)
			return
		}
	}
	require.Equal(t, booking.NotFound, p.Code, "%s %s is no operation", r.Method, r.URL.Path)
}
