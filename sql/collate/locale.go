package collate

import (
	"errors"
	"regexp"
	"slices"
	"strings"

	"golang.org/x/text/language"
)

// Errors of ICUOrder.
var (
	// ErrNotHere: ICU has an order for the locale, which is not here.
	ErrNotHere = errors.New("collate: the order is not here")
	// ErrIllegal: the locale is none, or one of its keywords has a value that it cannot have.
	ErrIllegal = errors.New("collate: illegal locale")
)

// ICUOrder is the order of a locale as ICU names it: a language with - or _ and its
// keywords after -u- or @. As with ICU, a language nobody knows has the root's order.
func ICUOrder(locale string) (order string, err error) {
	base, kw, err := keywords(locale)
	if err != nil {
		return "", err
	}
	if kw["va"] == "posix" || kw["co"] == "phonebk" && base != "de" && base != "de-de" && base != "de-at" {
		return "", ErrNotHere
	}
	ext, err := extension(kw)
	if err != nil {
		return "", err
	}
	if order, err = localeOrder(base); err != nil {
		return "", err
	}
	if kw["co"] == "phonebk" {
		order = "de"
	}
	return order + ext, nil
}

// unknownOrders are languages that have an order of their own with ICU and none here, and
// the older names of some.
var unknownOrders = strings.Fields("ar as az be bg bn br bs ceb da dsb el et fa fil fy gu haw he hi hr hsb hy ja ka kk kn kok " +
	"ku ky lkt lv mk ml mn mr mt nb ne nn no om or pa ps ru si smn sr ta te th tk to ug uk ur uz vi wo yi yue zh iw ji mo sh tl")

var subtags = regexp.MustCompile(`^[a-z0-9]{1,8}(-[a-z0-9]{1,8})*$`)

// localeOrder is the order of a language tag in small letters: of the longest part of
// it that has one.
func localeOrder(tag string) (string, error) {
	if tag == "" || tag == "root" {
		return Root, nil
	}
	if lang, _, _ := strings.Cut(tag, "-"); len(lang) > 11 {
		return "", ErrIllegal
	}
	if !subtags.MatchString(tag) || strings.HasSuffix(tag, "-posix") || strings.HasPrefix(tag, "fr-ca") {
		return "", ErrNotHere
	}
	lang, rest, _ := strings.Cut(tag, "-")
	if len(lang) == 3 {
		b, err := language.ParseBase(lang)
		if err != nil {
			return "", ErrNotHere
		}
		lang = b.String()
		tag = strings.TrimSuffix(lang+"-"+rest, "-")
	}
	if slices.Contains(unknownOrders, lang) {
		return "", ErrNotHere
	}
	for {
		for _, b := range Builtins() {
			if b.Provider == 'i' && strings.EqualFold(b.ICU, tag) {
				return b.Order, nil
			}
		}
		end := strings.LastIndexByte(tag, '-')
		if end < 0 {
			return Root, nil
		}
		tag = tag[:end]
	}
}

// keywords takes a locale apart: its language, and what follows -u- or @. Keywords of
// the older form without a value, and those nobody knows, say nothing.
func keywords(locale string) (base string, kw map[string]string, err error) {
	kw = map[string]string{}
	base, old, hasOld := strings.Cut(strings.ToLower(locale), "@")
	base, _, _ = strings.Cut(base, ".") // an encoding
	base = strings.ReplaceAll(base, "_", "-")
	base, ext, _ := strings.Cut(base, "-u-")
	key := ""
	for _, s := range strings.Split(ext, "-") {
		switch {
		case s == "":
		case len(s) == 2:
			key, kw[s] = s, ""
		case key == "":
			return "", nil, ErrIllegal
		default:
			kw[key] = strings.TrimPrefix(kw[key]+"-"+s, "-")
		}
	}
	if hasOld {
		for _, s := range strings.Split(old, ";") {
			name, value, given := strings.Cut(s, "=")
			name = strings.TrimSpace(name)
			o, known := oldNames[name]
			switch {
			case name == "" && given:
				return "", nil, ErrIllegal
			case !known || !given:
				continue
			}
			if value = strings.TrimSpace(value); o.values[value] != "" {
				value = o.values[value]
			}
			kw[o.key] = value
		}
	}
	return base, kw, nil
}
