package wire

import (
	"encoding/json"
	"net/url"
	"strings"

	"github.com/scimgroups/scimgroups/internal/fault"
	"github.com/scimgroups/scimgroups/patch"
)

// Names are the names in attributes and excludedAttributes (RFC 7644 §3.9).
type Names struct{ Attributes, ExcludedAttributes []string }

// Any reports whether there is a name.
func (n *Names) Any() bool { return len(n.Attributes)+len(n.ExcludedAttributes) > 0 }

// Query holds the parameters of a list (RFC 7644 §3.4.2, RFC 9865 §2).
type Query struct {
	// Filter is nil if it is not given, and so are the other pointers.
	Filter *string
	// SortBy and SortOrder are "" if they are not given.
	SortBy, SortOrder string
	// StartIndex and Count may be any number.
	StartIndex, Count *int
	Cursor            *string
	Names
}

// EachParameter calls f with the parameters of RFC 7644 §3.4.2 and RFC 9865 §2 in the
// query of a URL. A malformed value of one of them is an error, since a filter must
// never be overlooked; other parameters are ignored (RFC 7644 §3.4.2).
func EachParameter(rawQuery string, f func(name, value string) error) error {
	for pair := range strings.SplitSeq(strings.Trim(rawQuery, "?&"), "&") {
		rawName, rawValue, _ := strings.Cut(pair, "=")
		name, err := url.QueryUnescape(rawName)
		if err != nil {
			continue
		}
		switch name {
		default:
			continue
		case "attributes", "excludedAttributes", "filter", "sortBy", "sortOrder", "startIndex", "count", "cursor":
		}
		value, err := url.QueryUnescape(rawValue)
		if err != nil {
			return fault.InvalidSyntax("the parameter %s is malformed: %v", name, err)
		}
		if err := f(name, value); err != nil {
			return err
		}
	}
	return nil
}

// add adds the names of a parameter, if it is one of names.
func (n *Names) add(parameter, value string) {
	switch parameter {
	case "attributes":
		n.Attributes = appendNames(n.Attributes, value)
	case "excludedAttributes":
		n.ExcludedAttributes = appendNames(n.ExcludedAttributes, value)
	}
}

// appendNames appends the names in a comma-separated list.
func appendNames(names []string, list string) []string {
	for name := range strings.SplitSeq(list, ",") {
		if name = strings.TrimSpace(name); name != "" {
			names = append(names, name)
		}
	}
	return names
}

// DecodeNames decodes the names in the query of a URL.
func DecodeNames(rawQuery string) (n Names, err error) {
	if rawQuery == "" {
		return n, nil
	}
	err = EachParameter(rawQuery, func(name, value string) error {
		n.add(name, value)
		return nil
	})
	return n, err
}

// DecodeQuery decodes the query of a URL. Empty numbers count as not given.
func DecodeQuery(rawQuery string, d Dialect) (*Query, error) {
	q := &Query{}
	var filter, sortBy, sortOrder, startIndex, count, cursor *string
	err := EachParameter(rawQuery, func(name, value string) error {
		var to **string
		switch name {
		case "filter":
			to = &filter
		case "sortBy":
			to = &sortBy
		case "sortOrder":
			to = &sortOrder
		case "startIndex":
			to = &startIndex
		case "count":
			to = &count
		case "cursor":
			to = &cursor
		default:
			q.add(name, value)
			return nil
		}
		if *to != nil {
			return fault.InvalidSyntax("duplicate parameter %s", name)
		}
		*to = &value
		return nil
	})
	if err != nil {
		return nil, err
	}
	q.Filter, q.SortBy, q.SortOrder = filter, orNone(sortBy), orNone(sortOrder)
	if d.Cursors() {
		q.Cursor = cursor
	}
	if q.StartIndex, err = index(d, "startIndex", orNone(startIndex)); err != nil {
		return nil, err
	}
	q.Count, err = index(d, "count", orNone(count))
	return q, err
}

func orNone(s *string) string {
	if s == nil {
		return ""
	}
	return *s
}

func index(d Dialect, name, text string) (*int, error) {
	if text == "" {
		return nil, nil
	}
	n, err := d.Index(name, text)
	return &n, err
}

// DecodeSearch decodes the body of a search request (RFC 7644 §3.4.3) with a compiler
// of bodies. It returns the quirks that made a difference too.
func DecodeSearch(body []byte, d Dialect, c *patch.Compiler) (*Query, patch.Quirks, error) {
	var message struct {
		Schemas                        json.RawMessage
		Attributes, ExcludedAttributes nameList
		Filter                         *string
		SortBy, SortOrder              *string
		StartIndex, Count              json.RawMessage
		Cursor                         *string
	}
	tolerated, err := c.Unmarshal(body, d.SearchSchema(), &message)
	if err != nil {
		return nil, tolerated, err
	}
	q := &Query{Filter: message.Filter, SortBy: orNone(message.SortBy), SortOrder: orNone(message.SortOrder),
		Names: Names{message.Attributes, message.ExcludedAttributes}}
	if d.Cursors() {
		q.Cursor = message.Cursor
	}
	if q.StartIndex, err = indexInJSON("startIndex", message.StartIndex); err == nil {
		q.Count, err = indexInJSON("count", message.Count)
	}
	return q, tolerated, err
}

// indexInJSON decodes startIndex or count in a search request, which some clients
// quote. A negative number is no error there in any dialect.
func indexInJSON(name string, raw json.RawMessage) (*int, error) {
	text := strings.Trim(string(raw), `"`)
	if text == "null" {
		text = ""
	}
	return index(SCIM2, name, text)
}

// nameList is a list of names. Some clients send one string with commas.
type nameList []string

// UnmarshalJSON implements [json.Unmarshaler].
func (l *nameList) UnmarshalJSON(b []byte) error {
	list := []string{""}
	var err error
	if len(b) > 0 && b[0] == '"' {
		err = json.Unmarshal(b, &list[0])
	} else {
		err = json.Unmarshal(b, &list)
	}
	*l = nil
	for _, names := range list {
		*l = appendNames(*l, names)
	}
	return err
}
