package scim_test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"testing"
)

// sections are the sections of the acceptance checklist that are tested here, with
// the number of their lines: A01 to A25, and so on.
var sections = map[string]int{"A": 25, "B": 28, "C": 11, "D": 11, "E": 32, "F": 15, "G": 11, "H": 34, "I": 7, "J": 13, "K": 14, "M": 10}

// notTested are the lines without a test, and why.
var notTested = map[string]string{
	"A01": "TLS is the host's: it terminates in the host's server or in front of it, as the package says",
	"A05": "how tokens are issued, how long they live and whether Basic has a second factor is the host's",
	"E23": "no attribute of a group is defaulted by the server",
	"E28": "sorting is supported; see E27",
	"K14": "the service has no resource endpoint but /Groups; those of others are named by the host",
}

// Every line of the checklist has a test whose name begins with its id, or a
// reason why it has none.
func TestEveryLineOfTheChecklistHasATestOrAReason(t *testing.T) {
	files, err := filepath.Glob("checklist_?_test.go")
	if err != nil {
		t.Fatal(err)
	}
	name := regexp.MustCompile(`(?:t\.Run\(|\{)"([A-M][0-9]{2}) [^"]`)
	tested := map[string]bool{}
	for _, file := range files {
		source, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, match := range name.FindAllSubmatch(source, -1) {
			tested[string(match[1])] = true
		}
	}
	known := map[string]bool{}
	for section, lines := range sections {
		for i := 1; i <= lines; i++ {
			id := fmt.Sprintf("%s%02d", section, i)
			known[id] = true
			switch reason := notTested[id]; {
			case tested[id] && reason != "":
				t.Errorf("%s has a test and a reason to have none", id)
			case !tested[id] && reason == "":
				t.Errorf("%s has neither a test nor a reason", id)
			}
		}
	}
	for id := range tested {
		if !known[id] {
			t.Errorf("there is no line %s", id)
		}
	}
	for id := range notTested {
		if !known[id] {
			t.Errorf("there is no line %s", id)
		}
	}
}
