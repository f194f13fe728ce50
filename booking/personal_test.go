package booking_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
)

const marked = booking.Personal("+821055550199")

// TestPersonal_Printed: no way to print or log a personal text shows it, whatever value
// contains it.
func TestPersonal_Printed(t *testing.T) {
	t.Parallel()
	call := booking.Call{OrderID: "cleaning-1", Tel: marked, Location: marked}
	for _, printed := range []any{marked, &call, call, []booking.Personal{marked}, map[booking.Personal]booking.Personal{marked: marked}} {
		for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%20s", "%.3s"} {
			require.NotContains(t, fmt.Sprintf(verb, printed), "5555", "%s of %T", verb, printed)
			require.NotContains(t, strings.ToLower(fmt.Sprintf(verb, printed)), fmt.Sprintf("%x", "5555"), "%s of %T", verb, printed)
		}
	}
	require.Contains(t, fmt.Sprintf("%+v", call), "Tel:"+booking.Redacted)
	require.Equal(t, "call "+booking.Redacted+": away", fmt.Errorf("call %s: %w", marked, errors.New("away")).Error())
	require.Empty(t, fmt.Sprint(booking.Personal("")))

	var out bytes.Buffer
	for _, handler := range []slog.Handler{slog.NewTextHandler(&out, nil), slog.NewJSONHandler(&out, nil)} {
		slog.New(handler).With("given", marked).Error("call", "tel", marked)
	}
	require.NotContains(t, out.String(), "5555")
	require.Equal(t, 4, strings.Count(out.String(), booking.Redacted))
}

// TestPersonal_InJSON: histories and tables hold the text, as builds before the type did.
func TestPersonal_InJSON(t *testing.T) {
	t.Parallel()
	text, err := json.Marshal(booking.Call{Tel: marked})
	require.NoError(t, err)
	require.Contains(t, string(text), `"tel":"+821055550199"`)
	var read booking.Call
	require.NoError(t, json.Unmarshal(text, &read))
	require.Equal(t, marked, read.Tel)
	require.NoError(t, json.Unmarshal([]byte(`{"tel":null}`), &read))
	require.Equal(t, marked, read.Tel, "as for every text")
	for _, wrong := range []string{"821055550199", "[1]", "{}", "true"} {
		require.NoError(t, json.Unmarshal([]byte(`{"tel":`+wrong+`,"location":`+wrong+`}`), &read), "an error would quote it")
		require.False(t, booking.IsTelephone(read.Tel))
		require.NotEmpty(t, booking.LinesFault(read.Location))
	}
}

// TestPersonal_NotInFeedOrMessages: events and messages have no field that could hold a
// personal text.
func TestPersonal_NotInFeedOrMessages(t *testing.T) {
	t.Parallel()
	for _, typ := range []reflect.Type{reflect.TypeFor[booking.Event](), reflect.TypeFor[booking.Message]()} {
		requireImpersonal(t, typ, typ.Name(), map[reflect.Type]bool{})
	}
}

func requireImpersonal(t *testing.T, typ reflect.Type, path string, seen map[reflect.Type]bool) {
	t.Helper()
	require.NotEqual(t, reflect.TypeFor[booking.Personal](), typ, path)
	if seen[typ] {
		return
	}
	seen[typ] = true
	switch typ.Kind() {
	case reflect.Pointer, reflect.Slice, reflect.Array, reflect.Map:
		requireImpersonal(t, typ.Elem(), path, seen)
	case reflect.Struct:
		for field := range typ.NumField() {
			f := typ.Field(field)
			requireImpersonal(t, f.Type, path+"."+f.Name, seen)
		}
	}
}

// TestPersonal_Shown: for each reader and kind of text, whether it is shown, for an open
// order and for one that has ended.
func TestPersonal_Shown(t *testing.T) {
	t.Parallel()
	const open, ended = "open", "ended"
	want := map[booking.Reader]string{
		booking.ReaderNone:      "",
		booking.ReaderCustomer:  "open: telephone address location note; ended: telephone address location note",
		booking.ReaderOwner:     "open: telephone address location note",
		booking.ReaderCourier:   "open: address note",
		booking.ReaderCleaner:   "open: telephone location note",
		booking.ReaderOperator:  "open: telephone address location note; ended: telephone address location note",
		booking.ReaderUnchecked: "open: telephone address location note; ended: telephone address location note",
		"":                      "",
		"stranger":              "",
	}
	for _, reader := range booking.Readers() {
		require.Contains(t, want, reader)
	}
	for reader, cells := range want {
		var shown []string
		for _, stage := range []string{open, ended} {
			var details []string
			for _, detail := range booking.Details() {
				if text := marked.Shown(reader, detail, stage == open); text != "" {
					require.Equal(t, "+821055550199", text)
					details = append(details, string(detail))
				}
			}
			if details != nil {
				shown = append(shown, stage+": "+strings.Join(details, " "))
			}
		}
		require.Equal(t, cells, strings.Join(shown, "; "), reader)
	}
}

// TestDocs_WhatEachReaderIsShown compares the table of docs/architecture.md with the code.
func TestDocs_WhatEachReaderIsShown(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("../docs/architecture.md")
	require.NoError(t, err)
	var table strings.Builder
	table.WriteString("| reader | telephone | address | location | note |\n|---|---|---|---|---|\n")
	for _, reader := range booking.Readers() {
		fmt.Fprintf(&table, "| `%s` |", reader)
		for _, detail := range booking.Details() {
			words := "never"
			if marked.Shown(reader, detail, false) != "" {
				words = "always"
			} else if marked.Shown(reader, detail, true) != "" {
				words = "under way"
			}
			table.WriteString(" " + words + " |")
		}
		table.WriteString("\n")
	}
	require.Contains(t, string(text), table.String())
}
