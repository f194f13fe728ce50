package browser

import (
	"context"
	_ "embed"
	"encoding/json"
	"fmt"
	"strings"

	"github.com/chromedp/cdproto/accessibility"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/dom"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/require"
)

//go:embed point.js
var pointScript string

//go:embed leaves.js
var leavesScript string

//go:embed fill.js
var fillScript string

// Keys without a letter.
const (
	Tab    = kb.Tab
	Enter  = kb.Enter
	Escape = kb.Escape
	Space  = " "
)

// mostStops is more than the number of controls of any page.
const mostStops = 300

// control is an element that assistive technology sees.
type control struct {
	Role, Name string
	node       cdp.BackendNodeID
}

// controls finds the controls with the accessible name, and the role unless it is empty.
func (p *Page) controls(role, name string) ([]control, error) {
	root, err := ask(p, dom.GetDocument, dom.GetDocumentParams{})
	if err != nil {
		return nil, err
	}
	found, err := ask(p, accessibility.QueryAXTree, accessibility.QueryAXTreeParams{
		BackendNodeID: root.Root.BackendNodeID, AccessibleName: name, Role: role,
	})
	if err != nil {
		return nil, err
	}
	var all []control
	for _, n := range found.Nodes {
		if !n.Ignored && n.BackendDOMNodeID != 0 {
			all = append(all, control{text(n.Role), text(n.Name), n.BackendDOMNodeID})
		}
	}
	return all, nil
}

// text is the text of an accessibility property.
func text(v *accessibility.Value) (s string) {
	if v != nil {
		_ = json.Unmarshal(v.Value, &s) // properties of other types have no text
	}
	return s
}

// Has reports whether the page has such a control now.
func (p *Page) Has(role, name string) bool {
	p.Helper()
	found, err := p.controls(role, name)
	require.NoError(p, err)
	return len(found) > 0
}

// call calls a function of a script on the control.
func call[T any](p *Page, c control, function string, args ...any) (T, error) {
	var none T
	object, err := ask(p, dom.ResolveNode, dom.ResolveNodeParams{BackendNodeID: c.node})
	if err != nil {
		return none, err
	}
	on := func(params *runtime.CallFunctionOnParams) { params.ObjectID = object.Object.ObjectID }
	ctx, cancel := context.WithTimeout(p.ctx, waitTimeout)
	defer cancel()
	return chromedp.Run(ctx, chromedp.CallFunctionOn[T](function, on, args...))
}

// point is the point at which a control is clicked.
type point struct {
	X, Y    float64
	Covered string // the element in front of the control, if there is one
}

// Click clicks the control with the role and the accessible name, as soon as there is
// exactly one and nothing is in front of it. A page may replace its controls at any time.
// Where the click leads to another document, Click waits until that has loaded, so that no
// check sees the former one.
func (p *Page) Click(role, name string) {
	p.Helper()
	from, leaves := p.Document(), false
	at := point{Covered: "no such control"}
	free := p.within(func() bool {
		found, err := p.controls(role, name)
		if err != nil || len(found) != 1 {
			at.Covered = fmt.Sprintf("%d of them (%v)", len(found), err)
			return false
		}
		if leaves, err = call[bool](p, found[0], leavesScript, !p.NoScript); err != nil {
			return false
		}
		at, err = call[point](p, found[0], pointScript)
		return err == nil && at.Covered == ""
	})
	require.True(p, free, "the %s %q cannot be clicked: %s", role, name, at.Covered)
	require.NoError(p, p.act(chromedp.MouseClickXY(at.X, at.Y)))
	if leaves {
		require.True(p, p.within(func() bool { return p.loadedAfter(from) }), "the %s %q leads nowhere", role, name)
	}
}

// loadedAfter reports whether another document than that one has loaded.
func (p *Page) loadedAfter(document string) bool {
	if now, err := p.document(); err != nil || now == document {
		return false
	}
	state, err := evaluate[string](p, "document.readyState")
	return err == nil && state == "complete"
}

// Fill sets the field of the name to the value: a text, a date as 2006-01-02, or the text
// of an option.
func (p *Page) Fill(name, value string) {
	p.Helper()
	refused := "is not there"
	filled := p.within(func() bool {
		fields, err := p.fields(name)
		if err != nil || len(fields) != 1 {
			refused = fmt.Sprintf("is there %d times (%v)", len(fields), err)
			return false
		}
		refused, err = call[string](p, fields[0], fillScript, value)
		return err == nil && refused == ""
	})
	require.True(p, filled, "the field %q %s", name, refused)
}

// fields finds the controls of the name that hold values.
func (p *Page) fields(name string) (fields []control, err error) {
	all, err := p.controls("", name)
	for _, c := range all {
		if is, err := call[bool](p, c, "function() { return this.matches?.('input, select, textarea') || false }"); err == nil && is {
			fields = append(fields, c)
		}
	}
	return fields, err
}

// Press presses keys, one after another, on the element that has the focus.
func (p *Page) Press(keys ...string) {
	p.Helper()
	for _, key := range keys {
		require.NoError(p, p.act(chromedp.KeyEvent(key)))
	}
}

// Type types a text into the element that has the focus. In a date field, the digits are
// month, day and year.
func (p *Page) Type(s string) {
	p.Helper()
	p.Press(strings.Split(s, "")...)
}

// Backwards presses Shift and Tab.
func (p *Page) Backwards() {
	p.Helper()
	require.NoError(p, p.act(chromedp.KeyEvent(Tab, chromedp.KeyModifiers(chromedp.ModifierShift))))
}

// TabTo presses Tab until the control has the focus. It fails if the keyboard does not
// reach the control, or a control on the way does not show that it has the focus.
func (p *Page) TabTo(role, name string) {
	p.Helper()
	var passed []string
	for range mostStops {
		p.Press(Tab)
		at, visible := p.focused()
		if at.Role != "" {
			require.True(p, visible, "the focus on the %s %q cannot be seen", at.Role, at.Name)
		}
		if at.Role == role && at.Name == name {
			return
		}
		passed = append(passed, fmt.Sprintf("%s %q", at.Role, at.Name))
	}
	require.FailNow(p, "not reached by Tab", "the %s %q; reached:\n%s", role, name, strings.Join(passed[:min(len(passed), 60)], "\n"))
}

// Focused returns the role and the accessible name of the control that has the focus.
func (p *Page) Focused() (role, name string) {
	p.Helper()
	at, _ := p.focused()
	return at.Role, at.Name
}

// focused returns the control that has the focus, and whether the focus is visible. No
// control has the focus while the document has it.
func (p *Page) focused() (c control, visible bool) {
	p.Helper()
	object, err := ask(p, runtime.Evaluate, runtime.EvaluateParams{Expression: "document.activeElement"})
	require.NoError(p, err)
	tree, err := ask(p, accessibility.GetPartialAXTree, accessibility.GetPartialAXTreeParams{
		ObjectID: object.Result.ObjectID, FetchRelatives: new(bool),
	})
	require.NoError(p, err)
	n := tree.Nodes[0]
	c = control{text(n.Role), text(n.Name), n.BackendDOMNodeID}
	if c.Role == "RootWebArea" || n.Ignored {
		return control{}, false
	}
	visible, err = call[bool](p, c, `function() {
		if (this.matches('input') && this.type.match(/date|time|month|week/)) return true // the browser marks its focused part
		const style = getComputedStyle(this)
		return (style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0) || style.boxShadow !== 'none'
	}`)
	require.NoError(p, err)
	return c, visible
}
