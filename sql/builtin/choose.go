package builtin

import "github.com/loxodb/loxodb/sql/types"

// choose picks the best of applicable candidates (func_select_candidate of
// PostgreSQL's parse_func.c, chapter 10.2 step 3); nil when there is none or no
// single one.
func choose(list []candidate, args []types.OID) *candidate {
	if len(list) <= 1 {
		return only(list)
	}
	unknowns := 0
	for _, a := range args {
		if a == types.UnknownOID {
			unknowns++
		}
	}
	list = most(list, func(c *candidate) int { return countMatches(c.args, args, false) })
	if len(list) == 1 {
		return &list[0]
	}
	list = most(list, func(c *candidate) int { return countMatches(c.args, args, true) })
	if len(list) == 1 || unknowns == 0 {
		return only(list)
	}
	if kept := byUnknowns(list, args); len(kept) > 0 {
		list = kept
		if len(list) == 1 {
			return &list[0]
		}
	}
	if unknowns < len(args) {
		return assumeKnown(list, args)
	}
	return nil
}

func only(list []candidate) *candidate {
	if len(list) == 1 {
		return &list[0]
	}
	return nil
}

// most keeps the candidates of the highest score.
func most(list []candidate, score func(*candidate) int) []candidate {
	best := -1
	var keep []candidate
	for i := range list {
		switch n := score(&list[i]); {
		case n > best:
			best, keep = n, append(keep[:0:0], list[i])
		case n == best:
			keep = append(keep, list[i])
		}
	}
	return keep
}

// countMatches counts the arguments that fit exactly; with preferredToo also
// those whose parameter is the preferred type of the argument's category.
func countMatches(params, args []types.OID, preferredToo bool) int {
	n := 0
	for i, a := range args {
		if a == types.UnknownOID {
			continue
		}
		if params[i] == a || preferredToo && preferred(params[i]) && category(params[i]) == category(a) {
			n++
		}
	}
	return n
}

// byUnknowns guesses the category of each unknown argument from what the
// candidates accept there (string wins), and keeps those that agree.
func byUnknowns(list []candidate, args []types.OID) []candidate {
	slot := make([]byte, len(args))
	pref := make([]bool, len(args))
	for i, a := range args {
		if a != types.UnknownOID {
			continue
		}
		conflict := false
		for j := range list {
			t := list[j].args[i]
			cat, p := category(t), preferred(t)
			switch {
			case slot[i] == 0:
				slot[i], pref[i] = cat, p
			case cat == slot[i]:
				pref[i] = pref[i] || p
			case cat == 'S':
				slot[i], pref[i] = cat, p
			default:
				conflict = true
			}
		}
		if conflict && slot[i] != 'S' {
			return nil
		}
	}
	var keep []candidate
next:
	for _, c := range list {
		for i, a := range args {
			if a != types.UnknownOID {
				continue
			}
			if category(c.args[i]) != slot[i] || pref[i] && !preferred(c.args[i]) {
				continue next
			}
		}
		keep = append(keep, c)
	}
	return keep
}

// assumeKnown gives unknown arguments the type of the known ones, when those are
// all of one type, and accepts the only candidate that then applies.
func assumeKnown(list []candidate, args []types.OID) *candidate {
	var known types.OID
	for _, a := range args {
		if a == types.UnknownOID {
			continue
		}
		if known != 0 && known != a {
			return nil
		}
		known = a
	}
	same := make([]types.OID, len(args))
	for i := range same {
		same[i] = known
	}
	var found *candidate
next:
	for i := range list {
		for _, p := range list[i].args {
			if !CanCoerce(known, p, Implicit) {
				continue next
			}
		}
		if !consistent(list[i].args, same) {
			continue
		}
		if found != nil {
			return nil
		}
		found = &list[i]
	}
	return found
}
