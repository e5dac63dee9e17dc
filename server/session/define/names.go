package define

import (
	"strconv"
	"strings"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/ident"
	"github.com/loxodb/loxodb/sql/pgerr"
)

// objectName joins parts with underscores, shortening the longer of the first
// two as PostgreSQL's makeObjectName does.
func objectName(first, second, label string) string {
	over := len(label) + 1
	if second != "" {
		over++
	}
	n1, n2 := len(first), len(second)
	for n1+n2 > ident.Max-over {
		if n1 > n2 {
			n1--
		} else {
			n2--
		}
	}
	name := ident.CutTo(first, n1)
	if second != "" {
		name += "_" + ident.CutTo(second, n2)
	}
	return name + "_" + label
}

// freeName is objectName, numbered until taken says that it is free.
func freeName(first, second, label string, taken func(string) bool) string {
	for i := 0; ; i++ {
		l := label
		if i > 0 {
			l += strconv.Itoa(i)
		}
		if name := objectName(first, second, l); !taken(name) {
			return name
		}
	}
}

// relationName is a free name for an index or sequence in a schema; also are
// names about to be taken by the same statement.
func (e *Env) relationName(schema catalog.ID, also map[string]bool, first, second, label string) string {
	return freeName(first, second, label, func(n string) bool {
		return also[n] || e.Catalog.RelationExists(schema, n) || constraintExists(e.Catalog, schema, n)
	})
}

func constraintExists(s *catalog.Snapshot, schema catalog.ID, name string) (found bool) {
	s.EachTable(func(t *catalog.Table) bool {
		found = t.Schema == schema && constraintOf(t, name) != nil
		return !found
	})
	return found
}

func constraintOf(t *catalog.Table, name string) *catalog.Constraint {
	for _, c := range t.Constraints {
		if c.Name == name {
			return c
		}
	}
	return nil
}

// constraintName is a free name for a constraint of a table.
func constraintName(t *catalog.Table, cols []int16, label string) string {
	return freeName(t.Name, columnList(t, cols), label, func(n string) bool { return constraintNamed(t, n) })
}

// constraintNamed reports a name that a constraint of a table has, or a part of one.
func constraintNamed(t *catalog.Table, name string) bool {
	part, _ := partNamed(t, name)
	return part != nil || constraintOf(t, name) != nil
}

// unnamed names a constraint that has no name.
func unnamed(t *catalog.Table, k *ast.Constraint, cols []int16, label string) string {
	if k.Numbered == "" {
		return constraintName(t, cols, label)
	}
	for n := 1; ; n++ {
		if name := t.Name + "_" + k.Numbered + "_" + strconv.Itoa(n); constraintOf(t, name) == nil {
			return name
		}
	}
}

// columnList joins column names as generated names do.
func columnList(t *catalog.Table, cols []int16) string {
	var names []string
	for _, c := range cols {
		if c == catalog.TableOidAttr {
			names = append(names, "tableoid")
			continue
		}
		names = append(names, t.Columns[c-1].Name)
	}
	return strings.Join(names, "_")
}

// systemKey refuses a system column in a key, for the first of the reasons that there are.
func systemKey(name, what string) error {
	switch {
	case strings.HasPrefix(what, "primary"):
		return pgerr.Newf(pgerrcode.FeatureNotSupported, "cannot alter system column %q", name)
	case name == "ctid" || name == "tableoid":
		return pgerr.New(pgerrcode.FeatureNotSupported, "index creation on system columns is not supported")
	}
	return pgerr.Newf(pgerrcode.UndefinedObject, "data type %s has no default operator class for access method \"btree\"", name[:1]+"id").
		WithHint("You must specify an operator class for the index or define a default operator class for the data type.")
}

// attrs resolves column names of a key.
func attrs(t *catalog.Table, names []string, what string, pos ast.Pos) ([]int16, error) {
	var out []int16
	for _, n := range names {
		c := t.ColumnByName(n)
		switch {
		case c != nil:
		case isSystemColumn(n):
			return nil, systemKey(n, what)
		default:
			return nil, pgerr.Newf(pgerrcode.UndefinedColumn, "column %q named in key does not exist", n).At(int(pos))
		}
		for _, a := range out {
			if a == c.Num {
				return nil, pgerr.Newf(pgerrcode.DuplicateColumn, "column %q appears twice in %s", n, what).At(int(pos))
			}
		}
		out = append(out, c.Num)
	}
	return out, nil
}
