package e2e

import (
	"math/rand/v2"
	"net/http"
	"slices"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/orders"
)

// engineAway keeps Temporal away for a while, sometimes longer than a customer waits.
func (m *model) engineAway(random *rand.Rand) {
	pick(random, []func(*proxy){(*proxy).cut, (*proxy).hang, (*proxy).deafen})(m.wire)
	pause(time.Duration(random.IntN(2500)) * time.Millisecond)
	m.wire.resume()
}

// placed records an order, also a refused one.
func (m *model) placed(kind booking.Kind, a answer) {
	id, waits := a.body.ID, kind == booking.Lodging || kind == booking.Food
	if a.body.Order != nil {
		id = a.body.Order.ID
	}
	switch {
	case id == "" && waits && a.body.Code == string(orders.TemporalUnavailable) && !slices.Contains(m.logged(), "order cannot be kept in the inbox"):
		m.Errorf("an order that can wait was refused: %s", a.raw)
		return
	case id == "":
		return
	case a.status < http.StatusBadRequest && a.header.Get("Location") == "":
		m.Errorf("it is not said where the order is: %s", a.raw)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.orders = append(m.orders, id)
	m.unsure[id] = !waits && a.status == http.StatusAccepted
}

// requireAnswered requires that each existing order was named by an answer.
func (m *model) requireAnswered() {
	m.Helper()
	for order := range m.existing() {
		require.Contains(m, m.orders, order, "it exists, and no answer named it")
	}
}
