package browser

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

//go:embed layout.js
var layoutScript string

//go:embed glyphs.js
var glyphsScript string

// Check finds every fault that a user would notice in the shown page, and keeps a
// screenshot under the name. It returns the screenshot's path.
func (p *Page) Check(name string) string {
	p.Helper()
	path := p.CheckLayout(name)
	p.NoMissingGlyph()
	p.Axe()
	p.NoComplaint()
	return path
}

// CheckLayout finds text that is cut or overlaps, and keeps a screenshot.
func (p *Page) CheckLayout(name string) string {
	p.Helper()
	path := p.Screenshot(name)
	l := p.layout()
	p.requireUncut(l)
	p.requireApart(l)
	return path
}

// CheckColours finds colours that cannot be told apart, and keeps a screenshot.
func (p *Page) CheckColours(name string) string {
	p.Helper()
	path := p.Screenshot(name)
	p.requireAccessible(p.violations("color-contrast", "link-in-text-block"))
	return path
}

// layout is the result of layout.js.
type layout struct{ Sideways, Cut, Overlaps []string }

func (p *Page) layout() (l layout) {
	p.Helper()
	p.awaitLoad()
	l, err := evaluate[layout](p, "("+layoutScript+")()")
	require.NoError(p, err)
	return l
}

// NoClippedText fails if text is wider or higher than its box, is cut by a box, or the
// page has to be scrolled sideways.
func (p *Page) NoClippedText() {
	p.Helper()
	p.requireUncut(p.layout())
}

func (p *Page) requireUncut(l layout) {
	p.Helper()
	require.Empty(p, l.Sideways, "%s is wider than its window (%s)", p.Address(), p)
	require.Empty(p, l.Cut, "%s: text is cut (%s)", p.Address(), p)
}

// NoOverlap fails if texts, or a text and a control, overlap.
func (p *Page) NoOverlap() {
	p.Helper()
	p.requireApart(p.layout())
}

func (p *Page) requireApart(l layout) {
	p.Helper()
	require.Empty(p, l.Overlaps, "%s: on top of each other (%s)", p.Address(), p)
}

func (p *Page) missingGlyphs() []string {
	p.Helper()
	p.awaitLoad()
	missing, err := evaluate[[]string](p, "("+glyphsScript+")()")
	require.NoError(p, err)
	return missing
}

// NoMissingGlyph fails if the page has a character that is in no installed font.
func (p *Page) NoMissingGlyph() {
	p.Helper()
	require.Empty(p, p.missingGlyphs(), "%s: no glyph; tools/chromium.sh installs fonts", p.Address())
}

// axe is the script of axe-core.
var axe = sync.OnceValues(func() (string, error) {
	folder, err := os.Getwd()
	for err == nil {
		if _, missing := os.Stat(filepath.Join(folder, "go.mod")); missing == nil {
			break
		}
		if folder == filepath.Dir(folder) {
			err = os.ErrNotExist
		}
		folder = filepath.Dir(folder)
	}
	if err != nil {
		return "", err
	}
	script, err := os.ReadFile(filepath.Join(folder, "bin", "axe", "axe.min.js"))
	if err != nil {
		return "", fmt.Errorf("no axe-core, run tools/axe.sh to fetch it: %w", err)
	}
	return string(script), nil
})

// axeOptions are options of axe-core's run.
type axeOptions struct {
	ResultTypes []string `json:"resultTypes"`
	RunOnly     []string `json:"runOnly,omitempty"` // names of rules
}

// violation is a violation of a rule of axe-core.
type violation struct {
	ID, Help string
	Nodes    []struct {
		HTML           string
		FailureSummary string
	}
}

func (v violation) String() string {
	var s strings.Builder
	fmt.Fprintf(&s, "%s: %s", v.ID, v.Help)
	for _, n := range v.Nodes {
		fmt.Fprintf(&s, "\n  %s\n    %s", n.HTML, strings.ReplaceAll(n.FailureSummary, "\n", "\n    "))
	}
	return s.String()
}

// violations are those of the named rules; of all rules if none is named.
func (p *Page) violations(rules ...string) (found []string) {
	p.Helper()
	options, err := json.Marshal(axeOptions{ResultTypes: []string{"violations"}, RunOnly: rules})
	require.NoError(p, err)
	p.awaitLoad()
	script, err := axe()
	require.NoError(p, err)
	if p.NoScript { // the page's own scripts have not run, and must not run now
		p.scripts(true)
		defer p.scripts(false)
	}
	present, err := evaluate[bool](p, "'axe' in window") // from an earlier check of this document
	require.NoError(p, err)
	if !present {
		_, err = evaluate[bool](p, script+"\n;true")
		require.NoError(p, err)
	}
	all, err := evaluate[[]violation](p, `axe.run(document, `+string(options)+`).then((r) => r.violations.map((v) => ({
		ID: v.id, Help: v.help, Nodes: v.nodes.map((n) => ({ HTML: n.html, FailureSummary: n.failureSummary })) })))`, chromedp.EvalAwaitPromise)
	require.NoError(p, err)
	for _, v := range all {
		found = append(found, v.String())
	}
	return found
}

// scripts turns the page's scripts on or off.
func (p *Page) scripts(on bool) {
	p.Helper()
	_, err := ask(p, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !on})
	require.NoError(p, err)
}

// Axe fails if axe-core finds a violation of any of its rules.
func (p *Page) Axe() {
	p.Helper()
	p.requireAccessible(p.violations())
}

func (p *Page) requireAccessible(found []string) {
	p.Helper()
	require.Empty(p, found, "%s (%s) is not accessible:\n%s", p.Address(), p, strings.Join(found, "\n"))
}
