package main

import (
	"net/http"
	"path/filepath"
	"slices"
	"strings"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
)

// oneDatabase restores our database from a backup while Temporal keeps its own.
func (o *operator) oneDatabase() {
	backup := "BACKUP=" + filepath.Join(o.TempDir(), "yeyak.dump")
	place := o.place("auto", "bora")
	cancelled := o.reserves(place, "alice", booking.Confirmed)
	o.clean()
	o.types("Back up one database", backup)
	placed := o.reserves(place, "alice", booking.Confirmed)
	o.decides(cancelled, "cancel")
	o.becomes(cancelled, booking.Cancelled)

	o.alters("DROP TABLE orders, payments, holds, sandbox_charges CASCADE")
	o.types("Restore one database", backup)
	require.Zero(o, o.rows(placed))
	o.becomes(cancelled, booking.Confirmed) // as in the backup
	o.types("Rebuild the pages")
	require.Equal(o, 1, o.rows(placed))
	o.becomes(placed, booking.Confirmed)
	o.becomes(cancelled, booking.Cancelled)
	found, err := o.tries("Audit")
	require.Error(o, err)
	for _, order := range []string{placed, cancelled} {
		require.Contains(o, found, order)
		o.types("Reset to an earlier point", "ORDER="+order)
	}
	o.becomes(cancelled, booking.Confirmed)
	o.types("Cancel with compensation", "ORDER="+cancelled)
	o.becomes(cancelled, booking.Cancelled)
	o.refunded(cancelled)
	o.sees("Nothing that was checked is wrong.", "Audit") // the other order is charged, held and notified again
	published, _ := o.events("")
	require.True(o, slices.ContainsFunc(published, func(id string) bool { return strings.HasPrefix(id, placed) }), "its events are published again")
	require.Equal(o, "charged", o.request(http.MethodGet, "/v1/payments/"+placed, nil).wants(o, http.StatusOK).body.Status)
}

// server restores the whole PostgreSQL server from a backup, with Temporal's databases and
// ours.
func (o *operator) server(cluster *terminal) {
	backup := "BACKUP=" + filepath.Join(o.TempDir(), "backup")
	place := o.place("manual", "bora")
	open := o.reserves(place, "alice", booking.AwaitingOwner)
	before := o.pages()
	published, position := o.events("")
	require.NotEmpty(o, published)
	o.types("Back up the server", backup)
	late := o.reserves(place, "alice", booking.AwaitingOwner)
	o.orders = o.orders[:len(o.orders)-1]

	lost := o.variable("PGPORT")
	cluster.interrupt()
	_, err := o.shell("psql -h 127.0.0.1 -p "+lost+" -U yeyak -c 'select 1' postgres", nil)
	require.Error(o, err, "it is still there")
	_, err = o.tries("Audit")
	require.Error(o, err, "terminals have the variables of a cluster that is gone")

	o.first = nil // no terminal needs these before the restore
	again := o.starts("Restore the server", backup, "PATH="+o.path())
	o.first = here
	o.started(again)
	require.Equal(o, before, o.pages())
	o.page(late).wants(o, http.StatusNotFound)
	o.clean()
	o.decides(open, "confirm")
	o.becomes(open, booking.Confirmed)
	after := o.reserves(place, "alice", booking.AwaitingOwner)
	o.until(func() bool {
		since, _ := o.events(position)
		return slices.ContainsFunc(since, func(id string) bool { return strings.HasPrefix(id, after) })
	}, "the feed does not go on where it was")
	now, _ := o.events("")
	require.Equal(o, published, now[:len(published)])
	o.clean()
	twice, err := chargedTwice(o.Context(), o.variable("DATABASE_URL"))
	require.NoError(o, err)
	require.Zero(o, twice)
}
