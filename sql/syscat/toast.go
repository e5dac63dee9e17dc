package syscat

import (
	"fmt"
	"strings"
	"sync"

	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/types"
)

// LoxoDB keeps long values as it keeps short ones. PostgreSQL gives a table whose rows can
// be long another one for what does not fit, which tools look for: the catalogs show it,
// with numbers made of the table's, and it is always empty.

// toastOids are the numbers of such a table and of its index.
func toastOids(t *catalog.Table) (table, index catalog.ID) {
	const first = 1 << 31
	return first + 4*t.ID, first + 4*t.ID + 1
}

// bornToast is such a table of a catalog, after which the others are made; its index has
// the next number.
const bornToast catalog.ID = 4143

// HasToast reports a table that PostgreSQL would make one for: rows can be longer than a
// quarter of a page (needs_toast_table).
func HasToast(t *catalog.Table) bool {
	if !t.IsStored() || t.IsPartitioned() {
		return false
	}
	const threshold, header, align = 2032, 23, 8
	length, movable := 0, false
	for i := range t.Columns {
		c := &t.Columns[i]
		info := types.Lookup(c.Type.OID)
		if c.Dropped || info == nil {
			continue
		}
		if info.Len > 0 {
			length = roundUp(length, alignOf(info.Align)) + int(info.Len)
			continue
		}
		movable = movable || info.Storage != 'p'
		size := maximumSize(c)
		if size < 0 && info.Storage != 'p' {
			return true
		}
		length = roundUp(length, alignOf(info.Align)) + max(size, 0)
	}
	return movable && roundUp(header+(len(t.Columns)+7)/8, align)+roundUp(length, align) > threshold
}

func roundUp(n, to int) int { return (n + to - 1) / to * to }

func alignOf(c byte) int { return map[byte]int{'c': 1, 's': 2, 'i': 4, 'd': 8}[c] }

// maximumSize is how long values of a column can be, −1 for any length.
func maximumSize(c *catalog.Column) int {
	const header, maxChar, digits = 4, 4, 4
	mod := int(c.Type.Mod)
	switch {
	case mod < 0 || c.Domain != 0:
	case c.Type.OID == types.VarcharOID || c.Type.OID == types.BpcharOID:
		return (mod-header)*maxChar + header
	case c.Type.OID == types.NumericOID && mod >= header:
		precision := (mod - header) >> 16 & 0xffff
		return 8 + 2*((precision+2*(digits-1))/digits)
	case c.Type.OID == types.BitOID || c.Type.OID == types.VarbitOID:
		return (mod+7)/8 + 2*header
	}
	return -1
}

// toastTables calls each for the tables that have one.
func (r *rows) toastTables(each func(t *catalog.Table)) {
	for _, t := range r.cat.Tables() {
		if HasToast(t) && !r.done() {
			each(t)
		}
	}
}

func (r *rows) toastClasses() {
	frozen := r.frozenXID()
	r.toastTables(func(t *catalog.Table) {
		id, index := toastOids(t)
		name := fmt.Sprint("pg_toast_", t.ID)
		r.class(class{id: id, schema: catalog.PgToastID, owner: t.Owner, am: catalog.HeapAmID, file: id, name: name, kind: 't',
			persistence: persistence(t), ident: 'n', natts: 3, tuples: -1, hasIndex: true, frozen: frozen, options: t.ToastOptions})
		r.class(class{id: index, schema: catalog.PgToastID, owner: t.Owner, am: catalog.BtreeAmID, file: index, name: name + "_index", kind: 'i',
			persistence: persistence(t), ident: 'n', natts: 2, pages: 1})
	})
}

// likeToast emits the rows about bornToast and its index, which stand in one of the first
// columns, for every such table.
func likeToast(catalogName string, columns int) generator {
	var cache fixedRows
	model := sync.OnceValue(func() (list [][]string) {
		for _, f := range bornRows(catalogName) {
			if n := number(f[0]); n == bornToast || n == bornToast+1 {
				list = append(list, f)
			}
		}
		return list
	})
	return func(r *rows) {
		rows := cache.get(r, "", func(r *rows) { r.lines(model()) })
		r.toastTables(func(t *catalog.Table) {
			id, index := toastOids(t)
			for _, row := range rows {
				copy(r.row, row)
				for i := range columns {
					switch catalog.ID(row[i].Int()) {
					case bornToast:
						r.row[i] = types.Int(int64(id))
					case bornToast + 1:
						r.row[i] = types.Int(int64(index))
					}
				}
				r.emit()
			}
		})
	}
}

var (
	toastAttributes = likeToast("pg_attribute", 1)
	toastIndexes    = likeToast("pg_index", 2)
)

func (r *rows) toastDepends() {
	r.toastTables(func(t *catalog.Table) {
		id, index := toastOids(t)
		r.depend(classRelation, id, 0, classRelation, t.ID, 0, depInternal)
		r.depend(classRelation, index, 0, classRelation, id, 1, depAuto)
		r.depend(classRelation, index, 0, classRelation, id, 2, depAuto)
	})
}

// ToastName is the name of such a table, or of its index, by number.
func ToastName(c *catalog.Snapshot, id catalog.ID) (string, bool) {
	if id < 1<<31 {
		return "", false
	}
	t, ok := c.TableByID((id &^ (1 << 31)) / 4)
	if !ok || !HasToast(t) {
		return "", false
	}
	switch table, index := toastOids(t); id {
	case table:
		return fmt.Sprint("pg_toast_", t.ID), true
	case index:
		return fmt.Sprint("pg_toast_", t.ID, "_index"), true
	}
	return "", false
}

// ToastNamed finds such a table, or its index, by name.
func ToastNamed(c *catalog.Snapshot, name string) (catalog.ID, bool) {
	rest, ok := strings.CutPrefix(name, "pg_toast_")
	rest, ofIndex := strings.CutSuffix(rest, "_index")
	t, found := c.TableByID(number(rest))
	if !ok || !found || !HasToast(t) {
		return 0, false
	}
	id, index := toastOids(t)
	if ofIndex {
		return index, true
	}
	return id, true
}

// XIDs is what an Env may add: the number of the next transaction.
type XIDs interface{ NextXID() uint32 }

// frozenXID is the transaction before which no row needs anything done: rows have no
// numbers that wrap around, so that is always the next one.
func (r *rows) frozenXID() catalog.ID {
	const firstNormal = 3
	if x, ok := r.env.(XIDs); ok {
		return max(x.NextXID(), firstNormal)
	}
	return firstNormal
}
