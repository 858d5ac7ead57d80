package sqlstore

import (
	"encoding/json"
	"strings"

	"github.com/scimgroups/scimgroups/filter"
	"github.com/scimgroups/scimgroups/store"
)

// chunk is how many members one statement writes at most. It bounds the memory
// of a statement on both sides.
const chunk = 10_000

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
	return d.options.sql.rowSet(rows)
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
