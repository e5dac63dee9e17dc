package builtin

import (
	"strings"
	"sync"
	"unicode/utf8"
)

// A template of to_char and to_timestamp is a list of nodes: fields with their
// modifiers and single characters (chapter 9.8).
type tplNode struct {
	field string // upper-case keyword, "" for a character
	text  string // as written
	sep   bool   // of characters: a separator or blank that was not quoted
	quote bool   // of characters: it was quoted
	fm    bool   // FM or fm before it
	tm    bool
	th    byte // T or t: TH or th after it
}

// dateKeywords, longest first among those with a common start.
var dateKeywords = []string{
	"A.D.", "A.M.", "AD", "AM", "B.C.", "BC", "CC", "DAY", "DDD", "DD", "DY", "D", "FF1", "FF2", "FF3", "FF4", "FF5", "FF6", "FX",
	"HH24", "HH12", "HH", "IDDD", "ID", "IW", "IYYY", "IYY", "IY", "I", "J", "MI", "MM", "MONTH", "MON", "MS", "OF", "P.M.",
	"PM", "Q", "RM", "SSSSS", "SSSS", "SS", "TZH", "TZM", "TZ", "US", "WW", "W", "Y,YYY", "YYYY", "YYY", "YY", "Y",
}

// isCaseKeyword reports those that are spelled differently for upper case, capitals
// and lower case.
func isCaseKeyword(k string) bool {
	switch k {
	case "MONTH", "MON", "DAY", "DY":
		return true
	}
	return false
}

// dateSpellings are the keywords as they may be spelled, by their first byte.
var dateSpellings = sync.OnceValue(func() *[256][]dateSpelling {
	var all [256][]dateSpelling
	add := func(spelled, keyword string) {
		all[spelled[0]] = append(all[spelled[0]], dateSpelling{spelled, keyword})
	}
	for _, k := range dateKeywords {
		add(k, k)
		add(strings.ToLower(k), k)
		if isCaseKeyword(k) {
			add(k[:1]+strings.ToLower(k[1:]), k)
		}
	}
	return &all
})

type dateSpelling struct{ spelled, keyword string }

// dateKeyword finds the keyword at the start of s.
func dateKeyword(s string) string {
	if s == "" {
		return ""
	}
	for _, k := range dateSpellings()[s[0]] {
		if strings.HasPrefix(s, k.spelled) {
			return k.keyword
		}
	}
	return ""
}

// cutModifier takes the first of the modifiers off s that it begins with.
func cutModifier(s string, modifiers ...string) (rest, found string) {
	for _, m := range modifiers {
		if rest, ok := strings.CutPrefix(s, m); ok {
			return rest, m
		}
	}
	return s, ""
}

func parseDateTemplate(s string) []tplNode {
	var nodes []tplNode
	for s != "" {
		var before, after string
		s, before = cutModifier(s, "FM", "fm", "TM", "tm")
		if k := dateKeyword(s); k != "" {
			n := tplNode{field: k, text: s[:len(k)], tm: strings.EqualFold(before, "TM")}
			n.fm = before != "" && (!n.tm || isCaseKeyword(k)) // translated names are not padded
			if s, after = cutModifier(s[len(k):], "TH", "th", "SP"); after == "TH" || after == "th" {
				n.th = after[0]
			}
			nodes = append(nodes, n)
			continue
		}
		if s != "" && s[0] == '"' {
			nodes, s = quotedTemplate(nodes, s[1:])
			continue
		}
		if strings.HasPrefix(s, `\"`) { // a backslash is itself before anything else
			s = s[1:]
		}
		if s != "" {
			n := characterLen(s)
			nodes = append(nodes, tplNode{text: s[:n], sep: isSeparator(s[0]) || isBlank(s[0])})
			s = s[n:]
		}
	}
	return nodes
}

// quotedTemplate reads characters up to a quotation mark or the end.
func quotedTemplate(nodes []tplNode, s string) ([]tplNode, string) {
	for s != "" {
		if s[0] == '"' {
			return nodes, s[1:]
		}
		if s[0] == '\\' && len(s) > 1 {
			s = s[1:]
		}
		n := characterLen(s)
		nodes = append(nodes, tplNode{text: s[:n], quote: true})
		s = s[n:]
	}
	return nodes, s
}

// characterLen is the length in bytes of the first character, 0 of nothing.
func characterLen(s string) int {
	_, n := utf8.DecodeRuneInString(s)
	return n
}

// isSeparator reports ASCII punctuation.
func isSeparator(c byte) bool {
	return c > ' ' && c < 0x7f && !isLetter(c) && (c < '0' || c > '9')
}

func isBlank(c byte) bool { return c == ' ' || c >= '\t' && c <= '\r' }

// ordinal is st, nd, rd or th for a number's text; upper for TH.
func ordinal(digits string, upper bool) string {
	s := "th"
	n := len(digits)
	if n > 0 && (n < 2 || digits[n-2] != '1') {
		switch digits[n-1] {
		case '1':
			s = "st"
		case '2':
			s = "nd"
		case '3':
			s = "rd"
		}
	}
	if upper {
		return strings.ToUpper(s)
	}
	return s
}
