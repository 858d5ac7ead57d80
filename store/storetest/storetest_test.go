package storetest_test

import (
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/scimgroups/scimgroups/store"
	"github.com/scimgroups/scimgroups/store/storetest"
)

func TestARightStorePasses(t *testing.T) {
	for name, nesting := range map[string]store.Nesting{"typed": store.NestingTyped, "acyclic": store.NestingAcyclic, "off": store.NestingOff} {
		t.Run(name, func(t *testing.T) {
			storetest.RunWith(t, newPlain("", nesting), storetest.Options{Nesting: &nesting})
		})
	}
}

func TestAStoreWithoutAnythingBesidesPasses(t *testing.T) {
	storetest.Run(t, func(*testing.T) store.GroupStore {
		return &plain{nesting: store.NestingOff, groups: map[string]store.Group{}}
	})
}

func newPlain(fault string, nesting store.Nesting) func(*testing.T) store.GroupStore {
	return func(*testing.T) store.GroupStore {
		return scanner{&plain{fault: fault, nesting: nesting, groups: map[string]store.Group{}}}
	}
}

// faults are what a store can do wrong, and the part of the sentence that finds
// it.
var faults = []struct{ fault, sentence string }{
	{"reads, changes and writes without a lock", "neither lost nor invented"},
	{"shows the head before the members", "neither lost nor invented"},
	{"looks for the name before it takes the lock", "of 32 concurrent Creates"},
	{"compares names exactly", "that folds to that of another group"},
	{"folds ASCII only", "that folds to that of another group"},
	{"conflicts with itself", "letter case of its own name"},
	{"keeps the extensions that it was given", "Create keeps no memory"},
	{"returns the members that it keeps", "Get and List return no memory"},
	{"goes on when the context is done", "Create with a context that is done"},
	{"goes on when the context is done", "reading with a context that is done"},
	{"keeps the nanoseconds", "to the microsecond"},
	{"finds ids in any letter case", "with exactly this id"},
	{"counts a change of nothing", "RemoveMembers of those that are not there"},
	{"counts a change of nothing", "removed and added again as it was"},
	{"does not count members", "AddMembers adds those"},
	{"says nothing of altered members", "SetMatching sets display"},
	{"says that all members are added", "AddMembers adds those"},
	{"adds members that are there again", "AddMembers adds those"},
	{"loses display", "AddMembers adds those"},
	{"merges nobody", "AddMembers with Merge adds absent"},
	{"keeps half of a change that failed", "SetMatching of a type that is another already"},
	{"keeps half of a change that failed", "if Head returns an error"},
	{"deletes what is not there", "Delete returns ErrNotFound"},
	{"does not heed the condition of an update", "a condition on the version decides"},
	{"does not heed the condition of an update", "exactly one changes the group"},
	{"does not heed the condition of a delete", "if the condition on its version does not hold"},
	{"says nothing of what it deletes", "the last head of the group"},
	{"says nothing of attributes", "a Change names the attributes"},
	{"forgets the former name", "a Change names the attributes"},
	{"does not say who is in a new group", "a Change names the attributes"},
	{"leaves the extensions out", "a Change has the extensions"},
	{"lists members without end", "of more members than it lists"},
	{"returns groups as they are after it has matched them", "List returns no group that its filter does not match"},
	{"counts the page only", "pages by Offset"},
	{"forgets the way back", "Next and then Previous"},
	{"pages by offset", "make no other group be skipped"},
	{"ignores descending", "in the order of an attribute"},
	{"does not show extensions to filters", "selects the groups that Filter.Match does"},
	{"scans in the order of addition", "ScanMembers returns all members"},
	{"skips a member between pieces", "ScanMembers returns each member"},
	{"leaves the Ref of the piece before", "ScanMembers returns all members"},
	{"clears however many there are", "ClearMembers of more than Max"},
	{"omits one member too early", "with MaxMembers"},
	{"does not say what it omits", "with MaxMembers"},
	{"returns the members that it says it omits", "with MaxMembers"},
	{"counts the members of a group that is gone", "CountMembers returns ErrNotFound"},
	{"counts the members of a group that is gone", "CountMembers returns the number"},
	{"gives groups no Type", "becomes a Group"},
	{"tells groups only when they are added", "becomes a Group"},
	{"leaves deleted groups where they are", "is removed from the groups that it was a member of"},
	{"does not count a member that is deleted", "whose versions rise"},
	{"asks for Types to refuse circles", "cannot become a member of itself"},
	{"refuses only direct circles", "cannot become a member of itself"},
	{"looks for circles before it takes the lock", "exactly one is refused"},
	{"finds direct groups only", "GroupsOf returns the groups"},
	{"starts every page of memberships at the first", "GroupsOf returns the groups"},
	{"returns as many memberships as there are", "GroupsOf returns the groups"},
	{"says that all memberships are direct", "GroupsOf returns the groups"},
}

// asked names the fault in the environment of the process that has it.
const asked = "SCIMGROUPS_STORETEST_FAULT"

func TestBroken(t *testing.T) {
	fault := os.Getenv(asked)
	if fault == "" {
		t.Skip("for TestEveryFaultIsFound only")
	}
	nesting := store.NestingAcyclic
	storetest.RunWith(t, newPlain(fault, nesting), storetest.Options{Nesting: &nesting})
}

func TestEveryFaultIsFound(t *testing.T) {
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range faults {
		t.Run(f.fault+": "+f.sentence, func(t *testing.T) {
			// Subtests have their names with underscores for spaces.
			sentence := strings.ReplaceAll(f.sentence, " ", "_")
			run := exec.Command(program, "-test.run=^TestBroken$/"+sentence)
			run.Env = append(os.Environ(), asked+"="+f.fault)
			out, err := run.CombinedOutput()
			if failed := new(exec.ExitError); !errors.As(err, &failed) {
				t.Fatalf("it is not found: %v\n%s", err, out)
			}
			if !strings.Contains(string(out), "--- FAIL: TestBroken/") || !strings.Contains(string(out), sentence) {
				t.Fatalf("it fails in another way:\n%.2000s", out)
			}
		})
	}
}
