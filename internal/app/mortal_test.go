package app

import (
	"context"
	"testing"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/worker"
	"google.golang.org/grpc"
)

// TestMortal: after a worker was killed, nothing of it reaches the engine, not even
// what was on its way, and its activities are cancelled. Later workers and clients are
// not affected.
func TestMortal(t *testing.T) {
	t.Parallel()
	var m mortal
	var first, second worker.Options
	m.tune()(&first)
	reached := 0
	send := func(identity string, meanwhile func()) error {
		req := &workflowservice.RespondWorkflowTaskCompletedRequest{Identity: identity}
		return m.intercept(t.Context(), "", req, nil, nil, func(context.Context, string, any, any, *grpc.ClientConn, ...grpc.CallOption) error {
			reached++
			meanwhile()
			return nil
		})
	}
	nothing := func() {}
	require.NoError(t, send(first.Identity, nothing))
	require.ErrorIs(t, send(first.Identity, m.kill), errKilled, "its answer is lost")
	require.Equal(t, 2, reached)
	require.ErrorIs(t, send(first.Identity, nothing), errKilled)
	require.Equal(t, 2, reached)
	require.ErrorIs(t, first.BackgroundActivityContext.Err(), context.Canceled)

	m.tune()(&second)
	require.NotEqual(t, first.Identity, second.Identity)
	require.NoError(t, send(second.Identity, nothing))
	require.NoError(t, send("client", nothing))
	require.NoError(t, second.BackgroundActivityContext.Err())
	require.ErrorIs(t, send(first.Identity, nothing), errKilled)
}

// TestDemonstration_OnlyWhereItIsConfigured: a process in production has no
// demonstration, and its workers cannot be killed; nor has one with real charges.
func TestDemonstration_OnlyWhereItIsConfigured(t *testing.T) {
	t.Parallel()
	var production App
	require.Nil(t, production.newDemo())
	require.Empty(t, production.throughDemo())
	dev := App{options: Options{Demo: &Demonstration{}}}
	require.NotNil(t, dev.newDemo())
	dev.options.Config.Payments.Provider = "stripe"
	require.Nil(t, dev.newDemo())
}
