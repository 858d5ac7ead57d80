package api

import (
	"bufio"
	"go/ast"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"
)

// floors are the folders of the module from the bottom to the top. A package imports
// packages of its own floor and of those below it. The longest folder counts.
var floors = [][]string{
	{"internal/fault", "internal/jsontext"},
	{"filter"},
	{"store"},
	{"patch"},
	{"internal/service", "internal/wire"},
	{"scim"},
	{".", "examples", "internal"},
}

// apart are packages of one floor that do not import each other.
var apart = [][2]string{{"internal/service", "internal/wire"}}

// foreign are packages that a package must not import, nor any package of this module
// that it depends on.
var foreign = map[string][]string{
	"filter":           {"net/http", "database/sql"},
	"store":            {"net/http"},
	"store/memory":     {"database/sql"},
	"patch":            {"net/http", "database/sql"},
	"internal/service": {"database/sql"},
	"internal/wire":    {"database/sql"},
	"scim":             {"database/sql"},
}

func floor(folder string) int {
	longest, at := -1, -1
	for i, folders := range floors {
		for _, f := range folders {
			if within(folder, f) && len(f) > longest {
				longest, at = len(f), i
			}
		}
	}
	if at < 0 {
		return len(floors) - 1
	}
	return at
}

func TestPackagesImportWhatLiesBelowThem(t *testing.T) {
	for _, p := range packages(t) {
		for _, path := range p.imports {
			if !within(path, module) {
				continue
			}
			to := strings.TrimPrefix(strings.TrimPrefix(path, module), "/")
			if floor(to) > floor(p.folder) {
				t.Errorf("%s imports %s, which lies above it", p.folder, to)
			}
			for _, pair := range apart {
				if p.below(pair[0]) && within(to, pair[1]) || p.below(pair[1]) && within(to, pair[0]) {
					t.Errorf("%s imports %s, and they should not know each other", p.folder, to)
				}
			}
		}
	}
}

func TestPackagesDoNotDependOnWhatIsForeignToThem(t *testing.T) {
	all := map[string]*pkg{}
	for _, p := range packages(t) {
		all[p.path] = p
	}
	for folder, forbidden := range foreign {
		p := all[module+"/"+folder]
		if p == nil {
			t.Errorf("there is no package %s", folder)
			continue
		}
		seen := map[string]bool{}
		var visit func(p *pkg)
		visit = func(p *pkg) {
			seen[p.path] = true
			for _, path := range p.imports {
				if slices.Contains(forbidden, path) {
					t.Errorf("%s depends on %s, which %s imports", folder, path, p.folder)
				}
				if next := all[path]; next != nil && !seen[path] {
					visit(next)
				}
			}
		}
		visit(p)
	}
}

// A host that keeps groups in memory compiles no database driver.
func TestAHostGetsFewModules(t *testing.T) {
	want := []string{
		"github.com/elimity-com/scim",
		"github.com/google/uuid",
		"github.com/scim2/filter-parser/v2",
		"github.com/tidwall/btree",
		"golang.org/x/text",
		module,
		// Those that elimity-com/scim and filter-parser import.
		"github.com/di-wu/parser",
		"github.com/di-wu/xsd-datetime",
		"github.com/q-uint/parser",
		"github.com/q-uint/xsd-datetime",
	}
	for _, path := range list(t, "{{with .Module}}{{.Path}}{{end}}", "./scim", "./store/memory") {
		if path != "" && !slices.Contains(want, path) {
			t.Errorf("scim and store/memory need %s", path)
		}
	}
}

// list prints packages and all that they depend on with a format of go list.
func list(t *testing.T, format string, packages ...string) []string {
	t.Helper()
	command := exec.Command("go", append([]string{"list", "-deps", "-f", format}, packages...)...)
	command.Dir = root
	command.Stderr = os.Stderr
	out, err := command.Output()
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(out)), "\n")
	slices.Sort(lines)
	return slices.Compact(lines)
}

func TestNoPackageHasANameThatSaysNothing(t *testing.T) {
	nothing := []string{"util", "utils", "common", "helper", "helpers", "model", "models", "types", "misc", "shared"}
	for _, p := range packages(t) {
		if name := p.files[0].Name.Name; slices.Contains(nothing, name) {
			t.Errorf("package %s is named %s", p.folder, name)
		}
	}
}

func TestNoPublicTypeIsAnAliasOfAnInternalOne(t *testing.T) {
	for _, p := range packages(t) {
		if !p.public() {
			continue
		}
		for _, file := range p.files {
			inner := map[string]bool{}
			for _, i := range file.Imports {
				path, err := strconv.Unquote(i.Path.Value)
				if err != nil {
					t.Fatal(err)
				}
				name := filepath.Base(path)
				if i.Name != nil {
					name = i.Name.Name
				}
				inner[name] = strings.Contains(path+"/", "/internal/")
			}
			ast.Inspect(file, func(n ast.Node) bool {
				spec, ok := n.(*ast.TypeSpec)
				if !ok || !spec.Assign.IsValid() || !spec.Name.IsExported() {
					return true
				}
				ast.Inspect(spec.Type, func(n ast.Node) bool {
					if s, ok := n.(*ast.SelectorExpr); ok {
						if x, ok := s.X.(*ast.Ident); ok && inner[x.Name] {
							t.Errorf("%s: %s is an alias of %s.%s", p.set.Position(spec.Pos()), spec.Name, x.Name, s.Sel)
						}
					}
					return true
				})
				return true
			})
		}
	}
}

// Filters are about resources of any kind.
func TestPackageFilterKnowsNothingOfGroups(t *testing.T) {
	group := regexp.MustCompile(`(Group|Member)s?([^a-z]|$)`)
	for _, p := range packages(t) {
		if p.folder != "filter" {
			continue
		}
		for _, file := range p.files {
			ast.Inspect(file, func(n ast.Node) bool {
				if id, ok := n.(*ast.Ident); ok && ast.IsExported(id.Name) && group.MatchString(id.Name) {
					t.Errorf("%s: filter says %s", p.set.Position(id.Pos()), id.Name)
				}
				return true
			})
		}
	}
}

// columns is the length of the longest line.
const columns = 120

func TestNoLineIsTooLong(t *testing.T) {
	for _, p := range packages(t) {
		for _, file := range p.files {
			name := p.set.Position(file.Package).Filename
			f, err := os.Open(name)
			if err != nil {
				t.Fatal(err)
			}
			lines := bufio.NewScanner(f)
			for n := 1; lines.Scan(); n++ {
				if length := utf8.RuneCount(lines.Bytes()); length > columns {
					t.Errorf("%s:%d has %d columns", name, n, length)
				}
			}
			f.Close()
			if err := lines.Err(); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// Functions return, methods report, and what a server sends is a response.
func TestNoCommentSaysAnswer(t *testing.T) {
	answer := regexp.MustCompile(`(?i)\banswer(s|ed|ing)?\b`)
	for _, p := range packages(t) {
		for _, file := range p.files {
			for _, group := range file.Comments {
				for _, c := range group.List {
					if word := answer.FindString(c.Text); word != "" {
						t.Errorf("%s: the comment says %q", p.set.Position(c.Pos()), word)
					}
				}
			}
		}
	}
}
