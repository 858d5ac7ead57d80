package scim_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Every line of CHECKLIST.md has a test whose name begins with its id, or a reason
// why it has none; and every test of a line names one that exists.
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
	checklist, err := os.ReadFile("CHECKLIST.md")
	if err != nil {
		t.Fatal(err)
	}
	line := regexp.MustCompile(`^\*\*([A-M][0-9]{2})\*\* `)
	listed := map[string]bool{}
	for _, item := range strings.Split(string(checklist), "\n- ") {
		match := line.FindStringSubmatch(item)
		if match == nil {
			continue
		}
		id := match[1]
		if listed[id] {
			t.Errorf("duplicate line %s", id)
		}
		listed[id] = true
		switch reason := strings.Contains(item, "\n  Not tested: "); {
		case tested[id] && reason:
			t.Errorf("%s has a test and a reason to have none", id)
		case !tested[id] && !reason:
			t.Errorf("%s has neither a test nor a reason", id)
		}
	}
	for id := range tested {
		if !listed[id] {
			t.Errorf("CHECKLIST.md has no line %s", id)
		}
	}
}
