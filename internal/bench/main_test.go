package main

import (
	"bytes"
	"encoding/json"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// The program starts itself to get servers, and so does its test.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == serveFlag {
		fail(serve(os.Args[2:]))
		return
	}
	os.Exit(m.Run())
}

func TestTheServersAreChecked(t *testing.T) {
	var output, progress bytes.Buffer
	if err := run(t.Context(), []string{"-check", "-servers", "memory,elimity"}, &output, &progress); err != nil {
		t.Fatalf("%v\n%s", err, &progress)
	}
	for _, part := range []string{"| id | level | the service | scimgroups, memory | elimity-com/scim |",
		"| M03 | MUST | HEAD returns what GET returns, without a body. | passed | failed |"} {
		if !strings.Contains(output.String(), part) {
			t.Errorf("no %q in\n%s", part, &output)
		}
	}
}

func TestARunOfEveryScenarioGivesTablesAndPlots(t *testing.T) {
	out := t.TempDir()
	var output, progress bytes.Buffer
	args := []string{"-quick", "-duration", "10ms", "-rounds", "1", "-servers", "memory,sqlite,scimgateway,elimity,bare", "-sizes", "10,100", "-out", out}
	if err := run(t.Context(), args, &output, &progress); err != nil {
		t.Fatalf("%v\n%s", err, &progress)
	}
	data, err := os.ReadFile(filepath.Join(out, "results.json"))
	if err != nil {
		t.Fatal(err)
	}
	var cells []cell
	if err := json.Unmarshal(data, &cells); err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, c := range cells {
		seen[c.Scenario] = true
		if c.Server == "scimgateway" && c.Scenario == "member" {
			continue // it answers that there is no such group
		}
		if want := max(1, scenarios[slices.IndexFunc(scenarios, func(s *scenario) bool { return s.name == c.Scenario })].cut); c.Note != "" || len(c.Samples) != want || c.Samples[0].Requests == 0 {
			t.Errorf("%s with %d on %s: %d samples, %s", c.Scenario, c.Size, c.Server, len(c.Samples), c.Note)
		}
		if c.Scenario == "writers" && c.Server != "bare" && (c.Samples[0].Acknowledged < 16 || c.Samples[0].Survived > c.Samples[0].Acknowledged) {
			t.Errorf("%s: %d of %d members survived", c.Server, c.Samples[0].Survived, c.Samples[0].Acknowledged)
		}
		if (c.Server == "memory" || c.Server == "sqlite") && c.Samples[0].Survived != 0 && c.Samples[0].Survived != c.Samples[0].Acknowledged {
			t.Errorf("%s lost members: %d of %d are there", c.Server, c.Samples[0].Survived, c.Samples[0].Acknowledged)
		}
	}
	for _, s := range scenarios {
		if !seen[s.name] {
			t.Errorf("nothing of %s", s.name)
		}
		if !strings.Contains(output.String(), s.title) {
			t.Errorf("%q is not in the tables", s.title)
		}
		if svg, err := os.ReadFile(filepath.Join(out, s.name+".svg")); err != nil || !bytes.Contains(svg, []byte("<svg")) {
			t.Errorf("no plot of %s: %v", s.name, err)
		}
	}
}

func TestAnUnknownScenarioIsRefusedBeforeAnythingRuns(t *testing.T) {
	err := run(t.Context(), []string{"-scenarios", "nonsense"}, &bytes.Buffer{}, &bytes.Buffer{})
	if err == nil || !strings.Contains(err.Error(), "patch, get") {
		t.Error(err)
	}
}

func TestQuartilesAreThoseOfTheRatios(t *testing.T) {
	c, bare := &cell{}, &cell{}
	for _, n := range []int{50, 10, 40, 20, 30} {
		c.Samples = append(c.Samples, sample{Requests: n, Elapsed: time.Second})
		bare.Samples = append(bare.Samples, sample{Requests: 100, Elapsed: time.Second})
	}
	got := []float64{c.quartile(bare, false, sample.rate), c.ratio(bare, sample.rate), c.quartile(bare, true, sample.rate)}
	if want := []float64{0.2, 0.3, 0.4}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if !math.IsNaN(c.quartile(nil, true, sample.rate)) {
		t.Error("there is a ratio to nothing")
	}
}
