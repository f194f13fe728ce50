package cluster

import (
	"context"
	"fmt"
	"net"

	"github.com/yeyak/yeyak/internal/child"
)

// startUI starts Temporal's web UI, which is part of the server's program, as a process of
// its own: it survives a kill of the server.
func (c *Cluster) startUI(ctx context.Context) error {
	if c.options.UI == "" {
		return nil
	}
	ip, port, err := net.SplitHostPort(c.options.UI)
	if err != nil {
		return fmt.Errorf("address of Temporal's web UI: %w", err)
	}
	c.ui, err = child.Start(child.Command{
		Path: c.options.TemporalServer, Log: c.logOf("temporal-ui"),
		Args: []string{"ui", "--ip", ip, "--port", port, "--temporal-address", c.temporal.Addr()},
	})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, readyWithin)
	defer cancel()
	return c.ui.Await(ctx, child.Answers(c.UIURL()+"/healthz"))
}

// UIURL is the URL of Temporal's web UI, "" if there is none.
func (c *Cluster) UIURL() string {
	if c.options.UI == "" {
		return ""
	}
	return "http://" + c.options.UI
}
