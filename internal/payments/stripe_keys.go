package payments

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/yeyak/yeyak/booking"
)

// A charge has one key, and more only because Stripe saves the answer to a key's
// first request "regardless of whether it succeeds or fails", and repeats it for
// a day, "including 500 errors" (https://docs.stripe.com/api/idempotent_requests).
// Under such a key the charge can never be taken.
//
// The next key is used once nothing was created under the one before: its
// request has ended, and the list of intents, which shows at once what was
// created, has none for the charge. Voids use the same keys by the same rule, so
// that a charge and a void meet at the first key that can still decide.
//
// One case is left. Stripe calls the outcome of a 500 indeterminate, and may
// create by hand, hours later, what the request had asked for
// (https://docs.stripe.com/error-low-level#server-errors). The waiting times make
// that rare; a void looks at all intents, and yeyak audit names every charge
// that was taken beside another one.

// chargeKeys is how many keys a charge has. The last of them is due when the
// charge is 17 hours old; none is asked for after 23.
const chargeKeys = 12

// keyOf is the n-th key of a charge.
func keyOf(c booking.Charge, n int) string {
	if n == 0 {
		return c.Key
	}
	return c.Key + "/" + strconv.Itoa(n)
}

// isDue tells whether a charge may use its n-th key: the second one after a
// minute, and each further one after twice the time. That outlives an outage of
// Stripe with few keys. A void waits for nothing.
func isDue(c booking.Charge, n int) bool { return time.Since(c.Since) >= time.Minute<<(n-1) }

// flightTime is how long a request may be under way: half a minute by our own
// patience, and as much again at Stripe.
const flightTime = time.Minute

// hasEnded tells whether the request that a key was first used for has ended.
// Stripe repeats the answer of one that has. Of another release's request the
// answer is not known, but the time is.
func hasEnded(c booking.Charge, err error) bool {
	return errors.Is(err, errSavedFailure) || time.Since(c.Since) > flightTime
}

// isVoided tells whether the n-th key, which was not used for the charge, was
// used for its void. The answer does not matter then.
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
