// Package orders is what can be done with an order: it is placed, decided on,
// read and, after an accident, recovered. It knows no HTTP and no language.
//
//   - place.go, attempt.go and await.go place an order and wait for its first
//     decision;
//   - decide.go and asks.go carry decisions to it;
//   - read.go and list.go read it;
//   - recover.go undoes an order whose workflow was lost;
//   - engine.go and sagas.go are the only calls to the engine about orders, and
//     outage.go is what its errors mean;
//   - hub.go wakes callers in this process when an order has changed.
package orders
