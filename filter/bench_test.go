package filter_test

import (
	"encoding/json"
	"strings"
	"testing"

	fp "github.com/scim2/filter-parser/v2"

	"github.com/scimgroups/scimgroups/filter"
)

const simple = `displayName eq "developers"`

// ored is a filter of 50 terms, such as clients send to look up many members.
var ored = strings.Repeat(`members.value eq "2819c223-7f76-453a-919d-413861904646" or `, 49) + `displayName sw "dev"`

func BenchmarkParse(b *testing.B) {
	table := testTable(b)
	for _, text := range []struct{ name, filter string }{{"simple", simple}, {"50terms", ored}} {
		b.Run(text.name+"/table", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := table.Filter(text.filter, nil); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(text.name+"/ast", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := filter.Parse(text.filter, nil); err != nil {
					b.Fatal(err)
				}
			}
		})
		b.Run(text.name+"/filter-parser", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := fp.ParseFilter([]byte(text.filter)); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkPath(b *testing.B) {
	table := testTable(b)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := table.Path(`members[value eq "2819c223-7f76-453a-919d-413861904646"]`, nil); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkMatch(b *testing.B) {
	table := testTable(b)
	r := core{"displayName": filter.StringValue("Backend Developers, Amsterdam"), "id": filter.StringValue("2819c223")}
	j := filter.JSONResource{"displayName": "Backend Developers, Amsterdam", extensionURN: map[string]any{"budget": json.Number("1234.50"), "opened": "2026-01-31T12:00:00+01:00"}}
	for _, bench := range []struct {
		name, filter string
		resource     filter.Resource
	}{
		{"eq", `displayName eq "backend developers, amsterdam"`, r},
		{"co", `displayName co "sterd"`, r},
		{"co that is not there", `displayName co "zebra"`, r},
		{"eq exact", `id eq "2819c223"`, r},
		{"json co", `displayName co "sterd"`, j},
		{"json number", extensionURN + `:budget gt 1000`, j},
		{"json dateTime", extensionURN + `:opened gt "2026-01-01T00:00:00Z"`, j},
	} {
		f, err := table.Filter(bench.filter, nil)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(bench.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				f.Match(bench.resource)
			}
		})
	}
}

func BenchmarkFold(b *testing.B) {
	for _, s := range []struct{ name, text string }{
		{"lower case", "backend developers"}, {"upper case", "Backend Developers"}, {"Greek", "Ομάδα Ανάπτυξης"},
	} {
		b.Run(s.name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				filter.Fold(s.text)
			}
		})
	}
}
