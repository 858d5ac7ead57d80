package api

import (
	"go/ast"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// papers are the Markdown files of the module, as git knows them.
func papers(t *testing.T) []string {
	t.Helper()
	command := exec.Command("git", "ls-files", "*.md")
	command.Dir = root
	out, err := command.Output()
	if err != nil {
		t.Skip("this needs a git checkout: ", err)
	}
	return strings.Fields(string(out))
}

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

var fence = regexp.MustCompile("(?ms)^```([a-z]*)\n(.*?)^```$")

// blocks are the code blocks of a paper that are in a language.
func blocks(t *testing.T, name, language string) (all []string) {
	t.Helper()
	for _, match := range fence.FindAllStringSubmatch(read(t, name), -1) {
		if match[1] == language {
			all = append(all, match[2])
		}
	}
	return all
}

// Go code in papers is a program, or is quoted from an example.
func TestGoCodeInPapersCompiles(t *testing.T) {
	var examples []string
	files, err := filepath.Glob(filepath.Join(root, "examples", "*", "*.go"))
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		examples = append(examples, words(string(text)))
	}
	for _, paper := range papers(t) {
		for _, code := range blocks(t, paper, "go") {
			title, _, _ := strings.Cut(code, "\n")
			t.Run(paper+" "+title, func(t *testing.T) {
				if !strings.HasPrefix(code, "package ") {
					quoted := func(file string) bool { return strings.Contains(file, words(code)) }
					if !slices.ContainsFunc(examples, quoted) {
						t.Errorf("not in any example:\n%s", code)
					}
					return
				}
				file := filepath.Join(t.TempDir(), "main.go")
				if err := os.WriteFile(file, []byte(code), 0o644); err != nil {
					t.Fatal(err)
				}
				command := exec.Command("go", "vet", file)
				command.Dir = root
				if out, err := command.CombinedOutput(); err != nil {
					t.Errorf("%v\n%s", err, out)
				}
			})
		}
	}
}

var comment = regexp.MustCompile(`(?m)\s*//.*$`)

// words drops comments and the differences of white space.
func words(code string) string {
	return strings.Join(strings.Fields(comment.ReplaceAllString(code, "")), " ")
}

// Shell commands in papers name packages, files and flags that exist.
func TestCommandsInPapersExist(t *testing.T) {
	for _, paper := range papers(t) {
		for _, block := range blocks(t, paper, "sh") {
			for line := range strings.Lines(block) {
				line, _, _ = strings.Cut(line, " #")
				folder := root
				for _, text := range strings.Split(line, "&&") {
					command := strings.Fields(text)
					for len(command) > 0 && strings.Contains(command[0], "=") {
						command = command[1:] // a variable
					}
					switch {
					case len(command) == 2 && command[0] == "cd":
						folder = filepath.Join(root, command[1])
						if _, err := os.Stat(folder); err != nil {
							t.Errorf("%s: %s: %v", paper, line, err)
						}
					case len(command) > 1 && command[0] == "go":
						checkGo(t, paper, folder, command)
					case len(command) > 0 && strings.HasPrefix(command[0], ".ci/"):
						if _, err := os.Stat(filepath.Join(folder, command[0])); err != nil {
							t.Errorf("%s: %v", paper, err)
						}
					}
				}
			}
		}
	}
}

// checkGo checks a command go run or go test.
func checkGo(t *testing.T, paper, folder string, command []string) {
	t.Helper()
	at := slices.IndexFunc(command, func(word string) bool { return word == "." || strings.HasPrefix(word, "./") })
	if at < 0 {
		return
	}
	list := exec.Command("go", "list", command[at])
	list.Dir = folder
	if out, err := list.CombinedOutput(); err != nil {
		t.Errorf("%s: %s: %s", paper, strings.Join(command, " "), out)
		return
	}
	if command[1] != "run" {
		return
	}
	var flags []string
	for _, word := range command[at+1:] {
		if strings.HasPrefix(word, "-") {
			flags = append(flags, word)
		}
	}
	checkFlags(t, paper, folder, command[at], flags)
}

// The flags of the server that the README lists are those that it has.
func TestFlagsOfTheServerInREADMEExist(t *testing.T) {
	flag := regexp.MustCompile("`(-[a-z]+)")
	for paragraph := range strings.SplitSeq(read(t, "README.md"), "\n\n") {
		if !strings.Contains(paragraph, "server's flags") {
			continue
		}
		var flags []string
		for _, match := range flag.FindAllStringSubmatch(paragraph, -1) {
			flags = append(flags, match[1])
		}
		checkFlags(t, "README.md", root, "./examples/server", flags)
	}
}

// checkFlags checks that a program has the flags.
func checkFlags(t *testing.T, paper, folder, program string, flags []string) {
	t.Helper()
	if len(flags) == 0 {
		return
	}
	help := exec.Command("go", "run", program, "-h")
	help.Dir = folder
	out, _ := help.CombinedOutput() // -h is an error for some programs
	for _, flag := range flags {
		if !regexp.MustCompile(`(?m)^\s+` + flag + `\b`).Match(out) {
			t.Errorf("%s: %s has no flag %s", paper, program, flag)
		}
	}
}

var link = regexp.MustCompile(`\]\(([^)#]+)(?:#[^)]*)?\)`)

func TestLinksBetweenPapersLead(t *testing.T) {
	for _, paper := range papers(t) {
		for _, match := range link.FindAllStringSubmatch(fence.ReplaceAllString(read(t, paper), ""), -1) {
			target := match[1]
			if strings.Contains(target, ":") {
				continue // elsewhere
			}
			if _, err := os.Stat(filepath.Join(root, filepath.Dir(paper), target)); err != nil {
				t.Errorf("%s: %v", paper, err)
			}
		}
	}
}

func TestTheIndexOfTheExamplesIsComplete(t *testing.T) {
	folders, err := filepath.Glob(filepath.Join(root, "examples", "*", "main.go"))
	if err != nil {
		t.Fatal(err)
	}
	index := read(t, "examples/README.md")
	for _, file := range folders {
		if name := filepath.Base(filepath.Dir(file)); !strings.Contains(index, "["+name+"]("+name+")") {
			t.Errorf("examples/README.md does not link %s", name)
		}
	}
}

var quoted = regexp.MustCompile("`([A-Za-z0-9_./-]+)`")

// Files and folders that papers name exist. A file may be named without its folder.
func TestFilesInPapersExist(t *testing.T) {
	command := exec.Command("git", "ls-files")
	command.Dir = root
	out, err := command.Output()
	if err != nil {
		t.Skip("this needs a git checkout: ", err)
	}
	known := map[string]bool{}
	for _, file := range strings.Fields(string(out)) {
		known[filepath.Base(file)] = true
		for folder := file; folder != "."; folder = filepath.Dir(folder) {
			known[folder] = true
		}
	}
	suffix := regexp.MustCompile(`\.(go|md|txt|json|sql)$|^(scim|store|filter|patch|internal|examples|testdata)/|/$`)
	for _, paper := range papers(t) {
		text := fence.ReplaceAllString(read(t, paper), "")
		for _, match := range quoted.FindAllStringSubmatch(text, -1) {
			name := strings.TrimSuffix(match[1], "/")
			if strings.HasPrefix(name, "/") || !suffix.MatchString(match[1]) || strings.HasPrefix(name, "application/") {
				continue
			}
			if !known[name] && !known[filepath.Join(filepath.Dir(paper), name)] {
				t.Errorf("%s: there is no %s", paper, match[1])
			}
		}
	}
}

var qualified = regexp.MustCompile("`(?:[A-Za-z]+: )?([a-z0-9]+)\\.([A-Z][A-Za-z0-9]*)((?:\\.[A-Z][A-Za-z0-9]*)*)[`(]")

// unqualified are fields of types of package scim, as papers name them for short.
var unqualified = regexp.MustCompile("`(Config|Auth|Members|Cursors|Tolerate|Limits)\\.")

// Names of the API in papers, such as `patch.Limits.MaxClear`, exist.
func TestNamesInPapersExist(t *testing.T) {
	names := map[string]map[string]bool{}
	for _, p := range packages(t) {
		if p.public() {
			names[p.files[0].Name.Name] = p.names()
		}
	}
	for _, paper := range papers(t) {
		text := unqualified.ReplaceAllString(read(t, paper), "`scim.$1.")
		for _, match := range qualified.FindAllStringSubmatch(text, -1) {
			known := names[match[1]]
			if known == nil {
				continue // of another module
			}
			if name := match[2] + match[3]; !known[name] {
				t.Errorf("%s: package %s has no %s", paper, match[1], name)
			}
		}
	}
}

// names are the exported names of a package: T, and T.F for fields and methods.
func (p *pkg) names() map[string]bool {
	all := map[string]bool{}
	add := func(prefix string, ids ...*ast.Ident) {
		for _, id := range ids {
			all[prefix+id.Name] = true
		}
	}
	for _, file := range p.files {
		for _, d := range file.Decls {
			switch d := d.(type) {
			case *ast.FuncDecl:
				prefix := ""
				if d.Recv != nil {
					receiver := d.Recv.List[0].Type
					if pointer, ok := receiver.(*ast.StarExpr); ok {
						receiver = pointer.X
					}
					if id, ok := receiver.(*ast.Ident); ok {
						prefix = id.Name + "."
					}
				}
				add(prefix, d.Name)
			case *ast.GenDecl:
				for _, spec := range d.Specs {
					switch spec := spec.(type) {
					case *ast.ValueSpec:
						add("", spec.Names...)
					case *ast.TypeSpec:
						add("", spec.Name)
						var fields *ast.FieldList
						switch typ := spec.Type.(type) {
						case *ast.StructType:
							fields = typ.Fields
						case *ast.InterfaceType:
							fields = typ.Methods
						default:
							continue
						}
						for _, f := range fields.List {
							add(spec.Name.Name+".", f.Names...)
						}
					}
				}
			}
		}
	}
	return all
}
