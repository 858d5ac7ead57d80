package store

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/scimgroups/scimgroups/filter"
)

// Rank is the place of a group in an ordered list: by the key of the attribute
// that the list is sorted by, then by creation, then by id. An ascending list is
// in the order of Compare; a descending one is exactly the reverse of it, ties
// and groups without a value included.
type Rank struct {
	// Key is what [SortKey] answers; "" if the list is not sorted by an attribute.
	Key     string
	Created time.Time
	ID      string
}

// Rank is the place of g in the list.
func (q Query) Rank(g *Group) Rank {
	return Rank{Key: SortKey(g, q.SortBy), Created: g.Created, ID: g.ID}
}

// Compare answers a negative number if r comes before s in an ascending list, a
// positive one if it comes after it, and 0 if they are the same.
func (r Rank) Compare(s Rank) int {
	if c := CompareKeys(r.Key, s.Key); c != 0 {
		return c
	}
	if c := r.Created.Compare(s.Created); c != 0 {
		return c
	}
	return strings.Compare(r.ID, s.ID)
}

// CompareKeys compares two keys of [SortKey]: byte by byte, but the empty one, of
// a group without a value, is greater than all others.
func CompareKeys(a, b string) int {
	if (a == "") != (b == "") {
		if a == "" {
			return 1
		}
		return -1
	}
	return strings.Compare(a, b)
}

// SortKey makes a string of the value of an attribute by which groups sort (see
// [Query.SortBy]): the keys of two groups are in byte order as their values are.
// Strings that are caseExact, references and binary values are their own key,
// others what [filter.Fold] makes of them. Numbers sort by their exact value,
// dateTimes as instants, false before true. The key is "" for a nil attribute, for a
// complex one, and for a group that has no value or one of another type than the
// attribute.
func SortKey(g *Group, a *filter.Attribute) string {
	if a == nil || a.Type == filter.Complex {
		return ""
	}
	switch v := sortValue(g, a).(type) {
	case string:
		return textKey(v, a)
	case bool:
		if a.Type == filter.Boolean {
			return strconv.FormatBool(v) // "false" < "true"
		}
	case json.Number:
		return numberKey(string(v), a)
	case float64:
		return numberKey(strconv.FormatFloat(v, 'g', -1, 64), a)
	case int:
		return numberKey(strconv.Itoa(v), a)
	case int64:
		return numberKey(strconv.FormatInt(v, 10), a)
	case time.Time:
		return timeKey(v)
	}
	return ""
}

// sortValue is the one value of the group that counts.
func sortValue(g *Group, a *filter.Attribute) any {
	top := topAttribute(a)
	if !top.Extension {
		if a.Parent == nil {
			switch a.Name {
			case "id":
				return g.ID
			case "externalId":
				return g.ExternalID
			case "displayName":
				return g.DisplayName
			case "schemas":
				return GroupSchema
			}
			return nil
		}
		switch a.Parent.Name + "." + a.Name {
		case "meta.resourceType":
			return ResourceType
		case "meta.created":
			return g.Created
		case "meta.lastModified":
			return g.LastModified
		case "meta.version":
			return g.Version.String()
		case "schemas.value":
			return GroupSchema
		}
		return nil
	}
	v := single(g.Extensions[top.Schema][top.Name])
	if a.Parent != nil && !a.Element() {
		object, _ := v.(map[string]any)
		v = single(object[a.Name])
	}
	return v
}

// single is the primary one of several values, or else the first.
func single(v any) any {
	list, ok := v.([]any)
	if !ok {
		return v
	}
	for _, item := range list {
		if object, ok := item.(map[string]any); ok && object["primary"] == true {
			return item
		}
	}
	if len(list) == 0 {
		return nil
	}
	return list[0]
}

func textKey(text string, a *filter.Attribute) string {
	switch a.Type {
	case filter.DateTime:
		// A dateTime without a zone (xsd:dateTime allows it) is taken as UTC.
		for _, layout := range []string{time.RFC3339Nano, "2006-01-02T15:04:05"} {
			if t, err := time.Parse(layout, text); err == nil {
				return timeKey(t)
			}
		}
		return ""
	case filter.String, filter.Reference, filter.Binary:
		if a.CaseExact {
			return text
		}
		return filter.Fold(text)
	}
	return ""
}

// timeKey is of constant width, so that bytes are in the order of instants
// between the years 0 and 9999; the zero time is no value.
func timeKey(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format("2006-01-02T15:04:05.000000000Z")
}

// numberKey writes a decimal number so that bytes are in the order of numbers:
// the sign, where the decimal point is, and the digits without zeros at either
// end; for a negative number the last two are turned round.
func numberKey(text string, a *filter.Attribute) string {
	if a.Type != filter.Decimal && a.Type != filter.Integer {
		return ""
	}
	digits, negative := strings.CutPrefix(text, "-")
	point := int64(0)
	if i := strings.IndexAny(digits, "eE"); i >= 0 {
		exponent, err := strconv.ParseInt(digits[i+1:], 10, 64)
		if err != nil && !isRange(err) {
			return ""
		}
		// An exponent of more digits than fit is cut to one that is great enough to
		// be beyond every number that can be written out, and leaves room for the sum.
		point = min(max(exponent, -1<<62), 1<<62)
		digits = digits[:i]
	}
	whole, fraction, _ := strings.Cut(digits, ".")
	point += int64(len(whole))
	digits = whole + fraction
	if strings.Trim(digits, "0123456789") != "" || digits == "" {
		return ""
	}
	trimmed := strings.TrimLeft(digits, "0")
	point -= int64(len(digits) - len(trimmed))
	digits = strings.TrimRight(trimmed, "0")
	if digits == "" {
		return "1"
	}

	biased := uint64(point) ^ 1<<63 // unsigned order is the signed one
	if !negative {
		return "2" + hex16(biased) + digits
	}
	turned := []byte(digits)
	for i := range turned {
		turned[i] = '0' + '9' - turned[i]
	}
	// The end of a shorter one must be greater than every further digit.
	return "0" + hex16(math.MaxUint64-biased) + string(turned) + "~"
}

func isRange(err error) bool {
	numeric, ok := err.(*strconv.NumError)
	return ok && numeric.Err == strconv.ErrRange
}

// hex16 is n in 16 hexadecimal digits.
func hex16(n uint64) string {
	const zeros = "0000000000000000"
	text := strconv.FormatUint(n, 16)
	return zeros[len(text):] + text
}
