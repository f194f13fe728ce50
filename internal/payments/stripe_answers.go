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
	"time"

	"github.com/stripe/stripe-go/v84"
	"go.uber.org/zap"

	"github.com/yeyak/yeyak/activities"
)

var (
	// errOtherRequest: the key was used for another request before.
	errOtherRequest = errors.New("stripe knows the key from another request")
	// errSavedFailure: Stripe broke down over the key's first request, and repeats
	// that for as long as it remembers the key.
	errSavedFailure = errors.New("stripe repeats a failure of its own")
	// errMalformed leaves open what was done. What the answer was is not
	// told: half of it may hold what the whole of it would have hidden.
	errMalformed = errors.New("stripe's answer cannot be read")
)

// explain says what a failed request means, in words that may be logged and
// kept in a history: an answer of Stripe's in full would hold the intent's
// secret.
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
		return &locked{status}
	case isSavedFailure(said):
		return fmt.Errorf("%w: %w", errSavedFailure, &answer{*said})
	default:
		return &answer{*said}
	}
}

// tellsNothing is for an answer that says nothing of what a request under its
// key came to, and never will.
func tellsNothing(err error) bool {
	return errors.Is(err, errOtherRequest) || errors.Is(err, errSavedFailure)
}

// unanswered is for requests that Stripe said nothing to that we can read.
// Whether they were carried out is open.
func unanswered(err error) error {
	busy, isBusy := errors.AsType[*Busy](err)
	failed, isFailed := errors.AsType[*url.Error](err)
	_, isNet := errors.AsType[net.Error](err)
	switch {
	case isBusy:
		return busy
	case isFailed:
		return fmt.Errorf("ask stripe: %w", failed.Err)
	case isNet, errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded),
		errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Errorf("hear stripe's answer: %w", err)
	default:
		return errMalformed
	}
}

// answer is what Stripe said instead of doing what it was asked.
type answer struct{ said stripe.Error }

// Error implements error.
func (a *answer) Error() string {
	return fmt.Sprintf("stripe answered %d %s %s %q (request %s): %s",
		a.said.HTTPStatusCode, a.said.Type, a.said.Code, a.said.Param, a.said.RequestID, a.said.Msg)
}

// Said implements activities' words for people: without what differs from request to request.
func (a *answer) Said() string {
	return fmt.Sprintf("stripe answered %d %s: %s", a.said.HTTPStatusCode, cmp.Or(string(a.said.Code), string(a.said.Type)), a.said.Msg)
}

// locked is Stripe's refusal of our secret key.
type locked struct{ status int }

// Error implements error.
func (l *locked) Error() string {
	return l.Said() + " (STRIPE_SECRET_KEY)"
}

// Said is Error for people outside.
func (l *locked) Said() string {
	return fmt.Sprintf("stripe answered %d: it refuses our secret key, or what it may do", l.status)
}

// forGood tells whether the same request would always be answered so: it is
// wrong in itself, or asks for what cannot be had. What has to do with our key
// (401, 403), or with the moment (409, 424, 429, 5xx), is no answer.
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

// refusal turns an answer to a charge that is for good into ErrDeclined: also
// one that says that the card may work later, since the answer under this key
// stays what it is. What is not about the card may be a mistake of ours, and is
// for an operator to see.
func (s *Stripe) refusal(err error) error {
	if !isForGood(err) {
		return err
	}
	answered, _ := errors.AsType[*answer](err)
	said := answered.said
	if said.Type != stripe.ErrorTypeCard {
		s.log.Warn("stripe refuses a charge, and not for its card", zap.String("answer", answered.Error()))
	}
	return fmt.Errorf("%w: %s %s", activities.ErrDeclined, cmp.Or(string(said.Code), string(said.Type)), cmp.Or(string(said.DeclineCode), said.Param))
}

// forAPerson turns an answer that is for good to any other request into what a
// person has to see to: to ask again would change nothing. Its words are the
// same each time.
func forAPerson(err error) error {
	if answered, ok := errors.AsType[*answer](err); ok && answered.forGood() {
		said := answered.said
		return &activities.Owed{
			Words:       fmt.Sprintf("stripe answered %d %s %q: %s", said.HTTPStatusCode, cmp.Or(string(said.Code), string(said.Type)), said.Param, said.Msg),
			NeedsPerson: true,
		}
	}
	return err
}

// isSavedFailure tells whether Stripe repeats a failure of its own.
func isSavedFailure(said *stripe.Error) bool {
	return said.HTTPStatusCode >= http.StatusInternalServerError &&
		said.LastResponse != nil && said.LastResponse.Header.Get("Idempotent-Replayed") == "true"
}

// turnedAway makes a *Busy of the answers that say so. It looks at them before
// the SDK does, since a proxy before Stripe says it in another form than JSON.
type turnedAway struct{ http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (t turnedAway) RoundTrip(r *http.Request) (*http.Response, error) {
	resp, err := t.RoundTripper.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	asked := resp.Header.Get("Retry-After")
	if resp.StatusCode == http.StatusTooManyRequests || resp.StatusCode == http.StatusServiceUnavailable && asked != "" {
		// Read to its end, within reason, a connection can be used again.
		_, _ = io.CopyN(io.Discard, resp.Body, 64<<10)
		resp.Body.Close()
		return nil, &Busy{wait: retryAfter(asked, time.Now())}
	}
	return resp, nil
}

// longestWait bounds what a provider can make an order wait for: it is asked
// again after that, whatever it said.
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
