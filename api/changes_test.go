package api

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/zap"
	"go.uber.org/zap/zaptest/observer"

	"github.com/yeyak/yeyak/booking"
)

// TestChanges_NameTheirCaller: the log names the caller that has changed the catalogue,
// stock, a cleaner or a member, and the store gets it for its events. A refused request
// changes nothing and has no such line.
func TestChanges_NameTheirCaller(t *testing.T) {
	t.Parallel()
	core, log := observer.New(zap.InfoLevel)
	b := setup(t, func(d *testDeps) {
		d.Logger = zap.New(core)
		d.Callers = credentials{"olga": {ID: "1040", Roles: []booking.Role{booking.OperatorRole}}, "alice": alice}
	})
	b.store.cleaners = []booking.CleanerAtWork{{Cleaner: booking.Cleaner{ID: "kim", Name: "Kim"}}}
	b.book.deletes = func(string) error { return nil }
	for _, change := range []struct{ line, method, path, operation, names, subject string }{
		{"place added", "POST", placesPath, "add-place", "owner", "olivia"},
		{"place changed", "PATCH", placesPath + "/place-seaside", "change-place", "item", "place-seaside"},
		{"stock set", "PUT", placesPath + "/place-seaside/stock", "set-stock", "item", "place-seaside"},
		{"menu added", "POST", menusPath, "add-menu", "owner", "sara"},
		{"menu changed", "PATCH", menusPath + "/menu-bibimbap", "change-menu", "item", "menu-bibimbap"},
		{"drink added", "POST", drinksPath, "add-drink", "owner", "cora"},
		{"drink changed", "PATCH", drinksPath + "/drink-latte", "change-drink", "item", "drink-latte"},
		{"stock set", "PUT", drinksPath + "/drink-latte/stock", "set-drink-stock", "item", "drink-latte"},
		{"drink deleted", "DELETE", drinksPath + "/drink-latte", "", "item", "drink-latte"},
		{"cleaner added", "POST", cleanersPath, "add-cleaner", "", ""},
		{"cleaner changed", "PATCH", cleanersPath + "/kim", "change-cleaner", "cleaner", "kim"},
		{"call policy set", "PUT", callPolicyPath, "set-call-policy", "", ""},
		{"member put", "PUT", oliviasMembers + "/1031", "put-member", "person", "1031"},
		{"member removed", "DELETE", oliviasMembers + "/1031", "", "person", "1031"},
	} {
		b.store.by = ""
		body := requestBodies[change.operation]
		refused := http.StatusForbidden
		if change.line == "member removed" { // she does not see its organisation
			refused = http.StatusNotFound
		}
		require.Equal(t, refused, b.as("alice", change.method, change.path, body).StatusCode, change.line)
		require.Zero(t, log.Len(), change.line)
		require.Empty(t, b.store.by, change.line)

		a := b.as("olga", change.method, change.path, body)
		require.Less(t, a.StatusCode, 300, a.text)
		lines := log.FilterMessage(change.line).All()
		log.TakeAll()
		require.Len(t, lines, 1, change.line)
		said := lines[0].ContextMap()
		require.Equal(t, "1040", said["by"], change.line)
		if change.names != "" {
			require.Equal(t, change.subject, said[change.names], change.line)
		}
		if change.operation != "" && change.operation != "put-member" {
			require.Equal(t, "1040", b.store.by, change.line)
		}
	}
}
