package deploy

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"sigs.k8s.io/yaml"
)

// TestDependencies_Updates: every module, and every folder with images, is one
// that updates come for.
func TestDependencies_Updates(t *testing.T) {
	t.Parallel()
	var settings struct {
		Version int `json:"version"`
		Updates []struct {
			Ecosystem   string         `json:"package-ecosystem"`
			Directory   string         `json:"directory"`
			Directories []string       `json:"directories"`
			Schedule    map[string]any `json:"schedule"`
			Groups      map[string]any `json:"groups"`
		} `json:"updates"`
	}
	require.NoError(t, yaml.UnmarshalStrict([]byte(read(t, filepath.Join(root, ".github/dependabot.yml"))), &settings))
	follows := func(ecosystem, folder string) bool {
		for _, of := range settings.Updates {
			if of.Ecosystem != ecosystem {
				continue
			}
			for _, pattern := range append(of.Directories, of.Directory) {
				if matched, err := filepath.Match(pattern, folder); err == nil && matched {
					return true
				}
			}
		}
		return false
	}
	files, err := exec.CommandContext(t.Context(), "git", "-C", root, "ls-files", "--cached", "--others", "--exclude-standard").Output()
	require.NoError(t, err)
	image := regexp.MustCompile(`(?m)^\s+(- )?image: [a-z0-9./-]+:`)
	seen := map[string]int{}
	for name := range strings.Lines(string(files)) {
		name = strings.TrimSpace(name)
		folder := filepath.Dir("/" + name)
		var ecosystem string
		switch base := filepath.Base(name); {
		case strings.HasPrefix(name, "tools/temporal/stubs/"): // of modules that are not used
			continue
		case base == "go.mod":
			ecosystem = "gomod"
		case base == "Dockerfile":
			ecosystem = "docker"
		case base == "docker-compose.yml":
			ecosystem = "docker-compose"
		case strings.HasPrefix(name, ".github/workflows/"):
			ecosystem, folder = "github-actions", "/"
		case strings.HasPrefix(name, "deploy/kubernetes/") && image.MatchString(read(t, filepath.Join(root, name))):
			ecosystem = "docker"
		default:
			continue
		}
		seen[ecosystem]++
		require.True(t, follows(ecosystem, folder), "%s: no updates for %s", name, folder)
	}
	require.Len(t, seen, 4)
	require.Greater(t, seen["gomod"], 5)
}

// vulncheck looks for vulnerabilities in a module that parses a URL, with a
// database of one vulnerability in that, or with another environment.
func vulncheck(t *testing.T, main string, env ...string) (out string, status int) {
	t.Helper()
	folder, database := t.TempDir(), t.TempDir()
	for file, text := range map[string]string{
		filepath.Join(folder, "go.mod"):          "module example.com/x\n\ngo 1.26.0\n",
		filepath.Join(folder, "main.go"):         main,
		filepath.Join(database, "index/db.json"): `{"modified": "2026-11-01T00:00:00Z"}`,
		filepath.Join(database, "index/modules.json"): `[{"path": "stdlib", "vulns": [
			{"id": "GO-2026-0001", "modified": "2026-11-01T00:00:00Z"}]}]`,
		filepath.Join(database, "index/vulns.json"): `[{"id": "GO-2026-0001", "modified": "2026-11-01T00:00:00Z"}]`,
		filepath.Join(database, "ID/GO-2026-0001.json"): `{"schema_version": "1.3.1", "id": "GO-2026-0001", "modified": "2026-11-01T00:00:00Z",
			"published": "2026-11-01T00:00:00Z", "summary": "made up", "details": "made up",
			"database_specific": {"url": "https://pkg.go.dev/vuln/GO-2026-0001"},
			"affected": [{"package": {"name": "stdlib", "ecosystem": "Go"}, "ranges": [{"type": "SEMVER", "events": [{"introduced": "0"}]}],
				"ecosystem_specific": {"imports": [{"path": "net/url", "symbols": ["Parse"]}]}}]}`,
	} {
		require.NoError(t, os.MkdirAll(filepath.Dir(file), 0o750))
		require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
	}
	script, err := filepath.Abs(filepath.Join(root, "tools/govulncheck/check.sh"))
	require.NoError(t, err)
	cmd := exec.CommandContext(t.Context(), "sh", script, builtTool(t, "govulncheck"))
	cmd.Dir, cmd.Env = folder, append(os.Environ(), "GOFLAGS=", "GOWORK=off")
	if len(env) == 0 {
		env = []string{"VULNDB=file://" + database}
	}
	cmd.Env = append(cmd.Env, env...)
	raw, err := cmd.CombinedOutput()
	if err != nil {
		var exit *exec.ExitError
		require.ErrorAs(t, err, &exit)
	}
	return string(raw), cmd.ProcessState.ExitCode()
}

const (
	reaches = "package main\n\nimport \"net/url\"\n\nfunc main() { _, _ = url.Parse(\"x\") }\n"
	imports = "package main\n\nimport \"net/url\"\n\nfunc main() { _ = url.PathEscape(\"x\") }\n"
)

// A vulnerability that the code reaches fails; one in what is only imported does
// not.
func TestVulncheck(t *testing.T) {
	t.Parallel()
	out, status := vulncheck(t, reaches)
	require.Equal(t, 3, status, out)
	require.Contains(t, out, "GO-2026-0001")
	out, status = vulncheck(t, imports)
	require.Zero(t, status, out)
}

// Without a network it says that nothing was checked, and does not fail.
func TestVulncheck_DatabaseAway(t *testing.T) {
	t.Parallel()
	const nowhere = "http://127.0.0.1:1"
	out, status := vulncheck(t, reaches, "HTTPS_PROXY="+nowhere, "https_proxy="+nowhere, "NO_PROXY=", "no_proxy=", "GOPROXY=off")
	require.Zero(t, status, out)
	require.Contains(t, out, "NOT CHECKED for known vulnerabilities")
}

// Code that cannot be looked at is no clean bill.
func TestVulncheck_Broken(t *testing.T) {
	t.Parallel()
	out, status := vulncheck(t, "package main\n\nfunc main() { nothing() }\n")
	require.NotZero(t, status, out)
	require.NotContains(t, out, "NOT CHECKED")
}
