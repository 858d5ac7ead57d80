package api

import (
	"errors"
	"go/ast"
	"go/build"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
	"testing"
)

const (
	root   = "../.."
	module = "github.com/scimgroups/scimgroups"
)

// pkg is a package of this module, without its tests.
type pkg struct {
	path    string // of import
	folder  string // below the module; "." for its root
	imports []string
	set     *token.FileSet
	files   []*ast.File
}

// packages reads all packages of this module.
func packages(t *testing.T) []*pkg {
	t.Helper()
	var all []*pkg
	err := filepath.WalkDir(root, func(folder string, entry fs.DirEntry, err error) error {
		if err != nil || !entry.IsDir() {
			return err
		}
		name := entry.Name()
		if folder != root && (name == "testdata" || strings.HasPrefix(name, ".") || hasModule(folder)) {
			return filepath.SkipDir
		}
		found, err := build.ImportDir(folder, 0)
		if none := new(build.NoGoError); errors.As(err, &none) {
			return nil
		} else if err != nil {
			return err
		}
		below, err := filepath.Rel(root, folder)
		if err != nil {
			return err
		}
		p := &pkg{folder: filepath.ToSlash(below), imports: found.Imports, set: token.NewFileSet()}
		p.path = path.Join(module, p.folder)
		for _, file := range found.GoFiles {
			f, err := parser.ParseFile(p.set, filepath.Join(folder, file), nil, parser.ParseComments)
			if err != nil {
				return err
			}
			p.files = append(p.files, f)
		}
		all = append(all, p)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// hasModule reports whether a folder is the root of a module.
func hasModule(folder string) bool {
	_, err := os.Stat(filepath.Join(folder, "go.mod"))
	return err == nil
}

// public reports whether hosts can import the package.
func (p *pkg) public() bool {
	return !strings.Contains("/"+p.folder+"/", "/internal/") && p.files[0].Name.Name != "main"
}

// below reports whether the package is in a folder or below it.
func (p *pkg) below(folder string) bool { return within(p.folder, folder) }

func within(folder, parent string) bool {
	return folder == parent || strings.HasPrefix(folder, parent+"/")
}
