package jsontext

import "unicode/utf8"

// plainByte tells which bytes stand in a JSON string as they are.
var plainByte = func() (plain [256]bool) {
	for c := 0x20; c < utf8.RuneSelf; c++ {
		plain[c] = c != '"' && c != '\\'
	}
	return plain
}()

const hexDigits = "0123456789abcdef"

// PlainLength returns how many bytes at the start of s stand in a JSON string as they
// are, or fewer. It looks at eight bytes at a time, and may look at some of the last
// eight twice: none may be above 0x7f, and none may fall below zero when a space is
// subtracted from it, or a one from what differs between it and a quote or backslash.
func PlainLength(s string) int {
	const ones = 0x0101010101010101
	n := 0
	for len(s) >= 8 {
		n = min(n, len(s)-8)
		t := s[n : n+8] // so that the compiler makes one load of it
		c := uint64(t[0]) | uint64(t[1])<<8 | uint64(t[2])<<16 | uint64(t[3])<<24 |
			uint64(t[4])<<32 | uint64(t[5])<<40 | uint64(t[6])<<48 | uint64(t[7])<<56
		control, quote, backslash := c-ones*' ', (c^ones*'"')-ones, (c^ones*'\\')-ones
		if (c|control|quote|backslash)&(ones*0x80) != 0 {
			return n
		}
		if n += 8; n == len(s) {
			return n
		}
	}
	for n < len(s) && plainByte[s[n]] {
		n++
	}
	return n
}

// AppendQuote appends s as a JSON string. Bytes that are not UTF-8 become U+FFFD; U+2028
// and U+2029 are escaped, as encoding/json does.
func AppendQuote(b []byte, s string) []byte {
	b = append(b, '"')
	start := 0
	for i := PlainLength(s); i < len(s); {
		c := s[i]
		if plainByte[c] {
			i++
			continue
		}
		if c >= utf8.RuneSelf {
			r, size := utf8.DecodeRuneInString(s[i:])
			if (r != utf8.RuneError || size > 1) && r != '\u2028' && r != '\u2029' {
				i += size
				continue
			}
			b = append(b, s[start:i]...)
			switch r {
			case '\u2028':
				b = append(b, `\u2028`...)
			case '\u2029':
				b = append(b, `\u2029`...)
			default:
				b = append(b, `\ufffd`...)
			}
			i += size
			start = i
			continue
		}
		b = append(b, s[start:i]...)
		switch c {
		case '"', '\\':
			b = append(b, '\\', c)
		case '\n':
			b = append(b, '\\', 'n')
		case '\r':
			b = append(b, '\\', 'r')
		case '\t':
			b = append(b, '\\', 't')
		default:
			b = append(b, '\\', 'u', '0', '0', hexDigits[c>>4], hexDigits[c&0xf])
		}
		i++
		start = i
	}
	b = append(b, s[start:]...)
	return append(b, '"')
}
