package payments

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/stripe/stripe-go/v84"
	"go.uber.org/zap"

	"github.com/yeyak/yeyak/activities"
)

var (
	// errOtherRequest means that the key was used for another request before.
	errOtherRequest = errors.New("stripe knows the key from another request")
	// errSavedFailure means that Stripe failed at the key's first request, and repeats
	// that answer as long as it remembers the key.
	errSavedFailure = errors.New("stripe repeats a failure of its own")
	// errMalformed leaves open what was done. It does not contain the answer: a part of an
	// answer may show what the whole would have hidden.
	errMalformed = errors.New("stripe's answer cannot be read")
)

// explain describes a failed request in words that may be logged and stored in a history:
// a full answer of Stripe's would contain the intent's secret.
func (s *Stripe) explain(err error) error {
	said, ok := errors.AsType[*stripe.Error](err)
	if !ok {
		return unanswered(err)
	}
	switch status := said.HTTPStatusCode; {
	case said.Type == stripe.ErrorTypeIdempotency && status == http.StatusBadRequest:
		return errOtherRequest
	case status == http.StatusUnauthorized || status == http.StatusForbidden:
		s.log.Error("stripe refuses our secret key, or what it may do: no payment goes through",
			zap.Int("status", status), zap.String("request", said.RequestID))
		return &keyRefused{status}
	case isSavedFailure(said):
		return fmt.Errorf("%w: %w", errSavedFailure, &answer{*said})
	default:
		return &answer{*said}
	}
}

// outcomeLost reports whether an answer leaves open, for ever, what the request under its
// key has done.
func outcomeLost(err error) bool {
	return errors.Is(err, errOtherRequest) || errors.Is(err, errSavedFailure)
}

// unanswered is the error of a request without a readable answer. It is open whether the
// request was carried out.
func unanswered(err error) error {
	busy, isBusy := errors.AsType[*Busy](err)
	failed, isFailed := errors.AsType[*url.Error](err)
	_, isNet := errors.AsType[net.Error](err)
	switch {
	case isBusy:
		return busy
	case isFailed:
		return fmt.Errorf("call stripe: %w", failed.Err)
	case isNet, errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded),
		errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Errorf("hear stripe's answer: %w", err)
	default:
		return errMalformed
	}
}

// answer is an error answer of Stripe's.
type answer struct{ said stripe.Error }

// Error implements error.
func (a *answer) Error() string {
	return fmt.Sprintf("stripe answered %d %s %s %q (request %s): %s",
		a.said.HTTPStatusCode, a.said.Type, a.said.Code, a.said.Param, a.said.RequestID, a.said.Msg)
}

// Said implements activities' words for people: without the parts that differ each time.
func (a *answer) Said() string {
	return fmt.Sprintf("stripe answered %d %s: %s", a.said.HTTPStatusCode, cmp.Or(string(a.said.Code), string(a.said.Type)), a.said.Msg)
}

// keyRefused is Stripe's refusal of our secret key.
type keyRefused struct{ status int }

// Error implements error.
func (l *keyRefused) Error() string {
	return l.Said() + " (STRIPE_SECRET_KEY)"
}

// Said is Error for people outside.
func (l *keyRefused) Said() string {
	return fmt.Sprintf("stripe answered %d: it refuses our secret key, or what it may do", l.status)
}

// forGood reports whether the same request would always get this answer: it is wrong in itself,
// or requests something impossible. An answer about our key (401, 403) or about the moment (409,
// 424, 429, 5xx) is not final.
func (a *answer) forGood() bool {
	switch a.said.HTTPStatusCode {
	case http.StatusBadRequest, http.StatusPaymentRequired, http.StatusNotFound:
		return a.said.Type == stripe.ErrorTypeCard || a.said.Type == stripe.ErrorTypeInvalidRequest
	default:
		return false
	}
}

func isForGood(err error) bool {
	answered, ok := errors.AsType[*answer](err)
	return ok && answered.forGood()
}

// refusal turns a final answer to a charge into ErrDeclined, also if the card may work later,
// since the answer under this key stays the same. If it is about the amount, it is
// ErrAmountRefused, since the customer can do nothing about it. A final answer that is not about
// the card may be a mistake of ours, and needs an operator.
func (s *Stripe) refusal(err error) error {
	if !isForGood(err) {
		return err
	}
	answered, _ := errors.AsType[*answer](err)
	said := answered.said
	if said.Type != stripe.ErrorTypeCard {
		s.log.Warn("stripe refuses a charge, and not for its card", zap.String("answer", answered.Error()))
	}
	why := activities.ErrDeclined
	if isOfAmount(said) {
		why = activities.ErrAmountRefused
	}
	return fmt.Errorf("%w: %s %s", why, cmp.Or(string(said.Code), string(said.Type)), cmp.Or(string(said.DeclineCode), said.Param))
}

// isOfAmount reports whether a final answer is about the amount or its currency, and not about
// the payment method.
func isOfAmount(said stripe.Error) bool {
	switch {
	case said.Type == stripe.ErrorTypeCard, strings.HasPrefix(string(said.Code), "payment_method"):
		return false
	default:
		return said.Code == stripe.ErrorCodeAmountTooSmall || said.Code == stripe.ErrorCodeAmountTooLarge ||
			said.Param == "amount" || said.Param == "currency"
	}
}

// toPerson turns a final answer to any other request into an error that needs a person:
// another attempt would change nothing. Its words are the same each time.
func toPerson(err error) error {
	if answered, ok := errors.AsType[*answer](err); ok && answered.forGood() {
		said := answered.said
		return &activities.Owed{
			Words:       fmt.Sprintf("stripe answered %d %s %q: %s", said.HTTPStatusCode, cmp.Or(string(said.Code), string(said.Type)), said.Param, said.Msg),
			NeedsPerson: true,
		}
	}
	return err
}

// isSavedFailure reports whether Stripe repeats a failure of its own.
func isSavedFailure(said *stripe.Error) bool {
	return said.HTTPStatusCode >= http.StatusInternalServerError &&
		said.LastResponse != nil && said.LastResponse.Header.Get("Idempotent-Replayed") == "true"
}

// busyTransport turns answers of an overloaded provider into *Busy. It reads them before the SDK
// does, since a proxy before Stripe sends other formats than JSON.
type busyTransport struct{ http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (t busyTransport) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := t.RoundTripper.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	seconds := resp.Header.Get("Retry-After")
	if resp.StatusCode == http.StatusTooManyRequests || resp.StatusCode == http.StatusServiceUnavailable && seconds != "" {
		// A connection whose answer was read to its end can be reused.
		_, _ = io.CopyN(io.Discard, resp.Body, 64<<10)
		resp.Body.Close()
		return nil, &Busy{wait: retryAfter(seconds, time.Now())}
	}
	return resp, nil
}

// longestWait bounds the wait that a provider can require: the next request is sent after that in
// any case.
const longestWait = time.Minute

// retryAfter reads the header: seconds, or a date.
func retryAfter(header string, now time.Time) time.Duration {
	wait := time.Duration(0)
	if seconds, err := strconv.Atoi(header); err == nil {
		wait = time.Duration(min(seconds, int(longestWait.Seconds()))) * time.Second
	} else if at, err := http.ParseTime(header); err == nil {
		wait = at.Sub(now)
	}
	return min(max(wait, 0), longestWait)
}
