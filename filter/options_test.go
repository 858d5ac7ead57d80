package filter_test

import (
	"testing"

	"github.com/scimgroups/scimgroups/filter"
)

func TestTolerance(t *testing.T) {
	table := testTable(t)
	const all = filter.UnquotedValues | filter.TextValues
	for text, want := range map[string]filter.Tolerance{
		`displayName eq "G"`: 0,
		`X:open eq true`:     0,
		`X:floor eq 5`:       0,
		`X:budget co "5"`:    0,
		`externalId eq G`:    filter.UnquotedValues,
		`externalId eq 'G'`:  filter.UnquotedValues,
		`externalId eq 5`:    filter.UnquotedValues,
		`X:open eq "True"`:   filter.TextValues,
		`X:floor eq "5"`:     filter.TextValues,
		`X:floor eq '5'`:     all,
		`id eq "a" and (id eq a or X:open eq "true")`: all,
	} {
		f, err := table.Filter(office(text), &filter.Options{Tolerate: all})
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if got := f.Tolerated(); got != want {
			t.Errorf("%s: tolerated %b, want %b", text, got, want)
		}
		for allowed := range all + 1 {
			f, err := table.Filter(office(text), &filter.Options{Tolerate: allowed})
			if (err == nil) != allowed.Has(want) {
				t.Errorf("%s: with %b tolerated: %v", text, allowed, err)
			}
			if err == nil && f.Tolerated() != want {
				t.Errorf("%s: with %b tolerated: %b was", text, allowed, f.Tolerated())
			}
		}
	}
	for text, want := range map[string]filter.Tolerance{
		`displayName`:                 0,
		`members[value eq "a"]`:       0,
		`members[value eq a].display`: filter.UnquotedValues,
	} {
		p, err := table.Path(text, &filter.Options{Tolerate: all})
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		if got := p.Tolerated(); got != want {
			t.Errorf("%s: tolerated %b, want %b", text, got, want)
		}
	}
}

func TestLimitsHaveDefaults(t *testing.T) {
	defaults := filter.Limits{MaxLength: 16_384, MaxDepth: 32, MaxTerms: 256}
	for _, test := range []struct{ given, want filter.Limits }{
		{filter.Limits{}, defaults},
		{filter.Limits{MaxLength: -1, MaxDepth: -1, MaxTerms: -1}, defaults},
		{filter.Limits{MaxLength: 1, MaxDepth: 2, MaxTerms: 3}, filter.Limits{MaxLength: 1, MaxDepth: 2, MaxTerms: 3}},
		{filter.Limits{MaxDepth: 1_001}, filter.Limits{MaxLength: 16_384, MaxDepth: 1_000, MaxTerms: 256}},
		{defaults, defaults},
	} {
		if got := test.given.Effective(); got != test.want {
			t.Errorf("%+v: got %+v, want %+v", test.given, got, test.want)
		}
	}
}
