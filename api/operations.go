package api

import (
	"net/http"

	"github.com/danielgtaylor/huma/v2/adapters/humagin"
	"github.com/gin-gonic/gin"
)

// NewOperations returns the handler of a process that serves no orders: health and
// metrics, at the same paths as New's. It uses d.Health, d.Metrics and d.Logger.
func NewOperations(d Deps) http.Handler {
	s := &server{Deps: d.withDefaults()}
	router := s.newRouter()
	s.huma = humagin.New(router, describeAPI())
	s.huma.UseMiddleware(s.limitTime, s.checkMediaTypes)
	s.registerHealth()
	if s.Metrics != nil {
		router.GET(metricsPath, gin.WrapH(s.Metrics))
	}
	return answerHEAD(router)
}
