package e2e

import (
	"encoding/base64"
	"encoding/json"
	"math/rand/v2"
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/yeyak/yeyak/internal/rig/seed"
)

// TestAccess_FuzzedTokens: over a socket, any credential is accepted or refused; none
// causes a server error.
func TestAccess_FuzzedTokens(t *testing.T) {
	t.Parallel()
	s := boot(t)
	random := rand.New(rand.NewPCG(seed.Of(t, "tokens"), 1))
	valid := issuers().Token(nil)
	s.get(placesAt, "Authorization", "Bearer "+valid).with(t, http.StatusOK)
	refused := 0
	for range 2000 {
		credential := spoilt(random, valid)
		a := s.get(placesAt, "Authorization", "Bearer "+credential)
		require.Contains(t, []int{http.StatusOK, http.StatusUnauthorized}, a.status, "%s\n%s", credential, a.raw)
		if a.status == http.StatusUnauthorized {
			refused++
		}
	}
	require.Greater(t, refused, 1500)
	s.get(placesAt, "Authorization", "Bearer "+valid).with(t, http.StatusOK)
}

// spoilt is the token, changed in one way.
func spoilt(random *rand.Rand, token string) string {
	parts := strings.Split(token, ".")
	at := random.IntN(len(parts))
	switch random.IntN(8) {
	case 0:
		return token[:random.IntN(len(token))]
	case 1:
		return token + string(rune('!'+random.IntN(90)))
	case 2:
		changed := []byte(token)
		changed[random.IntN(len(changed))] = byte('!' + random.IntN(90))
		return string(changed)
	case 3:
		parts[at] = ""
	case 4:
		parts = append(parts, parts[at])
	case 5:
		parts[0], parts[1], parts[2] = parts[1], parts[2], parts[0]
	default:
		parts[at%2] = member(random, parts[at%2])
	}
	return strings.Join(parts, ".")
}

// member is a header or a payload in which one member is another.
func member(random *rand.Rand, part string) string {
	text, _ := base64.RawURLEncoding.DecodeString(part)
	var members map[string]any
	_ = json.Unmarshal(text, &members) // the token is valid
	names := []string{"alg", "typ", "kid", "iss", "sub", "aud", "exp", "nbf", "iat", "crit", "jwk", "b64", "zip", "roles", "_claim_names"}
	values := []any{nil, "", "none", "HS256", "ES256", -1, 1e300, true, []any{}, []any{"none"}, map[string]any{}, map[string]any{"sub": "x"}, strings.Repeat("x", 5000)}
	members[names[random.IntN(len(names))]] = values[random.IntN(len(values))]
	text, _ = json.Marshal(members)
	return base64.RawURLEncoding.EncodeToString(text)
}
