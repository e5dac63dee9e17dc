package define

import (
	"cmp"
	"context"
	"slices"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/planner/bind"
	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
	"github.com/loxodb/loxodb/storage/kv"
)

// policy is CREATE and ALTER POLICY.
func (e *Env) policy(ctx context.Context, st *ast.Policy) error {
	switch {
	case st.Alter:
	case st.Command == "insert" && st.Using != nil:
		return pgerr.New(pgerrcode.SyntaxError, "only WITH CHECK expression allowed for INSERT")
	case (st.Command == "select" || st.Command == "delete") && st.Check != nil:
		return pgerr.New(pgerrcode.SyntaxError, "WITH CHECK cannot be applied to SELECT or DELETE")
	}
	t, err := e.policyTable(&st.Table)
	if err != nil {
		return err
	}
	roles, err := e.policyRoles(st.Roles)
	if err != nil {
		return err
	}
	p := &catalog.Policy{Name: st.Name, Command: policyCommand(st.Command), Restrictive: st.Restrictive, Roles: roles}
	old := t.Policy(st.Name)
	switch {
	case st.Alter && old == nil:
		return noPolicy(t, st.Name)
	case st.Alter:
		c := *old
		if p = &c; st.Roles != nil {
			p.Roles = roles
		}
		switch {
		case p.Command == 'a' && st.Using != nil:
			return pgerr.New(pgerrcode.SyntaxError, "only WITH CHECK expression allowed for INSERT")
		case (p.Command == 'r' || p.Command == 'd') && st.Check != nil:
			return pgerr.New(pgerrcode.SyntaxError, "only USING expression allowed for SELECT, DELETE")
		}
	case old != nil:
		return pgerr.Newf(pgerrcode.DuplicateObject, "policy %q for table %q already exists", st.Name, t.Name)
	}
	if st.Using != nil {
		if p.Using, err = e.policyText(st.Using, t); err != nil {
			return err
		}
	}
	if st.Check != nil {
		if p.Check, err = e.policyText(st.Check, t); err != nil {
			return err
		}
	}
	edit := e.change(ctx)
	if !st.Alter {
		if p.ID, err = edit.NewID(ctx); err != nil {
			return err
		}
	}
	return e.changeTable(ctx, t.ID, func(c *catalog.Table) error {
		c.Policies = slices.DeleteFunc(slices.Clone(c.Policies), func(x *catalog.Policy) bool { return x.ID == p.ID })
		c.Policies = append(c.Policies, p)
		return nil
	})
}

// policyTable finds the table of a policy, which must be the user's own.
func (e *Env) policyTable(n *ast.QName) (*catalog.Table, error) {
	t, err := e.table(n)
	switch {
	case err != nil && bind.IsSystemRelation(n):
		return nil, denied("permission denied: %q is a system catalog", n.Name)
	case err != nil:
		return nil, e.misnamed(n, "a table", err)
	case !e.Super && !e.Catalog.Owns(e.Owner, t.Owner):
		return nil, notOwner(relationWord(t), t.Name)
	case t.Kind != catalog.KindTable:
		return nil, pgerr.Newf(pgerrcode.WrongObjectType, "%q is not a table", t.Name)
	}
	return t, nil
}

func noPolicy(t *catalog.Table, name string) error {
	return pgerr.Newf(pgerrcode.UndefinedObject, "policy %q for table %q does not exist", name, t.Name)
}

func policyCommand(word string) byte {
	switch word {
	case "select":
		return 'r'
	case "insert":
		return 'a'
	case "update":
		return 'w'
	case "delete":
		return 'd'
	}
	return '*'
}

// policyRoles are the roles of TO; public stands for all.
func (e *Env) policyRoles(names []string) ([]catalog.ID, error) {
	ids, err := e.roleIDs(names)
	if err != nil {
		return nil, err
	}
	if slices.Contains(ids, catalog.Public) {
		if len(ids) > 1 {
			w := pgerr.New(pgerrcode.InvalidParameterValue, "ignoring specified roles other than PUBLIC").
				WithHint("All roles are members of the PUBLIC role.")
			w.Severity = pgerr.Warning
			e.Notice(w)
		}
		return []catalog.ID{catalog.Public}, nil
	}
	return ids, nil
}

// policyText checks a policy's expression and returns the text by which it is kept. With
// subqueries that is one in which every relation has its schema, as in views.
func (e *Env) policyText(x ast.Expr, t *catalog.Table) (string, error) {
	_, err := bind.PolicyCondition(x, t, e.options())
	if err != nil {
		return "", placeless(err)
	}
	if !ast.HasQuery(x) {
		return e.storedText(x, t, bind.InPolicy, types.Of(types.BoolOID), "")
	}
	table := &ast.TableRef{Name: ast.QName{Schema: e.Catalog.SchemaName(t.Schema), Name: t.Name}}
	q := &ast.Select{Targets: []ast.Target{{Expr: x, Name: "c"}}, From: []ast.TableExpr{table}}
	text, err := e.qualified(q, -1)
	if err != nil {
		return "", err
	}
	list, err := e.Parser.Parse(text)
	if err != nil {
		return "", err
	}
	out := list[0].Stmt.(*ast.Select).Targets[0].Expr
	if _, err := bind.PolicyCondition(out, t, e.options()); err != nil {
		return "", pgerr.NotSupported(-1, "this policy expression is not supported")
	}
	return ast.Print(out), nil
}

// dropPolicies is DROP POLICY.
func (e *Env) dropPolicies(ctx context.Context, st *ast.Drop) error {
	if bind.IsSystemRelation(st.Table) {
		return denied("permission denied: %q is a system catalog", st.Table.Name)
	}
	name := st.Names[0].Name
	t, err := e.table(st.Table)
	if err != nil {
		if st.IfExists && missing(err) {
			e.noTableOf(st, err)
			return nil
		}
		return err
	}
	p := t.Policy(name)
	if p == nil {
		if st.IfExists {
			e.notice("00000", "policy %q for relation %q does not exist, skipping", name, t.Name)
			return nil
		}
		return noPolicy(t, name)
	}
	if !e.Super && !e.Catalog.Owns(e.Owner, t.Owner) {
		return notOwner("relation", t.Name)
	}
	e.change(ctx)
	return e.changeTable(ctx, t.ID, func(c *catalog.Table) error {
		c.Policies = slices.DeleteFunc(slices.Clone(c.Policies), func(x *catalog.Policy) bool { return x.ID == p.ID })
		return nil
	})
}

// renamePolicy is ALTER POLICY … RENAME.
func (e *Env) renamePolicy(ctx context.Context, st *ast.Rename) error {
	t, err := e.policyTable(&st.Name)
	if err != nil {
		return err
	}
	if t.Policy(st.New) != nil {
		return pgerr.Newf(pgerrcode.DuplicateObject, "policy %q for table %q already exists", st.New, t.Name)
	}
	old := t.Policy(st.Old)
	if old == nil {
		return noPolicy(t, st.Old)
	}
	p := *old
	p.Name = st.New
	e.change(ctx)
	return e.changeTable(ctx, t.ID, func(c *catalog.Table) error {
		c.Policies = slices.Clone(c.Policies)
		c.Policies[slices.Index(c.Policies, old)] = &p
		return nil
	})
}

// rowSecurity is ENABLE, DISABLE, FORCE and NO FORCE ROW LEVEL SECURITY.
func (e *Env) rowSecurity(t *catalog.Table, kind ast.AlterKind) error {
	switch kind {
	case ast.EnableRowSecurity:
		t.RowSecurity = true
	case ast.DisableRowSecurity:
		t.RowSecurity = false
	case ast.ForceRowSecurity:
		t.ForceRowSecurity = true
	default:
		t.ForceRowSecurity = false
	}
	return e.putTable(t)
}

// leavePolicies takes a role out of policies, and drops those that are for nobody else.
func (e *Env) leavePolicies(ctx context.Context, role catalog.ID) error {
	for _, t := range e.Catalog.Tables() {
		if !slices.ContainsFunc(t.Policies, func(p *catalog.Policy) bool { return slices.Contains(p.Roles, role) }) {
			continue
		}
		if err := e.Txn.LockTable(ctx, t.ID, kv.Exclusive); err != nil {
			return err
		}
		e.change(ctx)
		c := copyTable(t)
		c.Policies = nil
		for _, p := range t.Policies {
			n := *p
			n.Roles = slices.DeleteFunc(slices.Clone(p.Roles), func(id catalog.ID) bool { return id == role })
			if len(n.Roles) > 0 {
				c.Policies = append(c.Policies, &n)
			}
		}
		if err := e.putTable(c); err != nil {
			return err
		}
	}
	return nil
}

// policyReaders are the policies that depend on a table, or its column attr if that is not 0.
func (e *Env) policyReaders(t *catalog.Table, attr int16) (out []dependent) {
	schema := e.Catalog.SchemaName(t.Schema)
	for _, of := range e.tables(ofPolicies) {
		for _, p := range of.Policies {
			reads := false
			for _, text := range []string{p.Using, p.Check} {
				list, err := e.Parser.Parse("SELECT " + text)
				if text == "" || err != nil || len(list) != 1 {
					continue
				}
				named := of.ID == t.ID && attr != 0
				ast.Walk(list[0].Stmt, func(n ast.Node) bool {
					r, ok := n.(*ast.TableRef)
					named = named || ok && r.Name.Name == t.Name && r.Name.Schema == schema
					return true
				})
				reads = reads || named && (attr == 0 || e.mentions(t, text, attr))
			}
			if reads {
				out = append(out, dependent{object: object{kind: policyObject, id: of.ID, part: p.ID}, order: p.ID})
			}
		}
	}
	return out
}

// policiesHold refuses a change after which a policy does not mean anything any more. Those
// that meant nothing before are not the change's fault and stand in nobody's way.
func (e *Env) policiesHold(before *catalog.Snapshot) error {
	if e.Catalog == before {
		return nil
	}
	for _, t := range withPolicies(e.Catalog) {
		for _, p := range t.Policies {
			for _, text := range []string{p.Using, p.Check} {
				if text == "" {
					continue
				}
				if bind.PolicyHolds(text, t, e.options()) == nil {
					continue
				}
				if was, ok := before.TableByID(t.ID); ok && bind.PolicyHolds(text, was, e.Bind(before)) == nil {
					return pgerr.New(pgerrcode.DependentObjectsStillExist, "cannot change or drop what a policy depends on").
						WithDetail("policy %s on %s depends on it", p.Name, e.describe(object{kind: tableObject, id: t.ID})).
						WithHint("Drop the policy first.")
				}
			}
		}
	}
	return nil
}

// withPolicies are the tables that have policies, in OID order.
func withPolicies(s *catalog.Snapshot) (list []*catalog.Table) {
	s.EachTable(func(t *catalog.Table) bool {
		if len(t.Policies) > 0 {
			list = append(list, t)
		}
		return true
	})
	slices.SortFunc(list, func(a, b *catalog.Table) int { return cmp.Compare(a.ID, b.ID) })
	return list
}
