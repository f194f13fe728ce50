package deploy

import (
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// runner runs the steps of a job like GitHub's runner, in a repository of its own. docker, gh,
// kubectl and make only record their calls; kubectl also records the images that it should
// apply. Git, kustomize and jq are real.
type runner struct {
	*testing.T
	origin, checkout, temp string
	expressions            map[string]string
}

const ourRepository = "yeyak/yeyak"

func newRunner(t *testing.T) *runner {
	t.Helper()
	top := t.TempDir()
	r := &runner{
		T: t, origin: filepath.Join(top, ourRepository), checkout: filepath.Join(top, "checkout"), temp: filepath.Join(top, "temp"),
		expressions: map[string]string{
			"github.repository": ourRepository, "github.token": "token", "secrets.KUBE_CONFIG": "a kubeconfig",
		},
	}
	for _, folder := range []string{r.temp, filepath.Join(r.temp, "bin"), filepath.Join(r.checkout, "subscribers")} {
		require.NoError(t, os.MkdirAll(folder, 0o750))
	}
	require.NoError(t, os.CopyFS(filepath.Join(r.checkout, "deploy"), os.DirFS(".")))
	require.NoError(t, os.WriteFile(filepath.Join(r.checkout, "CHANGELOG.md"), []byte("## v1.2.3\n\n- one\n"), 0o600))
	for name, script := range map[string]string{
		"gh": "", "make": "",
		"docker": `while [ $# -gt 0 ]; do
	case $1 in
	--metadata-file) metadata=$2 ;;
	--tag) printf '{"containerimage.digest": "sha256:%s"}' "$(printf %s "$2" | sha256sum | cut -d ' ' -f 1)" > "$metadata" ;;
	esac
	shift
done`,
		"kubectl": `case "$*" in *"$(cat "$RUNNER_TEMP/fails" 2> /dev/null || echo none)"*) exit 1 ;; esac
case "$*" in "apply -k "*) "$KUSTOMIZE" build "$3" > "$RUNNER_TEMP/applied"
	sed -n 's/^ *image: /kubectl: /p' "$RUNNER_TEMP/applied" | sort -u >> "$CALLS" ;; esac`,
	} {
		script = fmt.Sprintf("#!/bin/sh\necho \"%s $*\" >> \"$CALLS\"\n%s\n", name, script)
		require.NoError(t, os.WriteFile(filepath.Join(r.temp, "bin", name), []byte(script), 0o700))
	}
	r.sh(`git init --quiet --bare --initial-branch=main "$ORIGIN" && git init --quiet --initial-branch=main && git add --all &&
		git -c user.name=a -c user.email=a@example.com commit --quiet --message one && git push --quiet "$ORIGIN" main &&
		git tag v1.2.3 && git checkout --quiet --detach v1.2.3`)
	return r
}

// sh runs a script like GitHub does, in the checkout.
func (r *runner) sh(script string, env ...string) {
	r.Helper()
	out, err := r.try(script, env...)
	require.NoError(r, err, "%s: %s", script, out)
}

func (r *runner) try(script string, env ...string) (string, error) {
	r.Helper()
	cmd := exec.CommandContext(r.Context(), "bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", script)
	cmd.Dir = r.checkout
	cmd.Env = append([]string{
		"PATH=" + filepath.Join(r.temp, "bin") + ":" + os.Getenv("PATH"), "HOME=" + r.temp, "CALLS=" + filepath.Join(r.temp, "calls"),
		"KUSTOMIZE=" + builtTool(r.T, "kustomize"), "ORIGIN=" + r.origin, "GITHUB_SERVER_URL=file://" + filepath.Dir(filepath.Dir(r.origin)),
		"GITHUB_REPOSITORY=" + ourRepository, "GITHUB_REF_NAME=v1.2.3", "GITHUB_SHA=" + revision, "GITHUB_ACTOR=octocat",
		"GITHUB_OUTPUT=" + filepath.Join(r.temp, "output"), "RUNNER_TEMP=" + r.temp,
	}, env...)
	out, err := cmd.CombinedOutput()
	return string(out), err
}

var expression = regexp.MustCompile(`\$\{\{ ([a-zA-Z_.]+) \}\}`)

// value evaluates the expressions in a value.
func (r *runner) value(text string) string {
	return expression.ReplaceAllStringFunc(text, func(found string) string {
		name := expression.FindStringSubmatch(found)[1]
		value, known := r.expressions[name]
		require.True(r, known, "%s is not known", name)
		return value
	})
}

// job runs the scripts of a job, until one fails.
func (r *runner) job(file, name string) error {
	r.Helper()
	job := workflows(r.T)[file].Jobs[name]
	for _, step := range job.Steps {
		if step.Run == "" {
			continue
		}
		env := []string{}
		all := maps.Clone(job.Env)
		if all == nil {
			all = map[string]string{}
		}
		maps.Copy(all, step.Env)
		for variable, value := range all {
			env = append(env, variable+"="+r.value(value))
		}
		if out, err := r.try(step.Run, env...); err != nil {
			return fmt.Errorf("%s: %w: %s", step.Name, err, out)
		}
		if step.ID != "" {
			for line := range strings.Lines(read(r.T, filepath.Join(r.temp, "output"))) {
				output, value, _ := strings.Cut(strings.TrimSpace(line), "=")
				r.expressions["steps."+step.ID+".outputs."+output] = value
			}
		}
	}
	for output, value := range job.Outputs {
		r.expressions["needs."+name+".outputs."+output] = r.value(value)
	}
	return nil
}

// calls are the calls of the programs since the last time.
func (r *runner) calls() []string {
	r.Helper()
	file := filepath.Join(r.temp, "calls")
	if _, err := os.Stat(file); os.IsNotExist(err) {
		return nil
	}
	text := strings.TrimSpace(read(r.T, file))
	require.NoError(r, os.Remove(file))
	return strings.Split(text, "\n")
}

// recorded is the production overlay in the remote repository.
func (r *runner) recorded() string {
	r.Helper()
	r.sh(`rm -rf "$RUNNER_TEMP/pushed" && git clone --quiet "$ORIGIN" "$RUNNER_TEMP/pushed"`)
	return filepath.Join(r.temp, "pushed", "deploy", "kubernetes", "overlays", "prod")
}

// onMain runs a script in a checkout of main, and pushes its changes.
func (r *runner) onMain(script string) {
	r.Helper()
	r.sh(`rm -rf "$RUNNER_TEMP/main" && git clone --quiet "$ORIGIN" "$RUNNER_TEMP/main" && cd "$RUNNER_TEMP/main"
` + script + `
git add --all && git -c user.name=a -c user.email=a@example.com commit --quiet --message more && git push --quiet`)
}

// commits counts the commits of the remote repository.
func (r *runner) commits() string {
	r.Helper()
	out, err := r.try(`git --git-dir "$ORIGIN" rev-list --count main`)
	require.NoError(r, err, out)
	return strings.TrimSpace(out)
}

// TestRelease_ReachesTheCluster: the scripts of a release and of the rollout publish images,
// set the overlay to their digests, and apply it in order.
//
// Row O9.
func TestRelease_ReachesTheCluster(t *testing.T) {
	t.Parallel()
	all := workflows(t)
	follows := all["release.yml"].Jobs["deploy"]
	require.Equal(t, []string{"release"}, follows.Needs)
	require.Equal(t, "./.github/workflows/deploy.yml", follows.Uses)
	require.Equal(t, "production", all["deploy.yml"].Jobs["deploy"].Environment, "without it no approval is needed")

	r := newRunner(t)
	require.NoError(t, r.job("release.yml", "release"))
	calls := strings.Join(r.calls(), "\n")
	require.Contains(t, calls, "docker buildx build --push --platform linux/amd64,linux/arm64")
	require.Contains(t, calls, "gh release create v1.2.3 --verify-tag")
	images := r.expressions["needs.release.outputs.images"]
	require.Regexp(t, `^yeyak=ghcr\.io/yeyak/yeyak:v1\.2\.3@sha256:\w{64} yeyak-marketing=ghcr\.io/yeyak/yeyak:v1\.2\.3@sha256:\w{64} `+
		`yeyak-messages=ghcr\.io/yeyak/yeyak-messages:v1\.2\.3@sha256:\w{64}$`, images)

	r.expressions["inputs.images"] = r.value(follows.With["images"])
	require.NoError(t, r.job("deploy.yml", "deploy"))
	var names, applied []string
	for _, call := range r.calls() {
		if image, found := strings.CutPrefix(call, "kubectl: "); found {
			applied = append(applied, image)
			continue
		}
		names = append(names, call)
	}
	const overlay = "deploy/kubernetes/overlays/prod"
	require.Equal(t, []string{
		"make kustomize",
		"kubectl -n yeyak delete job yeyak-migrate yeyak-prepare yeyak-visibility --ignore-not-found",
		"kubectl apply -k " + overlay + "/jobs",
		"kubectl -n yeyak wait --for=condition=complete --timeout=10m job/yeyak-migrate job/yeyak-prepare",
		"kubectl apply -k " + overlay + " --selector app.kubernetes.io/component!=api",
		"kubectl -n yeyak rollout status deployment --selector app.kubernetes.io/component=worker --timeout=10m",
		"kubectl apply -k " + overlay,
		"kubectl -n yeyak rollout status deployment --selector app.kubernetes.io/name=yeyak --timeout=10m",
		"kubectl -n yeyak rollout status statefulset --selector app.kubernetes.io/name=yeyak --timeout=10m",
	}, names)
	require.NotEmpty(t, applied)
	for _, image := range applied {
		require.Contains(t, images, "="+image, "what is applied is what was published")
	}
	require.Equal(t, "a kubeconfig", read(t, filepath.Join(r.temp, "kubeconfig")))

	// The change is in the repository, and the manifests render to it.
	require.Equal(t, "2", r.commits())
	m := render(t, r.recorded())
	for name, image := range map[string]string{"yeyak-api": "yeyak=", "yeyak-worker-sagas": "yeyak=", "yeyak-marketing": "yeyak-marketing="} {
		require.Contains(t, images, image+m.deployments[name].Spec.Template.Spec.Containers[0].Image)
	}
	require.Contains(t, images, "yeyak-messages="+m.statefulSets["yeyak-messages"].Spec.Template.Spec.Containers[0].Image)

	r.sh(`git checkout --quiet --force v1.2.3`)
	require.NoError(t, r.job("deploy.yml", "deploy"), "it may be repeated")
	require.Equal(t, "2", r.commits())
}

// A release applies the manifests of its tag and not those of main, with the recorded images
// of the services that are not released. main keeps its own manifests.
func TestRelease_AppliesTheTag(t *testing.T) {
	t.Parallel()
	for _, step := range workflows(t)["deploy.yml"].Jobs["deploy"].Steps {
		if strings.HasPrefix(step.Uses, "actions/checkout@") {
			require.Equal(t, "${{ github.ref }}", step.With["ref"])
		}
	}
	r := newRunner(t)
	image := func(name, digit string) string {
		return "ghcr.io/yeyak/" + name + ":v1.2.4@sha256:" + strings.Repeat(digit, 64)
	}
	r.onMain(`sed -i 's/minReadySeconds: 5/minReadySeconds: 77/' deploy/kubernetes/components/marketing/deployment.yaml
sed -i '/^images:/a - name: yeyak-later\n  newName: later\n  newTag: v1.0.0' deploy/kubernetes/overlays/prod/settings/kustomization.yaml
sh deploy/pin.sh deploy/kubernetes/overlays/prod yeyak-marketing=` + image("yeyak", "b") + ` yeyak=` + image("yeyak", "c") + ` yeyak-later=` + image("later", "d"))
	r.expressions["inputs.images"] = "yeyak=" + image("yeyak", "a")
	require.NoError(t, r.job("deploy.yml", "deploy"))
	var applied []string
	for _, call := range r.calls() {
		if found, is := strings.CutPrefix(call, "kubectl: "); is {
			applied = append(applied, found)
		}
	}
	require.Contains(t, applied, image("yeyak", "a"))
	require.Contains(t, applied, image("yeyak", "b"), "marketing stays as it was recorded")
	require.NotContains(t, applied, image("yeyak", "c"))
	require.NotContains(t, read(t, filepath.Join(r.temp, "applied")), "minReadySeconds: 77", "the manifests are the tag's")
	recorded := read(t, filepath.Join(r.recorded(), "settings", "kustomization.yaml"))
	require.Contains(t, recorded, strings.Repeat("a", 64))
	require.Contains(t, recorded, strings.Repeat("b", 64))
	require.Contains(t, recorded, "yeyak-later")
	require.Contains(t, read(t, filepath.Join(r.temp, "pushed", "deploy/kubernetes/components/marketing/deployment.yaml")), "minReadySeconds: 77")
	require.Equal(t, "3", r.commits())
}

// A rollout that fails is not recorded.
func TestRelease_RolloutFails(t *testing.T) {
	t.Parallel()
	r := newRunner(t)
	r.expressions["inputs.images"] = "yeyak=ghcr.io/yeyak/yeyak:v1.2.3@sha256:" + strings.Repeat("a", 64)
	for _, fails := range []string{"job/yeyak-migrate", "rollout status statefulset"} {
		require.NoError(t, os.WriteFile(filepath.Join(r.temp, "fails"), []byte(fails), 0o600))
		require.ErrorContains(t, r.job("deploy.yml", "deploy"), "Apply it")
		require.Equal(t, "1", r.commits())
		r.sh(`git checkout --quiet --force v1.2.3`)
	}
	require.NoError(t, os.Remove(filepath.Join(r.temp, "fails")))
	require.NoError(t, r.job("deploy.yml", "deploy"))
	require.Equal(t, "2", r.commits())
}

// Commits that reach main during the recording are kept.
func TestRelease_MainMovesMeanwhile(t *testing.T) {
	t.Parallel()
	r := newRunner(t)
	r.expressions["inputs.images"] = "yeyak=ghcr.io/yeyak/yeyak:v1.2.3@sha256:" + strings.Repeat("a", 64)
	// A push is refused once, since another commit was pushed.
	r.sh(`git clone --quiet "$ORIGIN" "$RUNNER_TEMP/other" && cd "$RUNNER_TEMP/other" && echo more >> CHANGELOG.md &&
		git -c user.name=a -c user.email=a@example.com commit --quiet --all --message other && git push --quiet "$ORIGIN" HEAD:waiting
printf '#!/bin/sh\n[ ! -e came ] || exit 0\ntouch came\nunset GIT_QUARANTINE_PATH\ngit update-ref refs/heads/main waiting\nexit 1\n' > "$ORIGIN/hooks/pre-receive"
chmod +x "$ORIGIN/hooks/pre-receive"`)
	require.NoError(t, r.job("deploy.yml", "deploy"))
	require.Equal(t, "3", r.commits())
	require.Contains(t, read(t, filepath.Join(r.recorded(), "settings", "kustomization.yaml")), strings.Repeat("a", 64))
	require.Contains(t, read(t, filepath.Join(r.temp, "pushed", "CHANGELOG.md")), "more")
}

// A service is released apart from the others.
//
// Row O9.
func TestRelease_OneService(t *testing.T) {
	t.Parallel()
	r := newRunner(t)
	before := render(t, r.recorded())
	image := "ghcr.io/yeyak/yeyak-messages:v1.3.0@sha256:" + strings.Repeat("a", 64)
	r.expressions["inputs.images"] = "yeyak-messages=" + image
	require.NoError(t, r.job("deploy.yml", "deploy"))
	after := render(t, r.recorded())
	require.Equal(t, image, after.statefulSets["yeyak-messages"].Spec.Template.Spec.Containers[0].Image)
	for name, d := range before.deployments {
		require.Equal(t, d.Spec, after.deployments[name].Spec, name)
	}
}

// A value that is not an image with its digest changes nothing.
func TestRelease_Refused(t *testing.T) {
	t.Parallel()
	r := newRunner(t)
	good := "yeyak=ghcr.io/yeyak/yeyak:v1.2.3@sha256:" + strings.Repeat("a", 64)
	for _, images := range []string{
		"", "yeyak=ghcr.io/yeyak/yeyak:v1.2.3", "yeyak=ghcr.io/yeyak/yeyak@sha256:" + strings.Repeat("a", 64), good + "; rm -rf /",
		"yeyak-payments=ghcr.io/yeyak/yeyak:v1.2.3@sha256:" + strings.Repeat("a", 64), good[:len(good)-1], good + " yeyak=$(id)",
	} {
		r.expressions["inputs.images"] = images
		require.ErrorContains(t, r.job("deploy.yml", "deploy"), "Change the overlay", images)
		require.Equal(t, "1", r.commits())
		require.NotContains(t, strings.Join(r.calls(), "\n"), "kubectl")
		r.sh(`git diff --exit-code`)
	}
}
