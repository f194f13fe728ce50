package api

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

func delivery(status booking.JobStatus) booking.JobState {
	return booking.JobState{
		Job: booking.Job{
			OrderID: "food-1", OwnerID: "sara", Item: booking.Item{ID: "menu-bibimbap", Name: "Bibimbap"},
			Quantity: 2, Address: "12 Sejong-daero",
		},
		Status: status, At: today,
	}
}

func production(status booking.JobStatus, reason booking.Reason) booking.JobState {
	return booking.JobState{
		Job: booking.Job{
			OrderID: "cafe-1", OwnerID: "cora", Item: booking.Item{ID: "drink-latte", Name: "Latte"}, Quantity: 3, Reason: reason,
		},
		Status: status, At: today,
	}
}

func TestDeliveries(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.store.deliveries.all["food-1"] = delivery(booking.JobStarted)
	const shown = `{"orderId":"food-1","ownerId":"sara","item":{"id":"menu-bibimbap","name":"Bibimbap"},"quantity":2,
		"address":"12 Sejong-daero","status":"started","statusLabel":"배달시작","at":"2026-11-20T16:00:00Z"}`
	a := b.do("GET", deliveriesPath+"/food-1", "", "Accept-Language", "ko")
	require.Equal(t, "ko", a.Header.Get("Content-Language"))
	require.JSONEq(t, shown, a.text)

	a = b.do("GET", deliveriesPath+"?status=started&ownerId=sara&cursor=c&limit=3", "", "Accept-Language", "ko")
	require.JSONEq(t, `{"items":[`+strings.Replace(shown, `"address":"12 Sejong-daero",`, "", 1)+`]}`, a.text)
	require.Equal(t, booking.JobFilter{OwnerID: "sara", Status: booking.JobStarted}, b.store.deliveries.filter)
	require.Equal(t, booking.Page{Limit: 3, Cursor: "c"}, b.store.deliveries.page)
	require.Equal(t, http.StatusOK, b.do("GET", deliveriesPath, "").StatusCode)
	require.Equal(t, booking.JobFilter{}, b.store.deliveries.filter)
}

// TestDeliveries_OfCouriers: couriers list the deliveries of every shop that are not
// delivered yet.
func TestDeliveries_OfCouriers(t *testing.T) {
	t.Parallel()
	dana := booking.Caller{ID: "1050", Roles: []booking.Role{booking.CourierRole}}
	b := setup(t, func(d *testDeps) { d.Callers = credentials{"dana": dana, "bora": bora} })
	for query, want := range map[string]booking.JobFilter{
		"": {Status: booking.JobStarted}, "?status=started": {Status: booking.JobStarted},
		"?ownerId=sara": {OwnerID: "sara", Status: booking.JobStarted},
	} {
		require.Equal(t, http.StatusOK, b.as("dana", "GET", deliveriesPath+query, "").StatusCode, query)
		require.Equal(t, want, b.store.deliveries.filter, query)
	}
	for _, query := range []string{"?status=delivered", "?status=cancelled", "?ownerId=sara&status=delivered"} {
		b.problem(b.as("dana", "GET", deliveriesPath+query, ""), http.StatusForbidden, booking.NotAllowed)
	}
	require.Equal(t, http.StatusOK, b.as("bora", "GET", deliveriesPath+"?status=delivered", "").StatusCode)
	require.Equal(t, booking.JobFilter{OwnerID: "olivia", Status: booking.JobDelivered}, b.store.deliveries.filter)
}

func TestProductions(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.store.productions.all["cafe-1"] = production(booking.JobStarted, "")
	a := b.do("GET", productionsPath+"/cafe-1", "")
	require.JSONEq(t, `{"orderId":"cafe-1","ownerId":"cora","item":{"id":"drink-latte","name":"Latte"},"quantity":3,
		"status":"started","statusLabel":"started","at":"2026-11-20T16:00:00Z"}`, a.text)

	// Its drink was deleted.
	b.store.productions.all["cafe-1"] = production(booking.JobCancelled, booking.MenuDeleted)
	const shown = `{"orderId":"cafe-1","ownerId":"cora","item":{"id":"drink-latte","name":"Latte"},"quantity":3,
		"status":"cancelled","statusLabel":"제조취소","reason":"menu_deleted","reasonLabel":"강제취소","at":"2026-11-20T16:00:00Z"}`
	require.JSONEq(t, shown, b.do("GET", productionsPath+"/cafe-1", "", "Accept-Language", "ko").text)
	require.Equal(t, "no longer sold", decode[productionView](t, b.do("GET", productionsPath+"/cafe-1", "")).ReasonLabel)

	a = b.do("GET", productionsPath+"?menuId=drink-latte&status=cancelled&cursor=c&limit=3", "", "Accept-Language", "ko")
	require.JSONEq(t, `{"items":[`+shown+`]}`, a.text)
	require.Equal(t, booking.JobFilter{ItemID: "drink-latte", Status: booking.JobCancelled}, b.store.productions.filter)
	require.Equal(t, booking.Page{Limit: 3, Cursor: "c"}, b.store.productions.page)
}

// A job that does not exist yet is waiting, as long as its order exists and needs it.
func TestJobs_NotBegunYet(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		row    booking.Status // "" for none
		view   booking.Status // of the order itself, "" for none
		status booking.JobStatus
	}{
		"Paid":       {booking.Paid, "", booking.JobWaiting},
		"Pending":    {booking.PaymentPending, "", booking.JobWaiting},
		"Cancelling": {booking.Cancelling, "", booking.JobWaiting},
		"Cancelled":  {booking.Cancelled, "", booking.JobCancelled},
		"NoRow":      {"", booking.Paid, booking.JobWaiting},
		"Unknown":    {"", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			for i, path := range map[int]string{1: deliveriesPath + "/food-1", 2: productionsPath + "/cafe-1"} {
				business := businesses()[i]
				if test.row != "" {
					b.store.put(business.in(test.row, booking.ByCustomer))
				}
				if test.view != "" {
					b.book.reads = func(string) (contract.View, error) { return business.in(test.view, "").View, nil }
				}
				a := b.do("GET", path, "")
				if test.status == "" {
					b.problem(a, 404, booking.NotFound)
					continue
				}
				require.Equal(t, http.StatusOK, a.StatusCode, a.text)
				shown := decode[map[string]any](t, a)
				require.Equal(t, string(test.status), shown["status"])
				require.Equal(t, business.input.View().Item.ID, shown["item"].(map[string]any)["id"])
				require.NotContains(t, shown, "date")
			}
		})
	}
}

func TestJobs_AwayOrUnknown(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.store.deliveries.away, b.store.productions.away = context.DeadlineExceeded, errors.New("no such column: secret")
	b.store.put(businesses()[1].in(booking.Paid, ""))
	b.problem(b.do("GET", deliveriesPath+"/food-1", ""), 503, booking.Unavailable)
	b.problem(b.do("GET", deliveriesPath, ""), 503, booking.Unavailable)
	a := b.do("GET", productionsPath+"/cafe-1", "")
	b.problem(a, 500, internalError)
	require.NotContains(t, a.text, "secret")
	for _, path := range []string{deliveriesPath + "/cafe-1", productionsPath + "/food-1", deliveriesPath + "/%00", productionsPath + "/cafe"} {
		b.problem(b.do("GET", path, ""), 404, booking.NotFound)
	}
}

func TestCleaners(t *testing.T) {
	t.Parallel()
	signals := 0
	b := setup(t, func(d *testDeps) {
		d.SignalAssignments = func(ctx context.Context) error {
			_, limited := ctx.Deadline()
			require.True(t, limited)
			signals++
			return errors.New("no order gets it")
		}
	})
	free := decode[cleanerView](t, b.do("POST", cleanersPath, `{"name":"Min-jun"}`))
	require.Regexp(t, "^cleaner-[0-9a-z]{16}$", free.ID)
	require.Equal(t, cleanerView{ID: free.ID, Name: "Min-jun", Status: "free", StatusLabel: "free"}, free)

	b.store.waits = "cleaning-1"
	a := b.do("POST", cleanersPath, `{"name":"Seo-yeon"}`)
	require.Equal(t, http.StatusCreated, a.StatusCode, a.text)
	busy := decode[cleanerView](t, a)
	require.Equal(t, cleanerView{ID: busy.ID, Name: "Seo-yeon", Status: "busy", StatusLabel: "at work", OrderID: "cleaning-1"}, busy)
	require.Equal(t, 1, signals, "no call waited for the first one")

	cleaners := decode[part[cleanerView]](t, b.do("GET", cleanersPath+"?limit=1", ""))
	require.Equal(t, part[cleanerView]{Items: []cleanerView{free}, Next: "c"}, cleaners)
	cleaners = decode[part[cleanerView]](t, b.do("GET", cleanersPath+"?cursor=c", ""))
	require.Equal(t, part[cleanerView]{Items: []cleanerView{busy}}, cleaners)

	b.store.fail(context.DeadlineExceeded)
	b.problem(b.do("POST", cleanersPath, `{"name":"Ji-ho"}`), 503, booking.Unavailable)
	require.Equal(t, 1, signals, "no cleaner was added")
}
