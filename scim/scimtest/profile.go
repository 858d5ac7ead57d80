package scimtest

import (
	"fmt"
	"slices"
	"strings"
)

// Profile is a named selection of rules and transcripts.
type Profile struct {
	// Name is how [Options] and the command choose it.
	Name string `json:"name"`
	// Title says what it is, About which choices it makes.
	Title string `json:"title"`
	About string `json:"about"`
	// Strict profiles take what is tolerated for a failure.
	Strict bool `json:"strict"`

	schema      string   // of groups
	config      string   // path of ServiceProviderConfig
	sections    string   // letters of rules
	without     string   // ids of rules in these sections that are not in the profile
	also        string   // ids of other rules
	must        string   // ids of rules that are a MUST there
	transcripts []string // names
	namesAreIDs bool     // which do not change
}

// DefaultProfile is the profile of runs that name none.
const DefaultProfile = "default"

// clientsOfSCIM2 are the transcripts of clients that speak no dialect.
var clientsOfSCIM2 = []string{"authentik", "entra-aadoptscim062020", "entra-legacy", "keycloak-mitodl",
	"okta-aiw-put", "okta-oin-patch"}

// Profiles returns all profiles.
func Profiles() []Profile {
	all := []Profile{
		{
			Name: DefaultProfile, Title: "The RFCs, and what clients need",
			About: "The rules of the RFCs (rfc7644), and the needs and transcripts of all clients of SCIM 2.0 that are " +
				"known (clients): what a service needs to get along with any identity provider.",
			sections:    "ABCDEFGHIJKMN",
			transcripts: clientsOfSCIM2,
		},
		{
			Name: "rfc7644", Title: "RFC 7643, RFC 7644 and RFC 9865",
			About:    "What the RFCs demand of a service for groups. What it accepts beyond them is shown as tolerated.",
			sections: "ABCDEFGHIJKM",
		},
		{
			Name: "interop", Title: "SCIM 2.0 Interoperability Profile (" + interopDraft + ")",
			About: "The draft has no PUT, no conditions and no bulk requests, and every operation of a PATCH has a " +
				"path, also remove (invalidSyntax, where RFC 7644 has noTarget): rules of the RFCs about those are left " +
				"out. An undefined attribute in a path is invalidSyntax there and invalidPath in RFC 7644: either will " +
				"do. It says that a path with a value filter has to end in a sub-attribute, which leaves no way to remove " +
				"one member; IPSIE's profile, which builds on it, demands such removals. What clients send for it is " +
				"members[value eq \"…\"], and it has to be served (H20). That a complex value is replaced as a whole " +
				"contradicts RFC 7644; a group has no such attribute of its own, and nothing is checked. What a service " +
				"may refuse is not checked either.",
			Strict: true, sections: "ABCDEFHIKP",
			without: "H05 H15 H24 H32 I06 D09 B11 B12",
			also:    "N01 N02", must: "A11 H01 I04",
		},
		{
			Name: "ipsie", Title: ipsieDraft + ", for services with groups (AL2)",
			About: "Builds on the interoperability profile and adds bulk requests, filters by member, and 50 operations " +
				"on members in a PATCH. Its text wants the JWT assertion of a client and forbids the form in which RFC " +
				"7523 sends it; authentication cannot be checked from here, nor can logs and the mapping to roles. " +
				"scim/scimtest/IPSIE.md says what the host has to add.",
			Strict: true, sections: "ABCDEFHIJKPQ",
			without: "H05 H15 H24 H32 I06 J10 D09 B11 B12",
			also:    "N01 N02", must: "A11 H01 I04",
		},
		{
			Name: "entra", Title: "Microsoft Entra ID",
			About: "What Entra ID needs to connect, to match groups by name, and to keep names and members in step, " +
				"without and with the flag aadOptscim062020.",
			also: "N01 N02 N03 N04 N05 N06 N07 N08 N09 N10 N14 N20 N22 N23 A07 A13 A20 A21 B03 B06 C01 C03 C04 C05 C06 " +
				"D01 D02 D05 D06 E01 E02 E08 E18 H01 H10 H12 H16 H18 H19 H20 H22 H24 H25 H26 I01 I02 I03 I04 K01 K03",
			transcripts: []string{"entra-legacy", "entra-aadoptscim062020"},
		},
		{
			Name: "okta", Title: "Okta",
			About: "What Okta needs to import groups and to push them, from its catalog (PATCH) and from custom apps (PUT).",
			also: "N01 N02 N05 N10 N11 N14 N15 N16 N20 N21 N22 N23 N24 A07 A08 A20 A21 B03 B04 C01 C03 C04 C06 D01 D02 " +
				"E01 E02 E04 E05 E07 E08 E32 G01 G03 G06 G08 G09 H12 H16 H18 H20 H22 H24 H25 I01 I02 I04 K01",
			transcripts: []string{"okta-oin-patch", "okta-aiw-put"},
		},
		{
			Name: "authentik", Title: "authentik",
			About: "What authentik needs, in older and newer versions.",
			also: "N01 N02 N04 N10 N12 N13 N14 A07 A20 A21 B03 C03 C04 C06 D01 D02 D03 E01 E02 E08 E32 G01 G03 G09 H12 " +
				"H16 H18 H20 H22 H25 H26 I01 I02 I04 K01",
			transcripts: []string{"authentik"},
		},
		{
			Name: "keycloak", Title: "Keycloak with a SCIM extension (mitodl, pelotech)",
			About: "What these extensions need, with PATCH and with PUT.",
			also: "N01 N02 N15 N16 N17 A07 A20 A21 B03 B06 C01 C03 C04 C06 D01 D02 E02 E08 G01 G03 G08 G09 H12 H19 H25 " +
				"H26 I01 I02 I04 K01",
			transcripts: []string{"keycloak-mitodl"},
		},
		{
			Name: "clients", Title: "All clients of SCIM 2.0 that are known",
			About:       "The needs of all clients and their transcripts, without the rules of the RFCs.",
			sections:    "N",
			transcripts: clientsOfSCIM2,
		},
		{
			Name: "opsera", Title: "Opsera, SCIM2 Groups",
			About:    "What clients of Opsera's service expect of one in its place: ids are names.",
			sections: "O",
			also: "N01 A11 A20 A21 A25 B01 B02 B08 C03 C05 C06 D01 D02 D05 D06 E01 E02 E04 E05 E06 E08 E09 E29 G01 G02 " +
				"G03 G09 H12 H16 H18 H20 H25 I01 I02 I03 I04 K01",
			transcripts: []string{"opsera"},
			namesAreIDs: true,
		},
		{
			Name: "workspaceone", Title: "Workspace ONE Access",
			About: "What clients of Workspace ONE Access expect of a service in its place: a dialect of SCIM 1.1, " +
				"without PUT.",
			schema: coreSchema11, config: "/ServiceProviderConfigs", sections: "W",
			also:        "N01 A21 C03 D02 D05 E02 E04 E06 E08",
			transcripts: []string{"workspace-one-access"},
		},
	}
	for i := range all {
		p := &all[i]
		if p.schema == "" {
			p.schema, p.config = coreSchema, "/ServiceProviderConfig"
		}
	}
	return all
}

func profileNamed(name string) (*Profile, error) {
	all := Profiles()
	i := slices.IndexFunc(all, func(p Profile) bool { return p.Name == name })
	if i < 0 {
		var names []string
		for _, p := range all {
			names = append(names, p.Name)
		}
		return nil, fmt.Errorf("scimtest: there is no profile %q; there are %s", name, strings.Join(names, ", "))
	}
	return &all[i], nil
}

// rules are those of the profile, with the levels that they have there, and its
// transcripts.
func (p *Profile) rules() (rules []Rule) {
	without, also, must := strings.Fields(p.without), strings.Fields(p.also), strings.Fields(p.must)
	for _, r := range allRules() {
		if strings.Contains(p.sections, r.ID[:1]) && !slices.Contains(without, r.ID) || slices.Contains(also, r.ID) {
			if slices.Contains(must, r.ID) {
				r.Level = Must
			}
			rules = append(rules, r)
		}
	}
	for _, t := range Transcripts() {
		if slices.Contains(p.transcripts, t.Name) {
			rules = append(rules, replayed(t))
		}
	}
	return rules
}
