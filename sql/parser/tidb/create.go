package tidb

import (
	"fmt"
	"slices"
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

// block is one statement, or several as one, with the warnings of the conversion.
func (c *conv) block(tag string, stmts ...ast.Stmt) ast.Stmt {
	if len(stmts) == 1 && len(c.warnings) == 0 {
		return stmts[0]
	}
	return &ast.Block{At: c.here(), Stmts: stmts, Tag: tag, Warnings: c.warnings}
}

// warn tells of something that the statement goes without.
func (c *conv) warn(format string, args ...any) {
	c.warnings = append(c.warnings, fmt.Sprintf(format, args...))
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
	// generated are the values of the generated columns so far.
	generated map[string]ast.Expr
	adding    bool     // the columns are added to a table that is there
	required  []string // columns of a table that is there which lose their NULLs
}

// charset is the character set of the table, as far as its definition says it; of one that is
// there already, one of single bytes.
func (p *tableParts) charset() string {
	switch {
	case p.table == nil || !p.table.Declared:
		return "binary"
	case p.table.Collation == nil:
		return "utf8mb4"
	}
	name, _, _ := strings.Cut(p.table.Collation.Name, "_")
	return name
}

func (c *conv) createTable(s *tast.CreateTableStmt) ast.Stmt {
	name := c.table(s.Table)
	if s.Partition != nil && s.Select != nil {
		c.failAt("partition by", "PARTITION BY with SELECT is not supported")
	}
	if s.TemporaryKeyword == tast.TemporaryGlobal {
		c.failAt("global temporary", "GLOBAL TEMPORARY tables are not supported")
	}
	out := &ast.CreateTable{At: c.here(), Name: name, IfNotExists: s.IfNotExists, Temp: s.TemporaryKeyword != tast.TemporaryNone, Declared: true}
	if s.ReferTable != nil {
		const all = 1<<31 - 1
		out.Like = []ast.TableLike{{At: placeless, Name: c.table(s.ReferTable), Options: all}}
		return out
	}
	checkTable(s)
	out.Collation, _ = c.tableCollation(s.Options)
	if s.Select != nil {
		c.nested++
		c.stored = false // it runs now
		out.Query = c.query(s.Select)
		c.stored = true
		c.nested--
	}
	p := &tableParts{name: name, table: out}
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
	if s.Partition != nil {
		c.partitioned(s.Partition, p)
	}
	p.foreignLast()
	after := append(p.after, p.support...)
	if slices.ContainsFunc(after, isUnique) {
		out.KeysFollow = true
		after = append(after, &ast.AlterTable{At: c.here(), Kind: ast.ObjTable, Name: name})
	}
	if s.Select != nil {
		out.Filling = &ast.Filling{Keys: after, Ignore: s.OnDuplicate == tast.OnDuplicateKeyHandlingIgnore,
			Replace: s.OnDuplicate == tast.OnDuplicateKeyHandlingReplace}
		return c.block("CREATE TABLE", out)
	}
	return c.block("CREATE TABLE", append([]ast.Stmt{out}, after...)...)
}

// foreignLast puts the foreign keys of a table behind its other keys if one refers to the table
// itself, whose key is there only then.
func (p *tableParts) foreignLast() {
	keys := func(k ast.Constraint) bool { return k.Kind == ast.ConForeign }
	itself := func(k ast.Constraint) bool {
		return keys(k) && k.RefTable.Name == p.name.Name && k.RefTable.Schema == p.name.Schema
	}
	t := p.table
	if !slices.ContainsFunc(t.Constraints, itself) || !slices.ContainsFunc(p.after, isUnique) {
		return
	}
	last := &ast.AlterTable{At: t.At, Kind: ast.ObjTable, Name: p.name}
	for i := range t.Constraints {
		if keys(t.Constraints[i]) {
			last.Cmds = append(last.Cmds, ast.AlterCmd{At: t.At, Kind: ast.AddConstraint, Constraint: &t.Constraints[i]})
		}
	}
	t.Constraints = slices.DeleteFunc(slices.Clone(t.Constraints), keys)
	p.after = append(p.after, last)
}

func isUnique(s ast.Stmt) bool {
	x, ok := s.(*ast.CreateIndex)
	return ok && x.Unique
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
	tast.TableOptionSecondaryEngine: true, tast.TableOptionSecondaryEngineNull: true, tast.TableOptionTablespace: true,
	tast.TableOptionNodegroup: true, tast.TableOptionDataDirectory: true, tast.TableOptionIndexDirectory: true, tast.TableOptionStorageMedia: true,
	tast.TableOptionEngineAttribute: true, tast.TableOptionSecondaryEngineAttribute: true, tast.TableOptionAutoextendSize: true,
	tast.TableOptionPageChecksum: true, tast.TableOptionPageCompressed: true, tast.TableOptionPageCompressionLevel: true,
	tast.TableOptionTransactional: true, tast.TableOptionIetfQuotes: true, tast.TableOptionAffinity: true,
	tast.TableOptionStatsColsChoice: true, tast.TableOptionStatsColList: true, tast.TableOptionStatsSampleRate: true,
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
			name := optionName(o)
			c.failAt(fold(name), "option %s of a table is not supported", name)
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

// optionNames are the others.
var optionNames = map[tast.TableOptionType]string{
	tast.TableOptionTTL: "TTL", tast.TableOptionTTLEnable: "TTL_ENABLE", tast.TableOptionTTLJobInterval: "TTL_JOB_INTERVAL",
	tast.TableOptionUnion: "UNION", tast.TableOptionInsertMethod: "INSERT_METHOD", tast.TableOptionConnection: "CONNECTION",
	tast.TableOptionPassword: "PASSWORD", tast.TableOptionSequence: "SEQUENCE",
}

func optionName(o *tast.TableOption) string {
	if name := optionNames[o.Tp]; name != "" {
		return name
	}
	return fmt.Sprintf("number %d", o.Tp)
}

// columnDef converts a column; what is no part of a column goes to p.
func (c *conv) columnDef(d *tast.ColumnDef, p *tableParts) ast.ColumnDef {
	name := d.Name.Name.L
	checkName(d.Name.Name.O)
	checkType(name, d.Tp, p.charset())
	checkOptions(d)
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
	for _, o := range lastOptions(d.Options) {
		switch o.Tp {
		case tast.ColumnOptionNoOption, tast.ColumnOptionColumnFormat, tast.ColumnOptionStorage, tast.ColumnOptionCollate, tast.ColumnOptionSecondaryEngineAttribute:
		case tast.ColumnOptionPrimaryKey:
			add(ast.Constraint{Kind: ast.ConPrimary, ShortKeys: true})
		case tast.ColumnOptionNotNull:
			add(ast.Constraint{Kind: ast.ConNotNull})
		case tast.ColumnOptionNull:
			add(ast.Constraint{Kind: ast.ConNull})
		case tast.ColumnOptionAutoIncrement, tast.ColumnOptionAutoRandom:
			add(ast.Constraint{Kind: ast.ConIdentity, AutoIncrement: true})
		case tast.ColumnOptionDefaultValue:
			if v := value(o.Expr); v == nil || v.Kind() != driver.KindNull {
				add(ast.Constraint{Kind: ast.ConDefault, Expr: c.defaultFor(o.Expr, t.typ.Name.Name)})
			}
		case tast.ColumnOptionUniqKey:
			c.addKey(p, name, true, []ast.IndexElem{element(name, false)}, nil)
		case tast.ColumnOptionOnUpdate:
			add(ast.Constraint{Kind: ast.ConOnUpdate, Expr: c.expr(o.Expr)})
		case tast.ColumnOptionComment:
			s, _ := stringOf(o.Expr)
			p.after = append(p.after, &ast.Comment{At: c.here(), Kind: ast.ObjColumn, Name: p.name, Column: name, Text: textOrNil(s)})
		case tast.ColumnOptionGenerated: // a virtual column has the same values
			add(ast.Constraint{Kind: ast.ConGenerated, Expr: c.generated(p, name, o.Expr, t.typ), Always: true})
		case tast.ColumnOptionCheck:
			add(ast.Constraint{Kind: ast.ConCheck, Unenforced: !o.Enforced, Name: fold(o.ConstraintName), Numbered: checkLabel, Expr: c.cond(o.Expr)})
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
		c.primaryKey(k, p)
	case tast.ConstraintKey, tast.ConstraintIndex:
		c.addKey(p, c.keyNamed(k.Name), false, c.keyParts(k.Keys, false), k.Option)
	case tast.ConstraintUniq, tast.ConstraintUniqKey, tast.ConstraintUniqIndex:
		c.addKey(p, c.keyNamed(k.Name), true, c.keyParts(k.Keys, false), k.Option)
	case tast.ConstraintForeignKey:
		f := c.foreignKey(k)
		p.table.Constraints = append(p.table.Constraints, f)
		c.supportKey(p, &f)
	case tast.ConstraintCheck:
		p.table.Constraints = append(p.table.Constraints, ast.Constraint{At: c.here(), Kind: ast.ConCheck, Unenforced: !k.Enforced, Name: fold(k.Name), Numbered: checkLabel, Expr: c.cond(k.Expr)})
	case tast.ConstraintVector, tast.ConstraintColumnar:
		x := c.vectorIndex(p.name, k.Name, k.Keys, k.IfNotExists, k.Option)
		p.after = append(p.after, x)
	case tast.ConstraintFulltext:
		if !p.table.Declared { // ALTER TABLE: it asks for nothing else
			c.failAt("fulltext", "FULLTEXT indexes are not supported")
		}
		c.warnFulltext(k.Name)
	default:
		c.fail(nil, "this kind of constraint is not supported")
	}
}

func (c *conv) foreignKey(k *tast.Constraint) ast.Constraint {
	out := ast.Constraint{At: c.here(), Kind: ast.ConForeign, Name: fold(k.Name), Numbered: foreignLabel}
	for _, e := range c.keyParts(k.Keys, true) {
		out.Columns = append(out.Columns, e.Column)
	}
	c.reference(k.Refer, &out)
	return out
}

func (c *conv) reference(r *tast.ReferenceDef, out *ast.Constraint) {
	out.RefTable = c.table(r.Table)
	for _, e := range c.keyParts(r.IndexPartSpecifications, true) {
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
