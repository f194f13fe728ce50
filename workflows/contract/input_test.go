package contract_test

import (
	"encoding/json"
	"reflect"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// TestPolicy_Durations: durations are words, for operators. Inputs of an earlier build have
// numbers, and mean the same.
func TestPolicy_Durations(t *testing.T) {
	t.Parallel()
	want := contract.Policy{
		InPlace: true, AttentionAfter: booking.Duration(5 * time.Minute), PayWithin: booking.Duration(90 * time.Second),
		ServeAfterDay: booking.Duration(3 * time.Hour),
	}
	written, err := json.Marshal(want)
	require.NoError(t, err)
	require.JSONEq(t, `{"inPlace": true, "attentionAfter": "5m", "payWithin": "1m30s", "serveAfterDay": "3h"}`, string(written))
	for name, input := range map[string]string{
		"Words":   string(written),
		"Long":    `{"inPlace": true, "attentionAfter": "5m0s", "payWithin": "90s", "serveAfterDay": "3h0m0s"}`,
		"Numbers": `{"inPlace": true, "attentionAfter": 300000000000, "payWithin": 90000000000, "serveAfterDay": 10800000000000}`,
	} {
		var read contract.Policy
		require.NoError(t, json.Unmarshal([]byte(input), &read), name)
		require.Equal(t, want, read, name)
	}
}

// TestInputs_HoldNoNanoseconds: no duration that the web UI shows is a number.
func TestInputs_HoldNoNanoseconds(t *testing.T) {
	t.Parallel()
	seen := map[reflect.Type]bool{}
	var visit func(of reflect.Type, where string)
	visit = func(of reflect.Type, where string) {
		require.NotEqual(t, reflect.TypeFor[time.Duration](), of, where)
		if seen[of] {
			return
		}
		seen[of] = true
		switch of.Kind() {
		case reflect.Pointer, reflect.Slice, reflect.Map:
			visit(of.Elem(), where)
		case reflect.Struct:
			for f := range of.Fields() {
				if f.IsExported() {
					visit(f.Type, where+"."+f.Name)
				}
			}
		}
	}
	for _, input := range []any{
		contract.Lodging{}, contract.Food{}, contract.Cafe{}, contract.Cleaning{}, contract.DrinkDeletion{}, contract.Repair{},
		contract.Decision{}, contract.Refusal{}, contract.Publication{}, contract.View{},
	} {
		visit(reflect.TypeOf(input), reflect.TypeOf(input).Name())
	}
	require.Contains(t, seen, reflect.TypeFor[booking.Duration](), "it has visited some")
}
