package pgcrypto

import (
	"encoding/base64"
	"strings"
)

// Armor writes bytes as OpenPGP's ASCII armor, with headers of keys and values.
func Armor(data []byte, keys, values []string) string {
	const width = 76
	var b strings.Builder
	b.WriteString("-----BEGIN PGP MESSAGE-----\n")
	for i := range keys {
		b.WriteString(keys[i] + ": " + values[i] + "\n")
	}
	b.WriteString("\n")
	for text := base64.StdEncoding.EncodeToString(data); text != ""; text = text[min(width, len(text)):] {
		b.WriteString(text[:min(width, len(text))] + "\n")
	}
	crc := crc24(data)
	b.WriteString("=" + base64.StdEncoding.EncodeToString([]byte{byte(crc >> 16), byte(crc >> 8), byte(crc)}) + "\n")
	b.WriteString("-----END PGP MESSAGE-----\n")
	return b.String()
}

// crc24 is the checksum of RFC 4880, section 6.1.
func crc24(data []byte) uint32 {
	crc := uint32(0xb704ce)
	for _, c := range data {
		crc ^= uint32(c) << 16
		for range 8 {
			if crc <<= 1; crc&0x1000000 != 0 {
				crc ^= 0x1864cfb
			}
		}
	}
	return crc & 0xffffff
}

func badArmor() error { return failed("Corrupt ascii-armor") }

// armored finds the headers and the body between the first line and the last.
func armored(text string) (headers []string, body string, err error) {
	text = strings.ReplaceAll(text, "\r\n", "\n")
	_, after, ok := cutLine(text, "-----BEGIN ")
	if !ok {
		return nil, "", badArmor()
	}
	for {
		line, rest, ok := strings.Cut(after, "\n")
		if !ok {
			return nil, "", badArmor()
		}
		if after = rest; strings.TrimSpace(line) == "" {
			break
		}
		headers = append(headers, line)
	}
	body, _, ok = cutLine(after, "-----END ")
	if !ok {
		return nil, "", badArmor()
	}
	return headers, body, nil
}

// cutLine parts a text at a line that begins so and ends in five dashes.
func cutLine(text, begin string) (before, after string, ok bool) {
	for at := 0; at < len(text); {
		line, _, _ := strings.Cut(text[at:], "\n")
		if strings.HasPrefix(line, begin) && strings.HasSuffix(strings.TrimRight(line, " "), "-----") {
			return text[:at], text[min(at+len(line)+1, len(text)):], true
		}
		at += len(line) + 1
	}
	return text, "", false
}

// Dearmor reads armor, and checks its sum.
func Dearmor(text string) ([]byte, error) {
	_, body, err := armored(text)
	if err != nil {
		return nil, err
	}
	body = strings.TrimSpace(body)
	at := strings.LastIndexByte(body, '=')
	if at < 0 || at > 0 && body[at-1] != '\n' {
		return nil, badArmor()
	}
	sum, err := base64.StdEncoding.DecodeString(body[at+1:])
	if err != nil || len(sum) != 3 {
		return nil, badArmor()
	}
	data, err := base64.StdEncoding.DecodeString(strings.Join(strings.Fields(body[:at]), ""))
	if err != nil || crc24(data) != uint32(sum[0])<<16|uint32(sum[1])<<8|uint32(sum[2]) {
		return nil, badArmor()
	}
	return data, nil
}

// ArmorHeaders are the headers of armor.
func ArmorHeaders(text string) (keys, values []string, err error) {
	headers, _, err := armored(text)
	if err != nil {
		return nil, nil, err
	}
	for _, h := range headers {
		key, value, ok := strings.Cut(h, ": ")
		if !ok {
			return nil, nil, badArmor()
		}
		keys, values = append(keys, key), append(values, value)
	}
	return keys, values, nil
}
