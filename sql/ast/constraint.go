package ast

// ConstraintKind is the kind of a Constraint.
type ConstraintKind uint8

const (
	ConNotNull ConstraintKind = iota
	ConNull
	ConDefault
	ConIdentity
	ConGenerated
	ConCheck
	ConPrimary
	ConUnique
	ConForeign
	ConExclusion
	ConAttrDeferrable
	ConAttrNotDeferrable
	ConAttrDeferred
	ConAttrImmediate
	// ConOnUpdate is the value (Expr) that a column takes in every UPDATE which
	// changes the row and does not set the column.
	ConOnUpdate
)

// Constraint is a column's or a table's constraint.
type Constraint struct {
	At
	Kind              ConstraintKind
	Name              string
	ShortKeys         bool   // MySQL's: no whole column of TEXT or BLOB is in it
	Numbered          string // without a name it is the table's, this and a number; "" = as PostgreSQL names it
	Expr              Expr   // default, check, generated
	Always            bool   // identity: GENERATED ALWAYS; else BY DEFAULT
	AutoIncrement     bool   // identity: takes NULL and 0 for DEFAULT, and goes on after greater values
	Range             bool   // check: it comes with the column's declared type
	Unenforced        bool   // check: MySQL's NOT ENFORCED
	Options           []SeqOption
	Columns           []string // keys of primary, unique, foreign
	Comment           string   // primary: of its index, as MySQL's keys have one
	Including         []string
	NullsNotDistinct  bool
	UsingIndex        string
	With              []Option
	Tablespace        string
	RefTable          QName
	RefColumns        []string
	Match             byte // f p s
	OnDelete          RefAction
	OnUpdate          RefAction
	OnDeleteCols      []string
	Deferrable        bool
	InitiallyDeferred bool
	NotValid          bool
	NoInherit         bool
	// Of an exclusion: the access method, "" = the default, the keys with an operator each,
	// and the condition on the rows that it is about.
	Method    string
	Elems     []IndexElem
	Operators []OpName
	Where     Expr
}

// OpName is an operator as it is written: the name, with a schema in OPERATOR(schema.name).
type OpName struct{ Schema, Name string }

// RefAction is what a foreign key does; the byte PostgreSQL stores.
type RefAction byte

const (
	NoAction   RefAction = 'a'
	Restrict   RefAction = 'r'
	Cascade    RefAction = 'c'
	SetNull    RefAction = 'n'
	SetDefault RefAction = 'd'
)
