package fault_test

import (
	"errors"
	"strings"
	"testing"
	"unicode/utf8"

	scimerrors "github.com/elimity-com/scim/errors"

	"github.com/scimgroups/scimgroups/internal/fault"
)

func TestFaultsAreScimErrors(t *testing.T) {
	for err, want := range map[error]scimerrors.ScimError{
		fault.New(404, "no %s", "x"):              {Status: 404, Detail: "no x"},
		fault.BadRequest("invalidVers", "v%d", 3): {Status: 400, ScimType: "invalidVers", Detail: "v3"},
		fault.InvalidFilter("a"):                  {Status: 400, ScimType: "invalidFilter", Detail: "a"},
		fault.InvalidPath("a"):                    {Status: 400, ScimType: "invalidPath", Detail: "a"},
		fault.InvalidSyntax("a"):                  {Status: 400, ScimType: "invalidSyntax", Detail: "a"},
		fault.InvalidValue("a"):                   {Status: 400, ScimType: "invalidValue", Detail: "a"},
		fault.Mutability("a"):                     {Status: 400, ScimType: "mutability", Detail: "a"},
		fault.NoTarget("a"):                       {Status: 400, ScimType: "noTarget", Detail: "a"},
		fault.TooMany("a"):                        {Status: 400, ScimType: "tooMany", Detail: "a"},
		fault.Within("x[1]", fault.NoTarget("a")): {Status: 400, ScimType: "noTarget", Detail: "x[1]: a"},
	} {
		if !errors.Is(err, want) {
			t.Errorf("got %#v, want %#v", err, want)
		}
	}
	plain := errors.New("plain")
	if err := fault.Within("x", plain); !errors.Is(err, plain) || err.Error() != "x: plain" {
		t.Errorf("got %v", err)
	}
}

func TestShorten(t *testing.T) {
	for _, text := range []string{"", "short", strings.Repeat("x", 80)} {
		if got := fault.Shorten(text); got != text {
			t.Errorf("%q becomes %q", text, got)
		}
	}
	for _, text := range []string{strings.Repeat("x", 81), strings.Repeat("é", 100), "a" + strings.Repeat("é", 100), strings.Repeat("😀", 100)} {
		if got := fault.Shorten(text); len(got) > 83 || len(got) < 79 || !utf8.ValidString(got) || !strings.HasSuffix(got, "…") {
			t.Errorf("%q becomes %q", text, got)
		}
	}
}
