package e2e

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestIdempotencyKey: requests under one key of a customer's place one order, and
// get one answer, also later on; another request under it is refused.
func TestIdempotencyKey(t *testing.T) {
	t.Parallel()
	eachStorage(t, func(t *testing.T, s *system) {
		place := s.place(50)
		in := reservation(place)
		answers := s.atOnce(20, func(int) answer { return s.post(reservations, in, "Idempotency-Key", "key-1") })
		for _, a := range answers {
			a.with(t, http.StatusCreated)
			require.JSONEq(t, string(answers[0].raw), string(a.raw))
		}
		require.Equal(t, []int{49, 49}, s.remaining(place))
		charged, _ := s.atProvider()
		require.EqualValues(t, 100000, charged)

		other := s.post(reservations, reservation(place, object{"rooms": 2}), "Idempotency-Key", "key-1").with(t, http.StatusUnprocessableEntity)
		require.Equal(t, "idempotency_key_reused", other.body.Code)
		s.post(reservations+"/"+answers[0].body.ID+"/cancel", nil).with(t, http.StatusOK)
		again := s.post(reservations, in, "Idempotency-Key", "key-1").with(t, http.StatusCreated)
		require.JSONEq(t, string(answers[0].raw), string(again.raw), "the same answer again, whatever came after it")

		bob := s.post(reservations, reservation(place, object{"customerId": "bob"}), "Idempotency-Key", "key-1").with(t, http.StatusCreated)
		require.NotEqual(t, again.body.ID, bob.body.ID, "keys are each caller's own")
	})
}

// TestIdempotencyKey_OfARefusedOrder: a repeated request is refused as the first
// one was.
func TestIdempotencyKey_OfARefusedOrder(t *testing.T) {
	t.Parallel()
	s := boot(t)
	place := s.place(0)
	first := s.post(reservations, reservation(place), "Idempotency-Key", "k").with(t, http.StatusConflict)
	s.request(http.MethodPut, "/v1/lodging/places/"+place+"/stock", object{"from": inDays(0), "to": inDays(60), "rooms": 9}).with(t, http.StatusOK)
	second := s.post(reservations, reservation(place), "Idempotency-Key", "k").with(t, http.StatusConflict)
	require.JSONEq(t, string(first.raw), string(second.raw), "a refusal stays one, though a room came free")
}
