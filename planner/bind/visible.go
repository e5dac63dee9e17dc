package bind

import (
	"strings"

	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/pgerr"
)

// visible shows the types of users that an error speaks of as the session would write
// them: without their schema where the search path finds them. The messages are made
// below the binder, where nothing is known of search paths, with the schema's name.
func (o *Options) visible(err error) error {
	e, ok := pgerr.As(err)
	if !ok || o.Session == nil || o.Catalog == nil {
		return err
	}
	message, detail, hint := o.visibleTypes(e.Message), o.visibleTypes(e.Detail), o.visibleTypes(e.Hint)
	if message == e.Message && detail == e.Detail && hint == e.Hint {
		return err
	}
	c := *e
	c.Message, c.Detail, c.Hint = message, detail, hint
	return &c
}

// Visible is an error made from the catalog as the session shows it: see visible.
func Visible(err error, o Options) error { return o.visible(err) }

// visibleTypes takes the schema from the names of types, which messages do not quote:
// what stands in quotes is the name of something else.
func (o *Options) visibleTypes(text string) string {
	if !strings.Contains(text, ".") {
		return text
	}
	for _, p := range o.Session.SearchPath(true) {
		prefix := ast.QuoteIdent(p) + "."
		for from := 0; ; {
			i := strings.Index(text[from:], prefix)
			if i < 0 {
				break
			}
			start := from + i
			from = start + len(prefix)
			name, end := identAt(text, from)
			if start > 0 && !strings.ContainsRune(" (:", rune(text[start-1])) || !endsName(text[end:]) || !o.firstOnPath(p, name) {
				continue
			}
			text = text[:start] + text[from:]
			from = start
		}
	}
	return text
}

// identAt reads the name at a place of a message, quoted where it must be, and where it ends.
func identAt(text string, at int) (name string, end int) {
	if at < len(text) && text[at] == '"' {
		for i := at + 1; i < len(text); i++ {
			switch {
			case text[i] != '"':
			case i+1 < len(text) && text[i+1] == '"':
				i++
			default:
				return strings.ReplaceAll(text[at+1:i], `""`, `"`), i + 1
			}
		}
		return "", len(text)
	}
	end = at
	for end < len(text) && !strings.ContainsRune(" ,)([].\"", rune(text[end])) {
		end++
	}
	return text[at:end], end
}

// endsName says that what follows a name is no part of a longer one, nor of a call.
func endsName(rest string) bool {
	return rest == "" || rest == "." || strings.HasPrefix(rest, ". ") || strings.HasPrefix(rest, "\".") || strings.ContainsRune(" ,)[", rune(rest[0]))
}

// firstOnPath says that the search path finds the type of that name in that schema.
func (o *Options) firstOnPath(schema, name string) bool {
	for _, p := range o.Session.SearchPath(true) {
		if s, ok := o.Catalog.Schema(p); ok && o.Catalog.TypeExists(s.ID, name) {
			return p == schema
		}
	}
	return false
}
