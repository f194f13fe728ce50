package deploy

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/compose-spec/compose-go/v2/types"
	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/internal/rig/recipes"
)

// TestOperations_WhatIsShown: the commands in docs/operations that no test can run name
// existing files, services, workloads and flags.
func TestOperations_WhatIsShown(t *testing.T) {
	book, err := recipes.Read(filepath.Join(root, "docs", "operations"))
	require.NoError(t, err)
	project, rendered := everything(t), renders(t)
	seen := map[string]bool{}
	for _, line := range book.Shown() {
		words := strings.Fields(line)
		p := process{shared: map[string]string{}}
		for strings.Contains(words[0], "=") { // NAME=value before the command
			name, value, _ := strings.Cut(words[0], "=")
			p.shared[name], words = value, words[1:]
		}
		program := words[0]
		seen[program] = true
		switch program {
		case "cp":
			require.FileExists(t, filepath.Join(root, words[1]), line)
		case "docker":
			checkCompose(t, project, line, words)
		case "kubectl":
			checkKubectl(t, rendered, line, words)
		case "yeyak":
			if p.args = words[1:]; words[1] == "dev" { // not deployed: only variables that others know can be checked
				p.args = []string{"api"}
				p.env = map[string]string{"DATABASE_URL": "postgres://yeyak@db.example:5432/yeyak", "YEYAK_PAYMENTS": "sandbox", "YEYAK_AUTH": "off"}
			}
			p.check(t)
		case "curl", "export", ".", "temporal":
		default:
			require.Fail(t, "it is unknown what this names", line)
		}
	}
	require.Subset(t, seen, map[string]bool{"cp": true, "docker": true, "kubectl": true, "yeyak": true})
}

func checkCompose(t *testing.T, project *types.Project, line string, words []string) {
	t.Helper()
	require.Equal(t, "compose", words[1], line)
	for i, word := range words {
		if word == "--scale" {
			service, _, _ := strings.Cut(words[i+1], "=")
			require.Contains(t, project.Services, service, line)
			require.Empty(t, project.Services[service].Ports, "%s: two of them cannot have the same port", line)
		}
	}
}

func checkKubectl(t *testing.T, rendered map[string]*manifests, line string, words []string) {
	t.Helper()
	prod, jobs := rendered["prod"], rendered["prod/jobs"]
	for i, word := range words[:len(words)-1] {
		next := words[i+1]
		switch word {
		case "-k":
			render(t, filepath.Join(root, next))
		case "-l", "--selector":
			label, value, _ := strings.Cut(next, "=")
			require.True(t, slices.ContainsFunc(labelsOf(prod), func(l map[string]string) bool { return l[label] == value }), line)
		case "hpa":
			require.Contains(t, prod.scalers, next, line)
		case "configmap":
			require.True(t, prod.mounts(next), line)
		case "-n":
			require.Equal(t, "yeyak", next, line) // see add
		}
		if job, ok := strings.CutPrefix(next, "job/"); ok {
			require.Contains(t, jobs.jobs, job, line)
		}
	}
}

// labelsOf are the labels of every pod.
func labelsOf(m *manifests) (all []map[string]string) {
	for _, pod := range m.pods() {
		all = append(all, pod.Labels)
	}
	return all
}

// mounts reports whether a pod mounts the ConfigMap.
func (m *manifests) mounts(configMap string) bool {
	for _, pod := range m.pods() {
		for _, v := range pod.Spec.Volumes {
			if v.ConfigMap != nil && v.ConfigMap.Name == configMap {
				return true
			}
		}
	}
	return false
}
