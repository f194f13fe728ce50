// Package pgtest gives tests a real PostgreSQL: one throw-away server for each
// test binary, started when the first test asks for it, and in it a fresh,
// empty database for each test.
//
//	func TestMain(m *testing.M) { pgtest.Main(m) }
//
//	func TestStore(t *testing.T) {
//		db, err := store.Open(t.Context(), pgtest.New(t), store.Options{})
//		…
//	}
//
// TEST_DATABASE_URL names a server to use instead, on which its user may
// create databases. Tests that simulate an outage need a server of their own
// in any case: NewCluster.
//
// Without PostgreSQL a test fails, and says how to install it: a test that is
// skipped would be taken for one that passed.
package pgtest
