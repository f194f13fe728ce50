// Package hanging names the tests that hang. When a test binary's time is over, go test prints the
// stacks of all goroutines, which are tens of thousands beside a worker: the tests among them
// are not found, or cut off.
//
//	func TestMain(m *testing.M) {
//		hanging.Watch()
//		m.Run()
//	}
package hanging

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"os"
	"regexp"
	"runtime"
	"time"
)

// Watch ends the test binary with exit code 1 shortly before its -timeout, and prints the stacks of
// the goroutines that are in code of tests.
func Watch() {
	flag.Parse()
	limit := flag.Lookup("test.timeout").Value.(flag.Getter).Get().(time.Duration)
	if limit <= 0 {
		return
	}
	time.AfterFunc(limit-min(limit/10, 30*time.Second), func() {
		report(os.Stderr, stacks(), limit)
		os.Exit(1)
	})
}

// stacks are the stacks of all goroutines, separated by empty lines.
func stacks() []byte {
	for size := 16 << 20; ; size *= 2 {
		all := make([]byte, size)
		if n := runtime.Stack(all, true); n < size {
			return all[:n]
		}
	}
}

// report prints those of the stacks that are in code of tests, and at the end only where each is
// in that code: of a long output the end is shown. Tests that wait for their turn or for their
// subtests do not hang themselves.
func report(to io.Writer, stacks []byte, limit time.Duration) {
	var places [][]byte
	for stack := range bytes.SplitSeq(stacks, []byte("\n\n")) {
		waits := bytes.Contains(stack, []byte("testing.(*T).Parallel(")) || bytes.Contains(stack, []byte("testing.(*T).Run("))
		if place := inTest.Find(stack); place != nil && !waits {
			_, _ = fmt.Fprintf(to, "%s\n\n", stack)
			places = append(places, place)
		}
	}
	_, _ = fmt.Fprintf(to, "tests hang: the time of %s is nearly over. These places are waited at:\n%s\n", limit, bytes.Join(places, []byte("\n")))
}

// inTest is the innermost call of a stack in code of tests: its function and its line.
var inTest = regexp.MustCompile(`(?m)^\S.*\n\t.*_test\.go:\d+`)
