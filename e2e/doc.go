// Package e2e tests Yeyak from outside: over HTTP, on a real Temporal dev server and
// real databases, without fakes: failures are caused. Doc comments name the rows of
// docs/businesses.md that a test shows.
package e2e
