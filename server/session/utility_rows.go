package session

import (
	"context"

	"github.com/loxodb/loxodb/server/backend"
	"github.com/loxodb/loxodb/sql/ast"
	"github.com/loxodb/loxodb/sql/batch"
	"github.com/loxodb/loxodb/sql/types"
)

// rowsOf is a result made at once.
type rowsOf struct {
	b   *batch.Batch
	tag string
}

func (r *rowsOf) next(context.Context) (*batch.Batch, error) {
	b := r.b
	r.b = nil
	if b == nil || b.Len() == 0 {
		return nil, nil
	}
	return b, nil
}

func (r *rowsOf) finish() string { return r.tag }

func (r *rowsOf) close() {}

// textRows makes rows of text columns.
func textRows(tag string, columns int, rows [][]string) source {
	if len(rows) > batch.MaxRows {
		buf := &manyRows{tag: tag, columns: columns, rows: rows}
		return buf
	}
	return &rowsOf{textBatch(columns, rows), tag}
}

func textBatch(columns int, rows [][]string) *batch.Batch {
	ts := make([]types.T, columns)
	for i := range ts {
		ts[i] = types.Of(types.TextOID)
	}
	b := batch.New(ts, max(1, len(rows)))
	for i, row := range rows {
		for k, v := range row {
			b.Cols[k].Set(i, types.String(v))
		}
	}
	b.Sel = batch.Identity(len(rows))
	return b
}

// manyRows is textRows of more than a batch.
type manyRows struct {
	tag     string
	columns int
	rows    [][]string
}

func (m *manyRows) next(context.Context) (*batch.Batch, error) {
	n := min(len(m.rows), batch.MaxRows)
	if n == 0 {
		return nil, nil
	}
	b := textBatch(m.columns, m.rows[:n])
	m.rows = m.rows[n:]
	return b, nil
}

func (m *manyRows) finish() string { return m.tag }

func (m *manyRows) close() {}

func textColumns(names ...string) []backend.Column {
	var cols []backend.Column
	for _, n := range names {
		cols = append(cols, backend.Column{Name: n, Type: types.Of(types.TextOID)})
	}
	return cols
}

func (s *Session) showColumns(st *ast.Show) []backend.Column {
	if st.Name == "all" {
		return textColumns("name", "setting", "description")
	}
	if d := byName[lower(st.Name)]; d != nil {
		return textColumns(d.name)
	}
	return textColumns(st.Name)
}

// show runs SHOW.
func (s *Session) show(st *ast.Show) (source, error) {
	if st.Name == "all" {
		var rows [][]string
		for _, d := range s.listed() {
			v, _ := s.settings.show(d.name)
			rows = append(rows, []string{d.name, v, d.desc})
		}
		return textRows("SHOW", 3, rows), nil
	}
	v, ok := s.settings.show(st.Name)
	if !ok {
		return nil, unknownSetting(st.Name)
	}
	if err := s.MayShow(st.Name); err != nil {
		return nil, err
	}
	return textRows("SHOW", 1, [][]string{{v}}), nil
}
