package bind

import (
	"slices"
	"strings"

	"github.com/loxodb/loxodb/planner/logical"
	"github.com/loxodb/loxodb/planner/physical"
	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/types"
)

// Expressions of a domain are of its base type: a conversion to the domain adds its
// checks, and writers of a column of the domain make them.

// UserType finds the user's type that a name means, nil for other types. A name with
// array bounds means the element type.
func UserType(t *ast.TypeName, o Options) *catalog.Type {
	i := newBinder(o).userType(t)
	if i == nil {
		return nil
	}
	x, _ := o.Catalog.TypeByID(i.OID)
	return x
}

// UserTypeID is the OID of the user's type or row type that a name means, 0 for other
// types. A name with array bounds means the element type.
func UserTypeID(t *ast.TypeName, o Options) types.OID {
	if i := newBinder(o).userType(t); i != nil {
		return i.OID
	}
	return 0
}

// UserDomain is the domain that a type's name means, nil for other types, arrays of
// domains among them.
func UserDomain(t *ast.TypeName, o Options) *catalog.Type { return newBinder(o).domainOf(t) }

// domainOf is the domain that a type's name means, nil for other types.
func (b *binder) domainOf(t *ast.TypeName) *catalog.Type {
	if len(t.ArrayDims) > 0 {
		return nil
	}
	if i := b.userType(t); i != nil && i.Type == 'd' {
		d, _ := b.o.Catalog.TypeByID(i.OID)
		return d
	}
	return nil
}

// showDomain notes that a parameter whose type was not known is of a domain.
func (b *binder) showDomain(e expr.Expr, domain catalog.ID) {
	p, ok := e.(*unknownParam)
	if !ok || domain == 0 || b.params[p.n] != 0 && b.params[p.n] != types.UnknownOID {
		return
	}
	if b.paramDomains == nil {
		b.paramDomains = map[int]types.OID{}
	}
	b.paramDomains[p.n] = domain
}

// toDomain checks a value of the domain's base type. The demands of a domain that
// it was made over come first, NOT NULL before all.
func (b *binder) toDomain(x expr.Expr, d *catalog.Type) (expr.Expr, error) {
	if err := b.useDomain(d); err != nil {
		return nil, err
	}
	name := expr.DomainName{ID: d.ID, Shown: d.Shown, Schema: b.o.Catalog.SchemaName(d.Schema), Name: d.Name}
	var checks []*catalog.Constraint
	notNull := false
	for level := d; level != nil; level, _ = b.o.Catalog.TypeByID(level.Over) {
		notNull = notNull || level.NotNull
		own := slices.Clone(level.Checks)
		slices.SortFunc(own, func(a, b *catalog.Constraint) int { return strings.Compare(a.Name, b.Name) })
		checks = append(own, checks...)
	}
	if notNull {
		x = &expr.ToDomain{X: x, Domain: name}
	}
	for _, c := range checks {
		cond, err := StoredCheck(c.Expr, DomainValue(d.Base), b.o)
		if err != nil {
			return nil, err
		}
		x = &expr.ToDomain{X: x, Domain: name, Check: c.Name, Cond: cond}
	}
	if !notNull && len(checks) == 0 {
		return &expr.Relabel{X: x, T: x.Type(), Domain: d.ID}, nil
	}
	return x, nil
}

// castToDomain is x::d. As it is written the cast is there even if the domain demands nothing: it
// may later.
func (b *binder) castToDomain(x expr.Expr, d *catalog.Type) (expr.Expr, error) {
	y, err := b.toDomain(x, d)
	if r, free := y.(*expr.Relabel); err == nil && free && r.X == x && b.asWritten {
		y = &expr.ToDomain{X: x, Free: true,
			Domain: expr.DomainName{ID: d.ID, Shown: d.Shown, Schema: b.o.Catalog.SchemaName(d.Schema), Name: d.Name}}
	}
	return y, err
}

// DomainCheck is parameter $1, a value of a domain's base type, after the domain's
// checks; nil when it has none.
func DomainCheck(domain catalog.ID, o Options) (expr.Expr, error) {
	d, ok := o.Catalog.TypeByID(domain)
	if !ok {
		return nil, nil
	}
	x, err := newBinder(o).toDomain(&expr.Param{T: d.Base}, d)
	if _, checked := x.(*expr.ToDomain); err != nil || !checked {
		return nil, err
	}
	return x, nil
}

// toParts checks those parts of a value that are of domains, after a conversion that
// does not by itself: elements of another array, attributes that were assigned.
func (b *binder) toParts(x expr.Expr) expr.Expr {
	if !types.HasDomains(x.Type().OID, b.o.Format) {
		return x
	}
	if c, ok := x.(*expr.Const); ok && c.D.IsNull() {
		return x
	}
	return &expr.ToDomain{X: x, Parts: true}
}

// exprDomain is the domain that a value is of as far as its expression tells, 0 for none
// that is known.
func (b *binder) exprDomain(e expr.Expr) catalog.ID {
	switch e := e.(type) {
	case *expr.ToDomain:
		if !e.Parts {
			return e.Domain.ID
		}
	case *expr.Relabel:
		return e.Domain
	case *expr.Subscript:
		if !e.Slice {
			return e.X.Type().ElemDomain()
		}
	case *expr.Coalesce:
		return b.commonDomain(e.Args)
	case *expr.MinMax:
		return b.commonDomain(e.Args)
	case *expr.Case:
		var results []expr.Expr
		for i := range e.Whens {
			results = append(results, e.Whens[i].Result)
		}
		if e.Else == nil {
			return 0 // NULL is of no type
		}
		return b.commonDomain(append(results, e.Else))
	case *expr.Field:
		return e.Domain
	case *expr.Call:
		if e.Domain != 0 {
			return e.Domain
		}
		if f := e.Fn.User; f != nil && f.Ret == e.T {
			return f.RetDomain
		}
	case *logical.Subquery:
		return e.Domain
	case *expr.Column:
		info := &b.meta.Cols[e.Index]
		if info.Domain != 0 {
			return info.Domain
		}
		t, attr := info.Table, info.Attr
		if t == nil {
			t, _ = b.o.Catalog.TableByID(info.OrigTable)
			attr = info.OrigAttr
		}
		if t != nil && attr > 0 {
			if c := t.Column(attr); c != nil {
				return c.Domain
			}
		}
	}
	return 0
}

// commonDomain is the domain that all of a list of values are of, 0 for none.
func (b *binder) commonDomain(list []expr.Expr) catalog.ID {
	domain := catalog.ID(0)
	for i, e := range list {
		d := b.exprDomain(e)
		if d == 0 || i > 0 && d != domain {
			return 0
		}
		domain = d
	}
	return domain
}

// partName is a part of a container as messages name its type.
func (b *binder) partName(part types.T, domain catalog.ID) string {
	if d, ok := b.o.Catalog.TypeByID(domain); ok && domain != 0 {
		return d.Shown
	}
	return types.TypeName(part.OID)
}

// shownType is the type of a value as messages name it: the domain that it is of, or its
// type.
func (b *binder) shownType(e expr.Expr) types.OID {
	if d := b.exprDomain(e); d != 0 {
		return d
	}
	return e.Type().OID
}

// shownTypes are the types of values as messages name them, nil when no value is of a
// domain.
func (b *binder) shownTypes(list []expr.Expr) (shown []types.OID) {
	of := false
	for _, e := range list {
		shown = append(shown, b.shownType(e))
		of = of || shown[len(shown)-1] != e.Type().OID
	}
	if !of {
		return nil
	}
	return shown
}

// DomainValue is a domain's value as the row that its checks are over.
func DomainValue(base types.T) *catalog.Table {
	return &catalog.Table{Columns: []catalog.Column{{Num: 1, Name: "value", Type: base}}}
}

// StoredCheck binds the stored condition of a check over a row.
func StoredCheck(text string, t *catalog.Table, o Options) (expr.Expr, error) {
	return storedScalar(text, t, Check, types.Of(types.BoolOID), "", o)
}

// domainColumns binds what writers check of columns of domains.
func domainColumns(t *catalog.Table, o Options) ([]physical.DomainColumn, error) {
	var out []physical.DomainColumn
	for i := range t.Columns {
		c := &t.Columns[i]
		if c.Domain == 0 || c.Dropped {
			continue
		}
		d, ok := o.Catalog.TypeByID(c.Domain)
		if !ok {
			continue
		}
		x, err := newBinder(o).toDomain(&expr.Column{Index: i, T: c.Type, Name: c.Name}, d)
		if err != nil {
			return nil, err
		}
		if _, checked := x.(*expr.ToDomain); checked {
			out = append(out, physical.DomainColumn{Attr: c.Num, Expr: x})
		}
	}
	return out, nil
}

// domainDefault is the default of a column that has none of its own but its domain has
// one, "" otherwise.
func domainDefault(c *catalog.Column, o Options) string {
	if d, ok := o.Catalog.TypeByID(c.Domain); ok && c.Domain != 0 {
		return d.Default
	}
	return ""
}
