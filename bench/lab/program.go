package lab

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/yeyak/yeyak/internal/child"
)

// Program is a program that can be started again after it has ended.
type Program struct {
	*child.Process

	world   *World
	ready   string
	command child.Command
}

// Start starts a program that listens on the address in its environment, and returns when
// the URL ready answers. Its log is in the world's folder.
func (w *World) Start(ctx context.Context, name, ready string, c child.Command) (*Program, error) {
	if _, err := exec.LookPath(c.Path); err != nil {
		return nil, fmt.Errorf("%w: build it with `make bench`", err)
	}
	c.Log = filepath.Join(w.Dir, name+".log")
	p := &Program{world: w, ready: ready, command: c}
	w.running = append(w.running, p)
	return p, p.Again(ctx)
}

// Again starts the program once more, with the same command, and returns when it answers.
func (p *Program) Again(ctx context.Context) (err error) {
	if p.Process, err = child.Start(p.command); err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, time.Minute)
	defer cancel()
	return p.Await(ctx, child.Answers(p.ready))
}

// stopWithin is how long a program may take to end.
const stopWithin = 30 * time.Second

// End requests the program's end, and returns when it has ended.
func (p *Program) End() error {
	if p.Process == nil {
		return nil // it could not be started
	}
	return p.Stop(stopWithin)
}
