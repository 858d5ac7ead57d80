package filter

import (
	"testing"
	"time"
)

func TestInstantsAreParsedInEveryFormThatClientsSend(t *testing.T) {
	for text, want := range map[string]string{
		"2026-01-31T12:00:00Z":                "2026-01-31T12:00:00Z",
		"2026-01-31t12:00:00z":                "2026-01-31T12:00:00Z",
		"2026-01-31T12:00:00":                 "2026-01-31T12:00:00Z",
		"2026-01-31":                          "2026-01-31T00:00:00Z",
		"2026-01-31T12:00:00+05:30":           "2026-01-31T06:30:00Z",
		"2026-01-31T12:00:00.5-01:00":         "2026-01-31T13:00:00.5Z",
		"2026-01-31T12:00:00.1234567899999":   "2026-01-31T12:00:00.123456789Z",
		"2024-02-29T23:59:60Z":                "2024-03-01T00:00:00Z",
		"0001-01-01T00:00:00Z":                "0001-01-01T00:00:00Z",
		"9999-12-31T23:59:59.999999999-23:59": "10000-01-01T23:58:59.999999999Z",
	} {
		got, ok := parseInstant(text)
		if !ok || got.UTC().Format(TimeFormat) != want {
			t.Errorf("%s: got %s %v, want %s", text, got.Format(TimeFormat), ok, want)
		}
	}
	for _, text := range []string{
		"", "2026", "2026-1-31", "2026-02-29", "2026-13-01", "2026-00-01", "2026-01-00", "2026-01-31T", "2026-01-31T12", "2026-01-31T12:00",
		"2026-01-31T24:00:00Z", "2026-01-31T12:60:00Z", "2026-01-31T12:00:61Z", "2026-01-31T12:00:00.", "2026-01-31T12:00:00.Z",
		"2026-01-31T12:00:00,5Z", "2026-01-31 12:00:00Z", "2026-01-31T12:00:00ZZ", "2026-01-31T12:00:00+1:00", "2026-01-31T12:00:00+0100",
		"2026-01-31T12:00:00+24:00", "2026-01-31T12:00:00*01:00", "2026-01-31T12:00:00+01:60", "2026/01/31", "-026-01-31", "２０２６-01-31",
	} {
		if got, ok := parseInstant(text); ok {
			t.Errorf("%q: got %s", text, got)
		}
	}
}

func TestInstantsAgreeWithTheTimePackage(t *testing.T) {
	start := time.Date(1999, 12, 31, 23, 59, 59, 987654321, time.FixedZone("", -7*3600))
	for i := range 2000 {
		want := start.Add(time.Duration(i) * 31 * time.Hour)
		got, ok := parseInstant(want.Format(time.RFC3339Nano))
		if !ok || !got.Equal(want) {
			t.Fatalf("got %s %v, want %s", got, ok, want)
		}
	}
}
