package workers

import (
	"context"
	"fmt"

	commonpb "go.temporal.io/api/common/v1"
	protocolpb "go.temporal.io/api/protocol/v1"
	updatepb "go.temporal.io/api/update/v1"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/converter"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/anypb"

	"github.com/yeyak/yeyak/workflows/contract"
)

// EmptyLargeUpdates takes the content out of updates that are larger than
// contract.LargestUpdate, on their way from the engine to the workflow, which
// then refuses them. The engine lets an update of 4 MB pass. The SDK sends it
// back with the answer, also when that is a refusal; then the message is more
// than the engine takes, the workflow task fails, and the engine terminates the
// workflow or gives it the same update again, for ever.
func EmptyLargeUpdates(ctx context.Context, method string, req, reply any, cc *grpc.ClientConn, invoke grpc.UnaryInvoker, opts ...grpc.CallOption) error {
	if err := invoke(ctx, method, req, reply, cc, opts...); err != nil {
		return err
	}
	switch r := reply.(type) {
	case *workflowservice.PollWorkflowTaskQueueResponse:
		return emptyLargeUpdates(r)
	case *workflowservice.RespondWorkflowTaskCompletedResponse:
		return emptyLargeUpdates(r.GetWorkflowTask())
	default:
		return nil
	}
}

func emptyLargeUpdates(task *workflowservice.PollWorkflowTaskQueueResponse) error {
	for _, m := range task.GetMessages() {
		if proto.Size(m.GetBody()) <= contract.LargestUpdate || !m.GetBody().MessageIs((*updatepb.Request)(nil)) {
			continue
		}
		if err := empty(m); err != nil {
			return fmt.Errorf("empty a large update: %w", err)
		}
	}
	return nil
}

// longestWord is what is left of a name or identity.
const longestWord = 100

func empty(m *protocolpb.Message) error {
	var request updatepb.Request
	if err := m.GetBody().UnmarshalTo(&request); err != nil {
		return err
	}
	args, err := converter.GetDefaultDataConverter().ToPayloads(contract.Decision{Bytes: proto.Size(m.GetBody())})
	if err != nil {
		return err
	}
	id := request.GetMeta().GetUpdateId()
	m.Body, err = anypb.New(&updatepb.Request{
		Meta:  &updatepb.Meta{UpdateId: id, Identity: head(request.GetMeta().GetIdentity())},
		Input: &updatepb.Input{Name: head(request.GetInput().GetName()), Header: &commonpb.Header{}, Args: args},
	})
	return err
}

func head(word string) string { return word[:min(len(word), longestWord)] }
