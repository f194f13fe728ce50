package browser

import (
	"fmt"
	"image/png"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// good is a page without faults, with a script and a form that works without it.
const good = `<main><h1>Rooms 방</h1><p id="greeting">Welcome to 예약.</p>
<form action="/ordered" method="get"><label>Guests <input name="guests" type="number" value="1"></label>
<label>Day <input name="day" type="date"></label>
<label>Room <select name="room"><option>Twin</option><option>Suite</option></select></label>
<button>Order</button></form><p><a href="/elsewhere">Elsewhere</a></p></main>`

// site serves the body at /, with a Content-Security-Policy that allows only its own
// script and stylesheet.
func site(t *testing.T, body string) string {
	t.Helper()
	mux := http.NewServeMux()
	show := func(w http.ResponseWriter, body string) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.Header().Set("Content-Security-Policy", "default-src 'none'; script-src 'self'; img-src data:; style-src 'self' 'unsafe-inline'; form-action 'self'")
		_, _ = fmt.Fprintf(w, `<!DOCTYPE html><html lang="en"><head><title>Rooms</title><meta name="viewport" content="width=device-width, initial-scale=1">
<link rel="icon" href="data:,"><link rel="stylesheet" href="/style.css"><script src="/script.js" defer></script></head><body>%s</body></html>`, body)
	}
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) { show(w, body) })
	mux.HandleFunc("GET /ordered", func(w http.ResponseWriter, r *http.Request) {
		show(w, "<main><h1>Ordered</h1><p>"+r.FormValue("room")+" for "+r.FormValue("guests")+" on "+r.FormValue("day")+
			" in "+r.Header.Get("Accept-Language")+"</p></main>")
	})
	mux.HandleFunc("GET /style.css", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/css")
		_, _ = io.WriteString(w, "body { font: 16px sans-serif; margin: 1rem }")
	})
	mux.HandleFunc("GET /script.js", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/javascript")
		_, _ = io.WriteString(w, "const p = document.getElementById('greeting'); if (p) p.textContent = 'A script ran.'; document.querySelector('dialog')?.showModal()")
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server.URL
}

// opened shows the body in a window of its own.
func (b *Browser) opened(t *testing.T, body string, options Options) *Page {
	t.Helper()
	p := b.Page(t, options)
	p.Open(site(t, body))
	return p
}

// TestCheck_GoodPage: a page without faults passes.
func TestCheck_GoodPage(t *testing.T) {
	t.Parallel()
	b := New(t)
	b.Screenshots = t.TempDir()
	for _, options := range []Options{{}, {Width: 390, Language: "ko", NoScript: true}, {Width: 390, Dark: true}} {
		t.Run(options.String(), func(t *testing.T) {
			t.Parallel()
			p := b.opened(t, good, options)
			require.FileExists(t, p.Check("good-"+options.String()))
			require.Equal(t, !options.NoScript, p.shows("A script ran."))
		})
	}
}

// TestCheck_Faults: each planted fault is found and named.
func TestCheck_Faults(t *testing.T) {
	t.Parallel()
	b := New(t)
	sideways := func(p *Page) []string { return p.layout().Sideways }
	cut := func(p *Page) []string { return p.layout().Cut }
	violations := func(p *Page) []string { return p.violations() }
	overlaps := func(p *Page) []string { return p.layout().Overlaps }
	for name, c := range map[string]struct {
		body  string
		find  func(*Page) []string
		names string
	}{
		"WiderThanTheWindow": {`<div style="width:500px">Wide</div>`, sideways, "516 px wide"},
		"TextCut":            {`<p style="width:60px;overflow:hidden;white-space:nowrap">Cancellation is free</p>`, cut, "Cancellation is free"},
		"TextCutByAround":    {`<div style="height:30px;overflow:hidden"><p>One</p><p>Two</p></div>`, cut, "Two"},
		"Ellipsis":           {`<p style="width:60px;overflow:hidden;white-space:nowrap;text-overflow:ellipsis">Cancellation is free</p>`, cut, "Cancellation"},
		"TextOutOfItsBox":    {`<p style="width:60px">Unbreakableword</p>`, cut, "Unbreakableword"},
		"TextHigherThanBox":  {`<p style="width:90px;height:20px">More than a line of it</p>`, cut, "higher"},
		"FieldCut":           {`<input style="width:40px" value="A long value">`, cut, "A long value"},
		"ChoiceCut":          {`<select style="width:60px"><option>A long choice</option></select>`, cut, "A long choice"},
		"TextsOverlap":       {`<p>Below</p><p style="margin-top:-34px">Above</p>`, overlaps, `"Below" in <p> and "Above"`},
		"TextBelowAControl":  {`<p>Below</p><button style="position:absolute;top:16px;left:16px">Above</button>`, overlaps, "Below"},
		"TextBelowAHeader":   {`<header style="position:fixed;top:10px">Header</header><div style="height:2000px"><p>Below</p></div>`, overlaps, "Header"},
		"TextBelowAFooter":   {`<footer style="position:fixed;bottom:25px">Footer</footer><div style="height:2000px"></div><p>Below</p>`, overlaps, "Footer"},
		"TextBehindABox":     {`<p>Behind</p><div style="position:absolute;top:0;width:90px;height:90px;background:#eee"></div>`, overlaps, "is behind <div>"},
		"MissingGlyph":       {"<p>Here: \U0010F0F0</p>", (*Page).missingGlyphs, "U+10F0F0"},
		"MissingLabel":       {`<main><h1>Rooms</h1><input name="guests"></main>`, violations, "label"},
		"LittleContrast":     {`<main><h1>Rooms</h1><p style="color:#bbb;background:#fff">Faint</p></main>`, violations, "color-contrast"},
		"InlineScript":       {`<main><script>document.body.textContent = 'evil'</script></main>`, (*Page).Complaints, "Content Security Policy"},
		"MissingResource":    {`<main><script src="/missing.js"></script></main>`, (*Page).Complaints, "404 for the Script"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := b.opened(t, c.body, Options{Width: 390})
			require.Contains(t, fmt.Sprint(c.find(p)), c.names)
		})
	}
}

// TestAppear: faults of another width and of other colours are found, and only there.
func TestAppear(t *testing.T) {
	t.Parallel()
	p := New(t).opened(t, `<style>@media (prefers-color-scheme: dark) { p { color: #333; background: #222 } }</style>
<main><h1>Rooms</h1><p>Faint</p><div style="width:500px">Wide</div></main>`, Options{})
	require.Empty(t, p.layout().Sideways)
	require.Empty(t, p.violations())
	p.Appear(Options{Width: 390})
	require.Contains(t, fmt.Sprint(p.layout().Sideways), "516 px wide")
	p.Appear(Options{Dark: true})
	require.Empty(t, p.layout().Sideways)
	require.Contains(t, fmt.Sprint(p.violations("color-contrast")), "Faint")
	require.Equal(t, "en-1280-dark", p.String())
	p.Appear(Options{})
	require.Empty(t, p.violations("color-contrast"))
}

// TestScreenshot_Dialog: a picture is of the whole page, and of the window while a dialog is open.
func TestScreenshot_Dialog(t *testing.T) {
	t.Parallel()
	b := New(t)
	b.Screenshots = t.TempDir()
	for body, high := range map[string]int{`<div style="height:1500px">Long</div>`: 1532, `<div style="height:1500px">Long</div><dialog>Sure?</dialog>`: 800} {
		file, err := os.Open(b.opened(t, body, Options{}).Screenshot("picture"))
		require.NoError(t, err)
		defer file.Close()
		picture, err := png.DecodeConfig(file)
		require.NoError(t, err)
		require.Equal(t, high, picture.Height)
	}
}

// TestLayout_WhatIsNoFault: text for screen readers, skip links, and bars that stay in the
// window count neither as cut nor as overlapping.
func TestLayout_WhatIsNoFault(t *testing.T) {
	t.Parallel()
	p := New(t).opened(t, `<a href="#main" style="position:absolute;left:-999px">Skip</a>
<span style="position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)">For readers</span>
<header style="position:sticky;top:0">Header</header><main id="main"><p style="line-height:1">방<br>예약</p>
<div style="height:1500px"></div><p>In the middle</p><div style="height:1500px"></div><p style="margin-bottom:60px">The end</p></main>
<footer style="position:fixed;bottom:0">Footer</footer><p hidden>Hidden</p><details><summary>More</summary><p>Closed</p></details>`, Options{})
	require.Equal(t, layout{Sideways: []string{}, Cut: []string{}, Overlaps: []string{}}, p.layout())
}

// TestPage_Order: a form is filled in by the names of its fields, with a mouse or with the
// keyboard alone, with and without scripts.
func TestPage_Order(t *testing.T) {
	t.Parallel()
	b := New(t)
	url := site(t, good)
	for _, options := range []Options{{Language: "ko"}, {Language: "ko", NoScript: true}} {
		t.Run(options.String(), func(t *testing.T) {
			t.Parallel()
			mouse := b.Page(t, options)
			mouse.Open(url)
			mouse.Fill("Guests", "2")
			mouse.Fill("Day", "2031-02-03")
			mouse.Fill("Room", "Suite")
			mouse.Click("button", "Order")
			mouse.Arrives("/ordered?")
			mouse.Sees("Suite for 2 on 2031-02-03 in ko")

			keyboard := b.Page(t, options)
			keyboard.Open(url)
			keyboard.TabTo("spinbutton", "Guests")
			keyboard.Type("3")
			keyboard.Press(Tab)
			keyboard.Type("02032031")
			keyboard.TabTo("combobox", "Room")
			keyboard.Type("S")
			keyboard.TabTo("button", "Order")
			keyboard.Press(Enter)
			keyboard.Arrives("/ordered?")
			keyboard.Sees("Suite for 3 on 2031-02-03 in ko")
		})
	}
}

// TestPage_Requests: the requests of the shown document are returned, with their sizes.
func TestPage_Requests(t *testing.T) {
	t.Parallel()
	p := New(t).opened(t, good, Options{})
	p.Sees("A script ran.")
	first := p.Document()
	var kinds []string
	for _, r := range p.Requests() {
		kinds = append(kinds, r.Kind)
		require.EqualValues(t, http.StatusOK, r.Status)
		require.Positive(t, r.Size)
	}
	require.Equal(t, []string{"Document", "Stylesheet", "Script"}, kinds)

	p.Click("button", "Order")
	p.Sees("Ordered")
	require.NotEqual(t, first, p.Document())
}

// TestClick_Leaves: after a click that leads to another document, that one is shown, however
// late it comes. A click that leads nowhere else does not wait.
func TestClick_Leaves(t *testing.T) {
	t.Parallel()
	mux := http.NewServeMux()
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, `<!doctype html><title>First</title><body>First<a href="/late">Go</a>
<form method="post" action="/late"><button>Send</button></form><button type="button">Stay</button>
<form method="post" action="/late"><label>Name<input required></label><button>Refused</button><button formnovalidate>Anyway</button></form>
<form method="dialog"><label><input type="radio" name="method">Card</label><button>Close</button></form>`)
	})
	mux.HandleFunc("/late", func(w http.ResponseWriter, _ *http.Request) {
		time.Sleep(300 * time.Millisecond)
		_, _ = io.WriteString(w, "<!doctype html><title>Second</title><body>Second")
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	p := New(t).Page(t, Options{})
	for name, role := range map[string]string{"Go": "link", "Send": "button", "Anyway": "button"} {
		p.Open(server.URL)
		for _, stays := range []string{"Stay", "Refused", "Close"} {
			p.Click("button", stays)
			require.Contains(t, p.Text(), "First")
		}
		p.Click(role, name)
		require.Equal(t, "Second", p.Text())
	}
}

// TestClick_Covered: a control behind another element is not clicked.
func TestClick_Covered(t *testing.T) {
	t.Parallel()
	p := New(t).opened(t, `<button>Order</button><div style="position:fixed;inset:0;background:#fff">In front</div>`, Options{})
	found, err := p.controls("button", "Order")
	require.NoError(t, err)
	require.Len(t, found, 1)
	at, err := call[point](p, found[0], pointScript)
	require.NoError(t, err)
	require.Contains(t, at.Covered, "In front")
}

// TestProgram_Missing: without Chromium a test fails, and says how to install it.
func TestProgram_Missing(t *testing.T) {
	t.Setenv("PATH", t.TempDir())
	_, err := program()
	if err == nil {
		t.Skip("macOS has browsers outside of PATH")
	}
	require.ErrorContains(t, err, "tools/chromium.sh")
}
