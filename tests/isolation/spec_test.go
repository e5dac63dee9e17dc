package isolation

import (
	"fmt"
	"os"
	"regexp"
	"strings"
)

// A spec is a file of sections, each a keyword at the beginning of a line with
// indented lines below it:
//
//	setup        SQL run before each permutation
//	teardown     SQL run after each
//	final        a query run when all sessions have ended their transactions
//	session s1   steps of the session s1, "name: SQL", each over one or more lines
//	permutation b1 u2 c1 …
//	             the steps to run, in order; c1! returns although it may wait for a
//	             moment (it has a timeout of its own); below it, optionally, what LoxoDB
//	             answers where it rightly differs from PostgreSQL: a line
//	             "differs: reason" and lines that begin with "|"
//	by hand      the expectations do not come from PostgreSQL, because it cannot run
//	             the spec: each permutation has its answer below it, after "|"
//
// Lines that begin with # are comments. In SQL, {s1} is the process number of the
// session s1.
type spec struct {
	name                   string
	setup, teardown, final string
	sessions               []string
	steps                  map[string]step
	permutations           []permutation
	byHand                 bool
}

type step struct{ name, session, sql string }

type permutation struct {
	steps  []string
	reason string // why LoxoDB differs, "" when it does not
	own    string // what it answers then
	at     int    // line
}

var stepLine = regexp.MustCompile(`^\s+(\w+):\s*(.*)$`)

// readSpec parses a spec file.
func readSpec(path, name string) (*spec, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	s := &spec{name: name, steps: map[string]step{}}
	section, arg, current := "", "", ""
	for n, line := range strings.Split(string(text), "\n") {
		body := strings.TrimSpace(line)
		switch {
		case body == "" || strings.HasPrefix(body, "#"):
			continue
		case line[0] != ' ' && line[0] != '\t':
			section, arg, _ = strings.Cut(body, " ")
			if err := s.open(section, arg, n+1); err != nil {
				return nil, fmt.Errorf("%s:%d: %w", path, n+1, err)
			}
			continue
		}
		switch section {
		case "setup":
			s.setup += body + "\n"
		case "teardown":
			s.teardown += body + "\n"
		case "final":
			s.final += body + "\n"
		case "session":
			if m := stepLine.FindStringSubmatch(line); m != nil {
				if current = m[1]; s.steps[current].sql != "" {
					return nil, fmt.Errorf("%s:%d: step %s again", path, n+1, current)
				}
				s.steps[current] = step{current, arg, m[2]}
				continue
			}
			st := s.steps[current]
			st.sql += "\n" + body
			s.steps[current] = st
		case "permutation":
			s.permutations[len(s.permutations)-1].add(body)
		default:
			return nil, fmt.Errorf("%s:%d: text outside a section", path, n+1)
		}
	}
	return s, nil
}

// open begins a section.
func (s *spec) open(section, arg string, line int) error {
	switch section {
	case "setup", "teardown", "final":
	case "by":
		s.byHand = true
	case "session":
		s.sessions = append(s.sessions, arg)
	case "permutation":
		p := permutation{steps: strings.Fields(arg), at: line}
		for _, name := range p.steps {
			if _, ok := s.steps[strings.TrimSuffix(name, "!")]; !ok {
				return fmt.Errorf("no step %s", name)
			}
		}
		s.permutations = append(s.permutations, p)
	default:
		return fmt.Errorf("unknown section %q", section)
	}
	return nil
}

func (p *permutation) add(line string) {
	if r, ok := strings.CutPrefix(line, "differs:"); ok {
		p.reason = strings.TrimSpace(r)
		return
	}
	p.own += strings.TrimSpace(strings.TrimPrefix(line, "|")) + "\n"
}

func (p *permutation) title() string { return "permutation " + strings.Join(p.steps, " ") + "\n" }

// answers splits an expectation file by permutation.
func answers(text string) map[string]string {
	m := map[string]string{}
	for _, block := range strings.Split(text, "\n\n") {
		title, rest, _ := strings.Cut(strings.TrimSpace(block)+"\n", "\n")
		m[title+"\n"] = rest
	}
	return m
}
