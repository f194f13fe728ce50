package e2e

import (
	"context"
	"database/sql"
	"net/http"
	"reflect"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/uptrace/bun/driver/pgdriver"
	"go.uber.org/zap"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/app"
	"github.com/yeyak/yeyak/internal/audit"
)

// audited is a system with an audit.
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

// audit checks twice within a second.
func (a *audited) audit() audit.Report { return a.auditWithPause(time.Second) }

// auditWithPause repeats an audit to which a busy engine does not answer in time.
func (a *audited) auditWithPause(pause time.Duration) (report audit.Report) {
	a.Helper()
	var err error
	defer func() { require.NoError(a, err) }()
	a.eventually(func() bool {
		report, err = app.Audit(a.Context(), a.options, pause)
		return err == nil
	})
	return report
}

// drift is the report of an audit. After a finding the audit is repeated with the operators'
// default pause, which is longer: on a busy machine orders stay between statuses for a second.
func (a *audited) drift() audit.Report {
	a.Helper()
	report := a.audit()
	if len(report.Findings) > 0 {
		report = a.auditWithPause(15 * time.Second)
	}
	return report
}

func (a *audited) requireClean() audit.Report {
	a.Helper()
	report := a.drift()
	// A busy engine may not answer in time about an order: then the audit is repeated.
	// A finding is a failure.
	s := a.system
	s.eventually(func() bool {
		if len(report.Findings) == 0 && report.NotJudged+report.InMotion > 0 {
			report = a.drift()
			return false
		}
		return true
	})
	require.Empty(a, report.Findings)
	require.True(a, report.Clean(), "%+v", report)
	require.Zero(a, report.InMotion)
	return report
}

// requireKinds audits, and requires exactly the findings of these kinds for each order.
func (a *audited) requireKinds(want map[string][]audit.Kind) {
	a.Helper()
	var report audit.Report
	var got map[string][]audit.Kind
	for _, moment := range []time.Duration{time.Second, 15 * time.Second} { // see drift
		a.eventually(func() bool { // see requireClean
			report = a.auditWithPause(moment)
			return report.NotJudged == 0
		})
		got = map[string][]audit.Kind{}
		for _, f := range report.Findings {
			about := f.OrderID
			if about == "" {
				about = f.Item
			}
			got[about] = append(got[about], f.Kind)
		}
		if reflect.DeepEqual(want, got) {
			return
		}
	}
	require.Equal(a, want, got, "%+v", report.Findings)
}

// exec changes the database, bypassing the services.
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

// everywhere places orders of each kind and brings them to each status.
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

// TestAudit_Clean: orders of every kind, in every status, cause no findings on either
// database.
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

// TestAudit_OnALiveSystem: orders in progress cause no findings.
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
	whole := 0 // audits that could check every order: a busy engine does not always answer in time
	a.within(3*waitLimit, func() bool {
		report := a.drift()
		require.Empty(t, report.Findings)
		if report.NotJudged == 0 {
			whole++
		}
		return whole >= 3 && report.Orders > 10
	})
	stop()
	customers.Wait()
	a.requireClean()
}

// TestAudit_FindsWhatIsBroken: each fault is found under its kind.
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
	want[place] = []audit.Kind{audit.Stock, audit.Stock} // the sum is wrong on both days

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
	want[waiting] = []audit.Kind{audit.Cleaner, audit.Registration} // it waits while a cleaner is free

	unknown := "lodging-unknown"
	a.exec(`INSERT INTO payments (order_id, key, amount, currency, method, why, status, ref, refunded, created_at, updated_at)
		VALUES ($1, 'x', 5, 'KRW', 'm', '', 'charged', 'r', 0, now(), now())`, unknown)
	want[unknown] = []audit.Kind{audit.Money, audit.Provider}

	a.requireKinds(want)
}

// TestAudit_WithoutWorkers: no finding, but most orders could not be checked.
func TestAudit_WithoutWorkers(t *testing.T) {
	t.Parallel()
	a := bootAudited(t)
	a.finished(a.reserve(a.place(1)).with(t, http.StatusCreated).body.ID)
	a.requireClean() // the feed has every event
	stop(a, a.app)
	report := a.audit()
	require.Empty(t, report.Findings)
	require.Equal(t, 1, report.NotJudged)
	require.False(t, report.Clean())
}

// TestAudit_AfterADeath: a process has died while undoing an order, or placing it, and
// no other has taken over yet.
func TestAudit_AfterADeath(t *testing.T) {
	t.Parallel()
	for _, point := range []string{"charge", "hold", "release", "end refund", "publish cancelled"} {
		t.Run(point, func(t *testing.T) {
			t.Parallel()
			o := options(t)
			onPostgreSQL(t, &o)
			a := &audited{options: o}
			a.options.Log = zap.NewNop()
			o.Config.HTTP.Listen = "127.0.0.1:" + freePort(t)
			mortally := &system{TB: t, url: "http://" + o.Config.HTTP.Listen}
			child := startMortal(t, o, mortal{Point: point}, mortally.url)
			place, sent := mortally.place(1), make(chan struct{})
			go func() { // it may get no answer
				defer close(sent)
				answered, err := mortally.send(http.MethodPost, reservations, reservation(place))
				if err == nil {
					_, _ = mortally.send(http.MethodPost, reservations+"/"+answered.body.ID+"/cancel", object{})
				}
			}()
			child.diesAtItsPoint(t)
			receive(t, sent, "the answer")
			a.system = start(t, a.options)
			// Twice the time after which the engine assigns a dead worker's task to
			// another.
			report := a.auditWithPause(30 * time.Second)
			require.Empty(t, report.Findings)
			require.Zero(t, report.InMotion)
			require.Equal(t, 1, report.Orders)
		})
	}
}
