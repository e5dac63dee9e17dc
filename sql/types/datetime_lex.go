package types

// fieldKind classes the pieces of a date/time text (PostgreSQL appendix B.1).
type fieldKind uint8

const (
	fNumber  fieldKind = iota // digits, perhaps with a decimal point
	fDate                     // digits or a month name with - / . separators; also zone names
	fTime                     // hh:mm…
	fZone                     // sign and digits
	fString                   // letters
	fSpecial                  // sign and letters
)

// dateField is one piece, in lower case.
type dateField struct {
	kind fieldKind
	text string
}

const maxDateFields = 25

// lexDateTime splits s into at most maxDateFields fields; ok is false for
// characters or an arrangement that no date/time text has.
func lexDateTime(s string, buf []dateField) (fields []dateField, ok bool) {
	s = LowerASCII(s)
	fields = buf[:0]
	for i := 0; i < len(s); {
		c := s[i]
		if isSpace(c) {
			i++
			continue
		}
		start := i
		var kind fieldKind
		switch {
		case isDigit(c):
			kind, i = lexDigits(s, i)
		case c == '.': // with or without digits
			kind, i = fNumber, spanDigits(s, i+1)
		case isAlpha(c) || c >= 0x80:
			kind, i = lexWord(s, i)
		case c == '+' || c == '-':
			text, k, next := lexSigned(s, i)
			if next < 0 {
				return nil, false
			}
			if len(fields) == maxDateFields {
				return nil, false
			}
			fields = append(fields, dateField{k, text})
			i = next
			continue
		case isPunct(c):
			i++
			continue
		default:
			return nil, false
		}
		if len(fields) == maxDateFields {
			return nil, false
		}
		fields = append(fields, dateField{kind, s[start:i]})
	}
	return fields, true
}

func isPunct(c byte) bool {
	return c > ' ' && c < 0x7f && !isDigit(c) && !isAlpha(c)
}

func spanDigits(s string, i int) int {
	for i < len(s) && isDigit(s[i]) {
		i++
	}
	return i
}

// lexDigits reads a field that starts with a digit.
func lexDigits(s string, i int) (fieldKind, int) {
	i = spanDigits(s, i)
	if i == len(s) {
		return fNumber, i
	}
	switch c := s[i]; c {
	case ':':
		for i < len(s) && (isDigit(s[i]) || s[i] == ':' || s[i] == '.') {
			i++
		}
		return fTime, i
	case '-', '/', '.':
		delim := c
		i++
		if i < len(s) && isDigit(s[i]) {
			kind := fDate
			if delim == '.' {
				kind = fNumber
			}
			i = spanDigits(s, i)
			if i < len(s) && s[i] == delim {
				kind = fDate
				for i < len(s) && (isDigit(s[i]) || s[i] == delim) {
					i++
				}
			}
			return kind, i
		}
		for i < len(s) && (isAlnum(s[i]) || s[i] == delim) {
			i++
		}
		return fDate, i
	}
	return fNumber, i
}

func isAlnum(c byte) bool { return isDigit(c) || isAlpha(c) || c >= 0x80 }

// lexWord reads letters; with separators inside they are a date or a zone name.
func lexWord(s string, i int) (fieldKind, int) {
	start := i
	for i < len(s) && (isAlpha(s[i]) || s[i] >= 0x80) {
		i++
	}
	if i == len(s) {
		return fString, i
	}
	c := s[i]
	isDate := c == '-' || c == '/' || c == '.'
	if !isDate && (c == '+' || isDigit(c)) {
		_, known := dateToken(s[start:i])
		isDate = !known
	}
	if !isDate {
		return fString, i
	}
	for i < len(s) && (isAlnum(s[i]) || hasByte("+-/_.:", s[i])) {
		i++
	}
	return fDate, i
}

// lexSigned reads a sign and what follows, without blanks between; next is −1
// when neither digits nor letters do.
func lexSigned(s string, i int) (text string, kind fieldKind, next int) {
	sign := s[i : i+1]
	i = skipSpace(s, i+1)
	start := i
	switch {
	case i < len(s) && isDigit(s[i]):
		for i < len(s) && (isDigit(s[i]) || s[i] == ':' || s[i] == '.' || s[i] == '-') {
			i++
		}
		return sign + s[start:i], fZone, i
	case i < len(s) && isAlpha(s[i]):
		for i < len(s) && isAlpha(s[i]) {
			i++
		}
		return sign + s[start:i], fSpecial, i
	}
	return "", 0, -1
}

// tokenKind classes the words of date/time input.
type tokenKind uint8

const (
	tkReserved tokenKind = iota // val: resNow…
	tkMonth                     // val: 1–12
	tkWeekday
	tkAMPM
	tkADBC
	tkUnits // val: what the next number is
	tkISOTime
	tkDSTMod
	tkIgnore
)

const (
	resNow = iota
	resToday
	resTomorrow
	resYesterday
	resEpoch
	resLate
	resEarly
	resZulu
)

const (
	valAM = iota
	valPM
	valAD
	valBC
)

const (
	unitYear = iota + 1
	unitMonth
	unitDay
	unitHour
	unitMinute
	unitSecond
	unitJulian
	unitTime
)

type dateTokenInfo struct {
	kind tokenKind
	val  int
}

var dateTokens = map[string]dateTokenInfo{
	"-infinity": {tkReserved, resEarly}, "infinity": {tkReserved, resLate},
	"now": {tkReserved, resNow}, "today": {tkReserved, resToday}, "tomorrow": {tkReserved, resTomorrow},
	"yesterday": {tkReserved, resYesterday}, "epoch": {tkReserved, resEpoch}, "allballs": {tkReserved, resZulu},
	"ad": {tkADBC, valAD}, "bc": {tkADBC, valBC}, "am": {tkAMPM, valAM}, "pm": {tkAMPM, valPM},
	"at": {tkIgnore, 0}, "on": {tkIgnore, 0}, "dst": {tkDSTMod, 0},
	"d": {tkUnits, unitDay}, "h": {tkUnits, unitHour}, "m": {tkUnits, unitMonth}, "mm": {tkUnits, unitMinute},
	"s": {tkUnits, unitSecond}, "y": {tkUnits, unitYear}, "j": {tkUnits, unitJulian}, "jd": {tkUnits, unitJulian},
	"julian": {tkUnits, unitJulian}, "t": {tkISOTime, unitTime},
	"jan": {tkMonth, 1}, "january": {tkMonth, 1}, "feb": {tkMonth, 2}, "february": {tkMonth, 2},
	"mar": {tkMonth, 3}, "march": {tkMonth, 3}, "apr": {tkMonth, 4}, "april": {tkMonth, 4}, "may": {tkMonth, 5},
	"jun": {tkMonth, 6}, "june": {tkMonth, 6}, "jul": {tkMonth, 7}, "july": {tkMonth, 7},
	"aug": {tkMonth, 8}, "august": {tkMonth, 8}, "sep": {tkMonth, 9}, "sept": {tkMonth, 9}, "september": {tkMonth, 9},
	"oct": {tkMonth, 10}, "october": {tkMonth, 10}, "nov": {tkMonth, 11}, "november": {tkMonth, 11},
	"dec": {tkMonth, 12}, "december": {tkMonth, 12},
	"sun": {tkWeekday, 0}, "sunday": {tkWeekday, 0}, "mon": {tkWeekday, 1}, "monday": {tkWeekday, 1},
	"tue": {tkWeekday, 2}, "tues": {tkWeekday, 2}, "tuesday": {tkWeekday, 2}, "wed": {tkWeekday, 3},
	"weds": {tkWeekday, 3}, "wednesday": {tkWeekday, 3}, "thu": {tkWeekday, 4}, "thur": {tkWeekday, 4},
	"thurs": {tkWeekday, 4}, "thursday": {tkWeekday, 4}, "fri": {tkWeekday, 5}, "friday": {tkWeekday, 5},
	"sat": {tkWeekday, 6}, "saturday": {tkWeekday, 6},
}

func dateToken(s string) (dateTokenInfo, bool) {
	t, ok := dateTokens[s]
	return t, ok
}
