// Package orders is what can be done with an order: it is placed, decided on,
// read and, after an accident, recovered. It knows no HTTP and no language.
//
//   - orders.go is what it works with, refusals.go what callers are told when
//     something fails;
//   - place.go, attempt.go, ids.go and await.go place an order and wait for its
//     first decision, and calls.go refuses one call too many;
//   - decide.go and asks.go carry decisions to it;
//   - read.go and list.go read it, and joining.go lets requests share a query;
//   - drinks.go takes a drink off the menu with its orders;
//   - recover.go undoes an order whose workflow was lost;
//   - engine.go and sagas.go are the only calls to the engine about orders, and
//     outage.go is what its errors mean;
//   - hub.go wakes callers in this process when an order has changed, and
//     hub_unwritten.go knows the orders whose rows are behind.
package orders
