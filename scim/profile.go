package scim

import (
	"fmt"
	"strings"

	"github.com/scimgroups/scimgroups/patch"
)

// Profile is a published selection of SCIM 2.0 to which a Handler keeps. Both profiles are
// drafts, which may change and which Okta and Entra ID do not keep to themselves. Package
// scimtest checks them, and its IPSIE.md says what is left to the host.
type Profile uint8

const (
	// NoProfile is RFC 7643 and RFC 7644, and what Config.Tolerate says.
	NoProfile Profile = iota
	// Interop is the SCIM 2.0 Interoperability Profile
	// (draft-zollner-scim-interop-profile of 2026-11-02). The Handler tolerates no
	// quirks; refuses schemas and sub-attributes that groups do not have, and operations of
	// a PATCH without a path, with 400 invalidSyntax; and publishes interopProfileConformant. Two rules of
	// the draft are not kept, since others contradict them: a path may select a member, as
	// IPSIE and all clients do to remove one; and replacing a complex attribute of an
	// extension keeps the sub-attributes that the request does not name, as RFC 7644
	// demands.
	Interop
	// IPSIE is the IPSIE Account Lifecycle SCIM 2.0 Profile for services with groups
	// (draft 00 of September 2026), which builds on Interop. The Authenticator must have a
	// scheme of OAuth 2.0.
	IPSIE
)

// leastPage is the size of a page that the profiles demand, and leastOperations how many
// operations IPSIE demands of a PATCH.
const (
	leastPage       = 100
	leastOperations = 50
)

// conform sets what the profile decides, and returns an error if the rest of the
// configuration, whose limits have their defaults, contradicts it.
func (p Profile) conform(c *Config) error {
	if p == NoProfile {
		return nil
	}
	wrong := func(format string, args ...any) error {
		return fmt.Errorf("scim: Config.Profile: "+format, args...)
	}
	switch l := &c.Limits; {
	case p > IPSIE:
		return wrong("unknown profile %d", p)
	case c.Dialect != Dialect{} && c.Dialect != SCIM2:
		return wrong("the dialect must be SCIM2")
	case c.Tolerate.Quirks|patch.Strict != patch.Strict || c.Tolerate.QuirksFor != nil:
		return wrong("no quirks can be tolerated")
	case c.Members.Returned != MembersByDefault:
		return wrong("Members.Returned must be MembersByDefault")
	case l.DefaultCount < leastPage:
		return wrong("Limits.DefaultCount must be %d or more", leastPage)
	case p == IPSIE && min(l.Body.MaxOperations, l.Body.MaxMembers) < leastOperations:
		return wrong("Limits.Body must allow %d operations", leastOperations)
	}
	oauth := false
	for _, s := range c.Auth.Authenticator.Schemes() {
		if strings.EqualFold(s.Type, "httpbasic") {
			return wrong("HTTP Basic is not allowed")
		}
		oauth = oauth || strings.EqualFold(s.Type, "oauth2") || strings.EqualFold(s.Type, "oauthbearertoken")
	}
	if p == IPSIE && !oauth {
		return wrong("the Authenticator must have a scheme of type oauth2 or oauthbearertoken")
	}
	c.Tolerate.Quirks = patch.Strict
	return nil
}
