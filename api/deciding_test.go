package api

import (
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/orders"
	"github.com/yeyak/yeyak/workflows/contract"
)

const orderPath = "/v1/lodging/reservations/lodging-1"

// answersDecision answers every decision like this, and returns the last one.
func (b *bundle) answersDecision(out orders.Outcome, err error) *orders.Decision {
	last := new(orders.Decision)
	b.book.decides = func(d orders.Decision) (orders.Outcome, error) {
		*last = d
		return out, err
	}
	return last
}

// viewOf is an order of a kind in a status.
func viewOf(kind booking.Kind, status booking.Status) contract.View {
	for _, business := range businesses() {
		if business.kind == kind {
			return business.in(status, "").View
		}
	}
	panic("an unknown business")
}

func TestDecide_Done(t *testing.T) {
	t.Parallel()
	const lodging, food, cafe, cleaning = booking.Lodging, booking.Food, booking.Cafe, booking.Cleaning
	for _, test := range []struct {
		path   string
		kind   booking.Kind
		update string
		body   string
		note   booking.Personal
	}{
		{orderPath + "/confirm", lodging, contract.ConfirmUpdate, "", ""},
		{orderPath + "/confirm", lodging, contract.ConfirmUpdate, "{}", ""},
		{orderPath + "/reject", lodging, contract.RejectUpdate, `{"reason":"full"}`, "full"},
		{orderPath + "/cancel", lodging, contract.CancelUpdate, "", ""},
		{orderPath + "/cancel", lodging, contract.CancelUpdate, `{}`, ""},
		{orderPath + "/cancel", lodging, contract.CancelUpdate, `{"reason":"ill"}`, "ill"},
		{orderPath + "/no-show", lodging, contract.NoShowUpdate, "", ""},
		{orderPath + "/no-show", lodging, contract.NoShowUpdate, `{}`, ""},
		{orderPath + "/no-show", lodging, contract.NoShowUpdate, `{"note":"called twice"}`, "called twice"},
		{orderPath + "/complete", lodging, contract.CompleteUpdate, "", ""},
		{foodOrdersPath + "/food-1/cancel", food, contract.CancelUpdate, `{"reason":"too slow"}`, "too slow"},
		{deliveriesPath + "/food-1/complete", food, contract.CompleteUpdate, "", ""},
		{cafeOrdersPath + "/cafe-1/cancel", cafe, contract.CancelUpdate, "", ""},
		{productionsPath + "/cafe-1/complete", cafe, contract.CompleteUpdate, "{}", ""},
		{callsPath + "/cleaning-1/cancel", cleaning, contract.CancelUpdate, `{"reason":"rain"}`, "rain"},
		{callsPath + "/cleaning-1/complete", cleaning, contract.CompleteUpdate, "", ""},
	} {
		t.Run(test.path+test.body, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			id := string(test.kind) + "-1"
			decided := b.answersDecision(orders.Outcome{View: viewOf(test.kind, booking.Cancelled), Done: true}, nil)
			a := b.do("POST", test.path, test.body)
			require.Equal(t, http.StatusOK, a.StatusCode, a.text)
			require.Equal(t, orders.Decision{OrderID: id, Kind: test.kind, Update: test.update, Note: test.note}, *decided)
			v := decode[orderView](t, a)
			require.Equal(t, id, v.ID)
			require.Equal(t, booking.Cancelled, v.Status)
			require.Equal(t, booking.Cancelled.Label(test.kind, booking.English), v.StatusLabel)
			require.Empty(t, a.Header.Get("Location"))
			require.Contains(t, fields(b.problem(b.do("POST", test.path, `{"why":"x"}`), 422, booking.Invalid)), "why")
		})
	}
}

// A decision that will be carried out has an address to follow.
func TestDecide_Accepted(t *testing.T) {
	t.Parallel()
	for path, kind := range map[string]booking.Kind{
		orderPath + "/cancel": booking.Lodging, foodOrdersPath + "/food-1/cancel": booking.Food, deliveriesPath + "/food-1/complete": booking.Food,
		cafeOrdersPath + "/cafe-1/cancel": booking.Cafe, productionsPath + "/cafe-1/complete": booking.Cafe,
		callsPath + "/cleaning-1/cancel": booking.Cleaning, callsPath + "/cleaning-1/complete": booking.Cleaning,
	} {
		b := setup(t)
		b.answersDecision(orders.Outcome{View: viewOf(kind, booking.Paid)}, nil)
		a := b.do("POST", path, "")
		require.Equal(t, http.StatusAccepted, a.StatusCode, a.text)
		v := decode[orderView](t, a)
		require.Equal(t, booking.Paid, v.Status)
		require.Equal(t, locationOf(v.View), a.Header.Get("Location"))
	}
}

func TestDecide_Invalid(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for body, want := range map[string][]string{
		`{}`:                       {"reason"},
		`{"reason":""}`:            {"reason"},
		`{"reason":"  "}`:          {"reason"},
		`{"reason":1,"why":"x"}`:   {"reason", "why"},
		`{"reason":"a\u0007bell"}`: {"reason"},
		`{"reason":"a\u202eb"}`:    {"reason"},
		`{"reason":"a\tb"}`:        {"reason"},
		`{"reason":"\r\n\u2028"}`:  {"reason"},
		`{"reason":"\ud800"}`:      {"reason"},
		`{"reason":null}`:          {"reason"},
	} {
		p := b.problem(b.do("POST", orderPath+"/reject", body), 422, booking.Invalid)
		require.Equal(t, want, fields(p), body)
	}
	b.problem(b.do("POST", orderPath+"/reject", ""), 400, malformedJSON)
	require.Equal(t, []string{"reason"}, fields(b.problem(b.do("POST", orderPath+"/cancel", `{"reason":null}`), 422, booking.Invalid)))
	for _, body := range []string{`{"note":null}`, `{"note":"a\u0007bell"}`, `{"note":1}`} {
		require.Equal(t, []string{"note"}, fields(b.problem(b.do("POST", orderPath+"/no-show", body), 422, booking.Invalid)), body)
	}
	p := b.problem(b.do("POST", orderPath+"/confirm", `{"reason":"x"}`), 422, booking.Invalid)
	require.Equal(t, []string{"reason"}, fields(p))
	for _, id := range []string{"cafe-1", "lodging", "lodging-", "another-workflow", "lodging-a%2Fb", "lodging-%00"} {
		a := b.do("POST", "/v1/lodging/reservations/"+id+"/cancel", "")
		require.Equal(t, 404, a.StatusCode, id)
	}
}

// A business does not know other businesses' decisions.
func TestDecide_OnlyItsOwn(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, path := range []string{
		foodOrdersPath + "/food-1/confirm", foodOrdersPath + "/food-1/complete", cafeOrdersPath + "/cafe-1/complete",
		callsPath + "/cleaning-1/no-show", callsPath + "/cleaning-1/reject", deliveriesPath + "/food-1/cancel", productionsPath + "/cafe-1/cancel",
		foodOrdersPath + "/cafe-1/cancel", deliveriesPath + "/cafe-1/complete", productionsPath + "/food-1/complete",
		callsPath + "/lodging-1/complete", cafeOrdersPath + "/deletion-1/cancel", deliveriesPath + "/%00/complete",
	} {
		b.problem(b.do("POST", path, ""), 404, booking.NotFound)
	}
}

func TestDecide_Refused(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.answersDecision(orders.Outcome{View: viewOf(booking.Lodging, booking.Confirmed)}, booking.Errorf(booking.AlreadyCheckedIn, "check-in was at 15:00"))
	a := b.do("POST", orderPath+"/cancel", "")
	p := b.problem(a, 409, booking.AlreadyCheckedIn)
	require.Equal(t, "check-in was at 15:00", p.Detail)
	require.Equal(t, booking.Confirmed, p.Order.Status)
	require.Equal(t, orderPath, a.Header.Get("Location"))

	b.answersDecision(orders.Outcome{}, booking.Errorf(booking.Superseded, "another decision came first"))
	require.Equal(t, "Superseded", b.problem(b.do("POST", orderPath+"/confirm", ""), 409, booking.Superseded).Title)
	b.answersDecision(orders.Outcome{}, booking.Errorf("shop_closed", "it is Sunday"))
	require.Equal(t, "Shop closed", b.problem(b.do("POST", orderPath+"/cancel", ""), 409, "shop_closed").Title)
	b.answersDecision(orders.Outcome{}, errors.New("secret"))
	a = b.do("POST", orderPath+"/cancel", "")
	b.problem(a, 500, internalError)
	require.NotContains(t, a.text, "secret")
}

func TestDecide_RefusedByEveryBusiness(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		path   string
		kind   booking.Kind
		code   booking.Code
		status int
	}{
		{foodOrdersPath + "/food-1/cancel", booking.Food, booking.AlreadyDelivered, 409},
		{foodOrdersPath + "/food-1/cancel", booking.Food, booking.DeliveryUnavailable, 503},
		{deliveriesPath + "/food-1/complete", booking.Food, booking.NotDelivering, 409},
		{deliveriesPath + "/food-1/complete", booking.Food, booking.AlreadyDelivered, 409},
		{productionsPath + "/cafe-1/complete", booking.Cafe, booking.NotInProduction, 409},
		{productionsPath + "/cafe-1/complete", booking.Cafe, booking.AlreadyCompleted, 409},
		{callsPath + "/cleaning-1/complete", booking.Cleaning, booking.NotAssigned, 409},
		{callsPath + "/cleaning-1/complete", booking.Cleaning, booking.BeingCancelled, 409},
		{callsPath + "/cleaning-1/cancel", booking.Cleaning, booking.AlreadyCancelled, 409},
		{foodOrdersPath + "/food-1/cancel", booking.Food, booking.DecisionPending, 503},
		{orderPath + "/cancel", booking.Lodging, orders.NotRunning, 409},
		{orderPath + "/cancel", booking.Lodging, booking.AlreadyCompleted, 409},
		{orderPath + "/cancel", booking.Lodging, orders.Unreachable, 503},
		{orderPath + "/cancel", booking.Lodging, orders.TemporalUnavailable, 503},
		{orderPath + "/cancel", booking.Lodging, orders.DecisionsExhausted, 503},
		{orderPath + "/cancel", booking.Lodging, booking.Unavailable, 503},
	} {
		t.Run(test.path+"/"+string(test.code), func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			b.answersDecision(orders.Outcome{View: viewOf(test.kind, booking.Paid)}, booking.Errorf(test.code, "it cannot be"))
			a := b.do("POST", test.path, "")
			p := b.problem(a, test.status, test.code)
			require.Equal(t, booking.Paid, p.Order.Status, "the order continues")
			require.Equal(t, locationOf(p.Order.View), a.Header.Get("Location"))
			require.Equal(t, test.status == 503, a.Header.Get("Retry-After") != "")
		})
	}
}

// An error without an order names no order.
func TestDecide_OfNoOrder(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.answersDecision(orders.Outcome{}, orders.NoSuchOrder("lodging-1"))
	b.problem(b.do("POST", orderPath+"/cancel", ""), 404, booking.NotFound)
	b.answersDecision(orders.Outcome{}, &booking.Error{Code: orders.Unreachable})
	a := b.do("POST", orderPath+"/cancel", "")
	require.Nil(t, b.problem(a, 503, orders.Unreachable).Order)
	require.Equal(t, "2", a.Header.Get("Retry-After"))
	require.Empty(t, a.Header.Get("Location"))
}

// Retry-After is returned.
func TestDecide_RetryAfter(t *testing.T) {
	t.Parallel()
	for after, want := range map[time.Duration]string{
		37500 * time.Millisecond: "38", 2 * time.Second: "2", time.Second: "1", time.Minute: "60", 0: "2",
	} {
		b := setup(t)
		b.answersDecision(orders.Outcome{View: viewOf(booking.Food, booking.Delivering)}, booking.Errorf(booking.DeliveryUnavailable, "away").RetryIn(after))
		a := b.do("POST", foodOrdersPath+"/food-1/cancel", "")
		p := b.problem(a, 503, booking.DeliveryUnavailable)
		require.Equal(t, want, a.Header.Get("Retry-After"))
		require.Equal(t, booking.Delivering, p.Order.Status)
	}
}

// A decision's note may have several lines.
func TestDecide_Lines(t *testing.T) {
	t.Parallel()
	b := setup(t)
	decided := b.answersDecision(orders.Outcome{View: viewOf(booking.Lodging, booking.Cancelled), Done: true}, nil)
	require.Equal(t, 200, b.do("POST", orderPath+"/cancel", strings.ReplaceAll(`{"reason":"ill|sorry"}`, "|", `\r\n`)).StatusCode)
	require.EqualValues(t, "ill\nsorry", decided.Note)
}
