package e2e

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.temporal.io/api/workflowservice/v1"
	"go.temporal.io/sdk/client"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/app"
	"github.com/yeyak/yeyak/internal/devserver"
)

// refused is the error of a `yeyak dev` that does not start.
func (d *dev) refused(settings ...string) string {
	d.Helper()
	ctx, cancel := context.WithTimeout(d.Context(), time.Minute)
	defer cancel()
	cmd := d.command(settings...)
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	require.NoError(d, cmd.Start())
	defer context.AfterFunc(ctx, func() { _ = cmd.Process.Kill() })()
	require.Error(d, cmd.Wait())
	require.Equal(d, 1, cmd.ProcessState.ExitCode(), "%s", said.String())
	return said.String()
}

// TestDev_OnAServerThatRuns: TEMPORAL_ADDRESS names the Temporal server. A data folder
// stays with its first server.
func TestDev_OnAServerThatRuns(t *testing.T) {
	t.Parallel()
	address, namespace := newNamespace(t)
	d := newDev(t)
	there := []string{"TEMPORAL_ADDRESS=" + address, "TEMPORAL_NAMESPACE=" + namespace}
	d.env = append(d.env, there...)
	d.run()
	place := d.place(1, byOwner)
	order := d.reserve(place).with(t, http.StatusCreated).body.ID
	require.NoError(t, d.end(os.Interrupt))
	require.Contains(t, d.output.String(), "that runs at "+address+" (TEMPORAL_ADDRESS), namespace "+namespace)
	require.NoFileExists(t, filepath.Join(d.folder, "temporal.db"))

	require.Contains(t, d.refused("TEMPORAL_ADDRESS="), "set TEMPORAL_ADDRESS="+address+" TEMPORAL_NAMESPACE="+namespace)
	nowhere := "127.0.0.1:" + freePort(t)
	require.Contains(t, d.refused("TEMPORAL_ADDRESS="+nowhere), "set TEMPORAL_ADDRESS="+address)
	d.run()
	d.eventuallyWaits(order)
	d.carriedOut(func() answer { return d.decide(order, "confirm") })
	d.becomes(order, booking.Confirmed)

	other := newDev(t)
	require.Contains(t, other.refused(there...), "namespace "+namespace+" of the Temporal server at "+address+" holds orders that are not in "+other.folder)
	other.env = append(other.env, "TEMPORAL_ADDRESS="+nowhere)
	other.run()
	require.NoError(t, other.end(os.Interrupt))
	require.Contains(t, other.output.String(), "Not used: the Temporal server at "+nowhere+" (TEMPORAL_ADDRESS), which does not answer")
	require.Contains(t, other.refused(there...), "unset TEMPORAL_ADDRESS")
	require.NoError(t, d.end(os.Interrupt))
}

// TestDev_FirstNewEnough: of the installed servers the first that is new enough is
// used, and older ones are named.
func TestDev_FirstNewEnough(t *testing.T) {
	t.Parallel()
	d := newDev(t)
	bin := filepath.Join(t.TempDir(), "bin")
	require.NoError(t, os.Mkdir(bin, 0o700))
	d.env = append(d.env, "YEYAK_TEMPORAL_SERVER=", "PATH="+bin, "TMPDIR="+t.TempDir())
	require.Contains(t, d.refused(), "`make bin/temporal-server`")

	onPath := filepath.Join(bin, "temporal")
	install := func(version string) {
		script := fmt.Sprintf("#!/bin/sh\n[ \"$1\" = --version ] && echo 'temporal version 1 (Server %s, UI 2)' && exit\nexec '%s' \"$@\"\n", version, temporalProgram())
		require.NoError(t, os.WriteFile(onPath, []byte(script), 0o700))
	}
	install("1.29.1")
	said := d.refused()
	require.Contains(t, said, "Not used: "+onPath+", its server is 1.29.1, older than "+devserver.Oldest)
	require.Contains(t, said, "`make bin/temporal-server`")
	install("1.33.0")
	d.run()
	d.reserve(d.place(1)).with(t, http.StatusCreated)
	require.NoError(t, d.end(os.Interrupt))
	require.Contains(t, d.output.String(), "Starting the Temporal server 1.33.0 ("+onPath+")")
	require.Contains(t, d.refused("YEYAK_TEMPORAL_SERVER="+temporalProgram()), "is of 1.33.0")
}

// TestDev_DataOfAnOlderServer: an older server's data in a folder are migrated. Orders
// go on, operators find them, and a copy of the database is kept.
func TestDev_DataOfAnOlderServer(t *testing.T) {
	t.Parallel()
	d := newDev(t)
	old := startOn(t, d.folder, temporalCLI())
	o := options(t)
	o.TemporalAddress, o.Namespace, o.Config.Dev.DataDir = old.Addr(), client.DefaultNamespace, d.folder
	prepare(t, old.Addr())
	before := start(t, o)
	waiting := before.reserve(before.place(1, byOwner)).with(t, http.StatusCreated).body.ID
	cancelled := before.reserve(before.place(1)).with(t, http.StatusCreated).body.ID
	before.decide(cancelled, "cancel").with(t, http.StatusOK)
	stop(before, before.app)
	old.Stop(context.WithoutCancel(t.Context()))

	newer, err := exec.LookPath(temporalProgram())
	require.NoError(t, err)
	d.run()
	d.eventuallyWaits(waiting)
	d.temporal, err = client.NewLazyClient(client.Options{HostPort: "127.0.0.1:" + d.setting("YEYAK_TEMPORAL_PORT"), Logger: devserver.Quiet()})
	require.NoError(t, err)
	defer d.temporal.Close()
	for order, status := range map[string]booking.Status{waiting: booking.AwaitingOwner, cancelled: booking.Cancelled} {
		found, err := d.temporal.CountWorkflow(t.Context(), &workflowservice.CountWorkflowExecutionsRequest{
			Namespace: client.DefaultNamespace, Query: fmt.Sprintf("OrderStatus = %q AND WorkflowId = %q", status, order),
		})
		require.NoError(t, err)
		require.EqualValues(t, 1, found.Count, "%s is found as %s", order, status)
	}
	require.Equal(t, booking.Confirmed, d.decide(waiting, "confirm").with(t, http.StatusOK).body.Status)
	d.reserve(d.place(1)).with(t, http.StatusCreated)
	require.NoError(t, d.end(os.Interrupt))
	require.Contains(t, d.output.String(), newer)
	kept, err := filepath.Glob(filepath.Join(d.folder, "temporal.db.before-*"))
	require.NoError(t, err)
	require.Len(t, kept, 1)

	d.run() // and is migrated from now on
	require.NoError(t, d.end(os.Interrupt))
	again, err := filepath.Glob(filepath.Join(d.folder, "temporal.db.before-*"))
	require.NoError(t, err)
	require.Equal(t, kept, again)
}

// startOn starts a Temporal server on a folder. It is gone when t ends.
func startOn(t *testing.T, folder, program string) *devserver.Server {
	t.Helper()
	s, err := devserver.Start(t.Context(), devserver.Options{Program: program, DataDir: folder})
	require.NoError(t, err)
	atEnd(t, func() { s.Stop(context.Background()) })
	ready, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	require.NoError(t, s.WaitReady(ready))
	return s
}

// prepare prepares the default namespace of a server.
func prepare(t *testing.T, address string) {
	t.Helper()
	c, err := client.NewLazyClient(client.Options{HostPort: address, Logger: devserver.Quiet()})
	require.NoError(t, err)
	defer c.Close()
	require.NoError(t, app.PrepareNamespace(t.Context(), c, client.DefaultNamespace))
}

// setting is the value of one of its variables.
func (d *dev) setting(name string) string {
	for _, s := range d.env {
		if value, ok := strings.CutPrefix(s, name+"="); ok {
			return value
		}
	}
	return ""
}
