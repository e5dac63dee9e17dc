package physical

import (
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/partition"
)

// Family is a table with its children as writers see them. Writers work with rows of
// the table, and each goes on to the member that has it or gets it. A changed row comes
// with its tableoid, behind the new values of Update and the old row of Merge, and
// RETURNING is over the row, its ctid, xmax and tableoid.
type Family struct {
	Members []Member
	Route   *Route // of a partitioned table, whose rows are in its leaves; nil = rows are inserted into the table itself
}

// Member is a table of a family that has rows of its own.
type Member struct {
	Write *TableWrite
	// Attrs are the member's attributes by those of the family's table, 0 for dropped
	// columns; Same: they are the same, and it has no others.
	Attrs []int16
	Same  bool
	// Closed takes no rows: the statement names partitions, and this is none of them.
	Closed bool
	// Indexes are the member's, by the ID of the index of the family's table that they are a part of.
	Indexes map[catalog.ID]*catalog.Index
}

// Route finds the partition of a row. Keys are over the row of the family's table.
type Route struct {
	Set  *partition.Set
	Keys []expr.Expr
	Next []Next // by Set.Parts
}

// Next is a member, or the way on within a partition that is partitioned itself.
type Next struct {
	Member int
	Route  *Route
}

// Prune finds, when an Append is opened, which partitions can have rows that fulfil
// Bounds of the partition key, which have no Column nodes. Parts gives for each partition of
// Set its inputs.
type Prune struct {
	Set    *partition.Set
	Bounds Bounds
	Parts  [][]int
}

// Within is the condition that a partition puts on its rows: by the keys, which are over
// its own row, Set finds Part.
type Within struct {
	Set  *partition.Set
	Keys []expr.Expr
	Part catalog.ID
}
