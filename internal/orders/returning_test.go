package orders_test

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/temporal"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/orders"
	"github.com/yeyak/yeyak/workflows/contract"
)

// TestReturn_AnswersWhatIsTrue: a customer that returns gets the order's present state:
// when it calls the provider, when another tab was first, and when it has ended.
func TestReturn_AnswersWhatIsTrue(t *testing.T) {
	t.Parallel()
	refusing := func(code booking.Code) error {
		return temporal.NewNonRetryableApplicationError("no", string(code), nil, contract.Refusal{})
	}
	for name, tt := range map[string]struct {
		row     booking.Status
		refusal error // why the order does not accept it
		answer  booking.Status
		want    booking.Status
		code    booking.Code
	}{
		"NotYet":     {row: booking.AwaitingPayment, answer: booking.AwaitingPayment, want: booking.AwaitingPayment},
		"Paid":       {row: booking.AwaitingPayment, answer: booking.Confirmed, want: booking.Confirmed},
		"SecondTab":  {row: booking.Confirmed, refusal: refusing(booking.DecisionPending), want: booking.Confirmed},
		"NotWaiting": {row: booking.Cancelled, refusal: refusing(booking.NotAwaitingPayment), want: booking.Cancelled},
		"Ended":      {row: booking.Cancelled, refusal: serviceerror.NewNotFound("no such workflow"), want: booking.Cancelled},
		"Away":       {row: booking.AwaitingPayment, refusal: serviceerror.NewUnavailable("away"), code: orders.TemporalUnavailable},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBundle(t)
			order := of(booking.Lodging)
			b.store.put(order.in(tt.row, ""))
			returned := booking.PaymentReturn{PaymentKey: "pk_1", Amount: 5}
			b.onUpdate(func(_ context.Context, o client.UpdateWorkflowOptions) error {
				require.Equal(t, contract.ReturnUpdate, o.UpdateName)
				require.Equal(t, []any{returned}, o.Args)
				return tt.refusal
			}, func(context.Context) (contract.View, error) { return order.in(tt.answer, "").View, nil })
			out, err := b.Return(t.Context(), booking.Caller{Unchecked: true}, order.id(), returned)
			if tt.code != "" {
				require.ErrorIs(t, err, &booking.Error{Code: tt.code})
				return
			}
			require.NoError(t, err)
			require.Equal(t, tt.want, out.View.Status)
			require.Equal(t, tt.want != booking.AwaitingPayment, out.Done)
		})
	}
}

// TestPlace_ReturnTo: the customer returns to the page of the order, at the host under
// which they have reached us.
func TestPlace_ReturnTo(t *testing.T) {
	t.Parallel()
	for host, base := range map[string]string{
		"": "", "yeyak.example": "https://yeyak.example", "localhost:8080": "http://localhost:8080", "[::1]:8080": "http://[::1]:8080",
	} {
		b := newBundle(t)
		business := of(booking.Food)
		var returnTo string
		b.onStart(func(_ client.StartWorkflowOptions, in contract.Input) error {
			returnTo = in.(contract.Food).ReturnTo
			b.publish(in, booking.Paid, "")
			return nil
		})
		p := orders.Placement{Wanted: business.wanted, CustomerID: "alice", PaymentMethod: "pm_card_visa", Host: host}
		placed := b.placeFor(t.Context(), p)
		want := ""
		if base != "" {
			want = base + "/orders/" + placed.OrderID + "/paid"
		}
		require.Equal(t, want, returnTo)
	}
}

// TestPlace_TooManyUnpaid: a customer with many orders to confirm cannot place further ones
// with a price.
func TestPlace_TooManyUnpaid(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	business := of(booking.Food)
	for n := range 5 {
		p := business.in(booking.AwaitingPayment, "")
		p.View.ID, p.View.CustomerID = p.View.ID+string(rune('a'+n)), "alice"
		b.store.put(p)
	}
	placed := b.place(business.wanted, "")
	require.ErrorIs(t, placed.err, &booking.Error{Code: orders.TooManyUnpaid})
}
