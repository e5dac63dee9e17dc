package tsearch

import (
	"bytes"
	"encoding/binary"
	"hash/crc32"
	"strconv"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/pgerr"
)

// Op says what a node of a query is.
type Op byte

// The operators have the numbers of PostgreSQL's binary format. Stop stands for a word
// that the dictionaries do not keep, until clean takes it out.
const (
	Word Op = iota
	Not
	And
	Or
	Phrase
	Stop
)

func (o Op) priority() int {
	switch o {
	case Or:
		return 1
	case And:
		return 2
	case Phrase:
		return 3
	}
	return 4
}

// Node is a query or a part of one; nil is the empty query. Not has its operand on the right.
type Node struct {
	Op          Op
	Left, Right *Node
	Distance    int // of a phrase
	Word        []byte
	Weights     byte // which weights match: 8 for A to 1 for D; 0 all
	Prefix      bool
}

const (
	typeWord = 1
	typeOp   = 2
)

// Encode appends the form of PostgreSQL's binary format: int32 number of nodes, then
// each before its operands, the right one first.
func (n *Node) Encode(dst []byte) []byte {
	dst = binary.BigEndian.AppendUint32(dst, uint32(n.Count()))
	return n.encode(dst)
}

func (n *Node) encode(dst []byte) []byte {
	switch {
	case n == nil:
		return dst
	case n.Op == Word:
		prefix := byte(0)
		if n.Prefix {
			prefix = 1
		}
		return append(append(append(dst, typeWord, n.Weights, prefix), n.Word...), 0)
	}
	dst = append(dst, typeOp, byte(n.Op))
	if n.Op == Phrase {
		dst = binary.BigEndian.AppendUint16(dst, uint16(n.Distance))
	}
	return n.Left.encode(n.Right.encode(dst))
}

// Count is the number of nodes (numnode).
func (n *Node) Count() int {
	if n == nil {
		return 0
	}
	return 1 + n.Left.Count() + n.Right.Count()
}

// DecodeQuery reads the encoded form; an error is a client's.
func DecodeQuery(b []byte) (*Node, error) {
	if len(b) < 4 {
		return nil, pgerr.New(pgerrcode.ProtocolViolation, "insufficient data left in message")
	}
	count := binary.BigEndian.Uint32(b)
	if count > 1<<24 {
		return nil, pgerr.New(pgerrcode.InternalError, "invalid size of tsquery")
	}
	if count == 0 {
		return nil, nil
	}
	d := queryDecoder{b: b[4:]}
	n := d.node(0)
	switch {
	case d.err != nil:
		return nil, d.err
	case len(d.b) > 0 || n.Count() != int(count):
		return nil, pgerr.New(pgerrcode.InternalError, "malformed tsquery: extra nodes")
	}
	return n, nil
}

type queryDecoder struct {
	b   []byte
	err error
}

func (d *queryDecoder) take(n int) []byte {
	if d.err == nil && len(d.b) < n {
		d.err = pgerr.New(pgerrcode.ProtocolViolation, "insufficient data left in message")
	}
	if d.err != nil {
		return make([]byte, n)
	}
	out := d.b[:n]
	d.b = d.b[n:]
	return out
}

// maxDepth bounds the nesting of queries.
const maxDepth = 5000

func (d *queryDecoder) node(depth int) *Node {
	if depth > maxDepth {
		d.err = pgerr.TooDeep()
	}
	if d.err != nil {
		return nil
	}
	switch kind := d.take(1)[0]; kind {
	case typeWord:
		head := d.take(2)
		n := &Node{Weights: head[0] & 15, Prefix: head[1] != 0}
		end := bytes.IndexByte(d.b, 0)
		if end < 0 || end > maxWord {
			d.err = pgerr.New(pgerrcode.InternalError, "invalid tsquery: operand too long")
			return nil
		}
		n.Word = d.take(end + 1)[:end:end]
		return n
	case typeOp:
		n := &Node{Op: Op(d.take(1)[0])}
		if n.Op < Not || n.Op > Phrase {
			d.err = pgerr.Newf(pgerrcode.InternalError, "invalid tsquery: unrecognized operator type %d", n.Op)
			return nil
		}
		if n.Op == Phrase {
			n.Distance = int(binary.BigEndian.Uint16(d.take(2)))
		}
		n.Right = d.node(depth + 1)
		if n.Op != Not {
			n.Left = d.node(depth + 1)
		}
		return n
	default:
		d.err = pgerr.Newf(pgerrcode.InternalError, "unrecognized tsquery node type: %d", kind)
		return nil
	}
}

// AppendText prints the query with as few parentheses as it needs.
func (n *Node) AppendText(dst []byte) []byte {
	if n == nil {
		return dst
	}
	return n.appendText(dst, -1, false)
}

func (n *Node) appendText(dst []byte, parent int, afterPhrase bool) []byte {
	if n.Op == Word {
		return n.appendWord(dst)
	}
	priority := n.Op.priority()
	paren := priority < parent || n.Op == Phrase && afterPhrase
	if paren {
		dst = append(dst, "( "...)
	}
	if n.Op == Not {
		dst = n.Right.appendText(append(dst, '!'), priority, false)
	} else {
		dst = n.Left.appendText(dst, priority, false)
		switch {
		case n.Op == Or:
			dst = append(dst, " | "...)
		case n.Op == And:
			dst = append(dst, " & "...)
		case n.Distance == 1:
			dst = append(dst, " <-> "...)
		default:
			dst = append(strconv.AppendInt(append(dst, " <"...), int64(n.Distance), 10), "> "...)
		}
		dst = n.Right.appendText(dst, priority, n.Op == Phrase)
	}
	if paren {
		dst = append(dst, " )"...)
	}
	return dst
}

func (n *Node) appendWord(dst []byte) []byte {
	dst = quoteWord(dst, n.Word)
	if !n.Prefix && n.Weights == 0 {
		return dst
	}
	dst = append(dst, ':')
	if n.Prefix {
		dst = append(dst, '*')
	}
	for i, c := range []byte("ABCD") {
		if n.Weights&(8>>i) != 0 {
			dst = append(dst, c)
		}
	}
	return dst
}

// words calls f for each word of the query, the left ones first.
func (n *Node) words(f func(*Node)) {
	switch {
	case n == nil:
	case n.Op == Word:
		f(n)
	default:
		n.Left.words(f)
		n.Right.words(f)
	}
}

// AppendKey appends bytes that order as PostgreSQL orders queries: by their number of
// nodes, their size, then from the root on, greater numbers first.
func (n *Node) AppendKey(dst []byte) []byte {
	size := 0
	n.words(func(w *Node) { size += len(w.Word) + 1 })
	dst = binary.BigEndian.AppendUint32(dst, uint32(n.Count()))
	dst = binary.BigEndian.AppendUint32(dst, uint32(size))
	return n.appendKey(dst)
}

func (n *Node) appendKey(dst []byte) []byte {
	switch {
	case n == nil:
		return dst
	case n.Op == Word:
		dst = append(dst, ^byte(typeWord))
		dst = binary.BigEndian.AppendUint32(dst, ^(checksum(n.Word) ^ 1<<31))
		return append(append(dst, n.Word...), 0)
	}
	dst = append(dst, ^byte(typeOp), ^byte(n.Op))
	dst = n.Left.appendKey(n.Right.appendKey(dst))
	if n.Op == Phrase {
		dst = binary.BigEndian.AppendUint16(dst, ^uint16(n.Distance))
	}
	return dst
}

// checksum is the number that PostgreSQL compares words by: a CRC with the table of the
// reflected polynomial in the algorithm of the other.
func checksum(word []byte) uint32 {
	crc := ^uint32(0)
	for _, c := range word {
		crc = crc32.IEEETable[byte(crc>>24)^c] ^ crc<<8
	}
	return ^crc
}

// Words are the query's words, the left ones first.
func (n *Node) Words() (list [][]byte) {
	n.words(func(w *Node) { list = append(list, w.Word) })
	return list
}
