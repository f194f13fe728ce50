// Package admission bounds how much a process does at the same time. A request
// over the bound waits in a queue. If its slot is not expected in time, or does
// not come free, it is refused as Overloaded before any part of it is started.
// One caller may use only a part of the capacity.
package admission
