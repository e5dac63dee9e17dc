package pgcrypto

import (
	"encoding/hex"
	"os"
	"strings"
	"testing"
)

func message1(t *testing.T, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// Messages that PostgreSQL 15 made: with a session key of their own, compressed, without
// a check, under another cipher.
func TestDecryptWhatPostgresMade(t *testing.T) {
	for _, c := range []struct {
		message, want string
		text          bool
	}{
		{"c30d0407030220703c318ba30e667dd23c01920dfb179c2e463d93e954d9668893a5e4e4f850ad05364dab716467ebdb1a1af09dd14706ca1b20658b402be951bba5fb488d1f22d43c0ebbe18d", "hello world", true},
		{"c32e040903084d65abd7866d9bfd61aad7770c0480b95afb71f5e18d3a015c4807fe2584da529770b8d388f6a999a811d23801209816f7032ea636d6e6e9558236c691a6eedf9bdc2b87434f0f8f3cef4fc5257163cf97d35b0277dc76545506e86ccc01fbb34514dcdc", "\x00\xff", false},
		{"c30c040701023cb4974db35c9b5cc930d7de5ffb394f3dbef02192204f8a4277618a3d7c2748f888eaf7b204fbd6b81b6952cafab887d1d3adbce506bdbcaee3", "hello world", true},
		{"c30404020002d23401be45bfff5882cea107d032ca5470a6c1584f20703f2be00bee99d4adb926a534b6f78ddc70e4891b9f21e6779781df09346b19", "hello world", true},
	} {
		got, err := DecryptWithPassword(message1(t, c.message), c.text, []byte("key"), "")
		if err != nil || string(got) != c.want {
			t.Errorf("%s: %q %v, not %q", c.message, got, err, c.want)
		}
		if got, err := DecryptWithPassword(message1(t, c.message), c.text, []byte("kez"), ""); err == nil {
			t.Errorf("%s: %q with a wrong password", c.message, got)
		}
	}
	secret, err := os.ReadFile("testdata/rsa.sec")
	if err != nil {
		t.Fatal(err)
	}
	m := "c18c03af90417f2fe6df200103ff6e7d092a79d168e54706b65f7c5469b28eca1c9f0769740435791a3c88ee5b32f7cf3a707bfa55b2f9042de74f6ff0ea8ad818689e43da639c9ee8cece7f813951847d50a31a69d0b904bd7797cd6a1b3854f6e37d199edb5ff51d02a18f5c76d781cff1cb387c054fb371d4e67fd2b03a76851b414f5a6e1f06a1743a66fc0cd23c011f8da4ec38a1d45f2f7b04ec94bd0cbffdbeccd6e9495db2a009b43c825bcde6ef150c43bbbac5a2c600d36fb73adf408d6ef21d480c70482566c4"
	if got, err := DecryptWithKey(message1(t, m), true, secret, nil, ""); err != nil || string(got) != "hello world" {
		t.Errorf("with a key: %q %v", got, err)
	}
}

// What is encrypted comes back, under every option.
func TestMessagesComeBack(t *testing.T) {
	text := strings.Repeat("text with\nlines and é. ", 100)
	for _, opts := range []string{"", "sess-key=1", "cipher-algo=aes256, compress-algo=1", "compress-algo=2,compress-level=9", "s2k-mode=0", "s2k-mode=1,s2k-digest-algo=sha512",
		"s2k-count=1024", "cipher-algo=3des,sess-key=1,s2k-cipher-algo=aes192", "cipher-algo=cast5", "unicode-mode=1,convert-crlf=1", "disable-mdc=1"} {
		m, err := EncryptWithPassword([]byte(text), true, []byte("pw"), opts)
		if err != nil {
			t.Errorf("%s: %v", opts, err)
			continue
		}
		if id, err := KeyID(m); id != "SYMKEY" || err != nil {
			t.Errorf("%s: key %s %v", opts, id, err)
		}
		if got, err := DecryptWithPassword(m, true, []byte("pw"), opts); err != nil || string(got) != text {
			t.Errorf("%s: %q %v", opts, got, err)
		}
		if strings.Contains(opts, "disable-mdc") {
			continue
		}
		for _, at := range []int{0, 1, 3, len(m) / 2, len(m) - 1} {
			bad := append([]byte(nil), m...)
			bad[at] ^= 1
			if got, err := DecryptWithPassword(bad, true, []byte("pw"), ""); err == nil && string(got) == text {
				t.Errorf("%s: byte %d does not matter", opts, at)
			}
		}
	}
	public, err := os.ReadFile("testdata/rsa.pub")
	if err != nil {
		t.Fatal(err)
	}
	secret, err := os.ReadFile("testdata/rsa.sec")
	if err != nil {
		t.Fatal(err)
	}
	m, err := EncryptToKey([]byte{0, 1, 2}, false, public, "")
	if err != nil {
		t.Fatal(err)
	}
	if got, err := DecryptWithKey(m, false, secret, nil, ""); err != nil || string(got) != "\x00\x01\x02" {
		t.Errorf("with a key: %q %v", got, err)
	}
	for _, b := range [][]byte{m, public, secret} {
		if id, err := KeyID(b); id != "AF90417F2FE6DF20" || err != nil {
			t.Errorf("key %s %v", id, err)
		}
	}
	for what, f := range map[string]func() ([]byte, error){
		"Refusing to encrypt with secret key":                   func() ([]byte, error) { return EncryptToKey(nil, false, secret, "") },
		"Cannot decrypt with public key":                        func() ([]byte, error) { return DecryptWithKey(m, false, public, nil, "") },
		"Several keys given - pgcrypto does not handle keyring": func() ([]byte, error) { return EncryptToKey(nil, false, append(public, public...), "") },
		"Not text data": func() ([]byte, error) { return DecryptWithKey(m, true, secret, nil, "") },
	} {
		if _, err := f(); err == nil || !strings.Contains(err.Error(), what) {
			t.Errorf("%v, not %s", err, what)
		}
	}
}

func FuzzDecrypt(f *testing.F) {
	m, err := EncryptWithPassword([]byte("text"), true, []byte("pw"), "compress-algo=1")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(m)
	f.Fuzz(func(_ *testing.T, b []byte) {
		_, _ = DecryptWithPassword(b, true, []byte("pw"), "")
		_, _ = DecryptWithKey(b, true, b, nil, "")
		_, _ = KeyID(b)
	})
}
