package filter

import (
	"fmt"
	"strings"

	"github.com/scimgroups/scimgroups/internal/fault"
)

// Path is a PATCH path (RFC 7644 §3.5.2): Attribute[Where].Sub, or the bare URN of an
// extension.
type Path struct {
	// Extension is the URN if the path is the bare URN of an extension; the other
	// fields are nil then.
	Extension string
	// Attribute is the top-level attribute.
	Attribute *Attribute
	// Where is the value filter between the brackets, which is over elements; nil if
	// there is none.
	Where *Filter
	// Sub is the sub-attribute after the dot; nil if there is none.
	Sub *Attribute
}

// Path parses and compiles a PATCH path (RFC 7644 §3.5.2). Errors are [*Error], with
// the scimType invalidPath, or invalidFilter for the value filter in its brackets.
func (t *Table) Path(text string, o *Options) (Path, error) {
	p := newParser(text, t, o)
	p.path = true
	s, err := p.patchPath()
	if err != nil {
		return Path{}, err
	}
	path, err := t.resolvePath(&s, &p)
	if err != nil {
		return Path{}, err
	}
	return path, nil
}

// patchPath is the syntax of a PATCH path.
type patchPath struct {
	attribute expression // only its path and offset
	where     *expression
	sub       string
	subOffset int
}

// patchPath = path ["[" disjunction "]" ["." name]]
func (p *parser) patchPath() (patchPath, *Error) {
	var s patchPath
	if err := p.start(); err != nil {
		return s, err
	}
	p.space()
	s.attribute.offset = p.pos
	s.attribute.path = p.word()
	if s.attribute.path == "" {
		return s, p.unexpected("an attribute")
	}
	if err := p.checkPath(s.attribute.path, s.attribute.offset); err != nil {
		return s, err
	}
	if p.at('[') {
		var err *Error
		if s.where, err = p.valueFilter(); err != nil {
			return s, err
		}
		if p.at('.') {
			p.pos++
			s.subOffset = p.pos
			s.sub = p.word()
			if !validName(s.sub) {
				return s, p.fail(s.subOffset, s.sub, "a sub-attribute name must follow the dot")
			}
		}
	}
	if p.space(); p.pos < len(p.text) {
		return s, p.unexpected("the end of the path")
	}
	return s, nil
}

func (t *Table) resolvePath(s *patchPath, p *parser) (Path, *Error) {
	fail := func(reason string) (Path, *Error) {
		err := attributeError(&s.attribute, reason)
		err.path = true
		return Path{}, err
	}
	text := s.attribute.path
	if urn, rest := t.SplitURN(text); urn != "" && rest == "" {
		_, known := t.ExtensionURN(urn)
		if s.where != nil || !known {
			return fail("names a schema, not an attribute")
		}
		return Path{Extension: urn}, nil
	}
	a := t.Lookup(text)
	if a == nil {
		err := t.unknown(&s.attribute)
		err.path = true
		return Path{}, err
	}
	if s.where == nil {
		if a.Parent != nil {
			return Path{Attribute: a.Parent, Sub: a}, nil
		}
		return Path{Attribute: a}, nil
	}
	if reason := bracketFault(a); reason != "" {
		return fail(reason)
	}
	c := compiler{table: t, options: &p.Options, tolerances: &p.tolerances}
	where, err := c.node(s.where, a)
	if err != nil {
		return Path{}, err
	}
	path := Path{Attribute: a, Where: &Filter{root: where, element: true, tolerated: p.used}}
	if s.sub == "" {
		return path, nil
	}
	if a.Type == Complex {
		path.Sub = a.SubAttribute(s.sub)
	}
	if path.Sub == nil {
		return Path{}, &Error{Offset: s.subOffset, Token: fault.Shorten(s.sub), Unknown: true, path: true,
			Reason: fmt.Sprintf("%s has no such sub-attribute", a)}
	}
	return path, nil
}

// Tolerated returns the deviations from RFC 7644 that the text of the path has.
func (p Path) Tolerated() Tolerance {
	if p.Where == nil {
		return 0 // only the value filter has values
	}
	return p.Where.tolerated
}

// String returns the path in a normal form, which parses to the same path.
func (p Path) String() string {
	if p.Attribute == nil {
		return p.Extension
	}
	var b strings.Builder
	b.WriteString(p.Attribute.String())
	if p.Where != nil {
		b.WriteString("[" + p.Where.String() + "]")
	}
	if p.Sub != nil {
		b.WriteString("." + p.Sub.Name)
	}
	return b.String()
}
