package web

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"

	"github.com/gin-gonic/gin"
)

//go:embed static
var staticFiles embed.FS

type staticFile struct {
	mediaType string
	content   []byte
}

// assets are the files that pages load, by the names under which they are served: with a
// hash of their content, so that browsers may cache them for ever. assetNames maps the
// files' own names to these.
var assets, assetNames = func() (map[string]staticFile, map[string]string) {
	files, names := map[string]staticFile{}, map[string]string{}
	entries, err := fs.ReadDir(staticFiles, "static")
	must(err)
	for _, e := range entries {
		content, err := staticFiles.ReadFile("static/" + e.Name())
		must(err)
		sum := sha256.Sum256(content)
		kind := path.Ext(e.Name())
		name := strings.TrimSuffix(e.Name(), kind) + "." + hex.EncodeToString(sum[:6]) + kind
		files[name], names[e.Name()] = staticFile{mime.TypeByExtension(kind), content}, name
	}
	return files, names
}()

// asset is the address of a file.
func asset(name string) string { return "/static/" + assetNames[name] }

func serveStatic(c *gin.Context) {
	file, known := assets[c.Param("file")]
	if !known {
		c.Status(http.StatusNotFound)
		return
	}
	c.Header("Cache-Control", "public, max-age=31536000, immutable")
	c.Data(http.StatusOK, file.mediaType, file.content)
}
