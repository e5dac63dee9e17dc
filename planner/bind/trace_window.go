package bind

import "github.com/loxodb/loxodb/sql/ast"

// nameWindows writes the name of a window where a call spells out what the WINDOW clause has:
// the analysis of a query makes one window of the two.
func nameWindows(q *ast.Select) {
	if len(q.Windows) == 0 {
		return
	}
	ast.Walk(q, func(n ast.Node) bool {
		if f, ok := n.(*ast.Func); ok && f.Over != nil && !f.Over.NameOnly {
			for i := range q.Windows {
				if spelledWindow(f.Over) == spelledWindow(&q.Windows[i].Def) {
					f.Over = &ast.Window{At: f.Over.At, Ref: q.Windows[i].Name, NameOnly: true}
					break
				}
			}
		}
		inner, query := n.(*ast.Select)
		return !query || inner == q
	})
}

func spelledWindow(w *ast.Window) string { return ast.Print(&ast.Func{Over: w}) }
