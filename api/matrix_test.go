package api

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/orders"
	"github.com/yeyak/yeyak/workflows/contract"
)

// cast are the callers of the matrix, in the order of the columns in
// docs/authorization.md. The first has no credential.
func cast() []booking.Caller {
	as := func(id string, role booking.Role, of ...booking.Membership) booking.Caller {
		return booking.Caller{ID: id, Roles: []booking.Role{role}, Memberships: of}
	}
	ofAll := func(level booking.MemberLevel) (all []booking.Membership) {
		for _, owner := range []string{"olivia", "sara", "cora"} {
			all = append(all, booking.Membership{OwnerID: owner, Level: level})
		}
		return all
	}
	ofOnePlace := []booking.Membership{
		{OwnerID: "olivia", Place: "place-seaside", Level: booking.StaffLevel},
		{OwnerID: "sara", Place: "menu-bibimbap", Level: booking.StaffLevel},
		{OwnerID: "cora", Place: "drink-latte", Level: booking.StaffLevel},
	}
	scoped := func(id string, scope booking.Scope) booking.Caller {
		caller := as(id, booking.ServiceRole)
		caller.Scopes = []booking.Scope{scope}
		return caller
	}
	return []booking.Caller{
		{}, as("alice", booking.CustomerRole), as("minho", booking.CustomerRole),
		as("1001", booking.OwnerRole, ofAll(booking.OwnerLevel)...), as("1002", booking.OwnerRole, ofAll(booking.StaffLevel)...),
		as("1004", booking.OwnerRole, ofOnePlace...),
		as("1003", booking.OwnerRole, booking.Membership{OwnerID: "bora", Level: booking.OwnerLevel}),
		as("dana", booking.CourierRole), as("kim", booking.CleanerRole), as("lee", booking.CleanerRole), as("olga", booking.OperatorRole),
		as("2001", booking.ServiceRole), as("2002", booking.ServiceRole, ofAll(booking.OwnerLevel)...),
		scoped("2003", booking.AnyOrder), scoped("2004", booking.AllEvents), scoped("2005", booking.AnyCatalogue), scoped("2006", booking.AnyResolution),
		scoped("2007", booking.AnyRefund),
	}
}

// ids are the values of path variables, by what comes before.
var ids = map[string]string{
	"reservations/{id}": "lodging-1", "food/orders/{id}": "food-1", "cafe/orders/{id}": "cafe-1", "calls/{id}": "cleaning-1", "mypages/{id}": "lodging-1", "v1/orders/{id}": "lodging-1",
	"payments/{orderId}": "lodging-1", "payment-methods/{id}": "pm_1", "deliveries/{orderId}": "food-1", "productions/{orderId}": "cafe-1",
	"places/{id}": "place-seaside", "food/menus/{id}": "menu-bibimbap", "cafe/menus/{id}": "drink-latte", "cleaners/{id}": "kim",
	"owners/{ownerId}": "olivia", "members/{personId}": "1031", "bulk-actions/{id}": "run-1",
}

// meaning is a query of a list, and its name in the table.
type meaning struct{ called, query string }

// own is no query: the person in the path is the caller.
const own = "own"

// meaningsOf are the queries of an operation: for a list one for each meaning.
func meaningsOf(operation string) []meaning {
	switch operation {
	case "list-mypages", "list-payment-methods", "remove-payment-method":
		return []meaning{{"?customerId", "?customerId=alice"}}
	case "list-orders":
		return []meaning{{"?ownerId", "?ownerId=olivia"}, {"?ownerId&itemId", "?ownerId=olivia&itemId=place-seaside"}}
	case "list-messages":
		return []meaning{
			{"?recipientId, its customer", "?recipientId=alice"}, {"?recipientId, its owner", "?recipientId=olivia"},
			{"?recipientId, its cleaner", "?recipientId=kim"},
		}
	case "list-deliveries":
		return []meaning{{"?ownerId", "?ownerId=sara"}, {"?ownerId&status=delivered", "?ownerId=sara&status=delivered"}}
	case "list-productions":
		return []meaning{{"?menuId", "?menuId=drink-latte"}}
	case "list-events":
		return []meaning{{"", ""}, {"?customerId", "?customerId=alice"}, {"?ownerId", "?ownerId=olivia"}}
	case "quote-cafe-change", "quote-food-change":
		return []meaning{{"", "?quantity=2"}}
	case "remove-member":
		return []meaning{{}, {", the caller's own", own}}
	case "get-stock":
		return []meaning{{"", "?from=2026-12-24&to=2026-12-26"}}
	default:
		return []meaning{{}}
	}
}

// requestBodies are the required bodies, by operation.
var requestBodies = map[string]string{
	"place-reservation": reservation, "place-food-order": meal, "place-cafe-order": cups, "place-call": call, "reject-lodging": `{"reason":"full"}`,
	"add-place":    `{"name":"Inn","ownerId":"olivia","price":{"amount":1,"currency":"KRW"},"confirmation":"auto"}`,
	"add-menu":     `{"name":"Soup","ownerId":"sara","price":{"amount":1,"currency":"KRW"}}`,
	"add-drink":    `{"name":"Tea","ownerId":"cora","price":{"amount":1,"currency":"KRW"},"date":"2026-11-23","count":5}`,
	"change-place": `{"name":"Inn"}`, "change-menu": `{"name":"Soup"}`, "change-drink": `{"name":"Tea"}`,
	"set-stock": `{"from":"2026-12-24","to":"2026-12-26","rooms":5}`, "set-drink-stock": `{"count":5}`,
	"refund-payment": `{"amount":{"amount":1,"currency":"KRW"},"reason":"the heating was out of order"}`,
	"retry-order":    `{"reason":"it answers again"}`, "settle-order": `{"reason":"it was terminated"}`,
	"plan-bulk-action": `{"action":"cancel","filter":{"kind":"food"},"reason":"burnt down"}`,
	"resolve-payment":  `{"evidence":"bank transfer 42"}`, "take-payment-notice": `{"id":"evt_1"}`,
	"add-cleaner": `{"name":"Lee"}`, "change-cleaner": `{"name":"Lee"}`, "put-member": `{"parts":[{"level":"staff"}]}`,
	"change-reservation": `{"rooms":2}`, "change-cafe-order": `{"quantity":2}`, "change-food-order": `{"quantity":2}`,
	"set-call-policy": `{"tiers":[{"within":"10m","percent":100}]}`,
}

// matrix is an API that knows the cast, with a completed order of each kind and all its
// records.
func matrix(t *testing.T) *bundle {
	known := credentials{}
	for n, caller := range cast()[1:] {
		known["t"+strconv.Itoa(n+1)] = caller
	}
	b := setup(t, func(d *testDeps) {
		d.Callers, d.Notices, d.KeptMethods = known, mailbox{}, wallets{"alice": {{ID: "pm_1", Type: "card"}}}
	})
	b.book.notices = func(booking.PaymentNotice) error { return nil }
	b.come(func(k booking.Kind) booking.Status {
		good := k.Statuses()[len(k.Statuses())-3]
		require.True(t, good.Final())
		return good
	})
	b.store.payments["lodging-1"] = booking.Payment{
		Charge: booking.Charge{OrderID: "lodging-1", Amount: booking.Money{Amount: 100000, Currency: "KRW"}}, Status: booking.Charged,
	}
	b.store.cleaners = []booking.CleanerAtWork{{Cleaner: booking.Cleaner{ID: "kim", Name: "Kim"}}}
	b.store.calls = []booking.RegisteredCall{{Call: booking.Call{OrderID: "cleaning-1", CustomerID: "alice"}, At: today}}
	b.decides(booking.Confirmed, "")
	b.book.decides = func(d orders.Decision) (orders.Outcome, error) {
		p, err := b.store.Order(t.Context(), d.OrderID)
		return orders.Outcome{View: p.View, Done: true}, err
	}
	b.book.refunds = func(r orders.Refund) (orders.Refunded, error) {
		return orders.Refunded{Entry: booking.Entry{OrderID: r.OrderID}}, nil
	}
	b.book.deletes = func(string) error { return nil }
	b.book.retries = func(context.Context, string, booking.Personal) (orders.Retried, error) { return orders.Retried{}, nil }
	b.book.settles = func(string, booking.Personal) error { return nil }
	b.store.bulk.run.ID = "run-1"
	return b
}

// come puts the orders of the matrix in a status.
func (b *bundle) come(to func(booking.Kind) booking.Status) {
	for _, business := range businesses() {
		view := business.in(to(business.kind), "").View
		view.Placed = true
		if view.Cleaning != nil {
			view.Cleaning = &contract.Visit{Location: view.Cleaning.Location, Cleaner: &booking.Cleaner{ID: "kim", Name: "Kim"}}
		}
		b.store.put(contract.Publication{View: view})
	}
}

// carriedOut is matrix with orders under way.
func carriedOut(t *testing.T) *bundle {
	b := matrix(t)
	b.come(func(k booking.Kind) booking.Status {
		return map[booking.Kind]booking.Status{
			booking.Lodging: booking.AwaitingOwner, booking.Food: booking.Delivering,
			booking.Cafe: booking.InProduction, booking.Cleaning: booking.Assigned,
		}[k]
	})
	return b
}

// request fills a route's variables, and adds the required body and query.
func request(path, operation, query string) (target, body string) {
	target = path
	for where, id := range ids {
		prefix, _, _ := strings.Cut(where, "{")
		target = strings.ReplaceAll(target, where, prefix+id)
	}
	if query == own {
		return strings.TrimSuffix(target, ids["members/{personId}"]) + own, requestBodies[operation]
	}
	return target + query, requestBodies[operation]
}

// TestMatrix calls each route as each caller, and compares the answers with the table
// of docs/authorization.md.
func TestMatrix(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../docs/authorization.md")
	require.NoError(t, err)
	_, table, found := strings.Cut(string(text), "\n## The routes\n")
	require.True(t, found)
	var doc struct {
		Paths map[string]map[string]struct{ OperationID string }
	}
	require.NoError(t, json.Unmarshal([]byte(setup(t).do("GET", openAPIPath, "").text), &doc))
	called := map[string]bool{}
	for path, operations := range doc.Paths {
		for method, o := range operations {
			method := strings.ToUpper(method)
			called[o.OperationID] = true
			t.Run(o.OperationID, func(t *testing.T) {
				t.Parallel()
				for _, m := range meaningsOf(o.OperationID) {
					target, body := request(path, o.OperationID, m.query)
					cells := []string{fmt.Sprintf("| `%s %s%s` |", method, path, m.called)}
					during, afterwards := carriedOut(t).answers(method, target, body), matrix(t).answers(method, target, body)
					for n := range cast() {
						cells = append(cells, inMatrix(during[n], afterwards[n])+" |")
					}
					row := strings.Join(cells, " ")
					if !strings.Contains(table, "\n"+row+"\n") {
						t.Errorf("docs/authorization.md wants this row:\n%s", row)
					}
				}
			})
		}
	}
	for operation := range actions {
		require.True(t, called[operation], "%s has a rule and is no operation", operation)
	}
}

// answers are the statuses of the answers to each of the cast.
func (b *bundle) answers(method, target, body string) (statuses []int) {
	b.t.Helper()
	for n, caller := range cast() {
		var presents []string
		if caller.Known() {
			presents = []string{"Authorization", "Bearer t" + strconv.Itoa(n)}
		}
		if strings.HasSuffix(target, "/refunds") || method == "POST" && strings.HasSuffix(target, "/change") {
			presents = append(presents, idempotencyHeader, "r1")
		}
		path := target
		if person, is := strings.CutSuffix(target, "/members/"+own); is {
			path = person + "/members/" + cmp.Or(caller.ID, ids["members/{personId}"])
		}
		a := b.do(method, path, body, presents...)
		require.Less(b.t, a.StatusCode, 500, a.text)
		require.NotEqual(b.t, http.StatusUnprocessableEntity, a.StatusCode, a.text)
		statuses = append(statuses, a.StatusCode)
	}
	return statuses
}

// inMatrix is an answer in the table's notation: while the order is under way and, if
// different, afterwards.
func inMatrix(during, afterwards int) string {
	first, second := refusalIn(during), refusalIn(afterwards)
	if first == second {
		return first
	}
	return first + ", " + second
}

func refusalIn(status int) string {
	switch status {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound:
		return strconv.Itoa(status)
	default:
		return "✓"
	}
}

// TestMatrix_Off: if authentication is off, every caller may do everything.
func TestMatrix_Off(t *testing.T) {
	t.Parallel()
	for _, rule := range booking.Rules() {
		require.True(t, booking.Caller{Unchecked: true}.Allowed(rule.Action, booking.Thing{}), rule.Action)
	}
	b := setup(t)
	require.Equal(t, http.StatusOK, b.do("GET", "/v1/events", "").StatusCode)
	require.Equal(t, []string{"customerId"}, fields(b.problem(b.do("GET", "/v1/mypages", ""), 422, booking.Invalid)))
}

// TestMatrix_RefusedDecision: a refusal shows the order to callers that may read it. A
// courier that repeats a delivery gets the code only.
func TestMatrix_RefusedDecision(t *testing.T) {
	t.Parallel()
	const delivered = "/v1/food/deliveries/food-1/complete"
	for name, test := range map[string]struct {
		b     *bundle
		shown map[string]bool // by the caller
	}{
		"UnderWay": {carriedOut(t), map[string]bool{"dana": true, "olga": true, "2003": true}},
		"Ended":    {matrix(t), map[string]bool{"dana": false, "olga": true, "2003": true}},
	} {
		test.b.book.decides = func(d orders.Decision) (orders.Outcome, error) {
			p, err := test.b.store.Order(t.Context(), d.OrderID)
			require.NoError(t, err)
			return orders.Outcome{View: p.View}, booking.Errorf(booking.AlreadyDelivered, "it was delivered before")
		}
		for n, caller := range cast() {
			shown, expected := test.shown[caller.ID]
			if !expected {
				continue
			}
			a := test.b.do("POST", delivered, "", "Authorization", "Bearer t"+strconv.Itoa(n))
			require.Equal(t, http.StatusConflict, a.StatusCode, a.text)
			require.Equal(t, shown, strings.Contains(a.text, "alice"), "%s %s: %s", name, caller.ID, a.text)
			require.Equal(t, shown, strings.Contains(a.text, `"order"`), "%s %s: %s", name, caller.ID, a.text)
		}
	}
}
