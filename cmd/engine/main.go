// Command engine finds a Temporal server for `yeyak dev` without building one. It uses an
// installed one if it can. Otherwise the SDK's test suite downloads a Temporal CLI, which is
// cancelled after a few seconds if the network does not allow it. It prints "found" if there is a
// server, and nothing otherwise. `make run` runs it.
package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"go.temporal.io/sdk/client"
	"go.temporal.io/sdk/testsuite"

	"github.com/yeyak/yeyak/internal/devserver"
)

const (
	// source is where the SDK's test suite downloads the CLI from.
	source = "https://temporal.download"
	// answersWithin bounds the wait for source's first answer: most networks that block it
	// send no refusal either.
	answersWithin = 4 * time.Second
	// downloadWithin bounds the download of some 60 MB.
	downloadWithin = 90 * time.Second
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := provide(ctx, cmp.Or(os.Getenv("YEYAK_DATA_DIR"), ".yeyak"), download)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "No Temporal server at hand:", err)
		return
	}
	fmt.Println("found")
}

// provide returns nil if there is a server that can run on the data folder.
func provide(ctx context.Context, dir string, download func(context.Context) error) error {
	quiet := func(string, ...any) {} // `yeyak dev` logs which ones it does not use
	if os.Getenv("TEMPORAL_ADDRESS") != "" {
		return nil // `yeyak dev` checks it
	}
	_, err := devserver.Choose(ctx, os.Getenv("YEYAK_TEMPORAL_SERVER"), dir, quiet)
	if err == nil || os.Getenv("YEYAK_TEMPORAL_SERVER") != "" {
		return err
	}
	if _, err := os.Stat(devserver.Cached()); err == nil {
		return errors.New("the downloaded one cannot be used here")
	}
	if err := download(ctx); err != nil {
		return err
	}
	_, err = devserver.Choose(ctx, "", dir, quiet)
	return err
}

// download lets the SDK download the CLI to where devserver.Cached expects it, and start and stop
// its server as a check.
func download(ctx context.Context) error {
	if err := reachable(ctx); err != nil {
		return fmt.Errorf("a Temporal CLI cannot be downloaded: %w", err)
	}
	fmt.Fprintf(os.Stderr, "Downloading the Temporal CLI %s …\n", devserver.CLIVersion)
	ctx, cancel := context.WithTimeout(ctx, downloadWithin)
	defer cancel()
	server, err := testsuite.StartDevServer(ctx, testsuite.DevServerOptions{
		CachedDownload: testsuite.CachedDownload{Version: devserver.CLIVersion},
		ClientOptions:  &client.Options{Logger: devserver.Quiet()},
		Stdout:         io.Discard, Stderr: io.Discard,
	})
	if err != nil {
		return fmt.Errorf("a Temporal CLI cannot be downloaded: %w", err)
	}
	return server.Stop()
}

func reachable(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, answersWithin)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodHead, source, http.NoBody)
	if err != nil {
		return err
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return err
	}
	return answer.Body.Close()
}
