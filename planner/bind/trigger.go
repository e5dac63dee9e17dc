package bind

import (
	"strings"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/planner/physical"
	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/syscat"
	"github.com/loxodb/loxodb/sql/types"
)

// The condition of a trigger is over the old row followed by the new one, whichever of
// them there is.

// TriggerWhen checks the WHEN of a trigger of that kind and returns the SQL text by
// which it is kept.
func TriggerWhen(e ast.Expr, t *catalog.Table, kind catalog.TriggerKind, o Options) (string, error) {
	o.CallsAsWritten = true
	x, b, err := triggerWhen(e, t, o)
	if err != nil {
		return "", err
	}
	if _, err := b.collated(x); err != nil {
		return "", err
	}
	if err := whenFits(e, t, kind); err != nil {
		return "", err
	}
	if err := NoRoles(x); err != nil {
		return "", err
	}
	return whenText(e, attributes(x), t, o), nil
}

// whenText prints a condition as PostgreSQL does, if that text reads back, else as it
// was written.
func whenText(e ast.Expr, x expr.Expr, t *catalog.Table, o Options) string {
	text := rowsText(x, t)
	again, err := parseScalar(text, o)
	if err != nil {
		return ast.Print(e)
	}
	if y, _, err := triggerWhen(again, t, o); err == nil && rowsText(attributes(y), t) == text {
		return text
	}
	// The conversion of an array is read back as one of its elements.
	one, _, err := boundWhen(e, t, o, false)
	if err != nil {
		return ast.Print(e)
	}
	if two, _, err := boundWhen(again, t, o, false); err == nil && rowsText(expr.Fold(attributes(one)), t) == rowsText(expr.Fold(attributes(two)), t) {
		return text
	}
	return ast.Print(e)
}

// rowsText prints an expression over the two rows; a whole row is old.* or new.*.
func rowsText(x expr.Expr, t *catalog.Table) string {
	var names []string
	var rows [2]string
	for r, row := range []string{"old.", "new."} {
		var live []string
		for i := range t.Columns {
			name := row + ast.QuoteIdent(t.Columns[i].Name)
			if names = append(names, name); !t.Columns[i].Dropped {
				live = append(live, name)
			}
		}
		rows[r] = "ROW(" + strings.Join(live, ", ") + ")"
	}
	return strings.NewReplacer(rows[0], "old.*", rows[1], "new.*").Replace(expr.Definition(x, names))
}

// triggerWhen binds a condition; columns are ColIDs yet.
func triggerWhen(e ast.Expr, t *catalog.Table, o Options) (expr.Expr, *binder, error) {
	return boundWhen(e, t, o, true)
}

func boundWhen(e ast.Expr, t *catalog.Table, o Options, asWritten bool) (expr.Expr, *binder, error) {
	o.ParamTypes, o.Vars = nil, nil // a function that fires the trigger may have an OLD of its own
	b := newBinder(o)
	b.noParams, b.asWritten = true, asWritten
	s := &scope{in: inTriggerWhen, items: []*nsItem{b.triggerRow(t, "old"), b.triggerRow(t, "new")}}
	x, err := b.expr(s, e)
	if err != nil {
		return nil, nil, err
	}
	x, err = b.asBool(x, e, "WHEN")
	return x, b, err
}

func (b *binder) triggerRow(t *catalog.Table, name string) *nsItem {
	it := b.rowItem(t, name)
	it.hidden = []nsCol{{"tableoid", &expr.Const{T: types.Of(types.OidOID), D: types.Int(int64(t.ID))}}}
	return it
}

// whenFits refuses references that a trigger of the kind has no row or no value for.
func whenFits(e ast.Expr, t *catalog.Table, kind catalog.TriggerKind) (err error) {
	ast.Walk(e, func(n ast.Node) bool {
		if ref, ok := n.(*ast.ColumnRef); ok && err == nil {
			err = refFits(ref, t, kind)
		}
		return err == nil
	})
	return err
}

func refFits(ref *ast.ColumnRef, t *catalog.Table, kind catalog.TriggerKind) error {
	wrong := func(code, format string, args ...any) error { return errAt(ref.Pos, code, format, args...) }
	isNew := ref.Parts[0] == "new"
	switch {
	case kind&catalog.TriggerRow == 0:
		return wrong(pgerrcode.InvalidObjectDefinition, "statement trigger's WHEN condition cannot reference column values")
	case !isNew && kind&catalog.TriggerInsert != 0:
		return wrong(pgerrcode.InvalidObjectDefinition, "INSERT trigger's WHEN condition cannot reference OLD values")
	case isNew && kind&catalog.TriggerDelete != 0:
		return wrong(pgerrcode.InvalidObjectDefinition, "DELETE trigger's WHEN condition cannot reference NEW values")
	case !isNew || kind&catalog.TriggerBefore == 0:
		return nil
	}
	const generated = "BEFORE trigger's WHEN condition cannot reference NEW generated columns"
	if len(ref.Parts) == 1 || ref.Star {
		for i := range t.Columns {
			if t.Columns[i].Generated != 0 && !t.Columns[i].Dropped {
				return errAt(ref.Pos, pgerrcode.InvalidObjectDefinition, generated).
					WithDetail("A whole-row reference is used and the table contains generated columns.")
			}
		}
		return nil
	}
	name := ref.Parts[len(ref.Parts)-1]
	switch c := t.ColumnByName(name); {
	case c == nil:
		return wrong(pgerrcode.FeatureNotSupported, "BEFORE trigger's WHEN condition cannot reference NEW system columns")
	case c.Generated != 0:
		return errAt(ref.Pos, pgerrcode.InvalidObjectDefinition, generated).WithDetail("Column \"%s\" is a generated column.", name)
	}
	return nil
}

// transition finds a transition table of the running trigger.
func (b *binder) transition(name string) *syscat.Table {
	if b.o.Transition == nil {
		return nil
	}
	return b.o.Transition(name)
}

// triggers binds the conditions of a table's triggers.
func triggers(t *catalog.Table, o Options) ([]physical.Trigger, error) {
	var out []physical.Trigger
	for _, g := range t.Triggers {
		p := physical.Trigger{Trigger: g}
		if g.When != "" {
			e, err := parseScalar(g.When, o)
			if err != nil {
				return nil, err
			}
			x, b, err := triggerWhen(e, t, o)
			if err != nil {
				return nil, withoutPos(err)
			}
			if x, err = b.collated(x); err != nil {
				return nil, withoutPos(err)
			}
			p.Cond = expr.Fold(attributes(x))
		}
		out = append(out, p)
	}
	return out, nil
}
