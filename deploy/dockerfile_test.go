package deploy

import (
	"bytes"
	"debug/elf"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/buildkit/frontend/dockerfile/parser"
	"github.com/moby/patternmatcher"
	"github.com/moby/patternmatcher/ignorefile"
	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/internal/rig/scratch"
)

const root = ".."

func dockerfile(t testing.TB) []instructions.Stage { return dockerfileAt(t, "Dockerfile") }

func dockerfileAt(t testing.TB, path string) []instructions.Stage {
	t.Helper()
	file, err := os.Open(path)
	require.NoError(t, err)
	defer file.Close()
	parsed, err := parser.Parse(file)
	require.NoError(t, err)
	require.Empty(t, parsed.Warnings)
	stages, _, err := instructions.Parse(parsed.AST, nil)
	require.NoError(t, err)
	return stages
}

// find lists the instructions of a kind.
func find[T instructions.Command](stage instructions.Stage) (found []T) {
	for _, command := range stage.Commands {
		if of, ok := command.(T); ok {
			found = append(found, of)
		}
	}
	return found
}

func TestDockerfile(t *testing.T) {
	t.Parallel()
	stages := dockerfile(t)
	require.Len(t, stages, 2)
	build, image := stages[0], stages[1]
	pinned(t, build.BaseName)
	require.Equal(t, "scratch", image.BaseName)
	require.Equal(t, "65532:65532", find[*instructions.UserCommand](image)[0].User)
	require.Equal(t, []string{entrypoint}, find[*instructions.EntrypointCommand](image)[0].CmdLine)
	require.Empty(t, find[*instructions.RunCommand](image), "there is nothing to run in it")
	var copied []string
	for _, c := range find[*instructions.CopyCommand](image) {
		require.Equal(t, "build", c.From)
		copied = append(copied, c.SourcePaths...)
	}
	require.Subset(t, copied, []string{"/src/LICENSE", "/src/NOTICE"}, "licences go with what they are of")
	labels := map[string]string{}
	for _, l := range find[*instructions.LabelCommand](image) {
		for _, pair := range l.Labels {
			labels[pair.Key] = pair.Value
		}
	}
	for _, name := range []string{"title", "source", "licenses", "version", "revision"} {
		require.NotEmpty(t, labels["org.opencontainers.image."+name], name)
	}
}

// entrypoint is the path of the binary in the image.
const entrypoint = "/yeyak"

// buildContext copies the files that .dockerignore allows, like `docker build .`.
func buildContext(t testing.TB) string {
	t.Helper()
	raw, err := os.ReadFile(filepath.Join(root, ".dockerignore"))
	require.NoError(t, err)
	patterns, err := ignorefile.ReadAll(bytes.NewReader(raw))
	require.NoError(t, err)
	ignored, err := patternmatcher.New(patterns)
	require.NoError(t, err)
	files, err := exec.CommandContext(t.Context(), "git", "-C", root, "ls-files", "--cached", "--others", "--exclude-standard", "-z").Output()
	require.NoError(t, err)
	dir := t.TempDir()
	for name := range strings.SplitSeq(strings.TrimRight(string(files), "\x00"), "\x00") {
		skip, err := ignored.MatchesOrParentMatches(name)
		require.NoError(t, err)
		content, err := os.ReadFile(filepath.Join(root, name))
		if skip || os.IsNotExist(err) {
			continue
		}
		require.NoError(t, err)
		require.NoError(t, os.MkdirAll(filepath.Join(dir, filepath.Dir(name)), 0o755))
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), content, 0o600))
	}
	return dir
}

// revision is the revision in the image's build arguments.
const revision = "0f1e2d3c4b5a69788796a5b4c3d2e1f001234567"

var (
	built   sync.Once
	builtAt string
	builtIn *scratch.Folder
)

// buildAsTheImageDoes runs the Dockerfile's build command on its build context, once.
func buildAsTheImageDoes(t testing.TB) string {
	t.Helper()
	built.Do(func() {
		stage := dockerfile(t)[0]
		runs := find[*instructions.RunCommand](stage)
		script := strings.Join(runs[len(runs)-1].CmdLine, " ")
		folder, err := scratch.Make("", "yeyak-image-")
		require.NoError(t, err)
		builtIn = folder
		out := filepath.Join(folder.Path, "yeyak")
		require.Contains(t, script, " -o /out/yeyak ")
		cmd := exec.CommandContext(t.Context(), "sh", "-euc", strings.Replace(script, "/out/yeyak", out, 1))
		cmd.Dir = buildContext(t)
		cmd.Env = append(os.Environ(), "GOFLAGS=", "GOWORK=off", "TARGETOS="+runtime.GOOS, "TARGETARCH="+runtime.GOARCH, "VERSION=v9.8.7", "REVISION="+revision)
		for _, env := range find[*instructions.EnvCommand](stage) {
			for _, pair := range env.Env {
				cmd.Env = append(cmd.Env, pair.Key+"="+pair.Value)
			}
		}
		said, err := cmd.CombinedOutput()
		require.NoError(t, err, "%s", said)
		builtAt = out
	})
	require.NotEmpty(t, builtAt, "it could not be built")
	return builtAt
}

func TestMain(m *testing.M) {
	code := m.Run()
	if builtIn != nil {
		_ = builtIn.Remove()
	}
	os.Exit(code)
}

func TestDockerfile_BuildsAStaticBinary(t *testing.T) {
	t.Parallel()
	path := buildAsTheImageDoes(t)
	file, err := elf.Open(path)
	require.NoError(t, err)
	defer file.Close()
	for _, segment := range file.Progs {
		require.NotEqual(t, elf.PT_INTERP, segment.Type, "it needs a dynamic linker, which the image does not have")
	}
	libraries, err := file.ImportedLibraries()
	require.NoError(t, err)
	require.Empty(t, libraries)

	said, err := exec.CommandContext(t.Context(), path, "version").Output()
	require.NoError(t, err)
	require.Contains(t, string(said), "yeyak v9.8.7 (")
	raw, err := os.ReadFile(path)
	require.NoError(t, err)
	require.True(t, bytes.Contains(raw, []byte(revision)), "yeyak_build_info does not know its revision")
}

// .dockerignore allows the files that the compiler reads, and no others.
func TestDockerignore(t *testing.T) {
	t.Parallel()
	cmd := exec.CommandContext(t.Context(), "go", "list", "-deps", "-json=Dir,Module", "./cmd/yeyak")
	cmd.Dir = root
	out, err := cmd.Output()
	require.NoError(t, err)
	top, err := filepath.Abs(root)
	require.NoError(t, err)
	want := []string{"go.mod", "go.sum", "LICENSE", "NOTICE"}
	for decoder := json.NewDecoder(bytes.NewReader(out)); decoder.More(); {
		var p struct {
			Dir    string
			Module *struct{ Main bool }
		}
		require.NoError(t, decoder.Decode(&p))
		if p.Module == nil || !p.Module.Main {
			continue
		}
		relative, err := filepath.Rel(top, p.Dir)
		require.NoError(t, err)
		want = append(want, strings.Split(relative, string(filepath.Separator))[0])
	}
	slices.Sort(want)
	var got []string
	entries, err := os.ReadDir(buildContext(t))
	require.NoError(t, err)
	for _, entry := range entries {
		got = append(got, entry.Name())
	}
	require.Equal(t, slices.Compact(want), got)
}
