package types

import (
	"strings"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/pgerr"
)

// An aclitem datum is its text, grantee=rights/grantor, with the rights in the order of aclLetters.
const aclLetters = "arwdDxtXUCTcsA"

// parseACLItem is aclitemin: what is written gets the form of the datum. An item without a
// grantor is the bootstrap superuser's.
func parseACLItem(s string, f *Format) (Datum, error) {
	grantee, rest := aclName(s)
	if !strings.HasPrefix(rest, "=") {
		if grantee != "group" && grantee != "user" {
			return Datum{}, badACLItem("unrecognized key word: \"%s\"", grantee).WithHint("ACL key word must be \"group\" or \"user\".")
		}
		if grantee, rest = aclName(rest); grantee == "" {
			return Datum{}, badACLItem("missing name").WithHint("A name must follow the \"group\" or \"user\" key word.")
		}
	}
	if !strings.HasPrefix(rest, "=") {
		return Datum{}, badACLItem("missing \"=\" sign")
	}
	rights, rest, err := aclRights(rest[1:])
	if err != nil {
		return Datum{}, err
	}
	if err := isRole(grantee, f); err != nil {
		return Datum{}, err
	}
	grantor := "postgres"
	if strings.HasPrefix(rest, "/") {
		if grantor, rest = aclName(rest[1:]); grantor == "" {
			return Datum{}, badACLItem("a name must follow the \"/\" sign")
		}
		if err := isRole(grantor, f); err != nil {
			return Datum{}, err
		}
	}
	if strings.TrimLeft(rest, " \t\n\r\f\v") != "" {
		return Datum{}, badACLItem("extra garbage at the end of the ACL specification")
	}
	return String(aclQuoted(grantee) + "=" + rights + "/" + aclQuoted(grantor)), nil
}

func badACLItem(format string, args ...any) *pgerr.Error {
	return pgerr.Newf(pgerrcode.InvalidTextRepresentation, format, args...)
}

// aclName reads a name, of letters, digits and underlines or in quotes, and the space around it.
func aclName(s string) (name, rest string) {
	const space = " \t\n\r\f\v"
	s = strings.TrimLeft(s, space)
	var b strings.Builder
	quoted := false
	i := 0
	for ; i < len(s) && (s[i] == '"' || quoted || aclWord(s[i])); i++ {
		switch {
		case s[i] != '"':
			b.WriteByte(s[i])
		case quoted && strings.HasPrefix(s[i+1:], `"`):
			b.WriteByte('"')
			i++
		default:
			quoted = !quoted
		}
	}
	return b.String(), strings.TrimLeft(s[i:], space)
}

func aclWord(c byte) bool {
	return c == '_' || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= 0x80
}

// aclRights reads letters, each with a star where it may be granted on, into their order.
func aclRights(s string) (rights, rest string, err error) {
	var has, grant [len(aclLetters)]bool
	last, i := -1, 0
	for ; i < len(s) && (s[i] == '*' || s[i]|0x20 >= 'a' && s[i]|0x20 <= 'z'); i++ {
		if s[i] == '*' {
			if last >= 0 {
				grant[last] = true
			}
			continue
		}
		if last = strings.IndexByte(aclLetters, s[i]); last < 0 {
			return "", "", badACLItem("invalid mode character: must be one of \"%s\"", aclLetters)
		}
		has[last] = true
	}
	for k := range has {
		if has[k] {
			rights += aclLetters[k : k+1]
		}
		if grant[k] {
			rights += "*"
		}
	}
	return rights, s[i:], nil
}

// isRole refuses what is no role; "" is everybody.
func isRole(name string, f *Format) error {
	if name == "" || f.Names == nil {
		return nil
	}
	_, err := f.Names.RegIn(RegroleOID, `"`+strings.ReplaceAll(name, `"`, `""`)+`"`)
	return err
}

// aclQuoted is a name as items show it: in quotes if it has other signs than words.
func aclQuoted(name string) string {
	for i := range len(name) {
		if !aclWord(name[i]) {
			return `"` + strings.ReplaceAll(name, `"`, `""`) + `"`
		}
	}
	return name
}
