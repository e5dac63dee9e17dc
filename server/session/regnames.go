package session

import (
	"slices"
	"strings"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/planner/bind"
	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/ident"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/syscat"
	"github.com/loxodb/loxodb/sql/types"
)

// RegIn implements types.Names. Numbers and "-" have been read already.
func (n names) RegIn(t types.OID, text string) (types.OID, error) {
	switch t {
	case types.RegtypeOID:
		return n.typeIn(text)
	case types.RegprocedureOID, types.RegoperatorOID:
		return n.signatureIn(t, text)
	}
	parts, ok := nameParts(text)
	if !ok {
		return 0, invalidName()
	}
	switch t {
	case types.RegnamespaceOID, types.RegroleOID:
		if len(parts) > 1 {
			return 0, invalidName()
		}
	}
	if len(parts) > 3 {
		what := "qualified"
		if t == types.RegclassOID {
			what = "relation"
		}
		return 0, pgerr.Newf(pgerrcode.SyntaxError, "improper %s name (too many dotted names): %s", what, text)
	}
	if len(parts) == 3 && parts[0] != n.s.Database() {
		if t == types.RegclassOID {
			return 0, pgerr.Newf(pgerrcode.FeatureNotSupported, "cross-database references are not implemented: %q", strings.Join(parts, "."))
		}
		return 0, pgerr.Newf(pgerrcode.FeatureNotSupported, "cross-database references are not implemented: %s", text)
	}
	schema, name := "", parts[len(parts)-1]
	if len(parts) > 1 {
		schema = parts[len(parts)-2]
		if err := n.inSchema(schema); err != nil {
			return 0, err
		}
	}
	return n.objectIn(t, schema, name, text)
}

// objectIn finds an object by its name, in a schema or in the search path.
func (n names) objectIn(t types.OID, schema, name, text string) (types.OID, error) {
	switch t {
	case types.RegclassOID:
		return n.relationIn(schema, name)
	case types.RegnamespaceOID:
		if s, ok := n.s.Catalog().Schema(name); ok && s.Name == name { // pg_temp stands for a name, it is none
			return s.ID, nil
		}
		return 0, pgerr.Newf(pgerrcode.InvalidSchemaName, "schema %q does not exist", name)
	case types.RegroleOID:
		if r, ok := n.s.Catalog().Role(name); ok {
			return r.ID, nil
		}
		return 0, pgerr.Newf(pgerrcode.UndefinedObject, "role %q does not exist", name)
	case types.RegcollationOID:
		path := n.s.SearchPath(true)
		if schema != "" {
			path = []string{schema}
		}
		if c, ok := n.s.Catalog().FindCollation(path, name); ok {
			return c.ID, nil
		}
		return 0, pgerr.Newf(pgerrcode.UndefinedObject, "collation %q for encoding %q does not exist", dotted(schema, name), "UTF8")
	case types.RegprocOID:
		return one(n.functionIDs(schema, name), func(id types.OID) types.OID { return id },
			pgerr.Newf(pgerrcode.UndefinedFunction, "function %q does not exist", text),
			pgerr.Newf(pgerrcode.AmbiguousFunction, "more than one function named %q", text))
	case types.RegconfigOID:
		if c, ok := builtin.TextConfig(name); ok && (schema == "" || schema == "pg_catalog") {
			return c.OID, nil
		}
		return 0, pgerr.Newf(pgerrcode.UndefinedObject, "text search configuration %q does not exist", dotted(schema, name))
	case types.RegdictionaryOID:
		for _, d := range syscat.ObjectsNamed(syscat.TSDictClass, name) {
			if schema == "" || schema == "pg_catalog" {
				return d.ID, nil
			}
		}
		return 0, pgerr.Newf(pgerrcode.UndefinedObject, "text search dictionary %q does not exist", dotted(schema, name))
	case types.RegoperOID:
		return one(n.objects(syscat.OperatorClass, schema, name), func(o syscat.Object) types.OID { return o.ID },
			pgerr.Newf(pgerrcode.UndefinedFunction, "operator does not exist: %s", text),
			pgerr.Newf(pgerrcode.AmbiguousFunction, "more than one operator named %s", text))
	}
	return 0, pgerr.NotSupported(-1, "names of type %s are not supported", types.TypeName(t))
}

func invalidName() error { return pgerr.New(pgerrcode.InvalidName, "invalid name syntax") }

func dotted(schema, name string) string {
	if schema == "" {
		return name
	}
	return schema + "." + name
}

func (n names) schemaExists(schema string) bool {
	if _, ok := n.s.Catalog().Schema(schema); ok {
		return true
	}
	return schema == "pg_catalog" || schema == "information_schema" || schema == "pg_toast"
}

// one is the only object of a name.
func one[T any](list []T, oid func(T) types.OID, missing, ambiguous error) (types.OID, error) {
	switch len(list) {
	case 0:
		return 0, missing
	case 1:
		return oid(list[0]), nil
	}
	return 0, ambiguous
}

func (n names) relationIn(schema, name string) (types.OID, error) {
	path := []string{schema}
	if schema == "" {
		path = n.s.SearchPath(true)
	}
	snap := n.s.Catalog()
	for _, p := range path {
		if t, v := syscat.Lookup(p, name); t != nil {
			return t.OID, nil
		} else if v != nil {
			return v.OID, nil
		} else if id, ok := n.bornRelation(p, name); ok {
			return id, nil
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
	return 0, pgerr.Newf(pgerrcode.UndefinedTable, "relation %q does not exist", dotted(schema, name))
}

// typeIn reads a type name by the grammar.
func (n names) typeIn(text string) (types.OID, error) {
	t, err := n.parseType(text)
	if err != nil {
		return 0, err
	}
	return n.typeNamed(t)
}

// parseType is a type's name as the grammar reads it. Positions in syntax errors are those
// in the name.
func (n names) parseType(text string) (*ast.TypeName, error) {
	invalid := pgerr.Newf(pgerrcode.SyntaxError, "invalid type name %q", text)
	if strings.Trim(text, " \t\n\r\f\v") == "" {
		return nil, invalid
	}
	const before = "SELECT CAST(NULL AS "
	list, err := n.s.db.cfg.Parser.Parse(before + text + "\n)")
	if e, is := pgerr.As(err); is {
		at := e.Position - len(before)
		if at > len(text) {
			e, at = pgerr.New(pgerrcode.SyntaxError, "syntax error at end of input"), 0
		}
		e.Message = strings.Replace(e.Message, "\n)\"", "\"", 1) // what the grammar was given besides
		e.Position = max(0, at)
		e.AddWhere("invalid type name \"" + text + "\"")
		return nil, e
	}
	if err != nil || len(list) != 1 {
		return nil, invalid
	}
	sel, ok := list[0].Stmt.(*ast.Select)
	if !ok || len(sel.Targets) != 1 {
		return nil, invalid
	}
	c, ok := sel.Targets[0].Expr.(*ast.Cast)
	if !ok || c.To.SetOf {
		return nil, invalid
	}
	return &c.To, nil
}

// typeNamed is the type that a name means.
func (n names) typeNamed(name *ast.TypeName) (types.OID, error) {
	if name.Name.Schema != "" && n.schemaExists(name.Name.Schema) {
		if err := n.inSchema(name.Name.Schema); err != nil {
			return 0, err
		}
	}
	// A domain is a type of its own here, where elsewhere its base type counts.
	if id := bind.UserTypeID(name, n.options()); id != 0 && len(name.ArrayDims) == 0 && len(name.Mods) == 0 {
		return id, nil
	}
	t, err := bind.TypeName(name, n.options())
	if err != nil {
		if id, ok := n.bornTypeNamed(name); ok {
			return id, nil
		}
	}
	if e, is := pgerr.As(err); is {
		e.Position = 0
	}
	return t.OID, err
}

// signatureIn reads name(type, …) of functions and operators.
func (n names) signatureIn(t types.OID, text string) (types.OID, error) {
	open := outsideQuotes(text, '(')
	if open < 0 {
		return 0, pgerr.New(pgerrcode.InvalidTextRepresentation, "expected a left parenthesis")
	}
	parts, ok := nameParts(text[:open])
	if !ok {
		return 0, invalidName()
	}
	rest := strings.TrimRight(text[open+1:], " \t\n\r\f\v")
	if !strings.HasSuffix(rest, ")") {
		return 0, pgerr.New(pgerrcode.InvalidTextRepresentation, "expected a right parenthesis")
	}
	args, err := n.typesIn(rest[:len(rest)-1], t == types.RegoperatorOID)
	if err != nil {
		return 0, err
	}
	schema, name := "", parts[len(parts)-1]
	if len(parts) > 1 {
		schema = parts[len(parts)-2]
		if err := n.inSchema(schema); err != nil && t != types.RegoperatorOID { // of which PostgreSQL says only that it is not there
			return 0, err
		}
	}
	if t == types.RegoperatorOID {
		return n.operatorWith(schema, name, args, text)
	}
	for _, f := range n.objects(syscat.ProcClass, schema, name) {
		if slices.Equal(f.Args, args) {
			return f.ID, nil
		}
	}
	for _, f := range n.userFunctions(schema, name) {
		if slices.Equal(f.InputTypes(), args) {
			return f.ID, nil
		}
	}
	return 0, pgerr.Newf(pgerrcode.UndefinedFunction, "function %q does not exist", text)
}

func (n names) operatorWith(schema, name string, args []types.OID, text string) (types.OID, error) {
	switch {
	case len(args) == 1:
		return 0, pgerr.New(pgerrcode.UndefinedParameter, "missing argument").WithHint("Use NONE to denote the missing argument of a unary operator.")
	case len(args) != 2:
		return 0, pgerr.New(pgerrcode.TooManyArguments, "too many arguments").WithHint("Provide two argument types for operator.")
	}
	for _, o := range n.objects(syscat.OperatorClass, schema, name) {
		if slices.Equal(o.Args, args) {
			return o.ID, nil
		}
	}
	return 0, pgerr.Newf(pgerrcode.UndefinedFunction, "operator does not exist: %s", text)
}

// typesIn reads a list of type names; with none, NONE is no type.
func (n names) typesIn(list string, none bool) ([]types.OID, error) {
	var args []types.OID
	for more := false; ; more = true {
		list = strings.TrimLeft(list, " \t\n\r\f\v")
		if list == "" {
			if more {
				return nil, pgerr.New(pgerrcode.InvalidTextRepresentation, "expected a type name")
			}
			return args, nil
		}
		end := typeEnd(list)
		name := strings.TrimRight(list[:end], " \t\n\r\f\v")
		if none && strings.EqualFold(name, "none") {
			args = append(args, 0)
		} else {
			oid, err := n.typeIn(name)
			if err != nil {
				return nil, err
			}
			args = append(args, oid)
		}
		if end == len(list) {
			return args, nil
		}
		list = list[end+1:]
	}
}

// typeEnd is where the first type of a list ends: a comma outside of quotes and
// parentheses, or the end.
func typeEnd(list string) int {
	depth, quoted := 0, false
	for i := range len(list) {
		switch c := list[i]; {
		case c == '"':
			quoted = !quoted
		case quoted:
		case c == '(' || c == '[':
			depth++
		case c == ')' || c == ']':
			depth--
		case c == ',' && depth == 0:
			return i
		}
	}
	return len(list)
}

// outsideQuotes is where a byte stands outside of double quotes; −1 if nowhere.
func outsideQuotes(text string, b byte) int {
	quoted := false
	for i := range len(text) {
		switch {
		case text[i] == '"':
			quoted = !quoted
		case text[i] == b && !quoted:
			return i
		}
	}
	return -1
}

// nameParts splits a.b: parts in quotes are kept, others folded; ok is false where
// that is no name.
func nameParts(text string) (parts []string, ok bool) {
	text = strings.TrimLeft(text, " \t\n\r\f\v")
	for {
		var part string
		if strings.HasPrefix(text, `"`) {
			end := 1
			for end < len(text) && (text[end] != '"' || strings.HasPrefix(text[end:], `""`)) {
				if text[end] == '"' {
					end++
				}
				end++
			}
			if end >= len(text) {
				return nil, false
			}
			part, text = strings.ReplaceAll(text[1:end], `""`, `"`), text[end+1:]
		} else {
			end := strings.IndexAny(text, ". \t\n\r\f\v")
			if end < 0 {
				end = len(text)
			}
			if end == 0 {
				return nil, false
			}
			part, text = strings.ToLower(text[:end]), text[end:]
		}
		parts = append(parts, ident.Cut(part))
		text = strings.TrimLeft(text, " \t\n\r\f\v")
		if text == "" {
			return parts, true
		}
		if text[0] != '.' {
			return nil, false
		}
		text = strings.TrimLeft(text[1:], " \t\n\r\f\v")
	}
}
