package workflows_test

import (
	"go/ast"
	"go/token"
	"go/types"
	"path/filepath"
	"slices"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
	"golang.org/x/tools/go/packages"
)

// spot is a line and a column of a file, both counted from 1.
type spot struct{ line, column int }

func (s spot) before(o spot) bool {
	return s.line < o.line || s.line == o.line && s.column < o.column
}

// unrun is code that a replay never runs, since its result is in the history or does not
// affect it: validators of updates, handlers of queries, the functions of side effects, and
// the functions that only these call.
type unrun struct {
	files *token.FileSet
	nodes []ast.Node
	names []string // the names of the functions among the nodes
}

// hold reports whether the code between the two spots is unrun.
func (u *unrun) hold(file string, from, to spot) bool {
	return slices.ContainsFunc(u.nodes, func(n ast.Node) bool {
		begin, end := u.files.Position(n.Pos()), u.files.Position(n.End())
		return filepath.Base(begin.Filename) == file &&
			!from.before(spot{begin.Line, begin.Column}) && !(spot{end.Line, end.Column}).before(to)
	})
}

// loaded is the package as the compiler sees it.
var loaded = sync.OnceValues(func() ([]*packages.Package, error) {
	return packages.Load(&packages.Config{
		Mode: packages.NeedName | packages.NeedFiles | packages.NeedSyntax | packages.NeedTypes | packages.NeedTypesInfo,
	}, ".")
})

// unrunIn is the unrun code of the package.
func unrunIn(t *testing.T) *unrun {
	t.Helper()
	all, err := loaded()
	require.NoError(t, err)
	require.Len(t, all, 1)
	require.Empty(t, all[0].Errors)
	return findUnrun(all[0].Fset, all[0].Syntax, all[0].TypesInfo)
}

// search finds unrun code.
type search struct {
	*unrun
	info  *types.Info
	calls []*ast.CallExpr
	// declared are the package's functions and function parameters that may be unrun, with
	// their bodies if they have one; known are those that are.
	declared map[types.Object]*ast.FuncDecl
	known    map[types.Object]bool
	handlers map[ast.Expr]bool // expressions that are passed as functions that a replay does not run
	uses     map[types.Object][]*ast.Ident
}

func findUnrun(files *token.FileSet, syntax []*ast.File, info *types.Info) *unrun {
	s := &search{
		unrun: &unrun{files: files}, info: info, declared: map[types.Object]*ast.FuncDecl{},
		known: map[types.Object]bool{}, handlers: map[ast.Expr]bool{}, uses: map[types.Object][]*ast.Ident{},
	}
	for _, file := range syntax {
		ast.Inspect(file, s.collect)
	}
	for s.nextRound() { // each round may allow the next one to find more
	}
	return s.unrun
}

func (s *search) collect(n ast.Node) bool {
	switch n := n.(type) {
	case *ast.FuncDecl:
		s.declared[s.info.Defs[n.Name]] = n
		for _, field := range n.Type.Params.List {
			for _, name := range field.Names {
				if _, isFunc := s.info.TypeOf(field.Type).Underlying().(*types.Signature); isFunc {
					s.declared[s.info.Defs[name]] = nil
				}
			}
		}
	case *ast.CallExpr:
		s.calls = append(s.calls, n)
	case *ast.KeyValueExpr:
		if key, named := n.Key.(*ast.Ident); named && key.Name == "Validator" {
			s.hands(n.Value)
		}
	case *ast.Ident:
		if used := s.info.Uses[n]; used != nil {
			s.uses[used] = append(s.uses[used], n)
		}
	}
	return true
}

// engine has, by SDK function, the positions of the arguments that a replay does not run.
var engine = map[string][]int{
	"SideEffect": {1}, "MutableSideEffect": {2, 3},
	"SetQueryHandler": {2}, "SetQueryHandlerWithOptions": {2},
}

// hands notes that a replay does not run the function of an expression.
func (s *search) hands(e ast.Expr) {
	if s.handlers[e] {
		return
	}
	s.handlers[e] = true
	if literal, is := e.(*ast.FuncLit); is {
		s.nodes = append(s.nodes, literal)
	}
}

// nextRound makes one round, and reports whether it has found something.
func (s *search) nextRound() bool {
	before := len(s.handlers) + len(s.known)
	for _, call := range s.calls {
		s.findArguments(call)
	}
	for of, body := range s.declared {
		if s.known[of] || len(s.uses[of]) == 0 || slices.ContainsFunc(s.uses[of], s.runs) {
			continue
		}
		s.known[of] = true
		if body != nil {
			s.nodes, s.names = append(s.nodes, body), append(s.names, of.Name())
		}
	}
	return len(s.handlers)+len(s.known) > before
}

// findArguments finds the arguments of a call that a replay does not run.
func (s *search) findArguments(call *ast.CallExpr) {
	var called types.Object
	switch f := ast.Unparen(call.Fun).(type) {
	case *ast.Ident:
		called = s.info.Uses[f]
	case *ast.SelectorExpr:
		called = s.info.Uses[f.Sel]
	}
	f, is := called.(*types.Func)
	if !is {
		return
	}
	for i, argument := range call.Args {
		ofEngine := f.Pkg() != nil && f.Pkg().Path() == "go.temporal.io/sdk/workflow" && slices.Contains(engine[f.Name()], i)
		parameters := f.Signature().Params()
		if ofEngine || i < parameters.Len() && s.known[parameters.At(i)] {
			s.hands(argument)
		}
	}
}

// runs reports whether a replay may run or pass the code at a use of a name.
func (s *search) runs(name *ast.Ident) bool {
	within := func(n ast.Node) bool { return n.Pos() <= name.Pos() && name.End() <= n.End() }
	if slices.ContainsFunc(s.nodes, within) {
		return false
	}
	for e := range s.handlers {
		switch e := e.(type) {
		case *ast.Ident:
			if e == name {
				return false
			}
		case *ast.SelectorExpr:
			if e.Sel == name {
				return false
			}
		}
	}
	return true
}

// TestUnrun_ValidatorsAndWhatOnlyTheyCall: code that stories call as well is not unrun.
func TestUnrun_ValidatorsAndWhatOnlyTheyCall(t *testing.T) {
	t.Parallel()
	names, declared := unrunIn(t).names, declaredFunctions(t)
	for _, validator := range []string{
		"mayConfirm", "mayCancelStay", "mayComplete", "mayServe", "mayFinish", "objection", "mayStart", "unlimited", "reasonIn",
	} {
		require.Contains(t, names, validator)
	}
	for _, story := range []string{
		"mayCancelMeal", "mayDeliver", "mayCancel", "awaitAgreement", // handlers of food apply their rules again
		"asUpdateError", "statusForDecisions", "cancelling", "left", "refusedInput", "recorded", "onUpdate", "checkInput", "story", "cancel",
	} {
		require.Contains(t, declared, story)
		require.NotContains(t, names, story)
	}
}

// declaredFunctions are the names of the package's functions and methods.
func declaredFunctions(t *testing.T) (names []string) {
	t.Helper()
	all, err := loaded()
	require.NoError(t, err)
	for _, file := range all[0].Syntax {
		for _, d := range file.Decls {
			if function, is := d.(*ast.FuncDecl); is {
				names = append(names, function.Name.Name)
			}
		}
	}
	return names
}
