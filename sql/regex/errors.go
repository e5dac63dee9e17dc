package regex

// Error is what is wrong with an expression, in PostgreSQL's words.
type Error string

func (e Error) Error() string { return string(e) }

const (
	errCollate  Error = "invalid collating element"
	errClass    Error = "invalid character class"
	errEscape   Error = `invalid escape \ sequence`
	errBackref  Error = "invalid backreference number"
	errBracket  Error = "brackets [] not balanced"
	errParen    Error = "parentheses () not balanced"
	errBrace    Error = "braces {} not balanced"
	errCount    Error = "invalid repetition count(s)"
	errRange    Error = "invalid character range"
	errOperand  Error = "quantifier operand invalid"
	errArgument Error = "invalid argument to regex function"
	errOption   Error = "invalid embedded option"
	errTooBig   Error = "regular expression is too complex"
)
