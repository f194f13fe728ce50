package e2e

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	chromium "github.com/yeyak/yeyak/internal/rig/browser"
)

// TestPages_LiveThroughRestart: a page that is open follows its order again after the
// server was killed, and is not loaded again for that.
func TestPages_LiveThroughRestart(t *testing.T) {
	t.Parallel()
	d := newDev(t)
	d.run()
	p := &pages{&d.system, chromium.New(t)}
	order := p.waiting(p.place(1, byOwner))
	v := p.enter(chromium.Look{}, alice)
	v.goTo("/orders/" + order)
	v.SeesIn("[role=status]", "Waiting for the owner")
	shown := v.Document()
	d.kill()
	d.run()
	p.eventually(func() bool { return p.decide(order, "confirm").status == http.StatusOK })
	v.SeesIn("[role=status]", "Confirmed")
	require.Equal(t, shown, v.Document(), "the page was loaded again")
}
