package e2e

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// TestIdempotencyKey: requests with the same key of a customer place one order, and get
// one answer, also later; a different request with the key is refused.
func TestIdempotencyKey(t *testing.T) {
	t.Parallel()
	eachStorage(t, func(t *testing.T, s *system) {
		place := s.place(50)
		in := reservation(place)
		answers := s.atOnce(20, func(int) answer { return s.post(reservations, in, "Idempotency-Key", "key-1") })
		for _, a := range answers {
			require.JSONEq(t, string(answers[0].with(t, http.StatusCreated).raw), string(a.with(t, http.StatusCreated).raw))
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

// TestIdempotencyKey_InTwoProcesses: a repeated request to another process gets the
// first answer again, also if an earlier build answered first, whose request hashes had
// no key. The engine's copy of the hash does not reveal the request.
func TestIdempotencyKey_InTwoProcesses(t *testing.T) {
	t.Parallel()
	s := bootAudited(t)
	in := meal(s.menu())
	first := s.post(foodOrders, in, "Idempotency-Key", "key-1").with(t, http.StatusCreated)
	d, err := s.temporal.DescribeWorkflowExecution(t.Context(), first.body.ID, "")
	require.NoError(t, err)
	require.Regexp(t, "^hmac:", contract.RequestHashIn(d.WorkflowExecutionInfo.Memo))
	s.becomes(first.body.ID, booking.Delivering)

	other := start(t, s.options)
	same := func() {
		t.Helper()
		again := other.post(foodOrders, in, "Idempotency-Key", "key-1").with(t, http.StatusCreated)
		require.Equal(t, first.body.View, again.body.View)
		changed := other.post(foodOrders, with(maps.Clone(in), []object{{"address": "elsewhere"}}), "Idempotency-Key", "key-1")
		require.Equal(t, "idempotency_key_reused", changed.with(t, http.StatusUnprocessableEntity).body.Code)
	}
	same()
	plain := sha256.Sum256(fmt.Appendf(nil, `{"menuId":%q,"customerId":"alice","quantity":2,"address":"12 Sejong-daero, Seoul","paymentMethod":"pm_card_visa"}`, in["menuId"]))
	s.exec("UPDATE orders SET request_hash = $1 WHERE id = $2", hex.EncodeToString(plain[:]), first.body.ID)
	same()
}

// TestIdempotencyKey_OfARefusedOrder: a repeated request gets the first refusal again.
func TestIdempotencyKey_OfARefusedOrder(t *testing.T) {
	t.Parallel()
	s := boot(t)
	place := s.place(0)
	first := s.post(reservations, reservation(place), "Idempotency-Key", "k").with(t, http.StatusConflict)
	s.request(http.MethodPut, "/v1/lodging/places/"+place+"/stock", object{"from": inDays(0), "to": inDays(60), "rooms": 9}).with(t, http.StatusOK)
	second := s.post(reservations, reservation(place), "Idempotency-Key", "k").with(t, http.StatusConflict)
	require.JSONEq(t, string(first.raw), string(second.raw), "the refusal is repeated although a room is free")
}
