package builtin

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"testing"

	"golang.org/x/text/unicode/norm"

	"github.com/loxodb/loxodb/sql/types"
)

// countdown is a context that ends when it has been asked a few times.
type countdown struct {
	context.Context
	left int
}

func (c *countdown) Err() error {
	if c.left--; c.left < 0 {
		return context.Canceled
	}
	return nil
}

// TestLongCallsEnd makes calls over values of several pieces, which must ask whether to go on
// at least once for each, and end when told so.
func TestLongCallsEnd(t *testing.T) {
	text := types.String(strings.Repeat("ab é", 4*piece/4))
	r := &registrar{code: map[string]*code{}}
	textFuncs(r)
	unicodeFuncs(r)
	byteaFuncs(r) // with the hashes
	for name, args := range map[string][]types.Datum{
		"initcap": {text}, "text_reverse": {text}, "translate": {text, types.String("ab"), types.String("x")},
		"md5_text": {text}, "md5_bytea": {text}, "sha224_bytea": {text}, "sha256_bytea": {text}, "sha384_bytea": {text}, "sha512_bytea": {text},
		"unicode_normalize_func": {text, types.String("NFD")}, "unicode_is_normalized": {text, types.String("NFC")},
		"upper": {text}, "lower": {text}, "replace_text": {text, types.String("b"), types.String("xy")},
		"binary_encode": {text, types.String("base64")}, "repeat": {types.String("ab é"), types.Int(piece)},
		"lpad": {text, types.Int(8 * piece), types.String("é-")}, "rpad": {text, types.Int(8 * piece), types.String("xyz")},
	} {
		f := r.code[name].eval
		asked := &countdown{context.Background(), 1000}
		if _, err := f(&Ctx{Context: asked, Format: types.DefaultFormat}, args); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		if n := 1000 - asked.left; n < 3 {
			t.Errorf("%s asks %d times whether to go on", name, n)
		}
		if _, err := f(&Ctx{Context: &countdown{context.Background(), 1}, Format: types.DefaultFormat}, args); !errors.Is(err, context.Canceled) {
			t.Errorf("%s, cancelled: %v", name, err)
		}
	}
}

// TestMappedInPieces compares with what the library makes of the whole.
func TestMappedInPieces(t *testing.T) {
	for pad := range 4 {
		s := []byte(strings.Repeat("x", pad) + strings.Repeat("éÄ€ß\U00010428", piece/5))
		got, err := (&Ctx{}).mapped(s, bytes.ToUpper)
		if err != nil || !bytes.Equal(got, bytes.ToUpper(s)) {
			t.Errorf("%d before: %v, %d bytes", pad, err, len(got))
		}
	}
}

// TestNormalizedInPieces compares with what the library makes of the whole, where marks and
// letters lie on both sides of the cuts.
func TestNormalizedInPieces(t *testing.T) {
	for _, pad := range []int{0, 1, 2, 3} {
		s := []byte(strings.Repeat("x", pad) + strings.Repeat("e\u0301\u0323가a\u0300", piece/6) + strings.Repeat("\u0301", piece/100) + "ᄀ" + "ᅡ")
		for _, f := range []norm.Form{norm.NFC, norm.NFD, norm.NFKC, norm.NFKD} {
			got, err := normalized(&Ctx{}, f, s)
			if err != nil || !bytes.Equal(got.Bytes(), f.Bytes(s)) {
				t.Errorf("form %v, %d before: %v, %d bytes of %d", f, pad, err, len(got.Bytes()), len(f.Bytes(s)))
			}
		}
	}
}
