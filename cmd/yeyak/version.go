package main

import (
	"fmt"
	"runtime"
)

// version is stamped into a release: -ldflags "-X main.version=v1.2.3".
var version = "development"

type versionCommand struct{}

// Run implements the command.
func (versionCommand) Run() error {
	_, err := fmt.Printf("yeyak %s (%s, %s/%s)\n", version, runtime.Version(), runtime.GOOS, runtime.GOARCH)
	return err
}
