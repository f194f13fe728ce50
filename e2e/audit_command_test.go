package e2e

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/audit"
)

// command runs yeyak as an operator does, and returns its exit code and output.
func (a *audited) command(env []string, args ...string) (code int, stdout, stderr string) {
	a.Helper()
	path, err := binary()
	require.NoError(a, err)
	cmd := limitedCommand(a, path, args...)
	database := "DATABASE_URL=" + string(a.options.Config.Databases.Front)
	if a.options.Config.Databases.Front == "" {
		database = "YEYAK_DATA_DIR=" + a.options.Config.Dev.DataDir
	}
	cmd.Env = append(append(os.Environ(), "TEMPORAL_ADDRESS="+a.options.TemporalAddress, "TEMPORAL_NAMESPACE="+a.namespace,
		database, "YEYAK_AUDIT_MOMENT=500ms"), env...)
	var out, logs bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &logs
	var ended *exec.ExitError
	if err := cmd.Run(); !errors.As(err, &ended) {
		require.NoError(a, err)
	}
	return cmd.ProcessState.ExitCode(), out.String(), logs.String()
}

// TestAudit_Command: the exit code and the output, as text and as JSON, report the
// finding, and the named remedy repairs it.
func TestAudit_Command(t *testing.T) {
	t.Parallel()
	a := bootAudited(t)
	order := a.reserve(a.place(1)).with(t, http.StatusCreated).body.ID
	a.finished(order)
	code, out, logs := a.command(nil, "audit")
	require.Zero(t, code, logs)
	require.Contains(t, out, "Checked 1 orders (1 running)")
	require.Contains(t, out, "Nothing that was checked is wrong.")
	require.Empty(t, logs)

	code, _, logs = a.command(nil, "settle", order)
	require.Equal(t, 1, code)
	require.Contains(t, logs, "cancel it instead")

	a.terminate(order)
	code, out, _ = a.command(nil, "audit")
	require.Equal(t, 1, code)
	require.Contains(t, out, "abandoned")
	require.Contains(t, out, "remedy: yeyak settle "+order)
	code, out, _ = a.command(nil, "audit", "--json")
	require.Equal(t, 1, code)
	var report audit.Report
	require.NoError(t, json.Unmarshal([]byte(out), &report))
	require.Equal(t, order, report.Findings[0].OrderID)

	code, out, logs = a.command(nil, "settle", order)
	require.Zero(t, code, logs)
	require.Equal(t, "Order "+order+" is cancelled (operator); nothing is owed.\n", out)
	code, _, _ = a.command(nil, "audit")
	require.Zero(t, code)
}

// TestAudit_CommandThatCannotRead: it has another exit code than with findings, and
// names what it could not read.
func TestAudit_CommandThatCannotRead(t *testing.T) {
	t.Parallel()
	a := bootAudited(t)
	front, err := url.Parse(string(a.options.Config.Databases.Front))
	require.NoError(t, err)
	front.Path = "/nothing_here"
	for name, c := range map[string]struct {
		env  []string
		says string
	}{
		"Database":  {[]string{"INVENTORY_DATABASE_URL=" + front.String()}, "database of inventory: "},
		"Temporal":  {[]string{"TEMPORAL_ADDRESS=127.0.0.1:1"}, "list workflows of orders: "},
		"NoFiles":   {[]string{"DATABASE_URL=", "YEYAK_DATA_DIR=" + t.TempDir()}, "there is none in"},
		"BadMoment": {[]string{"YEYAK_AUDIT_MOMENT=soon"}, "YEYAK_AUDIT_MOMENT"},
	} {
		t.Run(name, func(t *testing.T) {
			code, out, logs := a.command(c.env, "audit")
			require.Equal(t, 2, code, logs)
			require.Contains(t, logs, c.says)
			require.Empty(t, out)
		})
	}
}

// TestAudit_OfDev: beside `yeyak dev` it needs only the data folder, by default that in
// which it runs.
func TestAudit_OfDev(t *testing.T) {
	t.Parallel()
	d := newDev(t)
	d.run()
	order := d.reserve(d.place(1)).with(t, http.StatusCreated).body.ID
	path, err := binary()
	require.NoError(t, err)
	d.eventually(func() bool { return d.page(order).Status == booking.Confirmed })
	audit := func() (string, error) {
		cmd := limitedCommand(t, path, "audit")
		cmd.Env = append(os.Environ(), "YEYAK_DATA_DIR="+d.folder, "YEYAK_AUDIT_MOMENT=1s")
		out, err := cmd.CombinedOutput()
		return string(out), err
	}
	out, err := audit()
	require.NoError(t, err, "%s", out)
	require.Contains(t, out, "Checked 1 orders (1 running)")

	d.kill() // leaves the file with its addresses
	out, err = audit()
	require.ErrorContains(t, err, "exit status 2")
	require.Contains(t, out, "yeyak dev does not run on "+d.folder)
	d.run()
	out, err = audit()
	require.NoError(t, err, "%s", out)
	require.Contains(t, out, "Checked 1 orders (1 running)")
}
