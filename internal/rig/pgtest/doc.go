// Package pgtest gives tests a real PostgreSQL: one temporary server for each test
// binary, started by the first test that needs it, with a fresh, empty database for each
// test.
//
//	func TestMain(m *testing.M) { pgtest.Main(m) }
//
//	func TestStore(t *testing.T) {
//		db, err := store.Open(t.Context(), pgtest.New(t), store.Options{})
//		…
//	}
//
// A Template is filled once, and gives each test a copy.
//
// TEST_DATABASE_URL names a server to use instead, on which its user may create
// databases. Tests of an outage always need a server of their own: NewCluster.
//
// Without PostgreSQL a test fails, and says how to install it: a skipped test would
// count as a passed one.
package pgtest
