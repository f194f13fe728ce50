// Package web is Yeyak as people see it in a browser: pages made on the server, forms
// that need no script, in Korean and English. It stands beside the API on the same use
// cases, with the same rules of who may do what, and has no rule of its own.
//
// A handler reads a form, calls a use case and fills in a template (*.templ, of which
// `templ generate` makes Go). All words stand in one catalogue (words*.go).
package web
