// Command bench measures what a reservation costs, with its steps in place and
// with every step durable, side by side in one run: the same machine, the same
// Temporal dev server, databases on the same PostgreSQL with durable defaults,
// rounds that take turns. Figures of one machine say little; the ratios do.
//
// Every order is checked afterwards: a fast wrong answer is no result.
package main
