package define

import (
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/planner/bind"
	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// unmade are the kinds of objects that no statement makes here, by how PostgreSQL calls
// one: those of the system apart, none is there to be dropped, which is what scripts that
// clean up first want to hear.
var unmade = map[ast.ObjectKind]string{
	"CONVERSION":                "conversion",
	"TEXT SEARCH PARSER":        "text search parser",
	"TEXT SEARCH DICTIONARY":    "text search dictionary",
	"TEXT SEARCH TEMPLATE":      "text search template",
	"TEXT SEARCH CONFIGURATION": "text search configuration",
	"LANGUAGE":                  "language",
	"PUBLICATION":               "publication",
	"SERVER":                    "server",
	"FOREIGN DATA WRAPPER":      "foreign-data wrapper",
	"FOREIGN TABLE":             "foreign table",
	"EVENT TRIGGER":             "event trigger",
	"ACCESS METHOD":             "access method",
	"SUBSCRIPTION":              "subscription",
	"TABLESPACE":                "tablespace",
	"LARGE OBJECT":              "large object",
	ast.ObjOperator:             "operator",
	ast.ObjCast:                 "cast",
	ast.ObjRule:                 "rule",
}

// dropUnmade is DROP of such a kind; done is false for other kinds, and where the system
// has an object of the name.
func (e *Env) dropUnmade(st *ast.Drop) (done bool, err error) {
	if _, ok := unmade[st.Kind]; !ok {
		return false, nil
	}
	for i := range st.Names {
		wrong, skipped, err := e.missingUnmade(st, i)
		if err != nil && !missing(err) {
			return true, err
		}
		if err != nil {
			pe, _ := pgerr.As(err)
			wrong, skipped = pe, pe.Message
		}
		switch {
		case wrong == nil:
			return false, nil
		case !st.IfExists:
			return true, wrong
		}
		e.notice("00000", "%s, skipping", skipped)
	}
	return true, nil
}

// missingUnmade is the error of object i of a DROP, and what IF EXISTS says instead; nil
// where the system has one.
func (e *Env) missingUnmade(st *ast.Drop, i int) (wrong *pgerr.Error, skipped string, err error) {
	n, what := &st.Names[i], unmade[st.Kind]
	told := func(code, format string, args ...any) (*pgerr.Error, string, error) {
		w := pgerr.Newf(code, format, args...)
		return w, w.Message, nil
	}
	switch st.Kind {
	case ast.ObjRule:
		t, err := e.table(st.Table)
		if err != nil {
			return nil, "", err
		}
		return pgerr.Newf(pgerrcode.UndefinedObject, "rule %q for relation %q does not exist", n.Name, t.Name),
			fmt.Sprintf("rule %q for relation %q does not exist", n.Name, dotted(st.Table)), nil
	case ast.ObjOperator, ast.ObjCast:
		return e.missingByTypes(st, i)
	}
	if n.Schema != "" {
		if _, ok := e.Catalog.Schema(n.Schema); !ok {
			return nil, "", pgerr.Newf(pgerrcode.InvalidSchemaName, "schema %q does not exist", n.Schema)
		}
	}
	if ofSystem(st.Kind, n.Name) {
		return nil, "", nil
	}
	name := dotted(n)
	if st.Kind == "FOREIGN TABLE" {
		if _, err := e.dropRelation(st, n); pgerr.Code(err) == pgerrcode.WrongObjectType {
			return nil, "", err
		}
		name = n.Name
	}
	return told(pgerrcode.UndefinedObject, "%s %q does not exist", what, name)
}

// missingByTypes is missingUnmade of what types name, too.
func (e *Env) missingByTypes(st *ast.Drop, i int) (wrong *pgerr.Error, skipped string, err error) {
	n := &st.Names[i]
	if n.Schema != "" {
		if _, ok := e.Catalog.Schema(n.Schema); !ok {
			return nil, "", pgerr.Newf(pgerrcode.InvalidSchemaName, "schema %q does not exist", n.Schema)
		}
	}
	ts := make([]types.OID, len(st.Args[i]))
	var shown []string
	for k := range st.Args[i] {
		if st.Args[i][k].Name.Name == "" {
			continue // NONE
		}
		t, err := bind.TypeName(&st.Args[i][k], e.options())
		if err != nil {
			return nil, "", placeless(err)
		}
		ts[k] = t.OID
		shown = append(shown, types.FormatType(types.Of(t.OID)))
	}
	if st.Kind == ast.ObjCast {
		at := slices.IndexFunc(builtin.AllCasts(), func(c *builtin.Cast) bool { return c.Source == ts[0] && c.Target == ts[1] })
		if at >= 0 {
			extension := ""
			if f := builtin.AllCasts()[at].Func; f != nil {
				extension = f.Extension
			}
			return nil, "", e.keptBySystem(fmt.Sprintf("cast from %s to %s", shown[0], shown[1]), extension)
		}
		return pgerr.Newf(pgerrcode.UndefinedObject, "cast from type %s to type %s does not exist", shown[0], shown[1]),
			fmt.Sprintf("cast from type %s to type %s does not exist", typesAsWritten(st.Args[i][:1]), typesAsWritten(st.Args[i][1:])), nil
	}
	if op, err := builtin.ResolveOp(n.Schema, n.Name, ts[0], ts[1]); err == nil && op.Left == ts[0] && op.Right == ts[1] {
		left := "NONE"
		if ts[0] != 0 {
			left = shown[0]
		}
		return nil, "", e.keptBySystem(fmt.Sprintf("operator %s(%s,%s)", n.Name, left, shown[len(shown)-1]), op.Op.Extension)
	}
	text := n.Name
	if ts[0] != 0 {
		text = shown[0] + " " + text
	}
	if ts[1] != 0 {
		text += " " + shown[len(shown)-1]
	}
	wrong = pgerr.Newf(pgerrcode.UndefinedFunction, "operator does not exist: %s", text)
	return wrong, "operator " + dotted(n) + " does not exist", nil
}

// keptBySystem refuses to drop what every database has, or what an extension brought.
func (e *Env) keptBySystem(what, extension string) error {
	if x, ok := e.Catalog.Extension(extension); ok {
		return pgerr.Newf(pgerrcode.DependentObjectsStillExist, "cannot drop %s because extension %s requires it", what, x.Name).
			WithHint("You can drop extension %s instead.", x.Name)
	}
	return pgerr.Newf(pgerrcode.DependentObjectsStillExist, "cannot drop %s because it is required by the database system", what)
}

// ofSystem reports the name of an object that every database has.
func ofSystem(kind ast.ObjectKind, name string) bool {
	switch kind {
	case "LANGUAGE":
		return slices.Contains([]string{"internal", "c", "sql", "plpgsql"}, name)
	case "CONVERSION":
		return strings.Contains(name, "_to_")
	case "TEXT SEARCH PARSER":
		return name == "default"
	case "TEXT SEARCH TEMPLATE":
		return slices.Contains([]string{"simple", "synonym", "ispell", "thesaurus", "snowball"}, name)
	case "TEXT SEARCH DICTIONARY":
		return name == "simple" || strings.HasSuffix(name, "_stem")
	case "TEXT SEARCH CONFIGURATION":
		return name == "simple" || strings.HasSuffix(name, "ish") || strings.HasSuffix(name, "ian") || strings.HasSuffix(name, "ese")
	case "TABLESPACE":
		return name == "pg_default" || name == "pg_global"
	case "ACCESS METHOD":
		return slices.Contains([]string{"heap", "btree", "hash", "gist", "gin", "spgist", "brin", "hnsw", "ivfflat"}, name)
	}
	return false
}
