package filter

import (
	"cmp"
	"math"
	"strconv"
	"strings"
)

// decimal is a JSON number. Two of any size compare exactly, without their digits being
// written out: 1e999999999 takes no more space than 1.
type decimal struct {
	// integer means that small is the number, as is usual.
	integer bool
	small   int64

	// The number is sign × 0.d₁d₂d₃… × 10^magnitude, where d₁ is not 0.
	sign int8
	// digits are d₁d₂d₃… up to the last that is not 0, with the decimal point if it was
	// written among them.
	digits    string
	magnitude int64
}

// maxExponent bounds exponents. Numbers beyond it compare by their digits.
const maxExponent = 1e17

// parseDecimal parses a JSON number; false if s is not one.
func parseDecimal(s string) (decimal, bool) {
	mantissa, exponent, ok := scanNumber(s)
	if !ok {
		return decimal{}, false
	}
	first := strings.IndexAny(mantissa, "123456789")
	if first < 0 {
		return decimal{integer: true}, true // 0, 0.00, 0e9
	}
	d := decimal{sign: 1}
	if s[0] == '-' {
		d.sign = -1
	}
	point := strings.IndexByte(mantissa, '.')
	if point < 0 {
		point = len(mantissa)
		if d.integer = exponent == "" && point <= 18; d.integer {
			for i := range point {
				d.small = 10*d.small + int64(mantissa[i]-'0')
			}
			d.small *= int64(d.sign)
		}
	}
	d.digits = mantissa[first : strings.LastIndexAny(mantissa, "123456789")+1]
	d.magnitude = int64(point - first)
	if first > point {
		d.magnitude++ // the point is not a digit
	}
	d.magnitude += parseExponent(exponent)
	return d, true
}

// integerDecimal returns i as a decimal, without its digits, which are rarely needed.
func integerDecimal(i int64) decimal {
	return decimal{integer: true, small: i, sign: int8(cmp.Compare(i, 0))}
}

// compare returns -1, 0 or 1 as d is less than, equal to or greater than e.
func (d decimal) compare(e decimal) int {
	if d.integer && e.integer {
		return cmp.Compare(d.small, e.small)
	}
	if c := cmp.Compare(d.sign, e.sign); c != 0 || d.sign == 0 {
		return c
	}
	d, e = d.written(), e.written()
	c := cmp.Compare(d.magnitude, e.magnitude)
	if c == 0 {
		c = compareDigits(d.digits, e.digits)
	}
	return c * int(d.sign)
}

// written returns d with its digits.
func (d decimal) written() decimal {
	if d.digits == "" {
		d, _ = parseDecimal(strconv.FormatInt(d.small, 10))
	}
	return d
}

// compareDigits compares 0.a with 0.b. A point in a or b is ignored.
func compareDigits(a, b string) int {
	for i, j := 0, 0; ; i, j = i+1, j+1 {
		if i < len(a) && a[i] == '.' {
			i++
		}
		if j < len(b) && b[j] == '.' {
			j++
		}
		switch {
		case i == len(a) && j == len(b):
			return 0
		case i == len(a):
			return -1
		case j == len(b):
			return 1
		case a[i] != b[j]:
			return cmp.Compare(a[i], b[j])
		}
	}
}

// parseExponent parses the digits after the "e", which may have a sign.
func parseExponent(s string) int64 {
	negative := strings.HasPrefix(s, "-")
	var n int64
	for i := range len(s) {
		if isDigit(s[i]) {
			n = min(10*n+int64(s[i]-'0'), maxExponent)
		}
	}
	if negative {
		return -n
	}
	return n
}

// validNumber reports whether s is a JSON number.
func validNumber(s string) bool {
	_, _, ok := scanNumber(s)
	return ok
}

// scanNumber splits a JSON number (RFC 8259 §6) into the mantissa without its sign and
// the exponent without its letter; false if s is not one.
func scanNumber(s string) (mantissa, exponent string, ok bool) {
	s = strings.TrimPrefix(s, "-")
	whole := countDigits(s)
	if whole == 0 || whole > 1 && s[0] == '0' {
		return "", "", false
	}
	end := whole
	if end < len(s) && s[end] == '.' {
		fraction := countDigits(s[end+1:])
		if fraction == 0 {
			return "", "", false
		}
		end += 1 + fraction
	}
	mantissa, rest := s[:end], s[end:]
	if rest == "" {
		return mantissa, "", true
	}
	if rest[0]|0x20 != 'e' {
		return "", "", false
	}
	exponent = rest[1:]
	digits := exponent
	if digits != "" && (digits[0] == '+' || digits[0] == '-') {
		digits = digits[1:]
	}
	if digits == "" || countDigits(digits) != len(digits) {
		return "", "", false
	}
	return mantissa, exponent, true
}

// countDigits returns the number of digits at the start of s.
func countDigits(s string) int {
	for i := range len(s) {
		if !isDigit(s[i]) {
			return i
		}
	}
	return len(s)
}

// appendFloat appends f as encoding/json writes it.
func appendFloat(b []byte, f float64) []byte {
	if abs := math.Abs(f); abs != 0 && (abs < 1e-6 || abs >= 1e21) {
		b = strconv.AppendFloat(b, f, 'e', -1, 64)
		if n := len(b); n >= 4 && b[n-4] == 'e' && b[n-3] == '-' && b[n-2] == '0' {
			b = append(b[:n-2], b[n-1]) // e-09 is written e-9
		}
		return b
	}
	return strconv.AppendFloat(b, f, 'f', -1, 64)
}
