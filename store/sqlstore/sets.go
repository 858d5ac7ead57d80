package sqlstore

import (
	"encoding/json"
	"strings"

	"github.com/scimgroups/scimgroups/filter"
	"github.com/scimgroups/scimgroups/store"
)

// chunk is the largest number of members that one statement writes. It bounds the memory
// of a statement in the process and in the server.
const chunk = 10_000

// memberRow returns a member in the order of the columns: value, type, display, ref,
// type_fold, display_fold. The last two may be nil.
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

// jsonText returns v in JSON, without the escapes for HTML. v consists of strings, lists
// and maps, so encoding it cannot fail.
func jsonText(v any) string {
	var b strings.Builder
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(v); err != nil {
		panic("sqlstore: " + err.Error())
	}
	return strings.TrimSuffix(b.String(), "\n")
}

// foldBeyondASCII returns the folded text if the database's lower() may not return the
// same, or else nil.
func foldBeyondASCII(text string) any {
	for i := range len(text) {
		if text[i] >= 0x80 {
			return filter.Fold(text)
		}
	}
	return nil
}
