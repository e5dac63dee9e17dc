package bind

import (
	"github.com/loxodb/loxodb/planner/logical"
	"github.com/loxodb/loxodb/planner/physical"
	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/types"
)

// Stored expressions run with the rights of whoever makes them run: the checks of a domain,
// and what writers of a table compute. What they call has to be known before bodies take the
// places of calls, and no matter who asks: what they are bound to is shared.

// storedCalls are the functions that a stored expression calls, each once.
func storedCalls(text string, t *catalog.Table, place Place, want types.T, column string, o Options) (out []*builtin.Func, err error) {
	e, err := parseScalar(text, o)
	if err != nil {
		return nil, err
	}
	o.Role, o.CallsAsWritten = 0, true
	x, _, err := scalar(e, t, place, want, column, o)
	if err != nil {
		return nil, withoutPos(err)
	}
	logical.Walk(x, func(n expr.Expr) bool {
		if c, ok := n.(*expr.Call); ok && c.Fn.OID != 0 {
			out = append(out, c.Fn)
		}
		return true
	})
	return out, nil
}

// useDomain notes the functions that the checks of a domain call, and those of the domains
// that it was made over.
func (b *binder) useDomain(d *catalog.Type) error {
	if b.o.Super || b.o.Role == 0 {
		return nil
	}
	for level := d; level != nil; level, _ = b.o.Catalog.TypeByID(level.Over) {
		for _, c := range level.Checks {
			calls, err := storedCalls(c.Expr, DomainValue(d.Base), Check, types.Of(types.BoolOID), "", b.o)
			if err != nil {
				return err
			}
			for _, f := range calls {
				b.useRoutine(f, "function")
			}
		}
	}
	return nil
}

// useDomains notes what the domains of a table's columns call, of those in attrs, or of all
// where a whole row is given.
func (b *binder) useDomains(t *catalog.Table, attrs []int16, all bool) error {
	if all {
		for i := range t.Columns {
			attrs = append(attrs, t.Columns[i].Num)
		}
	}
	for _, a := range attrs {
		c := t.Column(a)
		if c == nil || c.Domain == 0 {
			continue
		}
		if d, ok := b.o.Catalog.TypeByID(c.Domain); ok {
			if err := b.useDomain(d); err != nil {
				return err
			}
		}
	}
	return nil
}

// DomainUses are the functions that the checks of a domain call and that not everybody may
// call.
func DomainUses(domain catalog.ID, o Options) ([]physical.Use, error) {
	d, ok := o.Catalog.TypeByID(domain)
	if !ok {
		return nil, nil
	}
	o.Role, o.Super = catalog.BootstrapRoleID, false // whoever asks
	b := newBinder(o)
	err := b.useDomain(d)
	return b.meta.Uses, err
}

// writeCalls are the functions of users, and others that not everybody may call, that a stored
// expression of a table's writers calls.
func writeCalls(text string, t *catalog.Table, place Place, want types.T, column string, o Options) ([]physical.Use, error) {
	if text == "" || !o.Catalog.GuardsFunctions() {
		return nil, nil
	}
	calls, err := storedCalls(text, t, place, want, column, o)
	var out []physical.Use
	for _, f := range calls {
		x := catalog.Object{Class: catalog.FunctionClass, ID: f.OID}
		if f.User != nil || f.OID != 0 && o.Catalog.ACLOf(x, catalog.BootstrapRoleID) != nil {
			out = append(out, physical.Use{Object: x, Kind: "function", Name: f.Name, Need: catalog.PrivExecute})
		}
	}
	return out, err
}

// rowCalls are what the writers of a table call, in the order in which PostgreSQL comes to it.
func rowCalls(t *catalog.Table, w *physical.TableWrite, o Options) (out []physical.RowCalls, err error) {
	if !o.Catalog.GuardsFunctions() {
		return nil, nil
	}
	add := func(reads []int16, always bool, list []physical.Use, err error) error {
		if len(list) > 0 {
			out = append(out, physical.RowCalls{Uses: list, Reads: reads, Always: always})
		}
		return err
	}
	for i := range w.Generated {
		c := t.Column(w.Generated[i].Attr)
		list, err := writeCalls(c.Default, t, Generated, c.Type, c.Name, o)
		if err := add(attributesOf(w.Generated[i].Expr), false, list, err); err != nil {
			return nil, err
		}
	}
	for i := range w.Checks {
		list, err := writeCalls(w.Checks[i].Constraint.Expr, t, Check, types.Of(types.BoolOID), "", o)
		if err := add(nil, true, list, err); err != nil {
			return nil, err
		}
	}
	for i := range w.Indexes {
		x := &w.Indexes[i]
		var reads []int16
		for k := range x.Keys {
			reads = append(reads, attributesOf(x.Keys[k])...)
		}
		if x.Where != nil {
			reads = append(reads, attributesOf(x.Where)...)
		}
		list, err := writeCalls(x.Index.Where, t, IndexPred, types.Of(types.BoolOID), "", o)
		if err := add(reads, false, list, err); err != nil {
			return nil, err
		}
		for k := range x.Index.Keys {
			list, err := writeCalls(x.Index.Keys[k].Expr, t, IndexKey, types.T{}, "", o)
			if err := add(reads, false, list, err); err != nil {
				return nil, err
			}
		}
	}
	return out, nil
}

// attributesOf are the attributes that an expression over a row reads.
func attributesOf(e expr.Expr) (out []int16) {
	logical.Walk(e, func(n expr.Expr) bool {
		if c, ok := n.(*expr.Column); ok {
			out = append(out, int16(c.Index+1))
		}
		return true
	})
	return out
}
