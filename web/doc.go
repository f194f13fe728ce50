// Package web holds Yeyak's pages for browsers: made on the server, with forms that need no
// script, in Korean and English. It uses the same use cases and permissions as the API, and
// has no rule of its own.
//
// A handler reads a form, calls a use case and fills in a template (*.templ, from which
// `templ generate` makes Go). All words are in one catalogue (words*.go).
package web
