// Package orders is what can be done with an order: it is placed, decided on,
// read and, after an accident, recovered. It knows no HTTP and no language.
//
//   - orders.go is what it works with, refusals.go what callers are told when
//     something fails;
//   - placement.go is what can be ordered; what each business makes of that, with
//     what else is its own, is in a file of its name;
//   - attempt.go, place.go, ids.go and await.go place an order and wait for its
//     first decision;
//   - decide.go and asks.go carry decisions to it, and quote.go tells what a cancel
//     gives back;
//   - decide.go and asks.go carry decisions to it;
//   - refunding.go gives parts of what was paid back, and takes what was paid by hand;
//   - inbox.go and keeping.go keep an order that cannot be started yet, dispatch.go
//     and dispatching.go start it, owed.go keeps it while the inbox is away, too, and
//     line.go says when;
//   - kept_decision.go and keeping_decisions.go keep a decision that cannot be
//     delivered yet, carrier.go and carrying.go deliver it, behind.go knows when
//     it is too early for that; sent.go tells what was
//     sent to the engine from what was not;
//   - read.go and list.go read it, and joining.go lets requests share a query;
//   - recover.go undoes an order whose workflow was lost;
//   - engine.go and sagas.go are the only calls to the engine about orders, and
//     outage.go is what its errors mean;
//   - hub.go wakes callers in this process when an order has changed, and
//     hub_unwritten.go knows the orders whose rows are behind.
package orders
