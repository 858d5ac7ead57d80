package filter

import (
	"strings"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// Fold returns the form of s by which strings that are not caseExact compare: NFC after
// full Unicode case folding of NFC. It is idempotent and accepts bytes that are not
// UTF-8. ASCII text costs next to nothing.
func Fold(s string) string {
	upper := false
	for i := range len(s) {
		c := s[i]
		if c >= utf8.RuneSelf {
			return foldUnicode(s)
		}
		upper = upper || 'A' <= c && c <= 'Z'
	}
	if !upper {
		return s
	}
	return strings.ToLower(s)
}

// foldUnicode is Fold for text that is not ASCII.
func foldUnicode(s string) string {
	folded := foldOnce(s)
	if strings.IndexFunc(s, beyondBMP) < 0 {
		return folded
	}
	// Package norm composes a few letters beyond the Basic Multilingual Plane and an
	// accent into a letter within it, by the low half of their code points: Osage
	// letters into Cyrillic ones, for example, which have case.
	for range 3 {
		again := foldOnce(folded)
		if again == folded {
			break
		}
		folded = again
	}
	return folded
}

func beyondBMP(r rune) bool { return r > 0xFFFF }

// foldOnce makes a new Caser, since one need not be safe for concurrent use. This one
// has no state and costs nothing.
func foldOnce(s string) string {
	folded := cases.Fold().String(norm.NFC.String(s))
	return norm.NFC.String(strings.Map(foldCherokee, folded))
}

// foldCherokee folds the lower-case letters of Cherokee to upper case, as Unicode's
// CaseFolding.txt does for this script alone. The Caser swaps the two.
func foldCherokee(r rune) rune {
	switch {
	case 0xAB70 <= r && r <= 0xABBF:
		return r - 0xAB70 + 0x13A0
	case 0x13F8 <= r && r <= 0x13FD:
		return r - 0x13F8 + 0x13F0
	}
	return r
}

// isASCII reports whether all characters of s are ASCII.
func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// lower returns an ASCII character in lower case.
func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c | 0x20
	}
	return c
}

// hasFoldedPrefix reports whether Fold(s) starts with folded, without folding s, which
// is ASCII.
func hasFoldedPrefix(s, folded string) bool {
	if len(s) < len(folded) {
		return false
	}
	for i := range len(folded) {
		if lower(s[i]) != folded[i] {
			return false
		}
	}
	return true
}

// maxNaiveSearch is the longest text in bytes that is searched position by position.
// That takes time in proportion to the product of the lengths, so longer texts are
// folded and searched in linear time.
const maxNaiveSearch = 256

// containsFolded reports whether Fold(s) contains folded. s is ASCII.
func containsFolded(s, folded string) bool {
	if len(s) > maxNaiveSearch {
		return strings.Contains(Fold(s), folded)
	}
	if folded == "" {
		return true
	}
	first := folded[0]
	for i := 0; i+len(folded) <= len(s); i++ {
		if lower(s[i]) == first && hasFoldedPrefix(s[i+1:], folded[1:]) {
			return true
		}
	}
	return false
}

// compareFolded compares Fold(s) with folded, without folding s, which is ASCII.
func compareFolded(s, folded string) int {
	n := min(len(s), len(folded))
	for i := range n {
		if a, b := lower(s[i]), folded[i]; a != b {
			if a < b {
				return -1
			}
			return 1
		}
	}
	return len(s) - len(folded)
}
