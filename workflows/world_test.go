package workflows_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/sony/gobreaker/v2"
	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/activities"
	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/store"
	"github.com/yeyak/yeyak/workers"
	"github.com/yeyak/yeyak/workflows/contract"
)

var errAway = errors.New("service is away")

// fault is what happens to one call of a service.
type fault int

const (
	none   fault = iota
	before       // it fails and has not acted: refused connection, time-out on the way there
	after        // it has acted and fails: lost answer, time-out on the way back
	late         // it fails now, and acts some calls later
	slow         // it takes longer than its budget, and acts then
	death        // the process dies: neither this call nor any later one of this life acts
)

// stores are the real ones, shared by the tests of this package, each of
// which has an order and a place of its own in them.
var stores = sync.OnceValues(func() (*store.DB, error) {
	dir, err := os.MkdirTemp("", "yeyak-workflows")
	if err != nil {
		return nil, err
	}
	db, err := store.Open(context.Background(), "sqlite://"+filepath.Join(dir, "world.db"), store.Options{})
	if err != nil {
		return nil, err
	}
	cleanUp = func() { _ = db.Close(); _ = os.RemoveAll(dir) }
	for _, service := range []string{"payments", "inventory", "notifications", "mypage"} {
		if _, err := store.Migrate(context.Background(), db, service); err != nil {
			return nil, err
		}
	}
	return db, nil
})

var cleanUp = func() {}

func TestMain(m *testing.M) {
	code := m.Run()
	cleanUp()
	os.Exit(code)
}

var worlds atomic.Int64

// world is everything that one order's saga acts on: real stores behind
// faults to order, and a payment provider.
type world struct {
	testing.TB
	order, place string
	ledger       *store.Payments
	stock        *store.Inventory
	outbox       *store.Notifications
	pages        *store.Mypage

	mu       sync.Mutex
	faults   func(call string) fault // nil: none
	calls    int
	dead     bool
	laters   []func()
	provider map[string]*atProvider
	// check looks at each publication before it takes effect.
	check     func(contract.Publication)
	published []booking.EventType // that took effect, each once
	known     map[string]bool     // keys of these
}

type atProvider struct {
	charged, refunded int64
	voided, declined  bool
}

func newWorld(t testing.TB, rooms int) *world {
	db, err := stores()
	require.NoError(t, err)
	n := worlds.Add(1)
	w := &world{
		TB: t, order: fmt.Sprintf("lodging-%d", n), place: fmt.Sprintf("place-%d", n), provider: map[string]*atProvider{}, known: map[string]bool{},
		ledger: store.NewPayments(db), stock: store.NewInventory(db), outbox: store.NewNotifications(db), pages: store.NewMypage(db),
	}
	w.setRooms(rooms)
	return w
}

var (
	firstNight = booking.Date{Year: 2026, Month: 12, Day: 24}
	departure  = booking.Date{Year: 2026, Month: 12, Day: 26}
)

func (w *world) setRooms(n int) {
	require.NoError(w, w.stock.SetCapacity(context.Background(), w.place, firstNight, departure, n))
}

// rooms are those that are left, on every night alike.
func (w *world) rooms() int {
	nights, err := w.stock.Nights(context.Background(), w.place, firstNight, departure)
	require.NoError(w, err)
	require.Equal(w, nights[0].Remaining, nights[1].Remaining, "all nights or none")
	return nights[0].Remaining
}

// row is what the read model holds of the order.
func (w *world) row() contract.Publication {
	p, err := w.pages.Order(context.Background(), w.order)
	require.NoError(w, err)
	return p
}

// events are the types of the order's events in the feed.
func (w *world) events() (types []booking.EventType) {
	for after := ""; ; {
		events, next, err := w.pages.Events(context.Background(), after, 200)
		require.NoError(w, err)
		if len(events) == 0 {
			return types
		}
		for _, e := range events {
			if e.OrderID == w.order {
				types = append(types, e.Type)
			}
		}
		after = next
	}
}

// told are the types of the messages that the owner got on the order.
func (w *world) told() (types []string) {
	messages, _, err := w.outbox.Messages(context.Background(), "owner of "+w.place, booking.Page{Limit: 200})
	require.NoError(w, err)
	for _, m := range messages {
		types = append([]string{m.Type}, types...)
	}
	return types
}

// owed is what was charged and not refunded, at the provider.
func (w *world) owed() (sum int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, is := range w.provider {
		sum += is.charged - is.refunded
	}
	return sum
}

func (w *world) services() workers.Services {
	served := func(name string) activities.Service {
		return activities.NewService(name, func(string, gobreaker.State, gobreaker.State) {})
	}
	return workers.Services{
		Payments:      &activities.Payments{Service: served("payments"), Ledger: ledger{w}, Provider: provider{w}},
		Inventory:     &activities.Inventory{Service: served("inventory"), Stock: stock{w}},
		Notifications: &activities.Notifications{Service: served("notifications"), Outbox: outbox{w}},
		Mypage:        &activities.Mypage{Service: served("mypage"), ReadModel: pages{w}, Waiters: nobody{}},
	}
}

// act does one call with the fault that is ordered for it, after those that
// are late have had a chance to come in.
func act[T any](w *world, call string, do func(context.Context) (T, error)) (T, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.calls++
	if len(w.laters) > 0 && w.calls%3 == 0 {
		w.settleOne()
	}
	f := none
	if w.faults != nil {
		f = w.faults(call)
	}
	var zero T
	w.dead = w.dead || f == death
	if w.dead {
		return zero, nil // whatever it says, nobody is there to hear it
	}
	switch f {
	case slow:
		w.mu.Unlock()
		time.Sleep(700 * time.Millisecond)
		w.mu.Lock()
		return do(context.Background())
	case before:
		return zero, errAway
	case after:
		_, _ = do(context.Background()) // whatever it says, nobody hears it
		return zero, errAway
	case late:
		w.laters = append(w.laters, func() { _, _ = do(context.Background()) })
		return zero, errAway
	default:
		return do(context.Background())
	}
}

func (w *world) isDead() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.dead
}

// revive lets another process take over.
func (w *world) revive() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.dead = false
}

func (w *world) setFaults(faults func(string) fault) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.faults = faults
}

func (w *world) settleOne() {
	do := w.laters[0]
	w.laters = w.laters[1:]
	do()
}

// settle lets everything that is late act.
func (w *world) settle() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for len(w.laters) > 0 {
		w.settleOne()
	}
}

func actErr(w *world, call string, do func(context.Context) error) error {
	_, err := act(w, call, func(ctx context.Context) (struct{}, error) { return struct{}{}, do(ctx) })
	return err
}

type nobody struct{}

func (nobody) Wake(contract.Publication)        {}
func (nobody) Announce(context.Context, string) {}

type ledger struct{ *world }

func (l ledger) BeginCharge(_ context.Context, c booking.Charge) (booking.Payment, error) {
	return act(l.world, "begin charge", func(ctx context.Context) (booking.Payment, error) { return l.ledger.BeginCharge(ctx, c) })
}

func (l ledger) EndCharge(_ context.Context, id string, answer booking.PaymentStatus, ref string) (booking.Payment, error) {
	return act(l.world, "end charge", func(ctx context.Context) (booking.Payment, error) {
		return l.ledger.EndCharge(ctx, id, answer, ref)
	})
}

func (l ledger) BeginRefund(_ context.Context, c booking.Charge) (booking.Payment, error) {
	return act(l.world, "begin refund", func(ctx context.Context) (booking.Payment, error) { return l.ledger.BeginRefund(ctx, c) })
}

func (l ledger) EndRefund(_ context.Context, id string, end booking.PaymentStatus, ref string, refunded int64) error {
	return actErr(l.world, "end refund", func(ctx context.Context) error { return l.ledger.EndRefund(ctx, id, end, ref, refunded) })
}

type stock struct{ *world }

func (s stock) Hold(_ context.Context, h booking.Hold) (booking.Outcome, error) {
	return act(s.world, "hold", func(ctx context.Context) (booking.Outcome, error) { return s.stock.Hold(ctx, h) })
}

func (s stock) Release(_ context.Context, h booking.Hold) (booking.Undo, error) {
	return act(s.world, "release", func(ctx context.Context) (booking.Undo, error) { return s.stock.Release(ctx, h) })
}

type outbox struct{ *world }

func (o outbox) Send(_ context.Context, m booking.Message) (booking.Outcome, error) {
	return act(o.world, "send", func(ctx context.Context) (booking.Outcome, error) { return o.outbox.Send(ctx, m) })
}

func (o outbox) Withdraw(_ context.Context, key string, m booking.Message, why booking.Reason) (booking.Undo, error) {
	return act(o.world, "withdraw", func(ctx context.Context) (booking.Undo, error) { return o.outbox.Withdraw(ctx, key, m, why) })
}

type pages struct{ *world }

func (r pages) Publish(_ context.Context, p contract.Publication) error {
	if r.check != nil {
		r.check(p)
	}
	return actErr(r.world, "publish", func(ctx context.Context) error {
		for _, e := range p.Events {
			if !r.known[e.Key] {
				r.known[e.Key] = true
				r.published = append(r.published, e.Type)
			}
		}
		return r.pages.Publish(ctx, p)
	})
}

// provider is the payment provider of a world.
type provider struct{ *world }

func (p provider) at(key string) *atProvider {
	if p.provider[key] == nil {
		p.provider[key] = &atProvider{}
	}
	return p.provider[key]
}

func (p provider) Charge(_ context.Context, c booking.Charge) (string, error) {
	return act(p.world, "charge", func(context.Context) (string, error) {
		is := p.at(c.Key)
		switch {
		case is.voided:
			return "", activities.ErrVoided
		case is.declined || c.Method == "pm_card_chargeDeclined":
			is.declined = true
			return "", activities.ErrDeclined
		default:
			is.charged = c.Amount.Amount
			return "ref of " + c.Key, nil
		}
	})
}

func (p provider) Void(_ context.Context, c booking.Charge) (string, error) {
	return act(p.world, "void", func(context.Context) (string, error) {
		is := p.at(c.Key)
		if is.charged > 0 {
			return "ref of " + c.Key, nil
		}
		is.voided = true
		return "", nil
	})
}

func (p provider) Refund(_ context.Context, _, ref string, amount booking.Money) error {
	return actErr(p.world, "refund", func(context.Context) error {
		for key, is := range p.provider {
			if ref == "ref of "+key {
				is.refunded = amount.Amount
			}
		}
		return nil
	})
}
