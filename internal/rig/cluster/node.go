package cluster

import (
	"context"
	"fmt"

	"github.com/yeyak/yeyak/internal/child"
)

// Node is one process of Yeyak. It keeps its address and its log when its build changes.
type Node struct {
	Name    string
	Address string // host:port, of the API or of the worker's probes
	role    string
	log     string
	env     []string
	process *child.Process
	blind   bool
}

// newNode makes a process of the role, which gets its address in the variable.
func (c *Cluster) newNode(role string, i, port int, variable string) *Node {
	n := &Node{
		Name: numbered(role, i), role: role, Address: child.Address(port), log: c.logOf(numbered(role, i)), blind: c.options.Unprobed,
	}
	n.env = append(c.Env(), variable+"="+n.Address)
	return n
}

// Start starts the program as this process, and returns when it is ready.
func (n *Node) Start(ctx context.Context, program string) error {
	if err := n.launch(program); err != nil {
		return err
	}
	return n.awaitReady(ctx)
}

func (n *Node) launch(program string) (err error) {
	n.process, err = child.Start(child.Command{Path: program, Args: []string{n.role}, Env: n.env, Log: n.log})
	return err
}

func (n *Node) awaitReady(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, readyWithin)
	defer cancel()
	if err := n.process.Await(ctx, child.Answers("http://"+n.Address+"/readyz")); err != nil {
		return fmt.Errorf("%s: %w", n.Name, err)
	}
	return nil
}

// Replace ends the process, like a rollout does, and starts the program in its place.
// Without probes the new process counts as ready as soon as it is started.
func (n *Node) Replace(ctx context.Context, program string) error {
	if err := n.Stop(); err != nil {
		return err
	}
	if n.blind {
		return n.launch(program)
	}
	return n.Start(ctx, program)
}

// Stop signals the process to end, and returns when it has.
func (n *Node) Stop() error {
	if n.process == nil {
		return nil
	}
	return n.process.Stop(stopWithin)
}

// Kill kills the process, like kill -9.
func (n *Node) Kill() { n.process.Kill() }
