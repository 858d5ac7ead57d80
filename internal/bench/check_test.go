package main

import (
	"bytes"
	"os"
	"slices"
	"strings"
	"testing"
)

// row is a line of a table: its cells.
func row(line string) []string {
	cells := strings.Split(strings.Trim(line, "| \n"), "|")
	for i := range cells {
		cells[i] = strings.TrimSpace(cells[i])
	}
	return cells
}

// The table of PEERS.md is what the check finds now, but for what depends on credentials:
// the servers here have none.
func TestTheTableOfOtherServersIsTrue(t *testing.T) {
	data, err := os.ReadFile("../../scim/scimtest/PEERS.md")
	if err != nil {
		t.Fatal(err)
	}
	paper := map[string][]string{} // rule to words for scimgateway and elimity
	for line := range strings.Lines(string(data)) {
		if cells := row(line); len(cells) == 6 {
			paper[cells[0]] = cells[3:5]
		}
	}
	var output, progress bytes.Buffer
	if err := run(t.Context(), []string{"-check", "-servers", "memory,scimgateway,elimity"}, &output, &progress); err != nil {
		t.Fatalf("%v\n%s", err, &progress)
	}
	words := map[string]string{"passed": "yes", "failed": "**no**", "tolerated": "lenient", "skipped": "–", "blocked": "?"}
	credentials := []string{"A02", "K02", "N01"}
	found := map[string]bool{}
	for line := range strings.Lines(output.String()) {
		cells := row(line)
		if len(cells) != 6 || words[cells[3]] == "" || slices.Contains(credentials, cells[0]) {
			continue
		}
		found[cells[0]] = true
		if cells[3] == "failed" || cells[3] == "blocked" {
			t.Errorf("ours: %s %s", cells[0], cells[3])
		}
		got := []string{words[cells[4]], words[cells[5]]}
		want, ok := paper[cells[0]]
		if !ok && (slices.Contains(got, "**no**") || slices.Contains(got, "lenient") || slices.Contains(got, "?")) ||
			ok && !slices.Equal(got, want) {
			t.Errorf("%s is %q, and the table has %q", cells[0], got, want)
		}
	}
	if len(found) < 50 {
		t.Errorf("the check finds %d rules", len(found))
	}
	for id, cells := range paper {
		if slices.Contains(cells, "**no**") && !found[id] && !slices.Contains(credentials, id) {
			t.Errorf("%s is in the table, and both servers pass", id)
		}
	}
}
