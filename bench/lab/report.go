package lab

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"syscall"

	"github.com/yeyak/yeyak/internal/visibility"
)

// Flags are the flags of every benchmark.
type Flags struct {
	Programs
	Out string // file for the report
	// Visibility is the form of the indexes of Temporal's visibility table.
	Visibility visibility.Form

	name string
}

// ParseFlags reads the flags of a benchmark, its own and those of every benchmark.
func ParseFlags(name string) Flags {
	f := Flags{name: name}
	flag.StringVar(&f.Out, "out", filepath.Join("bench", "out", name+".json"), "file for the report")
	bin := flag.String("bin", "bin", "folder of the programs")
	f.Visibility = visibility.Lean
	flag.Func("visibility", "how the indexes of Temporal's visibility table are made: lean, or stock (default lean)", func(form string) error {
		f.Visibility = visibility.Form(form)
		if f.Visibility != visibility.Lean && f.Visibility != visibility.Stock {
			return errors.New("want lean or stock")
		}
		return nil
	})
	flag.Parse()
	f.Programs = programsIn(*bin)
	return f
}

// Main runs a benchmark in a world of its own until it is done or interrupted.
func Main(f Flags, run func(context.Context, *World) error) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := inWorld(ctx, f, run)
	stop()
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s: %s\n", f.name, err)
		os.Exit(1)
	}
}

func inWorld(ctx context.Context, f Flags, run func(context.Context, *World) error) error {
	fmt.Printf("visibility store: %s\n", f.Visibility)
	world, err := NewWorld(ctx, f.Programs, f.Visibility)
	if err != nil {
		return err
	}
	return errors.Join(run(ctx, world), world.Close())
}

// programsIn are the programs in the folder, except for those that the environment names.
func programsIn(folder string) Programs {
	program := func(variable string, name ...string) string {
		return cmp.Or(os.Getenv(variable), filepath.Join(append([]string{folder}, name...)...))
	}
	return Programs{
		Yeyak: program("YEYAK_BINARY", "yeyak"), Naive: program("", "bench", "naive"), Bare: program("", "bench", "bare"), Plain: program("", "bench", "plain"),
		TemporalServer: program("YEYAK_TEMPORAL_SERVER", "temporal-server"),
	}
}

// WriteJSON writes a report to the file and creates its folder.
func WriteJSON(file string, report any) error {
	raw, err := json.MarshalIndent(report, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	return os.WriteFile(file, append(raw, '\n'), 0o644) //nolint:gosec // readable for all
}

// Sorted are the keys of a map, sorted.
func Sorted[V any](of map[string]V) []string { return slices.Sorted(maps.Keys(of)) }
