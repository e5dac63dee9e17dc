package builtin

import (
	"crypto/rand"
	"strings"
	"unicode"

	"github.com/google/uuid"
	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/pgcrypto"
	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// pgcryptoFuncs registers the functions of the extension pgcrypto.
func pgcryptoFuncs(r *registrar) {
	bytesOf := func(f func(a []types.Datum) ([]byte, error)) Eval {
		return func(_ *Ctx, a []types.Datum) (types.Datum, error) {
			b, err := f(a)
			if b == nil {
				b = []byte{}
			}
			return types.Bytes(b), err
		}
	}
	r.eval("pg_digest", bytesOf(func(a []types.Datum) ([]byte, error) { return pgcrypto.Digest(a[0].Bytes(), a[1].Text()) }))
	r.eval("pg_hmac", bytesOf(func(a []types.Datum) ([]byte, error) { return pgcrypto.HMAC(a[0].Bytes(), a[1].Bytes(), a[2].Text()) }))
	for name, decrypts := range map[string]bool{"encrypt": false, "decrypt": true, "encrypt_iv": false, "decrypt_iv": true} {
		r.eval("pg_"+name, bytesOf(func(a []types.Datum) ([]byte, error) {
			c, err := pgcrypto.CipherOf(a[len(a)-1].Text())
			if err != nil {
				return nil, err
			}
			var vector []byte
			if len(a) == 4 {
				vector = a[2].Bytes()
			}
			if decrypts {
				return c.Decrypt(a[0].Bytes(), a[1].Bytes(), vector, name)
			}
			return c.Encrypt(a[0].Bytes(), a[1].Bytes(), vector, name)
		}))
	}
	r.eval("pg_crypt", func(c *Ctx, a []types.Datum) (types.Datum, error) {
		s, err := pgcrypto.Crypt(a[0].Text(), a[1].Text(), c.goOn)
		return types.String(s), err
	})
	salt := func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		rounds := 0
		if len(a) == 2 {
			rounds = int(a[1].Int())
		}
		s, err := pgcrypto.Salt(a[0].Text(), rounds)
		return types.String(s), err
	}
	r.evals(salt, "pg_gen_salt", "pg_gen_salt_rounds")
	r.eval("pg_random_uuid", func(*Ctx, []types.Datum) (types.Datum, error) {
		id, err := uuid.NewRandom()
		return types.Bytes(id[:]), err
	})
	r.eval("pg_random_bytes", bytesOf(func(a []types.Datum) ([]byte, error) {
		const most = 1024
		n := a[0].Int()
		if n < 1 || n > most {
			return nil, pgerr.New(pgerrcode.ExternalRoutineInvocationException, "Length not in range")
		}
		b := make([]byte, n)
		_, err := rand.Read(b)
		return b, err
	}))
	pgpFuncs(r, bytesOf)
	armorFuncs(r)
}

// pgpFuncs registers the functions of messages.
func pgpFuncs(r *registrar, bytesOf func(func([]types.Datum) ([]byte, error)) Eval) {
	option := func(a []types.Datum, at int) string {
		if at < len(a) {
			return a[at].Text()
		}
		return ""
	}
	for suffix, text := range map[string]bool{"text": true, "bytea": false} {
		shown := func(b []byte, err error) ([]byte, error) {
			if err == nil && text {
				err = types.CheckUTF8(b)
			}
			return b, err
		}
		r.eval("pgp_sym_encrypt_"+suffix, bytesOf(func(a []types.Datum) ([]byte, error) {
			return pgcrypto.EncryptWithPassword(a[0].Bytes(), text, a[1].Bytes(), option(a, 2))
		}))
		r.eval("pgp_sym_decrypt_"+suffix, bytesOf(func(a []types.Datum) ([]byte, error) {
			return shown(pgcrypto.DecryptWithPassword(a[0].Bytes(), text, a[1].Bytes(), option(a, 2)))
		}))
		r.eval("pgp_pub_encrypt_"+suffix, bytesOf(func(a []types.Datum) ([]byte, error) {
			return pgcrypto.EncryptToKey(a[0].Bytes(), text, a[1].Bytes(), option(a, 2))
		}))
		r.eval("pgp_pub_decrypt_"+suffix, bytesOf(func(a []types.Datum) ([]byte, error) {
			var password []byte
			if len(a) > 2 {
				password = a[2].Bytes()
			}
			return shown(pgcrypto.DecryptWithKey(a[0].Bytes(), text, a[1].Bytes(), password, option(a, 3)))
		}))
	}
	r.eval("pgp_key_id_w", func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		s, err := pgcrypto.KeyID(a[0].Bytes())
		return types.String(s), err
	})
}

func armorFuncs(r *registrar) {
	r.eval("pg_armor", func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		var keys, values []string
		if len(a) == 3 {
			var err error
			if keys, values, err = armorHeaders(a[1], a[2]); err != nil {
				return types.Datum{}, err
			}
		}
		return types.String(pgcrypto.Armor(a[0].Bytes(), keys, values)), nil
	})
	r.eval("pg_dearmor", func(_ *Ctx, a []types.Datum) (types.Datum, error) {
		b, err := pgcrypto.Dearmor(a[0].Text())
		return types.Bytes(b), err
	})
	r.rows("pgp_armor_headers", func(_ *Ctx, a []types.Datum) (RowIter, error) {
		keys, values, err := pgcrypto.ArmorHeaders(a[0].Text())
		out := &tableRows{}
		for i := range keys {
			out.rows = append(out.rows, []types.Datum{types.String(keys[i]), types.String(values[i])})
		}
		return out, err
	})
}

// armorHeaders reads the two arrays of headers.
func armorHeaders(k, v types.Datum) (keys, values []string, err error) {
	if types.ArrayNDims(k) > 1 || types.ArrayNDims(v) > 1 {
		return nil, nil, pgerr.New(pgerrcode.ArraySubscriptError, "wrong number of array subscripts")
	}
	if types.ArrayLen(k) != types.ArrayLen(v) {
		return nil, nil, pgerr.New(pgerrcode.ArraySubscriptError, "mismatched array dimensions")
	}
	read := func(d types.Datum, what string) (string, error) {
		s := d.Text()
		switch {
		case d.IsNull():
			return "", pgerr.Newf(pgerrcode.NullValueNotAllowedDataException, "null value not allowed for header %s", what)
		case strings.ContainsFunc(s, func(c rune) bool { return c > unicode.MaxASCII }):
			return "", badParam("header %s must not contain non-ASCII characters", what)
		case what == "key" && strings.Contains(s, ": "):
			return "", badParam("header key must not contain \": \"")
		case strings.Contains(s, "\n"):
			return "", badParam("header %s must not contain newlines", what)
		}
		return s, nil
	}
	for ik, iv := types.NewArrayIter(k), types.NewArrayIter(v); ; {
		dk, ok := ik.Next()
		if !ok {
			return keys, values, nil
		}
		dv, _ := iv.Next()
		key, err := read(dk, "key")
		if err != nil {
			return nil, nil, err
		}
		value, err := read(dv, "value")
		if err != nil {
			return nil, nil, err
		}
		keys, values = append(keys, key), append(values, value)
	}
}
