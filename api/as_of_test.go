package api

import (
	"context"
	"net/http"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// writing is a read model that writes rows when the test says so. It counts the reads
// of its lists.
type writing struct {
	*memory
	listed atomic.Int32
}

func (w *writing) Orders(ctx context.Context, f booking.OrderFilter, page booking.Page) ([]contract.View, string, error) {
	w.listed.Add(1)
	return w.memory.Orders(ctx, f, page)
}

func setupWriting(t *testing.T) (*bundle, *writing) {
	t.Helper()
	w := new(writing)
	b := setup(t, func(d *testDeps) {
		w.memory = d.ReadModel.(*memory)
		d.ReadModel = w
	})
	return b, w
}

var listsOfOrders = []string{"/v1/mypages?customerId=alice", "/v1/orders?ownerId=olivia"}

// A list is read once the version that this process has shown is written, not before.
func TestLists_WaitForWhatWasAnsweredHere(t *testing.T) {
	t.Parallel()
	for _, path := range listsOfOrders {
		synctest.Test(t, func(t *testing.T) {
			b, rows := setupWriting(t)
			p := orderIn("lodging-1", booking.Confirmed, "")
			b.hub.Publishing(p.View)
			var a answer
			go func() { a = b.do("GET", path, "") }()
			synctest.Wait()
			require.Zero(t, rows.listed.Load(), "the row is not written yet")

			rows.put(p)
			b.hub.Published(p.View)
			synctest.Wait()
			require.Equal(t, http.StatusOK, a.StatusCode)
			require.Len(t, decode[part[orderView]](t, a).Items, 1)
			require.NotContains(t, a.Header, "Yeyak-Behind")
		})
	}
}

func TestLists_SayOfWhatTheyAreBehind(t *testing.T) {
	t.Parallel()
	for _, path := range listsOfOrders {
		synctest.Test(t, func(t *testing.T) {
			b, _ := setupWriting(t)
			begun := time.Now()
			b.hub.Publishing(orderIn("lodging-1", booking.Confirmed, "").View)
			b.hub.Publishing(orderIn("lodging-2", booking.Confirmed, "").View)
			a := b.do("GET", path, "", "Yeyak-After", "lodging-3@7")
			require.Equal(t, http.StatusOK, a.StatusCode, "a list that is behind is better than none")
			require.ElementsMatch(t, []string{"lodging-1, lodging-2, lodging-3"}, a.Header["Yeyak-Behind"])
			require.LessOrEqual(t, time.Since(begun), time.Second)
		})
	}
}

// The list of calls takes its statuses from the read model, so it waits like lists of orders.
func TestLists_CallsHaveTheStatusesThatWereAnswered(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b, rows := setupWriting(t)
		call := businesses()[3].in(booking.Calling, "")
		b.store.calls = []booking.RegisteredCall{{Call: booking.Call{OrderID: call.View.ID, CustomerID: "alice"}, At: today}}
		status := func(a answer) booking.Status { return decode[part[callView]](t, a).Items[0].Status }

		b.hub.Publishing(call.View)
		b.hub.Publishing(orderIn("lodging-1", booking.Confirmed, "").View) // in no list of calls
		var a answer
		go func() { a = b.do("GET", callsPath, "") }()
		synctest.Wait()
		rows.put(call)
		b.hub.Published(call.View)
		synctest.Wait()
		require.Equal(t, http.StatusOK, a.StatusCode)
		require.Equal(t, booking.Calling, status(a))
		require.NotContains(t, a.Header, "Yeyak-Behind")

		assigned := call
		assigned.View.Status, assigned.View.Version = booking.Assigned, call.View.Version+1
		b.hub.Publishing(assigned.View)
		require.Equal(t, []string{call.View.ID}, b.do("GET", callsPath, "").Header["Yeyak-Behind"])

		b.hub.Published(assigned.View) // by this process, and answered again by another one
		a = answer{}
		go func() { a = b.do("GET", callsPath, "", "Yeyak-After", asOf(assigned.View)) }()
		synctest.Wait()
		rows.put(assigned)
		b.hub.Wake(assigned)
		synctest.Wait()
		require.Equal(t, booking.Assigned, status(a))
		require.NotContains(t, a.Header, "Yeyak-Behind")
	})
}

// The client names the version that another process has shown.
func TestLists_WaitForWhatAnotherProcessAnswered(t *testing.T) {
	t.Parallel()
	for _, path := range listsOfOrders {
		synctest.Test(t, func(t *testing.T) {
			b, rows := setupWriting(t)
			p := orderIn("lodging-1", booking.Confirmed, "")
			older := p
			older.View.Version--
			rows.put(older)
			var a answer
			go func() { a = b.do("GET", path, "", "Yeyak-After", asOf(p.View)) }()
			synctest.Wait()
			require.Zero(t, rows.listed.Load(), "an older version is there")

			rows.put(p)
			b.hub.Wake(p)
			synctest.Wait()
			require.Equal(t, http.StatusOK, a.StatusCode)
			require.NotContains(t, a.Header, "Yeyak-Behind")

			rows.put(older)
			a = answer{}
			go func() { a = b.do("GET", path, "", "Yeyak-After", asOf(p.View)) }()
			synctest.Wait()
			rows.put(p)                       // without a notification
			time.Sleep(50 * time.Millisecond) // after which the row is read again
			synctest.Wait()
			require.NotContains(t, a.Header, "Yeyak-Behind")
			require.Equal(t, int32(2), rows.listed.Load())
		})
	}
}

func TestLists_AfterWhatIsNoAnswer(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, path := range listsOfOrders {
		for _, after := range []string{"lodging-1", "@7", "lodging-1@", "lodging-1@-7", "lodging-1@7777777777777777777777"} {
			p := b.problem(b.do("GET", path, "", "Yeyak-After", after), http.StatusUnprocessableEntity, booking.Invalid)
			require.Equal(t, []string{"Yeyak-After"}, fields(p), after)
		}
	}
}

// Every answer that shows an order contains its version.
func TestAnswers_SayTheirVersion(t *testing.T) {
	t.Parallel()
	b := setup(t)
	p := orderIn("lodging-1", booking.Confirmed, "")
	b.store.put(p)
	a := b.do("GET", "/v1/mypages/lodging-1", "")
	require.Equal(t, "lodging-1@7", a.Header.Get("Yeyak-As-Of"))
	again := b.do("GET", listsOfOrders[0], "", "Yeyak-After", a.Header.Get("Yeyak-As-Of"))
	require.Equal(t, http.StatusOK, again.StatusCode)
	require.NotContains(t, again.Header, "Yeyak-Behind")
}
