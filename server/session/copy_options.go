package session

import (
	"strings"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/ast"
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
	header       bool
	match        bool // HEADER MATCH
	quote        byte
	escape       byte
	forceQuote   map[string]bool
	forceAll     bool
	forceNotNull map[string]bool
	forceNull    map[string]bool
}

func copyError(code, format string, args ...any) error { return pgerr.Newf(code, format, args...) }

// readCopyOptions checks the options as PostgreSQL's ProcessCopyOptions does.
func readCopyOptions(st *ast.Copy) (*copyOptions, error) {
	o := &copyOptions{delim: 0}
	null, hasNull := "", false
	for i := range st.Options {
		x := &st.Options[i]
		v := optionText(x)
		switch lower(x.Name) {
		case "format":
			switch lower(v) {
			case "text":
			case "csv":
				o.format = copyCSV
			case "binary":
				o.format = copyBinary
			default:
				return nil, pgerr.Newf(pgerrcode.InvalidParameterValue, "COPY format %q not recognized", v).At(int(x.Pos))
			}
		case "freeze", "oids":
		case "delimiter":
			if len(v) != 1 {
				return nil, copyError(pgerrcode.FeatureNotSupported, "COPY delimiter must be a single one-byte character")
			}
			o.delim = v[0]
		case "null":
			null, hasNull = v, true
		case "header":
			if o.match = lower(v) == "match"; o.match {
				o.header = true
				continue
			}
			b := true
			if x.Value != nil {
				var err error
				if b, err = parseBool(v); err != nil {
					return nil, copyError(pgerrcode.SyntaxError, "header requires a Boolean value or \"match\"")
				}
			}
			o.header = b
		case "quote":
			if len(v) != 1 {
				return nil, copyError(pgerrcode.FeatureNotSupported, "COPY quote must be a single one-byte character")
			}
			o.quote = v[0]
		case "escape":
			if len(v) != 1 {
				return nil, copyError(pgerrcode.FeatureNotSupported, "COPY escape must be a single one-byte character")
			}
			o.escape = v[0]
		case "force_quote":
			o.forceAll, o.forceQuote = x.Star, nameSet(x.List)
		case "force_not_null":
			o.forceNotNull = nameSet(x.List)
		case "force_null":
			o.forceNull = nameSet(x.List)
		case "encoding":
			if _, err := canonicalEncoding(v); err != nil {
				return nil, copyError(pgerrcode.InvalidParameterValue, "argument to option \"encoding\" must be a valid encoding name")
			}
		default:
			return nil, pgerr.Newf(pgerrcode.SyntaxError, "option %q not recognized", x.Name).At(int(x.Pos))
		}
	}
	return o, o.complete(null, hasNull)
}

// complete fills in the defaults of the format and checks combinations.
func (o *copyOptions) complete(null string, hasNull bool) error {
	if o.format == copyBinary {
		switch {
		case o.delim != 0:
			return copyError(pgerrcode.SyntaxError, "cannot specify DELIMITER in BINARY mode")
		case hasNull:
			return copyError(pgerrcode.SyntaxError, "cannot specify NULL in BINARY mode")
		case o.header:
			return copyError(pgerrcode.FeatureNotSupported, "cannot specify HEADER in BINARY mode")
		}
	}
	if o.format != copyCSV && (o.quote != 0 || o.escape != 0) {
		return copyError(pgerrcode.FeatureNotSupported, "COPY quote and escape are available only in CSV mode")
	}
	if o.delim == 0 {
		if o.delim = '\t'; o.format == copyCSV {
			o.delim = ','
		}
	}
	if o.null = `\N`; o.format == copyCSV {
		o.null = ""
		if o.quote == 0 {
			o.quote = '"'
		}
		if o.escape == 0 {
			o.escape = o.quote
		}
	}
	if hasNull {
		o.null = null
	}
	if strings.IndexByte(o.null, o.delim) >= 0 {
		return copyError(pgerrcode.InvalidParameterValue, "COPY delimiter must not appear in the NULL specification")
	}
	if strings.ContainsAny(o.null, "\r\n") {
		return copyError(pgerrcode.InvalidParameterValue, "COPY null representation cannot use newline or carriage return")
	}
	if o.delim == '\n' || o.delim == '\r' {
		return copyError(pgerrcode.InvalidParameterValue, "COPY delimiter cannot be newline or carriage return")
	}
	return nil
}

func nameSet(names []string) map[string]bool {
	m := map[string]bool{}
	for _, n := range names {
		m[n] = true
	}
	return m
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
