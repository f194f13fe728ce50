package e2e

import (
	"math/rand/v2"
	"net/http"
	"strconv"
)

// money is what staff and operators do about an order's payment: they give some of it
// back, and say what was paid by hand. They do not while the provider begins to give
// back by itself what they have paid.
func (m *model) money(random *rand.Rand, order string) {
	at := "/v1/payments/" + order
	if random.IntN(3) > 0 {
		refund := object{"amount": object{"amount": 1 + random.IntN(60_000), "currency": "KRW"}, "reason": "it was cold"}
		m.try(http.MethodPost, at+"/refunds", refund, "Idempotency-Key", strconv.FormatUint(random.Uint64(), 10))
		return
	}
	m.switching.Lock()
	defer m.switching.Unlock()
	if m.refunds == "fail" {
		m.try(http.MethodPost, at+"/resolution", object{"evidence": "bank transfer 42"})
	}
}

// switches has the sandbox behave otherwise.
func (m *model) switches(to object) {
	m.switching.Lock()
	defer m.switching.Unlock()
	m.sandbox(to)
	m.refunds, _ = to["refunds"].(string)
}
