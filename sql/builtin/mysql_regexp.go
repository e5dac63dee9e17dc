package builtin

import (
	"github.com/loxodb/loxodb/sql/types"
)

// mysqlFlags makes match modes of MySQL those of the regular expressions here: c
// and i are case, n lets the dot match newlines (which it does here unless p), m is
// lines.
func mysqlFlags(mode string) (string, error) {
	fold, newline, lines := false, false, false
	for _, r := range mode {
		switch r {
		case 'i':
			fold = true
		case 'c':
			fold = false
		case 'n':
			newline = true
		case 'm':
			lines = true
		case 'u':
		default:
			return "", badParam("invalid match mode \"%c\" of a regular expression", r)
		}
	}
	out := ""
	if fold {
		out += "i"
	}
	switch {
	case lines && newline:
		out += "w"
	case lines:
		out += "n"
	case !newline:
		out += "p"
	}
	return out, nil
}

// mysqlRegexp gives a function its mode, the last argument, as flags, and those before it
// that are left out.
func mysqlRegexp(f Eval, defaults ...int64) Eval { return mysqlRegexpIn("", f, defaults...) }

// mysqlRegexpReplace replaces all matches, or the n-th. $1 is a group.
func mysqlRegexpReplace(c *Ctx, a []types.Datum) (types.Datum, error) {
	return regexpReplaced(c, "", a)
}
