package e2e

import (
	"math/rand/v2"
	"net/http"
	"strconv"
)

// money is what staff and operators do with an order's payment: they refund some of it,
// and record what was paid by hand. They do not while the provider's refunds are
// beginning to work again.
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

// switches changes the sandbox's behaviour.
func (m *model) switches(to object) {
	m.switching.Lock()
	defer m.switching.Unlock()
	m.sandbox(to)
	m.refunds, _ = to["refunds"].(string)
}
