package define

import (
	"slices"
	"strconv"
	"strings"

	"github.com/loxodb/loxodb/planner/bind"
	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/pgerr"
)

// A relation's new column must not be taken for anything that stored queries name: they get an
// alias for it wherever its own name stands alone or would be one of several. And aliases that
// go by places keep to their columns, whatever comes or goes.

// columnsGained lets the stored queries that read a relation (old) mean what they mean once it
// has the columns that t has more.
func (e *Env) columnsGained(old, t *catalog.Table) error {
	was := copyTable(old)
	for _, c := range t.Listed() {
		if old.Column(c.Num) != nil {
			continue
		}
		if err := e.columnGained(was, t, c); err != nil {
			return err
		}
		if err := e.functionColumnGained(was, c.Name); err != nil {
			return err
		}
		was.Columns, was.Order = append(was.Columns, *c), t.Order
	}
	if again, ok := e.Catalog.TableByID(t.ID); ok && again != old {
		t.Policies = again.Policies
	}
	return nil
}

func (e *Env) columnGained(old, t *catalog.Table, c *catalog.Column) error {
	at := placeOf(t, c.Num)
	return e.rewriteMentions(relationOf(old), func(found *mentions) error {
		var err error
		eachSelect(found.stmt, func(s *ast.Select) {
			eachItem(s.From, func(r *ast.TableRef) {
				if err != nil || r == found.held || !slices.Contains(found.refs, r) {
					return
				}
				join := aliasedJoin(s.From, r)
				name := c.Name
				if join != nil || standsAlone(found.stmt, name) {
					name = freshColumn(found.stmt, name)
				}
				if join != nil && len(join.Columns) > 0 {
					if err = e.placeInJoin(found.stmt, join, r, old, name); err != nil {
						return
					}
				}
				if name != c.Name || r.Alias != nil && at < len(r.Alias.Columns) {
					keepColumns(r, old)
					r.Alias.Columns = slices.Insert(r.Alias.Columns, at, name)
				}
			})
		})
		return err
	})
}

// placeOf is how many columns are listed before one.
func placeOf(t *catalog.Table, num int16) int {
	return slices.IndexFunc(t.Listed(), func(c *catalog.Column) bool { return c.Num == num })
}

// aliasedJoin is the alias of the innermost join with one that a relation is in.
func aliasedJoin(list []ast.TableExpr, r *ast.TableRef) *ast.Alias {
	for _, x := range list {
		j, ok := x.(*ast.Join)
		if !ok {
			continue
		}
		sides := []ast.TableExpr{j.Left, j.Right}
		if a := aliasedJoin(sides, r); a != nil {
			return a
		}
		within := false
		eachItem(sides, func(v *ast.TableRef) { within = within || v == r })
		if within && j.Alias != nil {
			return j.Alias
		}
	}
	return nil
}

// standsAlone reports that a statement may name something without a qualifier by a name: what
// JOIN USING merges, a whole row, a result of its own, an argument.
func standsAlone(q ast.Node, name string) bool {
	found := merged(q, name)
	ast.Walk(q, func(n ast.Node) bool {
		if c, ok := n.(*ast.ColumnRef); ok && len(c.Parts) == 1 && c.Parts[0] == name {
			found = true
		}
		return !found
	})
	return found
}

// freshColumn is a name with a number behind it that a statement does not have.
func freshColumn(q ast.Stmt, name string) string {
	text := ast.Print(q)
	for i := 1; ; i++ {
		if own := name + "_" + strconv.Itoa(i); !strings.Contains(text, own) {
			return own
		}
	}
}

// placeInJoin puts a name into the column aliases of a join, where a relation in it is about to
// have one column more.
func (e *Env) placeInJoin(q ast.Stmt, join *ast.Alias, r *ast.TableRef, old *catalog.Table, name string) error {
	trace, err := e.traced(q)
	if err != nil {
		return err
	}
	at := trace.EndInJoin(q, join, r)
	if at < 0 {
		return pgerr.NotSupported(-1, "adding a column to \"%s\" while a view has aliases for the columns of a join of it is not supported", old.Name)
	}
	if at <= len(join.Columns) {
		join.Columns = slices.Insert(join.Columns, at, name)
	}
	return nil
}

func (e *Env) traced(q ast.Stmt) (*bind.Trace, error) {
	o := e.options()
	o.Trace = bind.NewTrace()
	_, err := bind.Bind(q, o)
	return o.Trace, err
}

// columnLost takes a column that is about to go out of the aliases by which stored queries
// name the columns of its table, or of a join of it.
func (e *Env) columnLost(t *catalog.Table, num int16) error {
	at := placeOf(t, num)
	return e.rewriteMentions(relationOf(t), func(found *mentions) error {
		if err := e.lostInJoins(found, at); err != nil {
			return err
		}
		for _, r := range found.refs {
			if r.Alias != nil && at < len(r.Alias.Columns) {
				r.Alias.Columns = slices.Delete(r.Alias.Columns, at, at+1)
			}
		}
		return nil
	})
}

func (e *Env) lostInJoins(found *mentions, at int) error {
	lost := map[*ast.Alias][]int{}
	var err error
	eachSelect(found.stmt, func(s *ast.Select) {
		eachItem(s.From, func(r *ast.TableRef) {
			join := aliasedJoin(s.From, r)
			if err != nil || join == nil || len(join.Columns) == 0 || !slices.Contains(found.refs, r) {
				return
			}
			var trace *bind.Trace
			if trace, err = e.traced(found.stmt); err == nil {
				if k := trace.PlaceInJoin(join, r, at); k >= 0 {
					lost[join] = append(lost[join], k)
				}
			}
		})
	})
	for join, places := range lost {
		slices.Sort(places)
		for _, k := range slices.Backward(places) {
			if k < len(join.Columns) {
				join.Columns = slices.Delete(join.Columns, k, k+1)
			}
		}
	}
	return err
}
