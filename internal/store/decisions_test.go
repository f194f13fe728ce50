package store_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/orders"
	"github.com/yeyak/yeyak/internal/store"
	"github.com/yeyak/yeyak/workflows/contract"
)

// keptOf are the kept decisions of one test, with their read model.
type keptOf struct {
	*testing.T
	*store.Decisions
	pages *store.Mypage
}

func testDecisions(t *testing.T, fresh newURL) {
	for name, test := range map[string]func(keptOf){
		"Put": testDecisionsPut, "Lease": testDecisionsLease, "Finish": testDecisionsFinish, "Forget": testDecisionsForget,
	} {
		run(t, name, func(t *testing.T) {
			db := setup(t, fresh, "mypage")
			test(keptOf{t, store.NewDecisions(db), store.NewMypage(db)})
		})
	}
}

// decided is a decision on an order, made `after` the first.
func decided(orderID, update string, after time.Duration) orders.KeptDecision {
	return orders.KeptDecision{
		Decision: orders.Decision{OrderID: orderID, Kind: booking.Lodging, Update: update, Note: "as I say", Expect: "before:72h/95000"},
		ID:       update + "/_anonymous/1/0", Caller: "_anonymous", DecidedAt: received.Add(after), ByParty: update == "confirm",
	}
}

func (k keptOf) put(orderID, update string, after time.Duration) orders.KeptDecision {
	k.Helper()
	d := decided(orderID, update, after)
	require.NoError(k, k.Put(k.Context(), d))
	return d
}

// lease leases decisions on up to n orders at a time, for a minute, and names them.
func (k keptOf) lease(n int, at time.Time) []string {
	k.Helper()
	leased, err := k.Lease(k.Context(), n, at, at.Add(time.Minute))
	require.NoError(k, err)
	return named(leased)
}

func named(all []orders.KeptDecision) []string {
	names := []string{}
	for _, d := range all {
		names = append(names, d.OrderID+" "+d.Update)
	}
	return names
}

func (k keptOf) open() orders.OpenDecisions {
	k.Helper()
	open, err := k.Open(k.Context())
	require.NoError(k, err)
	return open
}

func (k keptOf) waits(orderID string, before time.Time) int {
	k.Helper()
	n, err := k.Waits(k.Context(), orderID, before)
	require.NoError(k, err)
	return n
}

func (k keptOf) all() []string {
	k.Helper()
	var all []orders.KeptDecision
	for d, err := range k.All(k.Context()) {
		require.NoError(k, err)
		all = append(all, d)
	}
	return named(all)
}

// testDecisionsPut: a decision is stored once, as is an equal later one of the same
// caller.
func testDecisionsPut(k keptOf) {
	require.Equal(k, orders.OpenDecisions{}, k.open())
	first := k.put("a", "confirm", 0)
	k.put("a", "cancel", time.Second)
	k.put("b", "confirm", -time.Second)
	require.Equal(k, orders.OpenDecisions{Decisions: 3, Oldest: received.Add(-time.Second)}, k.open())
	require.Equal(k, []string{"b confirm", "a confirm", "a cancel"}, k.all(), "the oldest first")
	require.Equal(k, 2, k.waits("a", received.Add(time.Hour)))
	require.Equal(k, 1, k.waits("a", received.Add(time.Second)), "it was made then, and not before")
	require.Zero(k, k.waits("c", received.Add(time.Hour)))

	for update, equal := range map[string]bool{"confirm": true, "reject": false} {
		waiting, same, err := k.Ahead(k.Context(), decided("a", update, time.Hour))
		require.NoError(k, err)
		require.Equal(k, 2, waiting)
		require.Equal(k, equal, same)
	}

	paid := decided("c", contract.ResolveUpdate, 0)
	paid.Note = "bank transfer 42"
	require.NoError(k, k.Put(k.Context(), paid))
	for note, equal := range map[booking.Personal]bool{"bank transfer 42": true, "bank transfer 43": false} {
		paid.Note = note
		_, same, err := k.Ahead(k.Context(), paid)
		require.NoError(k, err)
		require.Equal(k, equal, same, "other evidence is another decision")
	}
	require.NoError(k, k.Finish(k.Context(), paid, orders.DecisionOutcome{Outcome: orders.DecisionDelivered, At: received}))

	again := first
	again.ID, again.DecidedAt = "confirm/_anonymous/2/0", received.Add(time.Minute)
	require.NoError(k, k.Put(k.Context(), again), "of another moment")
	require.NoError(k, k.Put(k.Context(), first), "the very same")
	require.Equal(k, 3, k.open().Decisions)
	again.Caller = "olivia"
	require.NoError(k, k.Put(k.Context(), again))
	require.Equal(k, 3, k.waits("a", received.Add(time.Hour)))

	for n := range orders.MostKept - 3 {
		again.ID, again.Caller = fmt.Sprint("confirm/", n), fmt.Sprint("caller-", n)
		require.NoError(k, k.Put(k.Context(), again))
	}
	again.ID, again.Caller = "one too many", "another caller"
	require.ErrorIs(k, k.Put(k.Context(), again), &booking.Error{Code: booking.DecisionPending})
	require.Equal(k, orders.MostKept, k.waits("a", received.Add(time.Hour)))

	leased, err := k.Lease(k.Context(), 2, received, received.Add(time.Minute))
	require.NoError(k, err)
	first.Tries, first.LeasedUntil = 1, received.Add(time.Minute)
	require.Equal(k, first, leased[1])
}

// testDecisionsLease: one process has the oldest decision on each order; the later ones
// wait until it is finished.
func testDecisionsLease(k keptOf) {
	at := received.Add(time.Hour)
	k.put("a", "cancel", time.Second)
	oldest := k.put("a", "confirm", 0)
	k.put("b", "confirm", 2*time.Second)
	require.Equal(k, []string{"a confirm"}, k.lease(1, at))
	require.Equal(k, []string{"b confirm"}, k.lease(3, at), "the other one of a is not the oldest")
	require.Empty(k, k.lease(3, at))
	require.NoError(k, k.Postpone(k.Context(), oldest, at.Add(time.Second), "away"))
	require.Empty(k, k.lease(3, at))
	require.Equal(k, []string{"a confirm"}, k.lease(3, at.Add(time.Second)))
	require.Equal(k, []string{"a confirm", "b confirm"}, k.lease(3, at.Add(2*time.Minute)), "the process that had them has died")
	require.NoError(k, k.Finish(k.Context(), oldest, orders.DecisionOutcome{Outcome: orders.DecisionDelivered, At: at}))
	require.Equal(k, []string{"a cancel"}, k.lease(3, at.Add(2*time.Minute)))

	got := together(k.T, 8, func(int) ([]string, error) {
		leased, err := k.Lease(k.Context(), 1, at.Add(time.Hour), at.Add(2*time.Hour))
		return named(leased), err
	})
	all := []string{}
	for _, names := range got {
		all = append(all, names...)
	}
	require.Subset(k, []string{"a cancel", "b confirm"}, all)
	require.LessOrEqual(k, len(all), 2, "each once")
}

// testDecisionsFinish: a decision that was not carried out is shown with its order,
// which is otherwise unchanged, and stays in later versions of it.
func testDecisionsFinish(k keptOf) {
	require.NoError(k, k.pages.Publish(k.Context(), contract.Publication{View: newView("a", "alice", 5, booking.Cancelled)}))
	before, err := k.pages.View(k.Context(), "a")
	require.NoError(k, err)
	row, err := k.pages.Order(k.Context(), "a")
	require.NoError(k, err)

	confirm, reject, unknown := k.put("a", "confirm", 0), k.put("a", "reject", time.Second), k.put("z", "confirm", 0)
	no := orders.DecisionOutcome{Outcome: orders.DecisionOrderEnded, Code: booking.AlreadyCancelled, At: received.Add(time.Minute)}
	require.NoError(k, k.Finish(k.Context(), unknown, no), "its order is in no read model")
	require.NoError(k, k.Finish(k.Context(), confirm, no))
	require.NoError(k, k.Finish(k.Context(), confirm, no), "by a process that had died")
	require.Equal(k, []string{"a reject"}, k.all())

	shown := contract.Entry{
		Status: before.History[len(before.History)-1].Status, At: received.Add(time.Minute), Note: "as I say",
		Refused: booking.AlreadyCancelled, Decision: "confirm", DecidedAt: received,
	}
	v, err := k.pages.View(k.Context(), "a")
	require.NoError(k, err)
	require.ElementsMatch(k, append(before.History, shown), v.History)
	v.History = before.History
	require.Equal(k, before, v)
	same, err := k.pages.Order(k.Context(), "a")
	require.NoError(k, err)
	require.Equal(k, row, same, "the state from which a saga continues")

	no.Code = booking.NotAwaitingOwner
	require.NoError(k, k.Finish(k.Context(), reject, no))
	require.NoError(k, k.pages.Publish(k.Context(), contract.Publication{View: newView("a", "alice", 6, booking.Cancelled)}))
	v, err = k.pages.View(k.Context(), "a")
	require.NoError(k, err)
	require.Len(k, v.History, len(before.History)+2)
	require.EqualValues(k, 6, v.Version)
	require.Equal(k, orders.OpenDecisions{}, k.open())

	done := k.put("a", "complete", 0)
	require.NoError(k, k.Finish(k.Context(), done, orders.DecisionOutcome{Outcome: orders.DecisionDelivered, At: received}))
	again, err := k.pages.View(k.Context(), "a")
	require.NoError(k, err)
	require.Equal(k, v, again, "the saga shows what was carried out")
}

// testDecisionsForget: only finished decisions are deleted after a while.
func testDecisionsForget(k keptOf) {
	k.put("a", "confirm", 0)
	old, young := k.put("b", "confirm", 0), k.put("c", "confirm", 0)
	done := orders.DecisionOutcome{Outcome: orders.DecisionDelivered, At: received}
	require.NoError(k, k.Finish(k.Context(), old, done))
	done.At = received.Add(time.Hour)
	require.NoError(k, k.Finish(k.Context(), young, done))
	n, err := k.Forget(k.Context(), received.Add(time.Minute))
	require.NoError(k, err)
	require.Equal(k, 1, n)
	n, err = k.Forget(k.Context(), received.Add(2*time.Hour))
	require.NoError(k, err)
	require.Equal(k, 1, n)
	require.Equal(k, []string{"a confirm"}, k.all())
}
