package cluster

import (
	"bytes"
	"context"
	_ "embed"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"text/template"
	"time"

	"github.com/yeyak/yeyak/internal/child"
)

//go:embed haproxy.cfg
var entryLayout string

// How the entry point finds out who is ready.
const (
	checkEvery   = 500 * time.Millisecond
	unreadyAfter = 2
)

// startEntry starts HAProxy before the APIs.
func (c *Cluster) startEntry(ctx context.Context) error {
	program, err := haproxy()
	if err != nil {
		return err
	}
	var text bytes.Buffer
	err = template.Must(template.New("").Parse(entryLayout)).Execute(&text, map[string]any{
		"Listen": c.options.Listen, "APIs": c.APIs, "Probed": !c.options.Unprobed,
		"CheckEvery": checkEvery.Milliseconds(), "UnreadyAfter": unreadyAfter,
	})
	if err != nil {
		return err
	}
	config := filepath.Join(c.options.Dir, "haproxy.cfg")
	if err := os.WriteFile(config, text.Bytes(), 0o644); err != nil {
		return err
	}
	c.entry, err = child.Start(child.Command{Path: program, Args: []string{"-db", "-f", config}, Log: c.logOf("entry")})
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, readyWithin)
	defer cancel()
	return c.entry.Await(ctx, child.Answers(c.URL()+"/readyz"))
}

// haproxy finds the program, which Debian keeps where not every user looks.
func haproxy() (string, error) {
	for _, name := range []string{"haproxy", "/usr/sbin/haproxy", "/usr/local/sbin/haproxy"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("no HAProxy on this machine: run tools/haproxy.sh to install it")
}
