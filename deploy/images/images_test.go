package main

import (
	"io"
	"log"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	containers "github.com/google/go-containerregistry/pkg/registry"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
	"github.com/stretchr/testify/require"
)

const root = "../.."

// copied is a copy of the files that may name images, and of no others.
func copied(t *testing.T) string {
	t.Helper()
	all, err := files(root)
	require.NoError(t, err)
	to := t.TempDir()
	for _, file := range all {
		raw, err := os.ReadFile(filepath.Join(root, file))
		require.NoError(t, err)
		require.NoError(t, os.MkdirAll(filepath.Join(to, filepath.Dir(file)), 0o750))
		require.NoError(t, os.WriteFile(filepath.Join(to, file), raw, 0o600))
	}
	return to
}

// found lists the foreign images, each once.
func found(t *testing.T, root string) (images []string) {
	t.Helper()
	require.NoError(t, each(root, func(_, image, digest string) (string, error) {
		images = append(images, image)
		return digest, nil
	}))
	slices.Sort(images)
	return slices.Compact(images)
}

// Every FROM is found, in any notation.
func TestImages_EveryFrom(t *testing.T) {
	t.Parallel()
	images := found(t, root)
	for _, path := range []string{"deploy/Dockerfile", "subscribers/messages/Dockerfile"} {
		file, err := os.Open(filepath.Join(root, path))
		require.NoError(t, err)
		defer file.Close()
		parsed, err := parser.Parse(file)
		require.NoError(t, err)
		stages, _, err := instructions.Parse(parsed.AST, nil)
		require.NoError(t, err)
		for _, stage := range stages {
			image, _, _ := strings.Cut(stage.BaseName, "@")
			require.True(t, image == "scratch" || slices.Contains(images, image), image)
		}
	}
	for _, of := range []string{"postgres:", "prom/alertmanager:", "prom/prometheus:", "temporalio/server:", "grafana/grafana:"} {
		require.True(t, slices.ContainsFunc(images, func(image string) bool { return strings.HasPrefix(image, of) }), of)
	}
}

// TestPin requests the digests from a real registry over HTTP, and writes them.
func TestPin(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(containers.New(containers.Logger(log.New(io.Discard, "", 0))))
	t.Cleanup(server.Close)
	at := strings.TrimPrefix(server.URL, "http://")
	folder := copied(t)
	images := found(t, folder)
	want := map[string]string{}
	for _, image := range images[1:] {
		want[image] = push(t, at, image)
	}
	before := all(t, folder)
	require.ErrorContains(t, pin(t.Context(), folder, registry{mirror: at}), images[0], "it is not there")
	require.Equal(t, before, all(t, folder), "nothing is written")

	want[images[0]] = push(t, at, images[0])
	require.NoError(t, pin(t.Context(), folder, registry{mirror: at}))
	require.NoError(t, missing(folder))
	require.NoError(t, each(folder, func(_, image, digest string) (string, error) {
		require.Equal(t, want[image], digest, image)
		return digest, nil
	}))
	require.Equal(t, images, found(t, folder))

	// A moved tag gets its new digest; a tag without a digest is refused.
	moved := push(t, at, images[0])
	require.NoError(t, pin(t.Context(), folder, registry{mirror: at}))
	require.Contains(t, all(t, folder), images[0]+"@"+moved)
	require.NoError(t, each(folder, func(_, image, digest string) (string, error) {
		if image == images[0] {
			return "", nil
		}
		return digest, nil
	}))
	require.EqualError(t, missing(folder), images[0]+" has no digest: run `make digests`")
}

// push pushes an image under the tag, and returns its digest.
func push(t *testing.T, at, image string) string {
	t.Helper()
	reference, err := name.ParseReference(image)
	require.NoError(t, err)
	there, err := name.ParseReference(at+"/"+reference.Context().RepositoryStr()+":"+reference.Identifier(), name.Insecure)
	require.NoError(t, err)
	content, err := random.Image(10, 1)
	require.NoError(t, err)
	require.NoError(t, remote.Write(there, content, remote.WithContext(t.Context())))
	digest, err := content.Digest()
	require.NoError(t, err)
	return digest.String()
}

// all is the text of all files.
func all(t *testing.T, folder string) string {
	t.Helper()
	names, err := files(folder)
	require.NoError(t, err)
	var text strings.Builder
	for _, file := range names {
		raw, err := os.ReadFile(filepath.Join(folder, file))
		require.NoError(t, err)
		text.Write(raw)
	}
	return text.String()
}

func TestMissing_SeveralDigests(t *testing.T) {
	t.Parallel()
	folder, n := copied(t), 0
	require.NoError(t, each(folder, func(_, _, _ string) (string, error) {
		n++
		return "sha256:" + strings.Repeat(string(rune('a'+n%6)), 64), nil
	}))
	require.ErrorContains(t, missing(folder), "postgres:16.14-bookworm has several digests")
}
