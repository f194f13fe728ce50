package web

import (
	"cmp"
	"context"
	"errors"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"go.uber.org/zap"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/admission"
	"github.com/yeyak/yeyak/internal/orders"
)

// internalError is the code for errors on our side.
const internalError = booking.Code("internal")

// fail answers with an error. It is the one translation of errors for people: an error that
// is not a booking.Error is logged and not shown.
func (v *visit) fail(err error) {
	refusal := v.disclose(err)
	if refusal.Code == booking.Unauthenticated && v.c.Request.Method != http.MethodPost {
		v.dropCookie(sessionCookie)
		_ = v.goTo(loginPath + "?back=" + url.QueryEscape(v.c.Request.URL.RequestURI())) // it never fails
		return
	}
	v.failAs(statusOf(refusal.Code), refusal)
}

// failAs shows a refusal.
func (v *visit) failAs(status int, refusal *booking.Error) {
	if wait := refusal.After; wait > 0 {
		v.c.Header("Retry-After", strconv.Itoa(int((wait+time.Second-1)/time.Second)))
	}
	if err := v.show(status, problemPage(v.page(v.say("problem.title"), ""), v.problem(refusal))); err != nil {
		v.Log.Error("a problem cannot be shown", zap.Error(err))
		v.c.Status(http.StatusInternalServerError)
	}
}

// disclose is the part of an error that a person may see.
func (v *visit) disclose(err error) *booking.Error {
	if refusal, ok := errors.AsType[*booking.Error](err); ok {
		if cause := errors.Unwrap(refusal); cause != nil {
			v.Log.Warn("a part that is needed cannot be used", zap.String("route", v.c.FullPath()), zap.Error(refusal))
		}
		return refusal
	}
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		v.Log.Warn("the time of a page has ended", zap.String("route", v.c.FullPath()), zap.Error(err))
		return booking.Errorf(booking.Unavailable, "")
	}
	v.Log.Error("a page failed", zap.String("route", v.c.FullPath()), zap.Error(err))
	return booking.Errorf(internalError, "")
}

// problem is an error as a page shows it.
type problem struct {
	code  booking.Code
	text  string
	again bool   // a retry makes sense
	login bool   // it makes sense after a new login
	back  string // the page to go to next, "" for the first page
}

// problem describes the refusal in the visit's language.
func (v *visit) problem(refusal *booking.Error) problem {
	key := "problem." + string(refusal.Code)
	status := statusOf(refusal.Code)
	away := status == http.StatusServiceUnavailable || status == http.StatusTooManyRequests
	if _, known := entries[key]; !known {
		key = "problem.other"
		if away {
			key = "problem.outside"
		}
	}
	is := problem{code: refusal.Code, text: v.say(key), again: away, login: refusal.Code == booking.Unauthenticated}
	if refusal.Code != booking.NotFound { // the page before would not be found, either
		is.back = v.back
	}
	return is
}

// statuses lists those that differ from 409, which every other refusal has, as in the API.
var statuses = map[booking.Code]int{
	booking.Invalid: http.StatusUnprocessableEntity, booking.InvalidCursor: http.StatusUnprocessableEntity,
	orders.IdempotencyKeyReused: http.StatusUnprocessableEntity,
	booking.NotFound:            http.StatusNotFound, booking.NotAllowed: http.StatusForbidden, crossOrigin: http.StatusForbidden,
	booking.Unauthenticated: http.StatusUnauthorized, loginFailed: http.StatusUnauthorized,
	internalError: http.StatusInternalServerError, booking.VersionChanged: http.StatusPreconditionFailed,
	tooManyRequests: http.StatusTooManyRequests, orders.TooManyCallsOfYours: http.StatusTooManyRequests, orders.TooManyOrdersOfYours: http.StatusTooManyRequests,
	orders.CodeOf(booking.PaymentDeclined):     http.StatusPaymentRequired,
	orders.CodeOf(booking.PaymentNotConfirmed): http.StatusPaymentRequired,
	orders.CodeOf(booking.CafeUnavailable):     http.StatusServiceUnavailable,
	booking.InventoryUnavailable:               http.StatusServiceUnavailable,
	orders.CodeOf(booking.NotRegistered):       http.StatusServiceUnavailable,
	orders.CodeOf(booking.NotProcessed):        http.StatusServiceUnavailable,
	orders.CodeOf(booking.PaymentUnavailable):  http.StatusServiceUnavailable,
	booking.DeliveryUnavailable:                http.StatusServiceUnavailable, booking.DecisionPending: http.StatusServiceUnavailable,
	orders.DecisionsExhausted: http.StatusServiceUnavailable, orders.TemporalUnavailable: http.StatusServiceUnavailable,
	orders.Unreachable: http.StatusServiceUnavailable, orders.TooManyCallsWaiting: http.StatusServiceUnavailable,
	admission.Overloaded: http.StatusServiceUnavailable, booking.Unavailable: http.StatusServiceUnavailable,
}

func statusOf(code booking.Code) int { return cmp.Or(statuses[code], http.StatusConflict) }
