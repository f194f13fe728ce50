package payments

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/yeyak/yeyak/booking"
)

// A charge needs more than one key only because Stripe saves the answer to a key's first
// request "regardless of whether it succeeds or fails", and repeats it for a day, "including
// 500 errors" (https://docs.stripe.com/api/idempotent_requests). Under a key with a saved 500
// the charge can never be made.
//
// The next key is used once nothing was created under the one before: its request has ended,
// and the list of intents, which has no delay, contains none for the charge. Voids use the
// same keys by the same rule, so that a charge and a void meet at the first key that can
// still decide.
//
// One case is left. Stripe calls the outcome of a 500 indeterminate, and may create the intent by
// hand, hours later (https://docs.stripe.com/error-low-level#server-errors). The waiting times
// make that rare. A void retrieves all intents, and yeyak audit names every charge that was made
// beside another one.

// chargeKeys is how many keys a charge has. The last one is due when the charge is 17 hours
// old; no key is used after 23.
const chargeKeys = 12

// keyOf is the n-th key of a charge.
func keyOf(c booking.Charge, n int) string {
	if n == 0 {
		return c.Key
	}
	return c.Key + "/" + strconv.Itoa(n)
}

// isDue reports whether a charge may use its n-th key: the second one after a minute, and each
// further one after twice the time. That outlives an outage of Stripe with few keys. A void
// does not wait.
func isDue(c booking.Charge, n int) bool { return time.Since(c.Since) >= time.Minute<<(n-1) }

// longestRequest is how long a request may be under way: half a minute by our own time limit, and
// as much again at Stripe.
const longestRequest = time.Minute

// hasEnded reports whether the first request under a key has ended. Stripe repeats the answer
// of an ended request. The answer to another release's request is not known, but its time is.
func hasEnded(c booking.Charge, err error) bool {
	return errors.Is(err, errSavedFailure) || time.Since(c.Since) > longestRequest
}

// isVoided reports whether the n-th key, which was not used for the charge, was used for its
// void. The answer does not matter then.
func (s *Stripe) isVoided(ctx context.Context, c booking.Charge, n int) (bool, error) {
	_, err := s.create(ctx, c, n, voiding)
	switch {
	case errors.Is(err, errOtherRequest):
		return false, nil
	case err == nil, errors.Is(err, errSavedFailure), isForGood(err):
		return true, nil
	default:
		return false, err
	}
}
