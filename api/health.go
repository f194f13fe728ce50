package api

import (
	"context"
	"net/http"

	"github.com/danielgtaylor/huma/v2"
)

func (s *server) registerHealth() {
	register(s, huma.Operation{
		OperationID: "healthz", Method: http.MethodGet, Path: "/healthz", Tags: []string{tagOperations},
		Summary: "Whether the process is alive",
	}, func(context.Context, *struct{}) (*livenessAnswer, error) {
		a := &livenessAnswer{}
		a.Body.Status = "ok"
		return a, nil
	})
	register(s, huma.Operation{
		OperationID: "readyz", Method: http.MethodGet, Path: "/readyz", Tags: []string{tagOperations},
		Summary: "Whether the process accepts requests",
		Description: "503 only while starting or draining. A part that does not work makes the service degraded, not unready: " +
			"orders are accepted all the same. Each such part is named, with its failure and the command that corrects it; if " +
			"there is none, with the section of docs/operations that says what to do.",
		Responses: map[string]*huma.Response{"503": {Description: "Starting or draining"}},
	}, s.readiness)
}

type livenessAnswer struct {
	Body struct {
		Status string `json:"status" enum:"ok"`
	} `nameHint:"Liveness"`
}

type readinessAnswer struct {
	Status int
	Body   struct {
		Status   string            `json:"status" enum:"ready,degraded,unready"`
		Degraded map[string]string `json:"degraded" doc:"Parts that do not work: the failure of each, and what corrects it"`
	} `nameHint:"Readiness"`
}

func (s *server) readiness(ctx context.Context, _ *struct{}) (*readinessAnswer, error) {
	a := &readinessAnswer{Status: http.StatusOK}
	a.Body.Status, a.Body.Degraded = "ready", map[string]string{}
	if !s.Health.Ready() {
		a.Status, a.Body.Status = http.StatusServiceUnavailable, "unready"
		return a, nil
	}
	if degraded := s.Health.Degraded(ctx); len(degraded) > 0 {
		a.Body.Status, a.Body.Degraded = "degraded", degraded
	}
	return a, nil
}

// alwaysReady is the default health of an API.
type alwaysReady struct{}

func (alwaysReady) Ready() bool                                { return true }
func (alwaysReady) Degraded(context.Context) map[string]string { return nil }
