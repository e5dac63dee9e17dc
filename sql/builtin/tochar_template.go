package builtin

import "strings"

// A template of to_char and to_timestamp is a list of nodes: fields with their
// modifiers and literal text (chapter 9.8).
type tplNode struct {
	field string // upper-case keyword, "" for literal text
	text  string // as written
	sep   bool   // of literals: a separator or blank that was not quoted
	quote bool   // of literals: it was quoted
	fm    bool   // FM or fm before it
	tm    bool
	th    byte // T or t: TH or th after it
}

// dateKeywords, longest first among those with a common start.
var dateKeywords = []string{
	"A.D.", "A.M.", "AD", "AM", "B.C.", "BC", "CC", "DAY", "DDD", "DD", "DY", "D", "FF1", "FF2", "FF3", "FF4", "FF5", "FF6",
	"HH24", "HH12", "HH", "IDDD", "ID", "IW", "IYYY", "IYY", "IY", "I", "J", "MI", "MM", "MONTH", "MON", "MS", "OF", "P.M.",
	"PM", "Q", "RM", "SSSSS", "SSSS", "SS", "TZH", "TZM", "TZ", "US", "WW", "W", "Y,YYY", "YYYY", "YYY", "YY", "Y",
}

// caseKeywords are spelled differently for upper case, capitals and lower case.
func isCaseKeyword(k string) bool {
	switch k {
	case "MONTH", "MON", "DAY", "DY":
		return true
	}
	return false
}

// dateKeyword finds the keyword at the start of s.
func dateKeyword(s string) string {
	for _, k := range dateKeywords {
		if len(s) < len(k) || !strings.EqualFold(s[:len(k)], k) {
			continue
		}
		if isCaseKeyword(k) || s[:len(k)] == k || s[:len(k)] == strings.ToLower(k) {
			return k
		}
	}
	return ""
}

func parseDateTemplate(s string) []tplNode {
	var nodes []tplNode
	literal := func(t string, sep, quote bool) {
		if n := len(nodes); n > 0 && nodes[n-1].field == "" && nodes[n-1].sep == sep && nodes[n-1].quote == quote && !sep {
			nodes[n-1].text += t
			return
		}
		nodes = append(nodes, tplNode{text: t, sep: sep, quote: quote})
	}
	fm, tm := false, false
	for i := 0; i < len(s); {
		rest := s[i:]
		switch {
		case strings.HasPrefix(rest, "FM"), strings.HasPrefix(rest, "fm"):
			fm = true
			i += 2
			continue
		case strings.HasPrefix(rest, "TM"), strings.HasPrefix(rest, "tm"):
			tm = true
			i += 2
			continue
		case strings.HasPrefix(rest, "FX"), strings.HasPrefix(rest, "fx"):
			i += 2
			continue
		}
		if k := dateKeyword(rest); k != "" {
			n := tplNode{field: k, text: rest[:len(k)], fm: fm || tm && isCaseKeyword(k), tm: tm} // translated names are not padded
			i += len(k)
			switch {
			case strings.HasPrefix(s[i:], "SP"): // spelled numbers do not exist in PostgreSQL either
				i += 2
			case strings.HasPrefix(s[i:], "TH"):
				n.th = 'T'
				i += 2
			case strings.HasPrefix(s[i:], "th"):
				n.th = 't'
				i += 2
			}
			nodes = append(nodes, n)
			fm, tm = false, false
			continue
		}
		switch {
		case rest[0] == '"':
			i++
			for i < len(s) && s[i] != '"' {
				if s[i] == '\\' && i+1 < len(s) {
					i++
				}
				literal(s[i:i+1], false, true)
				i++
			}
			i++
		case rest[0] == '\\' && len(rest) > 1 && rest[1] == '"':
			literal(`"`, false, true)
			i += 2
		default:
			literal(rest[:1], !isLetter(rest[0]) && rest[0] < 0x80 && (rest[0] < '0' || rest[0] > '9'), false)
			i++
		}
	}
	return nodes
}

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
