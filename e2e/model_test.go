package e2e

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/app"
	"github.com/yeyak/yeyak/internal/rig/seed"
	"github.com/yeyak/yeyak/workflows/contract"
)

const (
	people   = 6  // that act concurrently
	doings   = 20 // actions of each
	failures = 8  // failures of the system meanwhile
)

// TestModel_AnyInterleaving: six people order, pay, deliver, complete, leave early, do
// not come, cancel, refund in part, pay by hand what the provider does not refund, edit
// stock, delete drinks, add cleaners and decide as owners, at random and concurrently,
// while services fail at random and the connection to Temporal is cut, hangs or loses
// answers. When everything is back and stable, the audit finds nothing, every order has
// made only transitions of the table, none was shown as cancelled while money or work
// of it was owed, each existing order was answered, and none of a stay or of food was
// refused because of Temporal. (TestAnyFaultsAnyDecisions of package workflows checks
// the stock at every publication.) YEYAK_SEED repeats a run's choices; the interleaving
// depends on the machine.
func TestModel_AnyInterleaving(t *testing.T) {
	t.Parallel()
	seed := seed.Of(t, "model")
	for name, change := range map[string]func(*app.Options){
		"PostgreSQL": func(*app.Options) {},
		"SQLite":     onSQLite,
		"Durable":    func(o *app.Options) { o.Config.Orders.Durable = true },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			m := newModel(t, seed, change)
			m.run()
			m.recover()
			m.requireStable()
			m.requireClean()
			m.requireAnswered()
		})
	}
}

// model is a system and what its people know of it.
type model struct {
	*audited
	seed uint64
	wire *proxy // to Temporal

	switching sync.Mutex
	refunds   string // the sandbox's setting for refunds

	mu     sync.Mutex
	places []string
	menus  []string
	drinks []string
	orders []string
	unsure map[string]bool // orders that may not exist: their start was not answered
	owed   []string        // orders that were shown as cancelled while something was owed
}

func newModel(t *testing.T, seed uint64, change func(*app.Options)) *model {
	shortLimits := func(o *app.Options) {
		o.Config.Orders.ReplyBudget, o.Config.Orders.AttentionAfter = time.Second, 2*time.Second
		o.Config.Mypage.RepairEvery = 5 * time.Second
		o.Config.Overload.PayWithin, o.Config.Orders.HandOverWithin = 5*time.Second, 2*time.Second // failures last longer
	}
	m := &model{seed: seed, unsure: map[string]bool{}}
	m.audited = bootAudited(t, change, shortLimits, func(o *app.Options) {
		m.wire = newProxy(t, o.TemporalAddress)
		o.TemporalAddress = m.wire.Addr().String()
	})
	if seed%2 == 0 {
		m.ofCalls(object{"within": "1s", "percent": 100}, object{"within": "1h", "percent": 70}).with(t, http.StatusOK)
	}
	for range 2 {
		m.places = append(m.places, m.place(8, fromMidnight, forStays), m.place(8, byOwner), m.place(8, byOwner, halfRefunded))
		m.menus = append(m.menus, m.menu(), m.menu(nothingRefunded))
		m.drinks = append(m.drinks, m.drink(12), m.drink(12, mostRefunded))
		m.cleaner("Kim")
	}
	m.places, m.menus, m.drinks = append(m.places, m.place(8, free)), append(m.menus, m.menu(free)), append(m.drinks, m.drink(12, free))
	return m
}

// run lets all people act.
func (m *model) run() {
	var all sync.WaitGroup
	for person := range uint64(people) {
		random := rand.New(rand.NewPCG(m.seed, person))
		all.Go(func() {
			for range doings {
				m.act(random)
			}
		})
	}
	random := rand.New(rand.NewPCG(m.seed, people))
	all.Go(func() {
		for range failures {
			m.changeFailures(random)
			time.Sleep(time.Duration(random.IntN(1200)) * time.Millisecond)
		}
	})
	all.Wait()
}

func pick[T any](random *rand.Rand, of []T) T { return of[random.IntN(len(of))] }

// act is one action of a person. Refusals are part of the model.
func (m *model) act(random *rand.Rand) {
	m.mu.Lock()
	place, menu, drink, order := pick(random, m.places), pick(random, m.menus), pick(random, m.drinks), ""
	if len(m.orders) > 0 {
		order = pick(random, m.orders)
	}
	m.mu.Unlock()
	card := object{}
	if random.IntN(10) == 0 {
		card["paymentMethod"] = "pm_card_chargeDeclined"
	}
	switch n := random.IntN(24); {
	case n > 20 && order != "":
		m.money(random, order)
	case n < 3:
		stay := object{} // its guests can leave early if they may have come by now
		if random.IntN(2) == 0 {
			stay = object{"checkIn": dawn.day, "checkOut": dawn.day.AddDays(1 + random.IntN(4))}
		}
		m.placed(booking.Lodging, m.try(http.MethodPost, reservations, reservation(place, card, stay)))
	case n == 20:
		rooms := object{"from": inDays(0), "to": inDays(1 + random.IntN(13)), "rooms": 5 + random.IntN(8)}
		m.try(http.MethodPut, "/v1/lodging/places/"+place+"/stock", rooms)
	case n < 6:
		m.placed(booking.Food, m.try(http.MethodPost, foodOrders, meal(menu, card)))
	case n < 9:
		m.placed(booking.Cafe, m.try(http.MethodPost, cafeOrders, cup(drink, card)))
	case n < 12:
		m.placed(booking.Cleaning, m.try(http.MethodPost, calls, visit(card)))
	case n == 12 && random.IntN(4) == 0:
		m.try(http.MethodDelete, drinks+"/"+drink, nil)
		m.mu.Lock()
		m.drinks = append(m.drinks, m.newDrink())
		m.mu.Unlock()
	case n == 12:
		m.sells(random, place, menu, drink)
	case n == 13 && random.IntN(3) == 0:
		m.try(http.MethodPost, cleaners, object{"name": "Lee"})
	case n == 14 && order != "":
		_ = m.temporal.CancelWorkflow(m.Context(), order, "") // by an operator
	case order != "":
		m.decides(random, order)
	}
	if order != "" {
		m.checkCancelled(order)
	}
}

// sells changes, withdraws or brings back something that is sold, or a cleaner.
func (m *model) sells(random *rand.Rand, place, menu, drink string) {
	change := object{"price": object{"amount": 1000 + random.IntN(9), "currency": "KRW"}, "withdrawn": random.IntN(4) == 0}
	switch random.IntN(5) {
	case 0:
		m.try(http.MethodPatch, "/v1/lodging/places/"+place, change)
	case 1:
		m.try(http.MethodPatch, menus+"/"+menu, change)
	case 2:
		m.try(http.MethodPatch, drinks+"/"+drink, change)
	case 3:
		m.try(http.MethodPut, drinks+"/"+drink+"/stock", object{"count": random.IntN(20)})
	default:
		for _, list := range []string{cleaners, cleaners + "?withdrawn=true"} {
			for _, c := range m.try(http.MethodGet, list, nil).body.Items {
				m.try(http.MethodPatch, fmt.Sprint(cleaners, "/", c["id"]), object{"withdrawn": random.IntN(3) == 0})
			}
		}
	}
}

// try sends a request with any answer.
func (m *model) try(method, path string, in any, header ...string) answer {
	a, err := m.send(method, path, in, header...)
	if err != nil {
		m.Errorf("%s %s: %v", method, path, err)
	}
	if a.status == http.StatusInternalServerError {
		m.Errorf("%s %s: %s", method, path, a.raw)
	}
	return a
}

func (m *model) newDrink() string {
	a := m.try(http.MethodPost, drinks, object{
		"name": "Latte", "ownerId": "bora", "price": object{"amount": 4500, "currency": "KRW"}, "date": inDays(1), "count": 12,
	})
	return a.body.ID
}

// decides sends a decision of the order's kind, possible at the moment or not.
func (m *model) decides(random *rand.Rand, order string) {
	var paths []string
	switch kindOf(order) {
	case booking.Lodging:
		at := reservations + "/" + order
		paths = []string{at + "/confirm", at + "/cancel", at + "/complete", at + "/no-show"}
	case booking.Food:
		paths = []string{foodOrders + "/" + order + "/cancel", deliveries + "/" + order + "/complete"}
	case booking.Cafe:
		paths = []string{cafeOrders + "/" + order + "/cancel", productions + "/" + order + "/complete"}
	case booking.Cleaning:
		paths = []string{calls + "/" + order + "/cancel", calls + "/" + order + "/complete"}
	}
	path := pick(random, paths)
	base, cancels := strings.CutSuffix(path, "/cancel")
	if !cancels || random.IntN(2) == 0 {
		m.try(http.MethodPost, path, nil)
		return
	}
	var is quote
	if q := m.try(http.MethodGet, base+"/cancellation", nil); q.status == http.StatusOK && json.Unmarshal(q.raw, &is) == nil {
		m.try(http.MethodPost, path, object{"expect": is.Quote})
	}
}

func kindOf(order string) booking.Kind {
	for _, k := range booking.Kinds() {
		if len(order) > len(k) && order[:len(k)] == string(k) {
			return k
		}
	}
	return ""
}

// checkCancelled records an order that is shown as cancelled while money or work is owed, if it
// is shown so twice: while neither the read model nor a worker answers, an order is
// shown as it was started, and its job as waiting.
func (m *model) checkCancelled(order string) {
	m.owes(order, "/v1/payments/"+order, "refunded", "retained", "returned", "voided", "declined")
	switch kindOf(order) {
	case booking.Food:
		m.owes(order, deliveries+"/"+order, "cancelled")
	case booking.Cafe:
		m.owes(order, productions+"/"+order, "cancelled")
	}
}

// owes records an order that is shown as cancelled, unless the thing at the path is
// done.
func (m *model) owes(order, path string, done ...string) {
	var a answer
	for range 2 {
		page, err := m.send(http.MethodGet, "/v1/mypages/"+order, nil)
		if err != nil || page.status != http.StatusOK || page.body.Status != booking.Cancelled {
			return
		}
		a, err = m.send(http.MethodGet, path, nil)
		if err != nil || a.status != http.StatusOK || slices.Contains(done, string(a.body.Status)) {
			return
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.owed = append(m.owed, fmt.Sprintf("%s is cancelled: %s", order, a.raw))
}

// changeFailures starts or ends a failure.
func (m *model) changeFailures(random *rand.Rand) {
	switched := []*outage{m.outages.deliveries, m.outages.productions, m.outages.crew, m.outages.registry, m.outages.stock, m.outages.ledger}
	switch n := random.IntN(13); n {
	case 11, 12:
		m.engineAway(random)
	case 9:
		m.switches(object{"down": random.IntN(2) == 0})
	case 6:
		m.switches(object{"loseAnswers": random.IntN(2) == 0})
	case 7:
		m.messageStore.away.Store(random.IntN(2) == 0)
	case 8:
		m.readModel.away.Store(random.IntN(2) == 0)
	case 10:
		m.switches(object{"refunds": pick(random, []string{"succeed", "wait", "fail"})})
	default:
		switch random.IntN(3) {
		case 0:
			switched[n].begin(errAway)
		case 1:
			switched[n].begin(errCertain)
		default:
			switched[n].end()
		}
	}
}

// recover ends all failures.
func (m *model) recover() {
	m.switches(object{})
	for _, o := range []*outage{m.outages.deliveries, m.outages.productions, m.outages.crew, m.outages.registry, m.outages.stock, m.outages.ledger} {
		o.end()
	}
	m.messageStore.away.Store(false)
	m.readModel.away.Store(false)
}

// requireStable waits until every order is stable: it waits for a decision, or has
// ended. It checks the order's transitions.
func (m *model) requireStable() {
	m.Helper()
	require.NotEmpty(m, m.orders)
	m.eventually(func() bool { return m.counted("yeyak_inbox_open")+m.counted("yeyak_decisions_open") == 0 })
	inProgress := map[booking.Status]bool{booking.Received: true, booking.PaymentPending: true, booking.Paid: true, booking.Cancelling: true}
	var last contract.View
	for _, order := range m.orders {
		none := false
		require.Eventually(m, func() bool {
			a := m.get("/v1/mypages/" + order)
			last, none = a.body.View, a.status == http.StatusNotFound && m.unsure[order]
			awaited := last.Status.Final() && last.NeedsAttention // a refund must be repeated
			return none || a.status == http.StatusOK && !inProgress[last.Status] && !awaited
		}, waitLimit, 100*time.Millisecond, "%s does not become stable: %+v", order, &last)
		if none {
			continue
		}
		for i := range last.History[1:] {
			from, to := last.History[i].Status, last.History[i+1].Status
			if last.History[i+1].Refused != "" || last.History[i+1].Decision != "" { // a decision that has not changed the order's status
				continue
			}
			require.True(m, last.Kind.May(from, to), "%s went from %s to %s", order, from, to)
		}
	}
	require.Empty(m, m.owed)
}
