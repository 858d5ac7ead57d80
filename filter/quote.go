package filter

import (
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// quoted parses a JSON string (RFC 8259 §7) into l. Without escapes it is a part of the
// text and allocates nothing.
func (p *parser) quoted(l *literal) *Error {
	start := p.pos
	escaped := false
	for i := start + 1; i < len(p.text); i++ {
		switch c := p.text[i]; {
		case c == '\\':
			escaped = true
			i++
		case c < ' ':
			return p.fail(i, p.text[i:i+1], "a control character in a string must be escaped")
		case c == '"':
			l.kind, l.raw, l.text = StringLiteral, p.text[start:i+1], p.text[start+1:i]
			if escaped {
				text, err := p.unescape(l.text, start+1)
				if err != nil {
					return err
				}
				l.text = text
			}
			p.pos = i + 1
			return nil
		}
	}
	return p.fail(start, p.text[start:], "the string is not closed")
}

// unescape decodes the escapes of a JSON string that starts at offset.
func (p *parser) unescape(s string, offset int) (string, *Error) {
	var b strings.Builder
	b.Grow(len(s))
	for i := 0; i < len(s); {
		if s[i] != '\\' {
			next := strings.IndexByte(s[i:], '\\')
			if next < 0 {
				next = len(s) - i
			}
			b.WriteString(s[i : i+next])
			i += next
			continue
		}
		// quoted has checked that a character follows the backslash.
		if s[i+1] != 'u' {
			c, ok := unescapeByte(s[i+1])
			if !ok {
				return "", p.fail(offset+i, s[i:i+1+runeLength(s[i+1:])], "unknown escape")
			}
			b.WriteByte(c)
			i += 2
			continue
		}
		r, ok := hexUnit(s[i:])
		size := 6
		if ok && utf16.IsSurrogate(r) {
			low, paired := hexUnit(s[i+6:])
			r = utf16.DecodeRune(r, low)
			ok, size = paired && r != utf8.RuneError, 12
		}
		if !ok {
			return "", p.fail(offset+i, s[i:min(i+size, len(s))], "unknown escape")
		}
		b.WriteRune(r)
		i += size
	}
	return b.String(), nil
}

func runeLength(s string) int {
	_, size := utf8.DecodeRuneInString(s)
	return size
}

// unescapeByte returns the character of the one-letter escape \c.
func unescapeByte(c byte) (byte, bool) {
	switch c {
	case '"', '\\', '/':
		return c, true
	case 'b':
		return '\b', true
	case 'f':
		return '\f', true
	case 'n':
		return '\n', true
	case 'r':
		return '\r', true
	case 't':
		return '\t', true
	}
	return 0, false
}

// hexUnit returns the UTF-16 code unit of an escape, \u and four hex digits, at the
// start of s.
func hexUnit(s string) (rune, bool) {
	if len(s) < 6 || s[0] != '\\' || s[1] != 'u' {
		return 0, false
	}
	var r rune
	for i := 2; i < 6; i++ {
		r <<= 4
		switch c := s[i]; {
		case isDigit(c):
			r |= rune(c - '0')
		case 'a' <= c|0x20 && c|0x20 <= 'f':
			r |= rune(c|0x20-'a') + 10
		default:
			return 0, false
		}
	}
	return r, true
}
