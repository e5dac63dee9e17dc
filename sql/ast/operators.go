package ast

// AsOperators is an expression that is more than one operator's name, or a name that is not
// written, as the operators that it stands for: LIKE, IN, BETWEEN, equality of rows. Others
// are returned as they are. Operands are shared with e.
func AsOperators(e Expr) Expr {
	switch v := e.(type) {
	case *Like:
		return likeAnalysed(v)
	case *In:
		if v.Sub == nil {
			return listAnalysed(v)
		}
		any := &Quantified{At: v.At, Op: "=", Left: v.Left, Sub: v.Sub}
		if v.Not {
			return &BoolOp{At: v.At, Kind: Not, Args: []Expr{any}}
		}
		return any
	case *Between:
		return betweenAnalysed(v)
	case *Op:
		l, left := v.Left.(*Row)
		r, right := v.Right.(*Row)
		kind, ok := map[string]BoolKind{"=": And, "<>": Or}[v.Name]
		if ok && left && right && len(l.Args) == len(r.Args) && len(l.Args) > 1 {
			return &BoolOp{At: v.At, Kind: kind, Args: columnsCompared(v, l, r)}
		}
	}
	return e
}

// InSchemas gives the operators that an expression consists of, in order, the schemas of a list,
// or the only one that this has. Their operands are left alone.
func InSchemas(e Expr, schemas []string) {
	inSchemas(e, &schemas)
}

func inSchemas(e Expr, schemas *[]string) {
	next := func() string {
		s := (*schemas)[0]
		if len(*schemas) > 1 {
			*schemas = (*schemas)[1:]
		}
		return s
	}
	switch v := e.(type) {
	case *BoolOp:
		for _, a := range v.Args {
			inSchemas(a, schemas)
		}
	case *Op:
		v.Schema = next()
	case *Quantified:
		v.Schema = next()
	}
}
