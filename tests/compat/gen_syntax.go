package main

import (
	"context"
	"math/rand/v2"
	"regexp"
	"strings"
)

// tokenForm splits a statement into blanks, literals, names and operators.
var tokenForm = regexp.MustCompile(`(?s)\s+|'(?:[^']|'')*'|"(?:[^"]|"")*"|[A-Za-z_][A-Za-z_0-9]*|\d+\.?\d*|::|<=|>=|<>|\|\||.`)

// mutable are statements whose damaged forms change nothing beyond the script's schema.
var mutable = regexp.MustCompile(`(?i)^(select|with|insert|update|delete|values|merge|create (table|index|unique|view|type|domain)|alter table|comment|table)\b`)

var strayTokens = strings.Fields("SELECT FROM WHERE GROUP BY ORDER LIMIT JOIN ON AND OR NOT IN IS NULL AS ( ) , . = < + - * / [ ] :: " +
	"CASE WHEN THEN ELSE END UNION ALL DISTINCT VALUES INTO SET TABLE INDEX WITH OVER FILTER USING LEFT a 1 'x' BETWEEN LIKE " +
	"EXISTS ANY CAST INTERVAL ROWS FOR UPDATE DEFAULT PRIMARY KEY CHECK REFERENCES UNIQUE RETURNING")

// syntax is the areas' statements with tokens left out, doubled, exchanged or added.
func (g *generator) syntax(context.Context) ([]*script, error) {
	all, err := scripts(areasDir())
	if err != nil {
		return nil, err
	}
	var sound []string
	for _, s := range all {
		for _, st := range s.statements {
			if mutable.MatchString(st.sql) && len(st.sql) < 400 && !strings.ContainsAny(st.sql, ";$") && !strings.Contains(st.sql, "--") {
				sound = append(sound, st.sql)
			}
		}
	}
	r := g.random("syntax")
	damaged := &script{area: "syntax", name: "damaged"}
	seen := map[string]bool{}
	for len(damaged.statements) < 800 {
		sql := damage(r, pick(r, sound))
		if seen[sql] || sql == "" || strings.ContainsAny(sql, ";") || strings.Contains(sql, "--") || strings.Contains(sql, "/*") ||
			strings.Count(sql, "'")%2 == 1 || strings.Count(sql, `"`)%2 == 1 {
			continue
		}
		seen[sql] = true
		damaged.statements = append(damaged.statements, statement{sql: sql})
	}
	return []*script{damaged}, nil
}

// damage changes one token of a statement.
func damage(r *rand.Rand, sql string) string {
	tokens := tokenForm.FindAllString(sql, -1)
	var places []int
	for i, t := range tokens {
		if strings.TrimSpace(t) != "" {
			places = append(places, i)
		}
	}
	n := r.IntN(len(places))
	i, next := places[n], places[(n+1)%len(places)]
	switch r.IntN(6) {
	case 0:
		tokens[i] = ""
	case 1:
		tokens[i] += " " + tokens[i]
	case 2:
		tokens[i], tokens[next] = tokens[next], tokens[i]
	case 3:
		tokens[i] = pick(r, strayTokens)
	case 4:
		tokens = tokens[:i+1]
	default:
		tokens[i] += " " + pick(r, strayTokens)
	}
	return strings.TrimSpace(strings.Join(tokens, ""))
}
