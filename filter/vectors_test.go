package filter_test

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	scimerrors "github.com/elimity-com/scim/errors"
	"github.com/elimity-com/scim/schema"
	"github.com/google/go-cmp/cmp"

	"github.com/scimgroups/scimgroups/filter"
)

// vector is one case of the *.filter.json files in the folder that the
// environment variable SCIM_VECTORS names.
type vector struct {
	Name     string
	Resource []filter.JSONResource
	Request  struct{ Filter string }
	Expect   struct{ Match []int }
	Error    *struct{ Status string }
	Schema   string
}

// contradictions are vectors that the RFC contradicts: name → section.
var contradictions = map[string]string{
	// The resource has "Group" there: its type was changed, but not the filter.
	"evaluateFilter dotted paths should resolve meta sub-attributes":                                                    "RFC 7644 §3.4.2.2: eq is true for identical values",
	"evaluateFilter R-CASE-1: caseExact-aware filtering should remain case-insensitive when no caseExactAttrs provided": "RFC 7643 §3.1: id is caseExact",
}

func TestFiltersOfTheVectorsSelectTheSameResources(t *testing.T) {
	folder := os.Getenv("SCIM_VECTORS")
	if folder == "" {
		t.Skip("set SCIM_VECTORS to run this test")
	}
	files, err := filepath.Glob(filepath.Join(folder, "*.filter.json"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no vectors in %s: %v", folder, err)
	}
	for _, file := range files {
		var vectors []vector
		readJSON(t, file, &vectors)
		for _, v := range vectors {
			t.Run(v.Name, func(t *testing.T) {
				if section, ok := contradictions[v.Name]; ok {
					t.Skip("contradicts ", section)
				}
				runVector(t, vectorTable(t, folder, v.Schema), v)
			})
		}
	}
}

func runVector(t *testing.T, table *filter.Table, v vector) {
	// The schemas were inferred from the resources, so an attribute that has no
	// value in any of them is in no schema.
	f, err := table.Filter(v.Request.Filter, &filter.Options{UnknownIsAbsent: true})
	if v.Error != nil {
		var scimError scimerrors.ScimError
		if !errors.As(err, &scimError) {
			t.Fatalf("%s: got %v, want an error with status %s", v.Request.Filter, err, v.Error.Status)
		}
		return
	}
	if err != nil {
		t.Fatalf("%s: %v", v.Request.Filter, err)
	}
	var got []int
	for i, r := range v.Resource {
		if f.Match(r) {
			got = append(got, i)
		}
	}
	if !slices.Equal(got, v.Expect.Match) {
		t.Errorf("%s: selects %v, want %v", v.Request.Filter, got, v.Expect.Match)
	}
	if _, constant := f.Root().(filter.Constant); constant {
		return // there is no syntax for it
	}
	again, err := table.Filter(f.String(), nil)
	if err != nil {
		t.Fatalf("%s: normal form %s: %v", v.Request.Filter, f, err)
	}
	if diff := cmp.Diff(f.String(), again.String()); diff != "" {
		t.Errorf("normal form of the normal form differs:\n%s", diff)
	}
}

// vectorTable is the Group of the vectors with the extensions of one case.
func vectorTable(t *testing.T, folder, name string) *filter.Table {
	t.Helper()
	definition := filter.Definition{Core: schema.CoreGroupSchema()}
	if name != "group" {
		var file struct {
			Extension       schema.Schema
			OtherExtensions []schema.Schema
		}
		readJSON(t, filepath.Join(folder, "schemas", name+".json"), &file)
		for _, s := range append([]schema.Schema{file.Extension}, file.OtherExtensions...) {
			definition.Extensions = append(definition.Extensions, filter.Extension{Schema: s})
		}
	}
	table, err := filter.NewTable(definition)
	if err != nil {
		t.Fatal(err)
	}
	return table
}

// readJSON decodes a file, with numbers as they are written.
func readJSON(t *testing.T, file string, into any) {
	t.Helper()
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	d := json.NewDecoder(f)
	d.UseNumber()
	if err := d.Decode(into); err != nil {
		t.Fatalf("%s: %v", file, err)
	}
}
