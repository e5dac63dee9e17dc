package catalogstore

import (
	"bytes"
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"strconv"

	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/types"
	"github.com/loxodb/loxodb/storage/rowcodec"
)

// renumbering gives the types of a database's copy OIDs of their own: values are compared
// and stored by what the process knows of a type, and that must not be another database's.
// All other OIDs stay, as in PostgreSQL.
type renumbering struct {
	to   map[types.OID]types.OID
	snap *catalog.Snapshot // of the original, whose types are registered
	rows map[catalog.ID]*layout
}

// layout tells which values of a table's rows name types.
type layout struct {
	*rowcodec.Layout
	columns []types.OID // by position, 0 = no such value
}

func newRenumbering(snap *catalog.Snapshot) (*renumbering, error) {
	r := &renumbering{to: map[types.OID]types.OID{}, snap: snap, rows: map[catalog.ID]*layout{}}
	for _, t := range snap.Types() {
		if err := r.draw(t.ID, t.Array); err != nil {
			return nil, err
		}
	}
	for _, t := range snap.Tables() {
		if err := r.draw(t.TypeID, t.ArrayID); err != nil {
			return nil, err
		}
	}
	for _, t := range snap.Tables() {
		if l := r.layout(t); l != nil {
			r.rows[t.Storage] = l
		}
	}
	return r, nil
}

func (r *renumbering) draw(ids ...types.OID) error {
	for _, id := range ids {
		if id < types.FirstTypeOID {
			continue
		}
		n, err := newTypeID()
		if err != nil {
			return err
		}
		r.to[id] = n
	}
	return nil
}

// newTypeID draws an OID for a type: see types.FirstTypeOID.
func newTypeID() (types.OID, error) {
	for {
		var b [4]byte
		if _, err := rand.Read(b[:]); err != nil {
			return 0, err
		}
		id := binary.BigEndian.Uint32(b[:])&(types.FirstTypeOID-1) | types.FirstTypeOID
		if types.Lookup(id) == nil {
			return id, nil
		}
	}
}

// names reports that values of a type name types that get other OIDs: arrays of users'
// types, and composite ones with members of such.
func (r *renumbering) names(t types.T) bool {
	i := types.Lookup(t.OID)
	switch {
	case i == nil:
		return t.OID >= types.FirstTypeOID
	case i.Composite != nil:
		for _, f := range i.Composite.Fields {
			if !f.Dropped && (f.T.OID >= types.FirstTypeOID || r.names(f.T)) {
				return true
			}
		}
	case i.Range != nil:
		return r.names(types.Of(i.Range.Elem))
	case i.IsArray:
		return i.Elem >= types.FirstTypeOID
	}
	return false
}

// layout is nil when no value of a table's rows names a type.
func (r *renumbering) layout(t *catalog.Table) *layout {
	if !t.IsStored() {
		return nil
	}
	l := &layout{columns: make([]types.OID, len(t.Columns))}
	found := false
	for i := range t.Columns {
		if c := &t.Columns[i]; r.names(c.Type) {
			l.columns[i], found = c.Type.OID, true
		}
	}
	if !found {
		return nil
	}
	l.Layout = rowcodec.NewLayout(t)
	return l
}

// fresh reports a vector index whose files hold values that name types: the copy's is
// built from the rows.
func (r *renumbering) fresh(t *catalog.Table, x *catalog.Index) bool {
	for _, a := range x.Include {
		if c := t.Column(a); c != nil && r.names(c.Type) {
			return true
		}
	}
	return false
}

// row changes a stored row in place.
func (r *renumbering) row(l *layout, val []byte) error {
	return l.EachBytes(val, func(col int, b []byte) {
		if oid := l.columns[col]; oid != 0 {
			types.Renumber(oid, b, r.to)
		}
	})
}

// descriptor is a descriptor with the new OIDs.
func (r *renumbering) descriptor(kind byte, val []byte) ([]byte, error) {
	d := json.NewDecoder(bytes.NewReader(val))
	d.UseNumber()
	var x any
	if err := d.Decode(&x); err != nil {
		return nil, fmt.Errorf("catalogstore: %w", err)
	}
	if kind == kindTable {
		if err := r.missing(x, val); err != nil {
			return nil, err
		}
	}
	return json.Marshal(r.walk(x))
}

// walk replaces numbers, and keys of objects, that are OIDs of types; no other number is
// as large as those by accident.
func (r *renumbering) walk(x any) any {
	switch x := x.(type) {
	case json.Number:
		if n, ok := r.number(x.String()); ok {
			return json.Number(n)
		}
	case []any:
		for i := range x {
			x[i] = r.walk(x[i])
		}
	case map[string]any:
		out := make(map[string]any, len(x))
		for k, v := range x {
			if n, ok := r.number(k); ok {
				k = n
			}
			out[k] = r.walk(v)
		}
		return out
	}
	return x
}

func (r *renumbering) number(s string) (string, bool) {
	id, err := strconv.ParseUint(s, 10, 32)
	if err != nil {
		return "", false
	}
	n, ok := r.to[types.OID(id)]
	return strconv.FormatUint(uint64(n), 10), ok
}

// missing changes the values that rows have which were written before a column was added.
func (r *renumbering) missing(x any, val []byte) error {
	return decode(val, func(t *catalog.Table) {
		list, _ := x.(map[string]any)["Columns"].([]any)
		for i := range min(len(list), len(t.Columns)) {
			c := &t.Columns[i]
			if c.Missing == nil || !r.names(c.Type) {
				continue
			}
			one := rowcodec.NewLayout(&catalog.Table{Columns: []catalog.Column{{Type: c.Type}}})
			err := one.EachBytes(c.Missing, func(_ int, b []byte) { types.Renumber(c.Type.OID, b, r.to) })
			if err == nil {
				list[i].(map[string]any)["Missing"] = base64.StdEncoding.EncodeToString(c.Missing)
			}
		}
	})
}
