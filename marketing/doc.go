// Package marketing is another team's service: it recommends items to a customer that
// other customers with the same bookings have booked, too. It was added late and can be
// removed. It knows only Yeyak's public feed of events, over HTTP: it imports no other
// package of this module, reads no other service's tables, and no process waits for it.
//
//	GET /v1/events ──► follower ──► bookings, offers, cursor ──► GET /recommendations/{customerId}
//	 (of the API)                   (one transaction)
//
// The follower reads the feed from the beginning, page by page. A page's effects and the
// cursor after it are written in one transaction, and a booking is stored under its
// order's id. So a crash at any point loses nothing and doubles nothing, and lost data are
// read again: an empty database is filled from the feed.
//
// The events of the catalogue have the offers: their current names, and whether they take
// orders. An offer that was withdrawn or deleted, or whose day has ended, is not
// recommended. Nothing is, until the feed has been read to its end once: a withdrawal may
// still come.
//
//	command.go    the command and its log; settings.go: its settings
//	service.go    started and stopped in order
//	feed.go       pages of the feed; event.go: the events that matter here
//	follower.go   from page to page, with any dependency away
//	store.go      bookings, offers and cursor; database.go, postgres.go: their databases
//	recommend.go  the recommendations
//	http.go       the answers; problem.go: the errors
//	metrics.go    the metrics
//
// A feed that refuses the cursor ("refuses to be read" in the log) is not the one that was
// followed: Yeyak's data was wiped. Drop the three tables, or the file, and everything is
// read again.
//
// # How to retire it
//
// Stop the process. No other process is affected. Then delete this folder, two lines of
// cmd/yeyak/main.go (its import and its command) and its test e2e/marketing_test.go; no
// other code uses it. Its rule in .golangci.yml, its service in docker-compose.yml, the
// component of that name in deploy/kubernetes and its parts of the documents can follow.
// Its data are the file marketing.db in the data folder, or the tables marketing_bookings,
// marketing_offers and marketing_followed of the database that MARKETING_DATABASE_URL names
// (and marketing_progress, of the first version).
package marketing
