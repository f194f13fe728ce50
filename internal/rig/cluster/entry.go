package cluster

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"text/template"
	"time"

	"github.com/yeyak/yeyak/internal/child"
)

//go:embed haproxy.cfg
var entryLayout string

// How the entry point checks whether a process is ready.
const (
	checkEvery   = 500 * time.Millisecond
	unreadyAfter = 2
)

// entryProblem is the answer of the entry point when no API answers.
type entryProblem struct {
	Status     int
	Code       string // as the API's
	Detail     string
	RetryAfter int // seconds, 0 if it makes no sense to repeat the request
}

// Body is the problem as the API would write it.
func (p entryProblem) Body() string {
	return fmt.Sprintf(`{"type":"/docs/problems#%s","title":"%s","status":%d,"code":"%s","detail":"%s"}`,
		p.Code, http.StatusText(p.Status), p.Status, p.Code, p.Detail)
}

// entryProblems are the answers to requests that HAProxy cannot forward, or for which it
// gets no answer. A request that is answered 502 or 504 may have been carried out. The
// texts of 400 and 408, for data that are not a request yet, cannot be configured.
var entryProblems = []entryProblem{
	{500, "internal", "something went wrong", 0},
	{502, "unavailable", "the answer was lost; repeat the request under the same Idempotency-Key: should it have arrived, it is not carried out twice", 2},
	{503, "unavailable", "no API is ready; nothing was started", 2},
	{504, "unavailable", "no answer came in time; repeat the request under the same Idempotency-Key: should it have arrived, it is not carried out twice", 2},
}

// startEntry starts HAProxy in front of the APIs.
func (c *Cluster) startEntry(ctx context.Context) error {
	program, err := haproxy()
	if err != nil {
		return err
	}
	ports, err := child.FreePorts(1)
	if err != nil {
		return err
	}
	c.stats = child.Address(ports[0])
	text, err := c.entryConfig()
	if err != nil {
		return err
	}
	config := filepath.Join(c.options.Dir, "haproxy.cfg")
	if err := os.WriteFile(config, text, 0o644); err != nil {
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

func (c *Cluster) entryConfig() ([]byte, error) {
	var text bytes.Buffer
	err := template.Must(template.New("").Parse(entryLayout)).Execute(&text, map[string]any{
		"Listen": c.options.Listen, "APIs": c.APIs, "Probed": !c.options.Unprobed, "Stats": c.stats, "Problems": entryProblems,
		"CheckEvery": checkEvery.Milliseconds(), "UnreadyAfter": unreadyAfter,
	})
	return text.Bytes(), err
}

// AwaitEntry returns when the entry point regards the process as ready, if it sends
// requests to it. A process may be ready before the entry point has probed it, and the
// next process must not be replaced before that.
func (c *Cluster) AwaitEntry(ctx context.Context, n *Node) error {
	if c.options.Unprobed || !slices.Contains(c.APIs, n) {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, readyWithin)
	defer cancel()
	for {
		status, err := c.seenByEntry(ctx, n.Name)
		if err == nil && status == "UP" {
			return nil
		}
		select {
		case <-ctx.Done():
			return errors.Join(fmt.Errorf("the entry point does not send requests to %s: it is %q", n.Name, status), err)
		case <-time.After(checkEvery / 5):
		}
	}
}

// seenByEntry is HAProxy's state of a server, such as UP and DOWN.
func (c *Cluster) seenByEntry(ctx context.Context, server string) (status string, err error) {
	conn, err := (&net.Dialer{Timeout: checkEvery}).DialContext(ctx, "tcp", c.stats)
	if err != nil {
		return "", err
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, "show stat\n"); err != nil {
		return "", err
	}
	rows, err := csv.NewReader(conn).ReadAll()
	if err != nil || len(rows) == 0 {
		return "", err
	}
	name, state := slices.Index(rows[0], "svname"), slices.Index(rows[0], "status")
	for _, row := range rows {
		if row[name] == server {
			return row[state], nil
		}
	}
	return "", nil
}

// haproxy finds the program, which Debian installs in a folder that is not on every PATH.
func haproxy() (string, error) {
	for _, name := range []string{"haproxy", "/usr/sbin/haproxy", "/usr/local/sbin/haproxy"} {
		if path, err := exec.LookPath(name); err == nil {
			return path, nil
		}
	}
	return "", fmt.Errorf("no HAProxy on this machine: run tools/haproxy.sh to install it")
}
