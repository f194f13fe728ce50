package api

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/orders"
	"github.com/yeyak/yeyak/workflows/contract"
)

const stayTerms = `{"tiers":[{"before":"72h","percent":100},{"before":"24h","percent":50}],"fee":5000,"noShowPercent":0,"earlyDeparturePercent":25}`

func policyOfStay() *booking.CancellationPolicy {
	return &booking.CancellationPolicy{
		Tiers: []booking.Tier{{Before: new(booking.Duration(72 * time.Hour)), Percent: 100}, {Before: new(booking.Duration(24 * time.Hour)), Percent: 50}},
		Fee:   5000, NoShow: new(0), EarlyDeparture: 25,
	}
}

// TestPolicies: the policy of places, menus and drinks is shown, changed, kept and
// removed as a whole.
func TestPolicies(t *testing.T) {
	t.Parallel()
	const ofMeal = `{"tiers":[{"status":"paid","percent":90},{"status":"delivering","percent":10}],"fee":100}`
	const ofCup = `{"tiers":[{"status":"paid","percent":100},{"status":"in_production","percent":0}]}`
	for path, test := range map[string]struct{ add, policy, shown string }{
		placesPath: {`"ownerId":"olivia","confirmation":"auto"`, stayTerms, stayTerms},
		menusPath:  {`"ownerId":"sara"`, ofMeal, ofMeal},
		drinksPath: {`"ownerId":"cora","date":"2026-11-22","count":5`, ofCup, ofCup},
	} {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			b := setup(t)
			shows := func(a answer, status int, want string) string {
				t.Helper()
				require.Equal(t, status, a.StatusCode, a.text)
				v := decode[struct {
					ID           string
					Cancellation any
				}](t, a)
				if want == "" {
					require.Nil(t, v.Cancellation)
				} else {
					require.Equal(t, decode[any](t, answer{text: want}), v.Cancellation)
				}
				return v.ID
			}
			body := func(fields, policy string) string {
				return `{"name":"Thing","price":{"amount":50000,"currency":"KRW"},` + fields + policy + `}`
			}
			shows(b.do("POST", path, body(test.add, "")), http.StatusCreated, "")
			shows(b.do("POST", path, body(test.add, `,"cancellation":{}`)), http.StatusCreated, "")
			id := shows(b.do("POST", path, body(test.add, `,"cancellation":`+test.policy)), http.StatusCreated, test.shown)
			one := path + "/" + id
			shows(b.do("GET", one, ""), http.StatusOK, test.shown)
			shows(b.do("PATCH", one, `{"name":"Other"}`), http.StatusOK, test.shown)
			shows(b.do("PATCH", one, `{"cancellation":{}}`), http.StatusOK, "")
			shows(b.do("PATCH", one, `{"cancellation":`+test.policy+`}`), http.StatusOK, test.shown)
			shows(b.do("PATCH", one, `{"cancellation":{"tiers":[]}}`), http.StatusOK, "")
		})
	}
}

// TestPolicies_Invalid: each fault names its field, and nothing is changed.
func TestPolicies_Invalid(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for body, want := range map[string][]string{
		`{"fee":5}`:                                                           {"cancellation.tiers"},
		`{"tiers":[{"percent":5}]}`:                                           {"cancellation.tiers[0].before"},
		`{"tiers":[{"before":"soon","percent":5}]}`:                           {"cancellation.tiers[0].before"},
		`{"tiers":[{"before":"1ms","percent":5}]}`:                            {"cancellation.tiers[0].before"},
		`{"tiers":[{"before":"1h","percent":101}]}`:                           {"cancellation.tiers[0].percent"},
		`{"tiers":[{"before":"1h","percent":5},{"before":"2h","percent":5}]}`: {"cancellation.tiers[1].before"},
		`{"tiers":[{"before":"2h","percent":5},{"before":"1h","percent":6}]}`: {"cancellation.tiers[1].percent"},
		`{"tiers":[{"before":"2h","percent":5,"status":"paid"}]}`:             {"cancellation.tiers[0].status"},
		`{"tiers":[{"before":"2h","percent":5}],"fee":-1}`:                    {"cancellation.fee"},
		`{"tiers":[{"before":"2h","percent":5}],"noShowPercent":101}`:         {"cancellation.noShowPercent"},
		`{"tiers":[{"before":"2h","percent":5}],"fee":1.5}`:                   {"cancellation.fee"},
		`{"tiers":[{"before":"2h","percent":5}],"fee":9000000000000}`:         {"cancellation.fee"},
		`null`: {"cancellation"},
	} {
		a := b.do("PATCH", placesPath+"/place-seaside", `{"cancellation":`+body+`}`)
		require.Equal(t, want, fields(b.problem(a, 422, booking.Invalid)), body)
	}
	for path, body := range map[string]string{
		menusPath + "/menu-bibimbap": `{"tiers":[{"status":"in_production","percent":5}]}`,
		drinksPath + "/drink-latte":  `{"tiers":[{"status":"delivering","percent":5}]}`,
	} {
		p := b.problem(b.do("PATCH", path, `{"cancellation":`+body+`}`), 422, booking.Invalid)
		require.Equal(t, []string{"cancellation.tiers[0].status"}, fields(p))
	}
	require.Nil(t, b.store.places["place-seaside"].Cancellation)
}

// stayQuoted puts a reservation with a policy into the read model; check-in is at 15:00
// in Seoul.
func (b *bundle) stayQuoted(checkIn time.Time) contract.View {
	p := orderIn("lodging-1", booking.Confirmed, "")
	p.View.Terms = &contract.Terms{Cancellation: *policyOfStay(), CheckInAt: checkIn, TimeZone: "Asia/Seoul"}
	b.store.put(p)
	return p.View
}

// TestQuote: what a cancel refunds now and later, and from when, in the place's time.
func TestQuote(t *testing.T) {
	t.Parallel()
	b := setup(t)
	b.stayQuoted(today.Add(100 * time.Hour))
	a := b.do("GET", orderPath+"/cancellation", "")
	require.Equal(t, http.StatusOK, a.StatusCode, a.text)
	require.JSONEq(t, `{
		"refund":{"amount":95000,"currency":"KRW"},"keep":{"amount":5000,"currency":"KRW"},"tier":"before:72h","until":"2026-11-22T05:00:00+09:00",
		"later":[
			{"from":"2026-11-22T05:00:00+09:00","refund":{"amount":45000,"currency":"KRW"},"keep":{"amount":55000,"currency":"KRW"},"tier":"before:24h"},
			{"from":"2026-11-24T05:00:00+09:00","refund":{"amount":0,"currency":"KRW"},"keep":{"amount":100000,"currency":"KRW"},"tier":"none"}
		],"timeZone":"Asia/Seoul","quote":"before:72h/95000"}`, a.text)

	b.stayQuoted(today)
	p := b.problem(b.do("GET", orderPath+"/cancellation", ""), 409, booking.AlreadyCheckedIn)
	require.Equal(t, "lodging-1", p.Order.ID)
}

// TestQuote_OfEachKind: an order without a policy refunds everything, and one that
// cannot be cancelled has the reason of a cancel's refusal.
func TestQuote_OfEachKind(t *testing.T) {
	t.Parallel()
	for _, business := range businesses() {
		b := setup(t)
		path := orderKinds[business.kind].path + "/" + string(business.kind) + "-1/cancellation"
		b.problem(b.do("GET", path, ""), 404, booking.NotFound)
		for _, status := range business.kind.Statuses() {
			p := business.in(status, "")
			b.store.put(p)
			a := b.do("GET", path, "")
			want := map[booking.Status]booking.Code{
				booking.Cancelled: booking.AlreadyCancelled, booking.Cancelling: booking.BeingCancelled,
				booking.Completed: booking.AlreadyCompleted, booking.Delivered: booking.AlreadyDelivered,
			}[status]
			switch {
			case want != "":
				b.problem(a, 409, want)
			case status == booking.Confirmed: // only the order itself knows the check-in: see internal/orders
			default:
				require.Equal(t, http.StatusOK, a.StatusCode, a.text)
				q := decode[quoteView](t, a)
				require.Equal(t, p.View.Amount, q.Refund)
				require.Equal(t, booking.TierAll, q.Tier)
				require.Empty(t, q.Later)
			}
		}
	}
}

// TestDecide_Expects: a cancel sends the quote that the customer was shown. If the
// quote has changed, the refusal has the new one.
func TestDecide_Expects(t *testing.T) {
	t.Parallel()
	b := setup(t)
	view := b.stayQuoted(today.Add(30 * time.Hour))
	goodwill := booking.Entry{
		Key: "refund/1", Kind: booking.RefundEntry, Amount: booking.Money{Amount: 20000, Currency: "KRW"}, State: booking.EntryDone, Reason: booking.Goodwill,
	}
	b.store.payments["lodging-1"] = booking.Payment{
		Charge: booking.Charge{Key: "lodging-1/charge", OrderID: "lodging-1", Amount: view.Amount}, Status: booking.Charged, Entries: []booking.Entry{goodwill},
	}
	decided := b.answersDecision(orders.Outcome{View: view}, booking.Errorf(booking.QuoteChanged, "it is less now"))
	p := b.problem(b.do("POST", orderPath+"/cancel", `{"reason":"ill","expect":"before:72h/95000"}`), 409, booking.QuoteChanged)
	require.Equal(t, orders.Decision{
		OrderID: "lodging-1", Kind: booking.Lodging, Update: contract.CancelUpdate, Note: "ill", Expect: "before:72h/95000",
	}, *decided)
	require.Equal(t, "before:24h/45000", p.Quote.Quote)
	require.Equal(t, "before:24h", p.Quote.Tier)
	require.EqualValues(t, 25000, p.Quote.Refund.Amount, "beside what was refunded before")
	require.Equal(t, booking.Confirmed, p.Order.Status)
	for _, expect := range []string{`""`, `"\u0007"`, `5`, `"` + strings.Repeat("x", 65) + `"`} {
		require.Equal(t, []string{"expect"}, fields(b.problem(b.do("POST", orderPath+"/cancel", `{"expect":`+expect+`}`), 422, booking.Invalid)), expect)
	}
}

// TestPlaceOrder_ShownPrice: a request sends the price that the customer was shown. If
// the price has changed, the refusal has the new one.
func TestPlaceOrder_ShownPrice(t *testing.T) {
	t.Parallel()
	price := booking.Money{Amount: 100000, Currency: "KRW"}
	for path, body := range map[string]string{reservationsPath: reservation, foodOrdersPath: meal, cafeOrdersPath: cups} {
		b := setup(t)
		no := booking.Errorf(booking.PriceChanged, "it is more now")
		no.Price = &price
		b.notPlaced(no)
		p := b.problem(b.do("POST", path, body[:len(body)-1]+`,"price":{"amount":9,"currency":"KRW"}}`), 409, booking.PriceChanged)
		require.Equal(t, price, *p.Price)
		require.Equal(t, &booking.Money{Amount: 9, Currency: "KRW"}, b.placed().Price)
		require.Equal(t, []string{"price.amount"}, fields(b.problem(b.do("POST", path, body[:len(body)-1]+`,"price":{"amount":-1,"currency":"KRW"}}`), 422, booking.Invalid)))
	}
}
