package define

import (
	"context"
	"slices"
	"strings"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/planner/bind"
	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/partition"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// partitionBy is PARTITION BY of a table that is being made.
func (e *Env) partitionBy(t *catalog.Table, by *ast.PartitionBy) error {
	p := &catalog.Partitioning{Strategy: byte(by.Strategy)}
	switch {
	case len(by.Keys) > 32:
		return pgerr.New(pgerrcode.TooManyColumns, "cannot partition using more than 32 columns")
	case by.Strategy == ast.ByList && len(by.Keys) > 1:
		return pgerr.New(pgerrcode.InvalidObjectDefinition, "cannot use \"list\" partition strategy with more than one column")
	}
	for i := range by.Keys {
		k, err := e.partitionKey(t, &by.Keys[i], by.Strategy, i+1)
		if err != nil {
			return err
		}
		p.Keys = append(p.Keys, k)
	}
	t.Partitioning, t.PrimaryAttr = p, 0
	return nil
}

// partitionParent finds the table that a partition is made of, and keeps others out.
func (e *Env) partitionParent(ctx context.Context, n *ast.QName) (*catalog.Table, error) {
	t, err := e.opened(n, notInherited)
	if err != nil {
		return nil, err
	}
	return t, e.own(ctx, t)
}

// bound makes the descriptor of a partition's bound.
func (e *Env) bound(parent *catalog.Table, b *ast.PartitionBound) (*catalog.Bound, error) {
	if !parent.IsPartitioned() {
		return nil, pgerr.Newf(pgerrcode.InvalidObjectDefinition, "%q is not partitioned", parent.Name)
	}
	by := parent.Partitioning
	out := &catalog.Bound{Default: b.Default, Modulus: b.Modulus, Remainder: b.Remainder}
	if b.Default {
		if by.Strategy == 'h' {
			return nil, pgerr.New(pgerrcode.InvalidTableDefinition, "a hash-partitioned table may not have a default partition")
		}
		return out, nil
	}
	if byte(b.Strategy) != by.Strategy {
		kind := map[byte]string{'h': "hash", 'l': "list", 'r': "range"}[by.Strategy]
		return nil, pgerr.Newf(pgerrcode.InvalidTableDefinition, "invalid bound specification for a %s partition", kind).At(int(b.Pos))
	}
	var err error
	switch by.Strategy {
	case 'h':
		switch {
		case b.Modulus <= 0:
			err = pgerr.New(pgerrcode.InvalidTableDefinition, "modulus for hash partition must be an integer value greater than zero")
		case b.Remainder < 0:
			err = pgerr.New(pgerrcode.InvalidTableDefinition, "remainder for hash partition must be an integer value greater than or equal to zero")
		case b.Remainder >= b.Modulus:
			err = pgerr.New(pgerrcode.InvalidTableDefinition, "remainder for hash partition must be less than modulus")
		}
		return out, err
	case 'l':
		for _, x := range b.List {
			v, err := e.boundValue(parent, 0, x)
			if err != nil {
				return nil, err
			}
			if !slices.ContainsFunc(out.Values, func(w catalog.BoundValue) bool { return w.Null == v.Null && string(w.Key) == string(v.Key) }) {
				out.Values = append(out.Values, v)
			}
		}
		return out, nil
	}
	switch n := len(by.Keys); {
	case len(b.From) != n:
		return nil, pgerr.New(pgerrcode.InvalidTableDefinition, "FROM must specify exactly one value per partitioning column")
	case len(b.To) != n:
		return nil, pgerr.New(pgerrcode.InvalidTableDefinition, "TO must specify exactly one value per partitioning column")
	}
	if out.From, err = e.rangeBound(parent, b.From); err == nil {
		out.To, err = e.rangeBound(parent, b.To)
	}
	return out, err
}

func (e *Env) rangeBound(parent *catalog.Table, list []ast.RangeBound) ([]catalog.BoundValue, error) {
	var out []catalog.BoundValue
	for i, b := range list {
		v := catalog.BoundValue{Limit: b.Limit}
		if b.Limit == 0 {
			var err error
			if v, err = e.boundValue(parent, i, b.Value); err != nil {
				return nil, err
			}
			if v.Null {
				return nil, pgerr.New(pgerrcode.InvalidObjectDefinition, "cannot specify NULL in range bound")
			}
		}
		out = append(out, v)
	}
	for i := 1; i < len(out); i++ {
		if before := out[i-1].Limit; before != 0 && out[i].Limit != before {
			name := map[int]string{-1: "MINVALUE", 1: "MAXVALUE"}[before]
			return nil, pgerr.Newf(pgerrcode.DatatypeMismatch, "every bound following %s must also be %s", name, name).At(int(list[i].Pos))
		}
	}
	return out, nil
}

// boundValue computes a value of a bound as one of the key's type.
func (e *Env) boundValue(parent *catalog.Table, key int, x ast.Expr) (v catalog.BoundValue, err error) {
	k := &parent.Partitioning.Keys[key]
	name := k.Expr
	if c := parent.Column(k.Attr); c != nil {
		name = c.Name
	}
	var ref *ast.ColumnRef
	ast.Walk(x, func(n ast.Node) bool {
		if r, ok := n.(*ast.ColumnRef); ok && ref == nil {
			ref = r
		}
		_, query := n.(*ast.Select)
		return !query
	})
	if ref != nil {
		return v, pgerr.New(pgerrcode.FeatureNotSupported, "cannot use column reference in partition bound expression").At(int(ref.Pos))
	}
	b, err := bind.Scalar(x, nil, bind.PartBound, k.Type, name, e.options())
	if err != nil {
		return v, err
	}
	p, err := expr.Compile(b)
	if err != nil {
		return v, err
	}
	env := e.Jobs.Env(e.Catalog)
	var s expr.Scratch
	d, err := p.One(&env.Env, &s)
	if err != nil {
		return v, err
	}
	if d.IsNull() {
		return catalog.BoundValue{Null: true, Text: "NULL"}, nil
	}
	value := d
	if k.Order != "" {
		value = types.Bytes(builtin.TextKey(k.Order, k.Type, d.Bytes()))
	}
	v.Key = types.AppendKey(nil, k.KeyType(), value, false)
	v.Text = literal(k.Type, d)
	return v, nil
}

// literal is a value as pg_get_expr shows it in a bound.
func literal(t types.T, d types.Datum) string {
	s := string(types.AppendText(nil, t, d, types.DefaultFormat))
	switch t.OID {
	case types.BoolOID:
		if d.Bool() {
			return "true"
		}
		return "false"
	case types.Int2OID, types.Int4OID, types.Int8OID, types.OidOID, types.Float4OID, types.Float8OID, types.NumericOID:
		if strings.Trim(s, "0123456789.eE+") == "" {
			return s
		}
	}
	return ast.QuoteLiteral(s)
}

// checkBound compares a new partition with those that are there.
func (e *Env) checkBound(parent *catalog.Table, name string, b *catalog.Bound, at *ast.PartitionBound) error {
	set := partition.New(e.Catalog, parent)
	wrong := func(format string, args ...any) *pgerr.Error {
		return pgerr.Newf(pgerrcode.InvalidObjectDefinition, format, args...)
	}
	if b.Default {
		if d := set.Default(); d >= 0 {
			return wrong("partition %q conflicts with existing default partition %q", name, set.Parts[d].Name).At(int(at.Pos))
		}
		return nil
	}
	pos := int(at.Pos)
	var with *catalog.Table
	switch parent.Partitioning.Strategy {
	case 'h':
		if err := factors(set, b); err != nil {
			return err
		}
		for _, p := range set.Parts {
			if m := min(b.Modulus, p.Bound.Modulus); b.Remainder%m == p.Bound.Remainder%m {
				with = p
				break
			}
		}
	case 'l':
		for i, v := range b.Values {
			for _, p := range set.Parts {
				if slices.ContainsFunc(p.Bound.Values, func(w catalog.BoundValue) bool { return w.Null == v.Null && string(w.Key) == string(v.Key) }) {
					with, pos = p, int(at.List[min(i, len(at.List)-1)].Position())
				}
			}
			if with != nil {
				break
			}
		}
	default:
		if partition.CompareBounds(b.From, b.To) >= 0 {
			return wrong("empty range bound specified for partition %q", name).At(int(at.From[differ(b.From, b.To)].Pos)).
				WithDetail("Specified lower bound %s is greater than or equal to upper bound %s.", rangeText(b.From), rangeText(b.To))
		}
		for _, p := range set.Parts {
			if p.Bound.Default || partition.CompareBounds(b.From, p.Bound.To) >= 0 || partition.CompareBounds(p.Bound.From, b.To) >= 0 {
				continue
			}
			with, pos = p, int(at.To[differ(p.Bound.From, b.To)].Pos)
			switch c := partition.CompareBounds(p.Bound.From, b.From); {
			case c < 0:
				pos = int(at.From[differ(p.Bound.From, b.From)].Pos)
			case c == 0:
				pos = int(at.From[0].Pos)
			}
			break
		}
	}
	if with != nil {
		return wrong("partition %q would overlap partition %q", name, with.Name).At(pos)
	}
	return nil
}

// differ is the first column in which the ends of two ranges differ, or else the last one.
func differ(a, b []catalog.BoundValue) int {
	for i := range a {
		if a[i].Limit != b[i].Limit || string(a[i].Key) != string(b[i].Key) {
			return i
		}
	}
	return len(a) - 1
}

// factors checks that each modulus divides the next greater one.
func factors(set *partition.Set, b *catalog.Bound) error {
	wrong := pgerr.New(pgerrcode.InvalidObjectDefinition, "every hash partition modulus must be a factor of the next larger modulus")
	var below, above *catalog.Table
	for _, p := range set.Parts {
		if p.Bound.Modulus <= b.Modulus {
			below = p
		} else if above == nil {
			above = p
		}
	}
	if below != nil && b.Modulus%below.Bound.Modulus != 0 {
		return wrong.WithDetail("The new modulus %d is not divisible by %d, the modulus of existing partition %q.", b.Modulus, below.Bound.Modulus, below.Name)
	}
	if above != nil && above.Bound.Modulus%b.Modulus != 0 {
		return wrong.WithDetail("The new modulus %d is not a factor of %d, the modulus of existing partition %q.", b.Modulus, above.Bound.Modulus, above.Name)
	}
	return nil
}

func rangeText(b []catalog.BoundValue) string {
	var parts []string
	for _, v := range b {
		parts = append(parts, [...]string{"MINVALUE", v.Text, "MAXVALUE"}[v.Limit+1])
	}
	return "(" + strings.Join(parts, ", ") + ")"
}

// join makes t, which is stored, a child of parent and checks the rows that this is about:
// its own if it is a partition that had rows before, and those of the default partition.
func (e *Env) join(ctx context.Context, parent, t *catalog.Table, hasRows bool) error {
	p := copyTable(parent)
	p.Children = append(slices.Clone(p.Children), t.ID)
	slices.Sort(p.Children)
	var def *catalog.Table
	if p.IsPartitioned() {
		by := *p.Partitioning
		p.Partitioning = &by
		if t.Bound.Default {
			by.Default = t.ID
		} else if by.Default != 0 {
			def, _ = e.Catalog.TableByID(by.Default)
		}
	}
	if err := e.putTable(p); err != nil {
		return err
	}
	if hasRows {
		if err := e.renewed(ctx, t); err != nil {
			return err
		}
		t, _ = e.Catalog.TableByID(t.ID)
		if err := e.rowsBelong(ctx, t, "partition constraint of relation %q is violated by some row"); err != nil {
			return err
		}
	}
	if def == nil {
		return nil
	}
	if err := e.renewed(ctx, def); err != nil {
		return err
	}
	def, _ = e.Catalog.TableByID(def.ID)
	return e.rowsBelong(ctx, def, "updated partition constraint for default partition %q would be violated by some row")
}

// renewed stores a table and all below it anew: what their rows must fulfil has changed.
func (e *Env) renewed(ctx context.Context, t *catalog.Table) error {
	for _, m := range e.Catalog.Family(t) {
		if err := e.own(ctx, m); err != nil {
			return err
		}
		if err := e.putTable(copyTable(m)); err != nil {
			return err
		}
	}
	return nil
}

// rowsBelong checks the rows of a partition.
func (e *Env) rowsBelong(ctx context.Context, t *catalog.Table, message string) error {
	for _, m := range e.Catalog.Family(t) {
		if m.IsPartitioned() {
			continue
		}
		ok, err := e.Jobs.CheckWithin(ctx, e.Txn, e.Catalog, m)
		if err != nil {
			return err
		}
		if !ok {
			return pgerr.Newf(pgerrcode.CheckViolation, message, m.Name).OnTable(e.Catalog.SchemaName(m.Schema), m.Name)
		}
	}
	return nil
}

// uniqueInParts refuses unique indexes of a partitioned table that do not have the
// partition key in them: each partition looks after its own rows only.
func uniqueInParts(t *catalog.Table, x *catalog.Index, what string) error {
	if !x.Unique || !t.IsPartitioned() {
		return nil
	}
	for _, k := range t.Partitioning.Keys {
		if k.Attr == 0 {
			return pgerr.Newf(pgerrcode.FeatureNotSupported, "unsupported %s constraint with partition key definition", what).
				WithDetail("%s constraints cannot be used when partition keys include expressions.", what)
		}
		if !slices.ContainsFunc(x.Keys, func(y catalog.IndexKey) bool { return y.Attr == k.Attr && y.Collation == k.Collation }) {
			return pgerr.New(pgerrcode.FeatureNotSupported, "unique constraint on partitioned table must include all partitioning columns").
				WithDetail("%s constraint on table %q lacks column %q which is part of the partition key.", what, t.Name, t.Columns[k.Attr-1].Name)
		}
	}
	return nil
}
