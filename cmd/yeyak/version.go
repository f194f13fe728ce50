package main

import (
	"fmt"
	"runtime"

	"github.com/alecthomas/kong"
)

// version is set in a release: -ldflags "-X main.version=v1.2.3".
var version = "development"

// revision is set in an image, which is built without a repository; "" means the
// compiler's own.
var revision string

type versionCommand struct{}

// Run implements the command.
func (versionCommand) Run() error {
	_, err := fmt.Printf("yeyak %s (%s, %s/%s)\n", version, runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return err
}

// versionFlag is versionCommand as a flag.
type versionFlag bool

// BeforeReset prints the version before other arguments are parsed.
func (versionFlag) BeforeReset(parser *kong.Kong) error {
	err := versionCommand{}.Run()
	parser.Exit(0)
	return err
}
