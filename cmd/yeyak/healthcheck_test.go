package main

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestHealthcheck(t *testing.T) {
	t.Parallel()
	hang := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/starting":
			w.WriteHeader(http.StatusServiceUnavailable)
		case "/hanging":
			<-hang
		}
	}))
	t.Cleanup(server.Close)
	t.Cleanup(func() { close(hang) }) // before it, for it waits for requests
	check := func(url string, within time.Duration) error {
		return healthcheck{URL: url, Within: within}.Run(t.Context())
	}
	require.NoError(t, check(server.URL+"/well", time.Minute))
	require.ErrorContains(t, check(server.URL+"/starting", time.Minute), "503")
	require.ErrorContains(t, check(server.URL+"/hanging", time.Millisecond), "deadline")
	require.Error(t, check("http://127.0.0.1:1/readyz", time.Minute))
	require.Error(t, check("8080", time.Minute))
}
