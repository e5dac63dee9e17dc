package main

import "strings"

// statement is one SQL statement of a script.
type statement struct {
	sql  string
	copy string // the lines that follow COPY … FROM STDIN, up to \.
}

// split cuts a script at its semicolons, as psql does: not those in quotes, in
// comments or between dollar quotes. Comments before a statement are left out.
func split(text string) []statement {
	var list []statement
	for text != "" {
		sql, rest := cut(text)
		text = rest
		if sql == "" {
			continue
		}
		s := statement{sql: sql}
		if copiesIn(sql) {
			s.copy, text = copyLines(text)
		}
		list = append(list, s)
	}
	return list
}

// cut takes the first statement off a script.
func cut(text string) (sql, rest string) {
	from := -1 // where the statement begins; −1 before its first token
	for at := 0; at < len(text); {
		if n := comment(text[at:]); n > 0 {
			at += n
			continue
		}
		c := text[at]
		switch {
		case c == ';':
			if from < 0 {
				return "", text[at+1:]
			}
			return text[from:at], text[at+1:]
		case strings.IndexByte(" \t\r\n", c) >= 0:
			at++
			continue
		}
		if from < 0 {
			from = at
		}
		at += token(text, at)
	}
	if from < 0 {
		return "", ""
	}
	return strings.TrimRight(text[from:], " \t\r\n"), ""
}

// comment is the length of the comment that text begins with; 0 if none.
func comment(text string) int {
	if strings.HasPrefix(text, "--") {
		if end := strings.IndexByte(text, '\n'); end >= 0 {
			return end + 1
		}
		return len(text)
	}
	if !strings.HasPrefix(text, "/*") {
		return 0
	}
	depth, at := 1, 2
	for at < len(text) && depth > 0 {
		switch {
		case strings.HasPrefix(text[at:], "/*"):
			depth, at = depth+1, at+2
		case strings.HasPrefix(text[at:], "*/"):
			depth, at = depth-1, at+2
		default:
			at++
		}
	}
	return at
}

// token is the length of what stands at a place and is not space or a comment: a
// quoted thing, a word, or one byte.
func token(text string, at int) int {
	switch c := text[at]; {
	case c == '\'':
		escapes := at > 0 && (text[at-1] == 'E' || text[at-1] == 'e') && (at < 2 || !wordByte(text[at-2]))
		return quoted(text[at:], c, escapes)
	case c == '"':
		return quoted(text[at:], c, false)
	case c == '$':
		if n := dollarQuoted(text[at:]); n > 0 {
			return n
		}
		return 1
	case wordByte(c):
		n := 1
		for at+n < len(text) && (wordByte(text[at+n]) || text[at+n] == '$') {
			n++
		}
		return n
	}
	return 1
}

func wordByte(c byte) bool {
	return c == '_' || c >= 0x80 || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
}

// quoted is the length of a string or name in quotes, all of text if it has no end.
func quoted(text string, quote byte, escapes bool) int {
	for at := 1; at < len(text); at++ {
		switch {
		case escapes && text[at] == '\\':
			at++
		case text[at] == quote:
			return at + 1 // a doubled quote begins the next one
		}
	}
	return len(text)
}

// dollarQuoted is the length of $tag$…$tag$; 0 if text does not begin so.
func dollarQuoted(text string) int {
	n := 1
	for n < len(text) && wordByte(text[n]) {
		n++
	}
	if n == len(text) || text[n] != '$' || n > 1 && text[1] >= '0' && text[1] <= '9' {
		return 0
	}
	tag := text[:n+1]
	end := strings.Index(text[len(tag):], tag)
	if end < 0 {
		return len(text)
	}
	return end + 2*len(tag)
}

// copiesIn reports COPY … FROM STDIN, whose data follow in the script.
func copiesIn(sql string) bool {
	words := strings.Fields(strings.ToLower(sql))
	if len(words) == 0 || words[0] != "copy" {
		return false
	}
	for i, w := range words[1:] {
		if w == "stdin" && words[i] == "from" {
			return true
		}
	}
	return false
}

// copyLines takes the data of a COPY off a script, and the line that ends them.
func copyLines(text string) (data, rest string) {
	if nl := strings.IndexByte(text, '\n'); nl >= 0 {
		text = text[nl+1:]
	}
	if rest, ok := strings.CutPrefix(text, "\\.\n"); ok {
		return "", rest
	}
	data, rest, ok := strings.Cut(text, "\n\\.\n")
	if !ok {
		return strings.TrimSuffix(data, "\n\\."), ""
	}
	return data + "\n", rest
}

// orders reports that a statement has an ORDER BY outside of all parentheses, so
// that the order of its rows is part of its answer.
func orders(sql string) bool {
	depth, last := 0, ""
	for at := 0; at < len(sql); {
		if n := comment(sql[at:]); n > 0 {
			at += n
			continue
		}
		n := token(sql, at)
		switch t := sql[at : at+n]; {
		case t == "(":
			depth++
		case t == ")":
			depth--
		case wordByte(t[0]):
			word := strings.ToLower(t)
			if depth == 0 && word == "by" && last == "order" {
				return true
			}
			last = word
		case strings.TrimSpace(t) != "":
			last = ""
		}
		at += n
	}
	return false
}
