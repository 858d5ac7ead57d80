package scimtest

import (
	_ "embed" // for implied.txt
	"fmt"
	"slices"
	"strings"
)

// Level says how binding a rule is.
type Level string

// The levels.
const (
	// Must is MUST, SHALL and REQUIRED of RFC 2119, and their negations.
	Must Level = "MUST"
	// Should is SHOULD and RECOMMENDED, and their negations.
	Should Level = "SHOULD"
	// Stated is what a document describes without a keyword, in prose or in a table.
	Stated Level = "stated"
	// Need is what no standard demands but a client relies on.
	Need Level = "need"
)

// Rule is one thing that a service for groups does, and that can be seen from outside.
type Rule struct {
	// ID is short and stable. A letter from A to M and a number are a line of
	// scim/CHECKLIST.md, where the requirements of the RFCs are listed. Needs of clients
	// begin with N, rules of the interoperability profile with P, of IPSIE with Q, of
	// Opsera with O and of Workspace ONE Access with W.
	ID string `json:"id"`
	// Sentence says what the service does.
	Sentence string `json:"sentence"`
	// Source is a section of a document, an erratum, a draft with its date, or what is
	// known of a client.
	Source string `json:"source"`
	Level  Level  `json:"level"`
	// Failure says what a failure means, and for whom.
	Failure string `json:"failure"`
	// Implies are the ids of rules, and the names of transcripts, that are seen to fail
	// too if this one does.
	Implies []string `json:"implies,omitempty"`

	check func(*probe)
}

// implied has a line for each rule whose failure makes others fail: its id, and theirs.
// A test breaks one rule after the other and compares.
//
//go:embed implied.txt
var implied string

// allRules are all rules in the order in which they run.
func allRules() []Rule {
	rules := slices.Concat(formatRules, representationRules, createRules, readRules, listRules, cursorRules,
		putRules, patchRules, deleteRules, bulkRules, discoveryRules, httpRules,
		clientRules, interopRules, ipsieRules, opseraRules, workspaceONERules)
	implies := map[string][]string{}
	for line := range strings.Lines(implied) {
		id, others, _ := strings.Cut(line, ":")
		implies[id] = strings.Fields(others)
	}
	for i := range rules {
		rules[i].Implies = implies[rules[i].ID]
	}
	return rules
}

// Rules returns the rules of a profile in the order in which they run, with the levels
// that they have there, or all rules if the name is empty.
func Rules(profile string) ([]Rule, error) {
	if profile == "" {
		return allRules(), nil
	}
	p, err := profileNamed(profile)
	if err != nil {
		return nil, err
	}
	return p.rules(), nil
}

// chosen returns the rules and transcripts that are named, all if none is named.
func chosen(rules []Rule, only []string) ([]Rule, error) {
	if len(only) == 0 {
		return rules, nil
	}
	var picked []Rule
	for _, id := range only {
		i := slices.IndexFunc(rules, func(r Rule) bool { return strings.EqualFold(r.ID, id) })
		if i < 0 {
			return nil, fmt.Errorf("scimtest: the profile has no rule %q", id)
		}
		picked = append(picked, rules[i])
	}
	return picked, nil
}
