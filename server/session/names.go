package session

import (
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/planner/bind"
	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/syscat"
	"github.com/loxodb/loxodb/sql/types"
)

// names gives the reg* types their text forms (PostgreSQL chapter 8.19): types.Names.
type names struct{ s *Session }

// RegOut implements types.Names.
func (n names) RegOut(t, oid types.OID) (string, bool) {
	if oid == 0 {
		return "-", true
	}
	snap := n.s.Catalog()
	switch t {
	case types.RegclassOID:
		return n.relation(oid)
	case types.RegtypeOID:
		if types.Lookup(oid) == nil {
			return "", false
		}
		return types.TypeName(oid), true
	case types.RegnamespaceOID:
		name := snap.SchemaName(oid)
		return ast.QuoteIdent(name), name != ""
	case types.RegroleOID:
		if r, ok := snap.RoleByID(oid); ok {
			return ast.QuoteIdent(r.Name), true
		}
	case types.RegprocOID, types.RegprocedureOID:
		if f := builtin.FuncByOID(oid); f != nil {
			if t == types.RegprocOID {
				return n.function(f, true), true
			}
			return n.function(f, false) + "(" + typeList(f.Args) + ")", true
		}
	case types.RegoperOID, types.RegoperatorOID:
		if o := builtin.OperatorByOID(oid); o != nil {
			if t == types.RegoperOID {
				return o.Name, true
			}
			left := "NONE"
			if o.Left != 0 {
				left = types.TypeName(o.Left)
			}
			return o.Name + "(" + left + "," + types.TypeName(o.Right) + ")", true
		}
	case types.RegcollationOID:
		if name := syscat.CollationName(oid); name != "" {
			return ast.QuoteIdent(name), true
		}
	}
	return "", false
}

// function is a function's name, qualified unless the search path finds it by the
// name, alone (the only one of all overloads) or with its arguments.
func (n names) function(f *builtin.Func, alone bool) string {
	path := n.s.SearchPath(true)
	visible := slices.Contains(path, f.Schema)
	if alone {
		for _, g := range builtin.Functions("", f.Name) {
			visible = visible && (g == f || !slices.Contains(path, g.Schema))
		}
	}
	if visible {
		return ast.QuoteIdent(f.Name)
	}
	return ast.QuoteIdent(f.Schema) + "." + ast.QuoteIdent(f.Name)
}

func typeList(oids []types.OID) string {
	parts := make([]string, len(oids))
	for i, o := range oids {
		parts[i] = types.TypeName(o)
	}
	return strings.Join(parts, ",")
}

// relation is a relation's name, qualified unless the search path finds it.
func (n names) relation(oid catalog.ID) (string, bool) {
	snap := n.s.Catalog()
	schema, name := catalog.ID(0), ""
	if t, ok := snap.TableByID(oid); ok {
		schema, name = t.Schema, t.Name
	} else if x, ok := snap.IndexByID(oid); ok {
		if t, ok := snap.TableByID(x.Table); ok {
			schema, name = t.Schema, x.Name
		}
	} else if q, ok := snap.SequenceByID(oid); ok {
		schema, name = q.Schema, q.Name
	} else if v := syscat.ByOID(oid); v != nil {
		if v.Schema == "pg_catalog" {
			return v.Name, true
		}
		return v.Schema + "." + v.Name, true
	}
	if name == "" {
		return "", false
	}
	if n.s.visible(schema, name) {
		return ast.QuoteIdent(name), true
	}
	return ast.QuoteIdent(snap.SchemaName(schema)) + "." + ast.QuoteIdent(name), true
}

// RegIn implements types.Names.
func (n names) RegIn(t types.OID, text string) (types.OID, error) {
	text = strings.TrimSpace(text)
	if text == "-" {
		return 0, nil
	}
	if v, err := strconv.ParseUint(text, 10, 32); err == nil {
		return types.OID(v), nil
	}
	switch t {
	case types.RegtypeOID:
		return n.typeIn(text)
	case types.RegprocedureOID, types.RegoperatorOID:
		return n.signatureIn(t, text)
	}
	parts := splitDotted(text)
	if len(parts) == 0 || len(parts) > 3 {
		return 0, pgerr.Newf(pgerrcode.InvalidName, "invalid name syntax")
	}
	name, schema := parts[len(parts)-1], ""
	if len(parts) > 1 {
		schema = parts[len(parts)-2]
	}
	switch t {
	case types.RegclassOID:
		return n.relationIn(schema, name, text)
	case types.RegnamespaceOID:
		if s, ok := n.s.Catalog().Schema(name); ok {
			return s.ID, nil
		}
		return 0, pgerr.Newf(pgerrcode.InvalidSchemaName, "schema %q does not exist", name)
	case types.RegroleOID:
		if r, ok := n.s.Catalog().Role(name); ok {
			return r.ID, nil
		}
		return 0, pgerr.Newf(pgerrcode.UndefinedObject, "role %q does not exist", name)
	case types.RegprocOID:
		return one(builtin.Functions(schema, name), func(f *builtin.Func) types.OID { return f.OID }, "function", text)
	case types.RegoperOID:
		return one(builtin.Operators(name), func(o *builtin.Operator) types.OID { return o.OID }, "operator", text)
	}
	return 0, pgerr.NotSupported(-1, "names of type %s are not supported", types.TypeName(t))
}

// one is the only object of a name.
func one[T any](list []T, oid func(T) types.OID, kind, text string) (types.OID, error) {
	switch len(list) {
	case 0:
		return 0, pgerr.Newf(pgerrcode.UndefinedFunction, "%s %q does not exist", kind, text)
	case 1:
		return oid(list[0]), nil
	}
	return 0, pgerr.Newf(pgerrcode.AmbiguousFunction, "more than one %s named %q", kind, text)
}

func (n names) relationIn(schema, name, text string) (types.OID, error) {
	path := []string{schema}
	if schema == "" {
		path = n.s.SearchPath(true)
	} else if _, ok := n.s.Catalog().Schema(schema); !ok {
		return 0, pgerr.Newf(pgerrcode.UndefinedTable, "relation %q does not exist", text)
	}
	snap := n.s.Catalog()
	for _, p := range path {
		if t, v := syscat.Lookup(p, name); t != nil {
			return t.OID, nil
		} else if v != nil {
			return v.OID, nil
		}
		s, ok := snap.Schema(p)
		if !ok {
			continue
		}
		if t, ok := snap.Table(s.ID, name); ok {
			return t.ID, nil
		}
		if q, ok := snap.Sequence(s.ID, name); ok {
			return q.ID, nil
		}
		if x, ok := snap.Index(s.ID, name); ok {
			return x.ID, nil
		}
	}
	return 0, pgerr.Newf(pgerrcode.UndefinedTable, "relation %q does not exist", text)
}

// typeIn reads a type name by the grammar.
func (n names) typeIn(text string) (types.OID, error) {
	list, err := n.s.db.cfg.Parser.Parse("SELECT NULL::" + text)
	if err == nil && len(list) == 1 {
		if sel, ok := list[0].Stmt.(*ast.Select); ok && len(sel.Targets) == 1 {
			if c, ok := sel.Targets[0].Expr.(*ast.Cast); ok {
				t, err := bind.TypeName(&c.To, n.s.planOptions(nil))
				if e, is := pgerr.As(err); is {
					e.Position = 0
				}
				return t.OID, err
			}
		}
	}
	return 0, pgerr.Newf(pgerrcode.UndefinedObject, "type %q does not exist", text)
}

// signatureIn reads name(type, …) of functions and operators.
func (n names) signatureIn(t types.OID, text string) (types.OID, error) {
	name, rest, ok := strings.Cut(text, "(")
	if !ok || !strings.HasSuffix(rest, ")") {
		return 0, pgerr.New(pgerrcode.InvalidTextRepresentation, "expected a left parenthesis")
	}
	var args []types.OID
	if list := strings.TrimSpace(rest[:len(rest)-1]); list != "" {
		for _, a := range strings.Split(list, ",") {
			if strings.EqualFold(strings.TrimSpace(a), "none") {
				args = append(args, 0)
				continue
			}
			oid, err := n.typeIn(strings.TrimSpace(a))
			if err != nil {
				return 0, err
			}
			args = append(args, oid)
		}
	}
	parts := splitDotted(name)
	if len(parts) == 0 {
		return 0, pgerr.New(pgerrcode.InvalidName, "invalid name syntax")
	}
	name = parts[len(parts)-1]
	if t == types.RegoperatorOID {
		if len(args) == 2 {
			if o := builtin.ExactOperator(name, args[0], args[1]); o != nil {
				return o.OID, nil
			}
		}
		return 0, pgerr.Newf(pgerrcode.UndefinedFunction, "operator does not exist: %s", text)
	}
	for _, f := range builtin.Functions("", name) {
		if len(f.Args) == len(args) {
			same := true
			for i := range args {
				same = same && f.Args[i] == args[i]
			}
			if same {
				return f.OID, nil
			}
		}
	}
	return 0, pgerr.Newf(pgerrcode.UndefinedFunction, "function %q does not exist", text)
}

// splitDotted splits a.b with quotes; unquoted parts are folded.
func splitDotted(text string) []string {
	var parts []string
	for len(text) > 0 {
		var part string
		if text[0] == '"' {
			end := 1
			for end < len(text) && (text[end] != '"' || end+1 < len(text) && text[end+1] == '"') {
				if text[end] == '"' {
					end++
				}
				end++
			}
			if end >= len(text) {
				return nil
			}
			part, text = strings.ReplaceAll(text[1:end], `""`, `"`), text[end+1:]
		} else {
			i := strings.IndexByte(text, '.')
			if i < 0 {
				i = len(text)
			}
			part, text = strings.ToLower(strings.TrimSpace(text[:i])), text[i:]
		}
		parts = append(parts, part)
		if text == "" {
			return parts
		}
		if text[0] != '.' {
			return nil
		}
		text = text[1:]
	}
	return parts
}
