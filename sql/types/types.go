// Package types holds the SQL types: descriptors (OID and typmod), the unboxed
// Datum, and each type's text and binary input and output, comparison, hashing
// and length coercion. It must not know syntax, planning, execution, storage or
// the server.
package types

import (
	"math"
	"unsafe"
)

// OID identifies a type as PostgreSQL numbers it (pg_type.oid).
type OID = uint32

// T is a type with its modifier: varchar(10), numeric(8,2), vector(3). Mod is
// PostgreSQL's atttypmod, −1 for none.
type T struct {
	OID OID
	Mod int32
}

// Of returns the type without a modifier.
func Of(oid OID) T { return T{OID: oid, Mod: -1} }

// Rep is the in-memory representation of a type's values: which slice of a
// batch column and which part of a Datum holds them.
type Rep uint8

const (
	// RepInt: int64. bool (0/1), "char", int2, int4, int8, oid and the reg* types,
	// xid, cid, date (days since 2000-01-01; ±infinity = MaxInt32/MinInt32), time (µs), timestamp
	// and timestamptz (µs since 2000-01-01 UTC; ±infinity = MaxInt64/MinInt64), money.
	RepInt Rep = iota
	// RepFloat: float64. float4 (already rounded to float32) and float8.
	RepFloat
	// RepBytes: everything else, as bytes:
	//   text, varchar, bpchar, name, unknown, json, cstring, xml: UTF-8
	//   bytea: raw · uuid: 16 bytes · xid8, pg_lsn: 8 bytes big-endian · interval: int64 µs, int32 days, int32 months big-endian
	//   numeric: see numeric.go · jsonb: canonical text (jsonb.go) · timetz: int64 µs, int32 zone
	//   arrays: see array.go · record: see record.go · bit, varbit: int32 bit length + bytes
	//   inet, cidr: see inet.go · macaddr, macaddr8: 6 and 8 bytes
	//   jsonpath: canonical text (jsonpath.go)
	//   tsvector, tsquery: as on the wire (sql/tsearch)
	//   ranges, multiranges: see range.go · point, lseg, path, box, polygon, line, circle: see geometry.go
	//   vector, halfvec, int8vec, sparsevec: see vector.go
	RepBytes
)

// Datum is one value, unboxed. Ref is borrowed unless the producer says otherwise.
type Datum struct {
	bits uint64
	null bool
	ref  []byte
}

// Null is the SQL NULL of any type.
var Null = Datum{null: true}

// Int returns a RepInt datum.
func Int(v int64) Datum { return Datum{bits: uint64(v)} }

// Bool returns a bool datum.
func Bool(v bool) Datum {
	if v {
		return Datum{bits: 1}
	}
	return Datum{}
}

// Float returns a RepFloat datum.
func Float(v float64) Datum { return Datum{bits: math.Float64bits(v)} }

// Bytes returns a RepBytes datum that borrows b.
func Bytes(b []byte) Datum { return Datum{ref: b} }

// String returns a RepBytes datum that shares s's memory: it must not be written to.
func String(s string) Datum {
	if s == "" {
		return Datum{ref: []byte{}}
	}
	return Datum{ref: unsafe.Slice(unsafe.StringData(s), len(s))}
}

// IsNull reports SQL NULL.
func (d Datum) IsNull() bool { return d.null }

// Int is the value of a RepInt datum.
func (d Datum) Int() int64 { return int64(d.bits) }

// Bool is the value of a bool datum; false for NULL.
func (d Datum) Bool() bool { return d.bits != 0 && !d.null }

// Float is the value of a RepFloat datum.
func (d Datum) Float() float64 { return math.Float64frombits(d.bits) }

// Bytes is the value of a RepBytes datum, borrowed.
func (d Datum) Bytes() []byte { return d.ref }

// Text is a copy of a RepBytes datum as a string.
func (d Datum) Text() string { return string(d.ref) }

// Clone returns a datum that owns its bytes.
func (d Datum) Clone() Datum {
	if d.ref != nil {
		d.ref = append(make([]byte, 0, len(d.ref)), d.ref...)
	}
	return d
}
