package workflows_test

import (
	"archive/tar"
	"compress/gzip"
	"errors"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	historypb "go.temporal.io/api/history/v1"
	"go.temporal.io/sdk/worker"

	"github.com/yeyak/yeyak/workers"
)

// released has the histories that were current when a version was released, by `make
// release-histories`: what that release's orders have done, which outlive it.
const released = "testdata/releases"

// TestReplay_EveryRelease is the condition of a rollout: orders of earlier releases
// continue on this one, which has to replay them.
func TestReplay_EveryRelease(t *testing.T) {
	t.Parallel()
	for _, version := range releases(t) {
		replay(t, filepath.Join(released, version+".tar.gz"))
	}
}

// releases are the versions in the changelog.
func releases(t *testing.T) (versions []string) {
	t.Helper()
	changelog, err := os.ReadFile("../CHANGELOG.md")
	require.NoError(t, err)
	for _, m := range regexp.MustCompile(`(?m)^## (v\d+\.\d+\.\d+)`).FindAllStringSubmatch(string(changelog), -1) {
		versions = append(versions, m[1])
	}
	return versions
}

// replay replays all histories in an archive, and returns their number.
func replay(t *testing.T, archive string) (n int) {
	t.Helper()
	file, err := os.Open(archive)
	require.NoError(t, err, "a release without its histories: run `make release-histories VERSION=…` on it")
	defer file.Close()
	unpacked, err := gzip.NewReader(file)
	require.NoError(t, err)
	for entries := tar.NewReader(unpacked); ; {
		entry, err := entries.Next()
		if errors.Is(err, io.EOF) {
			require.Positive(t, n, "%s is empty", archive)
			return n
		}
		require.NoError(t, err)
		if !strings.HasSuffix(entry.Name, ".json") {
			continue
		}
		raw, err := io.ReadAll(entries)
		require.NoError(t, err)
		var h historypb.History
		require.NoError(t, unmarshalHistory(raw, &h))
		replayer := worker.NewWorkflowReplayer()
		workers.RegisterWorkflows(replayer)
		require.NoError(t, replayer.ReplayWorkflowHistory(nil, &h), "%s: %s", archive, entry.Name)
		n++
	}
}

// TestReplay_OfAnArchive: replay reads the archive that a release packs.
func TestReplay_OfAnArchive(t *testing.T) {
	t.Parallel()
	archive := filepath.Join(t.TempDir(), "v0.0.0.tar.gz")
	file, err := os.Create(archive)
	require.NoError(t, err)
	packed := gzip.NewWriter(file)
	entries := tar.NewWriter(packed)
	const name = "lodging_declined.json"
	raw, err := os.ReadFile(filepath.Join("testdata/histories", name))
	require.NoError(t, err)
	require.NoError(t, entries.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: int64(len(raw))}))
	_, err = entries.Write(raw)
	require.NoError(t, err)
	require.NoError(t, entries.Close())
	require.NoError(t, packed.Close())
	require.NoError(t, file.Close())
	require.Equal(t, 1, replay(t, archive))
}
