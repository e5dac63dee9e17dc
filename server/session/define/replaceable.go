package define

import (
	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/pgerr"
)

// Replaced is an index that REINDEX CONCURRENTLY builds anew.
type Replaced struct{ Table, Index catalog.ID }

// Replaceable are the vector indexes that REINDEX CONCURRENTLY builds anew, with a warning
// about each index that it has to pass over.
func (e *Env) Replaceable(st *ast.Reindex) (list []Replaced, err error) {
	switch st.Kind {
	case "SYSTEM":
		return nil, systemOnline()
	case "INDEX", "TABLE":
		return e.replaceableOf(st)
	}
	many, err := e.reindexedMany(st)
	if err == nil && (st.Kind == "DATABASE" || st.Name.Name == "pg_catalog") {
		e.warning(pgerrcode.FeatureNotSupported, "cannot reindex system catalogs concurrently, skipping all")
	}
	for _, t := range many {
		if !t.Temp {
			list, _ = e.replaceableIn(list, t, 0)
		}
	}
	return list, err
}

func systemOnline() error {
	return pgerr.New(pgerrcode.FeatureNotSupported, "cannot reindex system catalogs concurrently")
}

func (e *Env) replaceableOf(st *ast.Reindex) (list []Replaced, err error) {
	t, only, err := e.reindexed(st)
	switch {
	case err != nil:
		return nil, err
	case t == nil:
		return nil, systemOnline()
	}
	if only != 0 && t.Index(only).Exclude != nil {
		return nil, pgerr.New(pgerrcode.FeatureNotSupported, "concurrent index creation for exclusion constraints is not supported")
	}
	list, possible := e.replaceableIn(nil, t, only)
	if only == 0 && !possible && !t.IsPartitioned() {
		e.notice("00000", "table %q has no indexes that can be reindexed concurrently", t.Name)
	}
	return list, nil
}

// replaceableIn adds the vector indexes of a table, or of one's parts, or only one; possible
// says that PostgreSQL would build an index anew.
func (e *Env) replaceableIn(list []Replaced, t *catalog.Table, only catalog.ID) (_ []Replaced, possible bool) {
	if t.IsPartitioned() {
		for _, id := range t.Children {
			c, _ := e.Catalog.TableByID(id)
			if only == 0 {
				list, _ = e.replaceableIn(list, c, 0)
				continue
			}
			for _, x := range c.Indexes {
				if x.Parent == only {
					list, _ = e.replaceableIn(list, c, x.ID)
				}
			}
		}
		return list, true
	}
	for _, x := range t.Indexes {
		switch {
		case only != 0 && x.ID != only:
		case only == 0 && !x.Valid:
			e.warning(pgerrcode.FeatureNotSupported, "cannot reindex invalid index \"%s.%s\" concurrently, skipping", e.Catalog.SchemaName(t.Schema), x.Name)
		case only == 0 && x.Exclude != nil:
			e.warning(pgerrcode.FeatureNotSupported, "cannot reindex exclusion constraint index \"%s.%s\" concurrently, skipping", e.Catalog.SchemaName(t.Schema), x.Name)
		default:
			if possible = true; x.IsVector() {
				list = append(list, Replaced{t.ID, x.ID})
			}
		}
	}
	return list, possible
}
