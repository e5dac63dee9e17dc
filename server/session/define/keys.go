package define

import (
	"context"
	"slices"
	"strconv"
	"strings"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// Keys of MySQL's dialect: indexes whose names are their tables' own there, and which have
// one of the schema's here, that nobody chose.

// indexOfTable finds an index of DROP INDEX … ON table.
func (e *Env) indexOfTable(st *ast.Drop) (*object, error) {
	t, err := e.table(st.Table)
	if err != nil {
		return nil, err
	}
	x := keyOf(t, st.Key)
	if x == nil {
		return nil, noKey(t, st.Key)
	}
	if st.Guarded && !e.Unchecked && needed(t, x) {
		return nil, errKeyNeeded(st.Key)
	}
	if st.Guarded {
		if err := e.keyNeeded(t, x, st.Key); err != nil {
			return nil, err
		}
	}
	return &object{kind: indexObject, id: x.ID}, nil
}

func noKey(t *catalog.Table, key string) error {
	return pgerr.Newf(pgerrcode.UndefinedObject, "key %q of relation %q does not exist", key, t.Name)
}

// keyOf finds an index by its name among the keys of its table, or else by its own name,
// which may have the table's before it.
func keyOf(t *catalog.Table, key string) (found *catalog.Index) {
	for _, x := range t.Indexes {
		switch {
		case x.Key != "" && strings.EqualFold(x.Key, key):
			return x
		case x.Key == "" && (strings.EqualFold(x.Name, key) || strings.EqualFold(x.Name, t.Name+"_"+key)):
			found = x
		}
	}
	return found
}

// keyIndexName is a free name of the schema for a key's index.
func (e *Env) keyIndexName(t *catalog.Table, key string) string {
	key = strings.ToLower(key)
	if !strings.HasPrefix(key, t.Name+"_") {
		key = t.Name + "_" + key
	}
	const longest = 63
	name := strings.ToValidUTF8(key[:min(len(key), longest)], "")
	for i := 1; e.Catalog.RelationExists(t.Schema, name); i++ {
		n := strconv.Itoa(i)
		name = strings.ToValidUTF8(key[:min(len(key), longest-len(n))], "") + n
	}
	return name
}

// unnamed finds the index or sequence of a name that a table of MySQL's dialect made and nobody
// named: there it is no relation, but a key, the primary key, or AUTO_INCREMENT.
func (e *Env) unnamed(schema catalog.ID, name string) (x *catalog.Index, q *catalog.Sequence) {
	if x, ok := e.Catalog.Index(schema, name); ok {
		t, ok := e.Catalog.TableByID(x.Table)
		if ok && (x.Key != "" && x.Constraint == 0 || x.Primary && x.Constraint != 0 && declaredTable(t)) {
			return x, nil
		}
		return nil, nil
	}
	if q, ok := e.Catalog.Sequence(schema, name); ok && q.Identity {
		if t, ok := e.Catalog.TableByID(q.OwnerTable); ok && declaredTable(t) {
			return nil, q
		}
	}
	return nil, nil
}

// makeWay gives what is unnamed another name, so that a relation can have that one.
func (e *Env) makeWay(ctx context.Context, schema catalog.ID, name string) error {
	switch x, q := e.unnamed(schema, name); {
	case q != nil:
		t, _ := e.Catalog.TableByID(q.OwnerTable)
		return e.renameSequence(ctx, q, e.relationName(schema, nil, t.Name, t.Column(q.OwnerAttr).Name, "seq"))
	case x == nil:
		return nil
	default:
		t, _ := e.Catalog.TableByID(x.Table)
		if x.Constraint != 0 {
			return e.renameIndex(ctx, t, x, e.relationName(schema, nil, t.Name, "", "pkey"))
		}
		e.change(ctx)
		c, n := copyTable(t), *x
		n.Name = e.keyIndexName(t, x.Key)
		c.Indexes[slices.IndexFunc(c.Indexes, func(y *catalog.Index) bool { return y.ID == x.ID })] = &n
		return e.putTable(c)
	}
}

// declaredTable reports a table of MySQL's dialect: its columns have types in the words of it.
func declaredTable(t *catalog.Table) bool {
	return slices.ContainsFunc(t.Columns, func(c catalog.Column) bool { return c.Declared != "" })
}

// renameKey renames an index by its names among the keys of its table.
func (e *Env) renameKey(ctx context.Context, st *ast.Rename) error {
	t, err := e.table(&st.Name)
	if err != nil {
		return err
	}
	x := keyOf(t, st.Old)
	if x == nil {
		return noKey(t, st.Old)
	}
	if y := keyOf(t, st.New); y != nil && y != x {
		return pgerr.Newf(pgerrcode.DuplicateTable, "key %q of relation %q already exists", st.New, t.Name)
	}
	e.change(ctx)
	c := copyTable(t)
	at := slices.Index(c.Indexes, x)
	n := *x
	if n.Key = st.New; n.Constraint == 0 { // a constraint's index has its name
		n.Name = e.keyIndexName(t, st.New)
	}
	c.Indexes[at] = &n
	return e.putTable(c)
}

// setsNull reports a foreign key of the table that may make a column NULL.
func setsNull(k *catalog.Constraint, column int16) bool {
	return k.Kind == catalog.ForeignConstraint && slices.Contains(k.Columns, column) && (k.OnUpdate == byte(ast.SetNull) ||
		k.OnDelete == byte(ast.SetNull) && (len(k.OnDeleteCols) == 0 || slices.Contains(k.OnDeleteCols, column)))
}

// neededNull is MySQL's error about such a column that has no NULLs.
func neededNull(c *catalog.Column, k *catalog.Constraint) error {
	return pgerr.Newf(pgerrcode.InvalidTableDefinition, "Column '%s' cannot be NOT NULL: needed in a foreign key constraint '%s' SET NULL", c.Name, k.Name)
}

// checkLengths refuses what MySQL refuses of the columns of a key and of their prefixes.
func checkLengths(t *catalog.Table, elems []ast.IndexElem, short bool) error {
	for i := range elems {
		c := t.ColumnByName(elems[i].Column)
		if c == nil {
			continue
		}
		switch n := elems[i].Prefix; {
		case n > 0 && (lengthless(c) || n <= lengthOf(c)):
		case n > 0:
			return pgerr.New(pgerrcode.InvalidTableDefinition, "Incorrect prefix key; the used key part isn't a string, the used length is longer "+
				"than the key part, or the storage engine doesn't support unique prefix keys")
		case short && lengthless(c):
			return pgerr.Newf(pgerrcode.InvalidTableDefinition, "BLOB/TEXT column '%s' used in key specification without a key length", c.Name)
		}
	}
	return nil
}

// lengthless reports a column that is declared as TEXT, BLOB or one of their kin.
func lengthless(c *catalog.Column) bool {
	return strings.HasSuffix(c.Declared, "text") || strings.HasSuffix(c.Declared, "blob") ||
		c.Declared == "" && (c.Type.OID == types.TextOID || c.Type.OID == types.ByteaOID || c.Type.OID == types.VarcharOID && c.Type.Mod < 0)
}

// lengthOf is how many characters or bytes a column holds of which that is declared, 0 for others.
func lengthOf(c *catalog.Column) int {
	kind, n, _ := strings.Cut(strings.TrimSuffix(c.Declared, ")"), "(")
	switch kind {
	case "char", "varchar", "binary", "varbinary":
		length, _ := strconv.Atoi(n)
		return length
	case "": // of PostgreSQL's dialect
		const header = 4
		if c.Type.OID == types.VarcharOID || c.Type.OID == types.BpcharOID {
			return int(c.Type.Mod) - header
		}
	}
	return 0
}

// prefixOf is what a key says of a prefix of a column: nothing where that is the whole.
func prefixOf(c *catalog.Column, chars int) int {
	const header = 4 // of varchar(n)'s modifier
	if (c.Type.OID == types.VarcharOID || c.Type.OID == types.BpcharOID) && c.Type.Mod >= header && chars >= int(c.Type.Mod)-header {
		return 0
	}
	return chars
}

// isWide reports a column whose values may be longer than an entry of an index.
func isWide(c *catalog.Column) bool {
	const most = 8000 // characters
	switch kind, _, _ := strings.Cut(c.Declared, "("); kind {
	case "tinytext", "tinyblob", "binary", "varbinary":
		return false
	}
	switch c.Type.OID {
	case types.TextOID, types.ByteaOID:
		return true
	case types.VarcharOID, types.BpcharOID:
		return c.Type.Mod > most
	}
	return false
}

// prefixElem is the prefix of a column as an expression: what is unique is the prefix, and what is
// wide has no whole entry.
func prefixElem(el *ast.IndexElem, c *catalog.Column, n int) *ast.IndexElem {
	out := *el
	at := ast.At{Pos: ast.NoPos}
	col, length := &ast.ColumnRef{At: at, Parts: []string{c.Name}}, &ast.Lit{At: at, Kind: ast.LitInt, Int: int64(n)}
	f := &ast.Func{At: at, Name: ast.QName{At: at, Schema: builtin.MySQLSchema, Name: "left"}, Args: []ast.Expr{col, length}}
	if c.Type.OID == types.ByteaOID {
		f.Name = ast.QName{At: at, Schema: "pg_catalog", Name: "substring"}
		f.Args = []ast.Expr{col, &ast.Lit{At: at, Kind: ast.LitInt, Int: 1}, length}
	}
	out.Column, out.Expr = "", f
	return &out
}

// showKey is ALTER INDEX … VISIBLE and INVISIBLE.
func (e *Env) showKey(t *catalog.Table, cmd *ast.AlterCmd) error {
	x, invisible := keyOf(t, cmd.Name), cmd.Kind == ast.KeyInvisible
	switch {
	case strings.EqualFold(cmd.Name, "primary"):
		if !invisible {
			return nil
		}
		return pgerr.NotSupported(int(cmd.Pos), "A primary key index cannot be invisible")
	case x == nil:
		return noKey(t, cmd.Name)
	case x.IsVector() && invisible:
		return pgerr.NotSupported(int(cmd.Pos), "a vector index cannot be invisible")
	}
	n := *x
	n.Invisible = invisible
	t.Indexes[slices.Index(t.Indexes, x)] = &n
	return e.putTable(t)
}
