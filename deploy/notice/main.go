// Command notice writes the licences of all modules that are linked into the binaries:
// `make notice`. With -check it only reports whether NOTICE is stale.
package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
)

func main() {
	root := flag.String("root", "..", "folder of the module whose binaries are in ./cmd")
	check := flag.Bool("check", false, "write nothing, and fail when NOTICE is stale")
	flag.Parse()
	if err := run(*root, *check); err != nil {
		fmt.Fprintln(os.Stderr, "notice:", err)
		os.Exit(1)
	}
}

func run(root string, check bool) error {
	text, err := notice(root)
	if err != nil {
		return err
	}
	file := filepath.Join(root, "NOTICE")
	if !check {
		return os.WriteFile(file, []byte(text), 0o644)
	}
	is, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	if string(is) != text {
		return errors.New("NOTICE is stale: run `make notice`")
	}
	return nil
}
