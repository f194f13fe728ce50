package cluster

import (
	"context"
	"fmt"
	"net"

	"github.com/yeyak/yeyak/internal/child"
)

// startUI starts Temporal's web UI, which is in the server's program. It is a
// process of its own: a kill of the server leaves it there.
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

// UIURL is Temporal's web UI, "" where there is none.
func (c *Cluster) UIURL() string {
	if c.options.UI == "" {
		return ""
	}
	return "http://" + c.options.UI
}
