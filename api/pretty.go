package api

import (
	"bytes"
	"encoding/json"
	"mime"
	"net/http"
	"slices"
	"strings"

	"github.com/gin-gonic/gin"
)

// indentAnswers indents JSON answers if the query has ?pretty, for people at a
// terminal. The rest of the query stays.
func indentAnswers(c *gin.Context) {
	query := strings.Split(c.Request.URL.RawQuery, "&")
	others := slices.DeleteFunc(slices.Clone(query), func(parameter string) bool {
		return parameter == "pretty" || parameter == "pretty=true"
	})
	if len(others) == len(query) {
		return
	}
	c.Request.URL.RawQuery = strings.Join(others, "&")
	w := &indented{ResponseWriter: c.Writer}
	c.Writer = w
	defer func() { c.Writer = w.ResponseWriter }() // an answer to a panic is written there
	c.Next()
	w.finish()
}

// indented buffers JSON until it is complete, and does not change anything else.
type indented struct {
	gin.ResponseWriter
	answer bytes.Buffer
}

// Write implements http.ResponseWriter.
func (w *indented) Write(b []byte) (int, error) {
	if w.isJSON() {
		return w.answer.Write(b)
	}
	return w.ResponseWriter.Write(b)
}

// WriteString implements gin.ResponseWriter.
func (w *indented) WriteString(s string) (int, error) { return w.Write([]byte(s)) }

// Written implements gin.ResponseWriter.
func (w *indented) Written() bool { return w.answer.Len() > 0 || w.ResponseWriter.Written() }

// Unwrap is for http.ResponseController.
func (w *indented) Unwrap() http.ResponseWriter { return w.ResponseWriter }

func (w *indented) isJSON() bool {
	mediaType, _, err := mime.ParseMediaType(w.Header().Get("Content-Type"))
	return err == nil && (mediaType == "application/json" || strings.HasSuffix(mediaType, "+json"))
}

func (w *indented) finish() {
	raw := bytes.TrimSpace(w.answer.Bytes())
	if len(raw) == 0 {
		return
	}
	var lines bytes.Buffer
	if json.Indent(&lines, raw, "", "  ") != nil {
		lines.Reset()
		lines.Write(raw)
	}
	lines.WriteByte('\n')
	w.Header().Del("Content-Length")             // of the compact answer
	_, _ = w.ResponseWriter.Write(lines.Bytes()) // fails only if the client has gone
}
