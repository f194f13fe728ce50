package deploy

import (
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
)

func TestKubernetes_PodsMayDoNothingElse(t *testing.T) {
	t.Parallel()
	for overlay, m := range renders(t) {
		for name, pod := range m.pods() {
			where := overlay + ": " + name
			of := pod.Spec.SecurityContext
			require.True(t, *of.RunAsNonRoot, where)
			require.NotZero(t, *of.RunAsUser, where)
			require.Equal(t, corev1.SeccompProfileTypeRuntimeDefault, of.SeccompProfile.Type, where)
			require.False(t, *pod.Spec.AutomountServiceAccountToken, where)
			if account := pod.Spec.ServiceAccountName; account != "" {
				require.Contains(t, m.accounts, account, where)
			}
			require.Empty(t, pod.Spec.InitContainers, "nothing here checks them")
			require.Len(t, pod.Spec.Containers, 1, where)
			c := pod.Spec.Containers[0]
			if _, isOurs := oursIn(pod); isOurs {
				require.Equal(t, int64(65532), *of.RunAsUser, "%s: as the image says", where)
			}
			if !strings.HasSuffix(c.Image, ":development") { // built where it runs
				pinned(t, c.Image)
			}
			require.False(t, *c.SecurityContext.AllowPrivilegeEscalation, where)
			require.True(t, *c.SecurityContext.ReadOnlyRootFilesystem, where)
			require.Equal(t, []corev1.Capability{"ALL"}, c.SecurityContext.Capabilities.Drop, where)
			checkResources(t, where, c)
			if _, isOurs := oursIn(pod); isOurs && !strings.HasPrefix(name, "Job ") {
				checkSoftLimit(t, where, c.Resources.Limits.Memory().Value(), valueOf(c, "GOMEMLIMIT"))
			}
		}
	}
}

// checkResources: autoscaling and the scheduler use a pod's resource requests.
func checkResources(t *testing.T, where string, c corev1.Container) {
	t.Helper()
	require.NotZero(t, c.Resources.Requests.Cpu().MilliValue(), where)
	require.True(t, c.Resources.Limits.Cpu().IsZero(), "%s would be throttled", where)
	require.Greater(t, c.Resources.Limits.Memory().Value(), c.Resources.Requests.Memory().Value(), where)
}

// checkSoftLimit: a long-running process gets a soft memory limit for its garbage collector.
// Otherwise the kernel kills it for memory that could have been collected.
func checkSoftLimit(t *testing.T, where string, limit int64, set string) {
	t.Helper()
	require.NotEmpty(t, set, "%s: GOMEMLIMIT", where)
	soft := resource.MustParse(strings.TrimSuffix(set, "B"))
	require.Less(t, soft.Value(), limit, where)
	require.Greater(t, soft.Value(), limit*3/4, where)
}

func valueOf(c corev1.Container, variable string) string {
	for _, of := range c.Env {
		if of.Name == variable {
			return of.Value
		}
	}
	return ""
}

// Jobs are replaced at every rollout, and always end.
func TestKubernetes_Jobs(t *testing.T) {
	all := renders(t)
	for overlay, jobs := range map[string]int{"prod/jobs": 2, "local/jobs": 2, leanJobs: 3} {
		m := all[overlay]
		require.Len(t, m.jobs, jobs)
		for name, job := range m.jobs {
			c, _ := oursIn(job.Spec.Template)
			u := m.processOf(t, c).check(t)
			require.Equal(t, "yeyak-"+u.command, name)
			require.Equal(t, corev1.RestartPolicyNever, job.Spec.Template.Spec.RestartPolicy)
			require.NotNil(t, job.Spec.TTLSecondsAfterFinished)
			wait := u.Prepare.Wait
			if u.command == "visibility" {
				wait = u.Visibility.Wait
			}
			ends(t, job, wait)
		}
		require.Len(t, m.namespaces, 1)
		require.Equal(t, "yeyak restricted", m.namespaces[0].Name+" "+m.namespaces[0].Labels["pod-security.kubernetes.io/enforce"])
	}
}

func ends(t *testing.T, job *batchv1.Job, wait time.Duration) {
	t.Helper()
	// The second attempt is made after ten seconds, the next after twice that.
	tries := 10 * time.Second * (1<<*job.Spec.BackoffLimit - 1)
	require.GreaterOrEqual(t, wait+tries, 2*time.Minute, "%s: a service that it needs may still be starting", job.Name)
	require.Greater(t, time.Duration(*job.Spec.ActiveDeadlineSeconds)*time.Second, wait, "%s has no time to try twice", job.Name)
}

// Jobs and workloads have the same settings.
func TestKubernetes_JobsAndWorkloadsShareSettings(t *testing.T) {
	t.Parallel()
	for _, overlay := range []string{"prod", "local"} {
		before, all := render(t, "kubernetes/overlays/"+overlay+"/jobs"), render(t, "kubernetes/overlays/"+overlay)
		for name, settings := range all.configMaps {
			require.Equal(t, settings.Data, before.configMaps[name].Data, name)
		}
		images := map[string]bool{}
		for _, m := range []*manifests{before, all} {
			for _, pod := range m.pods() {
				if c, isOurs := oursIn(pod); isOurs && c.Args[0] != "marketing" { // released apart
					images[c.Image] = true
				}
			}
		}
		require.Len(t, images, 1, "one version: %v", images)
	}
}

// The data outlive their StatefulSet.
//
// Row O8.
func TestKubernetes_Postgres(t *testing.T) {
	t.Parallel()
	m := render(t, "kubernetes/overlays/local/jobs")
	s := m.statefulSets["yeyak-postgres"]
	require.Equal(t, "Retain", string(s.Spec.PersistentVolumeClaimRetentionPolicy.WhenDeleted))
	require.Equal(t, "Retain", string(s.Spec.PersistentVolumeClaimRetentionPolicy.WhenScaled))
	require.Contains(t, m.services, s.Spec.ServiceName)
	require.True(t, matches(s.Spec.Selector.MatchLabels, s.Spec.Template.Labels))
	volumes := map[string]bool{s.Spec.VolumeClaimTemplates[0].Name: true}
	for _, volume := range s.Spec.Template.Spec.Volumes {
		volumes[volume.Name] = true
		if volume.ConfigMap != nil {
			require.Contains(t, m.configMaps, volume.ConfigMap.Name)
		}
	}
	c := s.Spec.Template.Spec.Containers[0]
	at := map[string]string{}
	for _, mount := range c.VolumeMounts {
		require.True(t, volumes[mount.Name], mount.Name)
		at[mount.Name] = mount.MountPath
	}
	for _, variable := range c.Env {
		if variable.Name == "PGDATA" {
			require.Equal(t, at[s.Spec.VolumeClaimTemplates[0].Name]+"/pgdata", variable.Value)
		}
	}
	require.Nil(t, c.LivenessProbe)
}
