package jsontext_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/scimgroups/scimgroups/internal/jsontext"
)

// What is looked at eight bytes at a time is the same as what is looked at one by
// one: every byte, at every place among others.
func TestEveryByteIsEscapedAtEveryPlace(t *testing.T) {
	for _, filling := range []string{"a", "~", " ", "\x7f", "\x00", `"`} {
		for length := 1; length <= 18; length++ {
			for at := range length {
				for c := range 0x100 {
					text := strings.Repeat(filling, at) + string([]byte{byte(c)}) + strings.Repeat(filling, length-at-1)
					encoded := jsontext.AppendQuote(nil, text)
					var decoded string
					if err := json.Unmarshal(encoded, &decoded); err != nil {
						t.Fatalf("%q becomes %s: %v", text, encoded, err)
					}
					if want := strings.ToValidUTF8(text, "\ufffd"); decoded != want || !utf8.Valid(encoded) {
						t.Fatalf("%q becomes %s", text, encoded)
					}
				}
			}
		}
	}
}

func BenchmarkAppendQuote(b *testing.B) {
	for _, length := range []int{8, 36, 255} {
		b.Run(fmt.Sprint("bytes=", length), func(b *testing.B) {
			text, buf := strings.Repeat("a", length), make([]byte, 0, 512)
			b.ReportAllocs()
			for b.Loop() {
				buf = jsontext.AppendQuote(buf[:0], text)
			}
		})
	}
}
