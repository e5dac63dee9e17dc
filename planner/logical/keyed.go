package logical

import (
	"slices"

	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/types"
)

// MySQL's sql_safe_updates refuses an UPDATE or DELETE that would read a whole table: each table
// needs a condition that a key of it serves, and one of them one that no other table has part in.
// What counts is the condition, not whether the plan is by the index: that depends on the rows.

// Keyed reports that of the statement's tree, once it is normalised.
func Keyed(n Node) bool {
	var k keySearch
	k.collect(n)
	constant := len(k.scans) == 0
	for _, s := range k.scans {
		alone, beside := k.served(s)
		if !alone && !beside {
			return false
		}
		constant = constant || alone
	}
	return constant
}

// keySearch is the tables of a tree and the conditions in it.
type keySearch struct {
	scans []*Scan
	conds []expr.Expr
	ctes  []*CTE
}

func (k *keySearch) collect(n Node) {
	switch x := n.(type) {
	case *Filter:
		k.conds = append(k.conds, x.Conds...)
	case *Join:
		k.conds = append(k.conds, x.On...)
	case *Scan:
		k.scans = append(k.scans, x)
	case *CTERef:
		if !slices.Contains(k.ctes, x.CTE) {
			k.ctes = append(k.ctes, x.CTE)
			k.collect(x.CTE.Tree)
		}
	}
	for _, in := range Inputs(n) {
		k.collect(in)
	}
}

// served reports a condition that a key of the table serves: alone with values of no table's
// rows, or beside other tables.
func (k *keySearch) served(s *Scan) (alone, beside bool) {
	t := keyedTable{s, Produced(s)}
	for _, c := range k.conds {
		if !t.serves(c) {
			continue
		}
		beside = true
		if !Uses(c, func(id ColID) bool { return !t.own.Has(id) }) {
			return true, true
		}
	}
	return false, beside
}

// keyedTable is a table with the columns that it gives.
type keyedTable struct {
	*Scan
	own *ColSet
}

// serves reports a condition that compares the first column of a key with values that are none
// of the row's.
func (t *keyedTable) serves(e expr.Expr) bool {
	switch x := e.(type) {
	case *expr.And:
		return slices.ContainsFunc(x.Args, t.serves)
	case *expr.Or:
		return !slices.ContainsFunc(x.Args, func(e expr.Expr) bool { return !t.serves(e) })
	case *expr.Not:
		d, ok := x.X.(*expr.IsDistinct)
		return ok && !d.Not && t.compares(d.L, d.R)
	case *expr.IsDistinct:
		return x.Not && t.compares(x.L, x.R)
	case *expr.IsNull:
		return t.leads(x.X)
	case *expr.InList:
		return !x.Not && x.Op != nil && t.leads(x.L) && !slices.ContainsFunc(x.List, t.reads)
	case *expr.AnyAll:
		return !x.All && x.Op != nil && x.Op.Strategy != 0 && t.leads(x.L) && !t.reads(x.R)
	case *expr.Call:
		if x.Op != nil && x.Op.Name == "~~" || x.Op == nil && x.Fn.Schema == builtin.MySQLSchema && x.Fn.Name == "like" {
			return len(x.Args) == 2 && t.leads(x.Args[0]) && beginsWithText(x.Args[1])
		}
		return x.Op != nil && x.Op.Strategy != 0 && len(x.Args) == 2 && t.compares(x.Args[0], x.Args[1])
	}
	return false
}

// beginsWithText reports a constant pattern of LIKE that begins with no wildcard, so that it says a
// range of a key.
func beginsWithText(e expr.Expr) bool {
	c, ok := e.(*expr.Const)
	if !ok || c.D.IsNull() || c.T.OID == types.ByteaOID {
		return false
	}
	text := c.D.Text()
	return text != "" && text[0] != '%' && text[0] != '_'
}

func (t *keyedTable) compares(l, r expr.Expr) bool {
	return t.leads(l) && !t.reads(r) || t.leads(r) && !t.reads(l)
}

func (t *keyedTable) reads(e expr.Expr) bool { return Uses(e, t.own.Has) }

// leads reports the first column of a key, or the row itself.
func (t *keyedTable) leads(e expr.Expr) bool {
	switch x := e.(type) {
	case *expr.Relabel:
		return t.leads(x.X)
	case *expr.Call:
		return x.Fn == builtin.CollationKey && t.leads(x.Args[0])
	case *expr.Column:
		i := slices.Index(t.Out, x.Index)
		if i < 0 {
			return false
		}
		a := t.Attrs[i]
		if a == catalog.RowIDAttr || a == catalog.CtidAttr || a == t.Table.PrimaryAttr {
			return true
		}
		return slices.ContainsFunc(t.Table.Indexes, func(x *catalog.Index) bool {
			return x.Usable() && !x.IsVector() && !x.IsInverted() && x.Where == "" && len(x.Keys) > 0 && x.Keys[0].Attr == a
		})
	}
	return false
}
