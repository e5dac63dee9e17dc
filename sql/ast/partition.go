package ast

import "strconv"

// PartitionStrategy is how a partitioned table finds the partition of a row; the byte
// PostgreSQL stores.
type PartitionStrategy byte

const (
	ByList  PartitionStrategy = 'l'
	ByRange PartitionStrategy = 'r'
	ByHash  PartitionStrategy = 'h'
)

// PartitionBy is PARTITION BY strategy (keys): columns, expressions, collations and
// operator classes as in an index.
type PartitionBy struct {
	At
	Strategy PartitionStrategy
	Keys     []IndexElem
	Required bool // the columns must be NOT NULL
}

// PartitionBound is the place of a partition among the others: DEFAULT or FOR VALUES ….
type PartitionBound struct {
	At
	Strategy  PartitionStrategy
	Default   bool
	Modulus   int
	Remainder int
	List      []Expr
	From, To  []RangeBound
}

// RangeBound is a value of FROM (…) or TO (…): MINVALUE (−1), a value (0), MAXVALUE (1).
type RangeBound struct {
	At
	Limit int
	Value Expr
}

func (w walker) partitioning(v *CreateTable) {
	if v.PartitionBy != nil {
		parts(w, v.PartitionBy.Keys)
	}
	w.bound(v.Bound)
}

func (w walker) bound(b *PartitionBound) {
	if b == nil {
		return
	}
	w.exprs(b.List)
	for _, list := range [][]RangeBound{b.From, b.To} {
		for i := range list {
			w.expr(list[i].Value)
		}
	}
}

func (p *printer) partitionBy(v *PartitionBy) {
	if v == nil {
		return
	}
	p.s(" PARTITION BY ", map[PartitionStrategy]string{ByList: "LIST", ByRange: "RANGE", ByHash: "HASH"}[v.Strategy], " (")
	for i, k := range v.Keys {
		p.sep(i)
		p.indexElem(k)
	}
	p.s(")")
}

func (p *printer) partitionBound(b *PartitionBound) {
	if b.Default {
		p.s("DEFAULT")
		return
	}
	p.s("FOR VALUES ")
	switch b.Strategy {
	case ByHash:
		p.s("WITH (MODULUS ", strconv.Itoa(b.Modulus), ", REMAINDER ", strconv.Itoa(b.Remainder), ")")
	case ByList:
		p.s("IN (")
		p.exprs(b.List)
		p.s(")")
	default:
		p.s("FROM ")
		p.rangeBound(b.From)
		p.s(" TO ")
		p.rangeBound(b.To)
	}
}

func (p *printer) rangeBound(list []RangeBound) {
	p.s("(")
	for i, v := range list {
		p.sep(i)
		switch {
		case v.Limit < 0:
			p.s("MINVALUE")
		case v.Limit > 0:
			p.s("MAXVALUE")
		default:
			p.expr(v.Value)
		}
	}
	p.s(")")
}

// onlys writes relations, some of them without their children.
func (p *printer) onlys(names []QName, only []bool) {
	for i, n := range names {
		p.sep(i)
		if i < len(only) && only[i] {
			p.s("ONLY ")
		}
		p.qname(n)
	}
}
