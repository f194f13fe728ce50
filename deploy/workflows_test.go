package deploy

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/stretchr/testify/require"
	"sigs.k8s.io/yaml"
)

// workflow is the part of a GitHub Actions workflow that we use; another key is a mistake.
type workflow struct {
	Name        string            `json:"name"`
	On          any               `json:"on"`
	Permissions map[string]string `json:"permissions"`
	Concurrency any               `json:"concurrency"`
	Jobs        map[string]struct {
		Needs          []string          `json:"needs"`
		Uses           string            `json:"uses"`
		With           map[string]string `json:"with"`
		Secrets        string            `json:"secrets"`
		Outputs        map[string]string `json:"outputs"`
		Environment    string            `json:"environment"`
		RunsOn         string            `json:"runs-on"`
		TimeoutMinutes int               `json:"timeout-minutes"`
		Permissions    map[string]string `json:"permissions"`
		Env            map[string]string `json:"env"`
		Steps          []workflowStep    `json:"steps"`
	} `json:"jobs"`
}

type workflowStep struct {
	ID   string            `json:"id"`
	Name string            `json:"name"`
	Uses string            `json:"uses"`
	Run  string            `json:"run"`
	With map[string]any    `json:"with"`
	Env  map[string]string `json:"env"`
}

func workflows(t *testing.T) map[string]workflow {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(root, ".github/workflows/*"))
	require.NoError(t, err)
	all := map[string]workflow{}
	for _, file := range files {
		raw, err := os.ReadFile(file)
		require.NoError(t, err)
		var w workflow
		// YAML 1.1 reads the key `on` as a boolean, which cannot be a JSON name.
		require.NoError(t, yaml.UnmarshalStrict([]byte(strings.Replace(string(raw), "\non:", "\n\"on\":", 1)), &w), file)
		require.NotNil(t, w.On, file)
		all[filepath.Base(file)] = w
	}
	require.Contains(t, all, "ci.yml")
	require.Contains(t, all, "release.yml")
	return all
}

var (
	makes      = regexp.MustCompile(`(?m)(?:^|[;&|] *)make ([a-z-]+)`)
	kustomizes = regexp.MustCompile(`kubectl kustomize (\S+)`)
	scripts    = regexp.MustCompile(`\bsh (\S+\.sh)`)
)

func TestWorkflows(t *testing.T) {
	t.Parallel()
	makefile, err := os.ReadFile(filepath.Join(root, "Makefile"))
	require.NoError(t, err)
	for name, w := range workflows(t) {
		require.Equal(t, map[string]string{"contents": "read"}, w.Permissions, name)
		for job, of := range w.Jobs {
			where := name + ": " + job
			if of.Uses != "" {
				require.FileExists(t, filepath.Join(root, of.Uses), where)
				continue
			}
			require.Regexp(t, `^ubuntu-\d+\.\d+$`, of.RunsOn, where)
			require.NotZero(t, of.TimeoutMinutes, where)
			for _, need := range of.Needs {
				require.Contains(t, w.Jobs, need, where)
			}
			if len(of.Permissions) > 0 {
				require.Contains(t, []string{"release.yml: release", "deploy.yml: deploy"}, where, "nothing else writes")
			}
			for _, step := range of.Steps {
				if step.Uses != "" {
					require.Regexp(t, `^[a-z-]+/[a-z-]+@[0-9a-f]{40}$`, step.Uses, "%s: a tag can be moved", where)
				}
				if strings.HasPrefix(step.Uses, "actions/checkout@") {
					require.Equal(t, false, step.With["persist-credentials"], where)
				}
				require.NotContains(t, step.Run, "${{", "%s: what others may write is no part of a script", where)
				for _, found := range makes.FindAllStringSubmatch(step.Run, -1) {
					require.Regexp(t, `(?m)^`+found[1]+`:.* ## `, string(makefile), "%s: make %s", where, found[1])
				}
				for _, found := range kustomizes.FindAllStringSubmatch(step.Run, -1) {
					render(t, filepath.Join(root, found[1]))
				}
				for _, found := range scripts.FindAllStringSubmatch(step.Run, -1) {
					require.FileExists(t, filepath.Join(root, found[1]), where)
				}
			}
		}
	}
}

// CI runs the same checks as .ci/run, and renders every overlay, with the Go version of the
// image's build.
func TestWorkflows_CI(t *testing.T) {
	t.Parallel()
	ci := workflows(t)["ci.yml"]
	var run strings.Builder
	version := ""
	for _, job := range ci.Jobs {
		for _, step := range job.Steps {
			run.WriteString(step.Run + "\n")
			if v, ok := step.With["go-version"].(string); ok {
				version = v
			}
		}
	}
	local, err := os.ReadFile(filepath.Join(root, ".ci/run"))
	require.NoError(t, err)
	targets := makes.FindAllString(string(local), -1)
	require.NotEmpty(t, targets)
	for _, target := range targets {
		require.Contains(t, run.String(), target)
	}
	overlays, err := filepath.Glob("kubernetes/overlays/*/kustomization.yaml")
	require.NoError(t, err)
	require.NotEmpty(t, overlays)
	for _, overlay := range overlays {
		require.Contains(t, run.String(), "kubectl kustomize deploy/"+filepath.Dir(overlay)+"\n")
		require.Contains(t, run.String(), "kubectl kustomize deploy/"+filepath.Dir(overlay)+"/jobs\n")
	}
	build := dockerfile(t)[0]
	require.NotEmpty(t, find[*instructions.RunCommand](build))
	require.Contains(t, build.BaseName, ":"+version+"-")
}

func TestWorkflows_Release(t *testing.T) {
	t.Parallel()
	release := workflows(t)["release.yml"].Jobs["release"]
	require.ElementsMatch(t, []string{"changelog", "digests", "ci"}, release.Needs)
	require.Equal(t, map[string]string{"contents": "write", "packages": "write"}, release.Permissions)
}

func TestChangelog(t *testing.T) {
	t.Parallel()
	const log = "# Changelog\n\n## Unreleased\n\n- soon\n\n## v1.2.3 - 2026-12-24\n\n- one\n\n- two\n\n## v1.2.2\n\n- three\n\n## v1.2.1\n\n## v1.2\n"
	entry := func(version string) (string, error) {
		cmd := exec.CommandContext(t.Context(), "sh", "changelog.sh", version)
		cmd.Stdin = strings.NewReader(log)
		out, err := cmd.Output()
		return string(out), err
	}
	for version, want := range map[string]string{"v1.2.3": "- one\n\n- two\n\n", "v1.2.2": "- three\n\n"} {
		got, err := entry(version)
		require.NoError(t, err)
		require.Equal(t, want, got)
	}
	for _, missing := range []string{"v1.2.1", "v1.2", "v1.2.4", "v1", "1.2.3", "."} {
		_, err := entry(missing)
		require.Error(t, err, missing)
	}
}
