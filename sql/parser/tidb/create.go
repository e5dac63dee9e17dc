package tidb

import (
	"fmt"
	"strings"

	tast "github.com/pingcap/tidb/pkg/parser/ast"
	driver "github.com/pingcap/tidb/pkg/parser/test_driver"

	"github.com/loxodb/loxodb/sql/ast"
)

// createStmt converts CREATE; nil when n is something else.
func (c *conv) createStmt(n tast.StmtNode) ast.Stmt {
	c.stored = true
	defer func() { c.stored = false }()
	switch v := n.(type) {
	case *tast.CreateTableStmt:
		return c.createTable(v)
	case *tast.CreateIndexStmt:
		return c.createIndex(v)
	case *tast.CreateViewStmt:
		return c.createView(v)
	case *tast.CreateDatabaseStmt: // a database is a schema
		return &ast.CreateSchema{At: c.here(), Name: v.Name.L, IfNotExists: v.IfNotExists, Collation: c.databaseCollation(v.Options)}
	case *tast.AlterDatabaseStmt:
		name := c.databaseCollation(v.Options)
		if name == nil {
			return c.nothing("ALTER DATABASE")
		}
		out := &ast.SchemaCollation{At: c.here(), Collation: name}
		if !v.AlterDefaultDatabase {
			out.Name = v.Name.L
		}
		return out
	}
	return nil
}

// nothing is a statement that is accepted and has nothing to do here.
func (c *conv) nothing(tag string) ast.Stmt { return &ast.Block{At: c.here(), Tag: tag} }

// block is one statement, or several as one.
func (c *conv) block(tag string, stmts ...ast.Stmt) ast.Stmt {
	if len(stmts) == 1 {
		return stmts[0]
	}
	return &ast.Block{At: c.here(), Stmts: stmts, Tag: tag}
}

// tableParts is a table being defined: what CREATE TABLE itself holds, and the
// statements that have to follow it.
type tableParts struct {
	name  ast.QName
	table *ast.CreateTable
	after []ast.Stmt
	// support are the indexes that foreign keys make for themselves: they come last, as
	// other keys may serve.
	support []ast.Stmt
	keys    map[string]bool // names of keys in use
}

func (c *conv) createTable(s *tast.CreateTableStmt) ast.Stmt {
	name := c.table(s.Table)
	if s.Partition != nil {
		c.fail(nil, "partitioned tables are not supported")
	}
	out := &ast.CreateTable{At: c.here(), Name: name, IfNotExists: s.IfNotExists, Temp: s.TemporaryKeyword != tast.TemporaryNone, Declared: true}
	if s.ReferTable != nil {
		const all = 1<<31 - 1
		out.Like = []ast.TableLike{{At: placeless, Name: c.table(s.ReferTable), Options: all}}
		return out
	}
	if s.Select != nil {
		out.Collation, _ = c.tableCollation(s.Options)
		if len(s.Cols) > 0 || len(s.Constraints) > 0 || s.OnDuplicate != tast.OnDuplicateKeyHandlingError {
			c.fail(s, "CREATE TABLE with columns and a query is not supported")
		}
		c.nested++
		c.stored = false // it runs now
		out.Query = c.query(s.Select)
		c.nested--
		return out
	}
	out.Collation, _ = c.tableCollation(s.Options)
	p := &tableParts{name: name, table: out, keys: map[string]bool{}}
	start := c.tableOptions(s.Options, p)
	for _, d := range s.Cols {
		def := c.columnDef(d, p)
		for i := range def.Constraints {
			if k := &def.Constraints[i]; start > 1 && k.Kind == ast.ConIdentity {
				k.Options = append(k.Options, ast.SeqOption{At: placeless, Name: "start", Value: integer(placeless, start)})
			}
		}
		out.Columns = append(out.Columns, def)
	}
	for _, k := range s.Constraints {
		c.tableConstraint(k, p)
	}
	return c.block("CREATE TABLE", append(append([]ast.Stmt{out}, p.after...), p.support...)...)
}

// harmless are the options of tables that say how another server keeps them.
var harmless = map[tast.TableOptionType]bool{
	tast.TableOptionEngine: true, tast.TableOptionCharset: true, tast.TableOptionAutoIdCache: true,
	tast.TableOptionAutoRandomBase: true, tast.TableOptionAvgRowLength: true, tast.TableOptionCheckSum: true,
	tast.TableOptionTableCheckSum: true, tast.TableOptionCompression: true, tast.TableOptionKeyBlockSize: true,
	tast.TableOptionMaxRows: true, tast.TableOptionMinRows: true, tast.TableOptionDelayKeyWrite: true,
	tast.TableOptionRowFormat: true, tast.TableOptionStatsPersistent: true, tast.TableOptionStatsAutoRecalc: true,
	tast.TableOptionShardRowID: true, tast.TableOptionPreSplitRegion: true, tast.TableOptionPackKeys: true,
	tast.TableOptionStatsSamplePages: true, tast.TableOptionEncryption: true, tast.TableOptionPlacementPolicy: true,
	tast.TableOptionCollate: true, tast.TableOptionStatsBuckets: true, tast.TableOptionStatsTopN: true,
}

// tableOptions converts what follows the columns; auto is where AUTO_INCREMENT begins.
func (c *conv) tableOptions(list []*tast.TableOption, p *tableParts) (auto int64) {
	for _, o := range list {
		switch {
		case o.Tp == tast.TableOptionComment:
			p.after = append(p.after, &ast.Comment{At: c.here(), Kind: ast.ObjTable, Name: p.name, Text: textOrNil(o.StrValue)})
		case o.Tp == tast.TableOptionAutoIncrement:
			auto = int64(min(o.UintValue, 1<<63-1))
		case !harmless[o.Tp]:
			c.fail(nil, "option %s of a table is not supported", optionName(o))
		}
	}
	return auto
}

func textOrNil(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func optionName(o *tast.TableOption) string {
	switch o.Tp {
	case tast.TableOptionTTL, tast.TableOptionTTLEnable, tast.TableOptionTTLJobInterval:
		return "TTL"
	case tast.TableOptionUnion:
		return "UNION"
	case tast.TableOptionTablespace:
		return "TABLESPACE"
	case tast.TableOptionDataDirectory, tast.TableOptionIndexDirectory:
		return "DIRECTORY"
	}
	return fmt.Sprintf("number %d", o.Tp)
}

// columnDef converts a column; what is no part of a column goes to p.
func (c *conv) columnDef(d *tast.ColumnDef, p *tableParts) ast.ColumnDef {
	name := d.Name.Name.L
	t := c.columnType(d.Tp)
	out := ast.ColumnDef{At: placeless, Name: name, Type: t.typ, Bits: t.bits, Declared: declared(d.Tp), Collation: c.columnCollation(d)}
	add := func(k ast.Constraint) {
		k.At = c.here()
		out.Constraints = append(out.Constraints, k)
	}
	if t.check != nil {
		add(ast.Constraint{Kind: ast.ConCheck, Range: true,
			Expr: t.check(&ast.ColumnRef{At: placeless, Parts: []string{name}})})
	}
	for _, o := range d.Options {
		switch o.Tp {
		case tast.ColumnOptionNoOption, tast.ColumnOptionColumnFormat, tast.ColumnOptionStorage, tast.ColumnOptionCollate:
		case tast.ColumnOptionPrimaryKey:
			add(ast.Constraint{Kind: ast.ConPrimary})
		case tast.ColumnOptionNotNull:
			add(ast.Constraint{Kind: ast.ConNotNull})
		case tast.ColumnOptionNull:
			add(ast.Constraint{Kind: ast.ConNull})
		case tast.ColumnOptionAutoIncrement, tast.ColumnOptionAutoRandom:
			add(ast.Constraint{Kind: ast.ConIdentity, AutoIncrement: true})
		case tast.ColumnOptionDefaultValue:
			if v := value(o.Expr); v == nil || v.Kind() != driver.KindNull {
				add(ast.Constraint{Kind: ast.ConDefault, Expr: c.expr(o.Expr)})
			}
		case tast.ColumnOptionUniqKey:
			c.addKey(p, name, true, []ast.IndexElem{element(name, false)})
		case tast.ColumnOptionOnUpdate:
			add(ast.Constraint{Kind: ast.ConOnUpdate, Expr: c.expr(o.Expr)})
		case tast.ColumnOptionComment:
			s, _ := stringOf(o.Expr)
			p.after = append(p.after, &ast.Comment{At: c.here(), Kind: ast.ObjColumn, Name: p.name, Column: name, Text: textOrNil(s)})
		case tast.ColumnOptionGenerated: // a virtual column has the same values
			add(ast.Constraint{Kind: ast.ConGenerated, Expr: extracted(c.expr(o.Expr), t.typ.Name.Name), Always: true})
		case tast.ColumnOptionCheck:
			if !o.Enforced {
				c.fail(nil, "CHECK ... NOT ENFORCED is not supported")
			}
			add(ast.Constraint{Kind: ast.ConCheck, Name: fold(o.ConstraintName), Numbered: checkLabel, Expr: c.cond(o.Expr)})
		case tast.ColumnOptionReference:
			k := ast.Constraint{Kind: ast.ConForeign, Numbered: foreignLabel}
			c.reference(o.Refer, &k)
			add(k)
			k.Columns = []string{name}
			c.supportKey(p, &k)
		default:
			c.fail(nil, "this option of column \"%s\" is not supported", name)
		}
	}
	return out
}

// tableConstraint converts a key or constraint of the table's definition. Keys are
// statements of their own, so that DROP INDEX can drop them.
func (c *conv) tableConstraint(k *tast.Constraint, p *tableParts) {
	switch k.Tp {
	case tast.ConstraintPrimaryKey:
		con := ast.Constraint{At: c.here(), Kind: ast.ConPrimary}
		for _, e := range c.keyParts(k.Keys, whole) {
			if e.Column == "" {
				c.fail(nil, "a primary key of an expression is not supported")
			}
			con.Columns = append(con.Columns, e.Column)
		}
		p.table.Constraints = append(p.table.Constraints, con)
	case tast.ConstraintKey, tast.ConstraintIndex:
		c.addKey(p, k.Name, false, c.keyParts(k.Keys, found))
	case tast.ConstraintUniq, tast.ConstraintUniqKey, tast.ConstraintUniqIndex:
		c.addKey(p, nameOfKey(k, p), true, c.keyParts(k.Keys, unique))
	case tast.ConstraintForeignKey:
		f := c.foreignKey(k)
		p.table.Constraints = append(p.table.Constraints, f)
		c.supportKey(p, &f)
	case tast.ConstraintCheck:
		if !k.Enforced {
			c.fail(nil, "CHECK ... NOT ENFORCED is not supported")
		}
		p.table.Constraints = append(p.table.Constraints, ast.Constraint{At: c.here(), Kind: ast.ConCheck, Name: fold(k.Name), Numbered: checkLabel, Expr: c.cond(k.Expr)})
	case tast.ConstraintVector, tast.ConstraintColumnar:
		x := c.vectorIndex(p.name, k.Name, k.Keys, k.IfNotExists)
		p.after = append(p.after, x)
	case tast.ConstraintFulltext:
		c.fail(nil, "FULLTEXT indexes are not supported")
	default:
		c.fail(nil, "this kind of constraint is not supported")
	}
}

func (c *conv) foreignKey(k *tast.Constraint) ast.Constraint {
	out := ast.Constraint{At: c.here(), Kind: ast.ConForeign, Name: fold(k.Name), Numbered: foreignLabel}
	for _, e := range c.keyParts(k.Keys, whole) {
		out.Columns = append(out.Columns, e.Column)
	}
	c.reference(k.Refer, &out)
	return out
}

func (c *conv) reference(r *tast.ReferenceDef, out *ast.Constraint) {
	out.RefTable = c.table(r.Table)
	for _, e := range c.keyParts(r.IndexPartSpecifications, whole) {
		out.RefColumns = append(out.RefColumns, e.Column)
	}
	out.Match, out.OnDelete, out.OnUpdate = 's', ast.NoAction, ast.NoAction
	if r.OnDelete != nil {
		out.OnDelete = c.action(r.OnDelete.ReferOpt)
	}
	if r.OnUpdate != nil {
		out.OnUpdate = c.action(r.OnUpdate.ReferOpt)
	}
}

// action is what a foreign key does; InnoDB checks at once, which is RESTRICT.
func (c *conv) action(o tast.ReferOptionType) ast.RefAction {
	switch o {
	case tast.ReferOptionCascade:
		return ast.Cascade
	case tast.ReferOptionSetNull:
		return ast.SetNull
	case tast.ReferOptionRestrict:
		return ast.Restrict
	case tast.ReferOptionSetDefault:
		c.fail(nil, "ON DELETE or ON UPDATE SET DEFAULT is not supported")
	}
	return ast.NoAction
}

// The labels in the names that MySQL numbers.
const (
	foreignLabel = "ibfk"
	checkLabel   = "chk"
)

// supportKey makes the index that a foreign key has in MySQL, unless another one serves.
func (c *conv) supportKey(p *tableParts, f *ast.Constraint) {
	elems := make([]ast.IndexElem, len(f.Columns))
	for i, name := range f.Columns {
		elems[i] = element(name, false)
	}
	after := p.after
	p.after = nil
	c.addKey(p, f.Name, false, elems)
	p.after[0].(*ast.CreateIndex).Supporting = true
	p.support, p.after = append(p.support, p.after...), after
}

// nameOfKey is a key's name, that of its first column where only a prefix of that counts.
func nameOfKey(k *tast.Constraint, p *tableParts) string {
	if first := k.Keys[0]; k.Name == "" && first.Expr == nil && first.Length > 0 && !p.keys[first.Column.Name.L] {
		return first.Column.Name.L
	}
	return k.Name
}

// addKey makes an index of a table's definition.
func (c *conv) addKey(p *tableParts, name string, unique bool, elems []ast.IndexElem) {
	if name == "" {
		name = firstColumn(elems)
		for i := 2; p.keys[name]; i++ {
			name = fmt.Sprintf("%s_%d", firstColumn(elems), i)
		}
	}
	p.keys[fold(name)] = true
	p.after = append(p.after, &ast.CreateIndex{At: c.here(), Name: indexName(p.name.Name, name), Key: name, Table: p.name, Unique: unique,
		Elems: elems, IfNotExists: p.table != nil && p.table.IfNotExists})
}

func firstColumn(elems []ast.IndexElem) string {
	if elems[0].Column != "" {
		return elems[0].Column
	}
	return "functional_index"
}

// indexName makes a key's name, which is the table's own in MySQL, one of the
// schema's, where a name may be there once.
func indexName(table, key string) string {
	key = fold(key)
	if strings.HasPrefix(key, table+"_") {
		return clip(key)
	}
	return clip(table + "_" + key)
}

func element(column string, desc bool) ast.IndexElem {
	e := ast.IndexElem{At: placeless, Column: column, Nulls: ast.NullsFirst}
	if desc {
		e.Desc, e.Nulls = true, ast.NullsLast
	}
	return e
}

// purpose is what a key is for.
type purpose int

const (
	found  purpose = iota // rows are found by it: the length of a prefix does not matter
	unique                // values, or their prefixes, are there once
	whole                 // of a primary or foreign key, whose columns count as they are
)

// keyParts converts the columns of a key. They are sorted as ORDER BY sorts in this
// dialect, NULL first.
func (c *conv) keyParts(list []*tast.IndexPartSpecification, what purpose) []ast.IndexElem {
	var out []ast.IndexElem
	for _, p := range list {
		if p.Expr != nil {
			e := element("", p.Desc)
			e.Expr = c.expr(p.Expr)
			out = append(out, e)
			continue
		}
		if p.Length > 0 && what == whole {
			c.fail(nil, "a primary or foreign key of a prefix, %s(%d), is not supported", p.Column.Name.O, p.Length)
		}
		if p.Length > 0 && what == unique {
			e := element("", p.Desc)
			e.Expr = call(placeless, "left", c.column(p.Column), integer(placeless, int64(p.Length)))
			out = append(out, e)
			continue
		}
		out = append(out, element(p.Column.Name.L, p.Desc))
	}
	return out
}

func (c *conv) createIndex(s *tast.CreateIndexStmt) ast.Stmt {
	table := c.table(s.Table)
	switch s.KeyType {
	case tast.IndexKeyTypeNone, tast.IndexKeyTypeUnique:
	case tast.IndexKeyTypeVector, tast.IndexKeyTypeColumnar:
		return c.vectorIndex(table, s.IndexName, s.IndexPartSpecifications, s.IfNotExists)
	default:
		c.fail(s, "FULLTEXT and SPATIAL indexes are not supported")
	}
	if s.IndexOption != nil && s.IndexOption.Condition != nil {
		c.fail(s, "a partial index is not supported in this dialect")
	}
	what := found
	if s.KeyType == tast.IndexKeyTypeUnique {
		what = unique
	}
	return &ast.CreateIndex{At: c.here(), Name: indexName(table.Name, s.IndexName), Key: s.IndexName, Table: table, Unique: what == unique,
		IfNotExists: s.IfNotExists, Elems: c.keyParts(s.IndexPartSpecifications, what)}
}

// vectorClasses are the operator classes of the distances that a vector index is
// declared for.
var vectorClasses = map[string]string{
	"vec_cosine_distance": "vector_cosine_ops", "vec_l2_distance": "vector_l2_ops",
	"vec_negative_inner_product": "vector_ip_ops", "vec_l1_distance": "vector_l1_ops",
}

// vectorIndex converts VECTOR INDEX ((VEC_COSINE_DISTANCE(column))).
func (c *conv) vectorIndex(table ast.QName, name string, keys []*tast.IndexPartSpecification, ifNotExists bool) ast.Stmt {
	if len(keys) != 1 || keys[0].Expr == nil {
		c.fail(nil, "a vector index is on one distance function of one column")
	}
	f, ok := unparen(keys[0].Expr).(*tast.FuncCallExpr)
	if !ok || len(f.Args) != 1 || vectorClasses[f.FnName.L] == "" {
		c.fail(keys[0].Expr, "a vector index on this expression is not supported")
	}
	col, ok := unparen(f.Args[0]).(*tast.ColumnNameExpr)
	if !ok {
		c.fail(f, "a vector index on an expression is not supported")
	}
	if name == "" {
		name = "vector_index_" + col.Name.Name.L
	}
	class := ast.QName{At: placeless, Schema: public, Name: vectorClasses[f.FnName.L]}
	return &ast.CreateIndex{At: c.here(), Name: indexName(table.Name, name), Key: name, Table: table, Method: "hnsw", IfNotExists: ifNotExists,
		Elems: []ast.IndexElem{{At: placeless, Column: col.Name.Name.L, OpClass: &class}}}
}

func unparen(n tast.ExprNode) tast.ExprNode {
	for {
		p, ok := n.(*tast.ParenthesesExpr)
		if !ok {
			return n
		}
		n = p.Expr
	}
}

func (c *conv) createView(s *tast.CreateViewStmt) ast.Stmt {
	out := &ast.CreateView{At: c.here(), Name: c.table(s.ViewName), OrReplace: s.OrReplace, Anew: s.OrReplace}
	for _, n := range s.Cols {
		out.Columns = append(out.Columns, n.L)
	}
	c.nested++
	out.Query = c.query(s.Select)
	c.nested--
	return out
}

// ofDocument are the functions that give parts of documents, or texts out of them.
var ofDocument = setOf("json_extract json_unquote json_value")

// extracted is what a generated column takes out of a document, as its type.
func extracted(e ast.Expr, typ string) ast.Expr {
	f, ok := e.(*ast.Func)
	if !ok || f.Name.Schema != own || !ofDocument[f.Name.Name] {
		return e
	}
	to := map[string]string{"int2": "to_signed", "int4": "to_signed", "int8": "to_signed", "float4": "to_double", "float8": "to_double",
		"numeric": "to_decimal", "varchar": "to_text", "text": "to_text"}[typ]
	if to == "" || to == "to_text" && f.Name.Name != "json_extract" {
		return e
	}
	return call(f.At, to, e)
}
