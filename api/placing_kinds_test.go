package api

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/mock"
	"github.com/stretchr/testify/require"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/mocks"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/orders"
	"github.com/yeyak/yeyak/workflows/contract"
)

// onAnyStart lets started stand in for the saga of whatever business.
func (b *bundle) onAnyStart(started func(client.StartWorkflowOptions, contract.Input) error) *mock.Call {
	return b.temporal.On("ExecuteWorkflow", mock.Anything, mock.Anything, mock.Anything, mock.Anything).
		Return(func(_ context.Context, o client.StartWorkflowOptions, _ any, args ...any) (client.WorkflowRun, error) {
			return &mocks.WorkflowRun{}, started(o, args[0].(contract.Input))
		})
}

// publishes makes the saga of whatever business come to a status.
func (b *bundle) publishes(status booking.Status, reason booking.Reason) *mock.Call {
	return b.onAnyStart(func(_ client.StartWorkflowOptions, in contract.Input) error {
		b.publish(in, status, reason)
		return nil
	})
}

func (b *bundle) publish(in contract.Input, status booking.Status, reason booking.Reason) {
	p := cameTo(in.View(), status, reason)
	p.RequestHash = hashOf(in)
	b.store.put(p)
	b.hub.Wake(p)
}

func hashOf(in contract.Input) string {
	switch in := in.(type) {
	case contract.Lodging:
		return in.RequestHash
	case contract.Food:
		return in.RequestHash
	case contract.Cafe:
		return in.RequestHash
	case contract.Cleaning:
		return in.RequestHash
	default:
		panic("an unknown business")
	}
}

func TestPlaceOrder_Start(t *testing.T) {
	t.Parallel()
	summaries := map[booking.Kind]string{
		booking.Lodging:  "Seaside Inn, 2 nights from 2026-12-24, 1 room, customer alice",
		booking.Food:     "Bibimbap, 2 portions, customer alice",
		booking.Cafe:     "Latte on 2026-11-22, 3 cups, customer alice",
		booking.Cleaning: "cleaning, customer alice",
	}
	for _, business := range businesses() {
		t.Run(string(business.kind), func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			b.onAnyStart(func(o client.StartWorkflowOptions, in contract.Input) error {
				require.Regexp(t, "^"+string(business.kind)+"-[0-9a-z]{26}$", o.ID)
				require.Equal(t, contract.SagasQueue, o.TaskQueue)
				require.Equal(t, summaries[business.kind], o.StaticSummary)
				require.Equal(t, contract.Attributes(in.View()), o.TypedSearchAttributes)
				require.Equal(t, renamed(business.input, o.ID), inputWith(in, func(limited *contract.Order) {
					require.True(t, limited.StartBy.After(today))
					limited.StartBy = time.Time{}
				}))
				b.publish(in, booking.Cancelled, booking.ByCustomer)
				return nil
			})
			require.Equal(t, 409, b.do("POST", business.orders, business.body).StatusCode)
		})
	}
}

// renamed is the input with another order id.
func renamed(in contract.Input, id string) contract.Input {
	return inputWith(in, func(o *contract.Order) { o.OrderID = id })
}

// inputWith is the input with something else of what orders have in common.
func inputWith(in contract.Input, change func(*contract.Order)) contract.Input {
	switch in := in.(type) {
	case contract.Lodging:
		change(&in.Order)
		return in
	case contract.Food:
		change(&in.Order)
		return in
	case contract.Cafe:
		change(&in.Order)
		return in
	case contract.Cleaning:
		change(&in.Order)
		return in
	default:
		panic("an unknown business")
	}
}

func TestPlaceOrder_Stands(t *testing.T) {
	t.Parallel()
	for _, business := range businesses() {
		for _, status := range reached(business.kind) {
			if !business.kind.Decides(status) || status == booking.Cancelled {
				continue
			}
			t.Run(string(business.kind)+"/"+string(status), func(t *testing.T) {
				t.Parallel()
				b := setup(t)
				b.publishes(status, "")
				a := b.do("POST", business.orders, business.body, "Accept-Language", "ko")
				require.Equal(t, http.StatusCreated, a.StatusCode, a.text)
				v := decode[orderView](t, a)
				require.Equal(t, business.orders+"/"+v.ID, a.Header.Get("Location"))
				require.Equal(t, status.Label(business.kind, booking.Korean), v.StatusLabel)
				require.NotContains(t, a.text, "4567", "nobody is shown the telephone number")
			})
		}
	}
}

func TestPlaceOrder_Refused(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		business booking.Kind
		reason   booking.Reason
		status   booking.Status
		answer   int
	}{
		"FoodDeclined":      {booking.Food, booking.PaymentDeclined, booking.Cancelled, 402},
		"DrinkSoldOut":      {booking.Cafe, booking.SoldOut, booking.Cancelled, 409},
		"DrinkDeleted":      {booking.Cafe, booking.MenuDeleted, booking.Cancelled, 409},
		"DrinkTooLate":      {booking.Cafe, booking.TooLate, booking.Cancelled, 409},
		"CafeAway":          {booking.Cafe, booking.CafeUnavailable, booking.Cancelled, 503},
		"CafeAwayUndoing":   {booking.Cafe, booking.CafeUnavailable, booking.Cancelling, 503},
		"NotRegistered":     {booking.Cleaning, booking.NotRegistered, booking.Cancelled, 503},
		"ManagementUndoing": {booking.Cleaning, booking.NotRegistered, booking.Cancelling, 503},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			b.publishes(test.status, test.reason)
			for _, business := range businesses() {
				if business.kind != test.business {
					continue
				}
				a := b.do("POST", business.orders, business.body)
				p := b.problem(a, test.answer, orders.CodeOf(test.reason))
				require.Equal(t, test.status, p.Order.Status)
				require.Equal(t, test.reason.Label(booking.English), p.Order.ReasonLabel)
				require.Equal(t, business.orders+"/"+p.Order.ID, a.Header.Get("Location"))
				require.Equal(t, test.answer == 503, a.Header.Get("Retry-After") != "")
			}
		})
	}
	t.Run("Fallback", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.publishes(booking.Cancelled, booking.NotRegistered)
		detail := b.problem(b.do("POST", callsPath, call), 503, orders.CodeOf(booking.NotRegistered)).Detail
		for _, words := range []string{"Management cannot take the call right now", "Nothing was charged", "call again in a moment"} {
			require.Contains(t, detail, words)
		}
	})
}

// Where somebody has to be asked the customer waits for that, on top of the
// reply budget.
func TestPlaceOrder_Patience(t *testing.T) {
	t.Parallel()
	for _, business := range businesses() {
		t.Run(string(business.kind), func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			b.onAnyStart(func(_ client.StartWorkflowOptions, in contract.Input) error {
				time.AfterFunc(10*b.deps.ReplyBudget, func() { b.publish(in, booking.Cancelled, booking.PaymentDeclined) })
				return nil
			})
			b.answersQuery(contract.DecisionQuery, (*contract.View)(nil), nil)
			b.answersQuery(contract.ViewQuery, business.input.View(), nil)
			want := http.StatusAccepted
			if business.kind == booking.Cafe || business.kind == booking.Cleaning {
				want = http.StatusPaymentRequired
			}
			a := b.do("POST", business.orders, business.body)
			require.Equal(t, want, a.StatusCode, a.text)
		})
	}
}

func TestPlaceCall_Price(t *testing.T) {
	t.Parallel()
	for price, want := range map[string]booking.Money{
		`{"amount":30000,"currency":"KRW"}`: {Amount: 30000, Currency: "KRW"},
		`{"amount":0,"currency":"EUR"}`:     {Currency: "EUR"},
		"":                                  {Currency: "KRW"},
	} {
		b := setup(t)
		b.onAnyStart(func(_ client.StartWorkflowOptions, in contract.Input) error {
			require.Equal(t, want, in.View().Amount)
			b.publish(in, booking.Calling, "")
			return nil
		})
		body := strings.Replace(call, `,"price":{"amount":30000,"currency":"KRW"}`, "", 1)
		if price != "" {
			body = strings.Replace(call, `{"amount":30000,"currency":"KRW"}`, price, 1)
		}
		require.Equal(t, http.StatusCreated, b.do("POST", callsPath, body).StatusCode)
	}
}

// The telephone number is in the saga's input and nowhere else.
func TestPlaceCall_TelephoneStaysInside(t *testing.T) {
	t.Parallel()
	core, logs := observer.New(zap.DebugLevel)
	b := setup(t, func(d *given) { d.Logger = zap.New(core) })
	b.onAnyStart(func(o client.StartWorkflowOptions, in contract.Input) error {
		require.Equal(t, "+8221234567", in.(contract.Cleaning).Tel)
		for _, value := range o.TypedSearchAttributes.GetUntypedValues() {
			require.NotContains(t, fmt.Sprint(value), "4567")
		}
		require.NotContains(t, o.StaticSummary, "4567")
		require.Empty(t, o.StaticDetails)
		return context.DeadlineExceeded
	})
	b.temporal.On("DescribeWorkflowExecution", mock.Anything, mock.Anything, "").Return(nil, context.DeadlineExceeded)
	require.Equal(t, 202, b.do("POST", callsPath, call).StatusCode)
	b.problem(b.do("POST", callsPath, strings.Replace(call, "4567", "4567890123", 1)), 422, booking.Invalid)
	require.NotEmpty(t, logs.All())
	for _, line := range logs.All() {
		require.NotContains(t, line.Message, "4567")
		for _, value := range line.ContextMap() {
			require.NotContains(t, fmt.Sprint(value), "4567")
		}
	}
}

func TestPlaceCafeOrder_NotOnSale(t *testing.T) {
	t.Parallel()
	// Nothing is expected of the Temporal client: a start would fail the test.
	t.Run("Deleted", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.temporal.On("DescribeWorkflowExecution", anything(3)...).Return(nil, serviceerror.NewNotFound("no such workflow"))
		for _, progress := range []booking.DrinkDeletion{{}, {Orders: 1}, {Done: true}} {
			b.store.deletions["drink-latte"] = &progress
			p := b.problem(b.do("POST", cafeOrdersPath, cups, "Idempotency-Key", "k1"), 409, orders.CodeOf(booking.MenuDeleted))
			require.Nil(t, p.Order)
		}
		p := b.problem(b.do("POST", cafeOrdersPath, strings.Replace(cups, "3", "0", 1)), 422, booking.Invalid)
		require.Equal(t, []string{"quantity"}, fields(p))
	})
	t.Run("DayOver", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		yesterday := latte()
		yesterday.Date = booking.Date{Year: 2026, Month: 11, Day: 20} // today in UTC, yesterday in Seoul
		b.store.drinks["drink-latte"] = yesterday
		p := b.problem(b.do("POST", cafeOrdersPath, strings.Replace(cups, "3", "0", 1)), 422, booking.Invalid)
		require.Equal(t, []string{"menuId", "quantity"}, fields(p))
	})
	t.Run("DayBegun", func(t *testing.T) {
		t.Parallel()
		b := setup(t)
		b.publishes(booking.InProduction, "")
		drink := latte()
		drink.Date = booking.Date{Year: 2026, Month: 11, Day: 21}
		b.store.drinks["drink-latte"] = drink
		require.Equal(t, http.StatusCreated, b.do("POST", cafeOrdersPath, cups).StatusCode)
	})
}
