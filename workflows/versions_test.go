package workflows_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	commonpb "go.temporal.io/api/common/v1"
	enumspb "go.temporal.io/api/enums/v1"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/sdk/converter"
)

// versionsFile is the only file that may call GetVersion.
const versionsFile = "versions.go"

// TestVersions checks what doc.go requires of changes to a released story.
func TestVersions(t *testing.T) {
	t.Parallel()
	changes, faults := versionsIn(t, ".")
	require.Empty(t, faults)
	require.Empty(t, unrecorded(t, changes, histories(t)))
}

// versionsIn are the names of the changes in a folder's code, and the faults of how they
// are declared.
func versionsIn(t *testing.T, folder string) (changes, faults []string) {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(folder, "*.go"))
	require.NoError(t, err)
	for _, path := range paths {
		name := filepath.Base(path)
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ParseComments|parser.SkipObjectResolution)
		require.NoError(t, err)
		for _, declaration := range file.Decls {
			f, isFunc := declaration.(*ast.FuncDecl)
			ast.Inspect(declaration, func(n ast.Node) bool {
				selector, is := n.(*ast.SelectorExpr)
				switch {
				case !is || selector.Sel.Name != "GetVersion":
				case name != versionsFile:
					faults = append(faults, name+" asks for a version: only "+versionsFile+" may")
				case !isFunc || f.Doc.Text() == "":
					faults = append(faults, "a version without a function, or without its reason")
				default:
					changes = append(changes, changeIn(f))
				}
				return true
			})
		}
	}
	if slices.Contains(changes, "") {
		faults = append(faults, "a version whose name is no literal")
	}
	return changes, faults
}

// changeIn is the name of the change in a function, "" if it is not a literal.
func changeIn(f *ast.FuncDecl) (name string) {
	ast.Inspect(f, func(n ast.Node) bool {
		if literal, is := n.(*ast.BasicLit); is && literal.Kind == token.STRING && name == "" {
			name, _ = strconv.Unquote(literal.Value)
		}
		return true
	})
	return name
}

// unrecorded lists the changes without a history from before, or without one from after.
func unrecorded(t *testing.T, changes []string, recorded map[string]*historypb.History) (missing []string) {
	t.Helper()
	for _, change := range changes {
		before, after := false, false
		for name, h := range recorded {
			made := slices.Contains(versionsOf(t, h), change)
			before = before || !made && strings.HasSuffix(name, "_before_"+change+".json")
			after = after || made
		}
		if !before {
			missing = append(missing, "before "+change)
		}
		if !after {
			missing = append(missing, "after "+change)
		}
	}
	return missing
}

// versionsOf are the changes with which a history was recorded.
func versionsOf(t *testing.T, h *historypb.History) (changes []string) {
	t.Helper()
	for _, e := range h.Events {
		marker := e.GetMarkerRecordedEventAttributes()
		if marker.GetMarkerName() != "Version" {
			continue
		}
		var change string
		require.NoError(t, converter.GetDefaultDataConverter().FromPayloads(marker.Details["change-id"], &change))
		changes = append(changes, change)
	}
	return changes
}

func TestVersionsIn_Code(t *testing.T) {
	t.Parallel()
	const (
		why     = "// asksTwice: owners were away.\n"
		named   = "func asksTwice(ctx workflow.Context) bool {\n\treturn workflow.GetVersion(ctx, \"ask-twice\", -1, 1) == 1\n}\n"
		unnamed = "func asksTwice(ctx workflow.Context, name string) bool {\n\treturn workflow.GetVersion(ctx, name, -1, 1) == 1\n}\n"
	)
	for name, c := range map[string]struct {
		file, code string
		changes    []string
		faults     int
	}{
		"with all that it needs": {versionsFile, why + named, []string{"ask-twice"}, 0},
		"without a reason":       {versionsFile, named, nil, 1},
		"in a story":             {"lodging.go", why + named, nil, 1},
		"without a function":     {versionsFile, why + "var asksTwice = workflow.GetVersion\n", nil, 1},
		"without a name":         {versionsFile, why + unnamed, []string{""}, 1},
		"none":                   {"lodging.go", "func story() {}\n", nil, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			folder := t.TempDir()
			require.NoError(t, os.WriteFile(filepath.Join(folder, c.file), []byte("package workflows\n\n"+c.code), 0o600))
			changes, faults := versionsIn(t, folder)
			require.Equal(t, c.changes, changes)
			require.Len(t, faults, c.faults)
		})
	}
}

func TestUnrecorded_BeforeAndAfter(t *testing.T) {
	t.Parallel()
	id, err := converter.GetDefaultDataConverter().ToPayloads("ask-twice")
	require.NoError(t, err)
	old, changed := &historypb.History{}, &historypb.History{Events: []*historypb.HistoryEvent{{
		EventType: enumspb.EVENT_TYPE_MARKER_RECORDED,
		Attributes: &historypb.HistoryEvent_MarkerRecordedEventAttributes{
			MarkerRecordedEventAttributes: &historypb.MarkerRecordedEventAttributes{
				MarkerName: "Version", Details: map[string]*commonpb.Payloads{"change-id": id},
			},
		},
	}}}
	changes := []string{"ask-twice"}
	const before, now = "lodging_owner_silent_before_ask-twice.json", "lodging_owner_silent.json"
	for name, c := range map[string]struct {
		recorded map[string]*historypb.History
		missing  []string
	}{
		"both":                      {map[string]*historypb.History{before: old, now: changed}, nil},
		"only after":                {map[string]*historypb.History{now: changed}, []string{"before ask-twice"}},
		"only before":               {map[string]*historypb.History{before: old}, []string{"after ask-twice"}},
		"before is recorded anew":   {map[string]*historypb.History{before: changed}, []string{"before ask-twice"}},
		"before under another name": {map[string]*historypb.History{"food_declined.json": old, now: changed}, []string{"before ask-twice"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.missing, unrecorded(t, changes, c.recorded))
		})
	}
	require.Empty(t, unrecorded(t, nil, nil))
}
