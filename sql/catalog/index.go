package catalog

import (
	"github.com/loxodb/loxodb/sql/types"
)

// Index is a secondary (or primary) index.
type Index struct {
	ID               ID
	Table            ID
	Name             string
	Method           string // btree, hnsw, flat, …
	Unique           bool
	Primary          bool
	NullsNotDistinct bool
	Keys             []IndexKey
	Include          []int16
	Where            string  // partial index predicate, SQL text
	Options          Options // WITH (…)
	Ready            bool    // writers maintain it
	Valid            bool    // readers may use it
	Constraint       ID      // the constraint it implements, 0 none
	Storage          ID      // key prefix of the entries
	Comment          string
	// Deferrable: of a unique constraint that is looked at late. Two rows can have one
	// key until then, so entries are kept as those of other indexes.
	Deferrable bool `json:",omitempty"`
	// Exclude are the operators of an exclusion constraint, one a key: no two rows may have
	// keys for which all hold. Those of the first Same keys are =. Disjoint: after them there
	// is one key, ranges of which no two may overlap.
	Exclude  []ID `json:",omitempty"`
	Same     int  `json:",omitempty"`
	Disjoint bool `json:",omitempty"`
	// Parent is the index of the partitioned table that this one is a part of, 0 none.
	Parent ID `json:",omitempty"`
	// Replaces is the index in whose place this one will be when it is built, 0 none.
	Replaces ID `json:",omitempty"`
	// Key is the index's name among the keys of its table, in a dialect where these have
	// names of their own; "" = none was given.
	Key string `json:",omitempty"`
	// Invisible: MySQL's: it is kept, and no plan finds rows by it.
	Invisible bool `json:",omitempty"`
	// Hash: it was declared as a hash index and is shown as one. Its entries are ordered,
	// as those of others, and Method is btree: that answers all that a hash index does.
	Hash bool `json:",omitempty"`
	// Gist: likewise of an exclusion constraint that was declared over a gist index.
	Gist bool `json:",omitempty"`
	// Clustered and ReplicaIdentity are what CLUSTER ON and REPLICA IDENTITY USING INDEX
	// have said of the table, for clients and dumps.
	Clustered       bool `json:",omitempty"`
	ReplicaIdentity bool `json:",omitempty"`
}

// Usable reports that plans may find rows by the index.
func (x *Index) Usable() bool { return x.Valid && !x.Invisible }

// AccessMethod is the access method that the index is shown with.
func (x *Index) AccessMethod() string {
	switch {
	case x.Hash:
		return "hash"
	case x.Gist:
		return "gist"
	case x.Method == "":
		return "btree"
	}
	return x.Method
}

// PrimaryKeyName is the Key of the index that is a table's primary key in MySQL's dialect: one of
// prefixes of columns, which no constraint stands for.
const PrimaryKeyName = "PRIMARY"

// IndexKey is one key column of an index.
type IndexKey struct {
	Attr       int16  // 0 = Expr
	Expr       string // SQL text
	Type       types.T
	OpClass    string
	Desc       bool
	NullsFirst bool
	Collation  ID
	// Order is the order of a key that is not by bytes, as package collate names it; the
	// entries then hold its keys, which are bytea. Unique indexes go by bytes.
	Order string `json:",omitempty"`
	// Prefix is how many characters of the column MySQL's dialect declared, 0 = all: the
	// entries hold the whole, so only that dialect's words tell.
	Prefix int `json:",omitempty"`
	// Derived is the collation of an expression itself, 0 = its type's: an index that has
	// it is shown without.
	Derived ID `json:",omitempty"`
	// Name is the index's column of an expression (pg_attribute.attname).
	Name string `json:",omitempty"`
	// StatTarget is as of a column.
	StatTarget int `json:",omitempty"`
	// Reads are the columns that the expression of a vector index reads: the entry
	// lives as long as none of them changes. Version is the vector column whose epoch
	// tells, when it is the only one; 0 = the row has an epoch of its own for it.
	Reads   []int16 `json:",omitempty"`
	Version int16   `json:",omitempty"`
	// Dims is how many dimensions the entries of a vector index have when Type does not say
	// it any more: the column lost its dimensions, which changes no row, and the index stayed.
	Dims int `json:",omitempty"`
}

// Dimensions is how many dimensions the entries of a vector index have.
func (k *IndexKey) Dimensions() int {
	if k.Dims > 0 {
		return k.Dims
	}
	return int(k.Type.Mod)
}
