package define

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/planner/bind"
	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/partition"
	"github.com/loxodb/loxodb/sql/pgerr"
)

// What MySQL's dialect does with partitions by which rows move. Partitions that are to go become
// tables of their own, aside; then those that come are made, the rows are copied from the ones to
// the others, and the ones are dropped.

// redividePartitions is REORGANIZE, COALESCE and EXCHANGE PARTITION and REMOVE PARTITIONING.
func (e *Env) redividePartitions(ctx context.Context, t *catalog.Table, cmd *ast.AlterCmd) error {
	if !t.IsPartitioned() {
		return pgerr.Newf(pgerrcode.WrongObjectType, "Partition management on a not partitioned table is not possible: %q", t.Name)
	}
	if slices.ContainsFunc(partition.New(e.Catalog, t).Parts, (*catalog.Table).IsPartitioned) {
		return pgerr.NotSupported(int(cmd.Pos), "this is not supported for tables whose partitions are partitioned")
	}
	switch cmd.Kind {
	case ast.ReorganizePartitions:
		return e.reorganize(ctx, t, cmd)
	case ast.CoalescePartitions:
		return e.coalesce(ctx, t, cmd)
	case ast.ExchangePartition:
		return e.exchange(ctx, t, cmd)
	}
	return e.removePartitioning(ctx, t)
}

// reorganize makes partitions of others, which lie side by side.
func (e *Env) reorganize(ctx context.Context, t *catalog.Table, cmd *ast.AlterCmd) error {
	set := partition.New(e.Catalog, t)
	if t.Partitioning.Strategy == 'h' {
		return pgerr.New(pgerrcode.WrongObjectType, "REORGANIZE PARTITION can only be used to reorganize partitions not to change their numbers")
	}
	var gone []*catalog.Table
	var places []int
	for _, name := range cmd.Parts {
		p := set.Named(name)
		if p == nil {
			return pgerr.New(pgerrcode.UndefinedTable, "Error in list of partitions to REORGANIZE")
		}
		gone, places = append(gone, p), append(places, slices.Index(set.Parts, p))
	}
	for i := 1; i < len(places) && t.Partitioning.Strategy == 'r'; i++ {
		if places[i] != places[i-1]+1 {
			return pgerr.New(pgerrcode.InvalidObjectDefinition, "When reorganizing a set of partitions they must be in consecutive order")
		}
	}
	made := slices.Clone(cmd.Partitions)
	for i := range made {
		n := &made[i]
		if p := set.Named(n.Name); p != nil && !slices.Contains(gone, p) || slices.ContainsFunc(made[:i], func(o ast.NamedPartition) bool { return o.Name == n.Name }) {
			return pgerr.Newf(pgerrcode.DuplicateTable, "Duplicate partition name %s", n.Name)
		}
		if byte(n.Bound.Strategy) != t.Partitioning.Strategy {
			return pgerr.New(pgerrcode.InvalidTableDefinition, "the table is not divided in this way").
				WithHint("SHOW CREATE TABLE says how it is divided.")
		}
	}
	if t.Partitioning.Strategy == 'r' {
		if err := e.sameRange(t, cmd, made, gone, places[len(places)-1] == len(set.Parts)-1); err != nil {
			return err
		}
	}
	return e.redivide(ctx, t, cmd, gone, made)
}

// sameRange gives the ranges of new partitions their beginnings, and refuses those that together
// are not the range of the ones that go. last: these are the table's last, whose end may grow.
func (e *Env) sameRange(t *catalog.Table, cmd *ast.AlterCmd, made []ast.NamedPartition, gone []*catalog.Table, last bool) error {
	if slices.ContainsFunc(gone, func(p *catalog.Table) bool { return p.Bound.Default }) {
		return pgerr.NotSupported(int(cmd.Pos), "REORGANIZE PARTITION of a default partition is not supported")
	}
	end := gone[0].Bound.From
	for i := range made {
		b := *made[i].Bound
		var err error
		if end, err = e.follows(t, cmd, &b, end); err != nil {
			return err
		}
		made[i].Bound = &b
	}
	if c := partition.CompareBounds(end, gone[len(gone)-1].Bound.To); c < 0 || c > 0 && !last {
		return pgerr.New(pgerrcode.InvalidObjectDefinition,
			"Reorganize of range partitions cannot change total ranges except for last partition where it can extend the range")
	}
	return nil
}

// coalesce takes away some of the partitions that rows are hashed to.
func (e *Env) coalesce(ctx context.Context, t *catalog.Table, cmd *ast.AlterCmd) error {
	switch n := len(t.Children); {
	case t.Partitioning.Strategy != 'h':
		return pgerr.New(pgerrcode.WrongObjectType, "COALESCE PARTITION can only be used on HASH/KEY partitions")
	case cmd.Num < 1:
		return pgerr.New(pgerrcode.InvalidParameterValue, "At least one partition must be coalesced")
	case cmd.Num >= n:
		return pgerr.New(pgerrcode.InvalidTableDefinition, "Cannot remove all partitions, use DROP TABLE instead")
	}
	return e.rehash(ctx, t, cmd, -cmd.Num)
}

// rehash changes the number of partitions that rows are hashed to. Those that stay keep their names.
func (e *Env) rehash(ctx context.Context, t *catalog.Table, cmd *ast.AlterCmd, more int) error {
	if t.Partitioning.Strategy != 'h' {
		return pgerr.New(pgerrcode.WrongObjectType, "For RANGE and LIST partitions each partition must be defined")
	}
	if more == 0 {
		return pgerr.New(pgerrcode.InvalidParameterValue, "At least one partition must be added")
	}
	set := partition.New(e.Catalog, t)
	modulus := len(set.Parts) + more
	made := make([]ast.NamedPartition, modulus)
	next := 0
	for i := range made {
		n := &made[i]
		if i < len(set.Parts) {
			n.Name = set.Parts[i].PartitionName()
		} else {
			for next = max(next, i); n.Name == "" || set.Named(n.Name) != nil; next++ {
				n.Name = fmt.Sprintf("p%d", next)
			}
		}
		n.Table = ast.QName{At: ast.At{Pos: -1}, Name: t.Name + catalog.PartitionMark + n.Name}
		n.Bound = &ast.PartitionBound{At: ast.At{Pos: -1}, Strategy: ast.ByHash, Modulus: modulus, Remainder: i}
	}
	return e.redivide(ctx, t, cmd, set.Parts, made)
}

// redivide gives the rows of the partitions gone to those made.
func (e *Env) redivide(ctx context.Context, t *catalog.Table, cmd *ast.AlterCmd, gone []*catalog.Table, made []ast.NamedPartition) error {
	from, err := e.setAside(ctx, t.ID, gone)
	if err != nil {
		return err
	}
	if err := e.makePartitions(ctx, t, cmd.At, made); err != nil {
		return err
	}
	return e.moveRows(ctx, gone, from, t.ID)
}

// setAside makes partitions tables of their own, under names and with names of indexes that
// nobody else takes.
func (e *Env) setAside(ctx context.Context, parent catalog.ID, parts []*catalog.Table) (from []*catalog.Table, err error) {
	for _, p := range parts {
		if err := e.own(ctx, p); err != nil {
			return nil, err
		}
		t, _ := e.Catalog.TableByID(parent)
		if _, err := e.detached(ctx, t, p); err != nil {
			return nil, err
		}
		p, _ = e.Catalog.TableByID(p.ID)
		name := fmt.Sprintf("#p#%d", p.ID)
		if err := e.renameIn(ctx, p, &ast.Rename{Kind: ast.ObjTable, Of: ast.ObjTable, Old: p.Name, New: name}); err != nil {
			return nil, err
		}
		for _, x := range p.Indexes {
			now, _ := e.Catalog.TableByID(p.ID)
			if err := e.renameIndex(ctx, now, x, fmt.Sprintf("#i#%d", x.ID)); err != nil {
				return nil, err
			}
		}
		p, _ = e.Catalog.TableByID(p.ID)
		from = append(from, p)
	}
	return from, nil
}

// moveRows copies the rows of tables that were set aside, and drops these; gone are they as they were.
func (e *Env) moveRows(ctx context.Context, gone, from []*catalog.Table, to catalog.ID) error {
	if err := e.copyRows(ctx, from, to); err != nil {
		return err
	}
	drop := &ast.Drop{At: ast.At{Pos: -1}, Kind: ast.ObjTable}
	for _, t := range from {
		drop.Names = append(drop.Names, e.fullName(t))
	}
	err := e.drop(ctx, drop)
	if pe, ok := pgerr.As(err); ok { // a view, which knows them by their old names, or the like
		for i, t := range from {
			pe.Message = strings.ReplaceAll(pe.Message, ast.QuoteIdent(t.Name), ast.QuoteIdent(gone[i].Name))
			pe.Detail = strings.ReplaceAll(pe.Detail, ast.QuoteIdent(t.Name), ast.QuoteIdent(gone[i].Name))
		}
	}
	return err
}

func (e *Env) copyRows(ctx context.Context, from []*catalog.Table, to catalog.ID) error {
	t, _ := e.Catalog.TableByID(to)
	def, err := bind.FamilyWrite(t, e.Bind(e.Catalog))
	if err != nil {
		return err
	}
	return e.Jobs.Distribute(ctx, e.Txn, e.Catalog, from, def)
}

// removePartitioning makes a partitioned table one that has its rows itself.
func (e *Env) removePartitioning(ctx context.Context, t *catalog.Table) error {
	gone := partition.New(e.Catalog, t).Parts
	from, err := e.setAside(ctx, t.ID, gone)
	if err != nil {
		return err
	}
	t, _ = e.Catalog.TableByID(t.ID)
	n := copyTable(t)
	n.Partitioning = nil
	choosePrimaryAttr(n)
	if err := e.emptied(ctx, t, n); err != nil {
		return err
	}
	return e.moveRows(ctx, gone, from, t.ID)
}

// exchange gives the rows of a partition to another table, and those of that to the partition.
func (e *Env) exchange(ctx context.Context, t *catalog.Table, cmd *ast.AlterCmd) error {
	p := partition.New(e.Catalog, t).Named(cmd.Name)
	if p == nil {
		return pgerr.Newf(pgerrcode.UndefinedTable, "Unknown partition '%s' in table '%s'", cmd.Name, t.Name)
	}
	other, err := e.baseTable(cmd.Of)
	if err != nil {
		return err
	}
	for _, m := range []*catalog.Table{p, other} {
		if err := e.own(ctx, m); err != nil {
			return err
		}
		if err := e.settled(ctx, "ALTER TABLE", m); err != nil {
			return err
		}
	}
	if err := e.exchangeable(t, other); err != nil {
		return err
	}
	from := map[*catalog.Table]catalog.ID{p: other.ID, other: p.ID}
	for m := range from {
		if err := e.emptied(ctx, m, copyTable(m)); err != nil {
			return err
		}
	}
	err = e.copyRows(ctx, []*catalog.Table{other}, p.ID)
	if e, ok := pgerr.As(err); ok && e.Code == pgerrcode.CheckViolation && e.Constraint == "" {
		return pgerr.New(pgerrcode.CheckViolation, "Found a row that does not match the partition")
	}
	if err != nil {
		return err
	}
	return e.copyRows(ctx, []*catalog.Table{p}, other.ID)
}

// exchangeable refuses a table that is not made as the partitions of t are.
func (e *Env) exchangeable(t, other *catalog.Table) error {
	refers := func(k *catalog.Constraint) bool { return k.Kind == catalog.ForeignConstraint }
	switch {
	case other.IsPartitioned() || other.IsPartition():
		return pgerr.Newf(pgerrcode.WrongObjectType, "Table to exchange with partition is partitioned: '%s'", other.Name)
	case other.Temp:
		return pgerr.Newf(pgerrcode.WrongObjectType, "Table to exchange with partition is temporary: '%s'", other.Name)
	case slices.ContainsFunc(other.Constraints, refers) || len(e.Catalog.Referrers(other.ID)) > 0 || len(other.Children) > 0:
		return pgerr.Newf(pgerrcode.WrongObjectType, "Table to exchange with partition has foreign key references: '%s'", other.Name)
	case slices.ContainsFunc(t.Constraints, refers) || len(e.Catalog.Referrers(t.ID)) > 0:
		return pgerr.Newf(pgerrcode.WrongObjectType, "Table to exchange with partition has foreign key references: '%s'", t.Name)
	}
	different := pgerr.New(pgerrcode.InvalidTableDefinition, "Tables have different definitions")
	a, b := t.Listed(), other.Listed()
	if len(a) != len(b) || len(t.Indexes) != len(other.Indexes) {
		return different
	}
	for i := range a {
		if a[i].Name != b[i].Name || a[i].Type != b[i].Type || a[i].Domain != b[i].Domain || a[i].Collation != b[i].Collation ||
			a[i].NotNull != b[i].NotNull || a[i].Generated != b[i].Generated || a[i].Generated != 0 && a[i].Default != b[i].Default {
			return different
		}
	}
	for _, x := range t.Indexes {
		if !slices.ContainsFunc(other.Indexes, func(y *catalog.Index) bool { return e.alike(t, x, other, y) }) {
			return different
		}
	}
	return nil
}
