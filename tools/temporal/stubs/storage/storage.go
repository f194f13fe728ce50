// Package storage stands in for Google's storage client, which an archive of old
// histories can be kept with. None can be opened.
package storage

import (
	"context"
	"errors"

	"google.golang.org/api/option"
)

var errLeftOut = errors.New("this server was built without Google's storage: it keeps no archive there")

// ScopeFullControl is the scope that credentials would be asked for.
const ScopeFullControl = ""

// What an archive would be kept in.
type (
	Client         struct{}
	BucketHandle   struct{}
	BucketAttrs    struct{}
	ObjectHandle   struct{}
	ObjectIterator struct{}
	Writer         struct{}
	Reader         struct{}
	Query          struct{ Prefix string }
	ObjectAttrs    struct{ Name string }
)

// NewClient fails.
func NewClient(context.Context, ...option.ClientOption) (*Client, error) { return nil, errLeftOut }

// Bucket is never called: there is no Client.
func (*Client) Bucket(string) *BucketHandle { return nil }

// Object is never called.
func (*BucketHandle) Object(string) *ObjectHandle { return nil }

// Objects is never called.
func (*BucketHandle) Objects(context.Context, *Query) *ObjectIterator { return nil }

// Attrs is never called.
func (*BucketHandle) Attrs(context.Context) (*BucketAttrs, error) { return nil, errLeftOut }

// NewWriter is never called.
func (*ObjectHandle) NewWriter(context.Context) *Writer { return nil }

// NewReader is never called.
func (*ObjectHandle) NewReader(context.Context) (*Reader, error) { return nil, errLeftOut }

// Attrs is never called.
func (*ObjectHandle) Attrs(context.Context) (*ObjectAttrs, error) { return nil, errLeftOut }

// Next is never called.
func (*ObjectIterator) Next() (*ObjectAttrs, error) { return nil, errLeftOut }

func (*Writer) Write([]byte) (int, error)  { return 0, errLeftOut }
func (*Writer) Close() error               { return errLeftOut }
func (*Writer) CloseWithError(error) error { return errLeftOut }
func (*Reader) Read([]byte) (int, error)   { return 0, errLeftOut }
func (*Reader) Close() error               { return errLeftOut }
