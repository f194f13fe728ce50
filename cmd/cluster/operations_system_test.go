package main

import (
	"context"
	"database/sql"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
)

// firstDeploy sets up a second, new Yeyak beside the cluster's.
func (o *operator) firstDeploy() {
	o.first = []string{here[0], "Name what is to be made"}
	defer func() { o.first = here }()
	listen := "YEYAK_LISTEN=" + o.freeAddress()
	_, err := o.tries("Make the tables", listen)
	require.Error(o, err, "there is no database yet")
	for _, heading := range []string{"Make the database", "Prepare Temporal", "Make the tables"} {
		o.types(heading, listen)
	}
	_, err = o.tries("See whether it is well", listen)
	require.Error(o, err, "it listens already")
	worker, api := o.starts("Start a worker", listen), o.starts("Start an API", listen)
	o.succeeds("See whether it is well", listen)
	o.succeeds("Make it the current build", listen, "BUILD="+built)
	require.Contains(o, o.types("Place a first order", listen), `"id":"lodging-`)
	said := o.sees("Checked 1 orders (1 running) and 1 rows, 1 payments and 1 charges at the provider,\n1 holds", "Audit", listen)
	require.Contains(o, said, "Nothing that was checked is wrong.")
	worker.interrupt()
	api.interrupt()
}

// rollOut ramps up a build, takes that back, makes it the current one and rolls back. The
// orders that it started are moved, and it is removed.
func (o *operator) rollOut() {
	place := o.place("auto", "bora")
	orders := []string{o.reserves(place, "alice", booking.Confirmed)}
	worker := o.starts("Start a worker of the new build", "BUILD=green")
	o.succeeds("Ramp a new build", "BUILD=green", "PERCENT=100")
	require.Contains(o, o.types("Which build gets new orders"), "green")
	green := "OLD=green"
	o.until(func() bool { // an API notices within two seconds
		orders = append(orders, o.reserves(place, "alice", booking.Confirmed))
		return !strings.Contains(o.types("Orders of the old build", green), "Total: 0")
	}, "no order goes to the build that is ramped")

	o.types("Take a ramp back")
	require.Contains(o, o.types("Which build gets new orders"), built)
	o.types("Make it the current build", "BUILD=green")
	require.Regexp(o, `(?i)current.*green`, o.types("Which build gets new orders"))
	o.types("Roll back", "BUILD="+built)
	require.Regexp(o, `(?i)current.*`+built, o.types("Which build gets new orders"))

	o.until(func() bool {
		_, err := o.tries("Move orders to the new build", green, "BUILD="+built) // not while another such job runs
		return err == nil && strings.Contains(o.types("Orders of the old build", green), "Total: 0")
	}, "the orders of the build that goes are not moved")
	worker.interrupt()
	for _, order := range orders {
		o.decides(order, "cancel")
		o.becomes(order, booking.Cancelled)
		o.refunded(order)
	}
}

// polled matches the identity of a poller, pid@host, in the output of Temporal's CLI.
var polled = regexp.MustCompile(`\d+@[^\s@]+`)

func (o *operator) polling(queue string) map[string]bool {
	o.Helper()
	pollers := map[string]bool{}
	for _, one := range polled.FindAllString(o.types("Which workers serve a queue", "QUEUE="+queue), -1) {
		pollers[one] = true
	}
	return pollers
}

func (o *operator) scale() {
	const queue = "notifications"
	had := o.polling(queue)
	require.GreaterOrEqual(o, len(had), 4, "two APIs and two workers")
	worker := o.starts("Start a worker of one queue", "QUEUE="+queue)
	o.until(func() bool {
		for one := range o.polling(queue) {
			if !had[one] {
				return true
			}
		}
		return false
	}, "the worker does not work")
	require.Less(o, len(o.polling("inventory")), len(o.polling(queue)), "it polls the configured queue, and no other")

	address := o.freeAddress()
	api := o.starts("Start another API", "LISTEN="+address)
	order := o.reserves(o.place("auto", "bora"), "alice", booking.Confirmed)
	entry := o.url
	o.url = "http://" + address
	o.until(func() bool {
		resp, err := http.Get(o.url + "/readyz")
		if err == nil {
			resp.Body.Close()
		}
		return err == nil && resp.StatusCode == http.StatusOK
	}, "the API does not answer")
	o.becomes(order, booking.Confirmed)
	o.url = entry

	said := o.types("When more processes do not help")
	require.Regexp(o, `yeyak +\| yeyak`, said)
	require.Contains(o, said, "max_connections")
	worker.interrupt()
	api.interrupt()
}

func (o *operator) logLevel() {
	log := filepath.Join(o.folder, ".cluster", "logs", "api-1.log")
	says := func() string {
		text, err := os.ReadFile(log)
		require.NoError(o, err)
		return string(text)
	}
	require.NotContains(o, says(), "log level changed")
	o.types("The log level of a running process")
	o.until(func() bool { return strings.Contains(says(), "log level changed") }, "%s does not say that its level has changed", log)
	require.NoError(o, os.Remove(o.set["YEYAK_LOG_LEVEL_FILE"]))
}

// locks: a migration waits for a locked table, and is killed. The next one first waits for
// the same lock, then for the session of the killed one.
func (o *operator) locks() {
	const migrations, waiting = "Which connection migrates, and which waits", "Make the tables"
	require.Contains(o, o.types(migrations), "(0 rows)")
	release := o.holding("catalogue_migrations")
	first := o.starts(waiting)
	o.sees("| relation", migrations)
	second := o.starts(waiting)
	o.sees("| advisory", migrations)

	first.signal(syscall.SIGKILL)
	o.until(func() bool {
		said := o.types(migrations)
		return !strings.Contains(said, "| advisory") && strings.Count(said, "| relation") == 2
	}, "the lock of a migration that was killed stays, its statement does not, or the next one does not begin")

	o.types("End migrations that hang")
	o.until(func() bool { return !second.process.Running() }, "a migration that was ended goes on")
	require.Contains(o, o.types(migrations), "(0 rows)")
	release()
	o.types(waiting)
	o.clean()
}

// holding locks a table until release is called.
func (o *operator) holding(table string) (release func()) {
	o.Helper()
	db, err := sql.Open("pg", o.variable("DATABASE_URL"))
	require.NoError(o, err)
	tx, err := db.BeginTx(context.WithoutCancel(o.Context()), nil)
	require.NoError(o, err)
	_, err = tx.ExecContext(o.Context(), "LOCK TABLE "+table)
	require.NoError(o, err)
	return func() {
		require.NoError(o, tx.Rollback())
		require.NoError(o, db.Close())
	}
}

// visibility makes the cluster's lean indexes stock, and lean again, while orders are placed.
// The engine lists all of the orders.
func (o *operator) visibility() {
	const lean, stock = "The indexes of Temporal's visibility store", "Back to the stock indexes"
	require.NotContains(o, o.types(lean), "were changed", "the cluster has made them lean")
	place := o.place("auto", "bora")
	order := o.reserves(place, "indexer", booking.Confirmed)
	require.Regexp(o, `: 0 partial, \d+ full\. \d+ were changed\.`, o.types(stock))
	o.sees(order, "By customer", "CUSTOMER=indexer")
	said := o.types(lean)
	require.Regexp(o, `: \d+ partial, \d+ full\. \d+ were changed\.`, said)
	require.Contains(o, said, "by_temporal_namespace_division")
	o.sees(order, "By customer", "CUSTOMER=indexer")
}
