package web

import (
	"context"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/gin-gonic/gin"
	"github.com/stretchr/testify/require"
)

// TestSession_InParts: a token that is too long for one cookie is stored in several, and
// none of these stays when a shorter token follows. A token longer than servers in between
// would accept is refused with its own code.
func TestSession_InParts(t *testing.T) {
	t.Parallel()
	p := New(Deps{SessionKey: func(context.Context) ([]byte, error) { return make([]byte, 32), nil }})
	router := gin.New()
	router.GET("/keep/:length", func(c *gin.Context) {
		length, _ := strconv.Atoi(c.Param("length"))
		if err := p.visit(c).storeCookie(sessionCookie, session{Token: strings.Repeat("t", length)}, time.Now().Add(time.Hour)); err != nil {
			c.String(http.StatusInternalServerError, "%s", err)
		}
	})
	router.GET("/drop", func(c *gin.Context) { p.visit(c).dropCookie(sessionCookie) })
	router.GET("/open", func(c *gin.Context) {
		s, known := open[session](p.visit(c), sessionCookie)
		c.String(http.StatusOK, "%v %d", known, len(s.Token))
	})
	server := httptest.NewServer(router)
	t.Cleanup(server.Close)
	jar, err := cookiejar.New(nil)
	require.NoError(t, err)
	client := &http.Client{Jar: jar}
	here, err := url.Parse(server.URL)
	require.NoError(t, err)
	get := func(path string) string {
		answer, err := client.Get(server.URL + path)
		require.NoError(t, err)
		defer answer.Body.Close()
		text, err := io.ReadAll(answer.Body)
		require.NoError(t, err)
		return string(text)
	}
	for _, kept := range []struct{ length, cookies int }{{100, 1}, {8000, 3}, {4000, 2}, {100, 1}} {
		require.Empty(t, get("/keep/"+strconv.Itoa(kept.length)))
		require.Len(t, jar.Cookies(here), kept.cookies)
		require.Equal(t, "true "+strconv.Itoa(kept.length), get("/open"))
	}
	require.Contains(t, get("/keep/20000"), "the issuer's access token is too long")
	require.Equal(t, "true 100", get("/open"))
	get("/keep/8000")
	get("/drop")
	require.Empty(t, jar.Cookies(here))
	require.Equal(t, "false 0", get("/open"))
}
