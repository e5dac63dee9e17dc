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

func (e *Env) createSchema(ctx context.Context, st *ast.CreateSchema) error {
	name, owner := st.Name, e.Owner
	if st.Owner != "" {
		r, err := e.roleNamed(st.Owner)
		if err != nil {
			return err
		}
		if owner = r.ID; name == "" {
			name = r.Name
		}
	}
	if strings.HasPrefix(name, "pg_") {
		return pgerr.Newf(pgerrcode.ReservedName, "unacceptable schema name %q", name).
			WithDetail("The prefix \"pg_\" is reserved for system schemas.")
	}
	if _, ok := e.Catalog.Schema(name); ok {
		if st.IfNotExists {
			e.notice(pgerrcode.DuplicateSchema, "schema %q already exists, skipping", name)
			return nil
		}
		return pgerr.Newf(pgerrcode.DuplicateSchema, "schema %q already exists", name)
	}
	edit := e.change(ctx)
	id, err := edit.NewID(ctx)
	if err != nil {
		return err
	}
	if _, taken := e.Catalog.SchemaByID(catalog.PublicID); name == "public" && !taken {
		id = catalog.PublicID // where what extensions bring belongs
	}
	s := &catalog.Schema{ID: id, Name: name, Owner: owner}
	if s.Collation, err = e.namedCollation(st.Collation, 0); err != nil {
		return err
	}
	if err := edit.PutSchema(s); err != nil {
		return err
	}
	path, targets, user := e.Path, e.Targets, e.Owner
	e.Path, e.Targets, e.Owner = append([]string{name}, path...), []string{name}, owner
	defer func() { e.Path, e.Targets, e.Owner = path, targets, user }()
	elems := slices.Clone(st.Elems)
	slices.SortStableFunc(elems, func(a, b ast.Stmt) int { return elementPass(a) - elementPass(b) })
	for _, s := range elems {
		if err := madeIn(s, name); err != nil {
			return err
		}
		e.preferSchema(s, id, name)
		if err := Run(ctx, e, s); err != nil {
			return err
		}
	}
	return nil
}

// elementPass orders the elements of CREATE SCHEMA, which may be written in any order.
func elementPass(s ast.Stmt) int {
	switch s.(type) {
	case *ast.CreateSequence:
		return 0
	case *ast.CreateTable:
		return 1
	case *ast.CreateView:
		return 2
	}
	return 3
}

// madeIn refuses an element of CREATE SCHEMA that goes into another schema.
func madeIn(s ast.Stmt, schema string) error {
	var n *ast.QName
	temp := false
	switch x := s.(type) {
	case *ast.CreateTable:
		n, temp = &x.Name, x.Temp
	case *ast.CreateView:
		n, temp = &x.Name, x.Temp
	case *ast.CreateSequence:
		n, temp = &x.Name, x.Temp
	case *ast.CreateIndex:
		n = &x.Table
	case *ast.CreateTrigger:
		n = &x.Table
	default:
		return nil
	}
	switch {
	case n.Schema != "" && n.Schema != schema:
		return pgerr.Newf(pgerrcode.InvalidSchemaDefinition, "CREATE specifies a schema (%s) different from the one being created (%s)", n.Schema, schema)
	case temp:
		err := errNotTemporary()
		if _, ok := s.(*ast.CreateTable); ok {
			return placed(err, n)
		}
		return err
	}
	return nil
}

// preferSchema makes the relations of a view of CREATE SCHEMA those of the new
// schema, where it has them: its search path begins there.
func (e *Env) preferSchema(s ast.Stmt, id catalog.ID, name string) {
	v, ok := s.(*ast.CreateView)
	if !ok {
		return
	}
	with := map[string]bool{}
	ast.Walk(v.Query, func(n ast.Node) bool {
		switch x := n.(type) {
		case ast.CTE:
			with[x.Name] = true
		case *ast.TableRef:
			if x.Name.Schema == "" && !with[x.Name.Name] && e.Catalog.RelationExists(id, x.Name.Name) {
				x.Name.Schema = name
			}
		}
		return true
	})
}
