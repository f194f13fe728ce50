package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/yeyak/yeyak/internal/child"
	"github.com/yeyak/yeyak/internal/rig/cluster/crowd"
)

// transaction is one answered request of siege.
type transaction struct {
	status int
	took   time.Duration
}

// found is the output of siege for a load.
type found struct {
	line
	all        []transaction
	unanswered int // requests whose connection failed
}

// besiege runs siege with the documents' switches.
func (s siege) besiege(ctx context.Context, l line, url string) (f found, err error) {
	fmt.Printf("%s: siege -c%d -t%.0fS\n", l.name, l.users, l.length.Seconds())
	rc := filepath.Join(s.Dir, "siegerc")
	if err := os.WriteFile(rc, []byte(siegerc), 0o600); err != nil {
		return f, err
	}
	targets := filepath.Join(s.Dir, "siege-targets")
	if err := l.writeTargets(targets, url); err != nil {
		return f, err
	}
	cmd := exec.CommandContext(ctx, s.Siege, "--rc="+rc, "--concurrent="+strconv.Itoa(l.users),
		fmt.Sprintf("--time=%.0fS", l.length.Seconds()), "--content-type=application/json", "--file="+targets)
	var said strings.Builder
	cmd.Stderr = &said
	out, err := cmd.StdoutPipe()
	if err != nil {
		return f, err
	}
	if err := cmd.Start(); err != nil {
		return f, err
	}
	f, err = readTransactions(out)
	f.line = l
	if err == nil {
		err = cmd.Wait()
	}
	if err != nil {
		return f, fmt.Errorf("siege: %w\n%s", err, said.String())
	}
	f.unanswered, err = unanswered(said.String(), f)
	return f, err
}

// writeTargets writes the requests that siege sends in turn.
func (l line) writeTargets(file, url string) error {
	if l.bodies == nil {
		return os.WriteFile(file, []byte(url+l.path+"\n"), 0o600)
	}
	var targets strings.Builder
	for _, b := range l.bodies {
		body, err := json.Marshal(b)
		if err != nil {
			return err
		}
		fmt.Fprintf(&targets, "%s%s %s %s\n", url, l.path, l.method, body)
	}
	return os.WriteFile(file, []byte(targets.String()), 0o600)
}

// siegerc makes siege print each answer, and continue when requests fail.
const siegerc = `verbose = true
color = off
json_output = false
logging = false
show-logfile = false
limit = 1000
failures = 1000000
protocol = HTTP/1.1
connection = close
parser = false
cache = false
timeout = 60
`

// answered matches siege's line of an answer: its status and its duration.
var answered = regexp.MustCompile(`^HTTP/1\.[01] (\d{3}) +(\d+\.\d+) secs:`)

func readTransactions(out io.Reader) (f found, err error) {
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		m := answered.FindStringSubmatch(lines.Text())
		if m == nil {
			continue
		}
		status, _ := strconv.Atoi(m[1])
		took, _ := time.ParseDuration(m[2] + "s")
		f.all = append(f.all, transaction{status, took})
	}
	return f, lines.Err()
}

// failed matches siege's count of failures: answers from 400 on, and requests without an
// answer.
var failed = regexp.MustCompile(`Failed transactions:\s+(\d+)`)

func unanswered(summary string, f found) (int, error) {
	m := failed.FindStringSubmatch(summary)
	if m == nil {
		return 0, fmt.Errorf("siege reports no failed transactions:\n%s", summary)
	}
	n, err := strconv.Atoi(m[1])
	for _, t := range f.all {
		if t.status >= 400 {
			n--
		}
	}
	return max(0, n), err
}

// tally summarizes the load. A request has failed if its answer is neither the requested
// result nor a promise of it, or if it has no answer.
func (f found) tally() crowd.Tally {
	records := make([]crowd.Record, len(f.all))
	for i, t := range f.all {
		records[i].Took = t.took
		if t.status >= 300 {
			records[i].Failure = strconv.Itoa(t.status)
		}
	}
	t := crowd.Sum(records)
	t.Requests, t.Failed = t.Requests+f.unanswered, t.Failed+f.unanswered
	return t
}

func (f found) statuses() string {
	counts := map[int]int{}
	for _, t := range f.all {
		counts[t.status]++
	}
	var words []string
	for _, status := range slices.Sorted(maps.Keys(counts)) {
		words = append(words, fmt.Sprintf("%d × %d", counts[status], status))
	}
	if f.unanswered > 0 {
		words = append(words, fmt.Sprintf("%d unanswered", f.unanswered))
	}
	return strings.Join(words, ", ")
}

// results is the table beside the documents' figures.
type results struct{ rows []result }

type result struct {
	found
	stableAfter time.Duration // how long after the load the last order was stable
}

func (r *results) add(f found, stableAfter time.Duration) {
	r.rows = append(r.rows, result{f, stableAfter})
}

func (r *results) print(out io.Writer) error {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "\nload\tusers\tserved\ttheirs %\tper s\tp50 s\tp99 s\tslowest s\tanswers\tstable after")
	var all crowd.Tally
	for _, row := range r.rows {
		t, stable := row.tally(), ""
		all.Requests, all.Failed = all.Requests+t.Requests, all.Failed+t.Failed
		if row.orders {
			stable = seconds(row.stableAfter)
		}
		fmt.Fprintf(table, "%s\t%d\t%s\t%s\t%.1f\t%.2f\t%.2f\t%.2f\t%s\t%s\n", row.name, row.users, t.Availability(), row.theirs,
			float64(len(row.all))/row.length.Seconds(), t.P50.Seconds(), t.P99.Seconds(), t.Slowest.Seconds(),
			row.statuses(), stable)
	}
	fmt.Fprintf(table, "availability: %s\n", all.Availability())
	return table.Flush()
}

// command runs a command of yeyak like a terminal that has read the file of variables.
func command(ctx context.Context, yeyak, envFile string, env, args []string) (string, error) {
	cmd := exec.CommandContext(ctx, "sh", append([]string{"-c", `. "$0"; exec "$@"`, envFile, yeyak}, args...)...)
	cmd.Env = append(child.Environment(), env...)
	out, err := cmd.CombinedOutput()
	return string(out), err
}
