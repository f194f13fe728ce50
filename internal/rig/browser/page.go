package browser

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/dom"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// telephone is the width up to which a window is laid out like a telephone's, by the
// page's viewport.
const telephone = 600

// Options is the browser's configuration for a page.
type Options struct {
	Width    int    // of the window; 0 is 1280
	Language string // as in Accept-Language; "" is en
	NoScript bool   // scripts are off
	Dark     bool   // dark colours are preferred
}

// String is the form for file names, such as ko-390-noscript.
func (l Options) String() string {
	l = l.withDefaults()
	s := l.Language + "-" + strconv.Itoa(l.Width)
	if l.NoScript {
		s += "-noscript"
	}
	if l.Dark {
		s += "-dark"
	}
	return s
}

// withDefaults are the options with their zero fields set to the defaults.
func (l Options) withDefaults() Options {
	l.Width, l.Language = cmp.Or(l.Width, 1280), cmp.Or(l.Language, "en")
	return l
}

// Page is a window with a browser context of its own: pages share no cookies.
type Page struct {
	testing.TB
	Options

	screenshots string
	ctx         context.Context
	seen        traffic
}

// Page opens an empty window, which is closed at the end of the test.
func (b *Browser) Page(t testing.TB, options Options) *Page {
	t.Helper()
	p := &Page{TB: t, Options: options.withDefaults(), screenshots: b.Screenshots}
	ctx, end := chromedp.NewContext(b.ctx, chromedp.WithNewBrowserContext(), chromedp.WithListener(p.seen.note))
	t.Cleanup(end)
	p.ctx = ctx
	t.Cleanup(p.describe)
	defer time.AfterFunc(waitTimeout, end).Stop() // the window lives as long as ctx
	require.NoError(t, chromedp.Do(ctx, chromedp.Func(p.prepare)))
	return p
}

// prepare configures the window.
func (p *Page) prepare(ctx context.Context, t *chromedp.Target) error {
	version, err := chromedp.CallBrowser(ctx, browser.GetVersion, cdp.Empty{})
	if err != nil {
		return err
	}
	return errors.Join(
		do(ctx, t, emulation.SetUserAgentOverride, emulation.SetUserAgentOverrideParams{
			UserAgent: version.UserAgent, AcceptLanguage: p.Language,
		}),
		p.appear(ctx, t),
		do(ctx, t, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: p.NoScript}),
		do(ctx, t, dom.Enable, dom.EnableParams{}),
		do(ctx, t, log.Enable, cdp.Empty{}),
		do(ctx, t, network.Enable, network.EnableParams{}),
		do(ctx, t, runtime.Enable, cdp.Empty{}),
	)
}

// appear sets the window's width and the user's preferences as in the options.
func (p *Page) appear(ctx context.Context, t *chromedp.Target) error {
	return errors.Join(
		do(ctx, t, emulation.SetDeviceMetricsOverride, emulation.SetDeviceMetricsOverrideParams{
			Width: int64(p.Width), Height: 800, DeviceScaleFactor: 1, Mobile: p.Width <= telephone,
		}),
		do(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: p.preferences()}),
	)
}

// Appear changes the window's width and colours to those of the options. The page stays: it
// is not loaded again.
func (p *Page) Appear(options Options) {
	p.Helper()
	options = options.withDefaults()
	p.Width, p.Dark = options.Width, options.Dark
	require.NoError(p, p.act(chromedp.Func(p.appear)))
	scheme := p.preferences()[0].Value
	appears := p.within(func() bool {
		appears, err := evaluate[bool](p, fmt.Sprintf("matchMedia('(width: %dpx) and (prefers-color-scheme: %s)').matches", p.Width, scheme))
		return err == nil && appears
	})
	require.True(p, appears, "the page does not become %s", p)
}

// preferences are the user's preferences besides the language. Screenshots need reduced motion.
func (p *Page) preferences() []*emulation.MediaFeature {
	scheme := "light"
	if p.Dark {
		scheme = "dark"
	}
	return []*emulation.MediaFeature{
		{Name: "prefers-color-scheme", Value: scheme},
		{Name: "prefers-reduced-motion", Value: "reduce"},
	}
}

// do sends a command whose result is not needed.
func do[P, R any](ctx context.Context, t *chromedp.Target, command cdp.Command[P, R], params P) error {
	_, err := cdp.Call(ctx, t, command, params)
	return err
}

// act carries out actions in the page.
func (p *Page) act(actions ...chromedp.Action[chromedp.Void]) error {
	ctx, cancel := context.WithTimeout(p.ctx, waitTimeout)
	defer cancel()
	return chromedp.Do(ctx, actions...)
}

// ask sends a command to the page and returns its result.
func ask[P, R any](p *Page, command cdp.Command[P, R], params P) (R, error) {
	ctx, cancel := context.WithTimeout(p.ctx, waitTimeout)
	defer cancel()
	return chromedp.Call(ctx, command, params)
}

// Open goes to the address and waits until the page has loaded.
func (p *Page) Open(url string) {
	p.Helper()
	require.NoError(p, p.act(chromedp.Navigate(url)), "open %s", url)
}

// evaluate evaluates a script's expression in the page, also if scripts are off.
func evaluate[T any](p *Page, expression string, options ...chromedp.EvaluateOption) (T, error) {
	ctx, cancel := context.WithTimeout(p.ctx, waitTimeout)
	defer cancel()
	return chromedp.Run(ctx, chromedp.Evaluate[T](expression, options...))
}

// Address returns the shown address.
func (p *Page) Address() string {
	p.Helper()
	address, err := evaluate[string](p, "location.href")
	require.NoError(p, err)
	return address
}

// Text returns the shown text, "" between two documents.
func (p *Page) Text() string {
	p.Helper()
	text, err := evaluate[string](p, "document.body?.innerText ?? ''")
	require.NoError(p, err)
	return text
}

// Document identifies the shown document: each load and reload has another one.
func (p *Page) Document() string {
	p.Helper()
	id, err := p.document()
	require.NoError(p, err)
	return id
}

func (p *Page) document() (string, error) {
	tree, err := ask(p, page.GetFrameTree, cdp.Empty{})
	if err != nil {
		return "", err
	}
	return string(tree.FrameTree.Frame.LoaderID), nil
}

// Arrives waits until a page has loaded whose address contains part.
func (p *Page) Arrives(part string) {
	p.Helper()
	var at string
	arrived := p.within(func() bool {
		state, err := evaluate[[]string](p, "[location.href, document.readyState]")
		if err != nil {
			return false // between two documents
		}
		at = state[0]
		return strings.Contains(at, part) && state[1] == "complete"
	})
	require.True(p, arrived, "is at %s instead of …%s…", at, part)
}

// Sees waits until the page shows the text.
func (p *Page) Sees(text string) {
	p.Helper()
	p.SeesIn("body", text)
}

// SeesIn waits until an element of the selector shows the text.
func (p *Page) SeesIn(selector, text string) {
	p.Helper()
	script := fmt.Sprintf(`[...document.querySelectorAll(%q)].map((e) => e.innerText).join('\n')`, selector)
	var shown string
	seen := p.within(func() bool {
		now, err := evaluate[string](p, script)
		if err == nil {
			shown = now
		}
		return strings.Contains(shown, text)
	})
	require.True(p, seen, "%q is not shown in %s, but:\n%s", text, selector, shown)
}

// shows reports whether the page shows the text now.
func (p *Page) shows(text string) bool {
	p.Helper()
	return strings.Contains(p.Text(), text)
}

// SeesNot waits until the page does not show the text.
func (p *Page) SeesNot(text string) {
	p.Helper()
	gone := p.within(func() bool {
		shown, err := evaluate[string](p, "document.body?.innerText ?? ''")
		return err == nil && !strings.Contains(shown, text)
	})
	require.True(p, gone, "%q is still shown", text)
}

// within calls yes until it returns true, or waitTimeout has passed.
func (p *Page) within(yes func() bool) bool {
	deadline := time.Now().Add(waitTimeout)
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	for !yes() {
		if time.Now().After(deadline) {
			return false
		}
		<-again.C
	}
	return true
}

// Screenshot saves a picture of the whole page as name.png, and returns its path. While a dialog
// is open, it is a picture of the window: a dialog's backdrop covers nothing else.
func (p *Page) Screenshot(name string) string {
	p.Helper()
	p.awaitLoad()
	var picture []byte
	var err error
	for range pictureAttempts {
		if picture, err = p.picture(); err == nil {
			break
		}
	}
	require.NoError(p, err)
	require.NoError(p, os.MkdirAll(p.screenshots, 0o755))
	path := filepath.Join(p.screenshots, name+".png")
	require.NoError(p, os.WriteFile(path, picture, 0o600))
	return path
}

// pictureAttempts: a busy browser may drop the request for a picture.
const pictureAttempts = 3

func (p *Page) picture() ([]byte, error) {
	confirms, err := evaluate[bool](p, "document.querySelector('dialog:modal') !== null")
	if err != nil {
		return nil, err
	}
	screenshot, err := ask(p, page.CaptureScreenshot, page.CaptureScreenshotParams{
		Format: page.CaptureScreenshotFormatPng, CaptureBeyondViewport: new(!confirms), OptimizeForSpeed: new(true),
	})
	if err != nil {
		return nil, err
	}
	return screenshot.Data, nil
}

// awaitLoad waits until the page and its fonts have loaded.
func (p *Page) awaitLoad() {
	p.Helper()
	loaded := p.within(func() bool {
		loaded, err := evaluate[bool](p, "document.readyState === 'complete' && document.fonts.status === 'loaded'")
		return err == nil && loaded
	})
	require.True(p, loaded, "the page does not finish to load")
}

// describe logs the shown page if the test has failed.
func (p *Page) describe() {
	if !p.Failed() {
		return
	}
	shown, err := evaluate[string](p, "location.href + '\\n' + (document.body?.innerText ?? '')")
	p.Logf("the page at the end: %s (%v)", shown, err)
}

// Count returns the number of elements of the selector.
func (p *Page) Count(selector string) int {
	p.Helper()
	n, err := evaluate[int](p, fmt.Sprintf("document.querySelectorAll(%q).length", selector))
	require.NoError(p, err)
	return n
}
