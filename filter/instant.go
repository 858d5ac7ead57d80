package filter

import "time"

// parseInstant parses a dateTime: RFC 3339 with a fraction of any length, with or
// without a zone (then it is UTC), or a date alone. Letters may be in lower case.
// Digits beyond the nanosecond are ignored. It allocates nothing.
func parseInstant(s string) (time.Time, bool) {
	year, ok1 := digitsAt(s, 0, 4)
	month, ok2 := digitsAt(s, 5, 2)
	day, ok3 := digitsAt(s, 8, 2)
	if !ok1 || !ok2 || !ok3 || s[4] != '-' || s[7] != '-' ||
		month < 1 || month > 12 || day < 1 || day > daysIn(year, month) {
		return time.Time{}, false
	}
	if len(s) == len("2006-01-02") {
		return time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC), true
	}
	hour, ok1 := digitsAt(s, 11, 2)
	minute, ok2 := digitsAt(s, 14, 2)
	second, ok3 := digitsAt(s, 17, 2)
	// The 60th second is a leap second (RFC 3339 §5.7).
	if !ok1 || !ok2 || !ok3 || s[10]|0x20 != 't' || s[13] != ':' || s[16] != ':' ||
		hour > 23 || minute > 59 || second > 60 {
		return time.Time{}, false
	}
	s = s[19:]
	nanosecond := 0
	if s != "" && s[0] == '.' {
		digits := countDigits(s[1:])
		if digits == 0 {
			return time.Time{}, false
		}
		for i := 1; i <= 9; i++ {
			nanosecond *= 10
			if i <= digits {
				nanosecond += int(s[i] - '0')
			}
		}
		s = s[1+digits:]
	}
	offset, ok := zoneOffset(s)
	if !ok {
		return time.Time{}, false
	}
	t := time.Date(year, time.Month(month), day, hour, minute, second, nanosecond, time.UTC)
	return t.Add(-offset), true
}

// zoneOffset parses "", "Z" or ±hh:mm.
func zoneOffset(s string) (time.Duration, bool) {
	if s == "" || s == "Z" || s == "z" {
		return 0, true
	}
	hours, ok1 := digitsAt(s, 1, 2)
	minutes, ok2 := digitsAt(s, 4, 2)
	if len(s) != 6 || !ok1 || !ok2 || s[3] != ':' || hours > 23 || minutes > 59 {
		return 0, false
	}
	offset := time.Duration(60*hours+minutes) * time.Minute
	switch s[0] {
	case '+':
		return offset, true
	case '-':
		return -offset, true
	}
	return 0, false
}

// digitsAt returns the number of n digits at s[i:].
func digitsAt(s string, i, n int) (int, bool) {
	if len(s) < i+n || countDigits(s[i:i+n]) != n {
		return 0, false
	}
	v := 0
	for _, c := range []byte(s[i : i+n]) {
		v = 10*v + int(c-'0')
	}
	return v, true
}

func daysIn(year, month int) int {
	return time.Date(year, time.Month(month)+1, 0, 0, 0, 0, 0, time.UTC).Day()
}
