package define

import (
	"context"
	"strings"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/partition"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// alterPartitions is ADD, DROP and TRUNCATE PARTITION of MySQL's dialect, whose partitions have
// names within their table.
func (e *Env) alterPartitions(ctx context.Context, t *catalog.Table, cmd *ast.AlterCmd) error {
	if !t.IsPartitioned() {
		return pgerr.Newf(pgerrcode.WrongObjectType, "Partition management on a not partitioned table is not possible: %q", t.Name)
	}
	if cmd.Kind == ast.AddPartitions && len(cmd.Partitions) == 0 {
		return e.rehash(ctx, t, cmd, cmd.Num)
	}
	if cmd.Kind == ast.AddPartitions {
		for i := range cmd.Partitions {
			if err := e.addPartition(ctx, t.ID, cmd, &cmd.Partitions[i]); err != nil {
				return err
			}
		}
		return nil
	}
	set := partition.New(e.Catalog, t)
	var names []ast.QName
	for _, p := range set.Parts {
		if cmd.Kind == ast.TruncatePartitions && len(cmd.Partitions) == 0 {
			names = append(names, e.fullName(p))
		}
	}
	for _, want := range cmd.Partitions {
		p := set.Named(want.Name)
		switch {
		case p != nil:
			names = append(names, e.fullName(p))
		case cmd.Kind == ast.DropPartitions && cmd.IfExists:
			e.notice("00000", "partition %q of table %q does not exist, skipping", want.Name, t.Name)
		case cmd.Kind == ast.TendPartitions:
			return pgerr.New(pgerrcode.UndefinedTable, "Error in list of partitions")
		case cmd.Kind == ast.DropPartitions:
			return pgerr.New(pgerrcode.UndefinedTable, "Error in list of partitions to DROP")
		default:
			return pgerr.Newf(pgerrcode.UndefinedTable, "Unknown partition '%s' in table '%s'", want.Name, t.Name)
		}
	}
	switch {
	case len(names) == 0, cmd.Kind == ast.TendPartitions: // nothing waits to be done by hand
		return nil
	case cmd.Kind == ast.TruncatePartitions:
		return e.truncate(ctx, &ast.Truncate{At: cmd.At, Tables: names})
	case t.Partitioning.Strategy == 'h':
		return pgerr.New(pgerrcode.WrongObjectType, "DROP PARTITION can only be used on RANGE/LIST partitions")
	case len(names) >= len(set.Parts):
		return pgerr.New(pgerrcode.InvalidTableDefinition, "Cannot remove all partitions, use DROP TABLE instead")
	}
	if err := e.drop(ctx, &ast.Drop{At: cmd.At, Kind: ast.ObjTable, Names: names}); err != nil || t.Partitioning.Strategy != 'r' {
		return err
	}
	return e.closeGaps(ctx, set)
}

// closeGaps lets ranges begin where those before them began that are gone: in MySQL a range has an
// end alone. set is of before.
func (e *Env) closeGaps(ctx context.Context, set *partition.Set) error {
	var gone *catalog.Bound // the ranges before p that are gone, as one
	for _, p := range set.Parts {
		_, here := e.Catalog.TableByID(p.ID)
		adjoins := gone != nil && !p.Bound.Default && partition.CompareBounds(gone.To, p.Bound.From) == 0
		switch {
		case p.Bound.Default:
		case !here && adjoins:
			gone = &catalog.Bound{From: gone.From, To: p.Bound.To}
		case !here:
			gone = p.Bound
		case adjoins:
			b := *p.Bound
			b.From, gone = gone.From, nil
			if err := e.changeTable(ctx, p.ID, func(t *catalog.Table) error { t.Bound = &b; return nil }); err != nil {
				return err
			}
		default:
			gone = nil
		}
	}
	return nil
}

func (e *Env) fullName(t *catalog.Table) ast.QName {
	return ast.QName{At: ast.At{Pos: -1}, Schema: e.Catalog.SchemaName(t.Schema), Name: t.Name}
}

// addPartition makes one more partition of a table, a range behind all others.
func (e *Env) addPartition(ctx context.Context, id catalog.ID, cmd *ast.AlterCmd, n *ast.NamedPartition) error {
	t, _ := e.Catalog.TableByID(id)
	set := partition.New(e.Catalog, t)
	if set.Named(n.Name) != nil {
		if cmd.IfExists {
			e.notice(pgerrcode.DuplicateTable, "partition %q of table %q already exists, skipping", n.Name, t.Name)
			return nil
		}
		return pgerr.Newf(pgerrcode.DuplicateTable, "Duplicate partition name %s", n.Name)
	}
	b := *n.Bound
	if byte(b.Strategy) != t.Partitioning.Strategy {
		return pgerr.New(pgerrcode.InvalidTableDefinition, "the table is not divided in this way").
			WithHint("SHOW CREATE TABLE says how it is divided.")
	}
	if b.Strategy == ast.ByRange {
		if err := e.behind(t, set, cmd, &b); err != nil {
			return err
		}
	}
	table := n.Table
	table.Schema = e.Catalog.SchemaName(t.Schema)
	return e.createTable(ctx, &ast.CreateTable{At: cmd.At, Name: table, Inherits: []ast.QName{e.fullName(t)}, Bound: &b})
}

// behind gives a new range its beginning, where the last one ends.
func (e *Env) behind(t *catalog.Table, set *partition.Set, cmd *ast.AlterCmd, b *ast.PartitionBound) error {
	var last *catalog.Table
	for _, p := range set.Parts {
		if !p.Bound.Default && (last == nil || partition.CompareBounds(p.Bound.To, last.Bound.To) > 0) {
			last = p
		}
	}
	if last == nil {
		_, err := e.follows(t, cmd, b, nil)
		return err
	}
	_, err := e.follows(t, cmd, b, last.Bound.To)
	return err
}

// follows gives a new range its beginning, where another ends (nil: before all values), and
// returns its own end.
func (e *Env) follows(t *catalog.Table, cmd *ast.AlterCmd, b *ast.PartitionBound, end []catalog.BoundValue) ([]catalog.BoundValue, error) {
	if len(b.To) != len(t.Partitioning.Keys) {
		return nil, pgerr.New(pgerrcode.InvalidTableDefinition, "Inconsistency in usage of column lists for partitioning")
	}
	for i := range b.To {
		if l, ok := b.To[i].Value.(*ast.Lit); ok && l.Kind == ast.LitInt && isMoment(t.Partitioning.Keys[i].Type) {
			return nil, pgerr.NotSupported(int(cmd.Pos), "ADD PARTITION with the value of a function is not supported").
				WithHint("Write the column's own value, as SHOW CREATE TABLE does, or TO_DAYS of it.")
		}
	}
	to, err := e.rangeBound(t, b.To)
	switch {
	case err != nil:
		return nil, err
	case len(end) > 0 && end[0].Limit > 0:
		return nil, pgerr.New(pgerrcode.InvalidObjectDefinition, "MAXVALUE can only be used in last partition definition")
	case end != nil && partition.CompareBounds(end, to) >= 0:
		return nil, pgerr.New(pgerrcode.InvalidObjectDefinition, "VALUES LESS THAN value must be strictly increasing for each partition")
	}
	b.From = make([]ast.RangeBound, len(b.To))
	for i := range b.From {
		b.From[i] = ast.RangeBound{At: ast.At{Pos: -1}, Limit: -1}
		if end == nil {
			continue
		}
		if b.From[i].Limit = end[i].Limit; end[i].Limit == 0 {
			b.From[i].Value = &ast.Lit{At: ast.At{Pos: -1}, Kind: ast.LitString, Text: boundText(end[i].Text)}
		}
	}
	return to, nil
}

// boundText is a bound's value without the quotes of a literal.
func boundText(s string) string {
	if len(s) > 1 && s[0] == '\'' {
		return strings.ReplaceAll(s[1:len(s)-1], "''", "'")
	}
	return s
}

// isMoment reports a type of dates.
func isMoment(t types.T) bool {
	return t.OID == types.DateOID || t.OID == types.TimestampOID || t.OID == types.TimestamptzOID
}
