package audit_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/audit"
)

// Stored data that this build's rules refuse is reported with its remedy.
func TestRun_NamesWhatCannotBeSold(t *testing.T) {
	t.Parallel()
	b := newBooks()
	b.places = []booking.Place{
		{ID: "place-1", TimeZone: "Asia/Seoul", Confirmation: booking.Auto},
		{ID: "place-2", TimeZone: "Factory", Confirmation: booking.Auto},
		{ID: "place-3", TimeZone: "Asia/Seoul", Confirmation: "Manual"},
	}
	b.drinks = []booking.Drink{{ID: "drink-1", TimeZone: "Asia/Seoul"}, {ID: "drink-2", TimeZone: ""}}
	report, _ := b.run(t)
	require.Equal(t, 5, report.Items)
	require.False(t, report.Clean())
	var said [][3]string
	for _, f := range report.Findings {
		require.Equal(t, audit.Catalogue, f.Kind)
		said = append(said, [3]string{f.Item, f.Says, f.Remedy})
	}
	patch := ` with a "timeZone" and "confirmation" of today`
	require.Equal(t, [][3]string{
		{"drink-2", `it takes no orders: its time zone "" is none that there is`, "DELETE /v1/cafe/menus/drink-2, and register the drink anew"},
		{"place-2", `it takes no orders: its time zone "Factory" is none that there is`, "PATCH /v1/lodging/places/place-2" + patch},
		{"place-3", `it takes no orders: its confirmation "Manual" is neither auto nor manual`, "PATCH /v1/lodging/places/place-3" + patch},
	}, said)
}

// An event that is on its way is not a finding.
func TestRun_EventsThatDoNotReachTheFeed(t *testing.T) {
	t.Parallel()
	b := newBooks()
	at := time.Date(2026, 12, 24, 15, 0, 0, 0, time.UTC)
	stuck := booking.Event{Key: "place-1/PlaceChanged/2", Type: booking.PlaceChanged, Subject: "place-1", At: at}
	b.undelivered = []booking.Event{stuck, {Key: "place-2/PlaceRegistered/1", Type: booking.PlaceRegistered, Subject: "place-2", At: at}}
	b.before = func(pass int) {
		if pass == 2 {
			b.undelivered = []booking.Event{stuck}
		}
	}
	report, _ := b.run(t)
	require.Len(t, report.Findings, 1)
	require.Equal(t, audit.Feed, report.Findings[0].Kind)
	require.Equal(t, "place-1", report.Findings[0].Item)
	require.Equal(t, "PlaceChanged of 2026-12-24T15:00:00Z has not reached the feed", report.Findings[0].Says)
}
