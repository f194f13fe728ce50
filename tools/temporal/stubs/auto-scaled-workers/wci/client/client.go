// Package client stands in for the client of what scales workers. No worker
// deployment has a configuration for that, and none can be given one.
package client

import (
	"context"

	deploymentpb "go.temporal.io/api/deployment/v1"
	"go.temporal.io/api/serviceerror"
	"go.temporal.io/auto-scaled-workers/wci/workflow/iface"
	"go.temporal.io/server/common/namespace"
	"go.uber.org/fx"
)

// Client is what the server asks about the scaling of a worker deployment.
type Client struct{}

// Module provides the Client.
var Module = fx.Options(fx.Supply(Client{}))

// DescribeWorkerControllerInstance finds none.
func (Client) DescribeWorkerControllerInstance(
	context.Context, *namespace.Namespace, *deploymentpb.WorkerDeploymentVersion,
) (*iface.QueryDescribeWorkerControllerInstanceResponse, []byte, error) {
	return nil, nil, serviceerror.NewNotFound("this server was built without what scales workers")
}

// errLeftOut is for good: it is not tried again.
var errLeftOut = serviceerror.NewInvalidArgument("this server was built without what scales workers")

// ValidateWorkerControllerInstanceSpec takes none.
func (Client) ValidateWorkerControllerInstanceSpec(
	context.Context, *namespace.Namespace, *deploymentpb.WorkerDeploymentVersion, string, map[string]iface.ScalingGroupSpecUpdate, []string,
) error {
	return errLeftOut
}

// UpdateWorkerControllerInstance takes none.
func (Client) UpdateWorkerControllerInstance(
	context.Context, *namespace.Namespace, *deploymentpb.WorkerDeploymentVersion, []byte, string, map[string]iface.ScalingGroupSpecUpdate, []string,
) (*iface.UpdateWorkerControllerInstanceResponse, error) {
	return nil, errLeftOut
}

// DeleteWorkerControllerInstance has none to delete.
func (Client) DeleteWorkerControllerInstance(context.Context, *namespace.Namespace, *deploymentpb.WorkerDeploymentVersion, string) error {
	return nil
}
