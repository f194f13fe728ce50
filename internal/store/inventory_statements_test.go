package store_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/rig/pgtest"
	"github.com/yeyak/yeyak/internal/store"
)

// TestInventory_Statements: a hold and its end write the stock and the hold once each.
// Every statement is a round trip, during which others wait for the stock.
func TestInventory_Statements(t *testing.T) {
	t.Parallel()
	for name, fresh := range map[string]newURL{"postgres": pgtest.New, "sqlite": sqliteURL} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := setup(t, fresh, "inventory")
			inventory := store.NewInventory(db)
			item := item(t, inventory, 3, 2)
			sent := db.Record()
			requireSent := func(want ...string) {
				t.Helper()
				var got []string
				for _, statement := range *sent {
					words := strings.Fields(strings.ReplaceAll(statement, `"`, ""))
					if words[0] == "ROLLBACK" && got[len(got)-1] == "COMMIT" {
						continue // nothing is sent
					}
					switch words[0] {
					case "UPDATE":
						got = append(got, words[0]+" "+words[1])
					case "INSERT":
						got = append(got, words[0]+" "+words[2])
					default:
						got = append(got, words[0])
					}
				}
				require.Equal(t, slices.Concat([]string{"BEGIN"}, want), got)
				*sent = nil
			}

			h := newHold(item, "a", 0, 3, 1)
			hold(t, inventory, h, done)
			requireSent("UPDATE stock", "INSERT holds", "COMMIT")
			hold(t, inventory, h, done)
			requireSent("UPDATE stock", "INSERT holds", "SELECT", "SELECT", "ROLLBACK") // with the hold's changes
			shorten(t, inventory, h, 2, nights(2, 3))
			requireSent("SELECT", "UPDATE stock", "UPDATE holds", "COMMIT")
			shorten(t, inventory, h, 2, nights(2, 3))
			requireSent("SELECT", "COMMIT")
			release(t, inventory, h, true)
			requireSent("SELECT", "UPDATE stock", "UPDATE holds", "COMMIT")
			release(t, inventory, h, true)
			requireSent("SELECT", "SELECT", "COMMIT")
			release(t, inventory, newHold(item, "never", 0, 3, 1), false)
			requireSent("SELECT", "INSERT holds", "COMMIT")
			late := newHold(item, "late", 0, 3, 1)
			late.Late, late.Reason = true, booking.ByCustomer
			hold(t, inventory, late, undone)
			requireSent("INSERT holds", "COMMIT")
		})
	}
}

// TestInventory_RepeatMeetsTheEnd: a repeated hold has locked the stock and reads the
// hold's row, while a release has locked that row and waits for the stock. They do not
// deadlock. The database would take a minute to find a deadlock, and the statements
// have five seconds.
func TestInventory_RepeatMeetsTheEnd(t *testing.T) {
	t.Parallel()
	url := pgtest.New(t)
	db := open(t, url+"&deadlock_timeout=1min")
	_, err := store.Migrate(t.Context(), db, "inventory")
	require.NoError(t, err)
	inventory, watch := store.NewInventory(db), open(t, url)
	waiting := func(t *testing.T, want int) {
		t.Helper()
		require.Eventually(t, func() bool {
			var n int
			require.NoError(t, watch.SQL().QueryRowContext(t.Context(),
				"SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'").Scan(&n))
			return n == want
		}, time.Minute, 5*time.Millisecond)
	}
	for name, end := range map[string]func(h booking.Hold) error{
		"Release": func(h booking.Hold) error {
			h.Reason = booking.ByCustomer
			_, err := inventory.Release(t.Context(), h)
			return err
		},
		"Shorten": func(h booking.Hold) error {
			_, err := inventory.Shorten(t.Context(), h.Key, day(1))
			return err
		},
	} {
		t.Run(name, func(t *testing.T) {
			p := item(t, inventory, 3, 2)
			h := newHold(p, "a", 0, 3, 1)
			hold(t, inventory, h, done)
			stock, err := watch.SQL().BeginTx(t.Context(), nil)
			require.NoError(t, err)
			defer func() { _ = stock.Rollback() }()
			// Both want this day: the first that requests the lock gets it first.
			_, err = stock.ExecContext(t.Context(), "SELECT FROM stock WHERE item_id = $1 AND day = $2 FOR UPDATE", p, day(1).String())
			require.NoError(t, err)

			errs := make(chan error, 2)
			go func() {
				outcome, err := tryHold(t, inventory, h)
				if err == nil && outcome != done {
					err = fmt.Errorf("came to %+v", outcome)
				}
				errs <- err
			}()
			waiting(t, 1)
			go func() { errs <- end(h) }()
			waiting(t, 2)
			require.NoError(t, stock.Rollback())
			for range 2 {
				require.NoError(t, <-errs)
			}
			requireBalance(t, inventory, p)
		})
	}
}
