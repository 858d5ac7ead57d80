package filter

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"github.com/scimgroups/scimgroups/internal/fault"
)

// parser is a recursive-descent parser for the grammar of RFC 7644 §3.4.2.2
// (figure 1), with its errata: a space is needed only between two words, so
// not(x) and eq"x" are valid. White space other than the space character is
// accepted, since the examples of the RFC are printed with line breaks.
type parser struct {
	text  string
	pos   int
	table *Table // knows where a URN ends; may be nil
	Options
	tolerances
	depth, terms int
	brackets     bool // inside of a value filter
	path         bool // outside of the value filter of a path
}

func newParser(text string, t *Table, o *Options) parser {
	p := parser{text: text, table: t, Options: o.effective()}
	p.allowed = p.Tolerate
	return p
}

// start checks the length and the encoding of the text.
func (p *parser) start() *Error {
	if len(p.text) > p.MaxLength {
		return p.fail(p.MaxLength, "", fmt.Sprintf("the text is longer than %d bytes", p.MaxLength))
	}
	if !utf8.ValidString(p.text) {
		for i, r := range p.text {
			if r == utf8.RuneError && !strings.HasPrefix(p.text[i:], "\uFFFD") {
				return p.fail(i, "", "the text is not valid UTF-8")
			}
		}
	}
	return nil
}

// filter parses the whole text as a filter.
func (p *parser) filter() (*expression, *Error) {
	if err := p.start(); err != nil {
		return nil, err
	}
	e, err := p.disjunction()
	if err != nil {
		return nil, err
	}
	if p.space(); p.pos < len(p.text) {
		return nil, p.unexpected(`"and", "or" or the end of the filter`)
	}
	return e, nil
}

// disjunction = conjunction *("or" conjunction)
func (p *parser) disjunction() (*expression, *Error) {
	first, err := p.conjunction()
	if err != nil || !p.keyword("or") {
		return first, err
	}
	e := &expression{kind: disjunction, terms: []*expression{first}}
	for {
		next, err := p.conjunction()
		if err != nil {
			return nil, err
		}
		e.terms = append(e.terms, next)
		if !p.keyword("or") {
			return e, nil
		}
	}
}

// conjunction = term *("and" term)
func (p *parser) conjunction() (*expression, *Error) {
	first, err := p.term()
	if err != nil || !p.keyword("and") {
		return first, err
	}
	e := &expression{kind: conjunction, terms: []*expression{first}}
	for {
		next, err := p.term()
		if err != nil {
			return nil, err
		}
		e.terms = append(e.terms, next)
		if !p.keyword("and") {
			return e, nil
		}
	}
}

// term = ["not"] "(" disjunction ")" / comparison / value path
func (p *parser) term() (*expression, *Error) {
	p.space()
	if p.at('(') {
		return p.group()
	}
	offset := p.pos
	word := p.word()
	if word == "" {
		return nil, p.unexpected("an attribute, a parenthesis or not")
	}
	if strings.EqualFold(word, "not") {
		end := p.pos
		if p.space(); p.at('(') {
			inner, err := p.group()
			if err != nil {
				return nil, err
			}
			return &expression{kind: negation, terms: []*expression{inner}}, nil
		}
		p.pos = end
	}
	if err := p.checkPath(word, offset); err != nil {
		return nil, err
	}
	if p.at('[') {
		return p.valuePath(word, offset)
	}
	return p.comparison(word, offset)
}

// group parses a filter in parentheses.
func (p *parser) group() (*expression, *Error) {
	if err := p.enter(); err != nil {
		return nil, err
	}
	e, err := p.disjunction()
	if err != nil {
		return nil, err
	}
	if p.space(); !p.at(')') {
		return nil, p.unexpected(`"and", "or" or a closing parenthesis`)
	}
	p.pos++
	p.depth--
	return e, nil
}

// valuePath = path "[" disjunction "]" ["." name comparison]
func (p *parser) valuePath(path string, offset int) (*expression, *Error) {
	where, err := p.valueFilter()
	if err != nil {
		return nil, err
	}
	if p.at('.') {
		p.pos++
		start := p.pos
		name := p.word()
		if !validName(name) {
			return nil, p.fail(start, name, "a sub-attribute name must follow the dot")
		}
		term, err := p.comparison(name, start)
		if err != nil {
			return nil, err
		}
		where = &expression{kind: conjunction, terms: []*expression{where, term}}
	}
	return &expression{kind: valuePath, path: path, offset: offset, terms: []*expression{where}}, nil
}

// valueFilter parses the brackets of a value path. An error in the filter between
// them is invalidFilter even in a path (RFC 7644 §3.12, table 9).
func (p *parser) valueFilter() (*expression, *Error) {
	if p.brackets {
		return nil, p.fail(p.pos, "[", "a value filter cannot contain another")
	}
	if err := p.enter(); err != nil {
		return nil, err
	}
	path := p.path
	p.path, p.brackets = false, true
	e, err := p.disjunction()
	if err != nil {
		return nil, err
	}
	p.space()
	p.path, p.brackets = path && p.pos == len(p.text), false
	if !p.at(']') {
		return nil, p.unexpected(`"and", "or" or a closing bracket`)
	}
	p.path = path
	p.pos++
	p.depth--
	return e, nil
}

// comparison = path "pr" / path operator literal
func (p *parser) comparison(path string, offset int) (*expression, *Error) {
	p.space()
	start := p.pos
	word := p.word()
	op, known := operator(word)
	switch {
	case known:
	case strings.EqualFold(path, "not"):
		return nil, p.fail(offset, path, "not must be followed by a parenthesis")
	case word == "":
		return nil, p.unexpected("an operator")
	default:
		return nil, p.fail(start, word, "unknown operator")
	}
	if p.terms++; p.terms > p.MaxTerms {
		return nil, p.mark(tooManyTerms(offset, p.MaxTerms))
	}
	e := &expression{kind: comparison, path: path, offset: offset, op: op}
	if op == Pr {
		return e, nil
	}
	p.space()
	return e, p.literal(&e.value)
}

// literal parses the right side of a comparison into l.
func (p *parser) literal(l *literal) *Error {
	l.offset = p.pos
	switch {
	case p.pos == len(p.text):
		return p.unexpected("a value")
	case p.at('"'):
		return p.quoted(l)
	case p.at('\'') && p.tolerate(UnquotedValues):
		return p.singleQuoted(l)
	}
	end := p.pos
	for end < len(p.text) && !endsValue(p.text[end]) {
		end++
	}
	l.raw = p.text[p.pos:end]
	l.text = l.raw
	switch {
	case l.raw == "":
		return p.unexpected("a value")
	case strings.EqualFold(l.raw, "true"):
		l.kind, l.boolean, l.text = BooleanLiteral, true, "true"
	case strings.EqualFold(l.raw, "false"):
		l.kind, l.text = BooleanLiteral, "false"
	case strings.EqualFold(l.raw, "null"):
		l.kind, l.text = NullLiteral, ""
	case validNumber(l.raw):
		l.kind = NumberLiteral
	case p.tolerate(UnquotedValues):
		l.kind = StringLiteral
	default:
		return p.fail(l.offset, l.raw, "a value must be a string in double quotes, a number, true, false or null")
	}
	p.pos = end
	return nil
}

// singleQuoted parses a string in single quotes. It has no escapes, and ends at a
// quote where a value can end, so that 'O'Brien' is one string.
func (p *parser) singleQuoted(l *literal) *Error {
	for i := p.pos + 1; i < len(p.text); i++ {
		if p.text[i] == '\'' && (i+1 == len(p.text) || endsValue(p.text[i+1])) {
			l.kind, l.raw, l.text = StringLiteral, p.text[p.pos:i+1], p.text[p.pos+1:i]
			p.pos = i + 1
			return nil
		}
	}
	return p.fail(p.pos, p.text[p.pos:], "the string is not closed")
}

// keyword skips spaces and the word, if that comes next, and reports whether it did.
func (p *parser) keyword(word string) bool {
	p.space()
	end := p.pos + len(word)
	if end > len(p.text) || !strings.EqualFold(p.text[p.pos:end], word) || end < len(p.text) && !endsWord(p.text[end]) {
		return false
	}
	p.pos = end
	return true
}

// word reads the next characters that are neither spaces nor delimiters.
func (p *parser) word() string {
	start := p.pos
	for p.pos < len(p.text) && !endsWord(p.text[p.pos]) {
		p.pos++
	}
	return p.text[start:p.pos]
}

func (p *parser) space() {
	for p.pos < len(p.text) && isSpace(p.text[p.pos]) {
		p.pos++
	}
}

func (p *parser) at(c byte) bool { return p.pos < len(p.text) && p.text[p.pos] == c }

// enter skips an opening parenthesis or bracket.
func (p *parser) enter() *Error {
	if p.depth++; p.depth > p.MaxDepth {
		return p.mark(tooDeep(p.pos, p.MaxDepth))
	}
	p.pos++
	return nil
}

// checkPath checks the form of an attribute path: [URN ":"] name ["." name].
func (p *parser) checkPath(path string, offset int) *Error {
	rest := path
	urn := ""
	if p.table != nil {
		urn, rest = p.table.SplitURN(path)
		if urn != "" && len(urn) == len(path) {
			return nil // resolving it gives a better error
		}
	}
	if i := strings.LastIndexByte(path, ':'); urn == "" && i >= 0 {
		urn, rest = path[:i], path[i+1:]
		for j := 0; j < len(urn); j++ {
			if urn[j] <= ' ' || urn[j] >= 0x7F {
				return p.fail(offset, path, "a character that a URN cannot have")
			}
		}
		if urn == "" {
			return p.fail(offset, path, "no URN before the colon")
		}
	}
	name, sub, dotted := strings.Cut(rest, ".")
	if !validName(name) || dotted && !validName(sub) {
		return p.fail(offset, path, "not the name of an attribute")
	}
	return nil
}

func (p *parser) fail(offset int, token, reason string) *Error {
	return &Error{Offset: offset, Token: fault.Shorten(token), Reason: reason, path: p.path}
}

// mark notes in an error what it is about: a path or a filter.
func (p *parser) mark(err *Error) *Error {
	err.path = p.path
	return err
}

// unexpected returns the error for the next token, where something else is wanted.
func (p *parser) unexpected(wanted string) *Error {
	start := p.pos
	end := start
	for end < len(p.text) && !endsWord(p.text[end]) {
		end++
	}
	if end == start && end < len(p.text) {
		end++ // a delimiter; they are ASCII
	}
	return p.fail(start, p.text[start:end], "expected "+wanted)
}

func tooDeep(offset, limit int) *Error {
	return &Error{Offset: offset, Reason: fmt.Sprintf("parentheses and brackets nest deeper than %d", limit)}
}

func tooManyTerms(offset, limit int) *Error {
	return &Error{Offset: offset, Reason: fmt.Sprintf("more than %d comparisons", limit)}
}

// operator returns the comparison operator with a name in any letter case.
func operator(word string) (Op, bool) {
	if len(word) != 2 {
		return 0, false
	}
	for op, name := range opNames {
		if word[0]|0x20 == name[0] && word[1]|0x20 == name[1] {
			return Op(op), true
		}
	}
	return 0, false
}

// validName reports whether name is an ATTRNAME (RFC 7643 §2.1) or "$ref"
// (errata 8924).
func validName(name string) bool {
	if name == "" || !isLetter(name[0]) && name[0] != '$' {
		return false
	}
	for i := 1; i < len(name); i++ {
		if c := name[i]; !isLetter(c) && !isDigit(c) && c != '-' && c != '_' && c != '$' {
			return false
		}
	}
	return true
}

func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }
func isDigit(c byte) bool  { return '0' <= c && c <= '9' }
func isSpace(c byte) bool  { return c == ' ' || c == '\t' || c == '\n' || c == '\r' }

// endsWord reports whether c ends an attribute path, an operator or a keyword.
func endsWord(c byte) bool {
	return isSpace(c) || c == '(' || c == ')' || c == '[' || c == ']' || c == '"'
}

// endsValue reports whether c ends a value without quotes.
func endsValue(c byte) bool { return isSpace(c) || c == ')' || c == ']' }
