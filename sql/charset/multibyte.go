package charset

import "unicode/utf8"

// form is how the characters of an encoding are made of bytes.
type form struct{ width, check func(b []byte) int }

// multibyte are the forms of the encodings whose characters take several bytes. How long a
// character is and which bytes may follow its first are two questions: PostgreSQL
// reports what is invalid by the first, and asks the second of some bytes only.
var multibyte = map[string]form{
	"UTF8":           {widthUTF8, checkUTF8},
	"MULE_INTERNAL":  {widthMule, checkHigh(widthMule)},
	"EUC_JP":         {widthEUC, checkEUCJP},
	"EUC_JIS_2004":   {widthEUC, checkEUCJP},
	"EUC_KR":         {widthEUC, checkEUCKR},
	"EUC_CN":         {widthTwo, checkEUCKR},
	"EUC_TW":         {widthEUCTW, checkEUCTW},
	"JOHAB":          {widthEUC, checkJOHAB},
	"SJIS":           {widthSJIS, checkSJIS},
	"SHIFT_JIS_2004": {widthSJIS, checkSJIS},
	"BIG5":           {widthTwo, checkTwo},
	"GBK":            {widthTwo, checkTwo},
	"UHC":            {widthTwo, checkTwo},
	"GB18030":        {widthGB18030, checkGB18030},
}

// The shifts of the EUC encodings to their second and third set.
const shift2, shift3 = 0x8e, 0x8f

// euc says that c may be a byte of a character of two or more bytes in EUC.
func euc(c byte) bool { return c >= 0xa1 && c <= 0xfe }

func widthUTF8(b []byte) int {
	switch lead := b[0]; {
	case lead&0xe0 == 0xc0:
		return 2
	case lead&0xf0 == 0xe0:
		return 3
	case lead&0xf8 == 0xf0:
		return 4
	}
	return 1
}

func checkUTF8(b []byte) int {
	if r, n := utf8.DecodeRune(b); r != utf8.RuneError || n > 1 {
		return n
	}
	return -1
}

func widthEUC(b []byte) int {
	switch {
	case b[0] == shift3:
		return 3
	case b[0] >= 0x80:
		return 2
	}
	return 1
}

func widthTwo(b []byte) int {
	if b[0] >= 0x80 {
		return 2
	}
	return 1
}

func widthEUCTW(b []byte) int {
	if b[0] == shift2 {
		return 4
	}
	return widthEUC(b)
}

// widthSJIS knows the Katakana of one byte.
func widthSJIS(b []byte) int {
	if b[0] >= 0xa1 && b[0] <= 0xdf {
		return 1
	}
	return widthTwo(b)
}

func widthGB18030(b []byte) int {
	switch {
	case b[0] < 0x80:
		return 1
	case len(b) < 2, b[1] >= 0x30 && b[1] <= 0x39:
		return 4
	}
	return 2
}

// widthMule knows the leading bytes of Emacs's encoding.
func widthMule(b []byte) int {
	switch c := b[0]; {
	case c >= 0x81 && c <= 0x8d:
		return 2
	case c >= 0x9a && c <= 0x9b, c >= 0x90 && c <= 0x99:
		return 3
	case c >= 0x9c && c <= 0x9d:
		return 4
	}
	return 1
}

func checkEUCJP(b []byte) int {
	switch {
	case b[0] == shift2:
		if len(b) < 2 || b[1] < 0xa1 || b[1] > 0xdf {
			return -1
		}
		return 2
	case b[0] == shift3:
		if len(b) < 3 || !euc(b[1]) || !euc(b[2]) {
			return -1
		}
		return 3
	}
	return checkEUCKR(b)
}

func checkEUCKR(b []byte) int {
	if len(b) < 2 || !euc(b[0]) || !euc(b[1]) {
		return -1
	}
	return 2
}

func checkEUCTW(b []byte) int {
	switch {
	case b[0] == shift2:
		if len(b) < 4 || b[1] < 0xa1 || b[1] > 0xa7 || !euc(b[2]) || !euc(b[3]) {
			return -1
		}
		return 4
	case b[0] == shift3, len(b) < 2, !euc(b[1]):
		return -1
	}
	return 2
}

func checkJOHAB(b []byte) int {
	n := widthEUC(b)
	if len(b) < n {
		return -1
	}
	for _, c := range b[1:n] {
		if !euc(c) {
			return -1
		}
	}
	return n
}

func checkSJIS(b []byte) int {
	if widthSJIS(b) == 1 {
		return 1
	}
	lead := b[0] >= 0x81 && b[0] <= 0x9f || b[0] >= 0xe0 && b[0] <= 0xfc
	if !lead || len(b) < 2 || b[1] < 0x40 || b[1] == 0x7f || b[1] > 0xfc {
		return -1
	}
	return 2
}

// checkTwo takes any second byte but zero, and no pair that PostgreSQL keeps for marking
// what is no character.
func checkTwo(b []byte) int {
	if len(b) < 2 || b[1] == 0 || b[0] == 0x8d && b[1] == ' ' {
		return -1
	}
	return 2
}

func checkGB18030(b []byte) int {
	lead := b[0] >= 0x81 && b[0] <= 0xfe
	switch {
	case len(b) >= 4 && b[1] >= 0x30 && b[1] <= 0x39:
		if lead && b[2] >= 0x81 && b[2] <= 0xfe && b[3] >= 0x30 && b[3] <= 0x39 {
			return 4
		}
	case len(b) >= 2 && lead && (b[1] >= 0x40 && b[1] <= 0x7e || b[1] >= 0x80 && b[1] <= 0xfe):
		return 2
	}
	return -1
}

// checkHigh takes a character whose further bytes are all above 0x7f.
func checkHigh(width func([]byte) int) func([]byte) int {
	return func(b []byte) int {
		n := width(b)
		if len(b) < n {
			return -1
		}
		for _, c := range b[1:n] {
			if c < 0x80 {
				return -1
			}
		}
		return n
	}
}
