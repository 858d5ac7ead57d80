package filter_test

import (
	"testing"
	"unicode"
	"unicode/utf8"

	"github.com/scimgroups/scimgroups/filter"
)

func TestFoldIgnoresCase(t *testing.T) {
	for _, test := range []struct{ name, a, b string }{
		{"ASCII", "Dev Team", "dEV tEAM"},
		{"accents", "ÉQUIPE", "équipe"},
		{"combining accents", "E\u0301quipe", "équipe"},
		{"sharp s", "STRASSE", "straße"},
		{"final sigma", "ΟΔΥΣΣΕΥΣ", "οδυσσευς"},
		{"ligatures", "ﬁn", "FIN"},
		{"the Kelvin sign", "\u212A", "k"},
		{"Cherokee", "Ꭰ", "ꭰ"},
		{"iota subscript", "ᾳ", "ΑΙ"},
		{"Deseret", "\U00010400", "\U00010428"},
		{"Osage with an accent", "\U000104b0\u0308", "\U000104d8\u0308"},
	} {
		if a, b := filter.Fold(test.a), filter.Fold(test.b); a != b {
			t.Errorf("%s: %q folds to %q, %q to %q", test.name, test.a, a, test.b, b)
		}
	}
	if filter.Fold("dev") == filter.Fold("dév") {
		t.Error("accents are dropped")
	}
}

// TestFoldAgreesWithSimpleFoldingOfEveryRune compares with the tables of package
// unicode. Beyond plane 1 there are no letters with case.
func TestFoldAgreesWithSimpleFoldingOfEveryRune(t *testing.T) {
	for r := rune(0); r < 0x20000; r++ {
		folded := filter.Fold(string(r))
		if twice := filter.Fold(folded); twice != folded {
			t.Errorf("%U folds to %+q and that to %+q", r, folded, twice)
		}
		if other := filter.Fold(string(unicode.SimpleFold(r))); other != folded {
			t.Errorf("%U folds to %+q, but %U to %+q", r, folded, unicode.SimpleFold(r), other)
		}
	}
}

func TestFoldAllocatesNothingForLowerCaseASCII(t *testing.T) {
	if n := testing.AllocsPerRun(100, func() { filter.Fold("backend developers 42") }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func FuzzFold(f *testing.F) {
	for _, s := range []string{"", "Dev", "Straße", "E\u0301", "\u0345\u0301α", "ΐ", "İ", "\xff\xfeA", "\u1e9e", "각", "ǰ", "ᾳ\u0301",
		"\U000104b0\u0308", "\U00010405\u0308"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		once := filter.Fold(s)
		if twice := filter.Fold(once); twice != once {
			t.Errorf("%q folds to %q and that to %q", s, once, twice)
		}
		if utf8.ValidString(s) && !utf8.ValidString(once) {
			t.Errorf("%q folds to %q, which is not UTF-8", s, once)
		}
	})
}
