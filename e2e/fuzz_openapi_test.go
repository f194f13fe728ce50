package e2e

import (
	"encoding/json"
	"regexp"
	"strings"
	"sync"
)

// document is the part of an OpenAPI document that requests are made of.
type document struct {
	Paths      map[string]map[string]*operation `json:"paths"`
	Components struct {
		Schemas map[string]*schema `json:"schemas"`
	} `json:"components"`
}

type operation struct {
	ID         string      `json:"operationId"`
	Parameters []parameter `json:"parameters"`
	Body       *struct {
		Required bool `json:"required"`
		Content  map[string]struct {
			Schema *schema `json:"schema"`
		} `json:"content"`
	} `json:"requestBody"`

	Method, Path string
	doc          *document
}

type parameter struct {
	In       string  `json:"in"`
	Name     string  `json:"name"`
	Required bool    `json:"required"`
	Schema   *schema `json:"schema"`
}

type schema struct {
	Ref        string             `json:"$ref"`
	Type       any                `json:"type"` // one name, or several
	Format     string             `json:"format"`
	Enum       []any              `json:"enum"`
	Examples   []any              `json:"examples"`
	Default    any                `json:"default"`
	Minimum    float64            `json:"minimum"`
	Properties map[string]*schema `json:"properties"`
	Required   []string           `json:"required"`
	Items      *schema            `json:"items"`
}

// resolve follows a reference.
func (d *document) resolve(s *schema) *schema {
	if name, ok := strings.CutPrefix(s.Ref, "#/components/schemas/"); ok {
		return d.Components.Schemas[name]
	}
	return s
}

func (s *schema) is(kind string) bool {
	switch t := s.Type.(type) {
	case string:
		return t == kind
	case []any:
		return len(t) > 0 && t[0] == kind
	default:
		return false
	}
}

// known is what answers contained: ids by their prefix, and cursors by the path of
// their list.
type known struct {
	mu      sync.Mutex
	ids     map[string][]string
	had     map[string]bool
	cursors map[string][]string
}

func newKnown() *known {
	return &known{ids: map[string][]string{}, had: map[string]bool{}, cursors: map[string][]string{}}
}

var idPattern = regexp.MustCompile(`^(place|menu|drink|cleaner|lodging|food|cafe|cleaning)-[0-9a-z]{16,26}$`)

// learn keeps the ids and the cursor of an answer.
func (k *known) learn(path string, text []byte) {
	var answer any
	if json.Unmarshal(text, &answer) != nil {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.walk(answer)
	if part, ok := answer.(map[string]any); ok {
		if next, ok := part["next"].(string); ok && next != "" {
			k.cursors[path] = append(k.cursors[path], next)
		}
	}
}

func (k *known) walk(of any) {
	switch v := of.(type) {
	case map[string]any:
		for _, inner := range v {
			k.walk(inner)
		}
	case []any:
		for _, inner := range v {
			k.walk(inner)
		}
	case string:
		if found := idPattern.FindStringSubmatch(v); found != nil && !k.had[v] {
			k.had[v] = true
			k.ids[found[1]] = append(k.ids[found[1]], v)
		}
	}
}

// all are the ids with a prefix.
func (k *known) all(sort string) []string {
	k.mu.Lock()
	defer k.mu.Unlock()
	return append([]string(nil), k.ids[sort]...)
}

// cursorsOf are the cursors that a list returned.
func (k *known) cursorsOf(path string) []string {
	k.mu.Lock()
	defer k.mu.Unlock()
	return append([]string(nil), k.cursors[path]...)
}
