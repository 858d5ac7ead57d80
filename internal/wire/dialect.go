package wire

import (
	scimerrors "github.com/elimity-com/scim/errors"

	"github.com/scimgroups/scimgroups/filter"
	"github.com/scimgroups/scimgroups/patch"
)

// Dialect is a version of the protocol, or the flavor of one product. A dialect
// only decodes requests into the same edits and queries, and encodes the same
// values. Each is a type that embeds the one that it is a flavor of and overrides
// what differs; scim2 is the base of all.
type Dialect interface {
	// Version is the segment of the protocol version in paths; "" for any.
	Version() string
	// Endpoint returns the endpoint that the first segment after the base URL names.
	Endpoint(segment string) Endpoint
	// Methods returns the methods of an endpoint, as the Allow header lists them.
	Methods(e Endpoint) string
	// Quirks returns the deviations from the RFCs that are part of the dialect.
	Quirks(q patch.Quirks) patch.Quirks

	// Cursors and Bulk report whether lists have pages by cursor, and whether there is
	// a /Bulk endpoint.
	Cursors() bool
	Bulk() bool
	// NamesAreIDs reports whether the id of a group is its displayName.
	NamesAreIDs() bool

	// Index decodes startIndex or count. A number beyond int is the largest int.
	Index(name, text string) (int, error)
	// SearchSchema is the URN that a search request must have in "schemas"; "" for
	// none.
	SearchSchema() string
	// RefusesUnknownNames reports whether a name in attributes or excludedAttributes
	// that groups do not have is an error.
	RefusesUnknownNames() bool
	// SelectsNothing reports whether a filter that cannot be compiled selects nothing
	// instead of being an error.
	SelectsNothing(filter string) bool
	// Define completes the definition of the attribute table of groups.
	Define(d *filter.Definition)
	// Compile completes the options of the compiler of bodies.
	Compile(o *patch.Options)
	// Patch compiles the body of a PATCH.
	Patch(c *patch.Compiler, body []byte) (*patch.Edit, error)

	// MediaType of all responses.
	MediaType() string
	// CoreSchema is the URN of groups in "schemas".
	CoreSchema() string
	// ListSchema is the URN of lists in "schemas".
	ListSchema() string
	// TypedMeta reports whether meta has a resourceType.
	TypedMeta() bool
	// AppendError appends the body of an error.
	AppendError(b []byte, e scimerrors.ScimError) []byte

	// Config returns the document of the service's configuration.
	Config(c ServiceProviderConfig) any
	// ConfigPath is where that document is.
	ConfigPath() string
	// Schema returns the document of a schema.
	Schema(s Schema) any
	// SchemaID returns the id of the document of a schema.
	SchemaID(urn string) string
	// IsSchema reports whether the last segment of a path names the document with this
	// id and name.
	IsSchema(id, name, segment string) bool
	// SchemaFilter decodes the filter of /Schemas: one reports whether it asks for the
	// schemas with a name, instead of all. given reports whether there is a filter.
	SchemaFilter(text string, given bool) (name string, one bool, err error)
}
