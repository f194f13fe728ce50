package api

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/api/serviceerror"
	workflowpb "go.temporal.io/api/workflow/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/converter"
	"go.temporal.io/sdk/mocks"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/orders"
	"github.com/yeyak/yeyak/workflows/contract"
)

// onStart lets started stand in for the saga. What it returns is the answer to
// the start.
func (b *bundle) onStart(started func(client.StartWorkflowOptions, contract.Lodging) error) *mock.Call {
	return b.temporal.On("ExecuteWorkflow", mock.Anything, mock.Anything, contract.LodgingWorkflow, mock.Anything).
		Return(func(_ context.Context, o client.StartWorkflowOptions, _ any, args ...any) (client.WorkflowRun, error) {
			return &mocks.WorkflowRun{}, started(o, args[0].(contract.Lodging))
		})
}

// decides makes the saga publish its first decision, which the hub may pass on
// before the start has been answered.
func (b *bundle) decides(status booking.Status, reason booking.Reason) *mock.Call {
	return b.onStart(func(o client.StartWorkflowOptions, in contract.Lodging) error {
		p := orderIn(o.ID, status, reason)
		p.RequestHash = in.RequestHash
		b.store.put(p)
		b.hub.Wake(p)
		return nil
	})
}

// alreadyStarted makes every start find the order started before, by a request
// with this hash.
func (b *bundle) alreadyStarted(hash string) {
	b.onStart(func(o client.StartWorkflowOptions, _ contract.Lodging) error {
		return serviceerror.NewWorkflowExecutionAlreadyStarted("already started", "", "run")
	})
	memo, err := converter.GetDefaultDataConverter().ToPayload(hash)
	require.NoError(b.t, err)
	b.temporal.On("DescribeWorkflowExecution", mock.Anything, mock.Anything, "").Return(&workflowservice.DescribeWorkflowExecutionResponse{
		WorkflowExecutionInfo: &workflowpb.WorkflowExecutionInfo{
			Memo: &commonpb.Memo{Fields: map[string]*commonpb.Payload{contract.RequestHashMemo: memo}},
		},
	}, nil).Maybe()
}

func (b *bundle) reserve(headers ...string) answer {
	return b.do("POST", reservationsPath, reservation, headers...)
}

func TestReserve_Start(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.onStart(func(o client.StartWorkflowOptions, in contract.Lodging) error {
		require.Regexp(t, "^lodging-[0-9a-z]{26}$", o.ID)
		require.Equal(t, contract.SagasQueue, o.TaskQueue)
		require.Equal(t, enums.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE, o.WorkflowIDReusePolicy)
		require.True(t, o.WorkflowExecutionErrorWhenAlreadyStarted)
		require.True(t, o.EnableEagerStart)
		require.Equal(t, "Seaside Inn, 2 nights from 2026-12-24, 1 room, customer alice", o.StaticSummary)
		require.Equal(t, 6, o.TypedSearchAttributes.Size())
		owner, _ := o.TypedSearchAttributes.GetKeyword(contract.OwnerAttribute)
		require.Equal(t, "olivia", owner)
		require.Empty(t, o.Memo)

		require.Equal(t, o.ID, in.OrderID)
		require.Equal(t, booking.Money{Amount: 100000, Currency: "KRW"}, in.Amount)
		require.Equal(t, "pm_card_visa", in.PaymentMethod)
		require.Equal(t, seaside(), in.Place)
		require.Equal(t, today, in.PlacedAt)
		require.True(t, in.Policy.InPlace)
		require.Empty(t, in.RequestHash)
		b.hub.Wake(orderIn(o.ID, booking.Confirmed, ""))
		return nil
	})
	require.Equal(t, 201, b.reserve().StatusCode)
}

func TestReserve_Decided(t *testing.T) {
	t.Parallel()
	for _, status := range []booking.Status{booking.Confirmed, booking.AwaitingOwner} {
		t.Run(string(status), func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			b.decides(status, "")
			a := b.reserve("Accept-Language", "fr, ko;q=0.8, en;q=0.5")
			require.Equal(t, http.StatusCreated, a.StatusCode, a.text)
			require.Equal(t, "application/json", a.Header.Get("Content-Type"))
			require.Equal(t, "ko", a.Header.Get("Content-Language"))
			require.Equal(t, "Accept-Language", a.Header.Get("Vary"))
			require.Equal(t, "no-store", a.Header.Get("Cache-Control"))
			v := decode[map[string]any](t, a)
			require.Equal(t, "/v1/lodging/reservations/"+v["id"].(string), a.Header.Get("Location"))
			require.Equal(t, string(status), v["status"])
			require.Equal(t, status.Label(booking.Lodging, booking.Korean), v["statusLabel"])
			require.Equal(t, "2026-12-24", v["checkIn"])
			require.Equal(t, "예약처리", v["history"].([]any)[0].(map[string]any)["statusLabel"])
			for _, hidden := range []string{"$schema", "language", "Language", "Stay", "View"} {
				require.NotContains(t, v, hidden)
			}
		})
	}
	for reason, status := range map[booking.Reason]int{
		booking.PaymentDeclined: 402, booking.SoldOut: 409, booking.RejectedByOwner: 409,
		booking.OwnerTimeout: 409, booking.TooLate: 409, booking.ByCustomer: 409, booking.ByOperator: 409,
	} {
		t.Run(string(reason), func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			b.decides(booking.Cancelled, reason)
			a := b.reserve("Accept-Language", "ko")
			p := b.problem(a, status, orders.CodeOf(reason))
			require.Equal(t, booking.Cancelled, p.Order.Status)
			require.Equal(t, reason, p.Order.Reason)
			require.Equal(t, "예약취소", p.Order.StatusLabel)
			require.Equal(t, "/v1/lodging/reservations/"+p.Order.ID, a.Header.Get("Location"))
			require.Equal(t, "ko", a.Header.Get("Content-Language"))
		})
	}
}

func TestReserve_Undecided(t *testing.T) {
	t.Parallel()
	started := func(client.StartWorkflowOptions, contract.Lodging) error { return nil }
	t.Run("NothingHeard", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.onStart(started)
		b.answersQuery(contract.DecisionQuery, nil, serviceerror.NewDeadlineExceeded("no worker"))
		a := b.reserve()
		require.Equal(t, http.StatusAccepted, a.StatusCode, a.text)
		v := decode[orderView](t, a)
		require.Equal(t, booking.Received, v.Status)
		require.Equal(t, "/v1/lodging/reservations/"+v.ID, a.Header.Get("Location"))
	})
	t.Run("PaymentPending", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.onStart(func(o client.StartWorkflowOptions, _ contract.Lodging) error {
			b.hub.Wake(orderIn(o.ID, booking.PaymentPending, ""))
			return nil
		})
		b.answersQuery(contract.DecisionQuery, (*contract.View)(nil), nil)
		b.answersQuery(contract.ViewQuery, orderIn("lodging-1", booking.Received, "").View, nil)
		a := b.reserve()
		require.Equal(t, http.StatusAccepted, a.StatusCode, a.text)
		require.Equal(t, booking.PaymentPending, decode[orderView](t, a).Status)
	})
	t.Run("DecidedElsewhere", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.onStart(func(o client.StartWorkflowOptions, _ contract.Lodging) error {
			b.store.put(orderIn(o.ID, booking.Confirmed, ""))
			return nil
		})
		require.Equal(t, http.StatusCreated, b.reserve().StatusCode)
	})
	t.Run("DecidedUnpublished", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.onStart(started)
		b.answersQuery(contract.DecisionQuery, orderIn("lodging-1", booking.Cancelled, booking.SoldOut).View, nil)
		b.problem(b.reserve(), 409, "sold_out")
	})
	t.Run("StartUnanswered", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.onStart(func(o client.StartWorkflowOptions, _ contract.Lodging) error {
			b.hub.Wake(orderIn(o.ID, booking.Confirmed, ""))
			return serviceerror.NewDeadlineExceeded("the answer was lost")
		})
		require.Equal(t, http.StatusCreated, b.reserve().StatusCode)
	})
}

// The start and the wait for the decision share one budget, however slow the
// engine is. At its end a start without an answer is looked up. The order may have
// been placed, whatever that says, and its customer is told where it would be.
func TestReserve_OneBudget(t *testing.T) {
	t.Parallel()
	slow := func(ctx context.Context, d time.Duration) error {
		select {
		case <-time.After(d):
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	type looked func(context.Context) error
	for name, test := range map[string]struct {
		start  time.Duration
		look   looked
		status int
		after  time.Duration // the budget
	}{
		"SlowStart": {70 * time.Millisecond, nil, 202, 0},
		"Known":     {time.Minute, func(context.Context) error { return nil }, 202, 0},
		"Unknown":   {time.Minute, func(context.Context) error { return serviceerror.NewNotFound("no such workflow") }, 202, 0},
		"Hanging":   {time.Minute, func(ctx context.Context) error { return slow(ctx, time.Minute) }, 202, 400 * time.Millisecond},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				b := setup(t)
				b.temporal.On("ExecuteWorkflow", mock.Anything, mock.Anything, contract.LodgingWorkflow, mock.Anything).
					Return(func(ctx context.Context, _ client.StartWorkflowOptions, _ any, _ ...any) (client.WorkflowRun, error) {
						return &mocks.WorkflowRun{}, slow(ctx, test.start)
					})
				if test.look != nil {
					b.temporal.On("DescribeWorkflowExecution", mock.Anything, mock.Anything, "").
						Return(func(ctx context.Context, _, _ string) (*workflowservice.DescribeWorkflowExecutionResponse, error) {
							return nil, test.look(ctx)
						})
				}
				b.answersQuery(contract.DecisionQuery, nil, serviceerror.NewDeadlineExceeded("no worker"))
				begun := time.Now()
				a := b.reserve()
				require.Equal(t, test.status, a.StatusCode, a.text)
				require.NotEmpty(t, a.Header.Get("Location"))
				require.Equal(t, b.deps.ReplyBudget+test.after, time.Since(begun))
			})
		})
	}
}

// A start that was given up ends at the engine too, and not with its request:
// the customer may have left.
func TestReserve_StartOutlivesItsRequest(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		b := setup(t)
		left, leave := context.WithCancel(t.Context())
		b.temporal.On("ExecuteWorkflow", mock.Anything, mock.Anything, contract.LodgingWorkflow, mock.Anything).
			Return(func(ctx context.Context, _ client.StartWorkflowOptions, _ any, _ ...any) (client.WorkflowRun, error) {
				leave()
				begun := time.Now()
				require.NoError(t, ctx.Err())
				<-ctx.Done()
				require.Equal(t, b.deps.ReplyBudget, time.Since(begun))
				return nil, ctx.Err()
			}).Once()
		b.temporal.On("DescribeWorkflowExecution", mock.Anything, mock.Anything, "").Return(nil, context.Canceled).Maybe()
		r := httptest.NewRequestWithContext(left, http.MethodPost, reservationsPath, strings.NewReader(reservation))
		r.Header.Set("Content-Type", "application/json")
		b.handler.ServeHTTP(httptest.NewRecorder(), r)
	})
}

func TestReserve_TemporalAway(t *testing.T) {
	t.Parallel()
	for name, err := range map[string]error{
		"Unavailable": serviceerror.NewUnavailable("connection refused"),
		"Deadline":    serviceerror.NewDeadlineExceeded("too slow"),
		"Context":     context.DeadlineExceeded,
		"Exhausted":   serviceerror.NewResourceExhausted(enums.RESOURCE_EXHAUSTED_CAUSE_RPS_LIMIT, "too many"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, sent := range []bool{false, true} {
				b := setup(t)
				b.temporal.On("ExecuteWorkflow", anything(4)...).
					Return(func(ctx context.Context, _ client.StartWorkflowOptions, _ any, _ ...any) (client.WorkflowRun, error) {
						orders.NoteCall(ctx, sent)
						return nil, err
					})
				b.temporal.On("DescribeWorkflowExecution", mock.Anything, mock.Anything, "").Return(nil, err).Maybe()
				a := b.reserve()
				if sent {
					require.Equal(t, 202, a.StatusCode, a.text)
					require.Equal(t, "received", string(decode[orderView](t, a).Status))
					require.NotEmpty(t, a.Header.Get("Location"))
					continue
				}
				b.problem(a, 503, orders.TemporalUnavailable)
				require.Equal(t, "2", a.Header.Get("Retry-After"))
			}
		})
	}
	t.Run("Defect", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.onStart(func(client.StartWorkflowOptions, contract.Lodging) error {
			return serviceerror.NewInvalidArgument("secret")
		})
		b.temporal.On("DescribeWorkflowExecution", mock.Anything, mock.Anything, "").Return(nil, serviceerror.NewNotFound("no such workflow"))
		a := b.reserve()
		b.problem(a, 500, internalError)
		require.NotContains(t, a.text, "secret")
	})
}

func TestIdempotencyKey_Repeated(t *testing.T) {
	t.Parallel()
	const key = "Idempotency-Key"
	t.Run("SameAnswer", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.decides(booking.Confirmed, "").Once()
		first := b.reserve(key, "k1")
		require.Equal(t, http.StatusCreated, first.StatusCode)

		// Later the order is cancelled, the place is gone and the day is past.
		id := decode[orderView](t, first).ID
		later := orderIn(id, booking.Cancelled, booking.ByCustomer)
		later.Decision, later.RequestHash = b.store.orders[id].Decision, b.store.orders[id].RequestHash
		b.store.put(later)
		delete(b.store.places, "place-seaside")

		spaced := strings.ReplaceAll(reservation, ",", " ,\n ")
		reordered := strings.Replace(spaced, "{", `{"paymentMethod":"pm_card_visa",`, 1)
		for _, body := range []string{reservation, reordered, strings.Replace(reservation, `"rooms":1`, `"rooms":1.0`, 1)} {
			again := b.do("POST", "/v1/lodging/reservations", body, key, "k1")
			require.Equal(t, first.StatusCode, again.StatusCode, again.text)
			require.JSONEq(t, first.text, again.text)
			require.Equal(t, first.Header.Get("Location"), again.Header.Get("Location"))
		}
	})
	t.Run("OtherRequest", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.decides(booking.Confirmed, "").Once()
		require.Equal(t, http.StatusCreated, b.reserve(key, "k1").StatusCode)
		a := b.do("POST", "/v1/lodging/reservations", strings.Replace(reservation, `"rooms":1`, `"rooms":2`, 1), key, "k1")
		require.Equal(t, []string{key}, fields(b.problem(a, 422, orders.IdempotencyKeyReused)))
	})
	t.Run("OtherCustomerOrKey", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.decides(booking.Confirmed, "").Times(3)
		b.reserve(key, "k1")
		b.reserve(key, "k2")
		b.do("POST", "/v1/lodging/reservations", strings.Replace(reservation, "alice", "bob", 1), key, "k1")
		require.Len(t, b.store.orders, 3)
	})
	t.Run("AtOnce", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		var once sync.Once
		b.onStart(func(o client.StartWorkflowOptions, in contract.Lodging) error {
			err := serviceerror.NewWorkflowExecutionAlreadyStarted("already started", "", "run")
			once.Do(func() {
				p := orderIn(o.ID, booking.Cancelled, booking.SoldOut)
				p.RequestHash = in.RequestHash
				b.store.put(p)
				b.hub.Wake(p)
				err = nil
			})
			return err
		})
		answers := make([]answer, 20)
		var all sync.WaitGroup
		for i := range answers {
			all.Go(func() { answers[i] = b.reserve(key, "k1") })
		}
		all.Wait()
		for _, a := range answers {
			b.problem(a, 409, "sold_out")
			require.Equal(t, answers[0].text, a.text)
		}
	})
}

func TestIdempotencyKey_ReadModelAway(t *testing.T) {
	t.Parallel()
	down := func(t *testing.T) *bundle {
		b := setup(t, func(d *given) {
			away := newMemory()
			away.fail(context.DeadlineExceeded)
			d.ReadModel = away
		})
		return b
	}
	hash := requestHash(reservationRequest{
		PlaceID: "place-seaside", CustomerID: "alice", CheckIn: "2026-12-24", CheckOut: "2026-12-26", Rooms: 1, PaymentMethod: "pm_card_visa",
	})
	t.Run("Same", func(t *testing.T) {
		t.Parallel()
		b := down(t)
		b.alreadyStarted(hash)
		b.answersQuery(contract.DecisionQuery, orderIn("lodging-1", booking.AwaitingOwner, "").View, nil)
		a := b.reserve("Idempotency-Key", "k1")
		require.Equal(t, http.StatusCreated, a.StatusCode, a.text)
	})
	t.Run("Other", func(t *testing.T) {
		t.Parallel()
		b := down(t)
		b.alreadyStarted("another")
		b.answersQuery(contract.DecisionQuery, nil, serviceerror.NewDeadlineExceeded("no worker"))
		b.problem(b.reserve("Idempotency-Key", "k1"), 422, orders.IdempotencyKeyReused)
	})
}
