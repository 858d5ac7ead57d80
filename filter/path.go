package filter

import (
	"fmt"
	"strings"

	"github.com/scimgroups/scimgroups/internal/fault"
)

// Path is a resolved PATCH path (RFC 7644 §3.5.2):
// attribute[Where].Sub, or the bare URN of an extension.
type Path struct {
	// Extension is set if the path is the bare URN of an extension; all else is
	// nil then.
	Extension string
	// Attribute is the top-level attribute.
	Attribute *Attribute
	// Where is the value filter between the brackets, over the sub-attributes of
	// one element, or nil.
	Where *Filter
	// Sub is the sub-attribute after the dot, or nil.
	Sub *Attribute
}

// Path parses and resolves a PATCH path. A path with an unknown attribute or bad
// syntax is an [*Error] that carries invalidPath; a bad value filter inside the
// brackets carries invalidFilter.
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

// patchPath parses the whole text as: path ["[" filter "]" ["." name]].
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
			return fail("this names a schema, not an attribute")
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

// Tolerated returns what the text was accepted with that RFC 7644 does not allow.
func (p Path) Tolerated() Tolerance {
	if p.Where == nil {
		return 0 // only the value filter has values
	}
	return p.Where.tolerated
}

// String is the path in a normal form that parses to the same path.
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
