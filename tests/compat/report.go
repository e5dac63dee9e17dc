package main

import (
	"cmp"
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// results are everything that a run found out.
type results struct {
	seed             uint64
	outcomes         []outcome
	cover            []covered
	postgres, loxodb string // their versions
}

func (r *results) versions(ctx context.Context, p *pair) {
	for _, v := range []struct {
		server *server
		to     *string
	}{{p.postgres, &r.postgres}, {p.loxodb, &r.loxodb}} {
		if rows, err := v.server.ask(ctx, "SELECT version()"); err == nil {
			*v.to, _, _ = strings.Cut(string(rows[0][0]), " on ")
		}
	}
}

// tally counts statements and those that agree.
type tally struct{ all, agree int }

func (t *tally) add(o *outcome) {
	t.all++
	if o.diff == nil {
		t.agree++
	}
}

func (t tally) percent() string {
	if t.all == 0 {
		return "–"
	}
	// Rounded down: 100 means all.
	return fmt.Sprintf("%.2f", float64(int(10000*float64(t.agree)/float64(t.all)))/100)
}

func (r *results) areas() (names []string, tallies map[string]*tally, total tally) {
	tallies = map[string]*tally{}
	for i := range r.outcomes {
		o := &r.outcomes[i]
		if tallies[o.script.area] == nil {
			tallies[o.script.area] = &tally{}
			names = append(names, o.script.area)
		}
		tallies[o.script.area].add(o)
		total.add(o)
	}
	slices.Sort(names)
	return names, tallies, total
}

// summary is what is printed at the end of a run.
func (r *results) summary() string {
	var b strings.Builder
	names, tallies, total := r.areas()
	for _, n := range names {
		fmt.Fprintf(&b, "%-14s %6d statements, %6d agree, %6s %%\n", n, tallies[n].all, tallies[n].agree, tallies[n].percent())
	}
	fmt.Fprintf(&b, "%-14s %6d statements, %6d agree, %6s %%\n", "all", total.all, total.agree, total.percent())
	for _, c := range r.cover {
		fmt.Fprintf(&b, "%s: %d of %d are there, %s %%\n", c.what, c.agree, c.all, c.percent())
	}
	return b.String()
}

// suffices is an error if fewer percent of the statements agree than least, or if
// one broke the server.
func (r *results) suffices(least float64) error {
	_, _, total := r.areas()
	if total.all == 0 || float64(total.agree) < least/100*float64(total.all) {
		return fmt.Errorf("%s %% of %d statements agree, less than %g %%", total.percent(), total.all, least)
	}
	for i := range r.outcomes {
		if o := &r.outcomes[i]; o.diff != nil && (o.diff.kind == kindStuck || o.diff.kind == kindLost || o.diff.kind == kindInternal) {
			return fmt.Errorf("%s: %s: %s", o.diff.kind, o.sql, o.diff.got)
		}
	}
	return nil
}

// list is every disagreement in full.
func (r *results) list() string {
	var b strings.Builder
	for _, o := range r.outcomes {
		if o.diff == nil {
			continue
		}
		protocol := "simple"
		if o.extended {
			protocol = "extended"
		}
		fmt.Fprintf(&b, "== %s/%s: %s (%s)\n%s;\n- %s\n+ %s\n\n", o.script.area, o.script.name, o.diff.kind, protocol, o.sql, o.diff.want, o.diff.got)
	}
	return b.String()
}

// group is disagreements of one kind and, as far as can be told, one reason.
type group struct {
	kind    kind
	reason  string
	count   int
	example *outcome
}

var (
	quotedPart = regexp.MustCompile(`"[^"]*"`)
	numberPart = regexp.MustCompile(`\b[0-9][0-9.e+]*\b`)
	longSpace  = regexp.MustCompile(`\s+`)
)

// reason is what stands for a disagreement's cause: the message where LoxoDB
// gives one that says it, else the script that it happened in.
func reason(o *outcome) string {
	switch o.diff.kind {
	case kindRefused, kindMissing:
		return numberPart.ReplaceAllString(o.diff.got, "N")
	case kindFails, kindInternal, kindLost, kindStuck:
		return numberPart.ReplaceAllString(quotedPart.ReplaceAllString(o.diff.got, `"…"`), "N")
	case kindState, kindMessage, kindAnswers:
		return numberPart.ReplaceAllString(quotedPart.ReplaceAllString(o.diff.want, `"…"`), "N")
	}
	return o.script.area + "/" + o.script.name
}

func (r *results) groups() []*group {
	type key struct {
		kind   kind
		reason string
	}
	found := map[key]*group{}
	for i := range r.outcomes {
		o := &r.outcomes[i]
		if o.diff == nil {
			continue
		}
		k := key{o.diff.kind, reason(o)}
		if found[k] == nil {
			found[k] = &group{kind: k.kind, reason: k.reason}
		}
		g := found[k]
		g.count++
		if g.example == nil || len(o.sql) < len(g.example.sql) {
			g.example = o
		}
	}
	var list []*group
	for _, g := range found {
		list = append(list, g)
	}
	slices.SortFunc(list, func(a, b *group) int {
		return cmp.Or(cmp.Compare(b.count, a.count), cmp.Compare(a.kind, b.kind), cmp.Compare(a.reason, b.reason))
	})
	return list
}

// page is docs/compatibility.md.
func (r *results) page() string {
	var b strings.Builder
	names, tallies, total := r.areas()
	fmt.Fprintf(&b, `# Agreement with PostgreSQL

Written by `+"`make compat`"+`: %s beside %s. Both got the same %d statements, each by the
simple protocol and by the extended one (prepared, described, results in binary), and a statement agrees if both times
rows, column names, types, command tag, SQLSTATE, message, detail, hint, position and notices were the same. Rows are
compared in order where an ORDER BY says so. The generated statements come from seed %d and PostgreSQL's catalogs.

| area | statements | agree | %% |
|---|---|---|---|
`, r.loxodb, r.postgres, total.all, r.seed)
	for _, n := range names {
		fmt.Fprintf(&b, "| %s | %d | %d | %s |\n", n, tallies[n].all, tallies[n].agree, tallies[n].percent())
	}
	fmt.Fprintf(&b, "| **all** | **%d** | **%d** | **%s** |\n\n", total.all, total.agree, total.percent())
	r.writeCoverage(&b)
	r.writeGroups(&b)
	return b.String()
}

func (r *results) writeGroups(b *strings.Builder) {
	groups := r.groups()
	kinds := map[kind]int{}
	for _, g := range groups {
		kinds[g.kind] += g.count
	}
	order := []kind{
		kindStuck, kindLost, kindInternal, kindRefused, kindMissing, kindFails, kindAnswers, kindState, kindMessage,
		kindPosition, kindColumns, kindRows, kindOrder, kindTag, kindNotices, kindParams,
	}
	b.WriteString("## Disagreements\n\n| kind | statements |\n|---|---|\n")
	for _, k := range order {
		if kinds[k] > 0 {
			fmt.Fprintf(b, "| %s | %d |\n", k, kinds[k])
		}
	}
	for _, k := range order {
		if kinds[k] == 0 {
			continue
		}
		fmt.Fprintf(b, "\n### %s\n\n| n | reason | for example | PostgreSQL | LoxoDB |\n|---|---|---|---|---|\n", strings.ToUpper(string(k[:1]))+string(k[1:]))
		for _, g := range groups {
			if g.kind != k {
				continue
			}
			where := ""
			if g.example.extended {
				where = " (extended protocol)"
			}
			fmt.Fprintf(b, "| %d | %s | %s%s | %s | %s |\n", g.count, cell(g.reason, 120), code(g.example.sql, 240), where,
				cell(g.example.diff.want, 160), cell(g.example.diff.got, 160))
		}
	}
}

// cell is text in a cell of a table, no longer than n.
func cell(text string, n int) string {
	text = short(text, n)
	return strings.NewReplacer("|", `\|`, "<", "&lt;", "*", `\*`, "_", `\_`, "`", "\\`").Replace(text)
}

// code is a statement in a cell of a table.
func code(text string, n int) string {
	text = strings.ReplaceAll(short(text, n), "|", `\|`)
	if strings.Contains(text, "`") {
		return "`` " + text + " ``"
	}
	return "`" + text + "`"
}

func short(text string, n int) string {
	text = strings.ToValidUTF8(longSpace.ReplaceAllString(text, " "), "�")
	if r := []rune(text); len(r) > n {
		return string(r[:n-1]) + "…"
	}
	return text
}
