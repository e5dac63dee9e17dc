package importer

import (
	"regexp"
	"strings"
	"sync"
)

// A dump may have names in double quotes, as those with --compatible=ansi: its SQL mode says so.
// They get back-quotes here, as the server takes double quotes for strings.

// quoting is how the client writes names.
type quoting struct {
	ansi  bool
	saved map[string]bool // the variables that keep a mode for later
}

var setMode = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)\bsql_mode\s*=\s*(?:'([^']*)'|@(\w+))`)
})

var saveMode = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)@(\w+)\s*=\s*@@(?:session\.)?sql_mode\b`)
})

// ansiModes are the SQL modes in which double quotes are names', and what else they have is not
// seen in dumps.
var ansiModes = map[string]bool{"ANSI": true, "ANSI_QUOTES": true}

// text is a statement with names as the server takes them, and without those modes.
func (q *quoting) text(s string) string {
	if kindOf(s) == kindSet {
		for _, m := range saveMode().FindAllStringSubmatch(s, -1) {
			if q.saved == nil {
				q.saved = map[string]bool{}
			}
			q.saved[strings.ToLower(m[1])] = q.ansi
		}
		if m := setMode().FindStringSubmatchIndex(s); m != nil {
			if q.ansi = false; m[2] < 0 { // back to what it was
				q.ansi = q.saved[strings.ToLower(s[m[4]:m[5]])]
				return s
			}
			var rest []string
			for mode := range strings.SplitSeq(s[m[2]:m[3]], ",") {
				if ansiModes[strings.ToUpper(strings.TrimSpace(mode))] {
					q.ansi = true
				} else {
					rest = append(rest, mode)
				}
			}
			return s[:m[2]] + strings.Join(rest, ",") + s[m[3]:]
		}
	}
	if !q.ansi || strings.IndexByte(s, '"') < 0 {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		end := i + 1
		switch {
		case s[i] == '\'':
			_, _, end = literal(s, i)
		case s[i] == '`' || s[i] == '"':
			if end = quotedEnd(s, i); s[i] == '"' && end-i > 1 && s[end-1] == '"' {
				name := strings.ReplaceAll(s[i+1:end-1], `""`, `"`)
				b.WriteString("`" + strings.ReplaceAll(name, "`", "``") + "`")
				i = end
				continue
			}
		case strings.HasPrefix(s[i:], "/*") && !strings.HasPrefix(s[i:], "/*!"):
			if n := strings.Index(s[i+2:], "*/"); n >= 0 {
				end = i + 2 + n + 2
			}
		case s[i] == '#' || strings.HasPrefix(s[i:], "-- "):
			if n := strings.IndexByte(s[i:], '\n'); n >= 0 {
				end = i + n
			} else {
				end = len(s)
			}
		}
		b.WriteString(s[i:end])
		i = end
	}
	return b.String()
}

// quotedEnd is where the quoted name at i ends, in which its quote comes twice.
func quotedEnd(s string, i int) int {
	for k := i + 1; k < len(s); k++ {
		if s[k] != s[i] {
			continue
		}
		if k+1 >= len(s) || s[k+1] != s[i] {
			return k + 1
		}
		k++
	}
	return len(s)
}
