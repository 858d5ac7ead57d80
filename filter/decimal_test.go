package filter

import (
	"math/big"
	"math/rand/v2"
	"strconv"
	"testing"
)

func TestOnlyJSONNumbersAreNumbers(t *testing.T) {
	for _, s := range []string{"0", "-0", "10", "1.50", "0.001", "1e5", "1E+5", "-12.34e-56", "1e999999999999999999999999", "123456789012345678901234567890"} {
		if !validNumber(s) {
			t.Errorf("%s: not valid", s)
		}
	}
	for _, s := range []string{"", "-", "+1", "01", "1.", ".5", "1e", "1e+", "1e1.5", "0x10", "1_000", "Inf", "NaN", " 1", "1 ", "--1", "1-"} {
		if validNumber(s) {
			t.Errorf("%q: valid", s)
		}
	}
}

// TestDecimalsCompareAsRationals compares random numbers with math/big.
func TestDecimalsCompareAsRationals(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	digits := func(n int) string {
		b := make([]byte, n)
		for i := range b {
			b[i] = "0001259"[random.IntN(7)]
		}
		return string(b)
	}
	number := func() string {
		s := strconv.FormatInt(int64(random.IntN(12)), 10)
		if random.IntN(3) == 0 {
			s = "1" + digits(random.IntN(25))
		}
		if random.IntN(2) == 0 {
			s += "." + digits(1+random.IntN(5))
		}
		if random.IntN(3) == 0 {
			s += "e" + strconv.Itoa(random.IntN(9)-4)
		}
		if random.IntN(2) == 0 {
			s = "-" + s
		}
		return s
	}
	for range 50_000 {
		a, b := number(), number()
		x, okA := parseDecimal(a)
		y, okB := parseDecimal(b)
		r, _ := new(big.Rat).SetString(a)
		s, _ := new(big.Rat).SetString(b)
		if !okA || !okB || x.compare(y) != r.Cmp(s) {
			t.Fatalf("%s and %s: got %d, want %d", a, b, x.compare(y), r.Cmp(s))
		}
		i := int64(random.Uint64()) >> random.IntN(64)
		if got, want := integerDecimal(i).compare(x), new(big.Rat).SetInt64(i).Cmp(r); got != want {
			t.Fatalf("%d and %s: got %d, want %d", i, a, got, want)
		}
	}
}

func TestHugeExponentsCostNothing(t *testing.T) {
	for _, test := range []struct {
		a, b string
		want int
	}{
		{"1e999999999", "1e999999998", 1},
		{"-1e999999999", "1", -1},
		{"1e-999999999", "0", 1},
		{"0e999999999", "0", 0},
		{"10e999999999", "1e1000000000", 0},
		{"1e999999999999999999999999", "9e99999999999999999", 1},
		{"1e999999999999999999999999", "1e5", 1},
		{"1e-999999999999999999999999", "1e-5", -1},
		{"-9223372036854775808", "-9223372036854775809", 1},
		{"9223372036854775807", "9223372036854775807.0", 0},
	} {
		a, _ := parseDecimal(test.a)
		b, _ := parseDecimal(test.b)
		if a.compare(b) != test.want || b.compare(a) != -test.want {
			t.Errorf("%s and %s: got %d and %d, want %d", test.a, test.b, a.compare(b), b.compare(a), test.want)
		}
	}
}
