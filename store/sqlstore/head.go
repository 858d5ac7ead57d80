package sqlstore

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/scimgroups/scimgroups/filter"
	"github.com/scimgroups/scimgroups/filter/sqlfilter"
	"github.com/scimgroups/scimgroups/store"
	"github.com/scimgroups/scimgroups/store/adapter"
)

// scanHead reads the columns of headColumns, and further ones after them.
func scanHead(scan func(...any) error, more ...any) (store.Group, error) {
	var (
		g                 store.Group
		extensions        sql.NullString
		created, modified int64
		version           int64
	)
	targets := append([]any{&g.ID, &g.ExternalID, &g.DisplayName, &extensions, &created, &modified, &version}, more...)
	if err := scan(targets...); err != nil {
		return store.Group{}, err
	}
	g.Created = time.UnixMicro(created).UTC()
	g.LastModified = time.UnixMicro(modified).UTC()
	g.Version = store.Version(version)
	if extensions.Valid {
		var err error
		if g.Extensions, err = adapter.UnmarshalExtensions([]byte(extensions.String)); err != nil {
			return store.Group{}, settle(fmt.Errorf("sqlstore: group %s: %w", g.ID, err))
		}
	}
	return g, nil
}

// written returns the columns of a head that a client can change, in the order of the
// statements: external_id, display_name, display_fold, name_twin, extensions,
// extension_keys.
func (d *engine) written(g *store.Group) ([]any, error) {
	twin := ""
	if d.options.AllowDuplicateNames {
		twin = g.ID
	}
	var text, keys any
	if len(g.Extensions) > 0 {
		k, err := sqlfilter.Keys(g.Extensions)
		if err != nil {
			return nil, settle(fmt.Errorf("sqlstore: extensions: %w", err))
		}
		if k != nil {
			var b bytes.Buffer
			e := json.NewEncoder(&b)
			e.SetEscapeHTML(false)
			if err := e.Encode(g.Extensions); err != nil {
				return nil, settle(fmt.Errorf("sqlstore: extensions: %w", err))
			}
			text, keys = strings.TrimSpace(b.String()), string(k)
		}
	}
	return []any{g.ExternalID, g.DisplayName, filter.Fold(g.DisplayName), twin, text, keys}, nil
}

// canonical returns g with its extensions as the database returns them, so that a caller
// gets what the next reader sees.
func canonical(g store.Group) (store.Group, error) {
	if len(g.Extensions) == 0 {
		g.Extensions = nil
		return g, nil
	}
	text, err := json.Marshal(g.Extensions)
	if err != nil {
		return g, settle(fmt.Errorf("sqlstore: extensions: %w", err))
	}
	if g.Extensions, err = adapter.UnmarshalExtensions(text); err != nil {
		return g, settle(err)
	}
	for _, attributes := range g.Extensions {
		for name, value := range attributes {
			attributes[name] = plainNumbers(value)
		}
	}
	return g, nil
}

// plainNumbers returns v with numbers as jsonb writes them, without an exponent. SQLite
// keeps numbers as they are written, so it gets the same.
func plainNumbers(v any) any {
	switch v := v.(type) {
	case json.Number:
		return plainNumber(v)
	case []any:
		for i := range v {
			v[i] = plainNumbers(v[i])
		}
	case map[string]any:
		for name := range v {
			v[name] = plainNumbers(v[name])
		}
	}
	return v
}

// maxDigits bounds the digits of a number on either side of the decimal point,
// well within what PostgreSQL's numeric holds.
const maxDigits = 1000

// plainNumber returns a JSON number without an exponent. A number that is too long for
// that is returned as it is, and validJSON refuses it.
func plainNumber(n json.Number) json.Number {
	text, negative := strings.CutPrefix(string(n), "-")
	exponent := 0
	if i := strings.IndexAny(text, "eE"); i >= 0 {
		var err error
		if exponent, err = strconv.Atoi(text[i+1:]); err != nil || exponent < -maxDigits || exponent > maxDigits {
			return n
		}
		text = text[:i]
	}
	whole, fraction, _ := strings.Cut(text, ".")
	if exponent > 0 {
		fraction += strings.Repeat("0", max(exponent-len(fraction), 0))
		whole, fraction = whole+fraction[:exponent], fraction[exponent:]
	} else if exponent < 0 {
		whole = strings.Repeat("0", max(-exponent-len(whole), 0)) + whole
		whole, fraction = whole[:len(whole)+exponent], whole[len(whole)+exponent:]+fraction
	}
	whole = strings.TrimLeft(whole, "0")
	if whole == "" {
		whole = "0"
	}
	if fraction != "" {
		whole += "." + fraction
	}
	if negative && strings.Trim(whole, "0.") != "" {
		whole = "-" + whole
	}
	return json.Number(whole)
}
