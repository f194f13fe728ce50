package api

import (
	"context"
	"encoding/json"
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/orders"
)

// bulkActions is one bulk action in memory.
type bulkActions struct {
	run   booking.BulkRun
	named []booking.BulkOrder
	reads int // of single actions
}

func (b *bulkActions) Run(_ context.Context, id string) (booking.BulkRun, error) {
	b.reads++
	if id != b.run.ID {
		return booking.BulkRun{}, booking.Errorf(booking.NotFound, "there is no bulk action %s", id)
	}
	return b.run, nil
}

func (b *bulkActions) Orders(context.Context, string, bool, booking.Page) ([]booking.BulkOrder, string, error) {
	return b.named, "", nil
}

func (b *bulkActions) Runs(context.Context, booking.Page) ([]booking.BulkRun, string, error) {
	run := b.run
	run.Results = nil
	return []booking.BulkRun{run}, "", nil
}

func (b *bulkActions) Results(_ context.Context, ids []string) (map[string]map[booking.BulkResult]int, error) {
	results := map[string]map[booking.BulkResult]int{}
	for _, id := range ids {
		if id == b.run.ID {
			results[id] = b.run.Results
		}
	}
	return results, nil
}

func (k *book) Retry(ctx context.Context, c booking.Caller, id string, reason booking.Personal) (orders.Retried, error) {
	k.requireCaller(ctx, c)
	if err := k.Allow(ctx, c, booking.RetryOrder, "", id); err != nil {
		return orders.Retried{}, err
	}
	return k.retries(ctx, id, reason)
}

func (k *book) Settle(ctx context.Context, c booking.Caller, id string, reason booking.Personal) error {
	k.requireCaller(ctx, c)
	if err := k.Allow(ctx, c, booking.SettleOrder, "", id); err != nil {
		return err
	}
	return k.settles(id, reason)
}

func (k *book) PlanBulk(_ context.Context, c booking.Caller, a booking.Action, f booking.BulkFilter, reason booking.Personal) (booking.BulkRun, error) {
	if err := c.Authorize(booking.ActInBulk, booking.Thing{}); err != nil {
		return booking.BulkRun{}, err
	}
	k.bulk.run.Action, k.bulk.run.Filter, k.bulk.run.Reason = a, f, reason
	return k.bulk.run, nil
}

func (k *book) BeginBulk(_ context.Context, c booking.Caller, id string) (booking.BulkRun, error) {
	return k.bulkIn(c, id, booking.BulkRunning)
}

func (k *book) StopBulk(_ context.Context, c booking.Caller, id string) (booking.BulkRun, error) {
	return k.bulkIn(c, id, booking.BulkStopped)
}

func (k *book) bulkIn(c booking.Caller, id string, state booking.BulkState) (booking.BulkRun, error) {
	if err := c.Authorize(booking.ActInBulk, booking.Thing{}); err != nil {
		return booking.BulkRun{}, err
	}
	run, err := k.bulk.Run(context.Background(), id)
	if err != nil {
		return run, err
	}
	k.bulk.run.State = state
	return k.bulk.run, nil
}

// TestRetry: the steps that are tried at once are in the answer.
func TestRetry(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.store.put(orderIn("lodging-1", booking.Cancelling, ""))
	b.book.retries = func(_ context.Context, id string, reason booking.Personal) (orders.Retried, error) {
		require.Equal(t, "lodging-1", id)
		require.Equal(t, booking.Personal("it answers again"), reason)
		return orders.Retried{Steps: []orders.WaitingStep{{Name: "RefundPayment", Attempt: 7, Next: today, Failure: "away"}}}, nil
	}
	a := b.do("POST", "/v1/orders/lodging-1/retry", `{"reason":"it answers again"}`)
	require.Equal(t, http.StatusAccepted, a.StatusCode, a.text)
	require.Equal(t, "/v1/mypages/lodging-1", a.Header.Get("Location"))
	require.JSONEq(t, `{"steps":[{"name":"RefundPayment","attempt":7,"next":"2026-11-20T16:00:00Z","failure":"away"}]}`, a.text)
	b.problem(b.do("POST", "/v1/orders/lodging-1/retry", `{"reason":""}`), 422, booking.Invalid)
	b.problem(b.do("POST", "/v1/orders/nonsense/retry", `{"reason":"x"}`), 404, booking.NotFound)
	b.book.retries = func(context.Context, string, booking.Personal) (orders.Retried, error) {
		return orders.Retried{}, booking.Errorf(orders.NothingToRetry, "no step waits")
	}
	b.problem(b.do("POST", "/v1/orders/lodging-1/retry", `{"reason":"x"}`), 409, orders.NothingToRetry)
}

// TestSettle: a lost order is settled; another one is not.
func TestSettle(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.store.put(orderIn("lodging-1", booking.Confirmed, ""))
	var no error
	b.book.settles = func(string, booking.Personal) error { return no }
	a := b.do("POST", "/v1/orders/lodging-1/settlement", `{"reason":"it was terminated"}`)
	require.Equal(t, http.StatusAccepted, a.StatusCode, a.text)
	require.Equal(t, "/v1/mypages/lodging-1", a.Header.Get("Location"))
	no = booking.Errorf(orders.NotLost, "its workflow runs")
	require.Equal(t, "its workflow runs", b.problem(b.do("POST", "/v1/orders/lodging-1/settlement", `{"reason":"x"}`), 409, orders.NotLost).Detail)
}

// TestActing_Lines: a reason and the evidence of a refund may have several lines, which are
// stored with one kind of line ending. They must be displayed as they were written.
func TestActing_Lines(t *testing.T) {
	t.Parallel()
	var stored booking.Personal
	setUp := map[string]func(*bundle){
		"/v1/orders/lodging-1/retry": func(b *bundle) {
			b.book.retries = func(_ context.Context, _ string, reason booking.Personal) (orders.Retried, error) {
				stored = reason
				return orders.Retried{}, nil
			}
		},
		"/v1/orders/lodging-1/settlement": func(b *bundle) {
			b.book.settles = func(_ string, reason booking.Personal) error { stored = reason; return nil }
		},
		resolution: func(b *bundle) {
			b.book.decides = func(d orders.Decision) (orders.Outcome, error) {
				stored = d.Note
				p, err := b.store.Order(t.Context(), d.OrderID)
				return orders.Outcome{View: p.View, Done: true}, err
			}
		},
	}
	for path, set := range setUp {
		b := setup(t)
		b.store.put(orderIn("lodging-1", booking.Confirmed, ""))
		set(b)
		field := "reason"
		if path == resolution {
			field = "evidence"
		}
		a := b.do("POST", path, `{"`+field+`":"it was paid\r\nby hand"}`)
		require.Less(t, a.StatusCode, 300, "%s: %s", path, a.text)
		require.Equal(t, booking.Personal("it was paid\nby hand"), stored, path)
		for _, text := range []string{`by\u0007hand`, `\u202eby hand`, `by\thand`, ` \n `, `\uffff`} {
			p := b.problem(b.do("POST", path, `{"`+field+`":"`+text+`"}`), 422, booking.Invalid)
			require.Equal(t, []string{field}, fields(p), "%s: %s", path, text)
		}
	}
}

// TestActing_ShowsOthersActions: a refused operator sees other operators' actions on the
// order; a customer does not.
func TestActing_ShowsOthersActions(t *testing.T) {
	t.Parallel()
	as := credentials{
		"olga": {ID: "1024", Roles: []booking.Role{booking.OperatorRole}}, "alice": {ID: "alice", Roles: []booking.Role{booking.CustomerRole}},
	}
	b := setup(t, func(d *testDeps) { d.Callers = as })
	b.store.put(orderIn("lodging-1", booking.Confirmed, ""))
	b.store.audits.actions = []booking.OperatorAction{
		{ID: "y", Seq: 9, At: today, By: "1024", Action: booking.CheckPayment, OrderID: "lodging-1", Outcome: "accepted"},
		{ID: "x", Seq: 8, At: today, By: "1099", Action: booking.CancelOrder, OrderID: "lodging-1", Reason: "burnt down", Outcome: "done"},
		{ID: "x", Seq: 7, At: today, By: "1099", Action: booking.CancelOrder, OrderID: "lodging-1", Reason: "burnt down"},
	}
	b.book.decides = func(orders.Decision) (orders.Outcome, error) {
		return orders.Outcome{}, &booking.Error{Code: booking.AlreadyCancelled}
	}
	const cancel = "/v1/lodging/reservations/lodging-1/cancel"
	othersActions := func(token string) []actionView {
		a := b.do("POST", cancel, `{}`, "Authorization", "Bearer "+token)
		b.problem(a, 409, booking.AlreadyCancelled)
		var p problem
		require.NoError(t, json.Unmarshal([]byte(a.text), &p))
		return p.Actions
	}
	require.Equal(t, []actionView{{ID: "x", Seq: 8, At: today, By: "1099", Action: booking.CancelOrder, OrderID: "lodging-1", Reason: "burnt down", Outcome: "done"}}, othersActions("olga"))
	require.Empty(t, othersActions("alice"))
}

// TestBulk: a dry run lists orders, is run and stopped, and reports its progress.
func TestBulk(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.store.bulk.run = booking.BulkRun{
		ID: "run-1", State: booking.BulkPlanned, By: "1024", PlannedAt: today, Orders: 500, Results: map[booking.BulkResult]int{booking.BulkDid: 3, booking.BulkChanged: 1},
	}
	b.store.bulk.named = []booking.BulkOrder{{N: 1, OrderID: "food-1", Status: booking.Delivering, Result: booking.BulkDid, Outcome: "done", DoneAt: today}}
	a := b.do("POST", bulkPath, `{"action":"cancel","filter":{"kind":"food","itemId":"menu-bibimbap","placedBefore":"2026-11-20T00:00:00Z"},"reason":"burnt down"}`)
	require.Equal(t, http.StatusCreated, a.StatusCode, a.text)
	require.Equal(t, bulkPath+"/run-1", a.Header.Get("Location"))
	is := decode[bulkView](t, a)
	require.Equal(t, 500, is.Orders)
	require.Equal(t, booking.BulkPlanned, is.State)
	require.Equal(t, "menu-bibimbap", b.store.bulk.run.Filter.ItemID)
	require.Equal(t, time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC), b.store.bulk.run.Filter.PlacedBefore)
	require.Equal(t, booking.Personal("burnt down"), b.store.bulk.run.Reason)
	for _, wrong := range []string{`{"action":"refund","filter":{"kind":"food"},"reason":"x"}`, `{"action":"cancel","filter":{"kind":"tea"},"reason":"x"}`, `{"action":"cancel","filter":{"kind":"food"}}`} {
		b.problem(b.do("POST", bulkPath, wrong), 422, booking.Invalid)
	}
	for _, outside := range []string{
		"0001-01-01T00:00:00Z", "0001-01-01T00:00:00+00:00", "0001-01-01T23:59:00+23:59", "0000-01-01T00:00:00Z", "0000-12-31T00:01:00-23:59",
		"1969-12-31T23:59:59Z", "1970-01-01T00:00:00+00:01", "9999-12-31T23:59:59-23:59",
	} {
		p := b.problem(b.do("POST", bulkPath, `{"action":"cancel","filter":{"kind":"food","placedBefore":"`+outside+`"},"reason":"x"}`), 422, booking.Invalid)
		require.Equal(t, []string{"filter.placedBefore"}, fields(p), outside)
	}
	for _, within := range []string{"1970-01-01T00:00:00Z", "1969-12-31T23:59:00-00:01", "9999-12-31T23:59:59Z"} {
		a := b.do("POST", bulkPath, `{"action":"cancel","filter":{"placedBefore":"`+within+`"},"reason":"x"}`)
		require.Equal(t, http.StatusCreated, a.StatusCode, a.text)
		require.Contains(t, a.text, `"placedBefore":"`+within+`"`)
	}
	a = b.do("POST", bulkPath+"/run-1/run", "")
	require.Equal(t, http.StatusAccepted, a.StatusCode, a.text)
	require.Equal(t, booking.BulkRunning, decode[bulkView](t, a).State)
	state := decode[bulkStanding](t, b.do("GET", bulkPath+"/run-1", ""))
	require.Equal(t, 4, state.Run.Acted)
	require.Equal(t, bulkResults{Done: 3, Changed: 1}, state.Run.Results)
	require.Equal(t, []bulkOrderView{{OrderID: "food-1", Status: booking.Delivering, Result: booking.BulkDid, Outcome: "done", DoneAt: today}}, state.Items)
	require.Equal(t, booking.BulkStopped, decode[bulkView](t, b.do("POST", bulkPath+"/run-1/stop", "")).State)
	b.problem(b.do("GET", bulkPath+"/run-2", ""), 404, booking.NotFound)

	b.store.bulk.reads = 0
	for begun, results := range map[time.Time]bulkResults{{}: {}, today: {Done: 3, Changed: 1}} {
		b.store.bulk.run.BegunAt = begun
		listed := decode[part[bulkView]](t, b.do("GET", bulkPath, "")).Items
		require.Len(t, listed, 1)
		require.Equal(t, results, listed[0].Results)
	}
	require.Zero(t, b.store.bulk.reads, "the list does not read its lines one by one")
}
