package workers

import (
	"context"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	protocolpb "go.temporal.io/api/protocol/v1"
	updatepb "go.temporal.io/api/update/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/converter"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/workflows/contract"
)

// TestEmptyLargeUpdates: wherever in an update its megabytes are, none of them reaches
// the workflow, which learns the size.
func TestEmptyLargeUpdates(t *testing.T) {
	t.Parallel()
	large := strings.Repeat("x", contract.LargestUpdate)
	korean := strings.Repeat("가", contract.LargestUpdate) // 3 bytes each: byte 100 is inside one
	payload := func(v any) *commonpb.Payload {
		p, err := converter.GetDefaultDataConverter().ToPayload(v)
		require.NoError(t, err)
		return p
	}
	small := func() *updatepb.Request {
		return &updatepb.Request{
			Meta: &updatepb.Meta{UpdateId: "1", Identity: "me"},
			Input: &updatepb.Input{
				Name: contract.CancelUpdate, Header: &commonpb.Header{Fields: map[string]*commonpb.Payload{"trace": payload("t")}},
				Args: &commonpb.Payloads{Payloads: []*commonpb.Payload{payload(contract.Decision{Note: "ill"})}},
			},
		}
	}
	for name, grow := range map[string]func(*updatepb.Request){
		"Small": nil,
		"Note": func(r *updatepb.Request) {
			r.Input.Args.Payloads[0] = payload(contract.Decision{Note: booking.Personal(large)})
		},
		"SecondArgument": func(r *updatepb.Request) { r.Input.Args.Payloads = append(r.Input.Args.Payloads, payload(large)) },
		"Header":         func(r *updatepb.Request) { r.Input.Header.Fields["more"] = payload(large) },
		"Identity":       func(r *updatepb.Request) { r.Meta.Identity = large },
		"Name":           func(r *updatepb.Request) { r.Input.Name = large },
		"KoreanIdentity": func(r *updatepb.Request) { r.Meta.Identity = korean },
		"KoreanName":     func(r *updatepb.Request) { r.Input.Name = korean },
		"KoreanNote": func(r *updatepb.Request) {
			r.Meta.Identity, r.Input.Name = korean[:102], korean[:102]
			r.Input.Args.Payloads[0] = payload(contract.Decision{Note: booking.Personal(large)})
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sent := small()
			if grow != nil {
				grow(sent)
			}
			for _, reply := range []proto.Message{&workflowservice.PollWorkflowTaskQueueResponse{}, &workflowservice.RespondWorkflowTaskCompletedResponse{}} {
				got := &updatepb.Request{}
				task := through(t, reply, sent)
				require.NoError(t, task.Messages[0].Body.UnmarshalTo(got))
				require.Equal(t, "message", task.Messages[0].Id)
				if grow == nil {
					require.True(t, proto.Equal(sent, got))
					continue
				}
				require.Less(t, proto.Size(got), 1000)
				require.Equal(t, "1", got.Meta.UpdateId)
				var d contract.Decision
				require.NoError(t, converter.GetDefaultDataConverter().FromPayloads(got.Input.Args, &d))
				require.Greater(t, d.Bytes, contract.LargestUpdate)
				require.Error(t, d.Check(contract.CancelUpdate))
			}
		})
	}
}

// TestEmptyLargeUpdates_Unreadable: a large update that cannot be parsed does not block
// the remaining task, and is refused.
func TestEmptyLargeUpdates_Unreadable(t *testing.T) {
	t.Parallel()
	for name, tail := range map[string][]byte{
		"CutOff":  {0x12, 0x7f},
		"NotUTF8": {0x0a, 0x03, 0x12, 0x01, 0xff}, // the identity
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			body, err := anypb.New(&updatepb.Request{Meta: &updatepb.Meta{UpdateId: "1", Identity: strings.Repeat("x", contract.LargestUpdate)}})
			require.NoError(t, err)
			body.Value = append(body.Value, tail...)
			require.Error(t, body.UnmarshalTo(&updatepb.Request{}))
			task := &workflowservice.PollWorkflowTaskQueueResponse{Messages: []*protocolpb.Message{{ProtocolInstanceId: "1", Body: body}}}
			require.NoError(t, emptyLargeUpdates(task))
			got := &updatepb.Request{}
			require.NoError(t, task.Messages[0].Body.UnmarshalTo(got))
			require.Less(t, proto.Size(got), 1000)
			require.Equal(t, "1", got.Meta.UpdateId)
			var d contract.Decision
			require.NoError(t, converter.GetDefaultDataConverter().FromPayloads(got.Input.Args, &d))
			require.Error(t, d.Check(contract.CancelUpdate))
		})
	}
}

// through is the task that a worker gets from the engine's answer.
func through(t *testing.T, reply proto.Message, update *updatepb.Request) *workflowservice.PollWorkflowTaskQueueResponse {
	t.Helper()
	body, err := anypb.New(update)
	require.NoError(t, err)
	task := &workflowservice.PollWorkflowTaskQueueResponse{Messages: []*protocolpb.Message{{Id: "message", Body: body}}}
	err = EmptyLargeUpdates(t.Context(), "", nil, reply, nil, func(_ context.Context, _ string, _, reply any, _ *grpc.ClientConn, _ ...grpc.CallOption) error {
		switch r := reply.(type) {
		case *workflowservice.PollWorkflowTaskQueueResponse:
			proto.Merge(r, task)
		case *workflowservice.RespondWorkflowTaskCompletedResponse:
			r.WorkflowTask = task
		}
		return nil
	})
	require.NoError(t, err)
	if r, ok := reply.(*workflowservice.RespondWorkflowTaskCompletedResponse); ok {
		return r.WorkflowTask
	}
	return reply.(*workflowservice.PollWorkflowTaskQueueResponse)
}
