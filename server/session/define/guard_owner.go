package define

import (
	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/catalog"
)

// found is a relation or part of one that a name stands for; nil for none.
type ownedObject struct {
	owner, schema catalog.ID
	kind, name    string
}

// relationOwner finds the owner of the relation, sequence or index of a name.
func (e *Env) relationOwner(n *ast.QName) *ownedObject {
	var o *ownedObject
	_ = e.find(n, func(s catalog.ID) bool {
		if t, ok := e.Catalog.Table(s, n.Name); ok {
			o = &ownedObject{t.Owner, s, relationWord(t), t.Name}
		} else if q, ok := e.Catalog.Sequence(s, n.Name); ok {
			o = &ownedObject{q.Owner, s, "sequence", q.Name}
		} else if x, ok := e.Catalog.Index(s, n.Name); ok {
			t, _ := e.Catalog.TableByID(x.Table)
			o = &ownedObject{t.Owner, s, "index", x.Name}
		}
		return o != nil
	})
	return o
}

// ownsRelation refuses who does not own a relation; kind, if given, is what it is called.
func (e *Env) ownsRelation(n *ast.QName, kind string) error {
	if e.Super {
		return nil
	}
	if err := e.mayLookInto(n); err != nil {
		return err
	}
	o := e.relationOwner(n)
	if o == nil || e.Catalog.Owns(e.Owner, o.owner) {
		return nil
	}
	if kind == "" {
		kind = o.kind
	}
	return notOwner(kind, o.name)
}

// mayLookInto refuses a name in a schema that the user may not use.
func (e *Env) mayLookInto(n *ast.QName) error {
	s, ok := e.Catalog.Schema(n.Schema)
	if n.Schema == "" || !ok || e.Super || e.Catalog.MayUseSchema(s, e.Owner, catalog.PrivUsage) {
		return nil
	}
	return denied("permission denied for schema %s", s.Name)
}

func (e *Env) typeOwner(n *ast.QName) *ownedObject {
	if c := e.compositeByName(n); c != nil {
		return &ownedObject{c.Owner, c.Schema, "type", e.typeShown(c.Schema, c.Name)}
	}
	names := []string{n.Schema}
	if n.Schema == "" {
		names = e.Path
	}
	for _, p := range names {
		if s, ok := e.Catalog.Schema(p); ok {
			if t, ok := e.Catalog.Type(s.ID, n.Name); ok {
				return &ownedObject{t.Owner, s.ID, "type", e.typeShown(s.ID, t.Name)}
			}
		}
	}
	return nil
}

// typeShown is a type's name, with its schema where the search path does not find it.
func (e *Env) typeShown(schema catalog.ID, name string) string {
	for _, p := range e.Path {
		if s, ok := e.Catalog.Schema(p); ok && e.Catalog.TypeExists(s.ID, name) {
			if s.ID == schema {
				return ast.QuoteIdent(name)
			}
			break
		}
	}
	return ast.QuoteIdent(e.Catalog.SchemaName(schema)) + "." + ast.QuoteIdent(name)
}

func (e *Env) ownsType(n *ast.QName) error {
	if err := e.mayLookInto(n); err != nil {
		return err
	}
	if o := e.typeOwner(n); o != nil && !e.Catalog.Owns(e.Owner, o.owner) {
		return notOwner(o.kind, o.name)
	}
	return nil
}

func (e *Env) ownsCollation(n *ast.QName) error {
	if err := e.mayLookInto(n); err != nil {
		return err
	}
	if c, err := e.collationByName(n); err == nil && !e.Catalog.Owns(e.Owner, c.Owner) {
		return notOwner("collation", c.Name)
	}
	return nil
}

func (e *Env) ownsSchema(name string) error {
	if s, ok := e.Catalog.Schema(name); ok && !e.Catalog.Owns(e.Owner, s.Owner) {
		return notOwner("schema", s.Name)
	}
	return nil
}

// ownsChildren refuses what changes the children of a table, too, unless all are the user's.
func (e *Env) ownsChildren(t *catalog.Table) error {
	if e.Super || len(t.Children) == 0 {
		return nil
	}
	for _, m := range e.Catalog.Family(t)[1:] {
		if !e.Catalog.Owns(e.Owner, m.Owner) {
			return notOwner("table", m.Name)
		}
	}
	return nil
}

// reachesChildren reports an action of ALTER TABLE that is done to the children as to the
// table. A primary key makes their columns NOT NULL.
func reachesChildren(cmd *ast.AlterCmd) bool {
	switch cmd.Kind {
	case ast.AddColumn, ast.DropColumn, ast.ColumnType, ast.ColumnDefault, ast.SetNotNull, ast.DropNotNull, ast.SetStatistics, ast.SetStorage, ast.SetCompression:
		return true
	case ast.AddConstraint:
		k := cmd.Constraint
		return k.Kind == ast.ConCheck && !k.NoInherit || k.Kind == ast.ConPrimary
	}
	return false
}
