package e2e

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/app"
	"github.com/yeyak/yeyak/workflows/contract"
)

// ofBuild is a process of a build with a Temporal worker version.
func ofBuild(build string) func(*app.Options) {
	return func(o *app.Options) {
		o.Config.Worker.Versioning, o.Config.Worker.BuildID = true, build
	}
}

// build is the build to which an order is pinned.
func (s *system) build(order string) string {
	s.Helper()
	d, err := s.temporal.DescribeWorkflowExecution(s.Context(), order, "")
	require.NoError(s, err)
	info := d.GetWorkflowExecutionInfo().GetVersioningInfo()
	if pinned := info.GetVersioningOverride().GetPinned().GetVersion(); pinned != nil {
		return pinned.GetBuildId()
	}
	return info.GetDeploymentVersion().GetBuildId()
}

// newOrdersGoTo places orders until one goes to the build, and returns it. Changes of
// the routing take some seconds.
func (s *system) newOrdersGoTo(build, place string) (order string) {
	s.Helper()
	s.eventually(func() bool {
		a := s.reserve(place)
		order = a.body.ID
		return a.status == http.StatusCreated && s.build(order) == build
	})
	return order
}

// rollOut takes a new build through a ramp, a rollback and its promotion, and moves the
// orders of the old one.
func rollOut(t *testing.T) {
	t.Parallel()
	s := boot(t, ofBuild("blue"))
	place := s.place(1000, byOwner)
	a := s.withDefaultBudget().reserve(place).with(t, http.StatusAccepted)
	require.Equal(t, booking.Received, a.body.Status, "no build is the current one: it waits")
	s.eventually(func() bool {
		return s.try("Make it the current build", "", "BUILD=blue") == nil
	})
	s.becomes(a.body.ID, booking.AwaitingOwner)
	old := s.newOrdersGoTo("blue", place)

	o := s.options
	ofBuild("green")(&o)
	o.API, o.Config.Worker.Serve = false, contract.Queues()
	s.worker(o)
	s.eventually(func() bool {
		return s.try("Ramp a new build", "", "BUILD=green", "PERCENT=100") == nil
	})
	require.Contains(t, s.follow("Which build gets new orders", ""), "green")
	ramped := s.newOrdersGoTo("green", place)
	require.Equal(t, "blue", s.build(old), "what has begun stays")

	s.follow("Take a ramp back", "")
	s.newOrdersGoTo("blue", place)
	require.Equal(t, "green", s.build(ramped))
	s.decide(ramped, "confirm").with(t, http.StatusOK)

	s.follow("Make it the current build", "", "BUILD=green")
	s.newOrdersGoTo("green", place)
	s.follow("Roll back", "", "BUILD=blue")
	s.newOrdersGoTo("blue", place)

	s.follow("Make it the current build", "", "BUILD=green")
	s.newOrdersGoTo("green", place)
	require.NotContains(t, s.follow("Orders of the old build", "", "OLD=blue"), "Total: 0")
	s.follow("Move orders to the new build", "", "OLD=blue", "BUILD=green")
	s.eventually(func() bool { return s.build(old) == "green" && s.build(a.body.ID) == "green" })
	s.decide(old, "confirm").with(t, http.StatusOK)
	s.becomes(old, booking.Confirmed)
}
