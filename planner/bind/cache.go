package bind

import (
	"strings"
	"sync"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/planner/physical"
	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/builtin"
	"github.com/loxodb/loxodb/sql/catalog"
	"github.com/loxodb/loxodb/sql/expr"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// bounded is a small concurrent cache that forgets everything when it is full.
// Its keys are descriptors, which are immutable: DDL makes new ones, so entries
// never become wrong, only unused.
type bounded[K comparable, V any] struct {
	mu sync.RWMutex
	m  map[K]V
}

const maxBounded = 4096

func (c *bounded[K, V]) get(k K) (V, bool) {
	c.mu.RLock()
	v, ok := c.m[k]
	c.mu.RUnlock()
	return v, ok
}

func (c *bounded[K, V]) put(k K, v V) {
	c.mu.Lock()
	if c.m == nil || len(c.m) >= maxBounded {
		c.m = map[K]V{}
	}
	c.m[k] = v
	c.mu.Unlock()
}

// indexOf names an index of one version of its table.
type indexOf struct {
	t *catalog.Table
	x *catalog.Index
}

var (
	tableWrites  bounded[*catalog.Table, *physical.TableWrite]
	mysqlWrites  bounded[mysqlWriteOf, *physical.TableWrite]
	indexWrites  bounded[indexOf, physical.IndexWrite]
	columnValues bounded[*catalog.Column, expr.Expr]
	resolvedOps  bounded[opKey, *builtin.ResolvedOp]
)

type opKey struct {
	schema, name string
	left, right  types.OID
	has          builtin.Has
}

// resolveOp is builtin.ResolveOp with its successes remembered: the choice among
// dozens of operators of one name is a good part of planning a small statement.
func (b *binder) resolveOp(schema, name string, left, right types.OID) (*builtin.ResolvedOp, error) {
	if ast.ExtensionOf(schema) != "" { // in stored SQL, wherever the extension is
		schema = ""
	}
	return resolveOp(b.extensions(), schema, name, left, right)
}

// hasOperatorSchema refuses the schema of an operator that does not exist.
func (b *binder) hasOperatorSchema(schema string, pos ast.Pos) error {
	if schema == "" || ast.ExtensionOf(schema) != "" {
		return nil
	}
	if _, ok := b.schemaID(schema); !ok {
		return errAt(pos, pgerrcode.InvalidSchemaName, "schema \"%s\" does not exist", schema)
	}
	return nil
}

// unresolved is an error of resolveOp with the domains that the operands are of; l nil
// means a prefix operator.
func (b *binder) unresolved(err error, schema, name string, l, r expr.Expr) error {
	code, lt := pgerr.Code(err), types.OID(0)
	if code != pgerrcode.UndefinedFunction && code != pgerrcode.AmbiguousFunction {
		return err
	}
	if l != nil {
		lt = b.shownType(l)
	}
	return builtin.UnresolvedOp(code, schema, name, lt, b.shownType(r))
}

func resolveOp(has builtin.Has, schema, name string, left, right types.OID) (*builtin.ResolvedOp, error) {
	k := opKey{schema, name, left, right, has}
	if r, ok := resolvedOps.get(k); ok {
		return r, nil
	}
	r, err := k.has.ResolveOp(schema, name, left, right)
	if err == nil {
		k.schema, k.name = strings.Clone(schema), strings.Clone(name)
		resolvedOps.put(k, r)
	}
	return r, err
}

// extensions are those that the database has.
func (b *binder) extensions() builtin.Has {
	if !b.hasRead {
		b.has, b.hasRead = builtin.HasOf(b.o.Catalog), true
	}
	return b.has
}
