// Command images pins foreign images by digest, since a tag can be moved. `make digests` reads
// from the registries the digests of the tags in the files, and writes them there. With -check it
// makes no request, and fails if an image has no digest.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
)

func main() {
	root := flag.String("root", "..", "folder of the repository")
	check := flag.Bool("check", false, "write nothing, and fail when an image has no digest")
	mirror := flag.String("mirror", "", "host of a registry that is used instead of those that are named")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	var err error
	if *check {
		err = missing(*root)
	} else {
		err = pin(ctx, *root, registry{mirror: *mirror})
	}
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
