// Package e2e tests Yeyak from outside: over HTTP, on a real Temporal dev
// server and real databases. Nothing is faked; what fails is made to fail.
package e2e
