package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"time"

	"github.com/yeyak/yeyak/internal/config"
)

// plan is what is measured, and for how long.
type plan struct {
	rounds  int
	seconds time.Duration
	cli     string
	out     string
}

func main() {
	var p plan
	flag.IntVar(&p.rounds, "rounds", 3, "rounds of each measurement")
	flag.DurationVar(&p.seconds, "time", 8*time.Second, "length of each measurement")
	flag.StringVar(&p.cli, "temporal-cli", os.Getenv("YEYAK_TEMPORAL_CLI"), "Temporal CLI to run the dev server with")
	flag.StringVar(&p.out, "out", filepath.Join("bench", "out", "bench.json"), "file for the report")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := run(ctx, p)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// run measures each way at 1 and at 50 connections, in turns, so that what
// else the machine does falls on both alike.
func run(ctx context.Context, p plan) error {
	world, err := newWorld(ctx, p.cli)
	if err != nil {
		return err
	}
	defer world.close()
	ways := []string{config.StepsInPlace, config.StepsDurable}
	measured := map[string]*series{}
	for _, way := range ways {
		if measured[way], err = world.begin(ctx, way); err != nil {
			return fmt.Errorf("start with steps %s: %w", way, err)
		}
	}
	for round := range p.rounds {
		for _, way := range ways {
			for _, connections := range []int{1, 50} {
				fmt.Printf("round %d of %d: steps %s, %d at once\n", round+1, p.rounds, way, connections)
				if err := measured[way].measure(ctx, connections, p.seconds); err != nil {
					return fmt.Errorf("steps %s, %d at once: %w", way, connections, err)
				}
			}
		}
	}
	for _, way := range ways {
		if err := measured[way].check(ctx); err != nil {
			return fmt.Errorf("steps %s: %w", way, err)
		}
	}
	return publish(os.Stdout, p.out, measured[config.StepsInPlace], measured[config.StepsDurable])
}
