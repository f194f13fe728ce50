package booking_test

import (
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
)

// constants returns the values of the package's constants by type, read from its source, so
// that a list with a missing constant is found.
func constants(t *testing.T) map[string][]string {
	t.Helper()
	files, err := os.ReadDir(".")
	require.NoError(t, err)
	values := map[string][]string{}
	for _, f := range files {
		if !strings.HasSuffix(f.Name(), ".go") || strings.HasSuffix(f.Name(), "_test.go") {
			continue
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), f.Name(), nil, parser.SkipObjectResolution)
		require.NoError(t, err)
		ast.Inspect(parsed, func(n ast.Node) bool {
			if spec, ok := n.(*ast.ValueSpec); ok {
				collect(t, values, spec)
			}
			return true
		})
	}
	return values
}

func collect(t *testing.T, values map[string][]string, spec *ast.ValueSpec) {
	t.Helper()
	typ, ok := spec.Type.(*ast.Ident)
	if !ok {
		return
	}
	for _, v := range spec.Values {
		if literal, ok := v.(*ast.BasicLit); ok && literal.Kind == token.STRING {
			value, err := strconv.Unquote(literal.Value)
			require.NoError(t, err)
			values[typ.Name] = append(values[typ.Name], value)
		}
	}
}

func TestConstants_AreDistinct(t *testing.T) {
	t.Parallel()
	all := constants(t)
	for _, typ := range []string{"Code", "Status", "Reason", "Kind", "EventType", "PaymentStatus", "JobStatus", "Result", "Language", "MessageType", "Addressee"} {
		require.NotEmpty(t, all[typ], typ)
	}
	for typ, values := range all {
		seen := map[string]bool{}
		for _, v := range values {
			require.NotEmpty(t, v, typ)
			require.False(t, seen[v], "two of type %s are %q", typ, v)
			seen[v] = true
		}
	}
}

func TestLists_AreComplete(t *testing.T) {
	t.Parallel()
	all := constants(t)
	require.ElementsMatch(t, all["Kind"], texts(booking.Kinds()))
	require.ElementsMatch(t, all["Status"], texts(booking.Statuses()))
	require.ElementsMatch(t, all["Reason"], texts(booking.Reasons()))
	require.ElementsMatch(t, all["EventType"], texts(booking.EventTypes()))
	require.ElementsMatch(t, all["JobStatus"], texts(booking.JobStatuses()))
	require.ElementsMatch(t, all["PaymentStatus"], texts(booking.PaymentStatuses()))
	require.ElementsMatch(t, all["EntryKind"], texts(booking.EntryKinds()))
	require.ElementsMatch(t, all["EntryState"], texts(booking.EntryStates()))
	require.ElementsMatch(t, all["EntryReason"], texts(booking.EntryReasons()))
	require.ElementsMatch(t, all["DisputeState"], texts(booking.DisputeStates()))
	require.ElementsMatch(t, all["SaleStatus"], texts(booking.SaleStatuses()))
	require.ElementsMatch(t, all["CleanerStatus"], texts(booking.CleanerStatuses()))
	require.ElementsMatch(t, all["Language"], texts(booking.Languages()))
	require.ElementsMatch(t, all["MessageType"], texts(booking.MessageTypes()))
	require.ElementsMatch(t, all["Addressee"], texts(booking.Addressees()))
}

func texts[T ~string](values []T) []string {
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = string(v)
	}
	return out
}

func TestError_ItsCauseIsForLogs(t *testing.T) {
	t.Parallel()
	cause := fmt.Errorf("%w: connection refused", booking.ErrNothingDone)
	err := error(booking.Errorf(booking.Unavailable, "it is away").WithCause(cause))
	require.EqualError(t, err, "unavailable: nothing was done: connection refused")
	require.ErrorIs(t, err, cause)
	require.ErrorIs(t, err, booking.ErrNothingDone)
	require.ErrorIs(t, err, &booking.Error{Code: booking.Unavailable})
	require.EqualError(t, booking.Errorf(booking.Unavailable, "it is away"), "unavailable: it is away")
}

func TestError_IsComparedByCode(t *testing.T) {
	t.Parallel()
	err := fmt.Errorf("read place: %w", booking.Errorf(booking.NotFound, "there is no place %s", "p1"))
	require.ErrorIs(t, err, &booking.Error{Code: booking.NotFound})
	require.NotErrorIs(t, err, &booking.Error{Code: booking.Unavailable})
	require.NotErrorIs(t, errors.New("not_found"), &booking.Error{Code: booking.NotFound})
	var refusal *booking.Error
	require.ErrorAs(t, err, &refusal)
	require.Equal(t, "there is no place p1", refusal.Message)
	require.Equal(t, "not_found: there is no place p1", refusal.Error())
}
