package contract_test

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

var noon = time.Date(2026, 12, 1, 3, 0, 0, 0, time.UTC)

func orderOf(kind booking.Kind, won int64) contract.Order {
	return contract.Order{
		OrderID: string(kind) + "-1", CustomerID: "alice", Amount: booking.Money{Amount: won, Currency: "KRW"}, PaymentMethod: "pm_card_visa",
		RequestHash: strings.Repeat("a", 64), PlacedAt: noon, Policy: contract.Policy{InPlace: true, AttentionAfter: booking.Duration(time.Minute), HandOverWithin: booking.Duration(time.Hour)},
	}
}

// sound are valid inputs: one of each kind, and one of a free order.
func sound() map[string]interface{ Check() error } {
	each := booking.Money{Amount: 4500, Currency: "KRW"}
	eve := booking.Date{Year: 2026, Month: 12, Day: 24}
	free := contract.Cleaning{Order: orderOf(booking.Cleaning, 0), Tel: "+82212345678;ext=12", Location: "12 Sejong-daero,\nSeoul"}
	free.PaymentMethod = ""
	return map[string]interface{ Check() error }{
		"lodging": contract.Lodging{
			Order: orderOf(booking.Lodging, 18000), CheckIn: eve, CheckOut: eve.AddDays(2), Rooms: 2,
			Place: booking.Place{
				ID: "place-1", Name: "Seaside Inn", OwnerID: "bora", Price: each, Confirmation: booking.Manual,
				ConfirmWithin: booking.Duration(time.Hour), TimeZone: "Asia/Seoul", CheckInTime: booking.Clock{Hour: 15}, CheckOutTime: booking.Clock{Hour: 11},
			},
		}.WithInstants(),
		"food": contract.Food{
			Order: orderOf(booking.Food, 9000), Quantity: 2, Address: "1 Harbour Road", Menu: booking.Menu{ID: "menu-1", Name: "비빔밥", OwnerID: "bora", Price: each},
		},
		"cafe": contract.Cafe{
			Order: orderOf(booking.Cafe, 9000), Quantity: 2,
			Drink: booking.Drink{ID: "drink-1", Name: "Einspänner", OwnerID: "bora", Price: each, Date: eve, TimeZone: "Asia/Seoul"},
		}.WithInstants(),
		"cleaning": contract.Cleaning{Order: orderOf(booking.Cleaning, 30000), Tel: "+821012345678", Location: "7 Hill Street"},
		"free":     free,
	}
}

func TestCheck_AcceptsValidInput(t *testing.T) {
	t.Parallel()
	for name, in := range sound() {
		require.NoError(t, in.Check(), name)
	}
}

// spoilt is a valid input in which the field with this JSON path has another value; nil
// removes it.
func spoilt(t *testing.T, kind, path string, value any) interface{ Check() error } {
	t.Helper()
	raw, err := json.Marshal(sound()[kind])
	require.NoError(t, err)
	var doc map[string]any
	require.NoError(t, json.Unmarshal(raw, &doc))
	at := doc
	steps := strings.Split(path, ".")
	for _, step := range steps[:len(steps)-1] {
		if at[step] == nil {
			at[step] = map[string]any{}
		}
		at = at[step].(map[string]any)
	}
	if at[steps[len(steps)-1]] = value; value == nil {
		delete(at, steps[len(steps)-1])
	}
	raw, err = json.Marshal(doc)
	require.NoError(t, err)
	switch kind {
	case "lodging":
		return read[contract.Lodging](t, raw)
	case "food":
		return read[contract.Food](t, raw)
	case "cafe":
		return read[contract.Cafe](t, raw)
	default:
		return read[contract.Cleaning](t, raw)
	}
}

func read[T any](t *testing.T, raw []byte) (v T) {
	t.Helper()
	require.NoError(t, json.Unmarshal(raw, &v))
	return v
}

const (
	long   = 201
	minute = int64(time.Minute)
)

// TestCheck_NamesTheFieldAtFault: the error names the field and never repeats its value,
// which may have megabytes.
func TestCheck_NamesTheFieldAtFault(t *testing.T) {
	t.Parallel()
	huge := strings.Repeat("한", 1<<20)
	ofEach := []struct {
		path  string
		value any
		says  string
	}{
		{"orderId", nil, "orderId"}, {"orderId", "", "orderId"}, {"orderId", "pizza-1", "orderId"}, {"orderId", "1", "orderId"}, {"orderId", huge, "orderId"},
		{"customerId", nil, "customerId"}, {"customerId", "a b", "customerId"}, {"customerId", "@cleaning", "customerId"}, {"customerId", huge, "customerId"},
		{"amount.amount", -1, "amount"}, {"amount.amount", booking.MaxAmount + 1, "amount"}, {"amount.currency", "XXX", "amount.currency"},
		{"amount.currency", nil, "amount.currency"}, {"paymentMethod", nil, "paymentMethod"}, {"paymentMethod", huge, "paymentMethod"},
		{"requestHash", huge, "requestHash"}, {"placedAt", nil, "placedAt"}, {"policy", map[string]any{}, "policy"},
		{"startBy", noon.Add(-time.Second), "startBy"}, {"withdrawal", map[string]any{}, "withdrawal.why"},
		{"withdrawal.why", booking.SoldOut, "withdrawal.why"}, {"withdrawal.note", huge, "withdrawal.note"},
		{"cancellation", map[string]any{}, "cancellation.tiers"}, {"cancellation.fee", -1, "cancellation.tiers"},
		{"policy.handOverWithin", -minute, "policy.handOverWithin"}, {"policy.payWithin", int64(1<<63 - 1), "policy.payWithin"},
	}
	for kind := range sound() {
		if kind == "free" {
			continue
		}
		for _, c := range ofEach {
			requireRefused(t, kind, c.path, c.value, c.says)
		}
	}
	for _, c := range []struct {
		kind, path string
		value      any
		says       string
	}{
		{"lodging", "rooms", 0, "rooms"}, {"lodging", "rooms", -1, "rooms"}, {"lodging", "rooms", 1001, "rooms"}, {"lodging", "rooms", 3, "amount"},
		{"lodging", "checkIn", nil, "checkIn"}, {"lodging", "checkOut", nil, "checkOut"}, {"lodging", "checkOut", "2026-12-24", "checkOut"},
		{"lodging", "checkOut", "2028-01-01", "checkOut"}, {"lodging", "checkIn", "2028-12-23", "checkOut"}, {"lodging", "begins", "2026-12-30T00:00:00Z", "begins"},
		{"lodging", "ends", "9999-12-30T00:00:00Z", "ends"}, {"lodging", "place", map[string]any{"checkInTime": "15:00", "checkOutTime": "11:00", "confirmWithin": "1h"}, "place.id"},
		{"lodging", "place.confirmation", "maybe", "place.confirmation"}, {"lodging", "place.confirmWithin", "0s", "place.confirmWithin"},
		{"lodging", "place.confirmWithin", "10000h", "place.confirmWithin"}, {"lodging", "place.timeZone", "Nowhere", "place.timeZone"},
		{"lodging", "place.name", huge, "place.name"}, {"lodging", "place.ownerId", nil, "place.ownerId"}, {"lodging", "place.price.amount", -50000, "price"},
		{"lodging", "cancellation.tiers", []any{map[string]any{"percent": 50}}, "cancellation.tiers[0].before"},
		{"lodging", "cancellation.tiers", []any{map[string]any{"before": "72h", "percent": 101}}, "cancellation.tiers[0].percent"},
		{"cafe", "cancellation.tiers", []any{map[string]any{"status": "delivering", "percent": 1}}, "cancellation.tiers[0].status"},
		{"food", "quantity", 0, "quantity"}, {"food", "quantity", 1001, "quantity"}, {"food", "quantity", 3, "amount"}, {"food", "amount.amount", 1, "amount"},
		{"food", "amount.currency", "USD", "amount"}, {"food", "menu", nil, "menu.id"}, {"food", "menu.name", "a\x00b", "menu.name"}, {"food", "menu.name", " ", "menu.name"},
		{"food", "address", nil, "address"}, {"food", "address", huge, "address"}, {"food", "address", strings.Repeat("x", long), "address"}, {"food", "address", "\u202e", "address"},
		{"cafe", "quantity", 0, "quantity"}, {"cafe", "drink.date", nil, "drink.date"}, {"cafe", "drink.date", "2029-12-24", "drink.date"},
		{"cafe", "drink.id", huge, "drink.id"}, {"cafe", "drink.timeZone", nil, "drink.timeZone"}, {"cafe", "ends", "9999-12-30T00:00:00Z", "ends"},
		{"cafe", "begins", "2020-12-30T00:00:00Z", "begins"}, {"cafe", "quantity", 1, "amount"},
		{"cleaning", "tel", nil, "tel"}, {"cleaning", "tel", "0212345678", "tel"}, {"cleaning", "tel", huge, "tel"},
		{"cleaning", "location", nil, "location"}, {"cleaning", "location", huge, "location"},
	} {
		requireRefused(t, c.kind, c.path, c.value, c.says)
	}
}

func requireRefused(t *testing.T, kind, path string, value any, says string) {
	t.Helper()
	err := spoilt(t, kind, path, value).Check()
	var no *booking.Error
	require.ErrorAs(t, err, &no, "%s %s", kind, path)
	require.Equal(t, booking.Invalid, no.Code)
	require.Contains(t, "; "+no.Message, "; "+says+": ", "%s %s", kind, path)
	require.Less(t, len(no.Message), 2000)
}

// TestCheck_OfASettlement: what an earlier build accepted has to be undone, too. A view
// from which no order can be undone is refused, since its workflow would never end.
func TestCheck_OfASettlement(t *testing.T) {
	t.Parallel()
	view := contract.View{
		ID: "food-1", Kind: booking.Food, Amount: booking.Money{Amount: 9000, Currency: "KRW"}, Status: booking.Delivering, Quantity: 5000,
		CustomerID: "a b", History: []contract.Entry{{Status: booking.Received, At: noon, Note: booking.Personal(strings.Repeat("x", 3_000_000))}},
	}
	checkSettlement := func(v contract.View) error {
		_, in, err := contract.Settlement(v, contract.Policy{InPlace: true}, "", "")
		require.NoError(t, err)
		return in.Check()
	}
	require.NoError(t, checkSettlement(view))
	for _, kind := range booking.Kinds() {
		v := contract.View{ID: string(kind) + "-1", Kind: kind, Status: booking.Received}
		require.NoError(t, checkSettlement(v), "of which a payment is all that is known")
		v.Status = booking.Cancelling
		require.ErrorContains(t, checkSettlement(v), "settle.reason: ")
		v.Reason = booking.ByOperator
		require.NoError(t, checkSettlement(v))
	}
	reversed := contract.View{ID: "lodging-1", Kind: booking.Lodging, Status: booking.Paid, Stay: &contract.Stay{CheckIn: "2026-12-26", CheckOut: "2026-12-24"}}
	require.NoError(t, checkSettlement(reversed))
	for says, spoil := range map[string]func(*contract.View){
		"settle.status: ": func(v *contract.View) { v.Status = "eaten" },
		"settle.reason: ": func(v *contract.View) { v.Reason = "because" },
		"settle.amount: ": func(v *contract.View) { v.Amount.Amount = -1 },
	} {
		v := view
		spoil(&v)
		require.ErrorContains(t, checkSettlement(v), says)
	}
	other := contract.Food{Order: orderOf(booking.Food, 9000), Quantity: 1}
	other.Settle = &contract.View{ID: "food-2", Kind: booking.Cafe, Status: booking.Paid}
	require.ErrorContains(t, other.Check(), "settle.id: is not the order's; settle.kind: must be food")
	other.Settle = &contract.View{ID: "food-1", Kind: booking.Food, Status: booking.Paid, Item: booking.Item{Name: strings.Repeat("x", 1<<20)}}
	require.ErrorContains(t, other.Check(), "settle.item.name: is longer", "by an operator's hand")
}

// TestCheck_OfASettlementOfLongWords: an order that an earlier build accepted with long
// texts can be undone: texts are shortened, ids are not.
func TestCheck_OfASettlementOfLongWords(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("한", 100_000)
	for field, tt := range map[string]struct {
		kind   booking.Kind
		of     func(*contract.View) *string
		length int // after shortening
	}{
		"customerId": {booking.Food, func(v *contract.View) *string { return &v.CustomerID }, 100_000},
		"ownerId":    {booking.Food, func(v *contract.View) *string { return &v.OwnerID }, 100_000},
		"item.id":    {booking.Food, func(v *contract.View) *string { return &v.Item.ID }, 100_000},
		"item.name":  {booking.Cafe, func(v *contract.View) *string { return &v.Item.Name }, booking.LongestText},
		"address":    {booking.Food, func(v *contract.View) *string { return (*string)(&v.Delivery.Address) }, booking.LongestText},
		"location":   {booking.Cleaning, func(v *contract.View) *string { return (*string)(&v.Cleaning.Location) }, booking.LongestText},
		"note":       {booking.Lodging, func(v *contract.View) *string { return (*string)(&v.History[0].Note) }, booking.LongestNote},
	} {
		t.Run(field, func(t *testing.T) {
			t.Parallel()
			last := contract.View{
				ID: string(tt.kind) + "-1", Kind: tt.kind, Status: booking.Received, CustomerID: "alice", OwnerID: "bora", Item: booking.Item{ID: "thing", Name: "Thing"},
				History: []contract.Entry{{Status: booking.Received, At: noon}}, Delivery: &contract.Delivery{}, Cleaning: &contract.Visit{},
			}
			*tt.of(&last) = long
			_, in, err := contract.Settlement(last, contract.Policy{InPlace: true}, "", "")
			require.NoError(t, err)
			require.NoError(t, in.Check())
			wire, err := json.Marshal(in)
			require.NoError(t, err)
			var started contract.Order
			require.NoError(t, json.Unmarshal(wire, &started))
			require.Equal(t, strings.Repeat("한", tt.length), *tt.of(started.Settle))
			require.Equal(t, long, *tt.of(&last), "the caller's is its own")
		})
	}
}

func TestDecision_Check(t *testing.T) {
	t.Parallel()
	for _, update := range []string{contract.ConfirmUpdate, contract.CancelUpdate, contract.CompleteUpdate, contract.RejectUpdate} {
		require.NoError(t, contract.Decision{Note: booking.Personal(strings.Repeat("한", 500))}.Check(update))
		require.NoError(t, contract.Decision{Note: "two\r\nlines"}.Check(update))
		for says, d := range map[string]contract.Decision{
			"note: is longer than 500 characters":                           {Note: booking.Personal(strings.Repeat("x", 501))},
			"note: contains control characters":                             {Note: "a\x00"},
			"note: is blank":                                                {Note: "\u200b"},
			"input: has 3000045 bytes, of which at most 65536 are accepted": {Bytes: 3_000_045},
		} {
			require.EqualError(t, d.Check(update), "validation_failed: "+says)
		}
	}
	require.NoError(t, contract.Decision{}.Check(contract.CancelUpdate))
	require.NoError(t, contract.Decision{Expect: "before:72h/95000"}.Check(contract.CancelUpdate))
	require.EqualError(t, contract.Decision{Expect: "before:72h/95000"}.Check(contract.CompleteUpdate), "validation_failed: expect: is of a cancel only")
	require.NoError(t, contract.Decision{StatusWhenDecided: booking.Confirmed}.Check(contract.CancelUpdate))
	require.EqualError(t, contract.Decision{StatusWhenDecided: "asleep"}.Check(contract.CancelUpdate), "validation_failed: stood: is no status of an order that is cancelled")
	require.EqualError(t, contract.Decision{StatusWhenDecided: booking.Paid}.Check(contract.ConfirmUpdate), "validation_failed: stood: is no status of an order that is cancelled")
	require.EqualError(t, contract.Decision{Expect: strings.Repeat("x", 65)}.Check(contract.CancelUpdate), "validation_failed: expect: is longer than 64 characters")
	require.EqualError(t, contract.Decision{}.Check(contract.RejectUpdate), "validation_failed: note: is missing")
}

func TestComes(t *testing.T) {
	t.Parallel()
	require.True(t, contract.ValidCleaner(booking.Cleaner{ID: "cleaner-1", Name: "Kim"}))
	for _, c := range []booking.Cleaner{{}, {ID: "cleaner-1"}, {Name: "Kim"}, {ID: "a b", Name: "Kim"}, {ID: "c", Name: strings.Repeat("x", long)}, {ID: "c", Name: "\n\n"}} {
		require.False(t, contract.ValidCleaner(c), "%+v", c)
	}
}

func TestForces(t *testing.T) {
	t.Parallel()
	for _, reason := range append(booking.Reasons(), "", "whatever") {
		require.Equal(t, reason == booking.MenuDeleted, contract.ValidForce(contract.Force{Reason: reason}), reason)
		require.Equal(t, reason == booking.MenuDeleted, contract.ValidForce(contract.Force{Reason: reason, By: "1024"}), reason)
		require.False(t, contract.ValidForce(contract.Force{Reason: reason, By: "no id"}), reason)
	}
	for text, want := range map[string]contract.Force{
		`"menu_deleted"`: {Reason: booking.MenuDeleted}, `{"why":"menu_deleted","by":"1024"}`: {Reason: booking.MenuDeleted, By: "1024"}, `{}`: {}, `null`: {},
	} {
		var f contract.Force
		require.NoError(t, json.Unmarshal([]byte(text), &f), text)
		require.Equal(t, want, f)
	}
}

// TestSane: missing values have defaults, and progress in an input counts only after a run
// before.
func TestSane(t *testing.T) {
	t.Parallel()
	require.Equal(t, contract.Repair{Pages: 50}, contract.Repair{}.Normalized(true))
	require.Equal(t, contract.Repair{Pages: 50}, contract.Repair{Page: []byte("garbage"), Pages: -1, Healed: 9}.Normalized(true))
	require.Equal(t, contract.Repair{Page: []byte("p"), Pages: 1000, Healed: 9}, contract.Repair{Page: []byte("p"), Pages: 1 << 40, Healed: 9}.Normalized(false))
	typed := contract.DrinkDeletion{DrinkID: "drink-1", Closed: true, After: "z", Ended: 7, Signalled: 7, Passes: -1 << 40, Progress: booking.DrinkDeletion{Done: true}}
	require.Equal(t, contract.DrinkDeletion{DrinkID: "drink-1", Batch: 100, Batches: 200}, typed.Normalized(true))
	again := typed
	again.Batch, again.Batches, again.Passes = 100, 200, 0
	require.Equal(t, again, typed.Normalized(false))
	require.EqualError(t, contract.DrinkDeletion{}.Check(), "validation_failed: drinkId: is no id: it has 1 to 64 letters, digits and . _ @ : + -, and begins with a letter or digit")
}

// TestCheck_DoesNotQuotePersonalData: a telephone number that was sent as a number is
// refused, and the error does not contain it.
func TestCheck_DoesNotQuotePersonalData(t *testing.T) {
	t.Parallel()
	var call contract.Cleaning
	require.NoError(t, json.Unmarshal([]byte(`{"tel": 821055550199, "location": 5555}`), &call))
	err := call.Check()
	require.ErrorContains(t, err, "tel: is not a telephone number")
	require.ErrorContains(t, err, "location: contains control characters")
	require.NotContains(t, err.Error(), "5555")
	var d contract.Decision
	require.NoError(t, json.Unmarshal([]byte(`{"note": 5555}`), &d))
	require.ErrorContains(t, d.Check(contract.CancelUpdate), "note: contains control characters")
}
