package config_test

import (
	"fmt"
	"maps"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/internal/config"
)

// TestParse_Auth: an API starts without an issuer only if authentication is turned
// off, which has to be said twice if other machines can reach it.
func TestParse_Auth(t *testing.T) {
	const issuer = "https://id.example.com/realms/yeyak"
	const wantIssuer = "--auth-issuer (YEYAK_AUTH_ISSUER) is empty: want the OIDC issuer of the callers' tokens, such as https://id.example.com; or say --auth=off"
	for name, tt := range map[string]struct {
		env  map[string]string
		want string
	}{
		"Nothing":        {nil, wantIssuer},
		"Issuer":         {map[string]string{"YEYAK_AUTH_ISSUER": issuer}, ""},
		"OffOnLoopback":  {map[string]string{"YEYAK_AUTH": "off"}, ""},
		"OffOnLocalhost": {map[string]string{"YEYAK_AUTH": "off", "YEYAK_LISTEN": "localhost:8080"}, ""},
		"OffOnLoopback6": {map[string]string{"YEYAK_AUTH": "off", "YEYAK_LISTEN": "[::1]:8080"}, ""},
		"OffElsewhere": {
			map[string]string{"YEYAK_AUTH": "off", "YEYAK_LISTEN": "10.0.0.1:8080"},
			`--auth (YEYAK_AUTH) is "off": want on, or off,off, since 10.0.0.1:8080 is not on loopback`,
		},
		"OffEverywhere": {
			map[string]string{"YEYAK_AUTH": "off", "YEYAK_LISTEN": ":8080"},
			`--auth (YEYAK_AUTH) is "off": want on, or off,off, since :8080 is not on loopback`,
		},
		"OffTwice":   {map[string]string{"YEYAK_AUTH": "off,off", "YEYAK_LISTEN": ":8080"}, ""},
		"Word":       {map[string]string{"YEYAK_AUTH": "none"}, `--auth (YEYAK_AUTH) is "none": want one of on, off, off,off`},
		"PlainHTTP":  {map[string]string{"YEYAK_AUTH_ISSUER": "http://id.example.com"}, `--auth-issuer (YEYAK_AUTH_ISSUER) is "http://id.example.com": want https://host/path, or http:// on loopback`},
		"OnLoopback": {map[string]string{"YEYAK_AUTH_ISSUER": "http://127.0.0.1:9000"}, ""},
		"NoAudience": {
			map[string]string{"YEYAK_AUTH_ISSUER": issuer, "YEYAK_AUTH_AUDIENCE": ""},
			"--auth-audience (YEYAK_AUTH_AUDIENCE) is empty: want what the issuer calls this API",
		},
		"Claims": {map[string]string{"YEYAK_AUTH_ISSUER": issuer, "YEYAK_AUTH_CLAIMS": "id=preferred_username,roles=realm_access.roles,names=nick"}, ""},
		"NoClaims": {
			map[string]string{"YEYAK_AUTH_ISSUER": issuer, "YEYAK_AUTH_CLAIMS": "groups=teams"},
			`--auth-claims (YEYAK_AUTH_CLAIMS) is "groups=teams": want a list such as id=preferred_username,roles=realm_access.roles`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			env := map[string]string{"DATABASE_URL": someDatabase, "YEYAK_PAYMENTS": "sandbox"}
			maps.Copy(env, tt.env)
			_, err := parse(t, env, "api")
			if tt.want == "" {
				require.NoError(t, err)
				return
			}
			require.EqualError(t, err, tt.want)
		})
	}
	_, err := parse(t, map[string]string{"YEYAK_AUTH": "off", "YEYAK_LISTEN": ":8080"}, "dev")
	require.ErrorContains(t, err, "--auth (YEYAK_AUTH)")
	cli, err := parse(t, nil, "dev")
	require.NoError(t, err, "it has an issuer of its own")
	require.False(t, cli.Dev.Settings().Auth.Off())
}

// TestParse_Pages: there are pages unless they are turned off; they have a client id at the issuer.
func TestParse_Pages(t *testing.T) {
	for value, off := range map[string]bool{"": false, "web-of-ours": false, "off": true} {
		env := map[string]string{"YEYAK_AUTH_ISSUER": "https://id.example.com", "DATABASE_URL": someDatabase, "YEYAK_PAYMENTS": "sandbox"}
		if value != "" {
			env["YEYAK_PAGES"] = value
		}
		cli, err := parse(t, env, "api")
		require.NoError(t, err)
		require.Equal(t, off, cli.API.Settings().Pages.Off(), value)
	}
	_, err := parse(t, map[string]string{"YEYAK_PAGES": ""}, "dev")
	require.EqualError(t, err, "--pages (YEYAK_PAGES) is empty: want the OIDC client id of the pages, or off")
}

func TestAuth_Claim(t *testing.T) {
	t.Parallel()
	a := config.Auth{Claims: []string{"id=preferred_username", "roles=https://example.com/roles"}}
	require.Equal(t, "preferred_username", a.Claim("id"))
	require.Equal(t, "https://example.com/roles", a.Claim("roles"))
	require.Empty(t, a.Claim("name"))
}

// TestParse_TrustedProxies: addresses and networks; a misread one is a mistake.
func TestParse_TrustedProxies(t *testing.T) {
	cli, err := parse(t, map[string]string{"YEYAK_TRUSTED_PROXIES": "10.0.3.7,10.0.4.9/24,2001:db8::1"}, "dev")
	require.NoError(t, err)
	settings := cli.Dev.Settings()
	proxies, err := settings.HTTP.Proxies()
	require.NoError(t, err)
	require.Equal(t, "[10.0.3.7/32 10.0.4.0/24 2001:db8::1/128]", fmt.Sprint(proxies))
	for _, wrong := range []string{"proxy.example", "10.0.0.0/33", "10.0.3.7:80", "*"} {
		_, err := parse(t, map[string]string{"YEYAK_TRUSTED_PROXIES": "127.0.0.1," + wrong}, "dev")
		require.EqualError(t, err, `--trusted-proxies (YEYAK_TRUSTED_PROXIES) is "127.0.0.1,`+wrong+`": want a list of addresses and networks, such as 10.0.3.7,10.0.4.0/24`)
	}
	proxies, err = new(config.HTTP).Proxies()
	require.NoError(t, err)
	require.Nil(t, proxies, "the API has a default of its own")
}
