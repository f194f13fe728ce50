package main

import (
	"fmt"
	"runtime"

	"github.com/alecthomas/kong"
)

// version is stamped into a release: -ldflags "-X main.version=v1.2.3".
var version = "development"

// revision is stamped into an image, which is built without a repository; ""
// leaves it to what the compiler has seen.
var revision string

type versionCommand struct{}

// Run implements the command.
func (versionCommand) Run() error {
	_, err := fmt.Printf("yeyak %s (%s, %s/%s)\n", version, runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return err
}

// versionFlag is versionCommand as a flag.
type versionFlag bool

// BeforeReset tells the version before anything else is looked at.
func (versionFlag) BeforeReset(parser *kong.Kong) error {
	err := versionCommand{}.Run()
	parser.Exit(0)
	return err
}
