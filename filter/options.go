package filter

import "cmp"

// Options says how filters and paths are parsed. A nil *Options is the zero Options:
// exactly RFC 7644, within the default limits.
type Options struct {
	Limits
	// Tolerate is the set of deviations from RFC 7644 that are accepted. Defaults to
	// none.
	Tolerate Tolerance
	// UnknownIsAbsent treats an attribute that the table does not have as one
	// without a value, as queries over several resource types need it (RFC 7644
	// §3.4.2.1). Otherwise it is an error. In a [Path] it holds for the value filter
	// only.
	UnknownIsAbsent bool
	// Rewrite, if not nil, is called with each comparison and returns what takes its
	// place: nodes over attributes of the table (see [NewCompare]), or nil to keep it.
	// A server uses it to turn a comparison with a URI (members.$ref, meta.location)
	// into one with what it stores.
	//
	// If the comparison is with a sub-attribute of a multi-valued attribute and the
	// result combines several comparisons with sub-attributes of that attribute,
	// the result is about one element, whether the comparison stands in brackets or
	// not.
	Rewrite func(c *Compare) Node
}

// Limits bounds the text of filters and paths. A field that is not positive means
// its default.
type Limits struct {
	// MaxLength is the longest text in bytes. Defaults to 16,384.
	MaxLength int
	// MaxDepth is how deep parentheses and brackets may nest, including the
	// parentheses of not. Values above 1,000 mean 1,000. Defaults to 32.
	MaxDepth int
	// MaxTerms is the largest number of comparisons. Defaults to 256.
	MaxTerms int
}

// Effective returns the limits that apply: l with defaults in place of the fields
// that are not positive.
func (l Limits) Effective() Limits {
	return Limits{
		MaxLength: cmp.Or(max(l.MaxLength, 0), 16<<10),
		// The bound keeps the recursion far from the end of the stack.
		MaxDepth: min(cmp.Or(max(l.MaxDepth, 0), 32), 1000),
		MaxTerms: cmp.Or(max(l.MaxTerms, 0), 256),
	}
}

// effective returns o with the limits that apply.
func (o *Options) effective() Options {
	var e Options
	if o != nil {
		e = *o
	}
	e.Limits = e.Limits.Effective()
	return e
}

// Tolerance is a set of deviations from RFC 7644 that some clients need. It says
// what is accepted ([Options].Tolerate) and what made a difference
// ([Filter.Tolerated], [Path.Tolerated]).
type Tolerance uint8

const (
	// UnquotedValues accepts values without quotes, up to the next space, closing
	// parenthesis or closing bracket, and values in single quotes, up to a quote
	// followed by one of these or by the end. An unquoted number, true or false is a
	// string if the attribute is one.
	UnquotedValues Tolerance = 1 << iota
	// TextValues accepts a string where a boolean or a number belongs, if it says one:
	// active eq "True".
	TextValues
)

// Has reports whether t has all deviations of u.
func (t Tolerance) Has(u Tolerance) bool { return t&u == u }

// tolerances are the deviations that one text may have, and those that it has.
type tolerances struct{ allowed, used Tolerance }

// tolerate reports whether u is accepted, and notes that the text has it.
func (t *tolerances) tolerate(u Tolerance) bool {
	if !t.allowed.Has(u) {
		return false
	}
	t.used |= u
	return true
}
