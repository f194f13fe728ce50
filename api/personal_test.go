package api

import (
	"encoding/json"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/danielgtaylor/huma/v2"
	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/orders"
	"github.com/yeyak/yeyak/workflows/contract"
)

// TestAnswers_HoldNothingPersonal: no answer's type has a field of a personal type;
// personal texts go through booking.Personal.Shown.
func TestAnswers_HoldNothingPersonal(t *testing.T) {
	t.Parallel()
	store := newMemory()
	s, _ := newServer(Deps{
		Orders: &book{}, Hub: &orders.Hub{}, Catalogue: store, Stock: store, Payments: store, Messages: store,
		Deliveries: &store.deliveries, Productions: &store.productions, Cleaners: store, Management: store, ReadModel: store,
	})
	schemas := s.huma.OpenAPI().Components.Schemas
	seen := map[reflect.Type]bool{}
	for path, item := range s.huma.OpenAPI().Paths {
		for _, op := range []*huma.Operation{item.Get, item.Post, item.Put, item.Patch, item.Delete} {
			if op == nil {
				continue
			}
			for _, response := range op.Responses {
				for _, media := range response.Content {
					if media.Schema != nil && media.Schema.Ref != "" {
						requireImpersonal(t, schemas.TypeFromRef(media.Schema.Ref), op.Method+" "+path, seen)
					}
				}
			}
		}
	}
	for _, shown := range []reflect.Type{
		reflect.TypeFor[orderView](), reflect.TypeFor[problem](), reflect.TypeFor[deliveryView](), reflect.TypeFor[callView](),
		reflect.TypeFor[assignmentView](), reflect.TypeFor[contactView](), reflect.TypeFor[messageView](), reflect.TypeFor[eventPart](),
	} {
		require.True(t, seen[shown], "%s is in no answer", shown)
	}
}

// requireImpersonal checks the visible JSON fields of a type.
func requireImpersonal(t *testing.T, typ reflect.Type, path string, seen map[reflect.Type]bool) {
	t.Helper()
	require.NotEqual(t, reflect.TypeFor[booking.Personal](), typ, path)
	if seen[typ] {
		return
	}
	seen[typ] = true
	switch typ.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Array, reflect.Map:
		requireImpersonal(t, typ.Elem(), path, seen)
	case reflect.Struct:
		for _, field := range reflect.VisibleFields(typ) {
			if !field.Anonymous && field.IsExported() && field.Tag.Get("json") != "-" {
				requireImpersonal(t, field.Type, path+" "+field.Name, seen)
			}
		}
	}
}

const marked = booking.Personal("marked5555")

// ordersWithPersonalData are orders of every kind with all personal data that there can be.
func ordersWithPersonalData() (all []contract.View) {
	for _, business := range businesses() {
		v := business.in(booking.Paid, "").View
		v.History[1].Note = marked
		if v.Delivery != nil {
			v.Delivery = &contract.Delivery{Status: booking.JobStarted, Address: marked}
		}
		if v.Cleaning != nil {
			v.Cleaning = &contract.Visit{Location: marked}
		}
		all = append(all, v)
	}
	return all
}

// TestShow_ByReader: an order's view shows as much as its reader may see; a list shows
// no personal data.
func TestShow_ByReader(t *testing.T) {
	t.Parallel()
	count := func(shown any) int {
		text, err := json.Marshal(shown)
		require.NoError(t, err)
		return strings.Count(string(text), string(marked))
	}
	for _, v := range ordersWithPersonalData() {
		all := 1 // the note
		if v.Delivery != nil || v.Cleaning != nil {
			all++
		}
		ended := v
		ended.Status = booking.Cancelled
		l := language("en")
		require.Zero(t, count(l.list(v)), v.Kind)
		for reader, want := range map[booking.Reader][2]int{
			booking.ReaderCustomer: {all, all}, booking.ReaderOperator: {all, all}, booking.ReaderUnchecked: {all, all},
			booking.ReaderOwner: {all, 0}, booking.ReaderNone: {0, 0}, "": {0, 0},
		} {
			require.Equal(t, want, [2]int{count(l.show(v, reader)), count(l.show(ended, reader))}, "%s: %s", v.Kind, reader)
		}
	}
	job := booking.JobState{Job: booking.Job{OrderID: "food-1", Address: marked}, Status: booking.JobStarted}
	require.Equal(t, 1, count(language("en").showDelivery(job, booking.ReaderCourier, true)))
	require.Zero(t, count(language("en").showDelivery(job, booking.ReaderCourier, false)))
	require.Zero(t, count(language("en").listDelivery(job)))
	job.Status = booking.JobDelivered
	require.Zero(t, count(language("en").showDelivery(job, booking.ReaderCourier, true)))
}

// TestPersonal_ByCaller: while an order is under way, each caller of the matrix sees
// the customer's data that it may see. Once the order has ended, only its customer,
// operators and the scope do.
func TestPersonal_ByCaller(t *testing.T) {
	t.Parallel()
	for name, open := range map[string]bool{"Open": true, "Ended": false} {
		t.Run(name, func(t *testing.T) { t.Parallel(); testPersonalByCaller(t, open) })
	}
}

// storedOrders puts orders with all personal data into an API, under way or completed.
func storedOrders(t *testing.T, open bool) *bundle {
	b := matrix(t)
	job := delivery(booking.JobStarted)
	for _, v := range ordersWithPersonalData() {
		v.Placed = true
		if !open {
			statuses := v.Kind.Statuses()
			v.Status = statuses[len(statuses)-3]
			require.True(t, v.Status.Final())
			job.Status = booking.JobDelivered
		}
		if v.Cleaning != nil {
			v.Cleaning.Cleaner = &booking.Cleaner{ID: "kim", Name: "Kim"}
			b.store.calls[0].Tel, b.store.calls[0].Location = marked, marked
		}
		b.store.put(contract.Publication{View: v})
	}
	job.Address = marked
	b.store.deliveries.all["food-1"] = job
	return b
}

func testPersonalByCaller(t *testing.T, open bool) {
	b := storedOrders(t, open)
	members := []string{"1001", "1002", "1004", "2002"}
	for path, shown := range map[string][]string{
		orderPath:                         members,
		foodOrdersPath + "/food-1":        append(members, "dana"),
		deliveriesPath + "/food-1":        append(members, "dana"),
		cafeOrdersPath + "/cafe-1":        members,
		callsPath + "/cleaning-1":         {"kim"},
		callsPath + "/cleaning-1/contact": {"kim"},
		"/v1/mypages/lodging-1":           members,
		"/v1/mypages/cleaning-1":          {"kim"},
	} {
		for n, caller := range cast() {
			want := open && slices.Contains(shown, caller.ID) || slices.Contains([]string{"alice", "olga", "2003"}, caller.ID)
			if open && !want && (caller.Is(booking.CourierRole) || caller.Is(booking.CleanerRole)) {
				continue // whether the order is theirs is checked with the worker: see TestMatrix
			}
			text := b.as("t"+strconv.Itoa(n), "GET", path, "").text
			require.Equal(t, want, strings.Contains(text, string(marked)), "%s for %s: %s", path, caller.ID, text)
		}
	}
}

// TestLists_ShowNothingPersonal: lists show no personal data, though each order by its
// id does while authentication is off.
func TestLists_ShowNothingPersonal(t *testing.T) {
	t.Parallel()
	b := setup(t)
	for _, v := range ordersWithPersonalData() {
		b.store.put(contract.Publication{View: v})
		b.book.fresh = func(string) (contract.View, error) { return v, nil }
		for _, path := range []string{orderKinds[v.Kind].path + "/" + v.ID, "/v1/mypages/" + v.ID, "/v1/mypages/" + v.ID + "?fresh=true"} {
			require.Contains(t, b.do("GET", path, "").text, string(marked), path)
		}
	}
	started := delivery(booking.JobStarted)
	started.Address = marked
	b.store.deliveries.all["food-1"] = started
	call := booking.Call{OrderID: "cleaning-1", CustomerID: "alice", Tel: marked, Location: marked}
	b.store.calls = []booking.RegisteredCall{{Call: call, At: today}}
	for _, path := range []string{deliveriesPath + "/food-1", callsPath + "/cleaning-1/contact"} {
		require.Contains(t, b.do("GET", path, "").text, string(marked), path)
	}
	for _, path := range []string{
		"/v1/mypages?customerId=alice", "/v1/orders?ownerId=sara", deliveriesPath, productionsPath, callsPath, cleanersPath,
		"/v1/messages?recipientId=alice", "/v1/events", "/metrics",
	} {
		a := b.do("GET", path, "")
		require.NotEmpty(t, a.text, path)
		require.NotContains(t, a.text, string(marked), path)
	}
}

// TestProblems_LoggedWithoutValues: faults of the input are logged without its values.
func TestProblems_LoggedWithoutValues(t *testing.T) {
	t.Parallel()
	detail := &huma.ErrorDetail{Location: "body.tel", Message: "is odd", Value: map[string]any{"tel": string(marked)}}
	require.Contains(t, detail.Error(), "marked", "the library quotes it")
	require.Equal(t, []string{"body.tel: is odd"}, withoutValues([]error{detail}))
}
