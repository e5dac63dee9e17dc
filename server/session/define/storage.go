package define

import (
	"strings"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// storages are the words of SET STORAGE as pg_attribute has them.
var storages = map[string]byte{"plain": 'p', "external": 'e', "extended": 'x', "main": 'm'}

// setStorage notes what ALTER COLUMN … SET STORAGE says, for clients and dumps.
func (e *Env) setStorage(t *catalog.Table, cmd *ast.AlterCmd) error {
	word := cmd.Options[0].Name
	storage, ok := storages[strings.ToLower(word)]
	if !ok {
		return pgerr.Newf(pgerrcode.InvalidParameterValue, "invalid storage type %q", word)
	}
	c := t.ColumnByName(cmd.Name)
	if c == nil {
		return unaltered(t, cmd.Name)
	}
	of := types.Of(c.Type.OID)
	if c.Domain != 0 {
		of = types.Of(c.Domain)
	}
	if info := types.Lookup(of.OID); storage != 'p' && info != nil && info.Storage == 'p' {
		return pgerr.Newf(pgerrcode.FeatureNotSupported, "column data type %s can only have storage PLAIN", types.FormatType(of))
	}
	c.Storage = storage
	return e.putTable(t)
}

// storageOf is how the values of a column are to be stored, as in pg_attribute.
func storageOf(c *catalog.Column) byte {
	if c.Storage != 0 {
		return c.Storage
	}
	if info := types.Lookup(c.Type.OID); info != nil {
		return info.Storage
	}
	return 'x'
}

// compressions are the words of COMPRESSION as pg_attribute has them.
var compressions = map[string]byte{"default": 0, "pglz": 'p', "lz4": 'l'}

// compressionOf reads a COMPRESSION of a column, "" for none: types that are never compressed take
// the default only.
func compressionOf(c *catalog.Column, word string) (byte, error) {
	if word == "" || word == "default" {
		return 0, nil
	}
	of := types.Of(c.Type.OID)
	if c.Domain != 0 {
		of = types.Of(c.Domain)
	}
	if info := types.Lookup(of.OID); info != nil && info.Storage == 'p' {
		return 0, pgerr.Newf(pgerrcode.FeatureNotSupported, "column data type %s does not support compression", types.TypeName(of.OID))
	}
	method, ok := compressions[word]
	if !ok {
		return 0, pgerr.Newf(pgerrcode.InvalidParameterValue, "invalid compression method %q", word)
	}
	return method, nil
}

// setCompression notes what ALTER COLUMN … SET COMPRESSION says, for clients and dumps.
func (e *Env) setCompression(t *catalog.Table, cmd *ast.AlterCmd) (err error) {
	c := t.ColumnByName(cmd.Name)
	if c == nil {
		return unaltered(t, cmd.Name)
	}
	if c.Compression, err = compressionOf(c, cmd.Options[0].Name); err != nil {
		return err
	}
	return e.putTable(t)
}

// mergeStorage gives a column that a table has already the storage and compression of another
// definition of it, 0 for none, unless they are at odds (MergeAttributes).
func mergeStorage(c *catalog.Column, storage, compression byte, what string) error {
	word := func(of map[string]byte, b byte) string {
		for w, x := range of {
			if x == b {
				return w
			}
		}
		return ""
	}
	if storage != 0 && storage != storageOf(c) {
		return pgerr.Newf(pgerrcode.DatatypeMismatch, "%s %q has a storage parameter conflict", what, c.Name).
			WithDetail("%s versus %s", strings.ToUpper(word(storages, storageOf(c))), strings.ToUpper(word(storages, storage)))
	}
	switch {
	case c.Compression == 0:
		c.Compression = compression
	case compression != 0 && compression != c.Compression:
		return pgerr.Newf(pgerrcode.DatatypeMismatch, "column %q has a compression method conflict", c.Name).
			WithDetail("%s versus %s", word(compressions, c.Compression), word(compressions, compression))
	}
	return nil
}
