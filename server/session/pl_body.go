package session

import (
	"fmt"
	"maps"
	"strings"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/planner/bind"
	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/plpgsql"
	"github.com/loxodb/loxodb/sql/types"
)

// plBody is a function in PL/pgSQL with its variables resolved and the plans of its SQL.
type plBody struct {
	fn     *catalog.Function
	tree   *plpgsql.Function
	vars   []plVar
	root   *plScope
	scopes map[*plpgsql.Block]*plScope
	// before are the names that a declaration sees.
	before map[*plpgsql.Decl]*plScope
	loops  map[plpgsql.Stmt]*plScope
	prefer bind.Preference
	found  int
	// shadows is told of each declaration that hides a variable, where that is asked for.
	shadows func(*pgerr.Error) error
	args    []int // the variables of the input arguments
	outs    []int // of the output ones
	// exprs and stmts keep what was made of the SQL in the text.
	exprs map[exprKey]*plExpr
	// made counts them, and at finds those of the text by their place.
	made  int
	at    []*plExpr
	stmts map[exprKey]*statement
	// collation is that of the call's arguments, 0 = their types' own.
	collation catalog.ID
}

type exprKey struct {
	pos  int
	sql  string
	want types.T
}

// plVar is a variable.
type plVar struct {
	name   string
	t      types.T // record for open records
	domain catalog.ID
	// collation is that of COLLATE, 0 = none.
	collation catalog.ID
	record    bool // it has fields: of t's, or with record those of what was assigned last
	constant  bool
	notNull   bool
	def       plpgsql.Text
	cursor    *plpgsql.Decl // a bound cursor
	scope     *plScope
}

// plScope is where names are looked for: a block's, or a loop's.
type plScope struct {
	parent *plScope
	label  string
	loop   bool // EXIT and CONTINUE without a label are about it
	names  map[string]int
}

func (sc *plScope) inner(label string) *plScope {
	return &plScope{parent: sc, label: label, names: map[string]int{}}
}

func (sc *plScope) loopInner(label string) *plScope {
	in := sc.inner(label)
	in.loop = true
	return in
}

// fielded reports a variable whose name can have a field's behind it.
func (v *plVar) fielded() bool {
	return v.record || v.t.OID == types.RecordOID || types.IsComposite(v.t.OID)
}

// seen is the scope as it is now, whatever is declared in it later.
func (sc *plScope) seen() *plScope {
	return &plScope{parent: sc.parent, label: sc.label, names: maps.Clone(sc.names)}
}

// find looks for a variable by the parts of a name; rest are the parts behind it.
func (sc *plScope) find(parts []string) (slot int, rest []string, ok bool) {
	for s := sc; s != nil; s = s.parent {
		if i, ok := s.names[parts[0]]; ok {
			return i, parts[1:], true
		}
		if s.label == parts[0] && s.label != "" && len(parts) > 1 {
			if i, ok := s.names[parts[1]]; ok {
				return i, parts[2:], true
			}
		}
	}
	return 0, nil, false
}

// plBodyOf is a function's body, kept with its plans. table is that of a trigger function's
// call, collation that of the arguments.
func (s *Session) plBodyOf(f *catalog.Function, ts []types.T, trigger *catalog.Table, collation catalog.ID) (*plBody, error) {
	key := bodyKey{fn: f, table: trigger, args: fmt.Sprint(ts), collation: collation}
	if b := s.plBodies[key]; b != nil {
		return b, nil
	}
	b, err := s.compilePL(f, ts, trigger, nil)
	if err != nil {
		return nil, err
	}
	b.collation = collation
	if len(s.plBodies) >= maxBodies || s.plBodies == nil {
		s.plBodies = map[bodyKey]*plBody{}
	}
	s.plBodies[key] = b
	return b, nil
}

// compilePL reads a body and resolves its variables.
func (s *Session) compilePL(f *catalog.Function, ts []types.T, trigger *catalog.Table, shadows func(*pgerr.Error) error) (*plBody, error) {
	tree, err := plpgsql.Parse(f.Body)
	if err != nil {
		return nil, err
	}
	b := &plBody{fn: f, tree: tree, scopes: map[*plpgsql.Block]*plScope{}, loops: map[plpgsql.Stmt]*plScope{},
		before: map[*plpgsql.Decl]*plScope{}, shadows: shadows, exprs: map[exprKey]*plExpr{}, stmts: map[exprKey]*statement{}}
	b.prefer = map[string]bind.Preference{"use_variable": bind.PreferVariable, "use_column": bind.PreferColumn}[s.conflict(tree)]
	b.root = (*plScope)(nil).inner(f.Name)
	k := 0
	for i := range f.Args {
		a := &f.Args[i]
		t := a.Type
		if a.IsInput() {
			if k < len(ts) && isPseudoType(t.OID) {
				t = ts[k]
			}
		} else if isPseudoType(t.OID) && len(ts) > 0 {
			if t, err = polymorphicOut(f, i, ts); err != nil {
				return nil, err
			}
		}
		slot := b.declare(b.root, plVar{name: a.Name, t: t, domain: a.Domain})
		if a.IsInput() {
			b.args = append(b.args, slot)
			k++
		}
		b.root.names[fmt.Sprintf("$%d", i+1)] = slot // as they are declared, the results among them
		if a.IsOutput() {
			b.outs = append(b.outs, slot)
		}
	}
	b.found = b.declare(b.root, plVar{name: "found", t: types.Of(types.BoolOID)})
	if f.Ret.OID == types.TriggerOID {
		if trigger != nil {
			s.Catalog().KnowRowType(trigger.TypeID)
		}
		b.declareTrigger(trigger)
	}
	return b, s.plBlock(b, tree.Block, b.root)
}

// conflict says who wins where a name is a variable's and a column's.
func (s *Session) conflict(tree *plpgsql.Function) string {
	if tree.Conflict != "" {
		return tree.Conflict
	}
	v, _ := s.settings.get("plpgsql.variable_conflict")
	return v
}

func isPseudoType(t types.OID) bool {
	i := types.Lookup(t)
	return i != nil && i.Type == 'p' && t != types.RecordOID && t != types.VoidOID
}

// triggerVars are the variables of trigger functions beside NEW and OLD.
var triggerVars = []struct {
	name string
	t    types.OID
}{
	{"tg_name", types.NameOID}, {"tg_when", types.TextOID}, {"tg_level", types.TextOID}, {"tg_op", types.TextOID},
	{"tg_relid", types.OidOID}, {"tg_relname", types.NameOID}, {"tg_table_name", types.NameOID}, {"tg_table_schema", types.NameOID},
	{"tg_nargs", types.Int4OID}, {"tg_argv", types.TextArrayOID},
}

func (b *plBody) declareTrigger(t *catalog.Table) {
	row := plVar{name: "new", t: types.Of(types.RecordOID), record: true}
	if t != nil && t.TypeID != 0 {
		row.t = types.Of(t.TypeID)
	}
	b.declare(b.root, row)
	row.name = "old"
	b.declare(b.root, row)
	for _, v := range triggerVars {
		b.declare(b.root, plVar{name: v.name, t: types.Of(v.t)})
	}
}

func (b *plBody) declare(sc *plScope, v plVar) int {
	v.record = v.t.OID == types.RecordOID || types.IsComposite(v.t.OID)
	v.scope = sc
	b.vars = append(b.vars, v)
	if v.name != "" {
		sc.names[v.name] = len(b.vars) - 1
	}
	return len(b.vars) - 1
}

// block resolves a block's declarations and those inside it.
func (s *Session) plBlock(b *plBody, x *plpgsql.Block, outer *plScope) error {
	sc := outer.inner(x.Label)
	b.scopes[x] = sc
	for i := range x.Decls {
		if err := s.plDeclaration(b, sc, &x.Decls[i]); err != nil {
			return err
		}
	}
	if x.HasTrap {
		for i := range x.Handlers {
			for _, c := range x.Handlers[i].Conditions {
				if c.State == "" && c.Name != "others" && len(conditionCodes(c.Name)) == 0 {
					return pgerr.Newf(pgerrcode.UndefinedObject, "unrecognized exception condition \"%s\"", c.Name)
				}
			}
		}
	}
	if err := s.plStatements(b, x.Body, sc); err != nil {
		return err
	}
	for i := range x.Handlers {
		hs := sc.inner("")
		b.declare(hs, plVar{name: "sqlstate", t: types.Of(types.TextOID), constant: true})
		b.declare(hs, plVar{name: "sqlerrm", t: types.Of(types.TextOID), constant: true})
		b.loops[handlerMark{x, i}] = hs
		if err := s.plStatements(b, x.Handlers[i].Body, hs); err != nil {
			return err
		}
	}
	return nil
}

// handlerMark stands for an exception handler where scopes are kept by statement.
type handlerMark struct {
	block *plpgsql.Block
	n     int
}

// At implements plpgsql.Stmt.
func (handlerMark) At() int { return 0 }

func (s *Session) plDeclaration(b *plBody, sc *plScope, d *plpgsql.Decl) error {
	if _, taken := sc.names[d.Name]; taken {
		return pgerr.Newf(pgerrcode.SyntaxError, "duplicate declaration at or near \"%s\"", d.Name).At(d.Pos)
	}
	if b.shadows != nil {
		if _, _, hides := sc.find([]string{d.Name}); hides {
			err := b.shadows(pgerr.Newf(pgerrcode.DuplicateAlias, "variable \"%s\" shadows a previously defined variable", d.Name).At(d.Pos))
			if err != nil {
				return err
			}
		}
	}
	if d.Alias != nil {
		slot, rest, ok := sc.find(d.Alias)
		if !ok || len(rest) > 0 {
			return pgerr.Newf(pgerrcode.UndefinedObject, "variable \"%s\" does not exist", strings.Join(d.Alias, ".")).At(d.AliasPos)
		}
		sc.names[d.Name] = slot
		return nil
	}
	if d.Cursor {
		inner := sc.seen().inner(d.Name)
		for i := range d.Args {
			if err := s.plDeclaration(b, inner, &d.Args[i]); err != nil {
				return err
			}
		}
		b.declare(sc, plVar{name: d.Name, t: types.Of(types.RefcursorOID), cursor: d})
		b.vars[len(b.vars)-1].scope = inner
		return nil
	}
	v := plVar{name: d.Name, constant: d.Constant, notNull: d.NotNull, def: d.Default}
	var err error
	if v.t, v.domain, err = s.variableType(b, sc, d.Type); err != nil {
		return err
	}
	if d.Collated.Given() {
		word := strings.LastIndex(strings.ToLower(b.fn.Body[:d.Collated.Pos]), "collate")
		if v.collation, err = s.variableCollation(v.t, d.Collated, word); err != nil {
			return err
		}
	}
	if d.Default.Given() {
		b.before[d] = sc.seen()
	}
	b.declare(sc, v)
	return nil
}

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
	if rowtype {
		name = strings.TrimSpace(base)
	} else if base, ok := cutSuffixFold(name, "%type"); ok {
		parts, valid := nameParts(strings.TrimSpace(base))
		if slot, rest, found := sc.find(parts); valid && found {
			v := &b.vars[slot]
			if len(rest) == 0 {
				return v.t, v.domain, nil
			}
			if c := s.composite(v.t.OID); c != nil && len(rest) == 1 {
				if i := c.Index(rest[0]); i >= 0 {
					return c.Fields[i].T, 0, nil
				}
			}
		}
		if valid && len(parts) == 1 {
			return types.T{}, 0, pgerr.Newf(pgerrcode.UndefinedTable, "relation \"%s\" does not exist", parts[0])
		}
	}
	const before = "CREATE FUNCTION f(x "
	list, err := s.db.cfg.Parser.Parse(before + name + ") RETURNS int LANGUAGE sql AS ''")
	if err != nil || len(list) != 1 {
		if e, ok := pgerr.As(err); ok {
			c := *e
			c.Position = max(0, e.Position-len(before)+text.Pos)
			return types.T{}, 0, &c
		}
		return types.T{}, 0, pgerr.Newf(pgerrcode.SyntaxError, "invalid type name \"%s\"", name).At(text.Pos)
	}
	st, ok := list[0].Stmt.(*ast.CreateFunction)
	if !ok || len(st.Params) != 1 {
		return types.T{}, 0, pgerr.Newf(pgerrcode.SyntaxError, "invalid type name \"%s\"", name).At(text.Pos)
	}
	tn := &st.Params[0].Type
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

// statements resolves what is declared inside statements, and the names that they assign to.
func (s *Session) plStatements(b *plBody, list []plpgsql.Stmt, sc *plScope) error {
	for _, st := range list {
		if err := s.inside(b, st, sc); err != nil {
			return err
		}
	}
	return nil
}
