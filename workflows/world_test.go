package workflows_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.temporal.io/sdk/testsuite"

	"github.com/yeyak/yeyak/activities"
	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/devserver"
	"github.com/yeyak/yeyak/internal/rig/hanging"
	"github.com/yeyak/yeyak/internal/rig/scratch"
	"github.com/yeyak/yeyak/internal/store"
	"github.com/yeyak/yeyak/workflows/contract"
)

var (
	errAway = errors.New("service is away")
	// errCertain is a failure that certainly had no effect.
	errCertain = fmt.Errorf("%w: connection refused", booking.ErrNothingDone)
)

// fault is what happens to one call of a service.
type fault int

const (
	none    fault = iota
	before        // it fails without effect: refused connection, lost request
	after         // it fails after it took effect: lost answer
	late          // it fails now, and takes effect some calls later
	slow          // it takes longer than its timeout, and takes effect beside its durable twin
	nothing       // it fails, and reports that it certainly had no effect
	death         // the process crashes: neither this call nor any later one takes effect
)

// databases is the folder of the databases: in memory if possible, so that tests do not wait
// for a disk.
var databases = sync.OnceValues(func() (*scratch.Folder, error) {
	const memory, name = "/dev/shm", "yeyak-workflows-"
	folder, err := scratch.Make(memory, name)
	if err != nil {
		folder, err = scratch.Make("", name)
	}
	return folder, err
})

// stores are the real ones. The tests of this package share them; each has an order and a
// place of its own.
var stores = sync.OnceValues(func() (*store.DB, error) {
	folder, err := databases()
	if err != nil {
		return nil, err
	}
	db, err := store.Open(context.Background(), "sqlite://"+filepath.Join(folder.Path, "world.db"), store.Options{})
	if err != nil {
		return nil, err
	}
	cleanUp = func() { _ = db.Close(); _ = folder.Remove() }
	return db, migrated(db, "payments", "inventory", "notifications", "mypage", "management", "fulfilment")
})

func migrated(db *store.DB, services ...string) error {
	for _, service := range services {
		if _, err := store.Migrate(context.Background(), db, service); err != nil {
			return err
		}
	}
	return nil
}

var cleanUp = func() {}

func TestMain(m *testing.M) {
	hanging.Watch()
	code := m.Run()
	cleanUp()
	os.Exit(code)
}

var worlds atomic.Int64

// world is everything that one order's saga works with: real stores behind faults, and a
// payment provider.
type world struct {
	testing.TB
	order, item  string
	customer     string // the customer of this order only
	ledger       *store.Payments
	stock        *store.Inventory
	messageStore *store.Notifications
	registry     *store.Management
	deliveries   *store.Jobs
	productions  *store.Jobs
	crew         *store.Crew // nil unless the test has cleaners of its own
	pages        *store.Mypage
	decisions    *store.Decisions

	mu             sync.Mutex
	faults         func(call string) fault // nil: none
	calls          int
	laters         []func()
	twins          map[string]chan struct{} // closed when the call is made again; a slow call waits for that
	provider       map[string]*atProvider
	used           map[string]string // the charge that has used each single-use payment method
	owing          []activities.Owed // the provider's answers to refunds before it makes them
	refundRequests []booking.Charge  // the requested refunds of the undo
	paymentAtUndo  *booking.Payment  // the payment when the first of them was begun; nil until then
	failed         map[string]bool   // keys of the refunds that have failed since
	policed        bool              // the order has a cancellation policy
	disputes       []booking.Dispute // of any charge at the provider
	checks         int               // how often the provider was checked
	byOthers       []*other          // what others do at the provider before the next check
	// alsoOthers: a bank, or a person at the provider, may refund a part.
	alsoOthers  bool
	declines    bool                 // the provider declines all new charges from now on
	refuses     bool                 // the provider refuses all refunds for good
	strict      bool                 // the provider refunds nothing of a lost dispute
	refusing    func()               // called when it refuses one
	moved       bool                 // the stay may be changed
	holdChanges []booking.HoldChange // the changes of the hold, as they were requested
	// confirmsUntil is how long after the request the provider accepts the customer's
	// confirmation; 0 for ever.
	confirmsUntil time.Duration
	approves      bool   // the customer confirms every charge at once
	followed      func() // called when the payment is to be followed; nil: nothing follows it
	// registered: the call is registered at management.
	registered bool
	// overtaken are slow calls that have not taken effect yet.
	overtaken sync.WaitGroup
	// hurried: steps in place have the same timeout as in production.
	hurried bool
	// check receives each publication before it takes effect.
	check     func(contract.Publication)
	published []booking.EventType // that took effect, each once
	known     map[string]bool     // keys of these
}

type atProvider struct {
	nth               string // distinguishes its ids from those of the order's first charge
	charged, refunded int64  // refunded includes refunds by hand and accepted ones
	others            []*other
	currency          string
	refunds           map[string]int64 // by the key of their request
	failed            map[string]int64 // of these, the amounts that failed after they were done
	refusals          int
	refused           map[string]error // the refusal of a request, which its repetition gets too
	voided, declined  bool
	customer          atCustomer // the customer's answer to the charge, if the provider requires one
}

func newWorld(t testing.TB, kind booking.Kind) *world {
	db, err := stores()
	require.NoError(t, err)
	n := worlds.Add(1)
	return &world{
		TB: t, order: fmt.Sprintf("%s-%d", kind, n), item: fmt.Sprintf("item-%d", n), customer: fmt.Sprintf("customer-%d", n), provider: map[string]*atProvider{}, known: map[string]bool{}, failed: map[string]bool{},
		twins:  map[string]chan struct{}{},
		ledger: store.NewPayments(db), stock: store.NewInventory(db), messageStore: store.NewNotifications(db), registry: store.NewManagement(db),
		deliveries: store.NewDeliveries(db), productions: store.NewProductions(db), pages: store.NewMypage(db), decisions: store.NewDecisions(db),
	}
}

var (
	firstNight = booking.Date{Year: 2026, Month: 12, Day: 24}
	departure  = booking.Date{Year: 2026, Month: 12, Day: 26}
)

// setStock sets the item's capacity on two days.
func (w *world) setStock(n int) {
	require.NoError(w, w.stock.SetCapacity(context.Background(), w.item, firstNight, departure, n))
}

// held is the stock that the order holds on each of the two days.
func (w *world) held() int {
	days, err := w.stock.Days(context.Background(), w.item, firstNight, departure)
	require.NoError(w, err)
	return max(days[0].Capacity-days[0].Remaining, days[1].Capacity-days[1].Remaining)
}

// job is the status of the order's delivery or production.
func (w *world) job(jobs *store.Jobs) booking.JobStatus {
	j, err := jobs.Job(context.Background(), w.order)
	if errors.Is(err, &booking.Error{Code: booking.NotFound}) {
		return ""
	}
	require.NoError(w, err)
	return j.Status
}

// row is the order in the read model.
func (w *world) row() contract.Publication {
	p, err := w.pages.Order(context.Background(), w.order)
	require.NoError(w, err)
	return p
}

// inFeed are the order's events in the feed, oldest first.
func (w *world) inFeed() (all []booking.Event) {
	for after := ""; ; {
		events, next, err := w.pages.EventsOf(context.Background(), booking.EventFilter{CustomerID: w.customer}, after, 200)
		require.NoError(w, err)
		if len(events) == 0 {
			return all
		}
		all, after = append(all, events...), next
	}
}

// events are the types of the order's events in the feed.
func (w *world) events() (types []booking.EventType) {
	for _, e := range w.inFeed() {
		types = append(types, e.Type)
	}
	return types
}

// ownerMessages are the types of the messages to the item's owner.
func (w *world) ownerMessages() []string { return w.messagesTo("owner-of-" + w.item) }

// messagesTo are the types of the messages about the order, oldest first.
func (w *world) messagesTo(recipient string) (types []string) {
	for _, m := range w.sentTo(recipient) {
		types = append(types, string(m.Type))
	}
	return types
}

// sentTo are the messages about the order, oldest first.
func (w *world) sentTo(recipient string) (sent []booking.Message) {
	for page := (booking.Page{Limit: 200}); ; {
		messages, next, err := w.messageStore.Messages(context.Background(), recipient, page)
		require.NoError(w, err)
		for _, m := range messages {
			if m.OrderID == w.order {
				sent = append([]booking.Message{m}, sent...)
			}
		}
		if next == "" {
			return sent
		}
		page.Cursor = next
	}
}

// owed is how much the provider has charged and not refunded.
func (w *world) owed() (sum int64) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for _, is := range w.provider {
		sum += is.charged - is.refunded
	}
	return sum
}

func (w *world) setFaults(faults func(string) fault) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.faults = faults
}

func (w *world) finishLateCall() {
	do := w.laters[0]
	w.laters = w.laters[1:]
	do()
}

// finishLateCalls makes all late calls take effect.
func (w *world) finishLateCalls() {
	w.mu.Lock()
	defer w.mu.Unlock()
	for len(w.laters) > 0 {
		w.finishLateCall()
	}
}

type noWaiters struct{}

func (noWaiters) Publishing(contract.View)         {}
func (noWaiters) Wake(contract.Publication)        {}
func (noWaiters) Announce(context.Context, string) {}

type ledger struct{ *process }

func (l ledger) BeginCharge(_ context.Context, c booking.Charge) (booking.Payment, error) {
	return act(l.process, "begin charge", func(ctx context.Context) (booking.Payment, error) { return l.ledger.BeginCharge(ctx, c) })
}

func (l ledger) DeferCharge(_ context.Context, c booking.Charge) (booking.Payment, error) {
	return act(l.process, "defer charge", func(ctx context.Context) (booking.Payment, error) { return l.ledger.DeferCharge(ctx, c) })
}

func (l ledger) RequireAction(_ context.Context, id, ref string, action booking.NextAction) (booking.Payment, error) {
	return act(l.process, "require action", func(ctx context.Context) (booking.Payment, error) {
		return l.ledger.RequireAction(ctx, id, ref, action)
	})
}

func (l ledger) EndCharge(_ context.Context, id string, answer booking.PaymentStatus, ref string) (booking.Payment, error) {
	return act(l.process, "end charge", func(ctx context.Context) (booking.Payment, error) {
		return l.ledger.EndCharge(ctx, id, answer, ref)
	})
}

func (l ledger) BeginRefund(_ context.Context, c booking.Charge) (booking.Payment, error) {
	return act(l.process, "begin refund", func(ctx context.Context) (booking.Payment, error) {
		if before, err := l.ledger.Payment(ctx, c.OrderID); err != nil || before.Reason == "" {
			l.refundRequests = append(l.refundRequests, c) // later requests do not decide what is kept
		}
		payment, err := l.ledger.BeginRefund(ctx, c)
		if err == nil && l.paymentAtUndo == nil {
			l.paymentAtUndo = &payment
		}
		return payment, err
	})
}

func (l ledger) EndRefund(_ context.Context, id string, end booking.PaymentStatus, ref string, refunded int64, refund string) (booking.Payment, error) {
	return act(l.process, "end refund", func(ctx context.Context) (booking.Payment, error) {
		return l.ledger.EndRefund(ctx, id, end, ref, refunded, refund)
	})
}

func (l ledger) NoteRequested(_ context.Context, id string, was, requested int64) (bool, error) {
	return act(l.process, "note requested", func(ctx context.Context) (bool, error) { return l.ledger.NoteRequested(ctx, id, was, requested) })
}

func (l ledger) NoteCompleted(_ context.Context, id string, made []booking.Entry) error {
	return actErr(l.process, "note what was made", func(ctx context.Context) error { return l.ledger.NoteCompleted(ctx, id, made) })
}

func (l ledger) NoteMadeOfPart(_ context.Context, id, key string, made []booking.Entry) error {
	return actErr(l.process, "note what was made of a part", func(ctx context.Context) error { return l.ledger.NoteMadeOfPart(ctx, id, key, made) })
}

func (l ledger) NoteCharge(_ context.Context, id, ref string) error {
	return actErr(l.process, "note charge", func(ctx context.Context) error { return l.ledger.NoteCharge(ctx, id, ref) })
}

func (l ledger) Payment(_ context.Context, id string) (booking.Payment, error) {
	return act(l.process, "read payment", func(ctx context.Context) (booking.Payment, error) { return l.ledger.Payment(ctx, id) })
}

func (l ledger) BeginEntry(_ context.Context, e booking.Entry) (booking.Payment, error) {
	return act(l.process, "begin entry", func(ctx context.Context) (booking.Payment, error) { return l.ledger.BeginEntry(ctx, e) })
}

func (l ledger) NoteEntry(_ context.Context, e booking.Entry) error {
	return actErr(l.process, "note entry", func(ctx context.Context) error {
		if e.State == booking.EntryFailed && l.paymentAtUndo != nil {
			l.failed[e.Key] = true
		}
		return l.ledger.NoteEntry(ctx, e)
	})
}

func (l ledger) Import(_ context.Context, id string, others []booking.Entry, disputes []booking.Dispute) (booking.Payment, error) {
	return act(l.process, "import", func(ctx context.Context) (booking.Payment, error) {
		for _, e := range others {
			if e.State == booking.EntryFailed && l.paymentAtUndo != nil {
				l.failed[e.Key] = true
			}
		}
		return l.ledger.Import(ctx, id, others, disputes)
	})
}

func (l ledger) PayByHand(_ context.Context, r booking.Resolution) ([]booking.Entry, error) {
	return act(l.process, "pay by hand", func(ctx context.Context) ([]booking.Entry, error) { return l.ledger.PayByHand(ctx, r) })
}

func (l ledger) BeginFurther(_ context.Context, c booking.Charge) (booking.FurtherCharge, error) {
	return act(l.process, "begin further charge", func(ctx context.Context) (booking.FurtherCharge, error) { return l.ledger.BeginFurther(ctx, c) })
}

func (l ledger) PreventFurther(_ context.Context, c booking.Charge) (booking.FurtherCharge, error) {
	return act(l.process, "prevent further charge", func(ctx context.Context) (booking.FurtherCharge, error) { return l.ledger.PreventFurther(ctx, c) })
}

func (l ledger) EndFurther(_ context.Context, c booking.Charge, answer booking.PaymentStatus, ref string) (booking.FurtherCharge, error) {
	return act(l.process, "end further charge", func(ctx context.Context) (booking.FurtherCharge, error) {
		return l.ledger.EndFurther(ctx, c, answer, ref)
	})
}

type stock struct{ *process }

func (s stock) Hold(_ context.Context, h booking.Hold) (booking.Outcome, error) {
	return act(s.process, "hold", func(ctx context.Context) (booking.Outcome, error) { return s.stock.Hold(ctx, h) })
}

func (s stock) Release(_ context.Context, h booking.Hold) (booking.Undo, error) {
	return act(s.process, "release", func(ctx context.Context) (booking.Undo, error) { return s.stock.Release(ctx, h) })
}

func (s stock) Shorten(_ context.Context, key string, end booking.Date) (booking.Freed, error) {
	return act(s.process, "shorten", func(ctx context.Context) (booking.Freed, error) { return s.stock.Shorten(ctx, key, end) })
}

func (s stock) ChangeHold(_ context.Context, c booking.HoldChange) (booking.Outcome, error) {
	return act(s.process, "change hold", func(ctx context.Context) (booking.Outcome, error) {
		s.holdChanges = append(s.holdChanges, c)
		return s.stock.ChangeHold(ctx, c)
	})
}

func (s stock) MakeChange(_ context.Context, c booking.HoldChange) (booking.Outcome, error) {
	return act(s.process, "make change", func(ctx context.Context) (booking.Outcome, error) { return s.stock.MakeChange(ctx, c) })
}

func (s stock) DropChange(_ context.Context, c booking.HoldChange) (booking.Undo, error) {
	return act(s.process, "drop change", func(ctx context.Context) (booking.Undo, error) { return s.stock.DropChange(ctx, c) })
}

type messageStore struct{ *process }

func (o messageStore) Send(_ context.Context, m booking.Message) (booking.Outcome, error) {
	requireText(o, m)
	return act(o.process, "send", func(ctx context.Context) (booking.Outcome, error) { return o.messageStore.Send(ctx, m) })
}

func (o messageStore) Withdraw(_ context.Context, key string, m booking.Message, reason booking.Reason) (booking.Undo, error) {
	requireText(o, m)
	assert.Equal(o, reason, m.Reason, m.Key)
	return act(o.process, "withdraw", func(ctx context.Context) (booking.Undo, error) { return o.messageStore.Withdraw(ctx, key, m, reason) })
}

type registry struct{ *process }

func (r registry) Register(_ context.Context, c booking.Call) (booking.Outcome, error) {
	return act(r.process, "register", func(ctx context.Context) (booking.Outcome, error) {
		outcome, err := r.registry.Register(ctx, c)
		r.registered = r.registered || err == nil && outcome.Result == booking.Done
		return outcome, err
	})
}

func (r registry) Unregister(_ context.Context, c booking.Call) (booking.Undo, error) {
	return act(r.process, "unregister", func(ctx context.Context) (booking.Undo, error) {
		undo, err := r.registry.Unregister(ctx, c)
		r.registered = r.registered && err != nil
		return undo, err
	})
}

type jobs struct {
	*process
	jobs *store.Jobs
}

func (j jobs) Start(_ context.Context, job booking.Job) (booking.Outcome, error) {
	return act(j.process, "start", func(ctx context.Context) (booking.Outcome, error) { return j.jobs.Start(ctx, job) })
}

func (j jobs) Finish(_ context.Context, id string) (booking.Outcome, error) {
	return act(j.process, "finish", func(ctx context.Context) (booking.Outcome, error) { return j.jobs.Finish(ctx, id) })
}

func (j jobs) Stop(_ context.Context, job booking.Job) (booking.Outcome, error) {
	return act(j.process, "stop", func(ctx context.Context) (booking.Outcome, error) { return j.jobs.Stop(ctx, job) })
}

func (j jobs) Cancel(_ context.Context, job booking.Job) (booking.Undo, error) {
	return act(j.process, "cancel", func(ctx context.Context) (booking.Undo, error) { return j.jobs.Cancel(ctx, job) })
}

func (j jobs) Change(_ context.Context, c booking.JobChange) (booking.Outcome, error) {
	return act(j.process, "change job", func(ctx context.Context) (booking.Outcome, error) { return j.jobs.Change(ctx, c) })
}

func (j jobs) ChangeBack(_ context.Context, c booking.JobChange) (booking.Undo, error) {
	return act(j.process, "restore job", func(ctx context.Context) (booking.Undo, error) { return j.jobs.ChangeBack(ctx, c) })
}

type crew struct{ *process }

func (c crew) Assign(_ context.Context, call booking.Call) (booking.Outcome, error) {
	return act(c.process, "assign", func(ctx context.Context) (booking.Outcome, error) { return c.crew.Assign(ctx, call) })
}

func (c crew) Finish(_ context.Context, id string) (booking.Outcome, error) {
	return act(c.process, "finish", func(ctx context.Context) (booking.Outcome, error) { return c.crew.Finish(ctx, id) })
}

func (c crew) Cancel(_ context.Context, call booking.Call) (booking.Undo, error) {
	return act(c.process, "cancel", func(ctx context.Context) (booking.Undo, error) { return c.crew.Cancel(ctx, call) })
}

func (c crew) Unsignalled(_ context.Context) ([]booking.CleanerAtWork, error) {
	return act(c.process, "unsignalled", func(ctx context.Context) ([]booking.CleanerAtWork, error) { return c.crew.Unsignalled(ctx) })
}

func (c crew) MarkSignalled(_ context.Context, id string) error {
	return actErr(c.process, "mark signalled", func(ctx context.Context) error { return c.crew.MarkSignalled(ctx, id) })
}

// callers signals nothing: the test itself signals the one call of a world.
type callers struct{ *process }

func (callers) SignalAssigned(context.Context, string, booking.Cleaner) error { return nil }

type pages struct{ *process }

func (r pages) Publish(_ context.Context, p contract.Publication) error {
	if r.check != nil && !r.isDead() {
		r.check(p)
	}
	return actErr(r.process, "publish", func(ctx context.Context) error {
		for _, e := range p.Events {
			requireEventData(r, e, r.policed || r.alsoOthers, r.moved || r.followed != nil) // a refund may have failed since
			if !r.known[e.Key] {
				r.known[e.Key] = true
				r.published = append(r.published, e.Type)
			}
		}
		return r.pages.Publish(ctx, p)
	})
}

type decisions struct{ *process }

func (d decisions) Waits(_ context.Context, orderID string, before time.Time) (int, error) {
	return act(d.process, "waits", func(ctx context.Context) (int, error) { return d.decisions.Waits(ctx, orderID, before) })
}

type marks struct{ *process }

func (m marks) NoteDisputes(_ context.Context, orderID string, open []booking.Dispute) (contract.View, error) {
	return act(m.process, "mark", func(ctx context.Context) (contract.View, error) { return m.pages.NoteDisputes(ctx, orderID, open) })
}

func (m marks) View(_ context.Context, orderID string) (contract.View, error) {
	return act(m.process, "read order", func(ctx context.Context) (contract.View, error) { return m.pages.View(ctx, orderID) })
}

// follower begins to follow the payment.
type follower struct{ *process }

func (f follower) Follow(context.Context, string) error {
	return actErr(f.process, "follow", func(context.Context) error {
		if f.followed != nil {
			f.followed()
		}
		return nil
	})
}

// gate is the provider's gate: closed for calls with a fault.
type gate struct{ *process }

func (g gate) Enter(context.Context, bool) (activities.PaymentSlot, error) {
	if err := actErr(g.process, "enter", func(context.Context) error { return nil }); err != nil {
		return nil, activities.ErrShut
	}
	return slot{}, nil
}

type slot struct{}

func (slot) Begin()      {}
func (slot) Leave(error) {}

func (g gate) AwaitOpen(context.Context, bool) error {
	return actErr(g.process, "opens", func(context.Context) error { return nil })
}

// provider is the payment provider of a world.
type provider struct{ *process }

func (p provider) at(key string) *atProvider {
	if p.provider[key] == nil {
		p.provider[key] = &atProvider{}
		if n := len(p.provider); n > 1 {
			p.provider[key].nth = strconv.Itoa(n) + "-"
		}
	}
	return p.provider[key]
}

func (p provider) Charge(_ context.Context, c booking.Charge) (string, error) {
	return act(p.process, "charge", func(context.Context) (string, error) {
		is := p.at(c.Key)
		switch {
		case is.voided:
			return "", activities.ErrVoided
		case is.declined || p.declines && is.charged == 0 || p.usedBefore(c) || c.Method == "pm_card_chargeDeclined":
			is.declined = true
			return "", activities.ErrDeclined
		case c.Method == toConfirm:
			return p.confirmed(is, c)
		default:
			is.charged, is.currency = c.Amount.Amount, c.Amount.Currency
			return "ref of " + c.Key, nil
		}
	})
}

// usedBefore reports whether the charge's payment method can be used only once, and was used.
func (p provider) usedBefore(c booking.Charge) bool {
	if strings.HasPrefix(c.Method, "pm_card_") {
		return false
	}
	if p.used == nil {
		p.used = map[string]string{}
	}
	by, used := p.used[c.Method]
	if !used {
		p.used[c.Method] = c.Key
	}
	return used && by != c.Key
}

// Confirm implements activities.PaymentProvider.
func (p provider) Confirm(_ context.Context, c booking.Charge, ref string, _ booking.PaymentReturn) (string, error) {
	return act(p.process, "confirm", func(context.Context) (string, error) {
		assert.Equal(p, "action of "+c.Key, ref)
		is := p.at(c.Key)
		if is.voided {
			return "", activities.ErrVoided
		}
		return p.confirmed(is, c)
	})
}

func (p provider) Void(_ context.Context, c booking.Charge) ([]string, error) {
	return act(p.process, "void", func(context.Context) ([]string, error) {
		is := p.at(c.Key)
		if is.customer == approves {
			is.charged, is.currency = c.Amount.Amount, c.Amount.Currency
		}
		if is.charged > 0 {
			return []string{"ref of " + c.Key}, nil
		}
		is.voided = true
		return nil, nil
	})
}

func (p provider) Retrieve(_ context.Context, ref string) (activities.ChargeState, error) {
	return act(p.process, "retrieve", func(context.Context) (activities.ChargeState, error) {
		is := p.by(ref)
		p.checks++
		for _, o := range p.byOthers {
			is.begin(o)
		}
		p.byOthers = nil
		is.countCheck()
		seen := activities.ChargeState{
			Ref: ref, Charged: booking.Money{Amount: is.charged, Currency: is.currency}, Left: is.left(), Disputes: slices.Clone(p.disputes),
			Refusals: is.refusals,
		}
		for _, o := range is.others {
			o.seen(&seen)
		}
		for key, amount := range is.refunds {
			seen.Refunds = append(seen.Refunds, activities.Refund{ID: "id of " + key, Key: key, Amount: amount, State: booking.EntryDone})
		}
		for key, amount := range is.failed {
			seen.Refunds = append(seen.Refunds, activities.Refund{ID: "id of " + key, Key: key, Amount: amount, State: booking.EntryFailed, Words: "failed at last"})
		}
		return seen, nil
	})
}

// failLater makes a refund fail that was done, and returns its entry in the ledger after a
// check of the provider.
func (w *world) failLater(key string) booking.Entry {
	w.Helper()
	w.mu.Lock()
	for _, is := range w.provider {
		if amount, done := is.refunds[key]; done {
			is.failed = map[string]int64{key: amount}
			is.refunded -= amount
			delete(is.refunds, key)
		}
	}
	w.mu.Unlock()
	var suite testsuite.WorkflowTestSuite
	suite.SetLogger(devserver.Quiet())
	env := suite.NewTestActivityEnvironment()
	service := (&process{world: w}).services().Payments
	env.RegisterActivity(service)
	answer, err := env.ExecuteActivity(service.LookAgain, booking.ChargeCheck{OrderID: w.order})
	require.NoError(w, err)
	var is booking.ChargeChecked
	require.NoError(w, answer.Get(&is))
	require.Len(w, is.Failed, 1)
	return is.Failed[0]
}

func (p provider) Refund(_ context.Context, key string, seen activities.ChargeState, amount booking.Money) (string, error) {
	return act(p.process, "refund", func(context.Context) (string, error) {
		is := p.by(seen.Ref)
		if carried := is.refunds[key] - seen.RefundedUnder(key); amount.Amount > 0 && carried != 0 { // with a lost answer
			if carried != amount.Amount {
				return "", errAway // activities.Payments.InFlight finds first what was carried out
			}
			return outcome("id of "+key, true, seen)
		}
		if amount.Amount > 0 && is.failed[key] > 0 {
			if p.refusing != nil {
				p.refusing()
			}
			return "id of " + key, &activities.Owed{Words: "refund id of " + key + " of " + seen.Ref + " is failed at last", NeedsPerson: true}
		}
		if err := is.refusal(p, fmt.Sprint(key, amount.Amount, seen.RefundedUnder(key), seen.Refusals), amount.Amount); err != nil {
			return "", err
		}
		if amount.Amount > is.left() {
			return "", errors.New("less is left of it")
		}
		if is.refunds == nil {
			is.refunds = map[string]int64{}
		}
		is.refunds[key] += amount.Amount
		is.refunded += amount.Amount
		return outcome("id of "+key, is.refunds[key] > 0, seen)
	})
}

// refusal is the provider's refusal of a request. A repeat of a refused request is refused
// too, however late it arrives: a new try has another key.
func (is *atProvider) refusal(p provider, request string, amount int64) error {
	if said := is.refused[request]; said != nil {
		return said
	}
	err := p.refuse(is, amount)
	if err != nil && amount > 0 {
		if is.refused == nil {
			is.refused = map[string]error{}
		}
		is.refused[request] = err
		is.refusals++
	}
	return err
}

// refuse is the provider's refusal of any refund at present.
func (p provider) refuse(is *atProvider, amount int64) error {
	if len(p.owing) > 0 {
		owed := p.owing[0]
		p.owing = p.owing[1:]
		return &owed
	}
	switch {
	case amount == 0:
		return nil
	case p.refuses || p.strict && is.isLost():
		if p.refusing != nil {
			p.refusing()
		}
		return &activities.Owed{Words: "it cannot be refunded", NeedsPerson: true}
	case is.isDisputed():
		return &activities.Owed{Words: "charge_disputed", NeedsPerson: true}
	default:
		return nil
	}
}

// outcome is the provider's answer to a refund that it has made.
func outcome(id string, refunded bool, seen activities.ChargeState) (string, error) {
	for _, r := range seen.Refunds {
		if r.State == booking.EntryPending {
			return id, &activities.Owed{Words: "refund " + r.ID + " is pending"}
		}
	}
	for _, d := range seen.Disputes {
		if d.State == booking.DisputeLost && !refunded {
			return "", activities.ErrReturned
		}
	}
	return id, nil
}

func (p provider) Part(amount booking.Money) booking.Money { return amount }

// by is the charge with the provider's reference.
func (p provider) by(ref string) *atProvider { return p.at(strings.TrimPrefix(ref, "ref of ")) }
