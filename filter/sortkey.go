package filter

import (
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"strconv"
	"time"
)

// SortKey returns a text by which one value of the attribute sorts: the byte order of
// keys is the order of their values in filters, and equal values have equal keys. It
// is empty for nil, the empty string, and a value of another type than the attribute's.
//
// v is a value as encoding/json decodes it (int and int64 are accepted too) or a
// [time.Time]; the zero time is no value. The key of a string, reference or binary
// value is the value itself if the attribute is caseExact, and otherwise the result of
// [Fold]. false sorts before true.
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

// key returns a class (0 negative, 1 zero, 2 positive), the power of ten in 16
// hexadecimal digits, and the digits without zeros at either end. Both are inverted
// for a negative number. Databases store these keys, so that they cannot change
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
		key = append(key, '~') // the end of a shorter key is greater than any digit
	}
	return string(key)
}

// instantKey returns a key of constant width for the years 0 to 9999. An offset can
// lead one day beyond them: such instants sort before or after all others, but not
// exactly among themselves. Databases store these keys too.
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
