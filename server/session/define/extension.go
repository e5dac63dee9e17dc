package define

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/syscat"
	"github.com/loxodb/loxodb/sql/types"
)

// createExtension is CREATE EXTENSION. What it brings is known anyway, and shown from
// then on.
func (e *Env) createExtension(ctx context.Context, st *ast.CreateExtension) error {
	if _, ok := e.Catalog.Extension(st.Name); ok {
		if st.IfNotExists {
			e.notice(pgerrcode.DuplicateObject, "extension %q already exists, skipping", st.Name)
			return nil
		}
		return pgerr.Newf(pgerrcode.DuplicateObject, "extension %q already exists", st.Name)
	}
	x := &catalog.Extension{Name: st.Name, Schema: catalog.PublicID}
	for _, k := range syscat.Extensions {
		if k.Name == st.Name {
			x.ID, x.Version, x.Comment = k.ID, k.Version, k.Comment
		}
	}
	if st.Name == "plpgsql" {
		x.ID, x.Version, x.Schema = 13800, "1.0", catalog.PgCatalogID
	}
	if x.ID == 0 {
		return pgerr.Newf(pgerrcode.FeatureNotSupported, "extension %q is not available", st.Name).
			WithHint("The extension must first be installed on the system where PostgreSQL is running.")
	}
	edit := e.change(ctx)
	return edit.PutExtension(x)
}

func (e *Env) dropExtension(ctx context.Context, st *ast.Drop, n *ast.QName) error {
	x, ok := e.Catalog.Extension(n.Name)
	if !ok {
		return pgerr.Newf(pgerrcode.UndefinedObject, "extension %q does not exist", n.Name)
	}
	if x.Name == "vector" {
		if users := vectorColumns(e.Catalog); len(users) > 0 && st.Cascade {
			return pgerr.NotSupported(int(st.Pos), "DROP EXTENSION vector CASCADE is not supported").WithHint("Drop the columns first.")
		} else if len(users) > 0 {
			return pgerr.New(pgerrcode.DependentObjectsStillExist, "cannot drop extension vector because other objects depend on it").
				WithDetail("%s", strings.Join(users, "\n")).
				WithHint("Use DROP ... CASCADE to drop the dependent objects too.")
		}
	}
	edit := e.change(ctx)
	return edit.RemoveExtension(x)
}

// vectorColumns says which columns depend on types of the vector extension.
func vectorColumns(c *catalog.Snapshot) []string {
	var out []string
	for _, t := range c.Tables() {
		for i := range t.Columns {
			col := &t.Columns[i]
			if !col.Dropped && (col.Type.IsVector() || col.Type.Elem().IsVector()) {
				out = append(out, fmt.Sprintf("column %s of table %s depends on type %s", col.Name, t.Name, types.TypeName(col.Type.OID)))
			}
		}
	}
	return out
}
