package syscat

import (
	"fmt"
	"slices"
	"strings"

	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/partition"
	"github.com/loxodb/loxodb/sql/types"
)

var _ = register("pg_catalog", map[string]generator{
	"pg_inherits":          inherits,
	"pg_partitioned_table": partitionedTables,
})

func inherits(r *rows) {
	put := func(child, parent catalog.ID, n int) {
		r.oid("inhrelid", child)
		r.oid("inhparent", parent)
		r.int("inhseqno", int64(n))
		r.bool("inhdetachpending", false)
		r.emit()
	}
	for _, t := range r.cat.Tables() {
		for i, p := range t.Parents {
			put(t.ID, p, i+1)
		}
		for _, x := range t.Indexes {
			if x.Parent != 0 {
				put(x.ID, x.Parent, 1)
			}
		}
	}
}

func partitionedTables(r *rows) {
	for _, t := range r.cat.Tables() {
		by := t.Partitioning
		if by == nil {
			continue
		}
		var attrs []int16
		var classes, collations []uint32
		var exprs []string
		method := "btree"
		if by.Strategy == 'h' {
			method = "hash"
		}
		for i := range by.Keys {
			k := &by.Keys[i]
			attrs = append(attrs, k.Attr)
			class, _ := opClassOf(method, k.OpClass, k.Type.OID)
			classes = append(classes, class.oid)
			collations = append(collations, keyCollation(t, &catalog.IndexKey{Attr: k.Attr, Type: k.Type, Collation: k.Collation}))
			if k.Attr == 0 {
				exprs = append(exprs, k.Expr)
			}
		}
		r.oid("partrelid", t.ID)
		r.char("partstrat", by.Strategy)
		r.int("partnatts", int64(len(by.Keys)))
		r.oid("partdefid", by.Default)
		vector(r, "partattrs", attrs)
		vector(r, "partclass", classes)
		vector(r, "partcollation", collations)
		r.opt("partexprs", strings.Join(exprs, ", "))
		r.emit()
	}
}

// BoundText is pg_get_expr of a partition's relpartbound, "" for other tables.
func BoundText(c *catalog.Snapshot, t *catalog.Table) string {
	b := t.Bound
	var keys []catalog.PartitionKey
	if parent := c.PartitionParent(t); parent != nil {
		keys = parent.Partitioning.Keys
	}
	switch {
	case b == nil:
		return ""
	case b.Default:
		return "DEFAULT"
	case b.Modulus > 0:
		return fmt.Sprintf("FOR VALUES WITH (modulus %d, remainder %d)", b.Modulus, b.Remainder)
	case b.Values != nil:
		return "FOR VALUES IN (" + boundList(keys, b.Values) + ")"
	}
	return "FOR VALUES FROM (" + boundList(keys, b.From) + ") TO (" + boundList(keys, b.To) + ")"
}

// boundList writes the values of a bound: those of a list are all of the one key.
func boundList(keys []catalog.PartitionKey, list []catalog.BoundValue) string {
	parts := make([]string, len(list))
	for i, v := range list {
		switch v.Limit {
		case -1:
			parts[i] = "MINVALUE"
		case 1:
			parts[i] = "MAXVALUE"
		default:
			parts[i] = v.Text
			if !v.Null && len(keys) > 0 {
				parts[i] = bareConst(keys[min(i, len(keys)-1)].Type, v.Text)
			}
		}
	}
	return strings.Join(parts, ", ")
}

// bareConst is a constant without its type: in quotes, unless it would be read as one of
// the type without them.
func bareConst(t types.T, text string) string {
	if strings.HasPrefix(text, "'") || t.OID == types.BoolOID {
		return text
	}
	digit := text != "" && text[0] >= '0' && text[0] <= '9'
	if digit && (t.OID == types.Int4OID || t.OID == types.NumericOID && strings.ContainsAny(text, ".eE")) {
		return text
	}
	return "'" + text + "'"
}

// ownCollation is the collation that the column or expression of a key has by itself.
func ownCollation(t *catalog.Table, k *catalog.PartitionKey) catalog.ID {
	own := k.Derived
	if c := t.Column(k.Attr); c != nil {
		own = c.Collation
	}
	if info := types.Lookup(k.Type.OID); own == 0 && info != nil {
		own = info.Collation
	}
	return own
}

// comparedKey is a key where bounds are compared with it: as the type that the operator takes,
// where that is another or the collation is (make_partition_op_expr).
func (p *Printer) comparedKey(t *catalog.Table, k *catalog.PartitionKey, text string) string {
	to := types.Of(k.Type.OID)
	switch k.Type.OID {
	case types.VarcharOID:
		to.OID = types.TextOID
	case types.CidrOID:
		to.OID = types.InetOID
	default:
		if k.Collation == 0 || k.Collation == ownCollation(t, k) {
			return text
		}
	}
	return "(" + text + ")::" + p.formatted(to)
}

// boundText is the value of a bound in a condition: in the collation that it is compared by.
func (p *Printer) boundText(k *catalog.PartitionKey, v *catalog.BoundValue) string {
	text := p.constText(k.Type, v.Text)
	if info := types.Lookup(k.Type.OID); info != nil && k.Collation != 0 && k.Collation != info.Collation {
		text += " COLLATE " + p.collation(k.Collation)
	}
	return text
}

// partKeyDef is pg_get_partkeydef.
func (p *Printer) partKeyDef(id catalog.ID) (string, bool) {
	t, ok := p.Catalog.TableByID(id)
	if !ok || !t.IsPartitioned() {
		return "", false
	}
	parts := make([]string, len(t.Partitioning.Keys))
	for i := range t.Partitioning.Keys {
		k := &t.Partitioning.Keys[i]
		s := p.indexExpr(t, &catalog.IndexKey{Attr: k.Attr, Expr: k.Expr})
		if k.Collation != 0 && k.Collation != ownCollation(t, k) {
			s += " COLLATE " + p.collation(k.Collation)
		}
		method := "btree"
		if t.Partitioning.Strategy == 'h' {
			method = "hash"
		}
		if k.OpClass != "" {
			if d, ok := opClassOf(method, "", k.Type.OID); !ok || d.name != k.OpClass {
				s += " " + p.opClass(k.OpClass)
			}
		}
		parts[i] = s
	}
	return map[byte]string{'l': "LIST", 'r': "RANGE", 'h': "HASH"}[t.Partitioning.Strategy] + " (" + strings.Join(parts, ", ") + ")", true
}

// partConstraint is pg_get_partition_constraintdef: what the bounds of a partition, and of
// what it is a part of, say about its rows.
func (p *Printer) partConstraint(id catalog.ID) (string, bool) {
	t, ok := p.Catalog.TableByID(id)
	if !ok || !t.IsPartition() {
		return "", false
	}
	var all []string
	for part := t; ; {
		parent := p.Catalog.PartitionParent(part)
		if parent == nil {
			break
		}
		all = append(p.boundConds(t, parent, part), all...)
		part = parent
	}
	switch len(all) {
	case 0:
		return "", false
	case 1:
		return all[0], true
	}
	return "(" + strings.Join(all, " AND ") + ")", true
}

// boundConds are the conditions of one bound, each in parentheses.
func (p *Printer) boundConds(t, parent, part *catalog.Table) []string {
	keys := make([]string, len(parent.Partitioning.Keys))
	for i := range parent.Partitioning.Keys {
		k := &parent.Partitioning.Keys[i]
		if keys[i] = p.indexExpr(parent, &catalog.IndexKey{Attr: k.Attr, Expr: k.Expr}); k.Attr == 0 {
			keys[i] = p.expr(k.Expr)
		}
	}
	b := part.Bound
	switch by := parent.Partitioning; {
	case by.Strategy == 'h':
		return []string{fmt.Sprintf("satisfies_hash_partition('%d'::oid, %d, %d, %s)", parent.ID, b.Modulus, b.Remainder, strings.Join(keys, ", "))}
	case b.Default:
		var others []string
		for _, o := range partition.New(p.Catalog, parent).Parts {
			if !o.Bound.Default {
				others = append(others, p.placeConds(parent, o.Bound, keys, false)...)
			}
		}
		if by.Strategy == 'l' {
			var vals []catalog.BoundValue
			for _, o := range partition.New(p.Catalog, parent).Parts {
				vals = append(vals, o.Bound.Values...)
			}
			if len(vals) == 0 {
				return nil
			}
			return []string{"(NOT " + joined(p.placeConds(parent, &catalog.Bound{Values: vals}, keys, false), " AND ") + ")"}
		}
		if len(others) == 0 {
			return nil
		}
		notNull := make([]string, len(keys))
		for i, k := range keys {
			notNull[i] = "(" + k + " IS NOT NULL)"
		}
		return []string{"(NOT (" + strings.Join(append(notNull, joined(others, " OR ")), " AND ") + "))"}
	}
	return p.placeConds(parent, b, keys, true)
}

func joined(list []string, by string) string {
	if len(list) == 1 {
		return list[0]
	}
	return "(" + strings.Join(list, by) + ")"
}

// placeConds are the conditions of a list or a range; those of a range are one when nulls are
// not asked about.
func (p *Printer) placeConds(parent *catalog.Table, b *catalog.Bound, keys []string, notNull bool) []string {
	compared := make([]string, len(keys))
	for i := range keys {
		compared[i] = p.comparedKey(parent, &parent.Partitioning.Keys[i], keys[i])
	}
	if b.Values != nil {
		return p.listConds(&parent.Partitioning.Keys[0], b.Values, keys[0], compared[0])
	}
	var out []string
	if notNull {
		for _, k := range keys {
			out = append(out, "("+k+" IS NOT NULL)")
		}
	}
	i := 0
	keys = compared
	var conds []string
	value := func(i int, v *catalog.BoundValue) string { return p.boundText(&parent.Partitioning.Keys[i], v) }
	for ; i < len(keys) && b.From[i].Limit == 0 && b.To[i].Limit == 0 && string(b.From[i].Key) == string(b.To[i].Key); i++ {
		conds = append(conds, "("+keys[i]+" = "+value(i, &b.From[i])+")")
	}
	side := func(list []catalog.BoundValue, limit int, last, other string) {
		var arms []string
		for n := i; n < len(keys) && list[n].Limit == 0; n++ {
			var arm []string
			for j := i; j < n; j++ {
				arm = append(arm, "("+keys[j]+" = "+value(j, &list[j])+")")
			}
			op := other
			if n == len(keys)-1 || list[n+1].Limit == limit {
				op = last
			}
			arm = append(arm, "("+keys[n]+" "+op+" "+value(n, &list[n])+")")
			arms = append(arms, joined(arm, " AND "))
			if n+1 < len(keys) && list[n+1].Limit != 0 {
				break
			}
		}
		if arms != nil {
			conds = append(conds, joined(arms, " OR "))
		}
	}
	last := "<"
	side(b.From, -1, ">=", ">")
	if n := slices.IndexFunc(b.To, func(v catalog.BoundValue) bool { return v.Limit == 1 }); n > 0 {
		side(b.To, 1, "<=", "<")
	} else {
		side(b.To, 1, last, "<")
	}
	if notNull {
		return append(out, conds...)
	}
	return []string{joined(conds, " AND ")}
}

func (p *Printer) listConds(k *catalog.PartitionKey, vals []catalog.BoundValue, key, compared string) []string {
	var texts []string
	null := false
	for _, v := range vals {
		if v.Null {
			null = true
		} else {
			texts = append(texts, p.boundText(k, &v))
		}
	}
	in := ""
	switch len(texts) {
	case 0:
		return []string{"(" + key + " IS NULL)"}
	case 1:
		in = "(" + compared + " = " + texts[0] + ")"
	default:
		in = "(" + compared + " = ANY (ARRAY[" + strings.Join(texts, ", ") + "]))"
	}
	if null {
		return []string{"((" + key + " IS NULL) OR " + in + ")"}
	}
	return []string{"(" + key + " IS NOT NULL)", in}
}

// constText is a constant as PostgreSQL shows it in an expression.
func (p *Printer) constText(t types.T, text string) string {
	switch t.OID {
	case types.Int4OID:
		if !strings.HasPrefix(text, "-") && !strings.HasPrefix(text, "'") {
			return text
		}
	case types.BoolOID:
		return text
	case types.NumericOID:
		if strings.Contains(text, ".") && !strings.HasPrefix(text, "-") && !strings.HasPrefix(text, "'") {
			return text
		}
	}
	if !strings.HasPrefix(text, "'") {
		text = "'" + text + "'"
	}
	return text + "::" + p.formatted(t)
}

// partitionColumns are the columns that decide where a row of the table belongs.
func (r *rows) partitionColumns(t *catalog.Table) (list []int16) {
	d, _ := r.env.(Definer)
	for i := range t.Partitioning.Keys {
		k := &t.Partitioning.Keys[i]
		cols := []int16{k.Attr}
		if k.Attr == 0 {
			if cols = nil; d != nil {
				cols = d.Columns(k.Expr, t)
			}
		}
		for _, a := range cols {
			if !slices.Contains(list, a) {
				list = append(list, a)
			}
		}
	}
	return list
}

// parentDepends are the dependencies of a table on its parents, and of its indexes on
// those that they are parts of.
func (r *rows) parentDepends(t *catalog.Table) {
	kind := byte(depNormal)
	if t.IsPartition() {
		kind = depAuto
	}
	for _, p := range t.Parents {
		r.depend(classRelation, t.ID, 0, classRelation, p, 0, kind)
	}
	for _, x := range t.Indexes {
		if x.Parent != 0 {
			r.depend(classRelation, x.ID, 0, classRelation, x.Parent, 0, depPartition)
			r.depend(classRelation, x.ID, 0, classRelation, t.ID, 0, depSecond)
		}
	}
}

// Kinds of dependencies of an index or a trigger of a partition.
const (
	depPartition = 'P'
	depSecond    = 'S'
)

// formatted is the name of a type of the system.
func (p *Printer) formatted(t types.T) string {
	if p.Quoted {
		return builtin.QuoteType(types.FormatType(t))
	}
	return types.FormatType(t)
}
