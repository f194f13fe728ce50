// Package docs holds what the documents say to each other and to the code to be
// so: its tests follow links and names.
package docs
