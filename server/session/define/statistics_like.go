package define

import (
	"context"
	"slices"
	"strings"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/planner/bind"
	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/pgerr"
)

// likeStatistics copies statistics objects under new names.
func (e *Env) likeStatistics(ctx context.Context, t *catalog.Table, l *ast.TableLike) error {
	if l.Options&likeStatistics == 0 {
		return nil
	}
	src, err := e.table(&l.Name)
	if err != nil {
		return err
	}
	for _, like := range src.ExtStatistics {
		x := *like
		if x.ID, err = e.edit.NewID(ctx); err != nil {
			return err
		}
		if x.Schema, x.Owner, x.Target = t.Schema, t.Owner, 0; t.Temp {
			return pgerr.NotSupported(int(l.Name.Pos), "statistics objects in the temporary schema are not supported")
		}
		x.Attrs = sameNamed(t, src, like.Attrs)
		if l.Options&likeComments == 0 {
			x.Comment = ""
		}
		x.Name = e.statisticsName(t, &x)
		t.ExtStatistics = append(t.ExtStatistics, &x)
	}
	return nil
}

// statisticsName is a free name for an object: of its table and columns.
func (e *Env) statisticsName(t *catalog.Table, x *catalog.ExtStatistics) string {
	var parts []string
	for _, a := range x.Attrs {
		parts = append(parts, t.Columns[a-1].Name)
	}
	for range x.Exprs {
		parts = append(parts, "expr")
	}
	return freeName(t.Name, strings.Join(parts, "_"), "stat", func(name string) bool {
		_, old := e.Catalog.ExtStatistics(t.Schema, name)
		return old != nil || slices.ContainsFunc(t.ExtStatistics, func(x *catalog.ExtStatistics) bool { return x.Name == name && x.Schema == t.Schema })
	})
}

// systemOnly refuses an expression, as it is kept, that uses what users or extensions made:
// nothing would keep that from being dropped under the statistics. b is what it means.
func (e *Env) systemOnly(text string, b expr.Expr) error {
	list, err := e.Parser.Parse("SELECT " + text)
	if err != nil || len(list) != 1 {
		return err
	}
	made := bind.MadeTypes(b)
	named := func(schema string) { made = made || schema != "" && schema != "pg_catalog" }
	ast.Walk(list[0].Stmt, func(n ast.Node) bool {
		switch v := n.(type) {
		case *ast.Func:
			named(v.Name.Schema)
		case *ast.Op:
			named(v.Schema)
		case *ast.Cast:
			named(v.To.Name.Schema)
		case *ast.Collate:
			c, err := e.collationByName(&v.Name)
			made = made || err == nil && c.Schema != catalog.PgCatalogID
		}
		return !made
	})
	if made {
		return pgerr.New(pgerrcode.FeatureNotSupported, "statistics on expressions that use what users or extensions have made are not supported")
	}
	return nil
}
