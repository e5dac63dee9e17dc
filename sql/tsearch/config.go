package tsearch

import (
	_ "embed"
	"strings"
	"sync"
	"unicode"

	"github.com/blevesearch/snowballstem"
	"github.com/blevesearch/snowballstem/english"
)

// Config is a text search configuration: which dictionary words of each kind go to.
type Config struct {
	OID   uint32
	Name  string
	Stems bool // words of letters go to the stemmer, all else to the simple dictionary
	// GoOn is called now and then while a text is parsed, and does not return where that
	// is to end; nil = nothing ends it.
	GoOn func()
}

// goOn is called for each token; n is how many have come.
func (c Config) goOn(n int) {
	if n%64 == 0 && c.GoOn != nil {
		c.GoOn()
	}
}

// Dictionary is a text search dictionary.
type Dictionary struct {
	OID   uint32
	Name  string
	Stems bool
}

// The configurations and dictionaries that exist, with PostgreSQL's numbers.
var (
	Configs      = []Config{{OID: 3748, Name: "simple"}, {OID: 13164, Name: "english", Stems: true}}
	Dictionaries = []Dictionary{{3765, "simple", false}, {13163, "english_stem", true}}
)

// ConfigByOID finds a configuration.
func ConfigByOID(oid uint32) (Config, bool) {
	for _, c := range Configs {
		if c.OID == oid {
			return c, true
		}
	}
	return Config{}, false
}

// stopWords are English words that say nothing: articles, pronouns, forms of to be.
//
//go:embed english_stop.txt
var stopText string

var stopWords = sync.OnceValue(func() map[string]bool {
	m := map[string]bool{}
	for _, w := range strings.Fields(stopText) {
		m[w] = true
	}
	return m
})

// Lexize is what the dictionary makes of a word: nothing of a stop word.
func (d Dictionary) Lexize(word string) (lexeme string, ok bool) {
	word = strings.Map(unicode.ToLower, word)
	switch {
	case word == "" || d.Stems && stopWords()[word]:
		return "", false
	case !d.Stems:
		return word, true
	}
	if len(word) > 1000 {
		return word, true
	}
	env := snowballstem.NewEnv(word)
	english.Stem(env)
	return env.Current(), true
}

// Dictionary is the one for tokens of a kind; ok is false where there is none.
func (c Config) Dictionary(kind Kind) (d Dictionary, ok bool) {
	switch kind {
	case Blank, Tag, Protocol, Entity:
		return d, false
	case ASCIIWord, AnyWord, ASCIIHWord, HWord, HWordASCIIPart, HWordPart:
		if c.Stems {
			return Dictionaries[1], true
		}
	}
	return Dictionaries[0], true
}

// Document collects the lexemes of texts that follow each other.
type Document struct {
	Config Config
	words  Vector
	place  int
}

// Add parses a text. A gap after it keeps phrases from reaching into the next.
func (d *Document) Add(text string) {
	before := len(d.words)
	d.parse(text)
	if len(d.words) > before {
		d.place++
	}
}

func (d *Document) parse(text string) {
	n := 0
	Parse(text, func(t Token) {
		n++
		d.Config.goOn(n)
		if len(t.Text) > maxWord {
			return
		}
		dictionary, ok := d.Config.Dictionary(t.Kind)
		if !ok {
			return
		}
		d.place++
		if lexeme, ok := dictionary.Lexize(t.Text); ok {
			d.words = append(d.words, Lexeme{Word: []byte(lexeme), Pos: []Pos{MakePos(d.place, 0)}})
		}
	})
}

// Append parses a text that goes on where the last one ended.
func (d *Document) Append(text string) { d.parse(text) }

// Vector is what was collected.
func (d *Document) Vector() Vector { return d.words.normal() }

// ToVector is to_tsvector.
func (c Config) ToVector(text string) Vector {
	d := Document{Config: c}
	d.parse(text)
	return d.Vector()
}

// lexemes is the query that stands for a text: lexemes joined by op, with gaps where
// words were dropped.
func (c Config) lexemes(text string, op Op, weights byte, prefix bool) *Node {
	d := Document{Config: c}
	d.parse(text)
	if len(d.words) == 0 {
		return &Node{Op: Stop}
	}
	var n *Node
	last := 0
	push := func(x *Node) {
		if n == nil {
			n = x
			return
		}
		n = &Node{Op: op, Left: n, Right: x}
		if op == Phrase {
			n.Distance = 1
		}
	}
	for _, l := range d.words {
		place := l.Pos[0].Place()
		for last > 0 && last+1 < place {
			push(&Node{Op: Stop})
			last++
		}
		last = place
		push(&Node{Word: l.Word, Weights: weights, Prefix: prefix})
	}
	return n
}

// ToQuery is to_tsquery; asked is false if there are no words, not even such as are left out.
func (c Config) ToQuery(text string) (n *Node, asked bool, err error) {
	n, err = parseQuery(text, func(word []byte, weights byte, prefix bool) (*Node, error) {
		return c.lexemes(string(word), Phrase, weights, prefix), nil
	})
	if err != nil || n == nil {
		return nil, false, err
	}
	return clean(n), true, nil
}

// PlainQuery is plainto_tsquery and, with Phrase, phraseto_tsquery.
func (c Config) PlainQuery(text string, op Op) (n *Node, asked bool) {
	return clean(c.lexemes(text, op, 0, false)), text != ""
}

// clean takes stop words out, making phrases wider by what was in them.
func clean(n *Node) *Node {
	out, _, _ := n.clean()
	return out
}

// clean gives what is left, and how far it stood from the left and right end of what it
// is left of.
func (n *Node) clean() (left *Node, before, after int) {
	switch n.Op {
	case Word:
		return n, 0, 0
	case Stop:
		return nil, 0, 0
	case Not:
		r, before, after := n.Right.clean()
		if r == nil {
			return nil, before, after
		}
		return &Node{Op: Not, Right: r}, before, after
	}
	l, lb, la := n.Left.clean()
	r, rb, ra := n.Right.clean()
	phrase := n.Op == Phrase
	switch {
	case l == nil && r == nil:
		width := max(lb, rb)
		if phrase {
			width = lb + n.Distance + rb
		}
		return nil, width, width
	case l == nil:
		if phrase {
			rb += lb + n.Distance
		}
		return r, rb, ra
	case r == nil:
		if phrase {
			la += n.Distance + ra
		}
		return l, lb, la
	case phrase:
		return &Node{Op: Phrase, Left: l, Right: r, Distance: n.Distance + la + rb}, lb, ra
	}
	return &Node{Op: n.Op, Left: l, Right: r}, 0, 0
}
