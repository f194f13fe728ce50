package browser

import (
	"fmt"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/dom"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// Element identifies the element of the selector: an element that replaces it is another one.
func (p *Page) Element(selector string) cdp.BackendNodeID {
	p.Helper()
	object, err := ask(p, runtime.Evaluate, runtime.EvaluateParams{Expression: fmt.Sprintf("document.querySelector(%q)", selector)})
	require.NoError(p, err)
	is, err := ask(p, dom.DescribeNode, dom.DescribeNodeParams{ObjectID: object.Result.ObjectID})
	require.NoError(p, err, "no %s", selector)
	return is.Node.BackendNodeID
}

// Hide makes the page one that nobody sees, as behind another tab, or shows it again.
func (p *Page) Hide(hidden bool) {
	p.Helper()
	_, err := evaluate[bool](p, fmt.Sprintf(
		"Object.defineProperty(document, 'hidden', { value: %t, configurable: true }), document.dispatchEvent(new Event('visibilitychange'))", hidden))
	require.NoError(p, err)
}

// ForgetCookies removes the window's cookies.
func (p *Page) ForgetCookies() {
	p.Helper()
	_, err := ask(p, network.ClearBrowserCookies, cdp.Empty{})
	require.NoError(p, err)
}

// Watch notes when an element of the selector shows the text from now on. The result waits for
// that.
func (p *Page) Watch(selector, text string) (when func() time.Time) {
	p.Helper()
	_, err := evaluate[bool](p, fmt.Sprintf(`window.watched = new Promise((seen) => {
		const look = () => [...document.querySelectorAll(%q)].some((e) => e.innerText.includes(%q)) && seen(Date.now())
		new MutationObserver(look).observe(document.body, { subtree: true, childList: true, characterData: true })
	}), true`, selector, text))
	require.NoError(p, err)
	return func() time.Time {
		p.Helper()
		at, err := evaluate[int64](p, "window.watched", chromedp.EvalAwaitPromise)
		require.NoError(p, err)
		return time.UnixMilli(at)
	}
}
