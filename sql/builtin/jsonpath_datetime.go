package builtin

import (
	"bytes"
	"cmp"
	"slices"
	"strings"

	"github.com/jackc/pgerrcode"

	"github.com/loxodb/loxodb/sql/pgerr"
	"github.com/loxodb/loxodb/sql/types"
)

// pathTime is what .datetime() makes: a value of type t, which is date, time, timetz,
// timestamp or timestamptz, and how far east its zone is, in seconds.
type pathTime struct {
	t    types.OID
	v    int64 // days of a date, else µs; of timetz the time of day there
	east int
}

// text is the value in ISO 8601 whatever the session's style.
func (p *pathTime) text() []byte {
	iso := func(t types.OID, v int64) []byte { return types.AppendText(nil, types.Of(t), types.Int(v), nil) }
	switch p.t {
	case types.DateOID, types.TimeOID:
		return iso(p.t, p.v)
	case types.TimetzOID:
		return p.zone(iso(types.TimeOID, p.v))
	case types.TimestampOID:
		return bytes.Replace(iso(p.t, p.v), []byte(" "), []byte("T"), 1)
	}
	local := bytes.Replace(iso(types.TimestampOID, p.v+int64(p.east)*usPerSecond), []byte(" "), []byte("T"), 1)
	if before, ok := bytes.CutSuffix(local, []byte(" BC")); ok {
		return append(p.zone(before), " BC"...)
	}
	return p.zone(local)
}

// zone appends the offset, always with minutes.
func (p *pathTime) zone(dst []byte) []byte {
	sign, east := byte('+'), p.east
	if east < 0 {
		sign, east = '-', -east
	}
	two := func(dst []byte, n int) []byte { return append(dst, byte('0'+n/10), byte('0'+n%10)) }
	return two(append(two(append(dst, sign), east/3600), ':'), east/60%60)
}

// pathFormats are tried in turn where .datetime() has no template.
var pathFormats = func() []string {
	times := []string{"HH24:MI:SS.USTZH:TZM", "HH24:MI:SS.USTZH", "HH24:MI:SSTZH:TZM", "HH24:MI:SSTZH", "HH24:MI:SS.US", "HH24:MI:SS"}
	list := append([]string{"yyyy-mm-dd"}, times...)
	for _, t := range times {
		list = append(list, "yyyy-mm-dd "+t, "yyyy-mm-dd\"T\""+t)
	}
	return list
}()

func (x *pathRun) datetime(n *types.PathNode, v pathItem, found *[]pathItem) (pathResult, error) {
	const code = pgerrcode.InvalidArgumentForSQLJSONDatetimeFunction
	if v.kind() != "string" {
		return x.fail(code, "jsonpath item method .%s() can only be applied to a string", n.Text)
	}
	s := string(v.text())
	if len(n.Args) > 0 {
		t, err := readDatetime(x.ctx, s, n.Args[0].Text)
		if err != nil {
			return x.caught(err)
		}
		return x.next(n, pathItem{time: t}, found)
	}
	for _, format := range pathFormats {
		if t, err := readDatetime(x.ctx, s, format); err == nil {
			return x.next(n, pathItem{time: t}, found)
		}
	}
	return x.caught(pgerr.Newf(code, "datetime format is not recognized: \"%s\"", s).
		WithHint("Use a datetime template argument to specify the input data format."))
}

// Fields of templates that say what kind of value they make.
var (
	timeFields = []string{"HH24", "HH12", "HH", "MI", "SS", "SSSS", "SSSSS", "MS", "US", "FF1", "FF2", "FF3", "FF4", "FF5", "FF6",
		"AM", "PM", "A.M.", "P.M."}
	zoneFields = []string{"TZH", "TZM", "TZ", "OF"}
)

// readDatetime reads s by a template in the strict manner of the SQL standard:
// separators must match and nothing may be left on either side.
func readDatetime(c *Ctx, s, tpl string) (*pathTime, error) {
	p := &templateParser{s: s, whole: s, nodes: parseDateTemplate(tpl), standard: true, exact: true}
	dated, timed, zoned := false, false, false
	for i := range p.nodes {
		switch f := p.nodes[i].field; {
		case f == "":
			if err := standardSeparator(&p.nodes[i]); err != nil {
				return nil, err
			}
		case slices.Contains(zoneFields, f):
			zoned = true
		case slices.Contains(timeFields, f):
			timed = true
		default:
			dated = true
		}
	}
	if err := p.strictly(); err != nil {
		return nil, err
	}
	switch {
	case dated && zoned && !timed:
		return nil, badDateText("datetime format is zoned but not timed")
	case !dated && !timed:
		return nil, badDateText("datetime format is not dated and not timed")
	}
	return p.datetime(c, dated, timed, zoned)
}

// standardSeparator refuses what the standard does not allow between fields; text in
// quotes is free.
func standardSeparator(n *tplNode) error {
	for _, ch := range n.text {
		if !n.quote && !strings.ContainsRune("-./,':; ", ch) {
			return badDateText("invalid datetime format separator: \"%c\"", ch)
		}
	}
	return nil
}

// strictly reads all fields and leaves nothing.
func (p *templateParser) strictly() error {
	n, err := p.readAll()
	if err != nil {
		return err
	}
	if n < len(p.nodes) {
		return badDateText("input string is too short for datetime format")
	}
	p.skipBlanks()
	if p.s != "" {
		return badDateText("trailing characters remain in input string after datetime format")
	}
	return nil
}

// datetime puts the fields together.
func (p *templateParser) datetime(c *Ctx, dated, timed, zoned bool) (*pathTime, error) {
	m, err := p.moment()
	if err != nil {
		return nil, err
	}
	if day := m.days(); dated && !timed && m.validYear() && day >= minDate && day < endDate {
		return &pathTime{t: types.DateOID, v: day}, nil
	}
	v, ok := m.local()
	if !ok {
		return nil, timestampRange()
	}
	day, rest := floorDiv(v, usPerDay)
	out := &pathTime{east: int(p.zone())}
	switch {
	case dated && timed && zoned:
		out.t, out.v = types.TimestamptzOID, v-p.zone()*usPerSecond
	case dated && timed:
		out.t, out.v = types.TimestampOID, v
	case dated:
		out.t, out.v = types.DateOID, day
	case zoned:
		out.t, out.v = types.TimetzOID, rest
	default:
		out.t, out.v = types.TimeOID, rest
	}
	return out, nil
}

// compareTimes compares values of different types by the wider one; ok is false
// where there is no common type.
func (x *pathRun) compareTimes(a, b *pathTime) (c int, ok bool, err error) {
	if a.t == b.t {
		if a.t == types.TimetzOID {
			return types.Compare(types.Of(a.t), types.MakeTimetz(a.v, a.east), types.MakeTimetz(b.v, b.east)), true, nil
		}
		return cmp.Compare(a.v, b.v), true, nil
	}
	if rank(a.t) > rank(b.t) {
		c, ok, err = x.compareTimes(b, a)
		return -c, ok, err
	}
	switch {
	case a.t == types.TimeOID && b.t == types.TimetzOID:
		if err := x.needZone("time", "timetz"); err != nil {
			return 0, false, err
		}
		d, err := types.Cast(types.Of(a.t), types.Of(b.t), types.Int(a.v), x.ctx.Format, true)
		return types.Compare(types.Of(b.t), d, types.MakeTimetz(b.v, b.east)), err == nil, err
	case a.t == types.TimeOID || b.t == types.TimetzOID:
		return 0, false, nil
	}
	from, late := a.v, false
	if a.t == types.DateOID {
		d, err := types.DateToTimestamp(a.v)
		from, late = d.Int(), err != nil // later than every timestamp
	}
	if b.t == types.TimestamptzOID {
		name := "date"
		if a.t == types.TimestampOID {
			name = "timestamp"
		}
		if err := x.needZone(name, "timestamptz"); err != nil {
			return 0, false, err
		}
		from = localToUTC(x.ctx, from)
	}
	if late {
		return 1, true, nil
	}
	return cmp.Compare(from, b.v), true, nil
}

// rank orders the types so that the narrower of two that compare comes first.
func rank(t types.OID) int {
	return slices.Index([]types.OID{types.TimeOID, types.DateOID, types.TimestampOID, types.TimestamptzOID, types.TimetzOID}, t)
}

// needZone refuses what depends on the session's time zone, silent or not.
func (x *pathRun) needZone(from, to string) error {
	if x.zoned {
		return nil
	}
	return pgerr.Newf(pgerrcode.FeatureNotSupported, "cannot convert value from %s to %s without time zone usage", from, to).
		WithHint("Use *_tz() function for time zone support.")
}
