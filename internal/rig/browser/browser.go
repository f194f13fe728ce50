package browser

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// waitTimeout bounds every wait for a page. A failing test takes that long. It is long
// enough for a busy machine.
const waitTimeout = 3 * time.Minute

// programs are the names of Chromium, as in tools/chromium.sh. The first is Debian's build
// without the parts that show windows: it needs two thirds of the processor time. Debian's
// chromium-headless-shell in PATH is a script, which would be killed in place of the browser.
var programs = []string{
	"/usr/lib/chromium/chromium-headless-shell", "chromium", "chromium-browser", "google-chrome", "google-chrome-stable",
	"/Applications/Chromium.app/Contents/MacOS/Chromium",
	"/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
}

// Browser is a Chromium for one test.
type Browser struct {
	// Screenshots is the folder of the screenshots: YEYAK_SCREENSHOTS, or screenshots
	// below the test's package.
	Screenshots string

	ctx context.Context
}

// New starts a browser, which is closed when the test ends.
func New(t testing.TB) *Browser {
	t.Helper()
	path, err := program()
	require.NoError(t, err)
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path),
		// It shows our own pages only, and containers often have no sandbox.
		chromedp.NoSandbox,
		chromedp.DisableGPU,
		chromedp.Flag("host-resolver-rules", "MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost"),
		// The language determines the order of a date's fields.
		chromedp.Flag("lang", "en-US"),
	)
	// Cleanup functions use the browser, and t.Context() ends before they run.
	ctx, end := chromedp.NewExecAllocator(context.WithoutCancel(t.Context()), options...)
	t.Cleanup(end)
	// New versions of Chromium send events that chromedp does not know.
	ctx, closeAll := chromedp.NewContext(ctx, chromedp.WithErrorf(func(string, ...any) {}))
	t.Cleanup(closeAll)
	defer time.AfterFunc(waitTimeout, closeAll).Stop() // the browser lives as long as ctx
	require.NoError(t, chromedp.Do(ctx), "start %s", path)
	b := &Browser{Screenshots: os.Getenv("YEYAK_SCREENSHOTS"), ctx: ctx}
	if b.Screenshots == "" {
		b.Screenshots = "screenshots"
	}
	return b
}

// program is the path of Chromium.
func program() (string, error) {
	for _, name := range programs {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", errors.New("no Chromium on this machine: run tools/chromium.sh to install it")
}
