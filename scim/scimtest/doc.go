// Package scimtest checks SCIM services for groups over HTTP: whether they do what
// RFC 7643, RFC 7644 and RFC 9865 demand, and whether real clients get along with them.
// It knows nothing of how a service is made. A host proves its own mount with it, in
// ten lines of a test:
//
//	func TestGroups(t *testing.T) {
//		handler, err := newHandler()
//		if err != nil {
//			t.Fatal(err)
//		}
//		scimtest.Run(t, scimtest.Target{
//			Handler: handler, // or only a URL, "https://example.com/scim/v2"
//			URL:     "/scim/v2",
//			Token:   "secret",
//		}, scimtest.Options{})
//	}
//
// Each rule is a sentence with an id, a source and a level, and says what a failure
// means for whom: see [Rule]. CHECKS.md has all of them. A profile selects the rules of a
// standard or of a client: see [Profiles]. A transcript is what a client really sent, and
// is replayed: see [Transcript]. [Check] does the same for programs, and the command
// examples/check from the command line.
//
// # What a run does to a service
//
// A run makes groups of its own, each rule its own ones, whose names begin with
// "scimtest-", and deletes them after each rule, whether it passed, failed, panicked or
// was interrupted. It changes and deletes no other group, and expects none to be there or
// not: it can be run against a service that is in use. No rule depends on another. What a
// run could not delete is in its report, and [Sweep] finds it later.
//
// Members of these groups are made up. A service that verifies members refuses them:
// Target.Members then says which ids are valid. Users are not changed, though they become
// members of groups for a moment.
//
// A run sends some 1,300 requests. Against a Handler over memory that takes less than a
// second.
package scimtest
