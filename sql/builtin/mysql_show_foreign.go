package builtin

import (
	"strings"

	"github.com/loxodb/loxodb/sql/catalog"
)

// createForeign is a foreign key in CREATE TABLE, also one to a table that is not there.
func createForeign(s Session, t *catalog.Table, k *catalog.Constraint) string {
	to, columns := referenced(s.Catalog(), t, k)
	if to == "" {
		return ""
	}
	out := "CONSTRAINT " + backquote(k.Name) + " FOREIGN KEY " + backquotedList(attrNames(t, k.Columns)) + " REFERENCES " + to
	if len(columns) > 0 {
		out += " " + backquotedList(columns)
	}
	actions := map[byte]string{'c': "CASCADE", 'n': "SET NULL", 'd': "SET DEFAULT", 'r': "RESTRICT"}
	if a := actions[k.OnDelete]; a != "" {
		out += " ON DELETE " + a
	}
	if a := actions[k.OnUpdate]; a != "" {
		out += " ON UPDATE " + a
	}
	return out
}

// referenced is the table that a foreign key refers to, quoted, and its columns there.
func referenced(cat *catalog.Snapshot, t *catalog.Table, k *catalog.Constraint) (name string, columns []string) {
	schema := ""
	if w := k.Awaited; w != nil {
		schema, name, columns = w.Schema, w.Table, w.Columns
	} else if parent, ok := cat.TableByID(k.RefTable); ok {
		schema, name, columns = cat.SchemaName(parent.Schema), parent.Name, attrNames(parent, k.RefColumns)
	} else {
		return "", nil
	}
	if name = backquote(name); schema != cat.SchemaName(t.Schema) {
		name = backquote(schema) + "." + name
	}
	return name, columns
}

func attrNames(t *catalog.Table, attrs []int16) []string {
	names := make([]string, len(attrs))
	for i, a := range attrs {
		names[i] = t.Columns[a-1].Name
	}
	return names
}

func backquotedList(names []string) string {
	quoted := make([]string, len(names))
	for i, n := range names {
		quoted[i] = backquote(n)
	}
	return "(" + strings.Join(quoted, ", ") + ")"
}
