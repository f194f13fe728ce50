// Package orders holds the use cases of orders: they are placed, decided on, read and,
// after an accident, recovered. It knows no HTTP and no language.
//
//   - orders.go has the dependencies, refusals.go the errors that callers get;
//   - placement.go is what can be ordered; each business has a file of its name for
//     its own offers and rules;
//   - attempt.go, place.go, ids.go and await.go place an order and wait for its
//     first decision;
//   - decide.go and update_ids.go send decisions to it, and quote.go quotes a cancel;
//   - refunding.go refunds parts of what was paid, resolving.go records payments by hand;
//   - inbox.go and keeping.go keep an order that cannot be started yet, dispatch.go
//     and dispatching.go start it, unwritten.go remembers it while the inbox is away, too,
//     and inbox_queue.go estimates the wait;
//   - kept_decision.go and keeping_decisions.go keep a decision that cannot be
//     delivered yet, carrier.go and carrying.go deliver it, and behind.go finds out
//     whether it is too early for that;
//   - sent.go finds out whether a call has reached the engine;
//   - read.go and list.go read orders, and joining.go lets requests share a query;
//   - recover.go compensates an order whose workflow was lost;
//   - engine.go and sagas.go are the only calls to the engine about orders, and
//     outage.go interprets its errors;
//   - hub.go wakes callers in this process when an order has changed, and
//     hub_unwritten.go knows the orders whose rows are behind.
package orders
