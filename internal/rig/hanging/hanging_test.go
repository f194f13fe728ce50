package hanging_test

import (
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/internal/rig/hanging"
)

// hangs is the variable with which a child hangs.
const hangs = "YEYAK_TEST_HANGS"

func TestMain(m *testing.M) {
	hanging.Watch()
	m.Run()
}

// TestWatch: a hanging test is named at the end of the output, and no waiting one.
func TestWatch(t *testing.T) {
	out, err := child("TestHangs|TestWaits", "2s")
	require.ErrorContains(t, err, "exit status 1")
	_, report, ended := strings.Cut(out, "tests hang: the time of 2s is nearly over")
	require.True(t, ended, out)
	require.Regexp(t, `(?m)^\S*/hanging_test\.TestHangs\.func1.*\n\t.*/hanging_test\.go:\d+\n$`, report)
	require.NotContains(t, out, "TestWaits")
	require.NotContains(t, out, "panic: test timed out")
}

// TestWatch_Unlimited: without a limit nothing is ended.
func TestWatch_Unlimited(t *testing.T) {
	out, err := child("TestWaits", "0")
	require.NoError(t, err, out)
}

func child(tests, limit string) (out string, err error) {
	c := exec.Command(os.Args[0], "-test.run", tests, "-test.timeout", limit, "-test.parallel", "1")
	c.Env = append(os.Environ(), hangs+"=yes")
	said, err := c.CombinedOutput()
	return string(said), err
}

func TestHangs(t *testing.T) {
	t.Run("Inner", func(t *testing.T) {
		t.Parallel()
		if os.Getenv(hangs) != "" {
			select {}
		}
	})
}

func TestWaits(t *testing.T) {
	t.Run("Inner", func(t *testing.T) { t.Parallel() })
}
