package audit_test

import (
	"context"
	"errors"
	"iter"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	enumspb "go.temporal.io/api/enums/v1"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/audit"
	"github.com/yeyak/yeyak/internal/orders"
	"github.com/yeyak/yeyak/workflows/contract"
)

// books are sources in memory. Their content may change between passes.
type books struct {
	sagas       []orders.Saga // the newest run of an order first
	views       map[string]contract.View
	pending     map[string]map[string][]orders.Awaited
	refunds     map[string]bool // running workflows of refunds
	rows        []audit.Row
	payments    []booking.Payment
	charges     []audit.ProviderCharge
	holds       []audit.Hold
	days        []audit.StockDay
	jobs        map[bool][]booking.JobState // true: deliveries
	cleaners    []booking.CleanerAtWork
	calls       []audit.Call
	called      []string // registered with management
	messages    []booking.Message
	places      []booking.Place
	drinks      []booking.Drink
	undelivered []booking.Event
	kept        []orders.Kept
	decided     []orders.KeptDecision

	passes   int
	before   func(pass int)  // runs early in each pass, from 1 on
	away     error           // the error of every list
	noOrders map[string]bool // listed workflows that are no orders
	spoilt   bool            // the first item of every list cannot be read

	mu      sync.Mutex
	queries int
}

func newBooks() *books {
	return &books{
		views: map[string]contract.View{}, pending: map[string]map[string][]orders.Awaited{}, refunds: map[string]bool{}, jobs: map[bool][]booking.JobState{},
		before: func(int) {},
	}
}

func (b *books) sources() audit.Sources {
	return audit.Sources{
		Workflows: b, Pages: rows{b}, Ledger: payments{b}, Provider: b, Inventory: b, Crew: b, Management: b, Messages: b, Catalogue: b, Outboxes: b, Inbox: inbox{b}, Decisions: decided{b},
		Deliveries: jobs{b, true}, Productions: jobs{b, false},
	}
}

const moment = 15 * time.Second

// run audits the books, in fake time.
func (b *books) run(t *testing.T) (report audit.Report, duration time.Duration) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		var err error
		report, err = audit.Run(t.Context(), b.sources(), audit.Options{Moment: moment})
		require.NoError(t, err)
		duration = time.Since(began)
	})
	return report, duration
}

// requireFindings audits the books, and requires exactly these findings.
func (b *books) requireFindings(t *testing.T, want ...audit.Finding) {
	t.Helper()
	report, _ := b.run(t)
	got := make([]audit.Finding, len(report.Findings))
	for i, f := range report.Findings {
		got[i] = audit.Finding{Kind: f.Kind, OrderID: f.OrderID, Item: f.Item, Says: f.Says, Remedy: f.Remedy}
	}
	require.ElementsMatch(t, want, got)
	require.Zero(t, report.NotJudged)
	require.Zero(t, report.InMotion)
}

func (b *books) List(_ context.Context, _ string, size int, page []byte) ([]orders.Saga, []byte, error) {
	from := len(page) // as good a cursor as any
	to := min(from+min(size, 2), len(b.sagas))
	if to == len(b.sagas) {
		return b.sagas[from:], nil, b.away
	}
	return b.sagas[from:to], make([]byte, to), b.away
}

func (b *books) Describe(_ context.Context, id string) (orders.Saga, error) {
	if b.refunds[id] {
		return orders.Saga{OrderID: id, Execution: enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING}, nil
	}
	i := slices.IndexFunc(b.sagas, func(s orders.Saga) bool { return s.OrderID == id })
	if i < 0 {
		return orders.Saga{}, booking.Errorf(booking.NotFound, "no workflow of %s", id)
	}
	return b.sagas[i], nil
}

func (b *books) View(_ context.Context, id string) (contract.View, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.queries++
	v, ok := b.views[id]
	if b.noOrders[id] {
		return v, &orders.Garbled{OrderID: id, Cause: errors.New("unknown queryType view")}
	}
	if !ok {
		return v, errors.New("no worker answers")
	}
	return v, nil
}

func (b *books) Pending(_ context.Context, id string) (map[string][]orders.Awaited, error) {
	return b.pending[id], nil
}

func (r rows) All(context.Context) iter.Seq2[audit.Row, error] {
	r.passes++
	r.before(r.passes)
	return list(r.books, r.rows)
}

func (i inbox) All(context.Context) iter.Seq2[orders.Kept, error] { return list(i.books, i.kept) }

func (d decided) All(context.Context) iter.Seq2[orders.KeptDecision, error] {
	return list(d.books, d.decided)
}

func (p payments) All(context.Context) iter.Seq2[booking.Payment, error] {
	return list(p.books, p.payments)
}

func (j jobs) All(context.Context) iter.Seq2[booking.JobState, error] {
	return list(j.books, j.jobs[j.deliveries])
}

func (b *books) Charges(context.Context) iter.Seq2[audit.ProviderCharge, error] {
	return list(b, b.charges)
}

func (b *books) AllPlaces(context.Context) iter.Seq2[booking.Place, error] { return list(b, b.places) }

func (b *books) AllDrinks(context.Context) iter.Seq2[booking.Drink, error] { return list(b, b.drinks) }

func (b *books) Undelivered(context.Context) iter.Seq2[booking.Event, error] {
	return list(b, b.undelivered)
}

func (b *books) AllDays(context.Context) iter.Seq2[audit.StockDay, error] { return list(b, b.days) }

func (b *books) LiveHolds(context.Context) iter.Seq2[audit.Hold, error] { return list(b, b.holds) }

func (b *books) AllCleaners(context.Context) iter.Seq2[booking.CleanerAtWork, error] {
	return list(b, b.cleaners)
}

func (b *books) Assignments(context.Context) iter.Seq2[audit.Call, error] { return list(b, b.calls) }

func (b *books) Registered(context.Context) iter.Seq2[string, error] { return list(b, b.called) }

func (b *books) NotWithdrawn(context.Context) iter.Seq2[booking.Message, error] {
	return list(b, b.messages)
}

type (
	rows     struct{ *books }
	payments struct{ *books }
	inbox    struct{ *books }
	decided  struct{ *books }
	jobs     struct {
		*books
		deliveries bool
	}
)

// garbled is an item that cannot be read.
type garbled struct{}

func (garbled) Error() string               { return "invalid character" }
func (garbled) About() (order, item string) { return "food-garbled", "" }

func list[T any](b *books, all []T) iter.Seq2[T, error] {
	return func(yield func(T, error) bool) {
		for i, one := range all {
			if b.spoilt && i == 0 {
				var none T
				if !yield(none, garbled{}) {
					return
				}
				continue
			}
			if !yield(one, b.away) || b.away != nil {
				return
			}
		}
	}
}

var (
	price = booking.Money{Amount: 100000, Currency: "KRW"}
	kim   = booking.Cleaner{ID: "kim", Name: "Kim"}
)

// order is the view of an order of the kind.
func order(k booking.Kind, s booking.Status) contract.View {
	v := contract.View{
		ID: string(k) + "-1", Kind: k, CustomerID: "alice", OwnerID: "bora", Item: booking.Item{ID: "thing", Name: "Thing"},
		Quantity: 2, Amount: price, Status: s, Version: 7, Placed: true,
		History: []contract.Entry{{Status: booking.Received, At: time.Date(2026, 12, 1, 9, 0, 0, 0, time.UTC)}},
	}
	switch k {
	case booking.Lodging:
		v.Stay = &contract.Stay{CheckIn: "2026-12-24", CheckOut: "2026-12-26"}
	case booking.Cafe:
		v.Production = &contract.Production{Date: "2026-12-24"}
	case booking.Cleaning:
		v.Cleaning = &contract.Visit{Location: "here"}
		if s == booking.Assigned || s == booking.Completed {
			v.Cleaning.Cleaner = &kim
		}
	}
	return v
}

// add adds an order to the books, with everything that its status requires.
func (b *books) add(v contract.View) {
	s := orders.Saga{OrderID: v.ID, Kind: v.Kind, Status: v.Status, Execution: enumspb.WORKFLOW_EXECUTION_STATUS_RUNNING}
	if v.Status.Final() {
		s.Execution = enumspb.WORKFLOW_EXECUTION_STATUS_COMPLETED
	}
	b.sagas = append(b.sagas, s)
	b.views[v.ID] = v
	b.rows = append(b.rows, audit.Row{ID: v.ID, Status: v.Status, Version: v.Version, View: v})
	b.pay(v)
	b.hold(v)
	b.work(v)
	b.call(v)
	b.addMessages(v)
}

// addMessages adds the messages of a live order, or those that withdraw them.
func (b *books) addMessages(v contract.View) {
	for _, name := range map[booking.Kind][]string{
		booking.Lodging: {"notice"}, booking.Food: {"notice"}, booking.Cafe: {"notice"}, booking.Cleaning: {"confirmation", "assignment", "cleaner"},
	}[v.Kind] {
		switch v.Status {
		case booking.AwaitingOwner, booking.Confirmed, booking.Delivering, booking.InProduction, booking.Assigned, booking.Delivered, booking.Completed:
			b.messages = append(b.messages, booking.Message{OrderID: v.ID, Key: v.ID + "/" + name})
		case booking.Cancelled:
			b.messages = append(b.messages, booking.Message{OrderID: v.ID, Key: v.ID + "/" + name + "/withdrawal"})
		}
	}
}

// began reports whether the order has reached its first step.
func began(v contract.View) bool {
	return v.Status != booking.Received && v.Status != booking.PaymentPending && v.Status != booking.Cancelled
}

func (b *books) pay(v contract.View) {
	switch {
	case v.Status == booking.AwaitingPayment:
		b.payments = append(b.payments, booking.Payment{Charge: booking.Charge{OrderID: v.ID, Amount: v.Amount}, Status: booking.ActionRequired, ActionRef: "ref"})
	case began(v):
		b.payments = append(b.payments, payment(v, booking.Charged, 0))
		b.charges = append(b.charges, audit.ProviderCharge{OrderID: v.ID, Ref: "ref", Charged: v.Amount})
	case v.Status == booking.Cancelled:
		b.payments = append(b.payments, payment(v, booking.Refunded, v.Amount.Amount))
		b.charges = append(b.charges, audit.ProviderCharge{OrderID: v.ID, Ref: "ref", Charged: v.Amount, Refunded: v.Amount.Amount})
	}
}

func payment(v contract.View, s booking.PaymentStatus, refunded int64) booking.Payment {
	return booking.Payment{Charge: booking.Charge{OrderID: v.ID, Amount: v.Amount}, Status: s, Ref: "ref", Refunded: refunded}
}

func (b *books) hold(v contract.View) {
	if !began(v) || v.Kind != booking.Lodging && v.Kind != booking.Cafe {
		return
	}
	h := audit.Hold{Stocked: 1, Hold: booking.Hold{
		Key: v.ID + "/hold", OrderID: v.ID, ItemID: v.Item.ID, Quantity: v.Quantity, From: christmasEve, To: christmasEve.AddDays(1),
	}}
	if v.Kind == booking.Lodging {
		h.To, h.Stocked = h.To.AddDays(1), 2
	}
	b.holds = append(b.holds, h)
}

// leaves records that the guests have left; free is the first released night.
func (b *books) leaves(free booking.Date) {
	v := b.views["lodging-1"]
	v.Stay = &contract.Stay{CheckIn: v.CheckIn, CheckOut: v.CheckOut, Freed: &booking.Nights{From: free, To: christmasEve.AddDays(2)}}
	b.views["lodging-1"], b.rows[0].View = v, v
}

// shorten ends the hold earlier.
func (b *books) shorten(end booking.Date) {
	b.holds[0].To, b.holds[0].Stocked = end, b.holds[0].From.DaysUntil(end)
}

var christmasEve = booking.Date{Year: 2026, Month: 12, Day: 24}

func (b *books) work(v contract.View) {
	status := map[booking.Status]booking.JobStatus{
		booking.Delivering: booking.JobStarted, booking.InProduction: booking.JobStarted, booking.Delivered: booking.JobDelivered,
		booking.Completed: booking.JobCompleted, booking.Cancelled: booking.JobCancelled,
	}[v.Status]
	if status != "" && (v.Kind == booking.Food || v.Kind == booking.Cafe) {
		food := v.Kind == booking.Food
		b.jobs[food] = append(b.jobs[food], booking.JobState{Job: booking.Job{OrderID: v.ID, Quantity: v.Quantity}, Status: status})
	}
}

func (b *books) call(v contract.View) {
	if v.Kind != booking.Cleaning || v.Status == booking.Received {
		return
	}
	if v.Status != booking.Cancelled {
		b.called = append(b.called, v.ID)
	}
	c := audit.Call{OrderID: v.ID, CleanerID: "kim", Signalled: true}
	at := booking.CleanerAtWork{Cleaner: kim}
	switch v.Status {
	case booking.Calling:
		c.State, c.CleanerID, c.Signalled, at.OrderID = audit.CallWaiting, "", false, ""
		b.calls = append(b.calls, c)
		return
	case booking.Assigned:
		c.State, at.OrderID = audit.CallAssigned, v.ID
	case booking.Completed:
		c.State = audit.CallDone
	case booking.Cancelled:
		c.State = audit.CallCancelled
	default:
		return
	}
	b.calls, b.cleaners = append(b.calls, c), append(b.cleaners, at)
}
