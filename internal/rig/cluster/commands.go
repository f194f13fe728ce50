package cluster

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/yeyak/yeyak/internal/child"
)

// Env are the variables of all Yeyak processes, which commands of yeyak and of Temporal
// need for this cluster as well. They exclude a real payment provider, even if the
// terminal has a key for Stripe.
func (c *Cluster) Env() []string {
	delay := drainDelay
	if c.options.Unprobed {
		delay = 0
	}
	return merged([]string{
		"DATABASE_URL=" + c.database, "TEMPORAL_ADDRESS=" + c.temporal.Addr(), "TEMPORAL_NAMESPACE=default",
		"YEYAK_VERSIONING=" + strconv.FormatBool(c.options.Versioned), "YEYAK_PAYMENTS=sandbox", "YEYAK_DRAIN_DELAY=" + delay.String(),
		"YEYAK_AUTH_ISSUER=" + c.issuer.URL(),
	}, c.options.Env)
}

// merged joins variables. Of several values of one variable the last counts.
func merged(groups ...[]string) (env []string) {
	at := map[string]int{}
	for _, variable := range slices.Concat(groups...) {
		name, _, _ := strings.Cut(variable, "=")
		if i, known := at[name]; known {
			env[i] = variable
			continue
		}
		at[name], env = len(env), append(env, variable)
	}
	return env
}

// variable matches the beginning of an environment variable as a shell reads it.
var variable = regexp.MustCompile(`^[A-Za-z_][A-Za-z0-9_]*=`)

// mayBeSet refuses malformed variables, and those of which each process has its own.
func mayBeSet(env []string) error {
	for _, set := range env {
		name, _, _ := strings.Cut(set, "=")
		switch {
		case !variable.MatchString(set):
			return fmt.Errorf("--set %s: want NAME=VALUE", set)
		case slices.Contains([]string{"YEYAK_LISTEN", "YEYAK_OPERATIONS_LISTEN"}, name):
			return fmt.Errorf("--set %s: each process has an address of its own", set)
		}
	}
	return nil
}

// Command runs a command of yeyak on the cluster and returns its output.
func (c *Cluster) Command(ctx context.Context, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, c.options.Yeyak, args...)
	cmd.Env = slices.Concat(child.Environment(), c.Env())
	out, err := cmd.CombinedOutput()
	if err != nil {
		err = fmt.Errorf("yeyak %s: %w", strings.Join(args, " "), err)
	}
	return string(out), err
}

// EnvFile is a file for operators' shells to read, `. .cluster/env`. It exists while the
// cluster is ready.
func (c *Cluster) EnvFile() string { return filepath.Join(c.options.Dir, "env") }

// writeEnv writes the variables of Env, the URLs of the API and of Temporal's web UI, an
// operator's token, and the variables with which PostgreSQL's programs find the server.
func (c *Cluster) writeEnv() error {
	where := []string{"API=" + c.URL(), "TOKEN=" + c.Token()}
	if c.UIURL() != "" {
		where = append(where, "TEMPORAL_UI="+c.UIURL())
	}
	text := "# Where this cluster is and what it is set to, for the commands of docs/operations.\n" +
		child.Exports(merged(where, c.Env(), c.postgres.Env()))
	// Rename makes the file appear complete: terminals wait for it.
	part := c.EnvFile() + ".part"
	if err := os.WriteFile(part, []byte(text), 0o600); err != nil {
		return err
	}
	return os.Rename(part, c.EnvFile())
}
