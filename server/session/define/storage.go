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
