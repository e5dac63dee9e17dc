package ast

func (p *printer) stmt(s Stmt) {
	switch v := s.(type) {
	case *Select:
		p.query(v)
	case *Insert:
		p.insert(v)
	case *Update:
		p.update(v)
	case *Merge:
		p.merge(v)
	case *Delete:
		p.delete(v)
	case *Other:
		p.s(v.Name)
	default:
		if !p.ddl(s) && !p.object(s) && !p.function(s) {
			p.control(s)
		}
	}
}

// control writes transactions, settings, cursors and the like.
func (p *printer) control(s Stmt) {
	switch v := s.(type) {
	case *TxnStmt:
		p.txn(v)
	case *Set:
		p.set(v)
	case *Show:
		p.s("SHOW ")
		p.setting(v.Name)
	case *Explain:
		p.s("EXPLAIN ")
		if len(v.Options) > 0 {
			p.options(v.Options, " ")
			p.s(" ")
		}
		p.stmt(v.Stmt)
	case *Prepare:
		p.s("PREPARE ")
		p.ident(v.Name)
		for i, t := range v.Types {
			p.s([]string{", ", " ("}[b2i(i == 0)])
			p.typeName(t)
		}
		if len(v.Types) > 0 {
			p.s(")")
		}
		if v.Text != nil {
			p.s(" FROM ")
			p.expr(v.Text)
			break
		}
		p.s(" AS ")
		p.stmt(v.Stmt)
	case *Execute:
		p.execute(v)
	case *Deallocate:
		p.s("DEALLOCATE ", orAll(v.Name))
	case *Discard:
		p.s("DISCARD ", v.What)
	case *Checkpoint:
		p.s("CHECKPOINT")
	case *SecurityLabel:
		p.s("SECURITY LABEL")
		if v.Provider != "" {
			p.s(" FOR ")
			p.ident(v.Provider)
		}
	case *Load:
		p.s("LOAD ", QuoteLiteral(v.File))
	case *AutoCommit:
		p.s("SET autocommit TO ", []string{"off", "on"}[b2i(v.On)])
	case *Use:
		p.s("SET search_path TO ")
		p.ident(v.Schema)
	case *Block:
		for i, x := range v.Stmts {
			p.s([]string{"; ", ""}[b2i(i == 0)])
			p.stmt(x)
		}
	default:
		p.controlMore(s)
	}
}

func (p *printer) controlMore(s Stmt) {
	switch v := s.(type) {
	case *Declare:
		p.declare(v)
	case *Fetch:
		p.fetch(v)
	case *CloseCursor:
		p.s("CLOSE ", orAll(v.Name))
	case *Copy:
		p.copy(v)
	case *Maintenance:
		p.maintenance(v)
	case *LockTable:
		p.s("LOCK TABLE ")
		p.onlys(v.Tables, v.Only)
		p.s(" IN ", v.Mode, " MODE", []string{"", " NOWAIT"}[b2i(v.NoWait)])
	case *SetConstraints:
		p.s("SET CONSTRAINTS ")
		if len(v.Names) == 0 {
			p.s("ALL")
		}
		p.qnames(v.Names)
		p.s([]string{" IMMEDIATE", " DEFERRED"}[b2i(v.Deferred)])
	case *Listen:
		p.s(v.Kind, " ")
		if v.Channel == "" {
			p.s("*")
		} else {
			p.ident(v.Channel)
		}
		if v.Payload != "" {
			p.s(", ", QuoteLiteral(v.Payload))
		}
	}
}

// orAll is the quoted name, or ALL for none.
func orAll(name string) string {
	if name == "" {
		return "ALL"
	}
	return QuoteIdent(name)
}

func (p *printer) execute(v *Execute) {
	p.s("EXECUTE ")
	p.ident(v.Name)
	if len(v.Args) > 0 {
		p.call(" ", v.Args)
	}
}

var txnWords = [...]string{"BEGIN", "START TRANSACTION", "COMMIT", "ROLLBACK", "SAVEPOINT ", "RELEASE SAVEPOINT ",
	"ROLLBACK TO SAVEPOINT ", "PREPARE TRANSACTION ", "COMMIT PREPARED ", "ROLLBACK PREPARED "}

func (p *printer) txn(t *TxnStmt) {
	p.s(txnWords[t.Kind])
	switch {
	case t.Kind >= TxnPrepare:
		p.s(QuoteLiteral(t.Name))
	case t.Kind >= TxnSavepoint:
		p.ident(t.Name)
	}
	p.txnModes(t, " ")
	if t.Chain {
		p.s(" AND CHAIN")
	}
}

func (p *printer) txnModes(t *TxnStmt, sep string) {
	if t.Snapshot != nil {
		p.s(sep, "SNAPSHOT ", QuoteLiteral(*t.Snapshot))
	}
	if t.Isolation != "" {
		p.s(sep, "ISOLATION LEVEL ", t.Isolation)
		sep = ", "
	}
	if t.ReadOnly != nil {
		p.s(sep, []string{"READ WRITE", "READ ONLY"}[b2i(*t.ReadOnly)])
		sep = ", "
	}
	if t.Deferrable != nil {
		p.s(sep, notWord(!*t.Deferrable), "DEFERRABLE")
	}
}

// setting writes a setting's name, which may be dotted: each part is a name.
func (p *printer) setting(name string) {
	start := 0
	for i := 0; i <= len(name); i++ {
		if i == len(name) || name[i] == '.' {
			if start > 0 {
				p.s(".")
			}
			p.ident(name[start:i])
			start = i + 1
		}
	}
}

func (p *printer) set(v *Set) {
	switch {
	case v.Reset && v.Name == "all":
		p.s("RESET ALL")
		return
	case v.Reset:
		p.s("RESET ")
		p.setting(v.Name)
		return
	case v.Txn != nil:
		p.s([]string{"SET ", "SET LOCAL "}[b2i(v.Local)])
		if v.Name == "transaction" {
			p.s("TRANSACTION")
		} else {
			p.s("SESSION CHARACTERISTICS AS TRANSACTION")
		}
		p.txnModes(v.Txn, " ")
		return
	}
	p.s([]string{"SET ", "SET LOCAL "}[b2i(v.Local)])
	if cast, ok := intervalZone(v); ok {
		p.s("TIME ZONE INTERVAL ")
		p.expr(cast.X)
		p.s(" ", IntervalFields(cast.To.Interval))
		return
	}
	p.setting(v.Name)
	if v.Current {
		p.s(" FROM CURRENT")
		return
	}
	p.s(" TO ")
	if v.Values == nil {
		p.s("DEFAULT")
	}
	for i, e := range v.Values {
		p.sep(i)
		p.bare(e)
	}
}

// intervalZone recognises SET TIME ZONE INTERVAL '…' HOUR.
func intervalZone(v *Set) (*Cast, bool) {
	if len(v.Values) != 1 {
		return nil, false
	}
	c, ok := v.Values[0].(*Cast)
	return c, ok
}

func (p *printer) declare(v *Declare) {
	p.s("DECLARE ")
	p.ident(v.Name)
	if v.Binary {
		p.s(" BINARY")
	}
	if v.Scroll != nil {
		p.s(" ", []string{"NO SCROLL", "SCROLL"}[b2i(*v.Scroll)])
	}
	p.s(" CURSOR ", []string{"", "WITH HOLD "}[b2i(v.Hold)], "FOR ")
	p.query(v.Query)
}

func (p *printer) fetch(v *Fetch) {
	p.s([]string{"FETCH ", "MOVE "}[b2i(v.Move)],
		[]string{"FORWARD ", "BACKWARD ", "ABSOLUTE ", "RELATIVE "}[v.Direction])
	if v.Count == FetchAll {
		p.s("ALL")
	} else {
		p.int(v.Count)
	}
	p.s(" FROM ")
	p.ident(v.Name)
}

func (p *printer) copy(v *Copy) {
	p.s("COPY ")
	if v.Table != nil {
		p.qname(*v.Table)
		p.parenIdents(v.Columns)
	} else {
		p.s("(")
		p.stmt(v.Query)
		p.s(")")
	}
	p.s([]string{" TO ", " FROM "}[b2i(v.From)])
	switch {
	case v.Program:
		p.s("PROGRAM ", QuoteLiteral(v.File))
	case v.File != "":
		p.s(QuoteLiteral(v.File))
	default:
		p.s([]string{"STDOUT", "STDIN"}[b2i(v.From)])
	}
	if len(v.Options) > 0 {
		p.s(" WITH ")
		p.options(v.Options, " ")
	}
	p.where(v.Where)
}

func (p *printer) maintenance(v *Maintenance) {
	p.s([]string{"ANALYZE", "VACUUM"}[b2i(v.Vacuum)])
	if len(v.Options) > 0 {
		p.s(" ")
		p.options(v.Options, " ")
	}
	for i, t := range v.Tables {
		p.s([]string{", ", " "}[b2i(i == 0)])
		p.qname(t.Name)
		p.parenIdents(t.Columns)
	}
}

// seqOptions writes the options of a sequence, each after a space.
func (p *printer) seqOptions(list []SeqOption) {
	for _, o := range list {
		p.s(" ")
		p.seqOption(o)
	}
}

var seqWords = map[string]string{"increment": "INCREMENT BY", "minvalue": "MINVALUE", "maxvalue": "MAXVALUE",
	"start": "START WITH", "restart": "RESTART", "cache": "CACHE", "owned_by": "OWNED BY", "as": "AS",
	"sequence_name": "SEQUENCE NAME", "generated": "GENERATED"}

func (p *printer) seqOption(o SeqOption) {
	word := seqWords[o.Name]
	switch {
	case o.Type != nil:
		p.s(word, " ")
		p.typeName(*o.Type)
	case o.Names != nil:
		p.s(word, " ")
		for i, n := range o.Names {
			p.s([]string{".", ""}[b2i(i == 0)])
			if o.Name == "owned_by" && len(o.Names) == 1 && n == "none" {
				p.s("NONE")
				continue
			}
			p.ident(n)
		}
	case o.Name == "cycle":
		p.s([]string{"NO CYCLE", "CYCLE"}[b2i(o.Value != nil && o.Value.Bool)])
	case o.Name == "generated":
		p.s("GENERATED ", []string{"BY DEFAULT", "ALWAYS"}[b2i(o.Value.Text == "always")])
	case o.Value == nil && o.Name != "restart":
		p.s("NO ", word)
	case o.Value == nil:
		p.s(word)
	case o.Name == "logged":
		p.s("LOGGED")
	default:
		p.s(word, " ")
		p.lit(o.Value)
	}
}
