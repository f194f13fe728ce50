package contract_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	"go.temporal.io/sdk/converter"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// TestBusiness_OfEveryKind: each kind of order has a workflow of its own, an input that can
// be decoded, and a way to be settled.
func TestBusiness_OfEveryKind(t *testing.T) {
	t.Parallel()
	workflows := map[string]bool{}
	for _, kind := range booking.Kinds() {
		b := contract.BusinessOf(kind)
		require.Equal(t, kind, b.Kind)
		require.False(t, workflows[b.Workflow], "%s: the workflow of another kind", kind)
		workflows[b.Workflow] = true

		v := lost(kind)
		v.History[0].At = placed.UTC()
		workflow, settled, err := contract.Settlement(v, policy, "hash", "")
		require.NoError(t, err)
		require.Equal(t, b.Workflow, workflow)
		payloads, err := converter.GetDefaultDataConverter().ToPayloads(settled)
		require.NoError(t, err)
		decoded, err := contract.InputOf(b.Workflow, payloads)
		require.NoError(t, err)
		require.Equal(t, settled.View(), decoded.View())
		require.Equal(t, kind, decoded.View().Kind)
	}
}

// TestReadInput: an input that was encoded is decoded with its common part changed, and
// nothing else.
func TestReadInput(t *testing.T) {
	t.Parallel()
	for name, in := range sound() {
		kept, err := json.Marshal(in)
		require.NoError(t, err)
		kind := in.(contract.Input).View().Kind
		same, err := contract.ReadInput(kind, kept, func(*contract.Order) {})
		require.NoError(t, err)
		requireSame(t, kept, same)
		changed, err := contract.ReadInput(kind, kept, func(o *contract.Order) { o.DispatchedAt = noon })
		require.NoError(t, err)
		again, err := json.Marshal(changed)
		require.NoError(t, err)
		same, err = contract.ReadInput(kind, again, func(o *contract.Order) {
			require.Equal(t, noon, o.Begins(), name)
			o.DispatchedAt = time.Time{}
		})
		require.NoError(t, err)
		requireSame(t, kept, same)
		_, err = contract.ReadInput(kind, []byte("no input"), nil)
		require.Error(t, err)
	}
	_, err := contract.ReadInput("pizza", nil, nil)
	require.ErrorContains(t, err, "pizza")
}

func requireSame(t *testing.T, kept []byte, in contract.Input) {
	t.Helper()
	text, err := json.Marshal(in)
	require.NoError(t, err)
	require.JSONEq(t, string(kept), string(text))
}

func TestBusiness_Unknown(t *testing.T) {
	t.Parallel()
	require.Empty(t, contract.BusinessOf("pizza").Workflow)
	_, err := contract.InputOf("Pizza", &commonpb.Payloads{})
	require.ErrorContains(t, err, "Pizza")
	garbage, err := converter.GetDefaultDataConverter().ToPayloads("no input")
	require.NoError(t, err)
	_, err = contract.InputOf(contract.FoodWorkflow, garbage)
	require.Error(t, err)
}
