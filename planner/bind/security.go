package bind

import (
	"slices"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/planner/logical"
	"github.com/loxodb/loxodb/planner/physical"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/expr"
)

// Row security: the policies of a table become conditions of its scan, which nothing else
// of the query gets around, and checks of the rows that are written.

// secured reports that policies decide over a table for the role whose rights count.
func (b *binder) secured(t *catalog.Table) (bool, error) {
	if !t.RowSecurity || b.o.Defining || b.free() || !b.o.Catalog.RowSecurityFor(t, b.user()) {
		return false, nil
	}
	if b.o.Session != nil {
		if v, _ := b.o.Session.Setting("row_security"); v == "off" {
			e := errAt(-1, pgerrcode.InsufficientPrivilege, "query would be affected by row-level security policy for table \"%s\"", t.Name)
			if b.o.Catalog.Owns(b.user(), t.Owner) {
				e = e.WithHint("To disable the policy for the table's owner, use ALTER TABLE NO FORCE ROW LEVEL SECURITY.")
			}
			return false, e
		}
	}
	return true, nil
}

// secure adds to a scan the conditions of the policies for a command.
func (b *binder) secure(rel *relation, command byte) error {
	if rel == nil || rel.scan == nil {
		return nil
	}
	if ok, err := b.secured(rel.table); !ok {
		return err
	}
	row := make([]logical.ColID, len(rel.table.Columns))
	for i, a := range rel.scan.Attrs {
		if a > 0 {
			row[a-1] = rel.scan.Out[i]
		}
	}
	restrictive, permissive := b.policies(rel.table, command)
	conds, err := b.using(rel.table, restrictive, permissive, row)
	if err != nil {
		return err
	}
	rel.scan.Secure = append(rel.scan.Secure, conds...)
	return nil
}

// policies are those of a table for a command and the role, by name.
func (b *binder) policies(t *catalog.Table, command byte) (restrictive, permissive []*catalog.Policy) {
	list := slices.Clone(t.Policies)
	slices.SortFunc(list, func(x, y *catalog.Policy) int {
		switch {
		case x.Name < y.Name:
			return -1
		case x.Name > y.Name:
			return 1
		}
		return 0
	})
	for _, p := range list {
		switch {
		case !p.For(b.o.Catalog, command, b.user()):
		case p.Restrictive:
			restrictive = append(restrictive, p)
		default:
			permissive = append(permissive, p)
		}
	}
	return restrictive, permissive
}

// using are the conditions under which a row, whose columns row numbers by attribute, is
// there: all restrictive policies, and one of the permissive ones.
func (b *binder) using(t *catalog.Table, restrictive, permissive []*catalog.Policy, row []logical.ColID) (conds []expr.Expr, err error) {
	for _, p := range restrictive {
		if p.Using == "" {
			continue
		}
		c, err := b.policyOver(t, p.Using, row)
		if err != nil {
			return nil, err
		}
		conds = append(conds, c)
	}
	any, err := b.anyOf(t, permissive, func(p *catalog.Policy) string { return p.Using }, row)
	return append(conds, any), err
}

// anyOf is the disjunction of permissive policies: nothing is permitted without any.
func (b *binder) anyOf(t *catalog.Table, list []*catalog.Policy, text func(*catalog.Policy) string, row []logical.ColID) (expr.Expr, error) {
	var terms []expr.Expr
	for _, p := range list {
		if text(p) == "" {
			continue
		}
		c, err := b.policyOver(t, text(p), row)
		if err != nil {
			return nil, err
		}
		terms = append(terms, c)
	}
	switch len(terms) {
	case 0:
		return boolConst(false), nil
	case 1:
		return terms[0], nil
	}
	return &expr.Or{Args: terms}, nil
}

// policyOver binds a policy's expression over the columns of a row.
func (b *binder) policyOver(t *catalog.Table, text string, row []logical.ColID) (expr.Expr, error) {
	if slices.Contains(b.policed, t.ID) {
		return nil, errAt(-1, pgerrcode.InvalidObjectDefinition, "infinite recursion detected in policy for relation \"%s\"", t.Name)
	}
	e, err := policyExpr(text, b.o)
	if err != nil {
		return nil, err
	}
	it := &nsItem{name: t.Name, schema: b.o.Catalog.SchemaName(t.Schema), relVisible: true, colsVisible: true, lateralOK: true,
		rel: &relation{table: t, alias: t.Name}}
	for i := range t.Columns {
		if c := &t.Columns[i]; !c.Dropped && row[i] != 0 {
			it.cols = append(it.cols, nsCol{c.Name, b.meta.Column(row[i])})
		}
	}
	quiet := b.noParams
	b.noParams, b.policed, b.views = true, append(b.policed, t.ID), append(b.views, 0)
	x, err := b.policyCondition(&scope{in: inPolicy, items: []*nsItem{it}}, e)
	b.noParams, b.policed, b.views = quiet, b.policed[:len(b.policed)-1], b.views[:len(b.views)-1]
	return x, withoutPosNil(err)
}

// newRowChecks are the checks of a row that a command (a or w) writes: of WITH CHECK, and
// where the statement reads the table, that it could see the row.
func (b *binder) newRowChecks(t *catalog.Table, command byte, reads bool, row []logical.ColID) (checks []physical.RowCheck, err error) {
	if ok, err := b.secured(t); !ok {
		return nil, err
	}
	add := func(command byte, text func(*catalog.Policy) string) error {
		restrictive, permissive := b.policies(t, command)
		any, err := b.anyOf(t, permissive, text, row)
		if err != nil {
			return err
		}
		checks = append(checks, physical.RowCheck{Cond: any})
		for _, p := range restrictive {
			if text(p) == "" {
				continue
			}
			c, err := b.policyOver(t, text(p), row)
			if err != nil {
				return err
			}
			checks = append(checks, physical.RowCheck{Cond: c, Name: p.Name})
		}
		return nil
	}
	if err := add(command, (*catalog.Policy).CheckFor); err != nil {
		return nil, err
	}
	if reads {
		err = add('r', func(p *catalog.Policy) string { return p.Using })
	}
	return checks, err
}

// oldRowChecks are the checks of a row that INSERT … ON CONFLICT or MERGE has found and
// is about to change: unlike others it is an error when it may not.
func (b *binder) oldRowChecks(t *catalog.Table, command byte, reads bool, row []logical.ColID, kind physical.RowCheckKind) (checks []physical.RowCheck, err error) {
	if ok, err := b.secured(t); !ok {
		return nil, err
	}
	commands := []byte{command}
	if reads {
		commands = append(commands, 'r')
	}
	for _, cmd := range commands {
		restrictive, permissive := b.policies(t, cmd)
		conds, err := b.using(t, restrictive, permissive, row)
		if err != nil {
			return nil, err
		}
		for _, c := range conds {
			checks = append(checks, physical.RowCheck{Cond: c, Kind: kind})
		}
	}
	return checks, nil
}

// mentioned reports that expressions, or those of the tree, mention one of the columns:
// other than to hand them on.
func mentioned(ids []logical.ColID, tree logical.Node, exprs ...expr.Expr) bool {
	in := &logical.ColSet{}
	for _, id := range ids {
		if id != 0 {
			in.Add(id)
		}
	}
	found := false
	look := func(e expr.Expr) {
		found = found || e != nil && logical.Uses(e, func(id logical.ColID) bool { return in.Has(id) })
	}
	for _, e := range exprs {
		look(e)
	}
	if tree != nil {
		logical.Visit(tree, func(n logical.Node) {
			if _, ok := n.(*logical.Scan); ok {
				return
			}
			if p, ok := n.(*logical.Project); ok && p.HandsOn {
				return
			}
			logical.MapExprs(n, func(e expr.Expr) expr.Expr { look(e); return e })
		})
	}
	return found
}
