// Package option stands in for the options of Google's clients.
package option

import "golang.org/x/oauth2"

// ClientOption is none.
type ClientOption struct{}

// WithTokenSource is none.
func WithTokenSource(oauth2.TokenSource) ClientOption { return ClientOption{} }
