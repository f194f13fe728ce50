package store_test

import (
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sync/errgroup"

	"github.com/yeyak/yeyak/activities"
	"github.com/yeyak/yeyak/booking"
	"github.com/yeyak/yeyak/internal/identity"
	"github.com/yeyak/yeyak/internal/orders"
	"github.com/yeyak/yeyak/internal/rig/pgtest"
	"github.com/yeyak/yeyak/internal/store"
)

var (
	_ activities.PaymentLedger = (*store.Payments)(nil)
	_ activities.Stock         = (*store.Inventory)(nil)
	_ activities.Shelf         = (*store.Inventory)(nil)
	_ activities.Messages      = (*store.Notifications)(nil)
	_ activities.Registry      = (*store.Management)(nil)
	_ activities.Jobs          = (*store.Jobs)(nil)
	_ activities.Crew          = (*store.Crew)(nil)
	_ activities.DrinkPages    = (*store.Catalogue)(nil)
	_ activities.ReadModel     = (*store.Mypage)(nil)
	_ orders.Inbox             = (*store.Inbox)(nil)
	_ identity.People          = (*store.People)(nil)
	_ identity.Keys            = (*store.Keys)(nil)
	_ identity.IDs             = (*store.Mypage)(nil)
	_ identity.IDs             = (*store.Catalogue)(nil)
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// newURL makes a new database.
type newURL func(testing.TB) string

func sqliteURL(t testing.TB) string { return "sqlite://" + filepath.Join(t.TempDir(), "test.db") }

// TestStore runs the same tests on both databases.
func TestStore(t *testing.T) {
	t.Parallel()
	for name, fresh := range map[string]newURL{"postgres": pgtest.New, "sqlite": sqliteURL} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for service, suite := range map[string]func(*testing.T, newURL){
				"Migrate":              testMigrate,
				"Payments":             testPayments,
				"PaymentEntries":       testPaymentEntries,
				"CustomersOfCharges":   testCustomersOfCharges,
				"FurtherCharges":       testFurtherCharges,
				"PaymentConfirmations": testPaymentConfirmations,
				"Refunds":              testMigratedRefunds,
				"EndedBefore":          testEndedByReleasesBefore,
				"FailLater":            testRefundsThatFailLater,
				"Inventory":            testInventory,
				"HoldChanges":          testHoldChanges,
				"Closing":              testClosing,
				"Notifications":        testNotifications,
				"Management":           testManagement,
				"Jobs":                 testJobs,
				"Crew":                 testCrew,
				"Late":                 testLate,
				"Mypage":               testMypage,
				"Inbox":                testInbox,
				"Decisions":            testDecisions,
				"People":               testPeople,
				"Carriers":             testCarriers,
				"Keys":                 testKeys,
				"Audits":               testAudits,
				"Actions":              testActions,
				"ActionsSeen":          testActionsSeen,
				"Bulk":                 testBulk,
				"BulkStopped":          testBulkStopped,
				"Members":              testMembers,
				"MembersAtOnce":        testMembersAtOnce,
				"Events":               testEvents,
				"AppendEvents":         testAppendEvents,
				"Outbox":               testOutbox,
				"Catalogue":            testCatalogue,
				"Secrets":              testSecrets,
				"Sandbox":              testSandbox,
				"SandboxIntents":       testSandboxIntents,
				"SandboxConfirmed":     testSandboxConfirmations,
				"Confirmed":            testIntentsConfirmed,
				"PaymentCustomers":     testPaymentCustomers,
				"Announcer":            testAnnouncer,
				"Cursors":              testCursors,
				"CursorsOfNoRow":       testCursorsOfNoRow,
			} {
				t.Run(service, func(t *testing.T) {
					t.Parallel()
					suite(t, fresh)
				})
			}
		})
	}
}

func open(t *testing.T, url string) *store.DB {
	t.Helper()
	db, err := store.Open(t.Context(), url, store.Options{})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, db.Close()) })
	return db
}

// setup opens a new database with the service's tables.
func setup(t *testing.T, fresh newURL, service string) *store.DB {
	t.Helper()
	db := open(t, fresh(t))
	_, err := store.Migrate(t.Context(), db, service)
	require.NoError(t, err)
	return db
}

// run runs the test as a parallel subtest.
func run(t *testing.T, name string, test func(*testing.T)) {
	t.Run(name, func(t *testing.T) {
		t.Parallel()
		test(t)
	})
}

// together calls f n times concurrently and returns the results.
func together[T any](t *testing.T, n int, f func(i int) (T, error)) []T {
	t.Helper()
	results, err := atOnce(n, f)
	require.NoError(t, err)
	return results
}

func atOnce[T any](n int, f func(i int) (T, error)) ([]T, error) {
	results := make([]T, n)
	begin := make(chan struct{})
	var group errgroup.Group
	for i := range n {
		group.Go(func() (err error) {
			<-begin
			results[i], err = f(i)
			return err
		})
	}
	close(begin)
	return results, group.Wait()
}

func count[T comparable](all []T, wanted T) (n int) {
	for _, one := range all {
		if one == wanted {
			n++
		}
	}
	return n
}

func requireCode(t *testing.T, code booking.Code, err error) {
	t.Helper()
	require.ErrorIs(t, err, &booking.Error{Code: code})
}

func key(parts ...any) string {
	out := ""
	for _, p := range parts {
		switch p := p.(type) {
		case int:
			out += strconv.Itoa(p)
		case string:
			out += p
		}
	}
	return out
}

var won = booking.Money{Amount: 50000, Currency: "KRW"}

// christmas is an instant with microseconds, in a fixed time zone.
var christmas = time.Date(2026, 12, 25, 1, 2, 3, 456789000, time.FixedZone("KST", 9*60*60))
