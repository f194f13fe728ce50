// Package types stands in for those of Amazon's storage.
package types

// Errors that are told apart, and never come.
type (
	NoSuchBucket struct{ error }
	NoSuchKey    struct{ error }
)

// What lists would hold.
type (
	Object       struct{ Key *string }
	CommonPrefix struct{ Prefix *string }
)
