package e2e

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/child"
	"github.com/yeyak/yeyak/internal/rig/scratch"
)

// built is the folder of binary, nil unless a test has used it.
var built *scratch.Folder

// binary builds yeyak once for the tests that run it as a command.
var binary = sync.OnceValues(func() (path string, err error) {
	if built, err = scratch.Make("", "yeyak-bin-"); err != nil {
		return "", err
	}
	path = filepath.Join(built.Path, "yeyak")
	out, err := exec.Command("go", "build", "-o", path, "../cmd/yeyak").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("build yeyak: %w: %s", err, out)
	}
	return path, nil
})

// dev is a `yeyak dev` process on a folder and ports of its own.
type dev struct {
	system
	folder string
	env    []string
	cmd    *exec.Cmd
	output *bytes.Buffer // of the last run; read it after the end
	exited chan error
}

func newDev(t *testing.T) *dev {
	t.Helper()
	folder := t.TempDir()
	d := &dev{folder: folder, env: []string{
		"YEYAK_LISTEN=127.0.0.1:" + freePort(t), "YEYAK_TEMPORAL_PORT=" + freePort(t), "YEYAK_UI_PORT=" + freePort(t),
		"YEYAK_DATA_DIR=" + folder, "YEYAK_TEMPORAL_SERVER=" + temporalProgram(), "TEMPORAL_ADDRESS=",
		"YEYAK_REPLY_BUDGET=1m", // the machine's speed must not decide
	}}
	d.system = system{TB: t, url: "http://" + strings.TrimPrefix(d.env[0], "YEYAK_LISTEN=")}
	atEnd(t, d.kill)
	return d
}

// freePort is a port that no other process gets before it is used, or while its server
// is away.
func freePort(t *testing.T) string {
	t.Helper()
	ports, err := child.FreePorts(1)
	require.NoError(t, err)
	return strconv.Itoa(ports[0])
}

// command is `yeyak dev` with extra settings.
func (d *dev) command(extra ...string) *exec.Cmd {
	d.Helper()
	path, err := binary()
	require.NoError(d, err)
	cmd := exec.Command(path, "dev")
	cmd.Env = append(append(os.Environ(), d.env...), extra...)
	return cmd
}

// run starts it and waits until it prints that it runs.
func (d *dev) run() {
	d.Helper()
	d.cmd = d.command()
	d.output = &bytes.Buffer{}
	stdout, err := d.cmd.StdoutPipe()
	require.NoError(d, err)
	d.cmd.Stderr = os.Stderr
	require.NoError(d, d.cmd.Start())
	running := make(chan struct{})
	d.exited = make(chan error, 1)
	go func() {
		lines := bufio.NewScanner(stdout)
		for lines.Scan() {
			fmt.Fprintln(d.output, lines.Text())
			if strings.Contains(lines.Text(), "Yeyak is running") {
				close(running)
			}
		}
		d.exited <- d.cmd.Wait()
	}()
	select {
	case <-running:
	case err := <-d.exited:
		d.cmd = nil // nothing is left to kill
		require.FailNow(d, "yeyak dev ended", "%v\n%s", err, d.output)
	case <-time.After(waitLimit):
		require.FailNow(d, "yeyak dev did not start")
	}
	d.token = d.tokenOf("olga")
}

// kill is kill -9.
func (d *dev) kill() {
	if d.cmd != nil {
		_ = d.cmd.Process.Kill()
		_ = receive(d, d.exited, "the end of a killed process")
		d.cmd = nil
	}
}

// end sends the signal and waits for the end.
func (d *dev) end(sig os.Signal) error {
	d.Helper()
	require.NoError(d, d.cmd.Process.Signal(sig))
	select {
	case err := <-d.exited:
		d.cmd = nil
		return err
	case <-time.After(waitLimit):
		require.FailNow(d, "yeyak dev does not stop") // and is killed when the test ends
		return nil
	}
}

// TestDev_WaitsThroughRestarts: a reservation that waits for its owner still waits
// after an orderly stop, and after kill -9.
func TestDev_WaitsThroughRestarts(t *testing.T) {
	t.Parallel()
	d := newDev(t)
	d.run()
	place := d.place(1, byOwner)
	order := d.reserve(place).with(t, http.StatusCreated).body.ID

	require.NoError(t, d.end(os.Interrupt), "an orderly stop is a success")
	require.Contains(t, d.output.String(), "Stopped.")
	d.run()
	d.eventuallyWaits(order)

	d.kill()
	d.run()
	d.eventuallyWaits(order)
	v := d.decide(order, "confirm").with(t, http.StatusOK).body
	require.Equal(t, booking.Confirmed, v.Status)
	require.NoError(t, d.end(syscall.SIGTERM))
}

// eventuallyWaits waits until the order itself says that it waits for its owner. For
// some seconds the engine still assigns it to the killed process.
func (d *dev) eventuallyWaits(order string) {
	d.Helper()
	d.eventually(func() bool {
		a := d.get("/v1/mypages/" + order + "?fresh=true")
		return a.status == http.StatusOK && a.body.Status == booking.AwaitingOwner
	})
}

// TestDev_FirstOrder pastes the lines of the greeting into a shell.
func TestDev_FirstOrder(t *testing.T) {
	t.Parallel()
	d := newDev(t)
	d.run()
	require.NoError(t, d.end(os.Interrupt))
	script := regexp.MustCompile(`(?s)  TOKEN=.*"rooms":1}'\n`).FindString(d.output.String())
	require.NotEmpty(t, script)
	d.run()
	out, err := limitedCommand(t, "sh", "-c", script).CombinedOutput()
	require.NoError(t, err, "%s", out)
	require.Contains(t, string(out), "201 Created")
	require.Contains(t, string(out), `"status":"confirmed"`)
}

// TestDev_SaysWhatIsWrong: one clear line for each mistake, and exit code 1.
func TestDev_SaysWhatIsWrong(t *testing.T) {
	t.Parallel()
	d := newDev(t)
	d.run()
	occupied, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = occupied.Close() })
	other := newDev(t)
	for name, c := range map[string]struct {
		settings []string
		says     []string
	}{
		"APIPort":      {[]string{"YEYAK_LISTEN=" + occupied.Addr().String()}, []string{occupied.Addr().String(), "YEYAK_LISTEN"}},
		"TemporalPort": {[]string{"YEYAK_TEMPORAL_PORT=" + portOf(occupied)}, []string{portOf(occupied), "YEYAK_TEMPORAL_PORT"}},
		"UIPort":       {[]string{"YEYAK_UI_PORT=" + portOf(occupied)}, []string{portOf(occupied), "YEYAK_UI_PORT"}},
		"FolderInUse":  {[]string{"YEYAK_DATA_DIR=" + d.folder}, []string{d.folder, "in use"}},
		"FolderIsFile": {[]string{"YEYAK_DATA_DIR=" + temporalProgram() + "/x"}, []string{temporalProgram() + "/x"}},
		"BadSettings":  {[]string{"YEYAK_REPLY_BUDGET=soon", "YEYAK_LISTEN=nowhere"}, []string{"YEYAK_REPLY_BUDGET", "YEYAK_LISTEN"}},
	} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), waitLimit)
			defer cancel()
			cmd := other.command(c.settings...)
			var stderr bytes.Buffer
			cmd.Stderr = &stderr
			require.NoError(t, cmd.Start())
			stop := context.AfterFunc(ctx, func() { _ = cmd.Process.Kill() })
			defer stop()
			require.Error(t, cmd.Wait())
			require.Equal(t, 1, cmd.ProcessState.ExitCode(), "%s", stderr.String())
			for _, word := range c.says {
				require.Contains(t, stderr.String(), word)
			}
			require.LessOrEqual(t, strings.Count(strings.TrimSpace(stderr.String()), "\n")+1, len(c.says), "a line for each mistake: %s", stderr.String())
		})
	}
}

func portOf(l net.Listener) string {
	_, port, _ := net.SplitHostPort(l.Addr().String())
	return port
}

// TestDev_SecondSignal: a second Ctrl-C ends it at once, though the first one waits for
// a running request.
func TestDev_SecondSignal(t *testing.T) {
	t.Parallel()
	d := newDev(t)
	d.env = append(d.env, "YEYAK_SHUTDOWN_GRACE=1h")
	d.run()
	d.sandbox(object{"latency": "1h"})
	in := reservation(d.place(1))
	go func() { _, _ = d.send(http.MethodPost, reservations, in) }() // waits for its order's payment
	d.eventually(func() bool { return len(d.get("/v1/mypages?customerId=alice").body.Items) == 1 })
	require.NoError(t, d.cmd.Process.Signal(os.Interrupt))
	d.eventually(func() bool { // it stops: two signals at once may count as one
		a, err := d.send(http.MethodGet, "/readyz", nil)
		return err != nil || a.status == http.StatusServiceUnavailable
	})
	require.ErrorContains(t, d.end(os.Interrupt), "exit status 130", "an orderly stop is a success")
}

// TestDev_StopsWithWorkInHand: a long step neither delays the stop by more than seconds
// nor is lost.
func TestDev_StopsWithWorkInHand(t *testing.T) {
	t.Parallel()
	d := newDev(t)
	d.env = append(d.env, "YEYAK_REPLY_BUDGET=2s")
	d.run()
	place := d.place(1)
	d.sandbox(object{"latency": "1h"})
	order := d.reserve(place).with(t, http.StatusAccepted).body.ID
	require.NoError(t, d.end(os.Interrupt), "it did not wait for the hour to pass")
	d.run()
	d.eventually(func() bool { return d.get("/v1/mypages/"+order).body.Status == booking.Confirmed })
	charged, _ := d.atProvider()
	require.EqualValues(t, 100000, charged)
}
