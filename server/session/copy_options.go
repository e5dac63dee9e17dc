package session

import (
	"slices"
	"strings"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/charset"
	"github.com/loxodb/loxodb/sql/pgerr"
)

// copyFormat is the file format of COPY.
type copyFormat byte

const (
	copyText copyFormat = iota
	copyCSV
	copyBinary
)

// copyOptions are COPY's options with PostgreSQL's defaults filled in.
type copyOptions struct {
	format       copyFormat
	delim        byte
	null         string
	freeze       bool
	header       bool
	match        bool // HEADER MATCH
	quote        byte
	escape       byte
	forceQuote   []string
	forceAll     bool
	forceNotNull []string
	forceNull    []string
	encoding     *charset.Encoding // of the file; nil: the client's
}

func copyError(code, format string, args ...any) error { return pgerr.Newf(code, format, args...) }

// given are options as they were written; nil where they were not.
type given struct {
	delim, null, quote, escape *string
	header                     bool
}

// readCopyOptions checks the options as PostgreSQL's ProcessCopyOptions does.
func readCopyOptions(st *ast.Copy) (*copyOptions, error) {
	o, g := &copyOptions{}, &given{}
	seen := map[string]bool{}
	for i := range st.Options {
		x := &st.Options[i]
		name := lower(x.Name)
		if seen[name] {
			return nil, pgerr.New(pgerrcode.SyntaxError, "conflicting or redundant options").At(int(x.Pos))
		}
		seen[name] = true
		if err := o.read(g, name, x, st.From); err != nil {
			return nil, err
		}
	}
	for _, check := range []error{o.completeText(g), o.completeCSV(g, st.From)} {
		if check != nil {
			return nil, check
		}
	}
	return o, nil
}

// read takes one option.
func (o *copyOptions) read(g *given, name string, x *ast.Option, from bool) (err error) {
	v := optionText(x)
	if x.Value == nil && needsText[name] {
		return copyError(pgerrcode.SyntaxError, "%s requires a parameter", name)
	}
	switch name {
	case "format":
		formats := map[string]copyFormat{"text": copyText, "csv": copyCSV, "binary": copyBinary}
		f, ok := formats[v]
		if !ok {
			return pgerr.Newf(pgerrcode.InvalidParameterValue, "COPY format %q not recognized", v).At(int(x.Pos))
		}
		o.format = f
	case "freeze":
		o.freeze = true
		if x.Value != nil {
			if o.freeze, err = parseBool(v); err != nil {
				return copyError(pgerrcode.SyntaxError, "%s requires a Boolean value", name)
			}
		}
	case "delimiter", "null", "quote", "escape", "encoding":
		return o.readText(g, name, x, v)
	case "header":
		err = o.readHeader(g, x, v, from)
	case "force_quote":
		o.forceAll, o.forceQuote, err = x.Star, x.List, listOption(x, x.Star)
	case "force_not_null":
		o.forceNotNull, err = x.List, listOption(x, false)
	case "force_null":
		o.forceNull, err = x.List, listOption(x, false)
	default:
		return pgerr.Newf(pgerrcode.SyntaxError, "option %q not recognized", x.Name).At(int(x.Pos))
	}
	return err
}

// needsText are the options that say nothing without a value.
var needsText = map[string]bool{"format": true, "delimiter": true, "null": true, "quote": true, "escape": true, "encoding": true}

// readText takes an option whose value is a text.
func (o *copyOptions) readText(g *given, name string, x *ast.Option, v string) error {
	switch name {
	case "delimiter":
		g.delim = &v
	case "null":
		g.null = &v
	case "quote":
		g.quote = &v
	case "escape":
		g.escape = &v
	case "encoding":
		if o.encoding = charset.Lookup(v); o.encoding == nil {
			return pgerr.New(pgerrcode.InvalidParameterValue, "argument to option \"encoding\" must be a valid encoding name").At(int(x.Pos))
		}
	}
	return nil
}

func listOption(x *ast.Option, star bool) error {
	if len(x.List) == 0 && !star {
		return pgerr.Newf(pgerrcode.InvalidParameterValue, "argument to option %q must be a list of column names", x.Name).At(int(x.Pos))
	}
	return nil
}

func (o *copyOptions) readHeader(g *given, x *ast.Option, v string, from bool) error {
	switch w := lower(v); {
	case x.Value == nil || w == "true" || w == "on" || w == "1":
		o.header = true
	case w == "false" || w == "off" || w == "0":
	case w == "match" && !from:
		return copyError(pgerrcode.FeatureNotSupported, "cannot use \"%s\" with HEADER in COPY TO", v)
	case w == "match":
		o.header, o.match = true, true
	default:
		return copyError(pgerrcode.SyntaxError, "header requires a Boolean value or \"match\"")
	}
	g.header = o.header
	return nil
}

// plainBytes cannot be the delimiter of the text format: they mean something after a
// backslash, or will.
const plainBytes = `\.abcdefghijklmnopqrstuvwxyz0123456789`

// completeText fills in delimiter and null, and checks them.
func (o *copyOptions) completeText(g *given) error {
	csv := o.format == copyCSV
	if o.format == copyBinary {
		switch {
		case g.delim != nil:
			return copyError(pgerrcode.SyntaxError, "cannot specify DELIMITER in BINARY mode")
		case g.null != nil:
			return copyError(pgerrcode.SyntaxError, "cannot specify NULL in BINARY mode")
		}
	}
	delim := "\t"
	if o.null = `\N`; csv {
		delim, o.null = ",", ""
	}
	if g.delim != nil {
		delim = *g.delim
	}
	if g.null != nil {
		o.null = *g.null
	}
	switch {
	case len(delim) != 1:
		return copyError(pgerrcode.FeatureNotSupported, "COPY delimiter must be a single one-byte character")
	case delim == "\r" || delim == "\n":
		return copyError(pgerrcode.InvalidParameterValue, "COPY delimiter cannot be newline or carriage return")
	case strings.ContainsAny(o.null, "\r\n"):
		return copyError(pgerrcode.InvalidParameterValue, "COPY null representation cannot use newline or carriage return")
	case !csv && strings.Contains(plainBytes, delim):
		return copyError(pgerrcode.InvalidParameterValue, "COPY delimiter cannot be %q", delim)
	case o.format == copyBinary && g.header:
		return copyError(pgerrcode.FeatureNotSupported, "cannot specify HEADER in BINARY mode")
	}
	o.delim = delim[0]
	return nil
}

// completeCSV fills in quote and escape, and checks what only CSV has.
func (o *copyOptions) completeCSV(g *given, from bool) error {
	csv := o.format == copyCSV
	quote := `"`
	if g.quote != nil {
		quote = *g.quote
	}
	escape := quote
	if g.escape != nil {
		escape = *g.escape
	}
	forceQuote := o.forceAll || o.forceQuote != nil
	for _, c := range []struct {
		wrong         bool
		code, message string
	}{
		{!csv && g.quote != nil, pgerrcode.FeatureNotSupported, "COPY quote available only in CSV mode"},
		{csv && len(quote) != 1, pgerrcode.FeatureNotSupported, "COPY quote must be a single one-byte character"},
		{csv && quote == string(o.delim), pgerrcode.InvalidParameterValue, "COPY delimiter and quote must be different"},
		{!csv && g.escape != nil, pgerrcode.FeatureNotSupported, "COPY escape available only in CSV mode"},
		{csv && len(escape) != 1, pgerrcode.FeatureNotSupported, "COPY escape must be a single one-byte character"},
		{!csv && forceQuote, pgerrcode.FeatureNotSupported, "COPY force quote available only in CSV mode"},
		{forceQuote && from, pgerrcode.FeatureNotSupported, "COPY force quote only available using COPY TO"},
		{!csv && o.forceNotNull != nil, pgerrcode.FeatureNotSupported, "COPY force not null available only in CSV mode"},
		{o.forceNotNull != nil && !from, pgerrcode.FeatureNotSupported, "COPY force not null only available using COPY FROM"},
		{!csv && o.forceNull != nil, pgerrcode.FeatureNotSupported, "COPY force null available only in CSV mode"},
		{o.forceNull != nil && !from, pgerrcode.FeatureNotSupported, "COPY force null only available using COPY FROM"},
		{strings.IndexByte(o.null, o.delim) >= 0, pgerrcode.FeatureNotSupported, "COPY delimiter must not appear in the NULL specification"},
		{csv && strings.Contains(o.null, quote), pgerrcode.FeatureNotSupported, "CSV quote character must not appear in the NULL specification"},
	} {
		if c.wrong {
			return copyError(c.code, "%s", c.message)
		}
	}
	if csv {
		o.quote, o.escape = quote[0], escape[0]
	}
	return nil
}

// forced marks which of cols the option names.
func forced(option string, names []string, cols []string, relation string, exists func(string) bool) ([]bool, error) {
	marks := make([]bool, len(cols))
	for i, n := range names {
		if relation != "" && !exists(n) {
			return nil, copyError(pgerrcode.UndefinedColumn, "column %q of relation %q does not exist", n, relation)
		}
		if slices.Contains(names[:i], n) {
			return nil, copyError(pgerrcode.DuplicateColumn, "column %q specified more than once", n)
		}
		k := slices.Index(cols, n)
		switch {
		case k < 0 && relation == "":
			return nil, copyError(pgerrcode.UndefinedColumn, "column %q does not exist", n)
		case k < 0:
			return nil, copyError(pgerrcode.InvalidColumnReference, "%s column %q not referenced by COPY", option, n)
		}
		marks[k] = true
	}
	return marks, nil
}

// optionText is an option's value as text; "" when it has none.
func optionText(o *ast.Option) string {
	l, ok := o.Value.(*ast.Lit)
	if !ok {
		return ""
	}
	switch l.Kind {
	case ast.LitInt:
		return fmtNum(float64(l.Int))
	case ast.LitBool:
		return map[bool]string{true: "true", false: "false"}[l.Bool]
	}
	return l.Text
}
