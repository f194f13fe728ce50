package api

import (
	"bytes"
	"encoding/json"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"strings"
	"sync"

	"github.com/gin-gonic/gin"
	"github.com/swaggest/swgui"
	"github.com/swaggest/swgui/v5/static"
	"github.com/swaggest/swgui/v5emb"

	"github.com/yeyak/yeyak/booking"
)

const (
	docsPath     = "/docs"
	problemsPath = docsPath + "/problems"
	openAPIPath  = "/openapi.json"
	docsFiles    = docsPath + "/*path"
)

// contentPolicy forbids the documentation to load anything from other sites: it has to
// work offline.
const contentPolicy = "default-src 'none'; script-src 'self' 'unsafe-inline'; style-src 'self' 'unsafe-inline'; " +
	"img-src 'self' data:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'"

// serveDocs serves the complete OpenAPI document and its pages.
func (s *server) serveDocs(router gin.IRouter) {
	// Encoded at the first request: encoding would slow down the start of each process.
	described := sync.OnceValue(func() *document {
		raw, err := json.Marshal(s.huma.OpenAPI())
		if err != nil {
			panic(fmt.Sprintf("encode OpenAPI document: %v", err)) // a mistake in this package
		}
		return &document{raw: raw}
	})
	if s.Pages == nil {
		router.GET("/", func(c *gin.Context) { c.Redirect(http.StatusFound, docsPath) })
	}
	router.GET(openAPIPath, func(c *gin.Context) {
		text, err := described().on(s.Now())
		if err != nil {
			panic(fmt.Sprintf("add examples to the OpenAPI document: %v", err)) // a mistake in this package
		}
		c.Data(http.StatusOK, "application/openapi+json", text)
	})

	ui := v5emb.NewHandlerWithConfig(swgui.Config{
		Title: "Yeyak", SwaggerJSON: openAPIPath, BasePath: docsPath + "/",
		SettingsUI: map[string]string{"tryItOutEnabled": "true", "defaultModelsExpandDepth": "0"},
	})
	problems := problemsPage()
	page := func(c *gin.Context) {
		c.Header("Content-Security-Policy", contentPolicy)
		switch path := strings.Trim(c.Param("path"), "/"); {
		case path == "problems":
			c.Data(http.StatusOK, "text/html; charset=utf-8", problems)
		case path == "" || isAsset(path):
			ui.ServeHTTP(c.Writer, c.Request)
		default:
			writeProblem(c, newProblem(booking.NotFound, "there is nothing at %s", c.Request.URL.Path))
		}
	}
	router.GET(docsPath, page)
	router.GET(docsFiles, page)
}

// isAsset reports whether the documentation's page contains the file, compressed or
// not.
func isAsset(name string) bool {
	for _, candidate := range []string{name, name + ".gz"} {
		if _, err := fs.Stat(static.FS, candidate); err == nil {
			return true
		}
	}
	return false
}

var problemsTemplate = template.Must(template.New("problems").Parse(`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<title>Problems - Yeyak</title>
<style>
body { font-family: sans-serif; max-width: 60em; margin: 2em auto; padding: 0 1em; }
td, th { text-align: left; vertical-align: top; padding: .4em .8em .4em 0; border-bottom: 1px solid #ddd; }
tr:target { background: #ffc; }
</style>
</head>
<body>
<h1>Problems</h1>
<p>Every error is an RFC 9457 problem (<code>application/problem+json</code>). Branch on its <code>code</code>:
codes never change their meaning. <a href="/docs">API</a></p>
<table>
<tr><th>code</th><th>status</th><th>title</th><th>meaning</th></tr>
{{range .}}<tr id="{{.Code}}"><td><code>{{.Code}}</code></td><td>{{.Status}}</td><td>{{.Title}}</td><td>{{.Meaning}}</td></tr>
{{end}}</table>
</body>
</html>
`))

func problemsPage() []byte {
	type row struct {
		Code, Title, Meaning string
		Status               int
	}
	rows := make([]row, len(problemKinds))
	for i, kind := range problemKinds {
		rows[i] = row{string(kind.code), kind.title, kind.meaning, kind.status}
	}
	var page bytes.Buffer
	if err := problemsTemplate.Execute(&page, rows); err != nil {
		panic(fmt.Sprintf("write page of problems: %v", err)) // a mistake in this package
	}
	return page.Bytes()
}
