package deploy

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"

	"github.com/yeyak/yeyak/internal/config"
)

// Each subscriber of the event feed has an API key of its own. Its Secret may be missing,
// since keys are created once the API runs.
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

// Each subscriber of the event feed can have an API key.
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
}

// Authentication is on, wherever ports are bound. Without an issuer no service starts. Turning
// it off takes two lines in .env, one of which says it twice.
func TestCompose_AuthenticationIsOn(t *testing.T) {
	const name, issuer = "YEYAK_AUTH_ISSUER", "https://id.example.com"
	_, err := load(t, map[string]string{"POSTGRES_PASSWORD": password, "YEYAK_BIND": "0.0.0.0"})
	require.ErrorContains(t, err, name)
	_, err = load(t, map[string]string{"POSTGRES_PASSWORD": password, "YEYAK_AUTH": "off,off"})
	require.ErrorContains(t, err, name)
	api := func(env map[string]string) process {
		env["POSTGRES_PASSWORD"] = password
		project, err := load(t, env)
		require.NoError(t, err)
		return processOf(project.Services["api"])
	}
	on := api(map[string]string{name: issuer})
	require.Equal(t, []string{"on", issuer}, []string{on.env["YEYAK_AUTH"], on.env[name]})
	require.False(t, on.check(t).API.Auth.Off())
	claims := api(map[string]string{
		name: issuer, "YEYAK_AUTH_AUDIENCE": "orders", "YEYAK_AUTH_CLAIMS": "id=uid,roles=realm_access.roles", "YEYAK_REQUESTS_PER_SECOND": "7",
		"YEYAK_PAGES": "pages",
	}).check(t).API
	require.Equal(t, []string{"orders", "uid", "realm_access.roles"}, []string{claims.Auth.Audience, claims.Auth.Claim("id"), claims.Auth.Claim("roles")})
	require.Equal(t, 7, claims.Admission.PerSecond)
	require.Equal(t, "pages", claims.Pages.Client)
	for field := range reflect.TypeFor[config.Auth]().Fields() {
		require.Contains(t, on.env, field.Tag.Get("env"))
	}
	off := api(map[string]string{name: "", "YEYAK_AUTH": "off,off"})
	require.True(t, off.check(t).API.Auth.Off())
}

// In each overlay authentication is on, and an issuer is named.
func TestKubernetes_AuthenticationIsOn(t *testing.T) {
	t.Parallel()
	for _, overlay := range []string{"local", "prod"} {
		text, err := os.ReadFile(filepath.Join("kubernetes/overlays", overlay, "settings/yeyak-api.env"))
		require.NoError(t, err)
		require.Contains(t, string(text), "\nYEYAK_AUTH_ISSUER=https://", overlay)
		require.NotContains(t, string(text), "YEYAK_AUTH=", overlay)
	}
}
