package deploy

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"sigs.k8s.io/yaml"
)

// TestDependencies_Updates: every module, and every folder with images, is checked for
// updates.
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
		case strings.HasPrefix(name, "tools/temporal/stubs/"): // of unused modules
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

// TestVulncheck_EveryModule: every module with our code is checked.
func TestVulncheck_EveryModule(t *testing.T) {
	t.Parallel()
	files, err := exec.CommandContext(t.Context(), "git", "-C", root, "ls-files", "--", "*go.mod", "*.go").Output()
	require.NoError(t, err)
	modules, code := map[string]bool{}, map[string]bool{}
	for name := range strings.Lines(string(files)) {
		name = strings.TrimSpace(name)
		switch folder := filepath.Dir(name); {
		case strings.HasPrefix(name, "tools/temporal/stubs/"): // of unused modules
		case filepath.Base(name) == "go.mod":
			modules[folder] = true
		default:
			code[folder] = true
		}
	}
	line := regexp.MustCompile(`(?m)^\tsh tools/govulncheck/check\.sh bin/govulncheck (.*)$`).FindStringSubmatch(read(t, filepath.Join(root, "Makefile")))
	require.NotNil(t, line)
	checked := strings.Fields(line[1])
	require.Contains(t, checked, "tools/temporal")
	for module := range modules {
		require.Equal(t, code[module] || module == ".", slices.Contains(checked, module), module)
	}
}

// vulncheck checks modules that parse a URL, each with its own main, with a database that
// contains one vulnerability of URL parsing.
func vulncheck(t *testing.T, mains ...string) (out string, status int) {
	t.Helper()
	database := t.TempDir()
	for file, text := range map[string]string{
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
	return vulncheckWith(t, []string{"VULNDB=file://" + database}, mains...)
}

func vulncheckWith(t *testing.T, env []string, mains ...string) (out string, status int) {
	t.Helper()
	args := []string{filepath.Join(root, "tools/govulncheck/check.sh"), builtTool(t, "govulncheck")}
	for _, main := range mains {
		folder := t.TempDir()
		require.NoError(t, os.WriteFile(filepath.Join(folder, "go.mod"), []byte("module example.com/x\n\ngo 1.26.0\n"), 0o600))
		require.NoError(t, os.WriteFile(filepath.Join(folder, "main.go"), []byte(main), 0o600))
		args = append(args, folder)
	}
	cmd := exec.CommandContext(t.Context(), "sh", args...)
	cmd.Env = slices.Concat(os.Environ(), []string{"GOFLAGS=", "GOWORK=off"}, env)
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

// A vulnerability that the code reaches fails the check, in any module; one in a package that
// is only imported does not.
func TestVulncheck(t *testing.T) {
	t.Parallel()
	out, status := vulncheck(t, reaches)
	require.Equal(t, 3, status, out)
	require.Contains(t, out, "GO-2026-0001")
	out, status = vulncheck(t, imports)
	require.Zero(t, status, out)
	for _, mains := range [][]string{{reaches, imports}, {imports, reaches}} {
		out, status = vulncheck(t, mains...)
		require.Equal(t, 3, status, out)
		require.Equal(t, 2, strings.Count(out, "Vulnerabilities in "), out)
	}
}

// Without a network the check reports that it checked nothing, and does not fail.
func TestVulncheck_DatabaseAway(t *testing.T) {
	t.Parallel()
	const nowhere = "http://127.0.0.1:1"
	out, status := vulncheckWith(t, []string{"HTTPS_PROXY=" + nowhere, "https_proxy=" + nowhere, "NO_PROXY=", "no_proxy=", "GOPROXY=off"}, reaches)
	require.Zero(t, status, out)
	require.Contains(t, out, "NOT CHECKED for known vulnerabilities")
}

// Code that cannot be analysed fails the check.
func TestVulncheck_Broken(t *testing.T) {
	t.Parallel()
	out, status := vulncheck(t, "package main\n\nfunc main() { nothing() }\n")
	require.NotZero(t, status, out)
	require.NotContains(t, out, "NOT CHECKED")
}
