package builtin

import (
	"fmt"
	"strings"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// definitionFuncs registers chapter 9.26's catalog information functions: names,
// definitions, comments and visibility of objects.
func definitionFuncs(r *registrar) {
	r.eval("format_type", func(c *Ctx, a []types.Datum) (types.Datum, error) {
		if a[0].IsNull() {
			return null()
		}
		t := types.Of(types.OID(a[0].Int()))
		if info := types.Lookup(t.OID); a[1].IsNull() && info != nil && !named(info) {
			name := types.TypeName(t.OID) // character and bit, with or without a length
			if quotesAll(c) {
				name = QuoteType(name)
			}
			return types.String(name), nil
		}
		if !a[1].IsNull() {
			t.Mod = int32(a[1].Int())
		}
		return types.String(formatType(c, t)), nil
	})
	r.evals(withSession(func(_ *Ctx, s Session, a []types.Datum) (types.Datum, error) {
		if s := a[0].Text(); s == "DEFAULT" || strings.HasPrefix(s, "FOR VALUES ") {
			return a[0], nil // a partition's bound
		}
		// a pg_node_tree is kept as the SQL text it came from
		text := s.ShowExpr(a[0].Text(), len(a) > 2 && a[2].Bool())
		if a[1].Int() == 0 {
			text = ValueWord(text)
		}
		return types.String(text), nil
	}), "pg_get_expr", "pg_get_expr_ext")
	for key, kind := range map[string]string{
		"pg_get_indexdef": "indexdef", "pg_get_constraintdef": "constraintdef", "pg_get_viewdef": "viewdef",
		"pg_get_triggerdef": "triggerdef", "pg_get_ruledef": "ruledef",
	} {
		r.eval(key, define(kind))
		r.eval(key+"_ext", define(kind))
	}
	r.eval("pg_get_functiondef", functionDef)
	r.eval("pg_get_viewdef_wrap", define("viewdef"))
	r.evals(viewdefByName, "pg_get_viewdef_name", "pg_get_viewdef_name_ext")
	r.eval("pg_get_userbyid", withSession(func(_ *Ctx, s Session, a []types.Datum) (types.Datum, error) {
		if x, ok := s.Catalog().RoleByID(uint32(a[0].Int())); ok {
			return types.String(x.Name), nil
		}
		return types.String(fmt.Sprintf("unknown (OID=%d)", a[0].Int())), nil
	}))
	statisticsDefs(r)
	functionTexts(r)
	regFuncs(r)
	commentFuncs(r)
	visibilityFuncs(r)
	indexProperties(r)
	relationFacts(r)
	partitionFuncs(r)
}

// formatType names a type; a table's row type has the table's name.
func formatType(c *Ctx, t types.T) string {
	if t.OID == 0 {
		return "-"
	}
	info := types.Lookup(t.OID)
	switch {
	case info != nil && !named(info) && quotesAll(c):
		return QuoteType(types.FormatType(t))
	case info != nil && !named(info):
		return types.FormatType(t)
	case info != nil && info.IsArray:
		return formatType(c, types.T{OID: info.Elem, Mod: t.Mod}) + "[]"
	case c.Format.Names != nil:
		if n, ok := c.Format.Names.RegOut(types.RegtypeOID, t.OID); ok {
			return n + types.TypmodOut(t)
		}
	}
	if info != nil {
		return types.FormatType(t)
	}
	return "???"
}

// named reports a type that is called by a name of its own, which some search paths
// find without its schema.
func named(info *types.Info) bool { return info.Namespace != catalog.PgCatalogID }

// define asks the session to print an object: (oid), (oid, pretty) or, of an
// index, (oid, column, pretty).
func define(kind string) Eval {
	return withSession(func(c *Ctx, s Session, a []types.Datum) (types.Datum, error) {
		arg, pretty := 0, false
		switch {
		case len(a) == 3:
			arg, pretty = int(a[1].Int()), a[2].Bool()
		case len(a) == 2 && c.argT(1).OID == types.Int4OID: // the width of lines
			arg, pretty = int(a[1].Int()), true
		case len(a) == 2:
			pretty = a[1].Bool()
		}
		text, ok := s.Definition(kind, uint32(a[0].Int()), arg, pretty)
		if !ok {
			return null()
		}
		return types.String(text), nil
	})
}

// functionDef is pg_get_functiondef, which aggregates have none of.
func functionDef(c *Ctx, a []types.Datum) (types.Datum, error) {
	if s, err := session(c); err == nil {
		if name, ok := s.Definition("aggregatename", uint32(a[0].Int()), 0, false); ok {
			return types.Null, pgerr.Newf(pgerrcode.WrongObjectType, "\"%s\" is an aggregate function", name)
		}
	}
	return define("functiondef")(c, a)
}

func viewdefByName(c *Ctx, a []types.Datum) (types.Datum, error) {
	s, err := session(c)
	if err != nil {
		return types.Datum{}, err
	}
	if c.Format.Names == nil {
		return null()
	}
	id, err := c.Format.Names.RegIn(types.RegclassOID, a[0].Text())
	if err != nil {
		return types.Datum{}, err
	}
	text, ok := s.Definition("viewdef", id, 0, len(a) > 1 && a[1].Bool())
	if !ok {
		return null()
	}
	return types.String(text), nil
}

// functionTexts registers pg_get_function_arguments and the like. The session knows the
// functions that pg_proc lists; of others, and without one, the signature is told.
func functionTexts(r *registrar) {
	of := func(kind string, f func(fn *Func) string) Eval {
		user := define(kind)
		return func(c *Ctx, a []types.Datum) (types.Datum, error) {
			if c.Session != nil {
				if d, err := user(c, a); err != nil || !d.IsNull() {
					return d, err
				}
			}
			if fn := FuncByOID(types.OID(a[0].Int())); fn != nil {
				return types.String(f(fn)), nil
			}
			return null()
		}
	}
	r.eval("pg_get_function_arguments", of("functionargs", func(fn *Func) string { return fn.argText(true) }))
	r.eval("pg_get_function_identity_arguments", of("functionidentity", func(fn *Func) string { return fn.argText(false) }))
	r.eval("pg_get_function_sqlbody", define("functionbody"))
	r.eval("pg_get_function_arg_default", withSession(func(_ *Ctx, s Session, a []types.Datum) (types.Datum, error) {
		text, ok := s.Definition("functiondefault", uint32(a[0].Int()), int(a[1].Int()), false)
		if !ok {
			return null()
		}
		return types.String(text), nil
	}))
	r.eval("pg_get_function_result", of("functionresult", func(fn *Func) string {
		t := TypeName(fn.Ret)
		if fn.RetSet {
			return "SETOF " + t
		}
		return t
	}))
	r.eval("oidvectortypes", func(c *Ctx, a []types.Datum) (types.Datum, error) {
		var names []string
		for _, d := range elements(a[0]) {
			names = append(names, formatType(c, types.Of(types.OID(d.Int()))))
		}
		return types.String(strings.Join(names, ", ")), nil
	})
}

// argText lists the arguments; full adds the output columns.
func (f *Func) argText(full bool) string {
	var l []string
	for i, t := range f.Args {
		s := TypeName(t)
		if i < len(f.ArgNames) && f.ArgNames[i] != "" {
			s = QuoteIdent(f.ArgNames[i]) + " " + s
		}
		if f.Variadic != 0 && i == len(f.Args)-1 {
			s = "VARIADIC " + s
		}
		l = append(l, s)
	}
	if full {
		for i, t := range f.OutTypes {
			s := "OUT " + TypeName(t)
			if f.OutNames[i] != "" {
				s = "OUT " + QuoteIdent(f.OutNames[i]) + " " + TypeName(t)
			}
			l = append(l, s)
		}
	}
	return strings.Join(l, ", ")
}

// regFuncs registers to_regclass and its kin: NULL instead of an error.
func regFuncs(r *registrar) {
	for key, t := range map[string]types.OID{
		"to_regclass": types.RegclassOID, "to_regtype": types.RegtypeOID, "to_regproc": types.RegprocOID,
		"to_regprocedure": types.RegprocedureOID, "to_regoper": types.RegoperOID, "to_regoperator": types.RegoperatorOID,
		"to_regnamespace": types.RegnamespaceOID, "to_regrole": types.RegroleOID, "to_regcollation": types.RegcollationOID,
	} {
		r.eval(key, func(c *Ctx, a []types.Datum) (types.Datum, error) {
			if c.Format.Names == nil {
				return null()
			}
			id, err := c.Format.Names.RegIn(t, a[0].Text())
			if noSuchObject(err) {
				return null()
			}
			return types.Int(int64(id)), err
		})
	}
	r.eval("text_regclass", func(c *Ctx, a []types.Datum) (types.Datum, error) {
		return types.Cast(types.Of(types.TextOID), types.Of(types.RegclassOID), a[0], c.Format, true)
	})
}

// commentFuncs registers obj_description, col_description and shobj_description.
func commentFuncs(r *registrar) {
	text := func(s string) (types.Datum, error) {
		if s == "" {
			return null()
		}
		return types.String(s), nil
	}
	r.eval("col_description(oid,int4)", withSession(func(_ *Ctx, s Session, a []types.Datum) (types.Datum, error) {
		t, ok := s.Catalog().TableByID(uint32(a[0].Int()))
		if !ok {
			return null()
		}
		if n := a[1].Int(); n > 0 {
			if col := t.Column(int16(n)); col != nil {
				return text(col.Comment)
			}
			return null()
		}
		return null()
	}))
	r.eval("obj_description(oid,name)", withSession(func(_ *Ctx, s Session, a []types.Datum) (types.Datum, error) {
		return text(comment(s.Catalog(), uint32(a[0].Int()), a[1].Text()))
	}))
	r.eval("obj_description(oid)", withSession(func(_ *Ctx, s Session, a []types.Datum) (types.Datum, error) {
		for _, class := range []string{"pg_class", "pg_namespace", "pg_constraint", "pg_trigger", "pg_extension", "pg_type", "pg_am", "pg_proc", "pg_operator",
			"pg_collation", "pg_language", "pg_ts_config", "pg_ts_dict", "pg_ts_parser", "pg_ts_template", "pg_policy", "pg_statistic_ext"} {
			if c := comment(s.Catalog(), uint32(a[0].Int()), class); c != "" {
				return types.String(c), nil
			}
		}
		return null()
	}))
	r.eval("shobj_description(oid,name)", withSession(func(_ *Ctx, s Session, a []types.Datum) (types.Datum, error) {
		return text(comment(s.Catalog(), uint32(a[0].Int()), a[1].Text()))
	}))
}

// comment is the COMMENT ON an object of the catalog class.
func comment(s *catalog.Snapshot, id catalog.ID, class string) string {
	switch class {
	case "pg_policy":
		for _, t := range s.Tables() {
			for _, p := range t.Policies {
				if p.ID == id {
					return p.Comment
				}
			}
		}
	case "pg_statistic_ext":
		if _, x := s.ExtStatisticsByID(id); x != nil {
			return x.Comment
		}
	case "pg_class":
		if t, ok := s.TableByID(id); ok {
			if t.Kind == catalog.KindComposite { // a comment on the type is none on the relation
				return ""
			}
			return t.Comment
		}
		if x, ok := s.IndexByID(id); ok {
			return x.Comment
		}
		if q, ok := s.SequenceByID(id); ok {
			return q.Comment
		}
	case "pg_proc":
		if f, ok := s.FunctionByID(id); ok {
			return f.Comment
		}
	case "pg_namespace":
		if x, ok := s.SchemaByID(id); ok {
			return x.Comment
		}
	case "pg_authid", "pg_roles":
		if x, ok := s.RoleByID(id); ok {
			return x.Comment
		}
	case "pg_database":
		if x, ok := s.DatabaseByID(id); ok {
			return x.Comment
		}
	case "pg_type", "pg_am":
		if r, ok := s.RowType(id); ok && class == "pg_type" && id == r.Table.TypeID && r.Table.Kind == catalog.KindComposite {
			return r.Table.Comment
		}
		if x, ok := s.TypeByID(id); ok && class == "pg_type" && x.ID == id {
			return x.Comment
		}
		if c := extensionComment(s, id, class); c != "" {
			return c
		}
	case "pg_collation":
		if x, ok := s.CollationByID(id); ok && x.Comment != "" {
			return x.Comment
		}
	case "pg_extension":
		for _, x := range s.Extensions() {
			if x.ID == id {
				return x.Comment
			}
		}
	case "pg_trigger":
		for _, t := range s.Tables() {
			for _, g := range t.Triggers {
				if g.ID == id {
					return g.Comment
				}
			}
		}
	case "pg_constraint":
		for _, t := range s.Tables() {
			for _, c := range s.AllConstraints(t) {
				if c.ID == id {
					return c.Comment
				}
			}
		}
		for _, d := range s.Types() {
			for _, c := range d.Checks {
				if c.ID == id {
					return c.Comment
				}
			}
		}
	}
	if c := describedClasses[class]; c != 0 {
		return bornWith(s, c, id)
	}
	return ""
}
