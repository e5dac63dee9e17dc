package define

import (
	"context"
	"slices"
	"strings"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/pgerr"
)

// roleSetting is ALTER ROLE … [IN DATABASE …] SET.
func (e *Env) roleSetting(ctx context.Context, st *ast.RoleStmt) error {
	in := catalog.ID(0)
	if st.Database != "" {
		x, err := e.database(st.Database)
		if err != nil {
			return err
		}
		in = x.ID
	}
	id := catalog.ID(0) // ALTER ROLE ALL
	for _, name := range st.Names {
		r, err := e.roleNamed(name)
		if err != nil {
			return err
		}
		if id = r.ID; id == e.Owner {
			continue
		}
		if r.Super && !e.Super {
			return denied("must be superuser to alter superusers")
		}
		if !e.mayCreateRoles() {
			return denied("permission denied")
		}
	}
	if id == 0 && st.Database == "" && !e.Super {
		return denied("must be superuser to alter settings globally")
	}
	if id == 0 && st.Database != "" && !e.Catalog.Owns(e.Owner, e.Catalog.DatabaseOwner()) {
		return notOwner("database", st.Database)
	}
	return e.keepSetting(ctx, id, in, st.Set)
}

// keepSetting changes what the sessions of a role begin with in a database, 0 = in all.
func (e *Env) keepSetting(ctx context.Context, role, in catalog.ID, set *ast.Set) error {
	if set.Txn != nil {
		return pgerr.Newf(pgerrcode.UndefinedObject, "unrecognized configuration parameter %q", strings.ToUpper(set.Name))
	}
	if set.Local {
		return pgerr.NotSupported(int(set.Pos), "this form of SET is not supported here")
	}
	x := e.Catalog.RoleSettings(role)
	old := x.In(in)
	if set.Forgets() && len(old) == 0 {
		return nil // whatever the name
	}
	name, text, all := "", "", set.Reset && set.Name == "all"
	if !all {
		var err error
		if name, text, err = e.SettingWritten(set); err != nil {
			return err
		}
	}
	edit := e.change(ctx)
	var keep catalog.Options
	for _, o := range old {
		if all && !e.mayForget(o.Name) || !all && !strings.EqualFold(o.Name, name) {
			keep = append(keep, o)
		}
	}
	if !set.Forgets() {
		keep = append(keep, catalog.Option{Name: name, Value: text})
	}
	return edit.PutRoleSettings(x.WithIn(in, keep))
}

// mayForget reports whether RESET ALL takes away what is kept of a setting: others than
// superusers leave what they could not set.
func (e *Env) mayForget(name string) bool {
	if e.Super {
		return true
	}
	_, _, err := e.SettingWritten(&ast.Set{Name: name, Reset: true})
	return err == nil
}

func isNull(o *ast.Option) bool {
	l, ok := o.Value.(*ast.Lit)
	return ok && l.Kind == ast.LitNull
}

// comment is COMMENT ON.
func (e *Env) comment(ctx context.Context, st *ast.Comment) error {
	text := ""
	if st.Text != nil {
		text = *st.Text
	}
	if st.Kind == ast.ObjDatabase {
		return e.commentDatabase(ctx, st.Name.Name, text)
	}
	edit := e.change(ctx)
	switch st.Kind {
	case ast.ObjTable, ast.ObjView, ast.ObjMatView, ast.ObjColumn, ast.ObjConstraint:
		t, err := e.table(&st.Name)
		if err != nil {
			return e.commentOfOther(st, err)
		}
		if st.Kind == ast.ObjView && t.Kind != catalog.KindView {
			return pgerr.Newf(pgerrcode.WrongObjectType, "%q is not a view", t.Name)
		}
		if st.Kind == ast.ObjMatView && t.Kind != catalog.KindMatView {
			return notMatView(t)
		}
		if st.Kind == ast.ObjTable && t.Kind != catalog.KindTable {
			return pgerr.Newf(pgerrcode.WrongObjectType, "%q is not a table", t.Name)
		}
		n := copyTable(t)
		switch st.Kind {
		case ast.ObjColumn:
			c := n.ColumnByName(st.Column)
			if c == nil {
				return noColumn(t, st.Column)
			}
			c.Comment = text
		case ast.ObjConstraint:
			k := constraintOf(t, st.Column)
			if part, at := partNamed(t, st.Column); k == nil && part != nil {
				c := *part
				c.Parts = slices.Clone(part.Parts)
				c.Parts[at].Comment = text
				replaceConstraint(n, &c)
				break
			}
			if k == nil {
				return pgerr.Newf(pgerrcode.UndefinedObject, "constraint %q for table %q does not exist", st.Column, t.Name)
			}
			c := *k
			c.Comment = text
			replaceConstraint(n, &c)
		default:
			n.Comment = text
		}
		return e.putTable(n)
	case ast.ObjIndex:
		t, x, err := e.index(&st.Name)
		if err != nil {
			return err
		}
		n := copyTable(t)
		for i := range n.Indexes {
			if n.Indexes[i].ID == x.ID {
				c := *x
				c.Comment = text
				n.Indexes[i] = &c
			}
		}
		return e.putTable(n)
	case ast.ObjType, ast.ObjDomain:
		if c := e.compositeByName(&st.Name); c != nil && st.Kind == ast.ObjType {
			n := copyTable(c)
			n.Comment = text
			return e.putTable(n)
		}
		if i := e.rowTypeNamed(&st.Name); i != nil {
			if st.Kind == ast.ObjDomain {
				return pgerr.Newf(pgerrcode.WrongObjectType, "%q is not a domain", i.Name)
			}
			return pgerr.NotSupported(int(st.Pos), "comments on the row types of relations are not supported")
		}
		t, err := e.alteredType(st.Kind, &st.Name)
		if err != nil {
			return err
		}
		c := *t
		c.Comment = text
		return edit.PutType(&c)
	case ast.ObjDomainConstraint:
		return e.commentDomainConstraint(st, text)
	case ast.ObjSequence:
		q, err := e.findSequence(&st.Name)
		if err != nil {
			return err
		}
		c := *q
		c.Comment = text
		return edit.PutSequence(&c)
	}
	return e.commentGlobal(st, text)
}

// commentOfOther is a COMMENT on a name that no table has; missing is what its look-up answered.
func (e *Env) commentOfOther(st *ast.Comment, missing error) error {
	o := e.other(&st.Name)
	switch {
	case o == nil:
	case st.Kind == ast.ObjView:
		return notKind(o.name, "a view")
	case st.Kind == ast.ObjMatView:
		return notKind(o.name, "a materialized view")
	case st.Kind == ast.ObjTable && o.kind != "":
		return notKind(o.name, "a table")
	case st.Kind == ast.ObjConstraint && o.kind == ast.ObjIndex:
		return pgerr.Newf(pgerrcode.WrongObjectType, "%q is an index", o.name)
	case st.Kind == ast.ObjConstraint && o.kind != "":
		return pgerr.Newf(pgerrcode.UndefinedObject, "constraint %q for table %q does not exist", st.Column, o.name)
	case st.Kind == ast.ObjColumn && o.kind != "":
		return pgerr.Newf(pgerrcode.UndefinedColumn, "column %q of relation %q does not exist", st.Column, o.name)
	}
	return missing
}

func (e *Env) commentGlobal(st *ast.Comment, text string) error {
	switch st.Kind {
	case ast.ObjTrigger:
		return e.commentTrigger(st, text)
	case ast.ObjStatistics:
		return e.commentStatistics(st, text)
	case ast.ObjCollation:
		return e.commentCollation(&st.Name, text)
	case ast.ObjFunction, ast.ObjProcedure, ast.ObjRoutine, ast.ObjAggregate:
		return e.commentFunction(st, text)
	case ast.ObjSchema:
		s, ok := e.Catalog.Schema(st.Name.Name)
		if !ok {
			return pgerr.Newf(pgerrcode.InvalidSchemaName, "schema %q does not exist", st.Name.Name)
		}
		c := *s
		c.Comment = text
		return e.edit.PutSchema(&c)
	case "POLICY":
		t, err := e.table(&st.Name)
		if err != nil {
			return err
		}
		old := t.Policy(st.Column)
		if old == nil {
			return noPolicy(t, st.Column)
		}
		p := *old
		p.Comment = text
		n := copyTable(t)
		n.Policies[slices.Index(n.Policies, old)] = &p
		return e.putTable(n)
	case ast.ObjRole:
		r, ok := e.Catalog.Role(st.Name.Name)
		if !ok {
			return pgerr.Newf(pgerrcode.UndefinedObject, "role %q does not exist", st.Name.Name)
		}
		c := *r
		c.Comment = text
		return e.edit.PutRole(&c)
	case ast.ObjExtension:
		x, ok := e.Catalog.Extension(st.Name.Name)
		if !ok {
			return pgerr.Newf(pgerrcode.UndefinedObject, "extension %q does not exist", st.Name.Name)
		}
		c := *x
		c.Comment = text
		return e.edit.PutExtension(&c)
	}
	if err := e.needed(&ast.Need{Kind: st.Kind, Name: st.Name, Own: st.Column}); err != nil {
		return err
	}
	return pgerr.NotSupported(int(st.Pos), "COMMENT ON %s is not supported", st.Kind)
}
