package lab

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"syscall"
)

// Main runs a benchmark in a world of its own until it is done or interrupted.
func Main(name string, programs Programs, run func(context.Context, *World) error) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := inWorld(ctx, programs, run)
	stop()
	if err != nil {
		fmt.Fprintf(os.Stderr, "%s: %s\n", name, err)
		os.Exit(1)
	}
}

func inWorld(ctx context.Context, programs Programs, run func(context.Context, *World) error) error {
	world, err := NewWorld(ctx, programs)
	if err != nil {
		return err
	}
	return errors.Join(run(ctx, world), world.Close())
}

// ProgramsIn are the programs in the folder, but for those that the environment
// names.
func ProgramsIn(folder string) Programs {
	program := func(variable string, name ...string) string {
		return cmp.Or(os.Getenv(variable), filepath.Join(append([]string{folder}, name...)...))
	}
	return Programs{
		Yeyak: program("YEYAK_BINARY", "yeyak"), Naive: program("", "bench", "naive"), Bare: program("", "bench", "bare"), Plain: program("", "bench", "plain"),
		TemporalServer: program("YEYAK_TEMPORAL_SERVER", "temporal-server"), SQLTool: program("YEYAK_TEMPORAL_SQL_TOOL", "temporal-sql-tool"),
	}
}

// WriteJSON writes a report to the file, whose folder it makes.
func WriteJSON(file string, report any) error {
	raw, err := json.MarshalIndent(report, "", "  ")
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		return err
	}
	return os.WriteFile(file, append(raw, '\n'), 0o644) //nolint:gosec // for all to read
}

// Sorted are the keys of a map.
func Sorted[V any](of map[string]V) []string { return slices.Sorted(maps.Keys(of)) }
