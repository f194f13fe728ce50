package payments

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"

	"github.com/gin-gonic/gin"
)

// Failure is the failure of a request that had begun. The provider repeats it under the
// request's key.
type Failure struct {
	Key     string // the request's Idempotency-Key
	Request string // the request under the key
	Status  int
	Body    string
}

// once repeats the stored failure of a request. A request that succeeds repeats its own
// answer.
func (s *Server) once(do call) call {
	return func(ctx context.Context, g *gin.Context) (any, error) {
		key, form := g.GetHeader("Idempotency-Key"), g.Request.PostForm
		failed, found, err := s.intents.Failure(ctx, key)
		switch {
		case err != nil:
			return nil, err
		case found && failed.Request != form.Encode():
			return nil, otherRequest()
		case found:
			g.Header("Idempotent-Replayed", "true")
			said := &apiError{Status: failed.Status}
			return nil, errors.Join(json.Unmarshal([]byte(failed.Body), said), said)
		}
		body, err := s.doOrBreak(ctx, g, do)
		if said, ok := errors.AsType[*apiError](err); ok && said.saved {
			err = errors.Join(err, s.keep(ctx, key, form, said))
		}
		return body, err
	}
}

// doOrBreak makes requests fail that were not carried out before, if the Behaviour is Broken.
func (s *Server) doOrBreak(ctx context.Context, g *gin.Context, do call) (any, error) {
	if !s.Behaviour().Broken {
		return do(ctx, g)
	}
	done, err := s.carriedOut(ctx, g.GetHeader("Idempotency-Key"), g.Request.PostForm)
	if err != nil || done {
		return do(ctx, g)
	}
	return nil, &apiError{Status: http.StatusInternalServerError, Type: apiFailure, Message: "the sandbox has broken down over this", saved: true}
}

func (s *Server) carriedOut(ctx context.Context, key string, form url.Values) (bool, error) {
	if intent := form.Get("payment_intent"); intent != "" {
		refunds, err := s.intents.Refunds(ctx, intent)
		return slices.ContainsFunc(refunds, func(r Refund) bool { return r.Key == key }), err
	}
	intents, err := s.intents.Search(ctx, form.Get("metadata["+metadataKey+"]"))
	return slices.ContainsFunc(intents, func(i Intent) bool { return i.Key == key }), err
}

func (s *Server) keep(ctx context.Context, key string, form url.Values, said *apiError) error {
	body, err := json.Marshal(said)
	if err != nil {
		return err
	}
	return s.intents.KeepFailure(ctx, Failure{Key: key, Request: form.Encode(), Status: said.Status, Body: string(body)})
}
