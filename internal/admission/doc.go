// Package admission bounds how much a process takes on at the same time. What
// is beyond waits for its turn while its queue is served, and is refused as
// Overloaded, before anything of it is started, when its turn is not expected in
// time or does not come. Of all that, one caller may take up a part only.
package admission
