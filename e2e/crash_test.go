package e2e

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/zap"

	"github.com/yeyak/yeyak/activities"
	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/app"
	"github.com/yeyak/yeyak/internal/config"
	"github.com/yeyak/yeyak/workflows/contract"
)

// A process that is to die runs in a child of the test: the test's own binary,
// configured by its environment.
const mortalVariable = "YEYAK_E2E_MORTAL"

// mortal is the configuration of such a child.
type mortal struct {
	Config             config.Config // its database is passed apart: a URL hides its password
	Database           string
	Address, Namespace string
	// Point is the call after which it dies: the call has had its effect, and its
	// answer is lost. At a publication it hangs until it is killed: the customer's
	// answer is sent before that.
	Point string
	// Worker: it has no API, and is ready once it listens at this address.
	Worker string
}

// liveMortally is the child's main function.
func liveMortally(configuration string) int {
	var m mortal
	if err := json.Unmarshal([]byte(configuration), &m); err != nil {
		panic(err)
	}
	m.Config.Databases.Front = config.URL(m.Database)
	m.Config.Operations.Listen = m.Worker
	a, err := app.Start(context.Background(), app.Options{
		Config: m.Config, Log: zap.NewNop(), API: m.Worker == "", Migrate: true,
		TemporalAddress: m.Address, Namespace: m.Namespace, Decorate: dieAfter(m.Point),
	})
	if err != nil {
		panic(err)
	}
	<-a.Failed()
	return 1
}

// bootMortal starts a system in a child that dies after the point. revive waits for its
// death, or kills it there, and starts another one in its place, which does not die.
func bootMortal(t *testing.T, point string) (_ *system, revive func() *system) {
	t.Helper()
	o := options(t)
	o.Config.HTTP.Listen = "127.0.0.1:" + freePort(t)
	onPostgreSQL(t, &o)
	s := &system{TB: t, url: "http://" + o.Config.HTTP.Listen}
	child := startMortal(t, o, mortal{Point: point}, s.url)
	return s, func() *system {
		child.diesAtItsPoint(t)
		return start(t, o)
	}
}

// dying is a child that is to die.
type dying struct {
	*exec.Cmd
	atPoint chan struct{} // closed when it hangs at its point
	dead    chan struct{} // closed when it has died
}

// diesAtItsPoint waits for its death, or kills it when it hangs at its point.
func (d *dying) diesAtItsPoint(t *testing.T) {
	t.Helper()
	select {
	case <-d.dead:
	case <-d.atPoint:
		d.kill()
	case <-time.After(waitLimit):
		require.FailNow(t, "it did not reach its point")
	}
}

func (d *dying) kill() {
	_ = d.Process.Kill() // an error means that it has ended already
	select {
	case <-d.dead:
	case <-time.After(hangLimit):
		panic("a killed process does not end")
	}
}

// startMortal starts a child, waits until it is ready, and ends it with the test.
func startMortal(t *testing.T, o app.Options, m mortal, url string) *dying {
	t.Helper()
	m.Config, m.Database, m.Address, m.Namespace = o.Config, string(o.Config.Databases.Front), o.TemporalAddress, o.Namespace
	configuration, err := json.Marshal(m)
	require.NoError(t, err)
	child := &dying{exec.Command(os.Args[0]), make(chan struct{}), make(chan struct{})}
	child.Env = append(os.Environ(), mortalVariable+"="+string(configuration))
	var stderr bytes.Buffer
	child.Stderr = &stderr
	said, err := child.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, child.Start())
	go func() {
		defer close(child.dead)
		for lines := bufio.NewScanner(said); lines.Scan(); {
			if lines.Text() == hangs {
				close(child.atPoint)
			}
		}
		_ = child.Wait()
	}()
	atEnd(t, child.kill)
	require.Eventually(t, func() bool {
		resp, err := http.Get(url + "/readyz")
		if err == nil {
			_ = resp.Body.Close()
		}
		return err == nil && resp.StatusCode == http.StatusOK
	}, waitLimit, 50*time.Millisecond, "%s", &stderr)
	return child
}

// startMortalWorker starts a worker in a child that kill kills.
func startMortalWorker(t *testing.T, o app.Options) (kill func()) {
	t.Helper()
	address := "127.0.0.1:" + freePort(t)
	return startMortal(t, o, mortal{Worker: address}, "http://"+address).kill
}

// TestCrash_Placing: the process is killed at each point of a reservation, which still
// completes: one charge, one hold.
func TestCrash_Placing(t *testing.T) {
	t.Parallel()
	for _, point := range []string{"charge", "end charge", "hold", "send", "publish confirmed"} {
		t.Run(point, func(t *testing.T) {
			t.Parallel()
			s, revive := bootMortal(t, point)
			place := s.place(1)
			answered, _ := s.send(http.MethodPost, reservations, reservation(place), "Idempotency-Key", "k")
			if point == "publish confirmed" {
				require.Equal(t, http.StatusCreated, answered.status, "the answer is sent before the task is recorded")
			}
			s = revive()
			var again answer
			s.eventually(func() bool {
				again = s.post(reservations, reservation(place), "Idempotency-Key", "k")
				return again.status == http.StatusCreated
			})
			s.finished(again.body.ID)
			require.Equal(t, booking.Confirmed, s.get("/v1/mypages/"+again.body.ID).body.Status)
			require.Equal(t, []int{0, 0}, s.remaining(place))
			charged, refunded := s.atProvider()
			require.EqualValues(t, 100000, charged, "one charge")
			require.Zero(t, refunded)
			s.requireEvents(again.body.ID, "ReservationPlaced", "PaymentApproved", "ReservationConfirmed", "ReservationStatusChanged confirmed")
			require.Equal(t, []string{"reservation_placed"}, s.messagesAbout(again.body.ID))
		})
	}
}

// TestCrash_Undoing: the process is killed in the middle of each undo of a
// cancellation, which still completes: one charge, one refund.
func TestCrash_Undoing(t *testing.T) {
	t.Parallel()
	for _, point := range []string{"withdraw", "release", "begin refund", "refund", "end refund", "publish cancelled"} {
		t.Run(point, func(t *testing.T) {
			t.Parallel()
			s, revive := bootMortal(t, point)
			place := s.place(1)
			order := s.reserve(place).with(t, http.StatusCreated).body.ID
			cancelled := make(chan struct{})
			go func() { // it may get no answer
				defer close(cancelled)
				_, _ = s.send(http.MethodPost, reservations+"/"+order+"/cancel", object{})
			}()
			next := revive()
			receive(t, cancelled, "the answer")
			s = next
			s.eventually(func() bool { return s.get("/v1/mypages/"+order).body.Status == booking.Cancelled })
			s.finished(order)
			s.requireUndone(order, place, 1, booking.ByCustomer)
			charged, refunded := s.atProvider()
			require.EqualValues(t, 100000, charged)
			require.EqualValues(t, 100000, refunded)
			require.Equal(t, []string{"reservation_placed", "reservation_cancelled"}, s.messagesAbout(order))
		})
	}
}

// TestCrash_RefusalStays: the process dies while undoing a refused order, or after its
// 409 was answered and before the engine has recorded the reason; meanwhile a room is
// released. The refusal stays.
func TestCrash_RefusalStays(t *testing.T) {
	t.Parallel()
	for _, point := range []string{"begin refund", "refund", "end refund", "publish cancelled"} {
		t.Run(point, func(t *testing.T) {
			t.Parallel()
			s, revive := bootMortal(t, point)
			place := s.place(0)
			answered, _ := s.send(http.MethodPost, reservations, reservation(place), "Idempotency-Key", "k")
			if point == "publish cancelled" {
				require.Equal(t, http.StatusConflict, answered.status, "the answer is sent before the task is recorded")
			}
			s = revive()
			s.request(http.MethodPut, "/v1/lodging/places/"+place+"/stock", object{"from": inDays(0), "to": inDays(60), "rooms": 1}).with(t, http.StatusOK)
			var again answer
			s.eventually(func() bool {
				again = s.post(reservations, reservation(place), "Idempotency-Key", "k")
				return again.status == http.StatusConflict
			})
			require.Equal(t, "sold_out", again.body.Code)
			order := again.body.Order.ID
			s.finished(order)
			s.requireUndone(order, place, 1, booking.SoldOut)
			s.requireEvents(order,
				"ReservationPlaced", "PaymentApproved", "ReservationCancelConfirmed", "PaymentCancelApproved", "ReservationCanceled")
			charged, refunded := s.atProvider()
			require.EqualValues(t, 100000, charged)
			require.EqualValues(t, 100000, refunded)
		})
	}
}

// TestCrash_Declined: the process dies at the publication after a decline, before the engine has
// recorded its reason. The next run finds it in the ledger, and the feed has it once.
func TestCrash_Declined(t *testing.T) {
	t.Parallel()
	poor := object{"paymentMethod": "pm_card_chargeDeclined"}
	for kind, place := range map[booking.Kind]func(*system) (path string, order object){
		booking.Cafe:     func(s *system) (string, object) { return cafeOrders, cup(s.drink(1), poor) },
		booking.Cleaning: func(*system) (string, object) { return calls, visit(poor) },
	} {
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			s, revive := bootMortal(t, "before publish cancelled")
			path, order := place(s)
			answered, _ := s.send(http.MethodPost, path, order, "Idempotency-Key", "k")
			require.Equal(t, http.StatusPaymentRequired, answered.status, "the answer is sent before the task is recorded")
			s = revive()
			again := s.post(path, order, "Idempotency-Key", "k").with(t, http.StatusPaymentRequired)
			require.Equal(t, "payment_declined", again.body.Code)
			id := again.body.Order.ID
			s.finished(id)
			require.Equal(t, booking.PaymentDeclined, s.page(id).Reason)
			s.awaitEvent(id, "PaymentDeclined")
			require.Len(t, slices.DeleteFunc(s.events(id), func(event string) bool { return event != "PaymentDeclined" }), 1)
			charged, _ := s.atProvider()
			require.Zero(t, charged)
		})
	}
}

// finished waits until the engine has recorded everything under way: the order's
// workflow has closed, or waits with nothing pending.
func (s *system) finished(order string) {
	s.Helper()
	s.eventually(func() bool {
		d, err := s.temporal.DescribeWorkflowExecution(s.Context(), order, "")
		return err == nil && d.PendingWorkflowTask == nil && len(d.PendingActivities) == 0
	})
}

// dieAfter wraps every service and ends the process after the call.
func dieAfter(point string) app.Decorate {
	die := func(call string) {
		if call == point {
			_ = syscall.Kill(os.Getpid(), syscall.SIGKILL)
			select {}
		}
	}
	return app.Decorate{
		Ledger:    func(l activities.PaymentLedger) activities.PaymentLedger { return mortalLedger{l, die} },
		Provider:  func(p activities.PaymentProvider) activities.PaymentProvider { return mortalProvider{p, die} },
		Stock:     func(s activities.Stock) activities.Stock { return mortalStock{s, die} },
		Messages:  func(o activities.Messages) activities.Messages { return mortalMessages{o, die} },
		ReadModel: func(r activities.ReadModel) activities.ReadModel { return mortalReadModel{r, point} },
	}
}

type mortalLedger struct {
	activities.PaymentLedger
	die func(string)
}

func (m mortalLedger) EndCharge(ctx context.Context, id string, answer booking.PaymentStatus, ref string) (booking.Payment, error) {
	p, err := m.PaymentLedger.EndCharge(ctx, id, answer, ref)
	m.die("end charge")
	return p, err
}

func (m mortalLedger) BeginRefund(ctx context.Context, c booking.Charge) (booking.Payment, error) {
	p, err := m.PaymentLedger.BeginRefund(ctx, c)
	m.die("begin refund")
	return p, err
}

func (m mortalLedger) EndRefund(
	ctx context.Context, id string, end booking.PaymentStatus, ref string, refunded int64, refund string,
) (booking.Payment, error) {
	p, err := m.PaymentLedger.EndRefund(ctx, id, end, ref, refunded, refund)
	m.die("end refund")
	return p, err
}

type mortalProvider struct {
	activities.PaymentProvider
	die func(string)
}

func (m mortalProvider) Charge(ctx context.Context, c booking.Charge) (string, error) {
	ref, err := m.PaymentProvider.Charge(ctx, c)
	m.die("charge")
	return ref, err
}

func (m mortalProvider) Refund(ctx context.Context, key string, seen activities.ChargeState, amount booking.Money) (string, error) {
	id, err := m.PaymentProvider.Refund(ctx, key, seen, amount)
	m.die("refund")
	return id, err
}

type mortalStock struct {
	activities.Stock
	die func(string)
}

func (m mortalStock) Hold(ctx context.Context, h booking.Hold) (booking.Outcome, error) {
	o, err := m.Stock.Hold(ctx, h)
	m.die("hold")
	return o, err
}

func (m mortalStock) Release(ctx context.Context, h booking.Hold) (booking.Undo, error) {
	u, err := m.Stock.Release(ctx, h)
	m.die("release")
	m.die("release " + string(h.Reason))
	return u, err
}

type mortalMessages struct {
	activities.Messages
	die func(string)
}

func (m mortalMessages) Send(ctx context.Context, message booking.Message) (booking.Outcome, error) {
	o, err := m.Messages.Send(ctx, message)
	m.die("send")
	return o, err
}

func (m mortalMessages) Withdraw(ctx context.Context, key string, message booking.Message, reason booking.Reason) (booking.Undo, error) {
	u, err := m.Messages.Withdraw(ctx, key, message, reason)
	m.die("withdraw")
	return u, err
}

type mortalReadModel struct {
	activities.ReadModel
	point string
}

// hangs is what a child prints when it hangs at its point.
const hangs = "at the point"

var sayThatItHangs = sync.OnceFunc(func() { fmt.Println(hangs) })

// Publish hangs at the point, before or after it has written: only the test knows when the answer,
// which is sent before, has arrived.
func (m mortalReadModel) Publish(ctx context.Context, p contract.Publication) error {
	if "before publish "+string(p.View.Status) == m.point {
		sayThatItHangs()
		select {}
	}
	err := m.ReadModel.Publish(ctx, p)
	if "publish "+string(p.View.Status) == m.point {
		sayThatItHangs()
		select {}
	}
	return err
}
