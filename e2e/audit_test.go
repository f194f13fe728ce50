package e2e

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun/driver/pgdriver"
	"go.uber.org/zap"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/app"
	"github.com/yeyak/yeyak/internal/audit"
	"github.com/yeyak/yeyak/workflows/contract"
)

// audited is a system whose books are compared.
type audited struct {
	*system
	options app.Options
}

func bootAudited(t testing.TB, change ...func(*app.Options)) *audited {
	t.Helper()
	a := &audited{}
	a.system = boot(t, append(change, withCouriers, func(o *app.Options) { a.options = *o })...)
	a.options.Log = zap.NewNop()
	return a
}

// audit looks twice within a second.
func (a *audited) audit() audit.Report {
	a.Helper()
	report, err := app.Audit(a.Context(), a.options, time.Second)
	require.NoError(a, err)
	return report
}

func (a *audited) requireClean() audit.Report {
	a.Helper()
	report := a.audit()
	require.Empty(a, report.Findings)
	require.True(a, report.Clean(), "%+v", report)
	require.Zero(a, report.InMotion)
	return report
}

// requireKinds audits, and requires for each order just the findings of these kinds.
func (a *audited) requireKinds(want map[string][]audit.Kind) {
	a.Helper()
	report := a.audit()
	got := map[string][]audit.Kind{}
	for _, f := range report.Findings {
		about := f.OrderID
		if about == "" {
			about = f.Item
		}
		got[about] = append(got[about], f.Kind)
	}
	require.Equal(a, want, got, "%+v", report.Findings)
	require.Zero(a, report.NotJudged)
}

// exec changes the database behind everybody's back.
func (a *audited) exec(statement string, args ...any) {
	a.Helper()
	db := sql.OpenDB(pgdriver.NewConnector(pgdriver.WithDSN(string(a.options.Config.Databases.Front))))
	defer func() { _ = db.Close() }()
	done, err := db.ExecContext(a.Context(), statement, args...)
	require.NoError(a, err)
	n, err := done.RowsAffected()
	require.NoError(a, err)
	require.Positive(a, n, statement)
}

// everywhere places orders of each kind and takes them as far as they go.
func (a *audited) everywhere() {
	a.Helper()
	place, menu, drink := a.place(9), a.menu(), a.drink(9)
	a.reserve(place).with(a, http.StatusCreated)
	a.reserve(a.place(9, byOwner)).with(a, http.StatusCreated)
	a.reserve(a.place(0)).with(a, http.StatusConflict)
	a.reserve(place, object{"paymentMethod": "pm_card_chargeDeclined"})
	checkedOutEarly(a.system)
	a.decide(a.reserve(place).with(a, http.StatusCreated).body.ID, "cancel").with(a, http.StatusOK)

	order := func() string { return a.order(menu).with(a, http.StatusCreated).body.ID }
	a.becomes(order(), booking.Delivering)
	delivered := order()
	a.becomes(delivered, booking.Delivering)
	a.decideAt(deliveries+"/"+delivered, "complete").with(a, http.StatusOK)
	a.decideAt(foodOrders+"/"+order(), "cancel").with(a, http.StatusOK)

	order = func() string { return a.orderCup(drink).with(a, http.StatusCreated).body.ID }
	a.becomes(order(), booking.InProduction)
	served := order()
	a.becomes(served, booking.InProduction)
	a.decideAt(productions+"/"+served, "complete").with(a, http.StatusOK)
	a.decideAt(cafeOrders+"/"+order(), "cancel").with(a, http.StatusOK)
	a.orderCup(a.drink(1), object{"quantity": 2}).with(a, http.StatusConflict)

	a.cleaner("Min-jun")
	a.cleaner("Seo-yeon")
	order = func() string { return a.call().with(a, http.StatusCreated).body.ID }
	cleaned := order()
	a.becomes(cleaned, booking.Assigned)
	a.decideAt(calls+"/"+cleaned, "complete").with(a, http.StatusOK)
	a.becomes(order(), booking.Assigned)
	a.becomes(order(), booking.Assigned)
	free := visit()
	delete(free, "price")
	a.post(calls, free).with(a, http.StatusCreated)
	a.decideAt(calls+"/"+order(), "cancel").with(a, http.StatusOK)
}

func TestAudit_Clean(t *testing.T) {
	t.Parallel()
	for name, storage := range map[string]func(*app.Options){"PostgreSQL": func(*app.Options) {}, "SQLite": onSQLite} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			a := bootAudited(t, storage)
			a.everywhere()
			report := a.requireClean()
			require.Equal(t, report.Orders, report.Rows)
			require.GreaterOrEqual(t, report.Running, 7, "the list of workflows may be behind")
			require.Equal(t, 2, report.Cleaners)
			for _, counted := range []int{report.Payments, report.Charges, report.Holds, report.Days, report.Deliveries, report.Productions, report.Calls, report.Registrations} {
				require.Positive(t, counted, "%+v", report.Counts)
			}
		})
	}
}

// TestAudit_OnALiveSystem: whatever orders do meanwhile is no drift.
func TestAudit_OnALiveSystem(t *testing.T) {
	t.Parallel()
	a := bootAudited(t)
	place, drink := a.place(5), a.drink(1000)
	a.cleaner("Min-jun")
	ctx, stop := context.WithCancel(t.Context())
	var customers sync.WaitGroup
	for _, live := range []func(){
		func() { a.decide(a.reserve(place).body.ID, "cancel") },
		func() { a.reserve(a.place(1)) },
		func() { a.decideAt(productions+"/"+a.orderCup(drink).body.ID, "complete") },
		func() { a.decideAt(cafeOrders+"/"+a.orderCup(drink).body.ID, "cancel") },
		func() { a.decideAt(calls+"/"+a.call().body.ID, "complete") },
		func() { a.decideAt(calls+"/"+a.call().body.ID, "cancel") },
	} {
		customers.Go(func() {
			for ctx.Err() == nil {
				live()
			}
		})
	}
	for began := time.Now(); time.Since(began) < 8*time.Second; {
		report := a.audit()
		require.Empty(t, report.Findings)
		require.Zero(t, report.NotJudged)
	}
	stop()
	customers.Wait()
	require.Greater(t, a.requireClean().Orders, 10)
}

// TestAudit_FindsWhatIsBroken, each thing under its kind.
func TestAudit_FindsWhatIsBroken(t *testing.T) {
	t.Parallel()
	a := bootAudited(t)
	want := map[string][]audit.Kind{}
	breaks := func(order string, kind audit.Kind, statement string) {
		a.exec(statement, order)
		want[order] = append(want[order], kind)
	}
	confirmed := func() (order, place string) {
		place = a.place(3)
		order = a.reserve(place).with(t, http.StatusCreated).body.ID
		return order, place
	}
	order, place := confirmed()
	breaks(order, audit.Stock, "DELETE FROM holds WHERE order_id = $1")
	want[place] = []audit.Kind{audit.Stock, audit.Stock} // what remains no longer adds up, on both days

	order, place = confirmed()
	a.finished(order)
	a.exec("UPDATE stock SET remaining = remaining + 1 WHERE item_id = $1 AND day = $2", place, inDays(10).String())
	want[place] = []audit.Kind{audit.Stock}

	order, _ = confirmed()
	breaks(order, audit.Money, "UPDATE payments SET status = 'refunded', refunded = amount WHERE order_id = $1")
	want[order] = append(want[order], audit.Provider)

	order, _ = confirmed()
	breaks(order, audit.Provider, "UPDATE sandbox_charges SET refunded = amount, refund_key = 'x' WHERE order_id = $1")

	order, _ = confirmed()
	a.finished(order)
	breaks(order, audit.Mypage, "DELETE FROM orders WHERE id = $1")

	order, _ = confirmed()
	a.decide(order, "cancel").with(t, http.StatusOK)
	a.ended(order)
	breaks(order, audit.Mypage, "UPDATE orders SET status = 'confirmed' WHERE id = $1")

	order = a.order(a.menu()).with(t, http.StatusCreated).body.ID
	a.becomes(order, booking.Delivering)
	breaks(order, audit.Delivery, "UPDATE jobs SET status = 'delivered' WHERE order_id = $1")

	order = a.orderCup(a.drink(9)).with(t, http.StatusCreated).body.ID
	a.becomes(order, booking.InProduction)
	breaks(order, audit.Production, "UPDATE jobs SET status = 'cancelled' WHERE order_id = $1")

	a.cleaner("Min-jun")
	order = a.call().with(t, http.StatusCreated).body.ID
	a.becomes(order, booking.Assigned)
	waiting := a.call().with(t, http.StatusCreated).body.ID
	a.finished(waiting)
	breaks(order, audit.Cleaner, "UPDATE cleaners SET order_id = '' WHERE order_id = $1")
	breaks(waiting, audit.Registration, "DELETE FROM registrations WHERE order_id = $1")
	want[waiting] = []audit.Kind{audit.Cleaner, audit.Registration} // it waits while somebody is free

	nobodys := "lodging-nobodys"
	a.exec(`INSERT INTO payments (order_id, key, amount, currency, method, why, status, ref, refunded, created_at, updated_at)
		VALUES ($1, 'x', 5, 'KRW', 'm', '', 'charged', 'r', 0, now(), now())`, nobodys)
	want[nobodys] = []audit.Kind{audit.Money, audit.Provider}

	a.requireKinds(want)
}

// terminate ends an order's workflow by force, without its undos. The list of
// workflows, which an audit begins with, learns of it a little later.
func (a *audited) terminate(order string) {
	a.Helper()
	a.finished(order)
	require.NoError(a, a.temporal.TerminateWorkflow(a.Context(), order, "", "by mistake"))
	a.eventually(func() bool { return len(a.search("WorkflowId = '"+order+"' AND ExecutionStatus = 'Terminated'")) == 1 })
}

// settle settles an order as an operator would.
func (a *audited) settle(order string) (contract.View, error) {
	a.Helper()
	return app.Settle(a.Context(), a.options, order, 30*time.Second)
}

func TestSettle_Lodging(t *testing.T) {
	t.Parallel()
	a := bootAudited(t)
	place := a.place(1)
	order := a.reserve(place).with(t, http.StatusCreated).body.ID
	before := a.page(order)
	a.terminate(order)
	report := a.audit()
	require.Len(t, report.Findings, 1)
	f := report.Findings[0]
	require.Equal(t, audit.Abandoned, f.Kind)
	require.Equal(t, order, f.OrderID)
	require.Equal(t, "yeyak settle "+order, f.Remedy)
	require.Contains(t, f.Says, "its workflow was terminated while it was confirmed: 100000 KRW charged, 1 × "+place+" held from ")

	v, err := a.settle(order)
	require.NoError(t, err)
	require.Equal(t, booking.Cancelled, v.Status)
	require.Equal(t, booking.ByOperator, v.Reason)
	after := a.requireUndone(order, place, 1, booking.ByOperator)
	require.Equal(t, before.PlacedAt(), after.PlacedAt())
	require.Equal(t, append(statuses(before.View), booking.Cancelling, booking.Cancelled), statuses(after))
	require.Contains(t, a.messagesAbout(order), "reservation_cancelled")
	a.requireClean()

	_, err = a.settle(order)
	require.ErrorIs(t, err, audit.ErrNotLost)
	require.ErrorContains(t, err, "is cancelled, and nothing is owed")
}

// TestSettle_EveryKind that was lost in the middle of its work.
func TestSettle_EveryKind(t *testing.T) {
	t.Parallel()
	a := bootAudited(t)
	a.cleaner("Min-jun")
	orders := a.oneOfEach()
	want := map[string][]audit.Kind{}
	for _, order := range orders {
		a.terminate(order)
		want[order] = []audit.Kind{audit.Abandoned}
	}
	a.requireKinds(want)
	for _, order := range orders {
		v, err := a.settle(order)
		require.NoError(t, err)
		require.Equal(t, booking.Cancelled, v.Status)
		status, _, _ := a.payment(order)
		require.Equal(t, "refunded", status)
	}
	require.Empty(t, a.atWork(), "the cleaner is free again")
	a.requireClean()
}

// elsewhere goes on with an engine that has never heard of any order, as if
// all were beyond its retention.
func (a *audited) elsewhere() {
	a.Helper()
	stop(a.app)
	a.options.Namespace, a.options.Migrate = newNamespace(a), false
	a.system = start(a.TB, a.options)
}

// TestSettle_Forgotten: what mypage remembers will do and, without that, the
// ledger.
func TestSettle_Forgotten(t *testing.T) {
	t.Parallel()
	a := bootAudited(t)
	a.cleaner("Min-jun")
	orders := slices.Concat(a.oneOfEach(), a.oneOfEach())
	for _, order := range orders {
		a.terminate(order)
	}
	a.elsewhere()
	for _, order := range orders[4:] {
		a.exec("DELETE FROM orders WHERE id = $1", order)
	}
	about := map[string]bool{}
	for _, f := range a.audit().Findings {
		about[f.OrderID] = true
		require.Equal(t, "yeyak settle "+f.OrderID, f.Remedy, "%+v", f)
		require.Equal(t, slices.Index(orders, f.OrderID) < 4, f.Kind == audit.Abandoned, "%+v", f)
	}
	require.Len(t, about, len(orders))
	for _, order := range orders {
		v, err := a.settle(order)
		require.NoError(t, err)
		require.Equal(t, booking.Cancelled, v.Status)
		status, _, _ := a.payment(order)
		require.Equal(t, "refunded", status)
		require.Equal(t, booking.Cancelled, a.page(order).Status)
	}
	require.Empty(t, a.atWork())
	a.requireClean()
}

func TestSettle_Refuses(t *testing.T) {
	t.Parallel()
	a := bootAudited(t)
	place := a.place(3)
	order := a.reserve(place).with(t, http.StatusCreated).body.ID
	_, err := a.settle(order)
	require.ErrorIs(t, err, audit.ErrNotLost)
	require.ErrorContains(t, err, "runs; cancel it instead")

	order = a.reserve(place).with(t, http.StatusCreated).body.ID
	a.decide(order, "cancel").with(t, http.StatusOK)
	a.ended(order)
	_, err = a.settle(order)
	require.ErrorIs(t, err, audit.ErrNotLost)

	_, err = a.settle("lodging-of-nobody")
	require.ErrorIs(t, err, &booking.Error{Code: booking.NotFound})
	require.Equal(t, []int{2, 2}, a.remaining(place))
}

// TestSettle_GoesOn when nobody waits for its end any more.
func TestSettle_GoesOn(t *testing.T) {
	t.Parallel()
	a := bootAudited(t)
	place := a.place(1)
	order := a.reserve(place).with(t, http.StatusCreated).body.ID
	a.terminate(order)
	a.sandbox(object{"down": true})
	v, err := app.Settle(t.Context(), a.options, order, time.Second)
	require.NoError(t, err)
	require.Equal(t, booking.Cancelling, v.Status)
	a.requireClean()
	a.sandbox(object{})
	a.becomes(order, booking.Cancelled)
	a.requireUndone(order, place, 1, booking.ByOperator)
}

// command runs yeyak as an operator does, and answers its exit code.
func (a *audited) command(env []string, args ...string) (code int, stdout, stderr string) {
	a.Helper()
	path, err := binary()
	require.NoError(a, err)
	cmd := exec.CommandContext(a.Context(), path, args...)
	cmd.Env = append(append(os.Environ(), "TEMPORAL_ADDRESS="+engine.Addr(), "TEMPORAL_NAMESPACE="+a.namespace,
		"DATABASE_URL="+string(a.options.Config.Databases.Front), "YEYAK_AUDIT_MOMENT=500ms"), env...)
	var out, logs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &logs
	var ended *exec.ExitError
	if err := cmd.Run(); !errors.As(err, &ended) {
		require.NoError(a, err)
	}
	return cmd.ProcessState.ExitCode(), out.String(), logs.String()
}

func TestAudit_Command(t *testing.T) {
	t.Parallel()
	a := bootAudited(t)
	order := a.reserve(a.place(1)).with(t, http.StatusCreated).body.ID
	a.finished(order)
	code, out, logs := a.command(nil, "audit")
	require.Zero(t, code, logs)
	require.Contains(t, out, "Looked at 1 orders (1 running)")
	require.Contains(t, out, "Nothing that was looked at is wrong.")
	require.Empty(t, logs)

	code, _, logs = a.command(nil, "settle", order)
	require.Equal(t, 1, code)
	require.Contains(t, logs, "cancel it instead")

	a.terminate(order)
	code, out, _ = a.command(nil, "audit")
	require.Equal(t, 1, code)
	require.Contains(t, out, "abandoned")
	require.Contains(t, out, "remedy: yeyak settle "+order)
	code, out, _ = a.command(nil, "audit", "--json")
	require.Equal(t, 1, code)
	var report audit.Report
	require.NoError(t, json.Unmarshal([]byte(out), &report))
	require.Equal(t, order, report.Findings[0].OrderID)

	code, out, logs = a.command(nil, "settle", order)
	require.Zero(t, code, logs)
	require.Equal(t, "Order "+order+" is cancelled (operator); nothing is owed.\n", out)
	code, _, _ = a.command(nil, "audit")
	require.Zero(t, code)
}

func TestAudit_CommandThatCannotLook(t *testing.T) {
	t.Parallel()
	a := bootAudited(t)
	front, err := url.Parse(string(a.options.Config.Databases.Front))
	require.NoError(t, err)
	front.Path = "/nothing_here"
	for name, c := range map[string]struct {
		env  []string
		says string
	}{
		"Database":  {[]string{"INVENTORY_DATABASE_URL=" + front.String()}, "database of inventory: "},
		"Temporal":  {[]string{"TEMPORAL_ADDRESS=127.0.0.1:1"}, "list workflows of orders: "},
		"NoFiles":   {[]string{"DATABASE_URL=", "YEYAK_DATA_DIR=" + t.TempDir()}, "there is none in"},
		"BadMoment": {[]string{"YEYAK_AUDIT_MOMENT=soon"}, "YEYAK_AUDIT_MOMENT"},
	} {
		t.Run(name, func(t *testing.T) {
			code, out, logs := a.command(c.env, "audit")
			require.Equal(t, 2, code, logs)
			require.Contains(t, logs, c.says)
			require.Empty(t, out)
		})
	}
}

// TestAudit_WithoutWorkers: nothing is wrong as far as one can see, and that is
// not far.
func TestAudit_WithoutWorkers(t *testing.T) {
	t.Parallel()
	a := bootAudited(t)
	a.finished(a.reserve(a.place(1)).with(t, http.StatusCreated).body.ID)
	stop(a.app)
	report := a.audit()
	require.Empty(t, report.Findings)
	require.Equal(t, 1, report.NotJudged)
	require.False(t, report.Clean())
}

// TestAudit_OfDev: beside `yeyak dev` it needs to be told no more than where
// that keeps its data, which is where it is run.
func TestAudit_OfDev(t *testing.T) {
	t.Parallel()
	d := newDev(t)
	d.run()
	order := d.reserve(d.place(1)).with(t, http.StatusCreated).body.ID
	path, err := binary()
	require.NoError(t, err)
	d.eventually(func() bool { return d.page(order).Status == booking.Confirmed })
	cmd := exec.CommandContext(t.Context(), path, "audit")
	cmd.Env = append(os.Environ(), "YEYAK_DATA_DIR="+d.folder, "TEMPORAL_ADDRESS=127.0.0.1:"+d.setting("YEYAK_TEMPORAL_PORT"))
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
	require.Contains(t, string(out), "Looked at 1 orders (1 running)")
}

// setting is what a variable of its is set to.
func (d *dev) setting(name string) string {
	for _, s := range d.env {
		if value, ok := strings.CutPrefix(s, name+"="); ok {
			return value
		}
	}
	return ""
}
