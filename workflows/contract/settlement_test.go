package contract_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

var (
	policy = contract.Policy{InPlace: true, AttentionAfter: booking.Duration(time.Minute)}
	placed = time.Date(2026, 12, 1, 23, 0, 0, 0, time.FixedZone("KST", 9*60*60))
)

// lost is an order as it was last known.
func lost(k booking.Kind) contract.View {
	return contract.View{
		ID: string(k) + "-1", Kind: k, CustomerID: "alice", OwnerID: "bora", Item: booking.Item{ID: "thing", Name: "Thing"}, Quantity: 3,
		Amount: booking.Money{Amount: 5, Currency: "KRW"}, Status: booking.Paid, Version: 7,
		History: []contract.Entry{{Status: booking.Received, At: placed}},
	}
}

func order(v contract.View) contract.Order {
	return contract.Order{
		OrderID: v.ID, CustomerID: "alice", Amount: v.Amount, PlacedAt: placed, RequestHash: "hash", Policy: policy, Settle: &v,
	}
}

func TestSettlement_Lodging(t *testing.T) {
	t.Parallel()
	v := lost(booking.Lodging)
	v.Stay = &contract.Stay{CheckIn: "2026-12-24", CheckOut: "2026-12-26"}
	workflow, input, err := contract.Settlement(v, policy, "hash", "")
	require.NoError(t, err)
	require.Equal(t, contract.LodgingWorkflow, workflow)
	require.Equal(t, contract.Lodging{
		Order: order(v), Place: booking.Place{ID: "thing", Name: "Thing", OwnerID: "bora"}, Rooms: 3,
		CheckIn: booking.Date{Year: 2026, Month: 12, Day: 24}, CheckOut: booking.Date{Year: 2026, Month: 12, Day: 26},
	}, input)
}

func TestSettlement_Food(t *testing.T) {
	t.Parallel()
	v := lost(booking.Food)
	v.Delivery = &contract.Delivery{Address: "here"}
	marked := v
	marked.NeedsAttention = true
	_, afterMark, err := contract.Settlement(marked, policy, "hash", "")
	require.NoError(t, err)
	workflow, input, err := contract.Settlement(v, policy, "hash", "")
	require.NoError(t, err)
	require.Equal(t, contract.FoodWorkflow, workflow)
	require.Equal(t, contract.Food{
		Order: order(v), Menu: booking.Menu{ID: "thing", Name: "Thing", OwnerID: "bora"}, Quantity: 3, Address: "here",
	}, input)
	require.Equal(t, input, afterMark, "a new saga finds out by itself why it needs attention")
}

func TestSettlement_Cafe(t *testing.T) {
	t.Parallel()
	v := lost(booking.Cafe)
	v.Production = &contract.Production{Date: "2026-12-24"}
	workflow, input, err := contract.Settlement(v, policy, "hash", "")
	require.NoError(t, err)
	require.Equal(t, contract.CafeWorkflow, workflow)
	date := booking.Date{Year: 2026, Month: 12, Day: 24}
	require.Equal(t, contract.Cafe{
		Order: order(v), Drink: booking.Drink{ID: "thing", Name: "Thing", OwnerID: "bora", Date: date}, Quantity: 3,
	}, input)
}

func TestSettlement_Cleaning(t *testing.T) {
	t.Parallel()
	v := lost(booking.Cleaning)
	v.Cleaning = &contract.Visit{Location: "here"}
	workflow, input, err := contract.Settlement(v, policy, "hash", "")
	require.NoError(t, err)
	require.Equal(t, contract.CleaningWorkflow, workflow)
	require.Equal(t, contract.Cleaning{Order: order(v), Location: "here"}, input)
}

// TestSettlement_OfNextToNothing: an undo is recorded with a quantity of at least 1 and a
// day, even if the view has neither.
func TestSettlement_OfNextToNothing(t *testing.T) {
	t.Parallel()
	day := booking.Date{Year: 2026, Month: 12, Day: 1}
	for _, k := range booking.Kinds() {
		v := contract.View{ID: "x", Kind: k, History: []contract.Entry{{At: placed}}}
		_, input, err := contract.Settlement(v, policy, "", "")
		require.NoError(t, err)
		switch in := input.(type) {
		case contract.Lodging:
			require.Equal(t, []any{day, day.AddDays(1), 1}, []any{in.CheckIn, in.CheckOut, in.Rooms})
		case contract.Food:
			require.Equal(t, 1, in.Quantity)
		case contract.Cafe:
			require.Equal(t, []any{day, 1}, []any{in.Drink.Date, in.Quantity})
		}
	}
}

func TestSettlement_Refuses(t *testing.T) {
	t.Parallel()
	badStay, badDrink, noKind := lost(booking.Lodging), lost(booking.Cafe), lost("parcel")
	badStay.Stay = &contract.Stay{CheckIn: "2026-12-24", CheckOut: "soon"}
	badDrink.Production = &contract.Production{Date: ""}
	for _, v := range []contract.View{badStay, badDrink, noKind} {
		_, _, err := contract.Settlement(v, policy, "", "")
		require.ErrorContains(t, err, v.ID)
	}
}

// TestSettlement_OnTheWire: the saga's view equals the settled view after encoding.
func TestSettlement_OnTheWire(t *testing.T) {
	t.Parallel()
	v := lost(booking.Lodging)
	v.Stay = &contract.Stay{CheckIn: "2026-12-24", CheckOut: "2026-12-26"}
	v.History[0].At = placed.UTC()
	_, input, err := contract.Settlement(v, policy, "hash", "")
	require.NoError(t, err)
	wire, err := json.Marshal(input)
	require.NoError(t, err)
	var got contract.Lodging
	require.NoError(t, json.Unmarshal(wire, &got))
	require.Equal(t, v, *got.Settle)
	require.Equal(t, "2026-12-24", got.CheckIn.String())
}
