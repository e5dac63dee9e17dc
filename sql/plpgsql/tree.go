// Package plpgsql reads the text of functions in PL/pgSQL into a tree of statements
// (PostgreSQL chapter 43). SQL in it, expressions and queries, stays text with its
// place. It must not know names' meanings, types, or how anything runs.
package plpgsql

// Text is a piece of SQL in the function's text.
type Text struct {
	SQL string
	Pos int // byte offset in the function's text
}

// Given reports that there is a text.
func (t Text) Given() bool { return t.SQL != "" }

// Function is a whole function.
type Function struct {
	Block *Block
	// Conflict is what #variable_conflict says: error, use_variable or use_column; "" = nothing.
	Conflict string
	// StrictParams is what #print_strict_params says.
	StrictParams string // on or off; "" = nothing
}

// Block is DECLARE … BEGIN … EXCEPTION … END.
type Block struct {
	Line     int
	Label    string
	Decls    []Decl
	Body     []Stmt
	Handlers []Handler
	HasTrap  bool // there is an EXCEPTION clause
}

// Decl is a declaration.
type Decl struct {
	Line     int
	Pos      int
	Name     string
	Alias    []string // ALIAS FOR name; nil for others
	AliasPos int      // where that name is
	Type     Text     // "" for cursors
	Constant bool
	NotNull  bool
	Default  Text
	// Of cursors.
	Cursor   bool
	Scroll   byte // 0, s(croll) or n(o scroll)
	Args     []Decl
	Query    Text
	Collated Text // COLLATE
}

// Handler is WHEN … THEN.
type Handler struct {
	Conditions []Condition
	Body       []Stmt
}

// Condition names errors: a condition's name, or SQLSTATE 'xxxxx'.
type Condition struct {
	Name, State string
	Pos         int
}

// Target is what a statement assigns to: a variable or a field, perhaps an element of it.
type Target struct {
	Parts []string
	Pos   int
	Index Text // what follows the name: [1].f; "" mostly
}

// Stmt is a statement; Line is its line in the function's text.
type Stmt interface{ At() int }

// Line is a statement's place.
type Line int

// At implements Stmt.
func (l Line) At() int { return int(l) }

type (
	// Nested is a block as a statement.
	Nested struct {
		Line
		Block *Block
	}
	// Assign is target := expression.
	Assign struct {
		Line
		Target Target
		Value  Text
	}
	// If is IF; the last branch has no condition if there is ELSE.
	If struct {
		Line
		Branches []Branch
	}
	// Case is CASE; Value "" = searched. HasElse: the last branch is ELSE.
	Case struct {
		Line
		Value    Text
		Branches []Branch
		HasElse  bool
	}
	// Loop is LOOP, or WHILE with a condition.
	Loop struct {
		Line
		Label string
		While Text
		Body  []Stmt
	}
	// ForInt is FOR i IN a .. b.
	ForInt struct {
		Line
		Label    string
		Var      string
		Reverse  bool
		From, To Text
		By       Text
		Body     []Stmt
	}
	// ForQuery is FOR target IN query, EXECUTE or cursor.
	ForQuery struct {
		Line
		Label   string
		Targets []Target
		Query   Text
		Dynamic Text
		Using   []Text
		Cursor  string // a bound cursor's name; Args its arguments
		Args    []Text // one a parameter
		Body    []Stmt
	}
	// ForEach is FOREACH … IN ARRAY.
	ForEach struct {
		Line
		Label   string
		Targets []Target
		Slice   int
		Array   Text
		Body    []Stmt
	}
	// Exit is EXIT or CONTINUE.
	Exit struct {
		Line
		Continue bool
		Label    string
		When     Text
		Pos      int
	}
	// Return is RETURN.
	Return struct {
		Line
		Value Text
		Pos   int
	}
	// ReturnNext is RETURN NEXT; Start is where it begins, Pos where its value does.
	ReturnNext struct {
		Line
		Value      Text
		Start, Pos int
	}
	// ReturnQuery is RETURN QUERY.
	ReturnQuery struct {
		Line
		Query, Dynamic Text
		Using          []Text
		Pos            int
	}
	// Raise is RAISE. Level is lower case; Again: RAISE alone.
	Raise struct {
		Line
		Level            string
		Again            bool
		HasFormat        bool
		Format           string
		Params           []Text
		Condition, State string
		Options          []RaiseOption
		Pos              int
	}
	// Assert is ASSERT.
	Assert struct {
		Line
		Cond, Message Text
	}
	// Execute is EXECUTE.
	Execute struct {
		Line
		Query  Text
		Into   []Target
		Strict bool
		Using  []Text
	}
	// SQL is any other statement, with what follows INTO taken out of it.
	SQL struct {
		Line
		Text   Text
		Into   []Target
		Strict bool
	}
	// Perform is PERFORM; Query begins with SELECT.
	Perform struct {
		Line
		Query Text
	}
	// Call is CALL; Do is DO.
	Call struct {
		Line
		Text Text
	}
	// Diagnostics is GET [STACKED] DIAGNOSTICS.
	Diagnostics struct {
		Line
		Stacked bool
		Items   []DiagnosticItem
	}
	// Open is OPEN.
	Open struct {
		Line
		Cursor         Target
		Scroll         byte
		Query, Dynamic Text
		Using          []Text
		Args           []Text // of a bound cursor, one a parameter
	}
	// Fetch is FETCH or MOVE. Direction as SQL's: forward, backward, absolute, relative, first,
	// last, next, prior, all.
	Fetch struct {
		Line
		Move      bool
		Cursor    Target
		Direction string
		Count     Text
		Targets   []Target
	}
	// Close is CLOSE.
	Close struct {
		Line
		Cursor Target
	}
	// Null is NULL.
	Null struct{ Line }
	// Transaction is COMMIT or ROLLBACK.
	Transaction struct {
		Line
		Rollback, Chain bool
	}
)

// Branch is a condition, or for CASE its values, with statements.
type Branch struct {
	Line int
	Cond Text
	Body []Stmt
}

// RaiseOption is name = expression of RAISE … USING.
type RaiseOption struct {
	Name  string
	Value Text
}

// DiagnosticItem is target = item.
type DiagnosticItem struct {
	Target Target
	Item   string
	Pos    int
}
