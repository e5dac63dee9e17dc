package session

import (
	"fmt"
	"maps"
	"strings"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/planner/bind"
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
	// checked: the grammar of the SQL in it is looked at before it runs.
	checked bool
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
	for s := sc; s != nil && len(parts) > 0; s = s.parent {
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
	b, err := s.compilePL(f, ts, trigger, false, nil)
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

// compilePL reads a body and resolves its variables. checked: with the grammar of its SQL, as
// where it is new.
func (s *Session) compilePL(f *catalog.Function, ts []types.T, trigger *catalog.Table, checked bool, shadows func(*pgerr.Error) error) (*plBody, error) {
	tree, failed := plpgsql.Parse(f.Body)
	if tree.Block == nil {
		return nil, failed
	}
	b := &plBody{fn: f, tree: tree, scopes: map[*plpgsql.Block]*plScope{}, loops: map[plpgsql.Stmt]*plScope{},
		before: map[*plpgsql.Decl]*plScope{}, checked: checked, shadows: shadows, exprs: map[exprKey]*plExpr{}, stmts: map[exprKey]*statement{}}
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
			var err error
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
	if err := s.plBlock(b, tree.Block, b.root); err != nil {
		return nil, err // it stands before what is wrong with the grammar
	}
	return b, failed
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
	if err := s.plStatements(b, x.Body, sc); err != nil {
		return err
	}
	for i := range x.Handlers {
		for _, c := range x.Handlers[i].Conditions {
			if c.State == "" && c.Name != "others" && len(conditionCodes(c.Name)) == 0 {
				return pgerr.Newf(pgerrcode.UndefinedObject, "unrecognized exception condition \"%s\"", c.Name)
			}
		}
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
	if d.Name == "" {
		return nil
	}
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
		return b.syntaxOf(s, d.Query, false)
	}
	if !d.Type.Given() {
		return nil // the text ends, or is wrong, before it
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
		if err := b.syntaxOf(s, d.Default, true); err != nil {
			return err
		}
	}
	b.declare(sc, v)
	return nil
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
