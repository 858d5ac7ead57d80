package sqlstore

import (
	"encoding/json"
	"strconv"
	"strings"

	"github.com/scimgroups/scimgroups/filter"
	"github.com/scimgroups/scimgroups/store"
)

// chunk is how many members one statement writes at most. It bounds the memory
// of a statement on both sides.
const chunk = 10_000

// valueSet makes a parameter of a set of values: the text of an array in
// PostgreSQL, a JSON list in SQLite. Both are plain text to every driver.
func (d *engine) valueSet(values []string) string {
	if d.options.Dialect == SQLite {
		return jsonText(values)
	}
	var b strings.Builder
	b.WriteByte('{')
	for i, v := range values {
		if i > 0 {
			b.WriteByte(',')
		}
		appendElement(&b, v)
	}
	b.WriteByte('}')
	return b.String()
}

// appendElement writes an element of an array literal
// (https://www.postgresql.org/docs/current/arrays.html#ARRAYS-IO).
func appendElement(b *strings.Builder, v string) {
	b.WriteByte('"')
	for {
		i := strings.IndexAny(v, `"\`)
		if i < 0 {
			break
		}
		b.WriteString(v[:i])
		b.WriteByte('\\')
		b.WriteByte(v[i])
		v = v[i+1:]
	}
	b.WriteString(v)
	b.WriteByte('"')
}

// memberRow is a member in the order of the columns: value, type, display, ref,
// type_fold, display_fold; the last two may be nil.
func memberRow(m *store.Member) []any {
	return []any{m.Value, m.Type, m.Display, m.Ref, foldBeyondASCII(m.Type), foldBeyondASCII(m.Display)}
}

// memberSet makes parameters of a set of members.
func (d *engine) memberSet(members []store.Member) []any {
	rows := make([][]any, len(members))
	for i := range members {
		rows[i] = memberRow(&members[i])
	}
	return d.rowSet(rows)
}

// rowSet makes parameters of rows of text, whole numbers and nil, at least one: one
// list of rows in SQLite, one array for each column in PostgreSQL.
func (d *engine) rowSet(rows [][]any) []any {
	if d.options.Dialect == SQLite {
		return []any{jsonText(rows)}
	}
	columns := make([]strings.Builder, len(rows[0]))
	for i, row := range rows {
		for j, v := range row {
			b := &columns[j]
			if i == 0 {
				b.WriteByte('{')
			} else {
				b.WriteByte(',')
			}
			switch v := v.(type) {
			case string:
				appendElement(b, v)
			case int64:
				b.WriteString(strconv.FormatInt(v, 10))
			default:
				b.WriteString("NULL")
			}
		}
	}
	out := make([]any, len(columns))
	for j := range columns {
		columns[j].WriteByte('}')
		out[j] = columns[j].String()
	}
	return out
}

// jsonText is v in JSON, without escapes that nobody needs here. v consists of
// strings, lists and maps, which cannot fail.
func jsonText(v any) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic("sqlstore: " + err.Error())
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// foldBeyondASCII is the folded text where the database's lower() is not
// certain to make the same of it, else nil.
func foldBeyondASCII(text string) any {
	for i := range len(text) {
		if text[i] >= 0x80 {
			return filter.Fold(text)
		}
	}
	return nil
}
