package identity

import (
	"cmp"
	"slices"
	"strings"

	"github.com/yeyak/yeyak/booking"
)

// Claims are the names of the claims that are read from tokens. A claim within another
// one is named with a dot: realm_access.roles.
//
// Names is the claim with the names under which builds without callers stored people. If it is
// "", nothing that is stored under such a name belongs to a person.
type Claims struct{ ID, Name, Roles, Scopes, Names string }

func (c Claims) orDefaults() Claims {
	return Claims{
		ID: cmp.Or(c.ID, "sub"), Name: cmp.Or(c.Name, "name"), Roles: cmp.Or(c.Roles, "roles"), Scopes: cmp.Or(c.Scopes, "scope"),
		Names: c.Names,
	}
}

// read leaves out roles and scopes that Yeyak does not know.
func (c Claims) read(all map[string]any) Subject {
	var s Subject
	s.ID, _ = claim(all, c.ID).(string)
	s.Name, _ = claim(all, c.Name).(string)
	if c.Names != "" {
		s.Former, _ = claim(all, c.Names).(string)
	}
	s.Program = isProgram(all)
	for _, word := range words(claim(all, c.Roles)) {
		if role := booking.Role(word); slices.Contains(booking.Roles(), role) && role != booking.ServiceRole {
			s.Roles = append(s.Roles, role)
		}
	}
	for _, word := range words(claim(all, c.Scopes)) {
		if scope := booking.Scope(word); slices.Contains(booking.Scopes(), scope) {
			s.Scopes = append(s.Scopes, scope)
		}
	}
	return s
}

// isProgram reports whether a client got the token for itself. Then its subject is the
// client (RFC 9068, section 2.2).
func isProgram(all map[string]any) bool {
	subject, _ := all["sub"].(string)
	return subject != "" && (all["client_id"] == subject || all["azp"] == subject)
}

// claim finds a claim, whose own name may contain dots, too.
func claim(in map[string]any, name string) any {
	if value, found := in[name]; found {
		return value
	}
	for i := range len(name) {
		if within, ok := in[name[:i]].(map[string]any); ok && name[i] == '.' {
			if value := claim(within, name[i+1:]); value != nil {
				return value
			}
		}
	}
	return nil
}

// words are the words of a text, the elements of a list, or the names in an object:
// issuers write roles in each of these ways. A name in an object counts if its value
// is true or an object: {"operator": false} is no operator.
func words(value any) (out []string) {
	switch v := value.(type) {
	case string:
		return strings.Fields(v)
	case []any:
		for _, one := range v {
			if word, ok := one.(string); ok {
				out = append(out, word)
			}
		}
	case map[string]any:
		for word, value := range v {
			if _, within := value.(map[string]any); within || value == true {
				out = append(out, word)
			}
		}
		slices.Sort(out)
	}
	return out
}
