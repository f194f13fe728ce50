package e2e

import (
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestDev_EngineIsReplaced: a Temporal server that dies, or hangs, under `yeyak dev` is
// restarted on its data, and orders go on.
func TestDev_EngineIsReplaced(t *testing.T) {
	t.Parallel()
	for name, signal := range map[string]syscall.Signal{"Dies": syscall.SIGKILL, "Hangs": syscall.SIGSTOP} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := newDev(t)
			d.run()
			place := d.place(50, byOwner)
			order := d.reserve(place).with(t, http.StatusCreated).body.ID

			first := d.engine()
			require.NoError(t, syscall.Kill(first, signal))
			d.eventually(func() bool { return d.engine() != first })
			d.eventuallyWaits(order)
			d.eventually(func() bool { return d.reserve(place).status == http.StatusCreated })
			require.NoError(t, d.end(os.Interrupt))
		})
	}
}

// engine is the process id of the Temporal server; 0 if it is not known.
func (d *dev) engine() int {
	text, err := os.ReadFile(filepath.Join(d.folder, "temporal.lock"))
	require.NoError(d, err)
	pid, err := strconv.Atoi(strings.TrimSpace(string(text)))
	if err != nil {
		return 0
	}
	return pid
}
