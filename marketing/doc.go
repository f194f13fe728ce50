// Package marketing is a service of another team: it recommends to a customer
// what others who booked the same have booked too. It came late and can go
// again. All it knows of Yeyak is the public feed of events, over HTTP: it
// imports no other package of this module, reads nobody's tables, and nothing
// waits for it.
//
//	GET /v1/events ──► follower ──► bookings, offers, cursor ──► GET /recommendations/{customerId}
//	 (of the API)                   (one transaction)
//
// The follower goes through the feed from the very beginning, page by page. A
// page's effects and the cursor behind it are written in one transaction, and
// a booking is kept under its order's id. So a crash at any point loses
// nothing and doubles nothing, and what is lost altogether is read again: an
// empty database is filled from the feed.
//
// What can be booked is known from the events of the catalogue: its present
// name, and whether it takes orders. What was withdrawn or deleted, or is of a
// day that is over, is not recommended. Until the feed has been read to its end
// once nothing is: a withdrawal may be still to come.
//
//	command.go    the command and its log; settings.go: what it can be told
//	service.go    started and stopped in order
//	feed.go       pages of the feed; event.go: the events that matter here
//	follower.go   from page to page, whatever is away
//	store.go      bookings, offers and cursor; database.go, postgres.go: where they are
//	recommend.go  what is recommended
//	http.go       what is answered; problem.go: and what when it cannot be
//	metrics.go    what is counted
//
// A feed that refuses the cursor, in the log as "refuses to be read", is not
// the one that was followed: Yeyak's data was wiped. Drop the three tables, or
// the file, and all is read anew.
//
// # How to retire it
//
// Stop the process. Whatever else runs does not notice. Then delete this
// folder, two lines of cmd/yeyak/main.go (its import and its command) and its
// test e2e/marketing_test.go; nothing else in the code knows of it. Its rule
// in .golangci.yml, its service in docker-compose.yml, deploy/kubernetes's
// component of that name and what the documents say of it can follow. Its data is
// the file marketing.db in the data folder, or the tables marketing_bookings,
// marketing_offers and marketing_followed of the database that
// MARKETING_DATABASE_URL names (and marketing_progress, of the first version).
package marketing
