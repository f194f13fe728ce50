package workers

import (
	"context"
	"fmt"
	"strings"

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

// EmptyLargeUpdates removes the content of updates that are larger than
// contract.LargestUpdate, on their way from the engine to the workflow, which then
// refuses them. The engine accepts an update of 4 MB. The SDK returns it with the
// answer, also with a refusal; then the message is larger than the engine accepts, the
// workflow task fails, and the engine terminates the workflow or delivers the same
// update again, without end.
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

// longestWord is the maximum length in bytes of what is kept of a name or identity.
const longestWord = 100

// empty keeps the update's id, its name and its size. An update that cannot be parsed
// completely has its message's id, and is refused as well: an error would block the
// whole task.
func empty(m *protocolpb.Message) error {
	args, err := converter.GetDefaultDataConverter().ToPayloads(contract.Decision{Bytes: proto.Size(m.GetBody())})
	if err != nil {
		return err
	}
	var request updatepb.Request
	if err := m.GetBody().UnmarshalTo(&request); err != nil {
		request.Meta = &updatepb.Meta{UpdateId: m.GetProtocolInstanceId()}
	}
	m.Body, err = anypb.New(&updatepb.Request{
		Meta:  &updatepb.Meta{UpdateId: request.GetMeta().GetUpdateId(), Identity: head(request.GetMeta().GetIdentity())},
		Input: &updatepb.Input{Name: head(request.GetInput().GetName()), Header: &commonpb.Header{}, Args: args},
	})
	return err
}

// head is the word's first bytes, without a partial character: a message with an
// invalid string cannot be written.
func head(word string) string {
	return strings.ToValidUTF8(word[:min(len(word), longestWord)], "")
}
