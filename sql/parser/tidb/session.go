package tidb

import (
	"strings"

	tast "github.com/pingcap/tidb/pkg/parser/ast"

	"github.com/loxodb/loxodb/sql/ast"
)

// sessionStmt converts what acts on the session; nil when n is something else.
func (c *conv) sessionStmt(n tast.StmtNode) ast.Stmt {
	switch v := n.(type) {
	case *tast.BeginStmt:
		out := &ast.TxnStmt{At: c.here(), Kind: ast.TxnStart}
		if v.AsOf != nil {
			c.failAt("as of timestamp", "AS OF TIMESTAMP is not supported")
		}
		if v.ReadOnly {
			out.ReadOnly = &v.ReadOnly
		}
		return out
	case *tast.CommitStmt:
		return c.end(ast.TxnCommit, v.CompletionType)
	case *tast.RollbackStmt:
		if v.SavepointName != "" {
			return &ast.TxnStmt{At: c.here(), Kind: ast.TxnRollbackTo, Name: fold(v.SavepointName)}
		}
		return c.end(ast.TxnRollback, v.CompletionType)
	case *tast.SavepointStmt:
		return &ast.TxnStmt{At: c.here(), Kind: ast.TxnSavepoint, Name: fold(v.Name)}
	case *tast.ReleaseSavepointStmt:
		return &ast.TxnStmt{At: c.here(), Kind: ast.TxnRelease, Name: fold(v.Name)}
	case *tast.UseStmt:
		return &ast.Use{At: c.here(), Schema: fold(v.DBName)}
	case *tast.SetStmt:
		return c.set(v)
	case *tast.LockTablesStmt:
		return c.lockTables(v)
	case *tast.UnlockTablesStmt:
		return &ast.TxnStmt{At: c.here(), Kind: ast.TxnCommit}
	case *tast.AnalyzeTableStmt:
		out := &ast.Maintenance{At: c.here()}
		for _, t := range v.TableNames {
			out.Tables = append(out.Tables, ast.MaintTable{Name: c.table(t)})
		}
		return out
	case *tast.OptimizeTableStmt:
		out := &ast.Maintenance{At: c.here(), Vacuum: true, Options: []ast.Option{{At: placeless, Name: "analyze"}}}
		for _, t := range v.Tables {
			out.Tables = append(out.Tables, ast.MaintTable{Name: c.table(t)})
		}
		return out
	case *tast.DoStmt:
		return c.do(v)
	case *tast.ExplainStmt:
		return c.explain(v)
	case *tast.PrepareStmt:
		out := &ast.Prepare{At: c.here(), Name: fold(v.Name)}
		if v.SQLVar != nil {
			out.Text = c.variable(v.SQLVar)
		} else {
			out.Text = text(c.here(), v.SQLText)
		}
		return out
	case *tast.ExecuteStmt:
		return &ast.Execute{At: c.here(), Name: fold(v.Name), Args: c.exprs(v.UsingVars), Texts: true}
	case *tast.DeallocateStmt:
		return &ast.Deallocate{At: c.here(), Name: fold(v.Name)}
	case *tast.FlushStmt:
		if v.Tp == tast.FlushPrivileges || v.Tp == tast.FlushStatus || v.Tp == tast.FlushLogs || v.Tp == tast.FlushTables && !v.ReadLock {
			return c.nothing("FLUSH")
		}
	}
	return nil
}

// do computes expressions and gives no rows.
func (c *conv) do(v *tast.DoStmt) ast.Stmt {
	nulls := syscall(c.here(), "num_nulls")
	c.once = true
	for _, e := range v.Exprs {
		nulls.Args = append(nulls.Args, textual(c.expr(e)))
	}
	return c.computed(nulls)
}

// computed computes a number that is not negative, and gives no rows.
func (c *conv) computed(number ast.Expr) ast.Stmt {
	at := c.here()
	return &ast.Select{At: at, Where: &ast.Op{At: at, Schema: system, Name: "<", Left: number, Right: integer(at, 0)}}
}

func (c *conv) end(kind ast.TxnKind, how tast.CompletionType) ast.Stmt {
	out := &ast.TxnStmt{At: c.here(), Kind: kind}
	switch how {
	case tast.CompletionTypeChain:
		out.Chain = true
	case tast.CompletionTypeRelease:
		c.fail(nil, "COMMIT and ROLLBACK with RELEASE are not supported")
	}
	return out
}

// explain converts EXPLAIN; DESCRIBE t comes as an explanation of SHOW COLUMNS.
func (c *conv) explain(v *tast.ExplainStmt) ast.Stmt {
	if show, ok := v.Stmt.(*tast.ShowStmt); ok {
		return c.showStmt(show)
	}
	out := &ast.Explain{At: c.here()}
	if v.Analyze {
		out.Options = append(out.Options, ast.Option{At: placeless, Name: "analyze"})
	}
	switch strings.ToLower(v.Format) {
	case "", "row", "traditional", "brief", "tree", "verbose", "plan_tree":
	case "json", "tidb_json":
		out.Options = append(out.Options, ast.Option{At: placeless, Name: "format", Value: text(placeless, "json")})
	default:
		c.failAt("format", "EXPLAIN FORMAT = %s is not supported", v.Format)
	}
	switch {
	case v.Explore:
		c.fail(v, "EXPLAIN EXPLORE is not supported")
	case v.SQLDigest != "" || v.PlanDigest != "":
		c.fail(v, "EXPLAIN of a digest is not supported")
	}
	if out.Stmt = c.dmlStmt(v.Stmt); out.Stmt == nil {
		what := c.statementName(v.Stmt)
		c.failAt(strings.Fields(fold(what))[0], "EXPLAIN of %s is not supported", what)
	}
	return out
}

// set converts SET: one statement an assignment.
func (c *conv) set(s *tast.SetStmt) ast.Stmt {
	var list []ast.Stmt
	for _, v := range s.Variables {
		if a := c.setOne(v); a != nil {
			list = append(list, a)
		}
	}
	return c.block("SET", list...)
}

// setOne converts one assignment; nil for one that changes nothing here.
func (c *conv) setOne(v *tast.VariableAssignment) ast.Stmt {
	name := fold(v.Name)
	if v.Name == tast.SetNames || v.Name == tast.SetCharset {
		return c.setNames(v)
	}
	if !v.IsSystem {
		// Settings know no NULL: a value has a sign before it, which mysql.variable takes away.
		c.once = true
		defer func() { c.once = false }()
		value := &ast.Op{At: c.here(), Schema: system, Name: "||", Left: text(c.here(), "="), Right: call(c.here(), "to_text", textual(c.expr(v.Value)))}
		return &ast.Set{At: c.here(), Name: userVariable(name), Values: []ast.Expr{value}}
	}
	if v.IsGlobal && name == "gtid_purged" { // as dumps write it: nothing is replicated here
		return nil
	}
	if v.IsGlobal {
		c.failAt("global", "SET GLOBAL is not supported")
	}
	val := c.settingValue(v.Value)
	switch name {
	case "transaction_isolation", "tx_isolation", "tx_isolation_one_shot":
		return c.setIsolation(v, name)
	case "transaction_read_only", "tx_read_only":
		return c.setReadOnly(v)
	case "tx_read_ts": // as SET TRANSACTION READ ONLY AS OF TIMESTAMP comes, too
		if words := []string{"as", "of", "timestamp"}; c.clause(words) == int(c.stmtPos) {
			c.fail(nil, "variable tx_read_ts is not supported")
		}
		c.failAt("as of timestamp", "AS OF TIMESTAMP is not supported")
	case "time_zone":
		return c.setTimeZone(v)
	case "autocommit":
		on, ok := switched(val)
		if !ok {
			c.wrong(v, "Variable 'autocommit' can't be set to this value")
		}
		return &ast.AutoCommit{At: c.here(), On: on}
	case "collation_connection", "default_collation_for_utf8mb4":
		c.checkCollation(v)
	case "sql_mode":
		c.checkMode(v)
	case "character_set_client", "character_set_results":
		return c.setClientCharset(v, name, val)
	case "character_set_connection":
		return c.setConnectionCharset(v, val)
	default:
		val = c.trueValue(v, name, val)
	}
	if _, ok := variables[name]; ok {
		name = systemVariable(name)
	}
	if isDefault(v.Value) {
		if std, ok := variables[fold(v.Name)]; ok {
			return &ast.Set{At: c.here(), Name: name, Values: []ast.Expr{text(c.here(), std)}}
		}
		return &ast.Set{At: c.here(), Name: name, Reset: true}
	}
	return &ast.Set{At: c.here(), Name: name, Values: []ast.Expr{val}}
}

// settingValue converts the value of a variable: a bare word is its text.
func (c *conv) settingValue(n tast.ExprNode) ast.Expr {
	switch v := n.(type) {
	case nil:
		return nil
	case *tast.ColumnNameExpr:
		return text(c.at(v), v.Name.OrigColName())
	case *tast.DefaultExpr:
		return nil
	}
	return c.expr(n)
}

// switched is the value of a variable that is on or off; nil means its default, on.
func switched(e ast.Expr) (on, ok bool) {
	l, _ := e.(*ast.Lit)
	switch {
	case e == nil:
		return true, true
	case l == nil:
		return false, false
	case l.Kind == ast.LitInt:
		return l.Int == 1, l.Int == 0 || l.Int == 1
	case l.Kind == ast.LitBool:
		return l.Bool, true
	case l.Kind == ast.LitString:
		switch fold(l.Text) {
		case "on", "true", "1":
			return true, true
		case "off", "false", "0":
			return false, true
		}
	}
	return false, false
}

func isOn(e ast.Expr) bool {
	l, ok := e.(*ast.Lit)
	if !ok {
		return e == nil
	}
	switch l.Kind {
	case ast.LitInt:
		return l.Int != 0
	case ast.LitBool:
		return l.Bool
	case ast.LitString:
		return strings.EqualFold(l.Text, "on") || strings.EqualFold(l.Text, "true") || l.Text == "1"
	}
	return false
}

func (c *conv) setIsolation(v *tast.VariableAssignment, name string) ast.Stmt {
	level, ok := stringOf(v.Value)
	if !ok {
		c.fail(v, "the value of %s must be a literal", v.Name)
	}
	txn := &ast.TxnStmt{At: c.here(), Isolation: strings.ReplaceAll(fold(level), "-", " ")}
	if name == "tx_isolation_one_shot" {
		return &ast.Set{At: c.here(), Name: "transaction", Txn: txn}
	}
	return &ast.Set{At: c.here(), Name: "session characteristics", Txn: txn}
}

func (c *conv) setReadOnly(v *tast.VariableAssignment) ast.Stmt {
	on := isOn(c.settingValue(v.Value))
	if words := strings.Fields(c.src[c.stmtPos:]); len(words) > 1 && fold(words[1]) == "transaction" { // without SESSION
		return &ast.Set{At: c.here(), Name: "transaction", Txn: &ast.TxnStmt{At: c.here(), ReadOnly: &on}}
	}
	return &ast.Set{At: c.here(), Name: "session characteristics", Txn: &ast.TxnStmt{At: c.here(), ReadOnly: &on}}
}

// setTimeZone converts a zone: an offset is east of Greenwich in MySQL, and west
// in the form that PostgreSQL took over from POSIX.
func (c *conv) setTimeZone(v *tast.VariableAssignment) ast.Stmt {
	out := &ast.Set{At: c.here(), Name: "timezone"}
	zone, ok := stringOf(v.Value)
	switch {
	case !ok && isDefault(v.Value) || ok && strings.EqualFold(zone, "system"):
		out.Reset = true
		return out
	case !ok: // a variable, as dumps write it to go back: it holds what @@time_zone gave
		out.Values = []ast.Expr{c.expr(v.Value)}
		return out
	case zone == "+00:00" || zone == "-00:00":
		zone = "UTC"
	case len(zone) == 6 && (zone[0] == '+' || zone[0] == '-') && zone[3] == ':':
		west := map[byte]string{'+': "-", '-': "+"}[zone[0]]
		zone = "<" + zone + ">" + west + zone[1:]
	}
	out.Values = []ast.Expr{text(c.here(), zone)}
	return out
}

func isDefault(n tast.ExprNode) bool {
	_, ok := n.(*tast.DefaultExpr)
	return ok || n == nil
}

// otherModes are the SQL modes under which text means something else.
var otherModes = setOf("ansi ansi_quotes pipes_as_concat no_backslash_escapes high_not_precedence no_unsigned_subtraction ignore_space oracle mssql db2 postgresql")

func (c *conv) checkMode(v *tast.VariableAssignment) {
	modes, ok := stringOf(v.Value)
	if !ok {
		return
	}
	for m := range strings.SplitSeq(fold(modes), ",") {
		if m = strings.TrimSpace(m); otherModes[m] {
			c.fail(v, "SQL mode %s is not supported", strings.ToUpper(m))
		}
	}
}
