package catalog

import (
	"slices"
	"strings"

	"github.com/loxodb/loxodb/sql/types"
)

// A table may have children: tables whose rows count among its own unless a statement
// says ONLY. Those of a partitioned table are its partitions, of which each has a bound;
// it has no rows itself. Columns of parent and child correspond by name.

// PartitionMark stands between a table's name and a partition's in the name of the table that the
// partition is, where MySQL's dialect makes it.
const PartitionMark = "#p#"

// Partitioning says how a partitioned table divides its rows.
type Partitioning struct {
	Strategy byte // pg_partitioned_table.partstrat: l, r, h
	Keys     []PartitionKey
	Default  ID `json:",omitempty"` // the default partition
}

// PartitionKey is one of the values that rows are divided by.
type PartitionKey struct {
	Attr      int16  // 0 = Expr
	Expr      string `json:",omitempty"` // SQL text
	Type      types.T
	Collation ID `json:",omitempty"`
	// Derived is the collation of an expression itself, 0 = its type's.
	Derived ID `json:",omitempty"`
	// Order is the order of the collation (sql/collate) by whose keys rows are divided, "" for
	// one by bytes: partition.Set then knows these keys, of type bytea, in place of the texts.
	Order   string `json:",omitempty"`
	OpClass string `json:",omitempty"`
	// ByType says that hash partitioning hashes the values by their type's hash function
	// (sql/typehash). Tables made before that hash those of some types by the bytes of their
	// keys, and go on doing so: it says where their rows are.
	ByType bool `json:",omitempty"`
}

// KeyType is the type of the values that are compared with bounds, or hashed.
func (k *PartitionKey) KeyType() types.T {
	if k.Order != "" {
		return types.Of(types.ByteaOID)
	}
	return k.Type
}

// Bound says which rows of its parent a partition has.
type Bound struct {
	Default            bool         `json:",omitempty"`
	Modulus, Remainder int          `json:",omitempty"`
	Values             []BoundValue `json:",omitempty"` // of a list
	From, To           []BoundValue `json:",omitempty"` // of a range: From ≤ key < To
}

// BoundValue is a value of a bound: below all (Limit −1), above all (1), NULL, or one by
// the bytes that types.AppendKey makes of it and by its SQL text.
type BoundValue struct {
	Limit int    `json:",omitempty"`
	Null  bool   `json:",omitempty"`
	Key   []byte `json:",omitempty"`
	Text  string `json:",omitempty"`
}

// IsPartitioned reports a table that has its rows in partitions.
func (t *Table) IsPartitioned() bool { return t.Partitioning != nil }

// IsPartition reports a table that is a partition of another.
func (t *Table) IsPartition() bool { return t.Bound != nil }

// PartitionName is a partition's name within its table, by which MySQL's dialect knows it.
func (t *Table) PartitionName() string {
	if _, name, ok := strings.Cut(t.Name, PartitionMark); ok {
		return name
	}
	return t.Name
}

// RelKind is the table's pg_class.relkind.
func (t *Table) RelKind() byte {
	if t.IsPartitioned() {
		return 'p'
	}
	return byte(t.Kind)
}

// Family lists a table and all below it, parents before their children, each once.
func (s *Snapshot) Family(t *Table) []*Table {
	out := []*Table{t}
	for i := 0; i < len(out); i++ {
		for _, id := range out[i].Children {
			c, ok := s.TableByID(id)
			if ok && !slices.ContainsFunc(out, func(o *Table) bool { return o.ID == id }) {
				out = append(out, c)
			}
		}
	}
	return out
}

// PartitionParent is the table that t is a partition of, or nil.
func (s *Snapshot) PartitionParent(t *Table) *Table {
	if !t.IsPartition() || len(t.Parents) == 0 {
		return nil
	}
	p, _ := s.TableByID(t.Parents[0])
	return p
}

// PartitionRoot is the topmost table that t is a part of, t itself if there is none.
func (s *Snapshot) PartitionRoot(t *Table) *Table {
	for p := s.PartitionParent(t); p != nil; p = s.PartitionParent(t) {
		t = p
	}
	return t
}

// AttrsIn gives for each column of t the attribute of the column of that name in other,
// 0 for those that it has not.
func (t *Table) AttrsIn(other *Table) []int16 {
	out := make([]int16, len(t.Columns))
	for i := range t.Columns {
		c := &t.Columns[i]
		if c.Dropped {
			continue
		}
		if o := other.Column(c.Num); o != nil && o.Name == c.Name {
			out[i] = o.Num
		} else if o := other.ColumnByName(c.Name); o != nil {
			out[i] = o.Num
		}
	}
	return out
}
