package e2e

import (
	"bufio"
	"bytes"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	chromium "github.com/yeyak/yeyak/internal/rig/browser"
)

// demo is a `yeyak demo` process on a folder and ports of its own.
type demo struct {
	*dev
	mu    sync.Mutex
	lines []string
	more  chan struct{} // closed at the next line
}

// startDemo starts a demonstration whose services fail for a short time each.
func startDemo(t *testing.T, flags ...string) *demo {
	t.Helper()
	d := &demo{dev: newDev(t), more: make(chan struct{})}
	path, err := binary()
	require.NoError(t, err)
	d.cmd = exec.Command(path, append([]string{"demo"}, flags...)...)
	d.cmd.Env = append(os.Environ(), d.env...)
	stdout, err := d.cmd.StdoutPipe()
	require.NoError(t, err)
	d.cmd.Stderr = os.Stderr
	d.output = &bytes.Buffer{} // said has the lines, too
	require.NoError(t, d.cmd.Start())
	t.Cleanup(func() {
		said, _ := d.said()
		_, events, _ := strings.Cut(said, "everything is kept.\n")
		t.Log(events)
	})
	d.exited = make(chan error, 1)
	go func() {
		for lines := bufio.NewScanner(stdout); lines.Scan(); {
			d.mu.Lock()
			d.lines = append(d.lines, lines.Text())
			close(d.more)
			d.more = make(chan struct{})
			d.mu.Unlock()
		}
		d.exited <- d.cmd.Wait()
	}()
	return d
}

// said is its output, and a channel that is closed when there is more.
func (d *demo) said() (string, <-chan struct{}) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return strings.Join(d.lines, "\n"), d.more
}

// awaitOutput waits until its output has the text so often.
func (d *demo) awaitOutput(what string, times int) {
	d.Helper()
	late := time.After(3 * waitLimit)
	for {
		said, more := d.said()
		if strings.Count(said, what) >= times {
			return
		}
		select {
		case <-more:
		case err := <-d.exited:
			d.cmd = nil
			require.FailNow(d, "yeyak demo ended", "%v\n%s", err, said)
		case <-late:
			require.FailNow(d, "yeyak demo does not say "+what, said)
		}
	}
}

// TestPages_Demo: services fail in turn, which the pages show in both languages, and
// all affected orders recover. The audit at the end finds nothing.
func TestPages_Demo(t *testing.T) {
	t.Parallel()
	d := startDemo(t, "--failing=15s", "--heal-within=6m", "--per-minute=60", "--seed=7")
	d.awaitOutput("Yeyak is running", 1)
	d.token = d.tokenOf("olga")
	p := &pages{&d.system, chromium.New(t)}
	live := p.enter(chromium.Options{Width: 390}, olga) // shows each change by itself
	live.goTo("/demo")
	still := []*visitor{
		p.enter(chromium.Options{Language: "ko", Width: 390, NoScript: true}, olga), p.enter(chromium.Options{Dark: true, NoScript: true}, olga),
	}
	customer := p.enter(chromium.Options{Language: "ko"}, alice)
	for n, failing := range []struct{ name, says, en, ko string }{
		{"slow", "The payment provider is slow", "Slow payment provider", "느린 결제사"},
		{"away", "The inventory is away", "Inventory away", "재고 서비스 중단"},
		{"killed", "The worker is killed", "Worker killed", "워커 강제 종료"},
	} {
		d.awaitOutput(failing.says, 1)
		d.eventually(func() bool { // the banner
			customer.goTo("/orders")
			return strings.Contains(customer.Text(), failing.ko)
		})
		live.Sees(failing.en)
		order := d.waits()
		customer.goTo("/orders/" + order)
		customer.Screenshot("demo-" + failing.name + "-order-" + customer.String())
		for _, v := range still {
			v.goTo("/demo")
			v.Sees(v.word(failing.en, failing.ko))
			v.keep("demo-" + failing.name)
		}
		d.awaitOutput("Healed, ", n+1)
		live.Sees("What has failed and healed")
		d.eventually(func() bool {
			open, known := d.undecided()
			return known && !slices.Contains(open, order)
		})
		customer.Screenshot("demo-" + failing.name + "-order-healed-" + customer.String())
	}
	live.Click("button", "Stop, and run the audit")
	d.ends()
}

// undecided are alice's orders without a first decision. They are not known if the test sends
// too many requests.
func (d *demo) undecided() (orders []string, known bool) {
	d.Helper()
	for _, status := range []string{"received", "payment_pending", "paid"} {
		list := d.get("/v1/mypages?customerId=alice&status=" + status)
		if list.status == http.StatusTooManyRequests {
			return nil, false
		}
		for _, o := range list.with(d, http.StatusOK).body.Items {
			if status != "paid" || o["kind"] == "lodging" {
				orders = append(orders, o["id"].(string))
			}
		}
	}
	return orders, true
}

// waits returns an order that waits.
func (d *demo) waits() (order string) {
	d.Helper()
	d.eventually(func() bool {
		waiting, _ := d.undecided()
		if len(waiting) > 0 {
			order = waiting[0]
		}
		return order != ""
	})
	return order
}

// ends waits for its end, which is a success: the audit finds nothing, and all answers
// were expected ones.
func (d *demo) ends() {
	d.Helper()
	err := receive(d, d.exited, "the end of the demonstration")
	d.cmd = nil
	said, _ := d.said()
	require.NoError(d, err, said)
	require.Contains(d, said, "Nothing that was checked is wrong.")
	require.NotContains(d, said, "is answered")
}

// TestDev_Demo: a page of `yeyak dev` starts and stops the demonstration, and shows the
// audit's result. Ctrl-C ends both at once.
func TestDev_Demo(t *testing.T) {
	t.Parallel()
	d := newDev(t)
	d.run()
	b := d.browse("olga")
	p := &pages{&d.system, chromium.New(t)}
	v := p.enter(chromium.Options{Language: "ko", Width: 390}, olga)
	v.goTo("/demo")
	v.keep("demo-before")
	for range 2 {
		b.open(d.url + "/demo")
		b.submit("/demo/start", http.StatusOK)
		before := len(d.listed("/v1/mypages?customerId=alice"))
		d.eventually(func() bool { return len(d.listed("/v1/mypages?customerId=alice")) > before })
		b.open(d.url + "/demo")
		b.submit("/demo/stop", http.StatusOK)
		d.eventually(func() bool { b.open(d.url + "/demo"); return strings.Contains(b.text, "/demo/start") })
		require.Contains(t, b.text, "The audit has found nothing wrong")
	}
	v.Sees("점검 결과 문제가 없습니다.")
	v.keep("demo-after")
	b.submit("/demo/start", http.StatusOK)
	d.eventually(func() bool { b.open(d.url + "/demo"); return strings.Contains(b.text, "Have met a failure") })
	require.NoError(t, d.end(os.Interrupt))
	require.NotContains(t, d.output.String(), "The audit looks at everything …\n\n")
}

// TestDemo_InterruptedInTheMiddle: Ctrl-C during a failure ends the failure, has every
// order finished and audited, and is a success.
func TestDemo_InterruptedInTheMiddle(t *testing.T) {
	t.Parallel()
	d := startDemo(t, "--failing=1m", "--per-minute=120", "--heal-within=6m")
	d.awaitOutput("The payment provider is slow", 1)
	d.token = d.tokenOf("olga")
	d.waits()
	require.NoError(t, d.cmd.Process.Signal(os.Interrupt))
	d.ends()
	said, _ := d.said()
	require.Contains(t, said, "The payment provider is quick again.")
}

// TestDemo_NotInProduction: `yeyak api` serves nothing of the demonstration.
func TestDemo_NotInProduction(t *testing.T) {
	t.Parallel()
	s := bootPages(t)
	b := s.browse("olga")
	require.NotContains(t, b.text, "/demo")
	for _, path := range []string{"/demo", "/demo/part", "/demo/live"} {
		b.do(http.MethodGet, s.url+path, nil, http.StatusNotFound)
	}
	for _, path := range []string{"/demo/start", "/demo/stop"} {
		b.do(http.MethodPost, s.url+path, nil, http.StatusNotFound)
	}
	path, err := binary()
	require.NoError(t, err)
	said, err := limitedCommand(t, path, "api", "--failing=1s").CombinedOutput()
	require.Error(t, err)
	require.Contains(t, string(said), "unknown flag --failing")
}
