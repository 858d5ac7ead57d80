package api

import (
	"bytes"
	"flag"
	"fmt"
	"go/ast"
	"go/doc"
	"go/printer"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write testdata/api.txt anew")

func TestTheExportedAPIIsTheGoldenOne(t *testing.T) {
	var out bytes.Buffer
	for _, p := range packages(t) {
		if p.public() {
			p.describe(t, &out)
		}
	}
	golden := filepath.Join(root, "testdata", "api.txt")
	if *update {
		if err := os.WriteFile(golden, out.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	was, now := declarations(string(want)), declarations(out.String())
	only := func(sign string, these, others []string) {
		for _, d := range these {
			if !slices.Contains(others, d) {
				t.Errorf("%s %s", sign, strings.ReplaceAll(d, "\n", "\n"+sign+" "))
			}
		}
	}
	only("-", was, now)
	only("+", now, was)
	if t.Failed() || string(want) != out.String() {
		t.Error("The exported API has changed. If that is intended, run go test ./internal/api -update," +
			" and name the change in CHANGELOG.md.")
	}
}

// declarations splits the text of the API into its declarations, each with the name
// of its package.
func declarations(text string) (all []string) {
	var name string
	for _, d := range strings.Split(text, "\n\n") {
		d = strings.TrimSpace(d)
		if strings.HasPrefix(d, "package ") {
			name, _, _ = strings.Cut(d, " //")
			continue
		}
		all = append(all, strings.TrimPrefix(name, "package ")+": "+d)
	}
	return all
}

// describe writes the exported declarations of a package, without comments.
func (p *pkg) describe(t *testing.T, out *bytes.Buffer) {
	t.Helper()
	d, err := doc.NewFromFiles(p.set, p.files, p.path)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(out, "package %s // %s\n", d.Name, p.path)
	write := func(node ast.Node) {
		stripComments(node)
		out.WriteString("\n")
		config := printer.Config{Mode: printer.UseSpaces | printer.TabIndent, Tabwidth: 8}
		if err := config.Fprint(out, token.NewFileSet(), node); err != nil {
			t.Fatal(err)
		}
		out.WriteString("\n")
	}
	values := func(values []*doc.Value) {
		for _, v := range values {
			write(v.Decl)
		}
	}
	functions := func(functions []*doc.Func) {
		for _, f := range functions {
			f.Decl.Body = nil
			write(f.Decl)
		}
	}
	values(d.Consts)
	values(d.Vars)
	functions(d.Funcs)
	for _, typ := range d.Types {
		write(typ.Decl)
		values(typ.Consts)
		values(typ.Vars)
		functions(typ.Funcs)
		functions(typ.Methods)
	}
	out.WriteString("\n")
}

// stripComments removes all comments below a node.
func stripComments(node ast.Node) {
	ast.Inspect(node, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.GenDecl:
			n.Doc = nil
		case *ast.FuncDecl:
			n.Doc = nil
		case *ast.Field:
			n.Doc, n.Comment = nil, nil
		case *ast.TypeSpec:
			n.Doc, n.Comment = nil, nil
		case *ast.ValueSpec:
			n.Doc, n.Comment = nil, nil
		case *ast.StructType:
			n.Incomplete = false // is printed as a comment too
		case *ast.InterfaceType:
			n.Incomplete = false
		}
		return true
	})
}
