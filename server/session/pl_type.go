package session

import (
	"strings"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/planner/bind"
	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/plpgsql"
	"github.com/loxodb/loxodb/sql/types"
)

// variableCollation resolves COLLATE in a declaration, whose word is at a byte of the body.
func (s *Session) variableCollation(t types.T, text plpgsql.Text, word int) (catalog.ID, error) {
	parts, ok := nameParts(strings.TrimSpace(text.SQL))
	if !ok || len(parts) > 2 {
		return 0, pgerr.NotSupported(text.Pos, "this form of COLLATE of variables is not supported")
	}
	n := &ast.QName{Name: parts[len(parts)-1]}
	n.Pos = ast.NoPos
	if len(parts) == 2 {
		n.Schema = parts[0]
	}
	c, err := bind.FindCollation(n, s.planOptions(nil))
	if err != nil {
		return 0, err
	}
	if !bind.Collatable(t) {
		return 0, pgerr.Newf(pgerrcode.DatatypeMismatch, "collations are not supported by type %s", types.TypeName(t.OID)).At(word)
	}
	return c.ID, nil
}

// variableType resolves the type of a declaration.
func (s *Session) variableType(b *plBody, sc *plScope, text plpgsql.Text) (types.T, catalog.ID, error) {
	name := strings.TrimSpace(text.SQL)
	lower := strings.ToLower(name)
	if lower == "record" {
		return types.Of(types.RecordOID), 0, nil
	}
	base, rowtype := cutSuffixFold(name, "%rowtype")
	if parts, ok := nameParts(strings.TrimSpace(base)); rowtype && ok && len(parts) <= 2 {
		name = strings.TrimSpace(base)
	} else if at := strings.Index(lower, "%type"); at >= 0 {
		if t, domain, ok := s.copiedType(b, sc, name[:at]); ok {
			rest := name[at+len("%type"):]
			if rest == "" {
				return t, domain, nil
			}
			more := strings.TrimLeft(rest, " \t\r\n")
			return t, 0, pgerr.Newf(pgerrcode.SyntaxError, "syntax error at or near \"%s\"", more[:1]).At(text.Pos + len(name) - len(more))
		}
	}
	tn, err := s.typeNamed(name, text.Pos)
	if err != nil {
		return types.T{}, 0, err
	}
	t, err := bind.TypeName(tn, s.planOptions(nil))
	switch {
	case err != nil && rowtype:
		return t, 0, noRelation(b.fn, name, text.Pos, err)
	case err != nil:
		return t, 0, atBody(err, text.Pos)
	}
	domain := catalog.ID(0)
	if d := bind.UserType(tn, s.planOptions(nil)); d != nil && d.Kind == catalog.DomainType && len(tn.ArrayDims) == 0 {
		domain = d.ID
	}
	if isPseudoType(t.OID) {
		return t, 0, pgerr.Newf(pgerrcode.FeatureNotSupported, "variable \"%s\" has pseudo-type %s", "", types.TypeName(t.OID))
	}
	return t, domain, nil
}

// copiedType is the type of the variable or column that %TYPE stands behind, if it is one:
// otherwise the text is taken for a type's name, in which there is no %.
func (s *Session) copiedType(b *plBody, sc *plScope, name string) (types.T, catalog.ID, bool) {
	parts, valid := nameParts(strings.TrimSpace(name))
	if !valid {
		return types.T{}, 0, false
	}
	if slot, rest, found := sc.find(parts); found && len(rest) == 0 {
		v := &b.vars[slot]
		return v.t, v.domain, !v.record
	}
	if len(parts) != 2 && len(parts) != 3 {
		return types.T{}, 0, false
	}
	list, err := s.db.cfg.Parser.Parse("CREATE FUNCTION f(x " + name + "%TYPE) RETURNS int LANGUAGE sql AS ''")
	if err != nil || len(list) != 1 {
		return types.T{}, 0, false
	}
	st, ok := list[0].Stmt.(*ast.CreateFunction)
	if !ok || len(st.Params) != 1 {
		return types.T{}, 0, false
	}
	tn := &st.Params[0].Type
	t, err := bind.TypeName(tn, s.planOptions(nil))
	if err != nil {
		return types.T{}, 0, false
	}
	domain := catalog.ID(0)
	if d := bind.UserType(tn, s.planOptions(nil)); d != nil && d.Kind == catalog.DomainType && len(tn.ArrayDims) == 0 {
		domain = d.ID
	}
	return t, domain, true
}

// typeNamed reads a type's name at a place of a body.
func (s *Session) typeNamed(name string, pos int) (*ast.TypeName, error) {
	const before = "SELECT CAST(x AS "
	list, err := s.db.cfg.Parser.Parse(before + name + "\n)")
	if e, ok := pgerr.As(err); ok {
		c := *e
		if c.Position > len(before)+len(name) {
			c.Message, c.Position = "syntax error at end of input", len(before)+len(name)+1
		}
		c.Position += pos - len(before)
		return nil, &c
	}
	if len(list) == 1 {
		if q, ok := list[0].Stmt.(*ast.Select); ok && isPlain(q) && len(q.Targets) == 1 {
			if c, ok := q.Targets[0].Expr.(*ast.Cast); ok && !c.To.SetOf {
				return &c.To, nil
			}
		}
	}
	return nil, pgerr.Newf(pgerrcode.SyntaxError, "invalid type name \"%s\"", name).At(pos)
}

// noRelation is the error of %ROWTYPE for a type that is none, which is of compiling the body
// and has no place of its own.
func noRelation(f *catalog.Function, name string, pos int, err error) error {
	e, ok := pgerr.As(err)
	if !ok {
		return err
	}
	c := *e
	if c.Code == pgerrcode.UndefinedObject {
		c = *pgerr.Newf(pgerrcode.UndefinedTable, "relation \"%s\" does not exist", name)
	}
	c.Position = pos + 1
	return compiling(f, &c)
}

func cutSuffixFold(s, suffix string) (string, bool) {
	if len(s) > len(suffix) && strings.EqualFold(s[len(s)-len(suffix):], suffix) {
		return s[:len(s)-len(suffix)], true
	}
	return s, false
}

// atBody gives an error without one of its own a place in the body.
func atBody(err error, pos int) error {
	if e, ok := pgerr.As(err); ok {
		c := *e
		c.Position = pos + 1
		return &c
	}
	return err
}
