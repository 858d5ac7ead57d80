package filter

import (
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"strconv"
	"time"
)

// SortKey makes a text of one value of the attribute, for sorting and for
// databases that compare nothing but texts: the keys of two values are in byte
// order as filters order the values, and the same if those are equal. It is "" for
// nil, for the empty string, and for what is no value of the attribute's type.
//
// v is a value as encoding/json decodes it (int and int64 are accepted too), or a
// [time.Time], of which the zero one is no value. Strings, references and binary
// values are their own key if the attribute is caseExact, and else what [Fold]
// makes of them; false is before true.
func (a *Attribute) SortKey(v any) string {
	switch v := v.(type) {
	case string:
		return a.textKey(v)
	case bool:
		if a.Type == Boolean {
			return strconv.FormatBool(v) // "false" < "true"
		}
	case json.Number:
		return a.numberKey(parseDecimal(string(v)))
	case float64:
		return a.numberKey(parseDecimal(string(appendFloat(nil, v))))
	case int:
		return a.numberKey(integerDecimal(int64(v)), true)
	case int64:
		return a.numberKey(integerDecimal(v), true)
	case time.Time:
		if a.Type == DateTime && !v.IsZero() {
			return instantKey(v)
		}
	}
	return ""
}

func (a *Attribute) textKey(s string) string {
	switch a.Type {
	case String, Reference, Binary:
		if a.CaseExact {
			return s
		}
		return Fold(s)
	case DateTime:
		if t, ok := parseInstant(s); ok {
			return instantKey(t)
		}
	}
	return ""
}

func (a *Attribute) numberKey(d decimal, ok bool) string {
	if !ok || a.Type != Decimal && a.Type != Integer {
		return ""
	}
	return d.key()
}

// key is a class (0 negative, 1 zero, 2 positive), the power of ten in 16
// hexadecimal digits, and the digits without zeros at either end. For a negative
// number both are turned round. Databases keep these keys: they cannot change
// without a migration.
func (d decimal) key() string {
	if d.sign == 0 {
		return "1"
	}
	d = d.written()
	class, magnitude := byte('2'), uint64(d.magnitude)^1<<63 // in unsigned order
	if d.sign < 0 {
		class, magnitude = '0', ^magnitude
	}
	key := hex.AppendEncode([]byte{class}, binary.BigEndian.AppendUint64(nil, magnitude))
	for _, c := range []byte(d.digits) {
		switch {
		case c == '.':
		case d.sign < 0:
			key = append(key, '0'+'9'-c)
		default:
			key = append(key, c)
		}
	}
	if d.sign < 0 {
		key = append(key, '~') // the end of a shorter one is greater than any further digit
	}
	return string(key)
}

// instantKey is of constant width between the years 0 and 9999. An offset can
// lead one day further; those are put at the ends, where they belong but for
// each other. Databases keep these keys too.
func instantKey(t time.Time) string {
	t = t.UTC()
	switch {
	case t.Year() < 0:
		return "-" + t.Format("01-02T15:04:05.000000000Z")
	case t.Year() > 9999:
		return ":" + t.Format("01-02T15:04:05.000000000Z")
	}
	return t.Format("2006-01-02T15:04:05.000000000Z")
}
