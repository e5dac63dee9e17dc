package syscat

import (
	"slices"

	"github.com/loxodb/loxodb/sql/catalog"
)

// indexClass is the row that pg_class has of an index.
func (r *rows) indexClass(t *catalog.Table, x *catalog.Index) {
	c := class{id: x.ID, schema: t.Schema, owner: t.Owner, name: x.Name, kind: 'i', persistence: persistence(t), ident: 'n',
		natts: len(x.Keys) + len(x.Include), am: MethodID(x.AccessMethod()), file: x.Storage, options: x.Options, pages: 1}
	if s := r.cat.Stats(t.ID); s != nil {
		c.tuples, c.pages = float64(float32(s.Rows)), IndexPages(s, x)
	}
	if t.IsPartitioned() {
		c.kind, c.file, c.hasChildren, c.pages = 'I', 0, r.hasPartOf(t, x), 0
	}
	if x.Parent != 0 {
		c.bound = "index"
	}
	r.class(c)
}

// IndexPages is how many pages an index would have of a table that ANALYZE has seen: one,
// and what its keys take.
func IndexPages(s *catalog.TableStats, x *catalog.Index) int64 {
	const pageSize = 8192
	width := 16
	for i := range x.Keys {
		w := 8
		if c := s.Columns[x.Keys[i].Attr]; c != nil && c.Width > 0 {
			w = c.Width
		}
		width += w
	}
	return 1 + (int64(s.Rows*float64(width))+pageSize-1)/pageSize
}

// hasPartOf reports an index of a partition that is a part of the partitioned table's.
func (r *rows) hasPartOf(t *catalog.Table, x *catalog.Index) bool {
	for _, id := range t.Children {
		if child, ok := r.cat.TableByID(id); ok && slices.ContainsFunc(child.Indexes, func(y *catalog.Index) bool { return y.Parent == x.ID }) {
			return true
		}
	}
	return false
}
