package e2e

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	chromium "github.com/yeyak/yeyak/internal/rig/browser"
)

// TestPages_LiveThroughRestart: an open page follows its order again after the server
// was killed, without being reloaded.
func TestPages_LiveThroughRestart(t *testing.T) {
	t.Parallel()
	d := newDev(t)
	d.run()
	p := &pages{&d.system, chromium.New(t)}
	order := p.waiting(p.place(1, byOwner))
	v := p.enter(chromium.Options{}, alice)
	v.goTo("/orders/" + order)
	v.SeesIn("[role=status]", "Waiting for the owner")
	shown := v.Document()
	d.kill()
	d.run()
	p.eventually(func() bool { // it may be accepted before the engine can carry it out
		p.decide(order, "confirm")
		return p.page(order).Status == booking.Confirmed
	})
	v.SeesIn("[role=status]", "Confirmed")
	require.Equal(t, shown, v.Document(), "the page was loaded again")
}
