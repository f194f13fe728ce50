package deploy

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
)

// What follows the feed of events presents a key of its own to the API. It may be
// missing: keys are made once the API runs.
func TestKubernetes_FeedKeys(t *testing.T) {
	for overlay, m := range renders(t) {
		found, secrets := 0, map[string]bool{}
		for name, pod := range m.pods() {
			for _, c := range pod.Spec.Containers {
				key, follows := (*corev1.EnvVarSource)(nil), false
				for _, variable := range c.Env {
					follows = follows || variable.Name == "YEYAK_FEED_URL"
					if variable.Name == "YEYAK_API_KEY" {
						key = variable.ValueFrom
					}
				}
				require.Equal(t, follows, key != nil, "%s: %s", overlay, name)
				if follows {
					found++
					secrets[key.SecretKeyRef.Name] = true
					require.True(t, *key.SecretKeyRef.Optional, "%s: %s", overlay, name)
				}
			}
		}
		require.Len(t, secrets, found, overlay)
		require.Equal(t, !strings.Contains(overlay, "jobs"), found == 2, overlay)
	}
}

// Authentication is off until an issuer is named; what follows the feed can present
// a key once it is on.
func TestCompose_Access(t *testing.T) {
	t.Parallel()
	follow := 0
	for name, s := range everything(t).Services {
		env := processOf(s).env
		_, follows := env["YEYAK_FEED_URL"]
		_, presents := env["YEYAK_API_KEY"]
		require.Equal(t, follows, presents, name)
		if follows {
			follow++
		}
	}
	require.Equal(t, 2, follow)
	require.Equal(t, "off,off", processOf(everything(t).Services["api"]).env["YEYAK_AUTH"])
}
