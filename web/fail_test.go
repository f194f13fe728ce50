package web

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/api"
	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/admission"
	"github.com/yeyak/yeyak/internal/orders"
)

// TestProblems: errors about an order or a decision on it have texts of their own, not the
// general one.
func TestProblems(t *testing.T) {
	t.Parallel()
	codes := slices.Concat(refusals(t), []booking.Code{
		admission.Overloaded, booking.NotAllowed, booking.Unauthenticated, booking.InvalidCursor, booking.PriceChanged, booking.NotOnSale,
		orders.IdempotencyKeyReused, orders.TooManyCallsOfYours, orders.TooManyCallsWaiting, orders.TooManyOrdersOfYours, orders.TooManyUnpaid,
		tooManyRequests, loginFailed, crossOrigin, internalError,
		"method_not_allowed", "request_timeout", "payload_too_large", "unknown_host", // of Refuse, whose callers are in api
	})
	for _, reason := range []booking.Reason{
		booking.PaymentDeclined, booking.SoldOut, booking.MenuDeleted, booking.CafeUnavailable, booking.NotRegistered, booking.PaymentUnavailable, booking.PaymentNotConfirmed, booking.NotProcessed,
	} {
		codes = append(codes, orders.CodeOf(reason))
	}
	slices.Sort(codes)
	without := slices.DeleteFunc(slices.Compact(codes), func(code booking.Code) bool { _, has := entries["problem."+string(code)]; return has })
	require.Empty(t, without)
}

// notShown are codes of the API's operations that no page answers with.
var notShown = []booking.Code{"not_acceptable", "unsupported_media_type", "malformed_json"}

// refusals are the codes of all operations on an order, as the API documents them.
func refusals(t *testing.T) (codes []booking.Code) {
	t.Helper()
	w := httptest.NewRecorder()
	api.New(api.Deps{Hub: &orders.Hub{}}).ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/openapi.json", nil))
	var document struct {
		Paths map[string]map[string]struct {
			Responses map[string]struct{ Description string }
		}
	}
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &document))
	ofOrder := regexp.MustCompile(`\{(id|orderId)\}/(confirm|reject|cancel|no-show|complete|quote|change|refunds|return)`)
	code := regexp.MustCompile("`([a-z_]+)`:")
	for path, operations := range document.Paths {
		for _, o := range operations {
			for _, answer := range o.Responses {
				for _, found := range code.FindAllStringSubmatch(answer.Description, -1) {
					if is := booking.Code(found[1]); ofOrder.MatchString(path) && !slices.Contains(notShown, is) {
						codes = append(codes, is)
					}
				}
			}
		}
	}
	require.Contains(t, codes, booking.NotAwaitingOwner)
	return codes
}
