package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/yeyak/yeyak/bench/lab"
)

// plan says what is measured, and for how long.
type plan struct {
	rounds  int
	length  time.Duration
	only    []string
	profile string
	lab.Flags
}

func parse() plan {
	var p plan
	flag.IntVar(&p.rounds, "rounds", 3, "rounds of each measurement")
	flag.DurationVar(&p.length, "time", 8*time.Second, "length of each measurement")
	only := flag.String("only", "", "loads to measure, separated by commas, and no others: "+strings.Join(names(), ", "))
	flag.StringVar(&p.profile, "profile", "", "folder for CPU profiles of Yeyak and Temporal under each load of 50 connections; Yeyak then runs in a program of the bench's that offers them")
	p.Flags = lab.ParseFlags("bench")
	if *only != "" {
		p.only = strings.Split(*only, ",")
	}
	return p
}

func main() {
	p := parse()
	lab.Main(p.Flags, func(ctx context.Context, w *lab.World) error { return run(ctx, p, w) })
}

// run measures each load at 1 and at 50 connections, in alternating rounds, so that other
// work of the machine affects all of them alike.
func run(ctx context.Context, p plan, world *lab.World) error {
	b := &bench{plan: p, world: world, shops: map[string]*lab.Shop{}, measured: map[point][]measurement{}, events: map[string]int{}}
	if err := b.prepare(ctx); err != nil {
		return err
	}
	for round := range p.rounds {
		for _, l := range b.loads() {
			for _, connections := range l.connections {
				fmt.Printf("round %d of %d: %s, %d connections", round+1, p.rounds, l.name, connections)
				if err := l.measure(ctx, lab.Load{Connections: connections, Length: p.length}); err != nil {
					return fmt.Errorf("%s, %d connections: %w", l.name, connections, err)
				}
			}
		}
	}
	if err := b.check(ctx); err != nil {
		return err
	}
	machine, err := world.Describe(ctx)
	if err != nil {
		return err
	}
	return newReport(machine, b).publish(os.Stdout, p.Out)
}
