package patch_test

import (
	"slices"
	"testing"

	"github.com/scimgroups/scimgroups/patch"
)

func TestQuirksAreASet(t *testing.T) {
	set := patch.BareMember | patch.RemoveByValue
	if !set.Has(patch.BareMember) || !set.Has(set) || set.Has(patch.BareMember|patch.SingleValue) {
		t.Error("Has does not tell subsets apart")
	}
	for name, c := range map[string]struct {
		set  patch.Quirks
		text string
		all  []patch.Quirks
	}{
		"several":       {set, "removeByValue|bareMember", []patch.Quirks{patch.RemoveByValue, patch.BareMember}},
		"the last":      {patch.PatchAnswers200, "patchAnswers200", []patch.Quirks{patch.PatchAnswers200}},
		"Strict":        {patch.Strict, "strict", nil},
		"zero":          {0, "strict", nil},
		"beside Strict": {patch.Strict | patch.SingleValue, "singleValue", []patch.Quirks{patch.SingleValue}},
	} {
		if got := c.set.String(); got != c.text {
			t.Errorf("%s: String is %q, want %q", name, got, c.text)
		}
		if got := slices.Collect(c.set.All()); !slices.Equal(got, c.all) {
			t.Errorf("%s: All yields %v, want %v", name, got, c.all)
		}
	}
	for range patch.Lenient.All() {
		break // an iteration may end early
	}
}

func TestSetsOfQuirks(t *testing.T) {
	if patch.Strict == 0 {
		t.Error("Strict is the zero value, for which Default may stand")
	}
	for q := range patch.Lenient.All() {
		if patch.Strict.Has(q) {
			t.Errorf("Strict has %s", q)
		}
	}
	for _, set := range []patch.Quirks{patch.Default, patch.EntraID, patch.OneLogin, patch.WSO2} {
		if !patch.Lenient.Has(set) {
			t.Errorf("Lenient lacks %s", set&^patch.Lenient)
		}
	}
	if n := len(slices.Collect(patch.Lenient.All())); n != 22 {
		t.Errorf("there are %d quirks", n)
	}
}

// What an edit tolerates is known once it is compiled, except for what depends on the
// group.
func TestToleratedQuirksAreData(t *testing.T) {
	c := newCompiler(t, lenient)
	edit, err := c.Patch([]byte(`{"Operations":[{"op":"remove","path":"members","value":["ada"]},{"op":"remove","path":"members[value eq bob]"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	if want := patch.RemoveByValue | patch.BareMember | patch.MissingSchemas | patch.UnquotedFilterValues; edit.Tolerated() != want {
		t.Errorf("Tolerated is %s, want %s", edit.Tolerated(), want)
	}
	if edit.Update(nil).Head != nil {
		t.Error("an edit of members edits the head")
	}
	edit, err = c.Patch(patchOp(`{"op":"add","path":"` + team + `:contacts[type eq \"desk\"].value","value":"x"}`))
	if err != nil {
		t.Fatal(err)
	}
	if edit.Tolerated() != 0 {
		t.Errorf("Tolerated is %s", edit.Tolerated())
	}
	head := engineers()
	var found patch.Quirks // of the last attempt, as a store may repeat the step
	update := edit.Update(&found)
	for i, want := range []patch.Quirks{patch.CreateUnmatched, 0} {
		if err := update.Head(&head); err != nil || found != want {
			t.Errorf("%d: the edit of the head tolerated %s, %v; want %s", i, found, err, want)
		}
	}
	r, err := c.Resource([]byte(`{"displayName":"G","members":["x"],"colour":"red"}`))
	if err != nil {
		t.Fatal(err)
	}
	want := patch.BareMember | patch.MissingSchemas | patch.UnknownAttributes
	if r.Tolerated() != want || r.Replace().Tolerated() != want {
		t.Errorf("Tolerated is %s and %s, want %s", r.Tolerated(), r.Replace().Tolerated(), want)
	}
}
