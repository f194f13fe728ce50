package cluster

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/yeyak/yeyak/internal/child"
)

// Env is what a command of yeyak, or of Temporal's, has to be set to for this
// cluster. Nobody pays here, whatever key of Stripe's stands in a terminal.
func (c *Cluster) Env() []string {
	return []string{
		"DATABASE_URL=" + c.database, "TEMPORAL_ADDRESS=" + c.temporal.Addr(), "TEMPORAL_NAMESPACE=default",
		"YEYAK_VERSIONING=" + strconv.FormatBool(c.options.Versioned), "YEYAK_PAYMENTS=sandbox",
	}
}

// Command runs a command of yeyak on the cluster and answers what it says.
func (c *Cluster) Command(ctx context.Context, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, c.options.Yeyak, args...)
	cmd.Env = slices.Concat(child.Environment(), c.Env(), c.options.Env)
	out, err := cmd.CombinedOutput()
	if err != nil {
		err = fmt.Errorf("yeyak %s: %w", strings.Join(args, " "), err)
	}
	return string(out), err
}

// EnvFile is a file for operators' shells to read, `. .cluster/env`. It is there
// while the cluster is ready.
func (c *Cluster) EnvFile() string { return filepath.Join(c.options.Dir, "env") }

// writeEnv tells, besides Env, where the API is, and PostgreSQL's own programs
// where the server is.
func (c *Cluster) writeEnv() error {
	text := []byte("# Where this cluster is, for the commands of docs/operations.md.\n")
	for _, variable := range slices.Concat([]string{"API=" + c.URL()}, c.Env(), c.postgres.Env()) {
		name, value, _ := strings.Cut(variable, "=")
		text = fmt.Appendf(text, "export %s='%s'\n", name, value)
	}
	// Whoever waits for the file is to find all of it.
	part := c.EnvFile() + ".part"
	if err := os.WriteFile(part, text, 0o600); err != nil {
		return err
	}
	return os.Rename(part, c.EnvFile())
}
