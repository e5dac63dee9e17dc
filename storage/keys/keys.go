// Package keys lays out the keyspace: one byte of kind, then fixed-width
// big-endian numbers, so that every table, index and catalog object is one
// contiguous, ordered range. It must not know row contents or SQL types.
//
//	c kind id                     catalog descriptors
//	m name                        counters (OID, row ID leases), what a clean stop keeps of statistics
//	s id                          sequence state
//	t storage family row          rows: family 0 holds the scalars, family n the vector column n
//	i storage columns… [row]      ordered index entries
//	l table                       table lock and schema-change mark
//	k storage columns…            foreign-key lock of a referenced key
//	p transaction number          checks put off, seen by their transaction alone
//	o index row epoch             outbox marks of a vector index
//	v index                       manifest of a vector index
//
// That is the keyspace of one database. The first one of a server has it at the root of
// the store, among what all databases share: the descriptors of databases and roles, and
// the counters. Every other one has a keyspace of its own under
//
//	D database
package keys

import (
	"encoding/binary"

	"github.com/loxodb/loxodb/storage/kv"
)

// The first byte of every key.
const (
	Catalog  byte = 'c'
	Meta     byte = 'm'
	Sequence byte = 's'
	Rows     byte = 't'
	Index    byte = 'i'
	Lock     byte = 'l'
	KeyLock  byte = 'k'
	PutOff   byte = 'p'
	Outbox   byte = 'o'
	Manifest byte = 'v'
	Database byte = 'D'
)

// DatabaseLen is the length of the prefix of a database's keyspace.
const DatabaseLen = 5

// AppendDatabase appends that prefix.
func AppendDatabase(dst []byte, db uint32) []byte { return AppendID(dst, Database, db) }

// Scalars is the family of a row's scalar columns.
const Scalars uint16 = 0

// RowLen is the length of a row key.
const RowLen = 1 + 4 + 2 + 8

// AppendRowPrefix appends the prefix of all rows of one family of a table.
func AppendRowPrefix(dst []byte, storage uint32, family uint16) []byte {
	dst = append(dst, Rows)
	dst = binary.BigEndian.AppendUint32(dst, storage)
	return binary.BigEndian.AppendUint16(dst, family)
}

// AppendRow appends the key of one row in one family.
func AppendRow(dst []byte, storage uint32, family uint16, row uint64) []byte {
	return binary.BigEndian.AppendUint64(AppendRowPrefix(dst, storage, family), row)
}

// RowOf is the row number at the end of a row key or a non-unique index key.
func RowOf(key []byte) uint64 { return binary.BigEndian.Uint64(key[len(key)-8:]) }

// RunLen is the length of the prefix that key shares with those of its family
// of rows, its index, or its kind: what belongs together and is scanned together.
func RunLen(key []byte) int {
	if len(key) == 0 {
		return 0
	}
	switch key[0] {
	case Rows:
		return RowLen - 8
	case Index, Outbox:
		return IndexPrefixLen
	case Database:
		if len(key) > DatabaseLen {
			return DatabaseLen + RunLen(key[DatabaseLen:])
		}
	}
	return 1
}

// AppendIndexPrefix appends the prefix of all entries of an ordered index.
func AppendIndexPrefix(dst []byte, storage uint32) []byte {
	return binary.BigEndian.AppendUint32(append(dst, Index), storage)
}

// IndexPrefixLen is the length of an index prefix.
const IndexPrefixLen = 5

// LockedTable is the table whose own lock key is; ok is false for other keys.
func LockedTable(key []byte) (id uint32, ok bool) {
	if len(key) != 5 || key[0] != Lock {
		return 0, false
	}
	return binary.BigEndian.Uint32(key[1:]), true
}

// AppendID appends kind and a 32-bit number: sequences, locks, manifests.
func AppendID(dst []byte, kind byte, id uint32) []byte {
	return binary.BigEndian.AppendUint32(append(dst, kind), id)
}

// AppendCatalog appends the key of a catalog descriptor.
func AppendCatalog(dst []byte, kind byte, id uint32) []byte {
	return binary.BigEndian.AppendUint32(append(dst, Catalog, kind), id)
}

// AppendOutbox appends the key of a mark: the row's entry in the index changed to epoch.
func AppendOutbox(dst []byte, index uint32, row uint64, epoch uint32) []byte {
	dst = binary.BigEndian.AppendUint64(AppendID(dst, Outbox, index), row)
	return binary.BigEndian.AppendUint32(dst, epoch)
}

// OutboxMark is the inverse of AppendOutbox.
func OutboxMark(key []byte) (row uint64, epoch uint32) {
	n := len(key)
	return binary.BigEndian.Uint64(key[n-12:]), binary.BigEndian.Uint32(key[n-4:])
}

// Prefix is the range of all keys that start with p.
func Prefix(p []byte) kv.Range { return kv.Range{Start: p, End: PrefixEnd(p)} }

// PrefixEnd is the first key after all keys that start with p; nil if there is none.
func PrefixEnd(p []byte) []byte {
	end := append([]byte(nil), p...)
	for i := len(end) - 1; i >= 0; i-- {
		if end[i] < 0xff {
			end[i]++
			return end[:i+1]
		}
	}
	return nil
}

// TableRange is everything a table's rows occupy; IndexRange an index's entries.
func TableRange(storage uint32) kv.Range {
	return Prefix(binary.BigEndian.AppendUint32([]byte{Rows}, storage))
}

// IndexRange is everything an ordered index occupies.
func IndexRange(storage uint32) kv.Range { return Prefix(AppendIndexPrefix(nil, storage)) }

// RowFromInt maps an integer primary key to a row number that sorts like it.
func RowFromInt(v int64) uint64 { return uint64(v) ^ (1 << 63) }

// IntFromRow is the inverse of RowFromInt.
func IntFromRow(row uint64) int64 { return int64(row ^ (1 << 63)) }
