package filter

// Options bound and bend the parsing of filters and paths. A nil *Options means
// the defaults, and so does a number that is not positive.
type Options struct {
	// MaxLength is the longest text in bytes; 0 means 16,384.
	MaxLength int
	// MaxDepth is how deep parentheses and brackets may nest, those of not (…)
	// among them; 0 means 32, and never are there more than 1,000.
	MaxDepth int
	// MaxTerms is how many comparisons there may be; 0 means 256.
	MaxTerms int
	// Lenient accepts what is not in the grammar but cannot be mistaken: values
	// without quotes, up to the next space or closing parenthesis or bracket, and
	// values in single quotes, up to a quote that stands before one of these. An
	// unquoted number, true or false is a string where the attribute is one.
	Lenient bool
	// Tolerated, if not nil, is called when Lenient made a difference.
	Tolerated func()
	// Typed wants booleans and numbers to be compared with literals of their JSON
	// type. Otherwise a string is taken for what it says: active eq "True".
	Typed bool
	// Retyped, if not nil, is called when a string was taken so.
	Retyped func()
	// UnknownIsAbsent treats an attribute that the table does not know as one
	// that has no value, as queries over several resource types need it (RFC 7644
	// §3.4.2.1), instead of reporting an error. In a [Path] it holds for the value
	// filter only.
	UnknownIsAbsent bool
	// Rewrite, if not nil, is called with each comparison and answers what to put
	// in its place: the same Node, or others over attributes of the table (see
	// [NewCompare]); nil is the same Node. It is how a server turns a comparison
	// with a URI (members.$ref, meta.location) into one with what it stores.
	//
	// An answer to a comparison with a sub-attribute of a multi-valued attribute
	// that combines several comparisons with sub-attributes of that attribute
	// speaks of one element, whether the comparison stands in brackets or not.
	Rewrite func(c *Compare) Node
}

const (
	defaultMaxLength = 16 << 10
	defaultMaxDepth  = 32
	defaultMaxTerms  = 256

	// highestMaxDepth keeps the recursion far away from the end of the stack,
	// whatever a host asks for.
	highestMaxDepth = 1000
)

// defaulted is o with every default filled in.
func (o *Options) defaulted() Options {
	var d Options
	if o != nil {
		d = *o
	}
	if d.MaxLength <= 0 {
		d.MaxLength = defaultMaxLength
	}
	if d.MaxDepth <= 0 {
		d.MaxDepth = defaultMaxDepth
	}
	if d.MaxTerms <= 0 {
		d.MaxTerms = defaultMaxTerms
	}
	d.MaxDepth = min(d.MaxDepth, highestMaxDepth)
	return d
}

// retypes reports whether a string may stand for a boolean or a number, and tells
// that it did.
func (o *Options) retypes() bool {
	if !o.Typed && o.Retyped != nil {
		o.Retyped()
	}
	return !o.Typed
}

// tolerates reports whether what is not in the grammar is accepted, and tells
// that it was.
func (o *Options) tolerates() bool {
	if o.Lenient && o.Tolerated != nil {
		o.Tolerated()
	}
	return o.Lenient
}
