package orders_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/enums/v1"
	"go.temporal.io/sdk/client"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/orders"
	"github.com/yeyak/yeyak/workflows/contract"
)

// TestPlace_Start: each saga starts with what was ordered, under the order's id.
func TestPlace_Start(t *testing.T) {
	t.Parallel()
	for _, business := range businesses() {
		t.Run(string(business.kind), func(t *testing.T) {
			t.Parallel()
			b := newBundle(t)
			b.onStart(func(o client.StartWorkflowOptions, in contract.Input) error {
				require.Regexp(t, "^"+string(business.kind)+"-[0-9a-z]{26}$", o.ID)
				require.Equal(t, contract.SagasQueue, o.TaskQueue)
				require.Equal(t, enums.WORKFLOW_ID_REUSE_POLICY_REJECT_DUPLICATE, o.WorkflowIDReusePolicy)
				require.True(t, o.WorkflowExecutionErrorWhenAlreadyStarted)
				require.True(t, o.EnableEagerStart)
				require.Equal(t, business.summary, o.StaticSummary)
				require.Equal(t, contract.Attributes(in.View()), o.TypedSearchAttributes)
				require.Equal(t, 6, o.TypedSearchAttributes.Size())
				owner, _ := o.TypedSearchAttributes.GetKeyword(contract.OwnerAttribute)
				require.Equal(t, business.input.View().OwnerID, owner)
				require.Empty(t, o.Memo)
				require.Equal(t, business.named(o.ID), changed(in, func(limited *contract.Order) {
					require.True(t, limited.StartBy.After(today))
					limited.StartBy = time.Time{}
				}))
				b.publish(in, booking.Cancelled, booking.ByCustomer)
				return nil
			})
			b.refused(b.place(business.wanted, ""), orders.CancelledByCustomer)
		})
	}
}

// TestPlace_AcceptedInEveryStatus: an order is accepted in every status that decides on an
// order of its kind.
func TestPlace_AcceptedInEveryStatus(t *testing.T) {
	t.Parallel()
	for _, business := range businesses() {
		for _, status := range booking.Statuses() {
			if !business.kind.Decides(status) || status == booking.Cancelled {
				continue
			}
			t.Run(string(business.kind)+"/"+string(status), func(t *testing.T) {
				t.Parallel()
				b := newBundle(t)
				b.decides(status, "")
				require.Equal(t, status, b.accepted(b.place(business.wanted, "")).Status)
			})
		}
	}
}

// TestPlace_RefusedForEveryReason: a refused order is answered with its reason, also while
// it is being undone.
func TestPlace_RefusedForEveryReason(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		business booking.Kind
		reason   booking.Reason
		status   booking.Status
	}{
		"Declined":          {booking.Lodging, booking.PaymentDeclined, booking.Cancelled},
		"SoldOut":           {booking.Lodging, booking.SoldOut, booking.Cancelled},
		"Rejected":          {booking.Lodging, booking.RejectedByOwner, booking.Cancelled},
		"OwnerSilent":       {booking.Lodging, booking.OwnerTimeout, booking.Cancelled},
		"TooLate":           {booking.Lodging, booking.TooLate, booking.Cancelled},
		"ByCustomer":        {booking.Lodging, booking.ByCustomer, booking.Cancelled},
		"ByOperator":        {booking.Lodging, booking.ByOperator, booking.Cancelled},
		"FoodDeclined":      {booking.Food, booking.PaymentDeclined, booking.Cancelled},
		"DrinkSoldOut":      {booking.Cafe, booking.SoldOut, booking.Cancelled},
		"DrinkDeleted":      {booking.Cafe, booking.MenuDeleted, booking.Cancelled},
		"DrinkTooLate":      {booking.Cafe, booking.TooLate, booking.Cancelled},
		"CafeAway":          {booking.Cafe, booking.CafeUnavailable, booking.Cancelled},
		"CafeAwayUndoing":   {booking.Cafe, booking.CafeUnavailable, booking.Cancelling},
		"NotRegistered":     {booking.Cleaning, booking.NotRegistered, booking.Cancelled},
		"ManagementUndoing": {booking.Cleaning, booking.NotRegistered, booking.Cancelling},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBundle(t)
			b.decides(test.status, test.reason)
			v := b.refused(b.place(of(test.business).wanted, ""), orders.CodeOf(test.reason))
			require.Equal(t, test.status, v.Status)
			require.Equal(t, test.reason, v.Reason)
		})
	}
}

// TestPlace_Faults: every field at fault is named, and nothing is started. A field without
// a value is not named.
func TestPlace_Faults(t *testing.T) {
	t.Parallel()
	day := func(y, m, d int) booking.Date { return booking.Date{Year: y, Month: time.Month(m), Day: d} }
	stayed := func(from, to booking.Date) orders.Stay {
		return orders.Stay{PlaceID: "place-seaside", CheckIn: from, CheckOut: to, Rooms: 1}
	}
	for name, test := range map[string]struct {
		wanted orders.Wanted
		fields []string
	}{
		"UnknownPlace":   {orders.Stay{PlaceID: "place-mountain", CheckIn: stay.CheckIn, CheckOut: stay.CheckOut, Rooms: 1}, []string{"placeId"}},
		"UnaskablePlace": {orders.Stay{PlaceID: "place\x00", CheckIn: stay.CheckIn, CheckOut: stay.CheckOut, Rooms: 1}, []string{"placeId"}},
		"Past":           {stayed(day(2026, 11, 20), day(2026, 11, 22)), []string{"checkIn"}}, // today in UTC, yesterday in Seoul
		"WrongOrder":     {stayed(day(2026, 12, 27), day(2026, 12, 26)), []string{"checkOut"}},
		"NoNight":        {stayed(day(2026, 12, 24), day(2026, 12, 24)), []string{"checkOut"}},
		"TooLong":        {stayed(day(2026, 12, 24), day(2027, 12, 26)), []string{"checkOut"}},
		"TooFarAhead":    {stayed(day(2028, 11, 22), day(2028, 11, 23)), []string{"checkIn"}},
		"PastEverywhere": {orders.Stay{PlaceID: "place-mountain", CheckIn: day(2020, 1, 2), CheckOut: day(2020, 1, 1)}, []string{"placeId", "checkIn", "checkOut"}},
		"UnknownMenu":    {orders.Meal{MenuID: "menu-none", Quantity: 1, Address: "here"}, []string{"menuId"}},
		"UnknownDrink":   {orders.Cups{MenuID: "menu-bibimbap", Quantity: 1}, []string{"menuId"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBundle(t)
			b.faulty(b.place(test.wanted, ""), test.fields...)
		})
	}
	for _, empty := range []orders.Wanted{orders.Stay{}, orders.Meal{}, orders.Cups{}, orders.Call{}} {
		t.Run(fmt.Sprintf("%T", empty), func(t *testing.T) {
			t.Parallel()
			b := newBundle(t)
			require.Error(t, b.place(empty, "").err, "a start would fail the test")
			require.Zero(t, b.store.reads)
		})
	}
	t.Run("DayOver", func(t *testing.T) {
		t.Parallel()
		b := newBundle(t)
		yesterday := latte()
		yesterday.Date = day(2026, 11, 20) // today in UTC, yesterday in Seoul
		b.store.drinks["drink-latte"] = yesterday
		b.faulty(b.place(cups, ""), "menuId")
	})
	t.Run("DayBegun", func(t *testing.T) {
		t.Parallel()
		b := newBundle(t)
		b.decides(booking.InProduction, "")
		drink := latte()
		drink.Date = day(2026, 11, 21)
		b.store.drinks["drink-latte"] = drink
		b.accepted(b.place(cups, ""))
	})
}

// fussy is a payment provider that charges up to 1000, and not 0.
type fussy struct{}

func (fussy) Amount(m booking.Money) error {
	if m.Amount == 0 || m.Amount > 1000 {
		return fmt.Errorf("%d is not accepted", m.Amount)
	}
	return nil
}

// TestPlace_TooDear: a price that cannot be charged at once is a fault of the field that
// makes it so high. A price of 0 is not checked.
func TestPlace_TooDear(t *testing.T) {
	t.Parallel()
	priced := func(amount int64, change ...func(*orders.Deps)) *bundle {
		b, inn, feast, gold := newBundle(t, change...), seaside(), bibimbap(), latte()
		inn.Price.Amount, feast.Price.Amount, gold.Price.Amount = amount, amount, amount
		b.store.places[inn.ID], b.store.menus[feast.ID], b.store.drinks[gold.ID] = inn, feast, gold
		return b
	}
	refuses := func(b *bundle) {
		b.faulty(b.place(stay, ""), "rooms")
		b.faulty(b.place(meal, ""), "quantity")
		b.faulty(b.place(cups, ""), "quantity")
	}
	for _, amount := range []int64{booking.MaxAmount/2 + 1, booking.MaxAmount} {
		refuses(priced(amount))
	}
	endless := stay
	endless.CheckOut = stay.CheckIn.AddDays(booking.MaxNights + 1)
	dear := priced(booking.MaxAmount)
	dear.faulty(dear.place(endless, ""), "checkOut")
	refuses(priced(600, func(d *orders.Deps) { d.Terms = fussy{} }))
	free := priced(0, func(d *orders.Deps) { d.Terms = fussy{} })
	free.decides(booking.Cancelled, booking.ByCustomer)
	free.refused(free.place(meal, ""), orders.CancelledByCustomer)
}

// TestPlace_CatalogueAway: if the catalogue cannot be read, no field is called wrong,
// whatever else is.
func TestPlace_CatalogueAway(t *testing.T) {
	t.Parallel()
	broken := errors.New("no such column")
	for _, w := range []orders.Wanted{orders.Stay{PlaceID: "place-seaside", CheckIn: booking.Date{Year: 2020, Month: 1, Day: 1}}, meal, cups, call} {
		b := newBundle(t)
		b.store.fail(broken)
		require.ErrorIs(t, b.place(w, "").err, broken)
	}
	for _, unaskable := range []orders.Wanted{
		orders.Meal{MenuID: "menu\x00", Quantity: 1, Address: "here"}, orders.Cups{MenuID: "a b", Quantity: 1},
	} {
		b := newBundle(t)
		b.store.fail(broken)
		b.faulty(b.place(unaskable, ""), "menuId")
		require.Zero(t, b.store.reads, "there is none of this name")
	}
}

// TestPlace_NotOnSale: an item that is withdrawn, or that cannot be sold as it is stored,
// cannot be ordered. A start would fail the test.
func TestPlace_NotOnSale(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	inn, menu, drink := seaside(), bibimbap(), latte()
	inn.Withdrawn, menu.Withdrawn, drink.Withdrawn = true, true, true
	b.store.places[inn.ID], b.store.menus[menu.ID], b.store.drinks[drink.ID] = inn, menu, drink
	for _, w := range []orders.Wanted{stay, meal, cups} {
		b.refused(b.place(w, ""), booking.NotOnSale)
	}
	inn, drink = seaside(), latte()
	inn.TimeZone, drink.TimeZone = "Mars/Base", "Mars/Base"
	b.store.places[inn.ID], b.store.drinks[drink.ID] = inn, drink
	for _, w := range []orders.Wanted{stay, cups} {
		b.refused(b.place(w, ""), booking.NotOnSale)
	}
	t.Run("Repeated", func(t *testing.T) {
		t.Parallel()
		b := newBundle(t)
		b.decides(booking.Cancelled, booking.ByCustomer).Once()
		b.refused(b.place(meal, "before"), orders.CancelledByCustomer)
		b.store.menus[menu.ID] = menu
		b.refused(b.place(meal, ""), booking.NotOnSale)
		b.refused(b.place(meal, "before"), orders.CancelledByCustomer)
		b.store.menus[menu.ID] = bibimbap()
		b.decides(booking.Paid, "").Once()
		b.accepted(b.place(meal, ""))
	})
	t.Run("Deleted", func(t *testing.T) {
		t.Parallel()
		b := newBundle(t)
		b.knowsNone()
		for _, progress := range []booking.DrinkDeletion{{}, {Orders: 1}, {Done: true}} {
			b.store.deletions["drink-latte"] = &progress
			v := b.refused(b.place(cups, "k1"), orders.CodeOf(booking.MenuDeleted))
			require.Empty(t, v.ID)
		}
	})
}

// TestPlace_AsSoldNow: an order is for the item as it is when the order is placed, at its
// price.
func TestPlace_AsSoldNow(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	inn, menu, drink := seaside(), bibimbap(), latte()
	inn.Name, menu.Name, drink.Name = "Harbour Inn", "Dolsot", "Flat White"
	inn.Price.Amount, menu.Price.Amount, drink.Price.Amount, menu.OwnerID = 60000, 10000, 5000, "sora"
	b.store.places[inn.ID], b.store.menus[menu.ID], b.store.drinks[drink.ID] = inn, menu, drink
	b.decides(booking.Cancelled, booking.ByCustomer)
	for _, test := range []struct {
		wanted      orders.Wanted
		name, owner string
		amount      int64
	}{{stay, "Harbour Inn", "olivia", 120000}, {meal, "Dolsot", "sora", 20000}, {cups, "Flat White", "cora", 15000}} {
		v := b.refused(b.place(test.wanted, ""), orders.CancelledByCustomer)
		require.Equal(t, test.name, v.Item.Name)
		require.Equal(t, test.owner, v.OwnerID)
		require.Equal(t, test.amount, v.Amount.Amount)
	}
}

// TestPlace_CallWithoutPrice: a call costs what its customer offers, which may be nothing.
func TestPlace_CallWithoutPrice(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ price, want booking.Money }{
		{booking.Money{Amount: 30000, Currency: "KRW"}, booking.Money{Amount: 30000, Currency: "KRW"}},
		{booking.Money{Currency: "EUR"}, booking.Money{Currency: "EUR"}},
		{booking.Money{}, booking.Money{Currency: "KRW"}},
	} {
		b := newBundle(t)
		b.onStart(func(_ client.StartWorkflowOptions, in contract.Input) error {
			require.Equal(t, test.want, in.View().Amount)
			b.publish(in, booking.Calling, "")
			return nil
		})
		b.accepted(b.place(orders.Call{Tel: call.Tel, Location: call.Location, Price: test.price}, ""))
	}
}

// TestPlace_PersonalDataStaysInside: telephone number, location and address are in the
// saga's input, and in nothing else that the engine or a log shows.
func TestPlace_PersonalDataStaysInside(t *testing.T) {
	t.Parallel()
	for _, wanted := range []orders.Wanted{call, meal} {
		core, logs := observer.New(zap.DebugLevel)
		b := newBundle(t, func(d *orders.Deps) { d.Log = zap.New(core) })
		unmarked := func(shown any) {
			t.Helper()
			text := fmt.Sprintf("%+v", shown)
			require.NotContains(t, text, "4567")
			require.NotContains(t, text, "Sejong")
		}
		b.onStart(func(o client.StartWorkflowOptions, in contract.Input) error {
			input, err := json.Marshal(in)
			require.NoError(t, err)
			require.Contains(t, string(input), "Sejong")
			unmarked(o)
			unmarked(o.TypedSearchAttributes.GetUntypedValues())
			require.NotEmpty(t, o.StaticSummary)
			require.Empty(t, o.StaticDetails)
			return context.DeadlineExceeded
		})
		b.engine.On("DescribeWorkflowExecution", anything(3)...).Return(nil, context.DeadlineExceeded)
		b.undecided(b.place(wanted, "k1"))
		require.NotEmpty(t, logs.All())
		for _, line := range logs.All() {
			unmarked(line.Message)
			unmarked(line.ContextMap())
		}
	}
}

// limited accepts a call while fewer than two wait.
func limited(d *orders.Deps) { d.MaxWaitingCalls = 2 }

func TestPlace_TooManyCallsWaiting(t *testing.T) {
	t.Parallel()
	t.Run("Refused", func(t *testing.T) {
		t.Parallel()
		b := newBundle(t, limited)
		b.store.waiting = 2
		b.knowsNone()
		p := b.place(call, "k1") // a start would fail the test
		require.Empty(t, b.refused(p, orders.TooManyCallsWaiting).ID)
		var domainErr *booking.Error
		require.ErrorAs(t, p.err, &domainErr)
		require.Equal(t, time.Minute, domainErr.After)

		b.store.waiting = 1
		b.decides(booking.Calling, "").Once()
		first := b.accepted(b.place(call, "k1")) // the key is not used up
		b.store.waiting = 2
		require.Equal(t, first, b.accepted(b.place(call, "k1")), "a call that was accepted is answered as before")
	})
	t.Run("OtherOrdersAreTaken", func(t *testing.T) {
		t.Parallel()
		b := newBundle(t, limited)
		b.store.waiting = 2
		b.decides(booking.Confirmed, "")
		b.accepted(b.place(stay, ""))
	})
	t.Run("NoLimit", func(t *testing.T) {
		t.Parallel()
		b := newBundle(t)
		b.store.waiting = 1_000_000
		b.decides(booking.Calling, "")
		b.accepted(b.place(call, ""))
	})
	t.Run("TakenWhenTheyCannotBeCounted", func(t *testing.T) {
		t.Parallel()
		b := newBundle(t, limited, func(d *orders.Deps) { d.Calls = uncounted{} })
		b.decides(booking.Calling, "")
		b.accepted(b.place(call, ""))
		_, err := b.WaitingCalls(t.Context())
		require.ErrorIs(t, err, errNoCount)
	})
}

var errNoCount = errors.New("the database is away")

// uncounted is a queue whose database is away.
type uncounted struct{}

func (uncounted) Waiting(ctx context.Context) (int, error) {
	if end, limited := ctx.Deadline(); !limited || time.Until(end) > orders.OptionalReadTimeout {
		panic("a call waits for a count without an end")
	}
	return 0, errNoCount
}

func (u uncounted) WaitingOf(ctx context.Context, _ string) (int, error) { return u.Waiting(ctx) }

func (u uncounted) WaitingBy(ctx context.Context, _ string) (int, error) { return u.Waiting(ctx) }

// TestPlace_TooManyCallsOfYours: a customer with the maximum of waiting calls is refused,
// and others are served.
func TestPlace_TooManyCallsOfYours(t *testing.T) {
	t.Parallel()
	ofOne := func(d *orders.Deps) { d.MaxCallsOfOne = 2 }
	t.Run("Refused", func(t *testing.T) {
		t.Parallel()
		b := newBundle(t, ofOne)
		b.store.waitingOf = map[string]int{"alice": 2, "bob": 1}
		b.knowsNone()
		p := b.place(call, "k1") // a start would fail the test
		require.Empty(t, b.refused(p, orders.TooManyCallsOfYours).ID)
		var domainErr *booking.Error
		require.ErrorAs(t, p.err, &domainErr)
		require.Equal(t, time.Minute, domainErr.After)

		b.decides(booking.Calling, "").Twice()
		b.accepted(b.placeFor(t.Context(), orders.Placement{Wanted: call, CustomerID: "bob", PaymentMethod: "pm_card_visa"}))
		b.store.waitingOf["alice"] = 1
		first := b.accepted(b.place(call, "k1")) // the key is not used up
		b.store.waitingOf["alice"] = 2
		require.Equal(t, first, b.accepted(b.place(call, "k1")), "a call that was accepted is answered as before")
	})
	// A caller that calls for others may have ten times as many, whichever customers they
	// are for.
	t.Run("OfTheCaller", func(t *testing.T) {
		t.Parallel()
		b := newBundle(t, ofOne)
		b.store.waitingBy = map[string]int{"2001": 20, "olga": 19}
		forBob := func(caller booking.Caller) placed {
			a, err := b.Prepare(t.Context(), caller, orders.Placement{Wanted: call, CustomerID: "bob", PaymentMethod: "pm_card_visa"})
			require.NoError(t, err)
			out, err := b.Place(t.Context(), a)
			return placed{out, err}
		}
		b.refused(forBob(agent), orders.TooManyCallsOfYours) // a start would fail the test
		b.decides(booking.Calling, "").Twice()
		b.accepted(forBob(operator))
		b.accepted(forBob(booking.Caller{ID: "bob", Roles: []booking.Role{booking.CustomerRole}}))
	})
	t.Run("TakenWhenTheyCannotBeCounted", func(t *testing.T) {
		t.Parallel()
		b := newBundle(t, ofOne, func(d *orders.Deps) { d.Calls = uncounted{} })
		b.decides(booking.Calling, "")
		b.accepted(b.place(call, ""))
	})
}

// TestPlace_SummaryIsShort: the summary is short, however long the item's name is.
func TestPlace_SummaryIsShort(t *testing.T) {
	t.Parallel()
	b := newBundle(t)
	long := bibimbap()
	long.Name = strings.Repeat("바다", 60)
	b.store.menus[long.ID] = long
	b.onStart(func(o client.StartWorkflowOptions, in contract.Input) error {
		require.LessOrEqual(t, len(o.StaticSummary), 160+len(", 2 portions, customer alice"))
		require.Contains(t, o.StaticSummary, "…, 2 portions, customer alice")
		b.publish(in, booking.Cancelled, booking.ByCustomer)
		return nil
	})
	b.refused(b.place(meal, ""), orders.CancelledByCustomer)
}
