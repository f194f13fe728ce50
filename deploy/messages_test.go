package deploy

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/compose-spec/compose-go/v2/types"
	"github.com/moby/buildkit/frontend/dockerfile/instructions"
	"github.com/moby/patternmatcher"
	"github.com/moby/patternmatcher/ignorefile"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
)

// messagesFolder is the build context of the image of the customers' messages.
var messagesFolder = filepath.Join(root, "subscribers", "messages")

// messagesTimeout is how long the messages wait for a connection, and as long again for an
// answer.
func messagesTimeout(t *testing.T) time.Duration {
	t.Helper()
	found := regexp.MustCompile(`(?m)^TIMEOUT = (\d+) `).FindStringSubmatch(read(t, filepath.Join(messagesFolder, "web.py")))
	require.NotEmpty(t, found)
	seconds, err := strconv.Atoi(found[1])
	require.NoError(t, err)
	return 2 * time.Duration(seconds) * time.Second
}

// messagesProcess is a process of the messages by its environment.
type messagesProcess map[string]string

func messagesOf(project *types.Project) messagesProcess {
	return processOf(project.Services["messages"]).env
}

func (p messagesProcess) port(t *testing.T) string {
	t.Helper()
	host, port, _ := strings.Cut(p["MESSAGES_LISTEN"], ":")
	require.Equal(t, "0.0.0.0", host, "from outside of its container it could not be reached")
	return port
}

// check lets the script itself read the environment.
func (p messagesProcess) check(t *testing.T) {
	t.Helper()
	const script = `import os, options
options.read([], {**os.environ, "MESSAGES_STATE": "./cursor"})
print(*options.ENVIRONMENT.values())`
	cmd := exec.CommandContext(t.Context(), "python3", "-B", "-c", script)
	cmd.Dir, cmd.Env = messagesFolder, []string{"PATH=" + os.Getenv("PATH")}
	for name, value := range p {
		cmd.Env = append(cmd.Env, name+"="+value)
	}
	out, err := cmd.CombinedOutput()
	require.NoError(t, err, "%s", out)
	for name := range p {
		require.Contains(t, strings.Fields(string(out)), name, "it does not know it")
	}
	require.Equal(t, "/state", filepath.Dir(p["MESSAGES_STATE"]))
}

// messagesImage copies the image's content to a folder, and returns its instructions.
func messagesImage(t *testing.T) (folder string, stage instructions.Stage) {
	t.Helper()
	stages := dockerfileAt(t, filepath.Join(messagesFolder, "Dockerfile"))
	require.Len(t, stages, 1)
	raw, err := os.ReadFile(filepath.Join(messagesFolder, ".dockerignore"))
	require.NoError(t, err)
	patterns, err := ignorefile.ReadAll(bytes.NewReader(raw))
	require.NoError(t, err)
	ignored, err := patternmatcher.New(patterns)
	require.NoError(t, err)
	copies := find[*instructions.CopyCommand](stages[0])
	require.Len(t, copies, 1)
	require.Equal(t, []string{"*.py"}, copies[0].SourcePaths)
	files, err := filepath.Glob(filepath.Join(messagesFolder, copies[0].SourcePaths[0]))
	require.NoError(t, err)
	folder = t.TempDir()
	for _, file := range files {
		skip, err := ignored.MatchesOrParentMatches(filepath.Base(file))
		require.NoError(t, err)
		if skip {
			continue
		}
		content, err := os.ReadFile(file)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(folder, filepath.Base(file)), content, 0o600))
	}
	return folder, stages[0]
}

// The image contains the script and its imports, and no tests.
//
// Row O12.
func TestMessages_Image(t *testing.T) {
	t.Parallel()
	folder, stage := messagesImage(t)
	pinned(t, stage.BaseName)
	require.Equal(t, "65532:65532", find[*instructions.UserCommand](stage)[0].User)
	require.Equal(t, []string{"python3", "-B", "/messages/messages.py"}, find[*instructions.EntrypointCommand](stage)[0].CmdLine)
	require.Equal(t, "/messages", find[*instructions.WorkdirCommand](stage)[0].Path)
	for _, name := range []string{"fakes.py", "test_messages.py"} {
		require.FileExists(t, filepath.Join(messagesFolder, name))
		require.NoFileExists(t, filepath.Join(folder, name))
	}
	out, err := exec.CommandContext(t.Context(), "python3", "-B", filepath.Join(folder, "messages.py"), "--help").CombinedOutput()
	require.NoError(t, err, "%s", out)
}

func TestMessages_Compose(t *testing.T) {
	t.Parallel()
	project := everything(t)
	s := project.Services["messages"]
	require.Equal(t, "yeyak-messages:development", s.Image)
	require.True(t, s.ReadOnly && slices.Contains(s.CapDrop, "ALL"))
	require.Empty(t, s.Entrypoint)
	p := messagesOf(project)
	p.check(t)
	check := []string{"CMD", "python3", "-B", "/messages/healthcheck.py", "http://127.0.0.1:" + p.port(t) + "/readyz"}
	require.Equal(t, check, []string(s.HealthCheck.Test))
	require.GreaterOrEqual(t, time.Duration(*s.StopGracePeriod), messagesTimeout(t)+closing)
	require.Equal(t, filepath.Dir(p["MESSAGES_STATE"]), s.Volumes[0].Target)
	require.Equal(t, types.VolumeTypeVolume, s.Volumes[0].Type)

	configured, err := load(t, map[string]string{
		"POSTGRES_PASSWORD": password, "YEYAK_AUTH_ISSUER": "", "MESSAGES_WEBHOOK": "https://hook.example", "MESSAGES_SECRET": "whsec_" + strings.Repeat("A", 32),
	})
	require.NoError(t, err)
	require.Equal(t, "https://hook.example", messagesOf(configured)["MESSAGES_WEBHOOK"])
	messagesOf(configured).check(t)
}

func TestMessages_Kubernetes(t *testing.T) {
	t.Parallel()
	for _, overlay := range []string{"prod", "local"} {
		m := render(t, "kubernetes/overlays/"+overlay)
		s := m.statefulSets["yeyak-messages"]
		require.Equal(t, int32(1), *s.Spec.Replicas, "two would send every message twice")
		require.Equal(t, "Retain", string(s.Spec.PersistentVolumeClaimRetentionPolicy.WhenDeleted))
		require.Contains(t, m.services, s.Spec.ServiceName)
		c := s.Spec.Template.Spec.Containers[0]
		require.Regexp(t, `(^|/)yeyak-messages:`, c.Image)
		require.Empty(t, c.Command, "the image knows its script")
		process := m.processOf(t, c)
		if process.env["MESSAGES_SECRET"] != "" {
			process.env["MESSAGES_SECRET"] = "" // may be missing
		}
		p := messagesProcess(process.environment())
		p.check(t)
		require.Equal(t, p.port(t), strconv.Itoa(int(c.Ports[0].ContainerPort)))
		for path, probe := range map[string]*corev1.Probe{"/healthz": c.LivenessProbe, "/readyz": c.ReadinessProbe} {
			require.Equal(t, path, probe.HTTPGet.Path)
			require.Equal(t, c.Ports[0].Name, probe.HTTPGet.Port.StrVal)
		}
		require.Equal(t, "/healthz", c.StartupProbe.HTTPGet.Path)
		require.Equal(t, filepath.Dir(p["MESSAGES_STATE"]), c.VolumeMounts[0].MountPath)
		require.Equal(t, s.Spec.VolumeClaimTemplates[0].Name, c.VolumeMounts[0].Name)
		of := s.Spec.Template.Spec.SecurityContext
		require.Equal(t, *of.RunAsUser, *of.FSGroup, "it can write to its volume")
		require.GreaterOrEqual(t, time.Duration(*s.Spec.Template.Spec.TerminationGracePeriodSeconds)*time.Second, messagesTimeout(t)+closing)
	}
}

// python is a command of the messages' image: its paths are those in the image.
func (r *rehearsal) python(args ...string) *exec.Cmd {
	r.Helper()
	if r.messages == "" {
		folder, stage := messagesImage(r.T)
		r.messages, r.entrypoint = folder, find[*instructions.EntrypointCommand](stage)[0].CmdLine
	}
	if len(args) == 0 {
		args = r.entrypoint[1:]
	}
	here := slices.Clone(args)
	for i, word := range here {
		if file, inside := strings.CutPrefix(word, "/messages/"); inside {
			here[i] = filepath.Join(r.messages, file)
		}
	}
	cmd := exec.CommandContext(r.Context(), "python3", here...)
	cmd.Dir = r.TempDir()
	return cmd
}

// followed: the subscribers of the feed know the order.
func (r *rehearsal) followed() {
	r.Helper()
	require.Eventually(r, func() bool {
		output := r.logs["messages"].String()
		return strings.Contains(output, `"recipientId": "alice"`) && strings.Contains(output, "Your reservation at Seaside Inn is confirmed.")
	}, 2*time.Minute, 50*time.Millisecond, "%s", r.logs["messages"])
	require.Eventually(r, func() bool {
		answer, err := http.Get("http://127.0.0.1:" + r.port("marketing", "8090") + "/recommendations/bora")
		require.NoError(r, err)
		defer answer.Body.Close()
		raw, err := io.ReadAll(answer.Body)
		require.NoError(r, err)
		return answer.StatusCode == http.StatusOK && strings.Contains(string(raw), "Seaside Inn")
	}, 2*time.Minute, 50*time.Millisecond)
	for service, port := range map[string]string{"marketing": "8090", "messages": "8092", "api": "8080"} {
		answer, err := http.Get(fmt.Sprintf("http://127.0.0.1:%s/metrics", r.port(service, port)))
		require.NoError(r, err)
		answer.Body.Close()
		require.Equal(r, http.StatusOK, answer.StatusCode, service)
	}
}

// safeBuffer is written by a process while a test reads it.
type safeBuffer struct {
	mu   sync.Mutex
	text bytes.Buffer
}

// Write implements io.Writer.
func (b *safeBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.Write(p)
}

// String is the content so far.
func (b *safeBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.text.String()
}
