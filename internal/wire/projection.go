package wire

import "github.com/scimgroups/scimgroups/filter"

// Projection says which attributes a GroupEncoder encodes (RFC 7644 §3.9). It always
// encodes schemas and id.
type Projection struct {
	externalID, displayName bool
	members                 memberParts
	meta                    metaParts
	extensions              []extensionProjection
}

// memberParts and metaParts say which sub-attributes are wanted.
type memberParts struct{ value, ref, typ, display bool }

type metaParts struct{ resourceType, created, lastModified, location, version bool }

func (p *memberParts) named(name string) *bool {
	switch name {
	case "value":
		return &p.value
	case "$ref":
		return &p.ref
	case "type":
		return &p.typ
	case "display":
		return &p.display
	}
	return nil
}

func (p *metaParts) named(name string) *bool {
	switch name {
	case "resourceType":
		return &p.resourceType
	case "created":
		return &p.created
	case "lastModified":
		return &p.lastModified
	case "location":
		return &p.location
	case "version":
		return &p.version
	}
	return nil
}

// extensionProjection lists the wanted attributes of one extension.
type extensionProjection struct {
	urn        string
	attributes []attributeProjection
}

type attributeProjection struct {
	*filter.Attribute
	subs []*filter.Attribute // wanted, of a complex attribute
}

// NewProjection returns the projection onto the simple attributes and sub-attributes
// of a table that are wanted.
func NewProjection(t *filter.Table, wants func(*filter.Attribute) bool) *Projection {
	p := &Projection{externalID: wants(t.Lookup("externalId")), displayName: wants(t.Lookup("displayName"))}
	for _, sub := range t.Lookup("members").Sub {
		if to := p.members.named(sub.Name); to != nil {
			*to = wants(sub)
		}
	}
	for _, sub := range t.Lookup("meta").Sub {
		if to := p.meta.named(sub.Name); to != nil {
			*to = wants(sub)
		}
	}
	for _, e := range t.Extensions() {
		ep := extensionProjection{urn: e.Schema.ID}
		for _, a := range t.ExtensionAttributes(e.Schema.ID) {
			ap := attributeProjection{Attribute: a}
			if a.Type == filter.Complex {
				for _, sub := range a.Sub {
					if wants(sub) {
						ap.subs = append(ap.subs, sub)
					}
				}
				if len(ap.subs) == 0 {
					continue
				}
			} else if !wants(a) {
				continue
			}
			ep.attributes = append(ep.attributes, ap)
		}
		if len(ep.attributes) > 0 {
			p.extensions = append(p.extensions, ep)
		}
	}
	return p
}

// HasMembers reports whether anything of members is encoded.
func (p *Projection) HasMembers() bool { return p.members != memberParts{} }

// HasExtension reports whether anything of an extension is encoded.
func (p *Projection) HasExtension(urn string) bool {
	for i := range p.extensions {
		if p.extensions[i].urn == urn {
			return true
		}
	}
	return false
}
