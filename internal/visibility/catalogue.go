package visibility

import (
	"context"
	"database/sql"
	"fmt"
	"regexp"
	"strings"
)

// table is the table from which Temporal lists workflows.
const table = "executions_visibility"

// prefixColumn is the first column of each of the table's indexes: every search is for
// one namespace.
const prefixColumn = "namespace_id"

// missed are the columns that are searched with IS NULL, and by which search. A partial
// index cannot serve that.
var missed = map[string]string{
	"temporalnamespacedivision": "Temporal adds TemporalNamespaceDivision IS NULL to every search",
	"parent_workflow_id":        "the web UI lists the workflows whose ParentWorkflowId IS NULL",
}

// leftover matches the temporary names of indexes. Only an interrupted run leaves such an
// index, since the names are exchanged in one transaction.
var leftover = regexp.MustCompile(`^yeyak_(next|past)_[0-9]+$`)

// index is one of the table's indexes, as the catalogue describes it.
type index struct {
	oid        int64
	name       string
	quoted     string // the name as an identifier
	valid      bool   // false while it is built, and if that has failed
	constraint bool
	definition string // CREATE INDEX …
	condition  string // the text after WHERE, "" for none
	tablespace string // quoted, "" for the database's own
	prefix     string // the first column
	own        string // the second column, "" if there is none or it is an expression
	quotedOwn  string
	ownNotNull bool
	findsNull  bool // whether the index can serve IS NULL
}

// indexes selects all indexes of the table.
const indexes = `
SELECT i.indexrelid, c.relname, quote_ident(c.relname), i.indisvalid AND i.indisready,
	i.indisunique OR i.indisprimary OR i.indisexclusion OR EXISTS (SELECT FROM pg_constraint WHERE conindid = i.indexrelid),
	coalesce(pg_get_indexdef(i.indexrelid), ''), coalesce(pg_get_expr(i.indpred, i.indrelid), ''), coalesce(quote_ident(s.spcname), ''),
	coalesce(prefix.attname, ''), coalesce(own.attname, ''), coalesce(quote_ident(own.attname), ''), coalesce(own.attnotnull, false),
	coalesce(pg_index_column_has_property(i.indexrelid, 2, 'search_nulls'), false)
FROM pg_index i
JOIN pg_class c ON c.oid = i.indexrelid
LEFT JOIN pg_tablespace s ON s.oid = c.reltablespace
LEFT JOIN pg_attribute prefix ON prefix.attrelid = i.indrelid AND prefix.attnum = i.indkey[0]
LEFT JOIN pg_attribute own ON i.indnkeyatts > 1 AND own.attrelid = i.indrelid AND own.attnum = i.indkey[1]
WHERE i.indrelid = to_regclass($1)
ORDER BY c.relname`

// read lists the table's indexes by name, and those that an interrupted run has left.
func read(ctx context.Context, conn *sql.Conn) (found []index, left []string, err error) {
	rows, err := conn.QueryContext(ctx, indexes, table)
	if err != nil {
		return nil, nil, fmt.Errorf("list the indexes of %s: %w", table, err)
	}
	defer rows.Close()
	for rows.Next() {
		var i index
		if err := rows.Scan(&i.oid, &i.name, &i.quoted, &i.valid, &i.constraint, &i.definition, &i.condition, &i.tablespace,
			&i.prefix, &i.own, &i.quotedOwn, &i.ownNotNull, &i.findsNull); err != nil {
			return nil, nil, err
		}
		switch {
		case i.definition == "": // dropped meanwhile
		case leftover.MatchString(i.name):
			left = append(left, i.name)
		default:
			found = append(found, i)
		}
	}
	return found, left, rows.Err()
}

// schema is the quoted name of the table's schema.
func schema(ctx context.Context, conn *sql.Conn) (name string, err error) {
	err = conn.QueryRowContext(ctx, `SELECT coalesce((SELECT quote_ident(n.nspname)
		FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.oid = to_regclass($1)), '')`, table).Scan(&name)
	if err != nil {
		return "", fmt.Errorf("find the table %s: %w", table, err)
	}
	if name == "" {
		return "", fmt.Errorf("there is no table %s: want Temporal's visibility database, with its schema", table)
	}
	return name, nil
}

// partialCondition is the condition of a partial index of ours, as the catalogue writes it.
func (i index) partialCondition() string { return "(" + i.quotedOwn + " IS NOT NULL)" }

// keeps is the reason why the index stays full in a lean store, "" if it does not.
func (i index) keeps() string {
	switch {
	case i.constraint:
		return "it holds a constraint"
	case i.prefix != prefixColumn:
		return "it does not begin with " + prefixColumn
	case i.own == "":
		return "an expression follows, or nothing"
	case i.ownNotNull:
		return i.own + " is never NULL"
	case i.findsNull && missed[i.own] != "":
		return missed[i.own]
	default:
		return ""
	}
}

// foreign reports whether the index has a condition that is not ours.
func (i index) foreign() bool { return i.condition != "" && i.condition != i.partialCondition() }

// isPartial reports whether the index has our condition.
func (i index) isPartial() bool { return i.own != "" && i.condition == i.partialCondition() }

// inForm reports whether the index has the form that it needs in a store of form f.
func (i index) inForm(f Form) bool {
	return i.foreign() || i.constraint || i.valid && i.isPartial() == i.partialIn(f)
}

// partialIn reports whether the index is partial in a store of form f.
func (i index) partialIn(f Form) bool { return f == Lean && i.keeps() == "" }

// creation is the statement that creates the index under another name, in the form that it
// has in a store of form f.
func (i index) creation(name string, f Form) (string, error) {
	rest, found := strings.CutPrefix(i.definition, "CREATE INDEX "+i.quoted+" ON ")
	if !found {
		return "", fmt.Errorf("index %s: its definition cannot be read: %s", i.name, i.definition)
	}
	if i.condition != "" {
		if rest, found = strings.CutSuffix(rest, " WHERE "+i.condition); !found {
			return "", fmt.Errorf("index %s: its definition does not end with its condition: %s", i.name, i.definition)
		}
	}
	if i.tablespace != "" {
		rest += " TABLESPACE " + i.tablespace
	}
	if i.partialIn(f) {
		rest += " WHERE " + i.partialCondition()
	}
	return "CREATE INDEX CONCURRENTLY " + name + " ON " + rest, nil
}
