package define

import (
	"slices"
	"strconv"
	"strings"

	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/pgerr"
)

// Stored queries name columns by the items of FROM that they are of, and items differently
// from all that is around them. So an item gets another name, or its column, by what is
// written below the query whose item it is.

// eachItem visits the relations in a query's FROM.
func eachItem(list []ast.TableExpr, f func(*ast.TableRef)) {
	for _, x := range list {
		switch v := x.(type) {
		case *ast.TableRef:
			f(v)
		case *ast.Join:
			eachItem([]ast.TableExpr{v.Left, v.Right}, f)
		case *ast.Sample:
			eachItem([]ast.TableExpr{v.Table}, f)
		}
	}
}

// eachSelect visits all queries of a statement.
func eachSelect(q ast.Node, f func(*ast.Select)) {
	ast.Walk(q, func(n ast.Node) bool {
		if s, ok := n.(*ast.Select); ok {
			f(s)
		}
		return true
	})
}

// refName is the name of a relation in FROM by which its columns go.
func refName(r *ast.TableRef) string {
	if r.Alias != nil {
		return r.Alias.Name
	}
	return r.Name.Name
}

// namesIn are the names that items of FROM have anywhere in a statement.
func namesIn(q ast.Node) map[string]bool {
	names := map[string]bool{}
	ast.Walk(q, func(n ast.Node) bool {
		switch x := n.(type) {
		case *ast.TableRef:
			names[refName(x)] = true
		case ast.CTE:
			names[x.Name] = true
		case *ast.SubqueryRef:
			if x.Alias != nil {
				names[x.Alias.Name] = true
			}
		case *ast.FuncRef:
			if x.Alias != nil {
				names[x.Alias.Name] = true
			}
		case *ast.Join:
			if x.Alias != nil {
				names[x.Alias.Name] = true
			}
		}
		return true
	})
	return names
}

// requalify gives the columns of an item of s another qualifier.
func requalify(s *ast.Select, old, name string) {
	ast.Walk(s, func(n ast.Node) bool {
		switch x := n.(type) {
		case *ast.ColumnRef:
			if len(x.Parts) > 0 && x.Parts[0] == old && (len(x.Parts) == 2 || len(x.Parts) == 1) {
				x.Parts = append([]string{name}, x.Parts[1:]...)
			}
		case *ast.Select:
			for i := range x.Locking {
				for k := range x.Locking[i].Of {
					if of := &x.Locking[i].Of[k]; of.Name == old && of.Schema == "" {
						of.Name = name
					}
				}
			}
		}
		return true
	})
}

// merged reports a column name that JOIN USING gives a statement: it stands alone there, as
// whole rows do.
func merged(q ast.Node, name string) (found bool) {
	ast.Walk(q, func(n ast.Node) bool {
		if j, ok := n.(*ast.Join); ok && (j.Natural || slices.Contains(j.Using, name)) {
			found = true
		}
		return !found
	})
	return found
}

// renameItems gives relations in FROM that have no alias the name that their relation is about
// to have, or where that is taken one with a number behind it. Others keep theirs by an alias.
// held is one whose name is that of the relation whatever it is: a policy's.
func renameItems(q ast.Stmt, refs []*ast.TableRef, name string, held *ast.TableRef) {
	taken := namesIn(q)
	fresh := func() string {
		for i := 1; ; i++ {
			if own := name + "_" + strconv.Itoa(i); !taken[own] {
				taken[own] = true
				return own
			}
		}
	}
	if held != nil && slices.Contains(refs, held) && taken[name] {
		eachSelect(q, func(s *ast.Select) {
			eachItem(s.From, func(r *ast.TableRef) {
				if r != held && refName(r) == name {
					own := fresh()
					keepAlias(r)
					requalify(s, name, own)
					r.Alias.Name = own
				}
			})
		})
	}
	eachSelect(q, func(s *ast.Select) {
		eachItem(s.From, func(r *ast.TableRef) {
			if r.Alias != nil && !kept(r) || !slices.Contains(refs, r) || merged(q, r.Name.Name) && r != held {
				return
			}
			own := name
			if taken[name] && r != held {
				own = fresh()
				keepAlias(r)
			}
			requalify(s, refName(r), own)
			if r.Alias != nil {
				r.Alias.Name = own
			}
			r.Name.Name = name
		})
	})
	for _, r := range refs {
		if r.Name.Name != name {
			keepAlias(r)
			r.Name.Name = name
		}
	}
}

// kept reports an alias that is there for the names of the columns: see keepColumns.
func kept(r *ast.TableRef) bool { return r.Alias.Name == r.Name.Name && len(r.Alias.Columns) > 0 }

// renameColumnIn lets a statement name a relation's column by its new name, and its own
// columns as before. Where JOIN goes by the name, column aliases keep it. A statement that
// writes to the relation is refused.
func renameColumnIn(q ast.Stmt, refs []*ast.TableRef, t *catalog.Table, num int16, name string) error {
	at := placeOf(t, num)
	old := t.Columns[num-1].Name
	seen := map[*ast.TableRef]bool{}
	eachSelect(q, func(s *ast.Select) {
		eachItem(s.From, func(r *ast.TableRef) {
			if !slices.Contains(refs, r) {
				return
			}
			seen[r] = true
			switch {
			case r.Alias != nil && !kept(r) && at < len(r.Alias.Columns): // a name of its own
			case joinsBy(s.From, r, old) || standsAlone(q, name):
				keepColumns(r, t)
			case r.Alias != nil && at < len(r.Alias.Columns):
				renameRefs(s, refName(r), r.Alias.Columns[at], name)
				r.Alias.Columns[at] = name
			default:
				renameRefs(s, refName(r), old, name)
			}
		})
	})
	for _, r := range refs {
		if !seen[r] && strings.Contains(ast.Print(q), ast.QuoteIdent(old)) {
			return pgerr.NotSupported(-1, "renaming column %q of table %q while a function that writes to it may name it is not supported", old, t.Name)
		}
	}
	return nil
}

// joinsBy reports that a relation is in a JOIN that merges the columns of a name, or has a name
// of its own for all.
func joinsBy(list []ast.TableExpr, r *ast.TableRef, column string) bool {
	for _, x := range list {
		j, ok := x.(*ast.Join)
		if !ok {
			continue
		}
		sides := []ast.TableExpr{j.Left, j.Right}
		within := false
		eachItem(sides, func(v *ast.TableRef) { within = within || v == r })
		if within && (j.Natural || j.Alias != nil || slices.Contains(j.Using, column) || joinsBy(sides, r, column)) {
			return true
		}
	}
	return false
}

// renameRefs names a column of an item of s anew; what s and the queries in it call their own
// columns stays.
func renameRefs(s *ast.Select, item, old, name string) {
	is := func(x ast.Node) bool {
		c, ok := x.(*ast.ColumnRef)
		return ok && !c.Star && len(c.Parts) == 2 && c.Parts[0] == item && c.Parts[1] == old
	}
	eachSelect(s, func(s *ast.Select) {
		for i := range s.Targets {
			if t := &s.Targets[i]; t.Name == "" && is(t.Expr) {
				t.Name = old
			}
		}
	})
	ast.Walk(s, func(n ast.Node) bool {
		if is(n) {
			n.(*ast.ColumnRef).Parts[1] = name
		}
		return true
	})
}

// keepColumns gives a reference the present names of its columns as aliases.
func keepColumns(r *ast.TableRef, t *catalog.Table) {
	keepAlias(r)
	for _, c := range t.Listed()[min(len(r.Alias.Columns), len(t.Listed())):] {
		r.Alias.Columns = append(r.Alias.Columns, c.Name)
	}
}
