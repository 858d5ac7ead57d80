package filter

import "cmp"

// Options controls the parsing of filters and paths. A nil *Options is the zero
// Options: RFC 7644 to the letter, within the default limits.
type Options struct {
	// Limits bounds the text.
	Limits
	// Tolerate is what to accept beyond the grammar and the types of RFC 7644.
	Tolerate Tolerance
	// UnknownIsAbsent treats an attribute that the table does not know as one
	// that has no value, as queries over several resource types need it (RFC 7644
	// §3.4.2.1), instead of reporting an error. In a [Path] it holds for the value
	// filter only.
	UnknownIsAbsent bool
	// Rewrite, if not nil, is called with each comparison and returns what to put
	// in its place: the same Node, or others over attributes of the table (see
	// [NewCompare]); nil is the same Node. It is how a server turns a comparison
	// with a URI (members.$ref, meta.location) into one with what it stores.
	//
	// If the comparison is with a sub-attribute of a multi-valued attribute and the
	// result combines several comparisons with sub-attributes of that attribute,
	// the result is about one element, whether the comparison stands in brackets or
	// not.
	Rewrite func(c *Compare) Node
}

// Limits bounds the text of filters and paths. A field that is not positive has
// its default.
type Limits struct {
	// MaxLength is the length of the longest text in bytes. Defaults to 16,384.
	MaxLength int
	// MaxDepth is how deep parentheses and brackets may nest, including those of
	// not (…). Values above 1,000 mean 1,000. Defaults to 32.
	MaxDepth int
	// MaxTerms is the largest number of comparisons. Defaults to 256.
	MaxTerms int
}

// Effective returns the limits that hold: l with its defaults filled in.
func (l Limits) Effective() Limits {
	return Limits{
		MaxLength: cmp.Or(max(l.MaxLength, 0), 16<<10),
		// Not even a host can bring the recursion near the end of the stack.
		MaxDepth: min(cmp.Or(max(l.MaxDepth, 0), 32), 1000),
		MaxTerms: cmp.Or(max(l.MaxTerms, 0), 256),
	}
}

// effective returns o with its limits as they hold.
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
	// UnquotedValues is values without quotes, up to the next space or closing
	// parenthesis or bracket, and values in single quotes, up to a quote that stands
	// before one of these. An unquoted number, true or false is a string if the
	// attribute is one.
	UnquotedValues Tolerance = 1 << iota
	// TextValues is booleans and numbers that are compared with a string that says
	// the same: active eq "True".
	TextValues
)

// Has reports whether t contains all of u.
func (t Tolerance) Has(u Tolerance) bool { return t&u == u }

// tolerances is what one text may deviate in, and what it did.
type tolerances struct{ allowed, used Tolerance }

// tolerate reports whether u is accepted, and keeps that it was.
func (t *tolerances) tolerate(u Tolerance) bool {
	if !t.allowed.Has(u) {
		return false
	}
	t.used |= u
	return true
}
