package types

import (
	"encoding/binary"
	"math"
	"strconv"
)

// The values of pg_ndistinct and pg_dependencies, which ANALYZE finds for statistics objects,
// are PostgreSQL's own bytes, as they become bytea as they are (src/backend/statistics; of a
// machine with little-endian integers): three numbers of 32 bits, magic, kind and how many
// items follow. Columns are attribute numbers, and −1, −2… for expressions.
const (
	distinctMagic   = 0xA352BFA4
	dependencyMagic = 0xB4549A2C
	extStatsKind    = 1
	extStatsHeader  = 12
)

// AttrGroup is what is known of several columns together: how many different rows they have,
// or how far the last of them is determined by the others, 0 to 1.
type AttrGroup struct {
	Attrs []int16
	Value float64
}

func appendStatsHeader(dst []byte, magic uint32, items int) []byte {
	dst = binary.LittleEndian.AppendUint32(dst, magic)
	dst = binary.LittleEndian.AppendUint32(dst, extStatsKind)
	return binary.LittleEndian.AppendUint32(dst, uint32(items))
}

// statsItems is the number of items of a value, and what follows its header; 0 for damaged ones.
func statsItems(b []byte, magic uint32) (int, []byte) {
	if len(b) < extStatsHeader || binary.LittleEndian.Uint32(b) != magic {
		return 0, nil
	}
	return int(binary.LittleEndian.Uint32(b[8:])), b[extStatsHeader:]
}

// NDistinct makes a pg_ndistinct.
func NDistinct(list []AttrGroup) Datum { return attrGroups(distinctMagic, 4, list) }

// Dependencies makes a pg_dependencies.
func Dependencies(list []AttrGroup) Datum { return attrGroups(dependencyMagic, 2, list) }

// attrGroups writes groups, the number of columns of each in so many bytes.
func attrGroups(magic uint32, width int, list []AttrGroup) Datum {
	b := appendStatsHeader(nil, magic, len(list))
	for _, g := range list {
		b = binary.LittleEndian.AppendUint64(b, math.Float64bits(g.Value))
		b = append(binary.LittleEndian.AppendUint16(b, uint16(len(g.Attrs))), make([]byte, width-2)...)
		for _, a := range g.Attrs {
			b = binary.LittleEndian.AppendUint16(b, uint16(a))
		}
	}
	return Bytes(b)
}

// eachAttrGroup reads what attrGroups wrote, and ends where that is damaged.
func eachAttrGroup(b []byte, magic uint32, width int, each func(AttrGroup)) {
	n, b := statsItems(b, magic)
	for ; n > 0 && len(b) >= 8+width; n-- {
		g := AttrGroup{Value: math.Float64frombits(binary.LittleEndian.Uint64(b))}
		attrs := int(binary.LittleEndian.Uint16(b[8:]))
		if b = b[8+width:]; len(b) < 2*attrs {
			return
		}
		for range attrs {
			g.Attrs = append(g.Attrs, int16(binary.LittleEndian.Uint16(b)))
			b = b[2:]
		}
		each(g)
	}
}

// appendNDistinct is pg_ndistinct_out.
func appendNDistinct(dst, b []byte) []byte {
	start := len(dst)
	eachAttrGroup(b, distinctMagic, 4, func(g AttrGroup) {
		dst = appendAttrs(appendItem(dst, start), g.Attrs)
		dst = strconv.AppendInt(append(dst, `": `...), int64(g.Value), 10)
	})
	return appendItemsEnd(dst, start)
}

// appendDependencies is pg_dependencies_out.
func appendDependencies(dst, b []byte) []byte {
	start := len(dst)
	eachAttrGroup(b, dependencyMagic, 2, func(g AttrGroup) {
		last := max(len(g.Attrs)-1, 0)
		dst = appendAttrs(appendItem(dst, start), g.Attrs[:last])
		dst = appendAttrs(append(dst, " => "...), g.Attrs[last:])
		dst = strconv.AppendFloat(append(dst, `": `...), g.Value, 'f', 6, 64)
	})
	return appendItemsEnd(dst, start)
}

// appendItem begins an item of a list that begins at start.
func appendItem(dst []byte, start int) []byte {
	if len(dst) == start {
		return append(dst, `{"`...)
	}
	return append(dst, `, "`...)
}

func appendItemsEnd(dst []byte, start int) []byte {
	if len(dst) == start {
		dst = append(dst, '{')
	}
	return append(dst, '}')
}

func appendAttrs(dst []byte, attrs []int16) []byte {
	for i, a := range attrs {
		if i > 0 {
			dst = append(dst, ", "...)
		}
		dst = strconv.AppendInt(dst, int64(a), 10)
	}
	return dst
}
