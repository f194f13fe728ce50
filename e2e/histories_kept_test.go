package e2e

import (
	"database/sql"
	"net/http"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun/driver/pgdriver"
	enumspb "go.temporal.io/api/enums/v1"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// in changes the database of the front.
func (s *system) in(statement string, args ...any) {
	s.Helper()
	db := sql.OpenDB(pgdriver.NewConnector(pgdriver.WithDSN(string(s.options.Config.Databases.Front))))
	defer func() { _ = db.Close() }()
	_, err := db.ExecContext(s.Context(), statement, args...)
	require.NoError(s, err)
}

// withKept starts a stay whose owner has a second to decide. The owner has confirmed in time,
// and another process is about to deliver the decision.
func (s *system) withKept(change func(*contract.Lodging)) string {
	s.Helper()
	in := s.startedLike(s.reserve(s.place(9, byOwner)).body.ID)
	in.OrderID += "-kept"
	in.Place.ConfirmWithin = booking.Duration(time.Second)
	in.Policy.AttentionAfter = booking.Duration(time.Hour)
	change(&in)
	s.in(`INSERT INTO kept_decisions (order_id, id, kind, decision, note, caller, decided_at, state, leased_until, tries, outcome)
		VALUES ($1, 'confirm', 'lodging', 'confirm', '', '', now(), 'waiting', now() + interval '1 hour', 1, '')`, in.OrderID)
	s.startAt(in)
	return in.OrderID
}

// readsKept waits until the order has read the kept decisions; then it waits for one.
func (s *system) readsKept(order string) {
	s.Helper()
	s.eventually(func() bool { return count(s.history(order), enumspb.EVENT_TYPE_TIMER_STARTED) > 1 })
}

func keptAndDelivered(s *system) string {
	order := s.withKept(func(*contract.Lodging) {})
	s.readsKept(order)
	s.in("UPDATE kept_decisions SET leased_until = NULL WHERE order_id = $1", order)
	s.shows(order, booking.Confirmed)
	s.carriedOut(func() answer { return s.decide(order, "cancel") })
	return order
}

// keptChange: the owner has confirmed a change in time, and the decision is delivered after
// the deadline.
func keptChange(s *system) string {
	in := s.startedLike(s.accepted(s.reserve(s.place(9, byOwner))))
	in.OrderID += "-kept"
	in.Place.ConfirmWithin = booking.Duration(30 * time.Second)
	in.Policy.AttentionAfter = booking.Duration(time.Hour)
	s.startAt(in)
	order := in.OrderID
	s.becomes(order, booking.AwaitingOwner)
	s.carriedOut(func() answer { return s.decide(order, "confirm") })
	s.move(order, "a", longer).with(s, http.StatusAccepted)
	timers := count(s.history(order), enumspb.EVENT_TYPE_TIMER_STARTED)
	s.in(`INSERT INTO kept_decisions (order_id, id, kind, decision, note, caller, decided_at, state, leased_until, tries, outcome)
		VALUES ($1, 'confirm', 'lodging', 'confirm', '', '', now(), 'waiting', now() + interval '1 hour', 1, '')`, order)
	s.eventually(func() bool { return count(s.history(order), enumspb.EVENT_TYPE_TIMER_STARTED) > timers })
	s.in("UPDATE kept_decisions SET leased_until = NULL WHERE order_id = $1", order)
	s.eventually(func() bool { v := s.page(order); return v.Change == nil && v.CheckOut == inDays(14).String() })
	return s.cancelled(order)
}

func keptAndNotDelivered(s *system) string {
	return s.withKept(func(in *contract.Lodging) { in.Policy.AttentionAfter = booking.Duration(time.Second) })
}

func keptAndSuperseded(s *system) string {
	order := s.withKept(func(*contract.Lodging) {})
	s.readsKept(order)
	require.NoError(s, s.temporal.CancelWorkflow(s.Context(), order, ""))
	return order
}

// keptUnknown: the order cannot read whether a decision was made.
func keptUnknown(s *system) string {
	s.outages.decisions.begin(errAway)
	return s.withKept(func(in *contract.Lodging) { in.Policy.AttentionAfter = booking.Duration(time.Second) })
}
