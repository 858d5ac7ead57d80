package storetest_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/scimgroups/scimgroups/store"
	"github.com/scimgroups/scimgroups/store/storetest"
)

func TestACorrectStorePasses(t *testing.T) {
	for name, nesting := range map[string]store.Nesting{
		"typed":   store.NestingTyped,
		"acyclic": store.NestingAcyclic,
		"off":     store.NestingOff,
	} {
		t.Run(name, func(t *testing.T) {
			storetest.RunWith(t, newPlain("", nesting), storetest.Options{Nesting: &nesting})
		})
	}
}

func TestAStoreWithoutOptionalInterfacesPasses(t *testing.T) {
	storetest.Run(t, func(*testing.T) store.GroupStore {
		return &plain{nesting: store.NestingOff, groups: map[string]store.Group{}}
	})
}

func TestMemberValueIsCalledWithNumbersBelow10000(t *testing.T) {
	storetest.RunWith(t, newPlain("", store.NestingTyped), storetest.Options{MemberValue: func(n int) string {
		if n < 0 || n >= 10_000 {
			t.Errorf("MemberValue(%d)", n)
		}
		return fmt.Sprint("person ", n)
	}})
}

func newPlain(fault string, nesting store.Nesting) func(*testing.T) store.GroupStore {
	return func(*testing.T) store.GroupStore {
		return scanner{&plain{fault: fault, nesting: nesting, groups: map[string]store.Group{}}}
	}
}

// faults lists what a store can do wrong, each with a part of the sentence that finds
// it.
var faults = []struct{ fault, sentence string }{
	{"reads, changes and writes without a lock", "loses and invents no members"},
	{"shows the head before the members", "loses and invents no members"},
	{"checks the name before locking", "succeeds exactly once for 32 concurrent calls"},
	{"compares names exactly", "Create returns a ConflictError"},
	{"folds ASCII only", "Create returns a ConflictError"},
	{"conflicts with itself", "letter case of its own name"},
	{"keeps the extensions that it was given", "Create keeps no memory"},
	{"returns the members that it keeps", "Get and List return no memory"},
	{"ignores the context", "Create returns the error of a context"},
	{"ignores the context", "Get, List and ScanMembers return the error of a context"},
	{"keeps the nanoseconds", "to the microsecond"},
	{"finds ids in any letter case", "with exactly this id"},
	{"counts an Update without effect as a change", "RemoveMembers of absent members"},
	{"counts an Update without effect as a change", "RemoveMembers followed by AddMembers of the same member"},
	{"ignores changes of members", "AddMembers adds absent members"},
	{"does not report altered members", "SetMatching sets display"},
	{"reports all members as added", "AddMembers adds absent members"},
	{"adds present members again", "AddMembers adds absent members"},
	{"loses display", "AddMembers adds absent members"},
	{"does not merge", "AddMembers with Merge adds absent"},
	{"keeps half of a failed change", "SetMatching of a different type"},
	{"keeps half of a failed change", "Update returns the error of Head"},
	{"deletes absent groups", "Delete returns ErrNotFound"},
	{"ignores the condition of an update", "the condition on its version holds"},
	{"ignores the condition of an update", "exactly one of several writers"},
	{"ignores the condition of a delete", "Delete returns ErrVersionMismatch"},
	{"returns no head of a deleted group", "the last head of the group"},
	{"does not report attributes", "return the attributes that differ"},
	{"forgets the former name", "return the attributes that differ"},
	{"does not report the members of a new group", "return the attributes that differ"},
	{"omits extensions", "Update returns the extensions"},
	{"does not set Truncated", "count more members than a Change lists"},
	{"returns groups as they are after matching", "List returns only groups that match its filter"},
	{"counts the page only", "List by Offset"},
	{"omits Previous", "the same page after Next and Previous"},
	{"pages by offset", "List skips and repeats no group"},
	{"ignores descending", "List orders groups by an attribute"},
	{"does not show extensions to filters", "selects the groups that Filter.Match matches"},
	{"scans in the order of addition", "ScanMembers returns all members"},
	{"skips a member between pieces", "ScanMembers returns each member"},
	{"keeps the Ref of the last piece", "ScanMembers returns all members"},
	{"ignores Max", "ClearMembers of more than Max members"},
	{"omits one member too early", "with MaxMembers"},
	{"does not set MembersOmitted", "with MaxMembers"},
	{"returns omitted members", "with MaxMembers"},
	{"counts the members of a deleted group", "CountMembers returns ErrNotFound"},
	{"counts the members of a deleted group", "CountMembers returns the number"},
	{"does not type members", "give the Type Group"},
	{"types members only in updates", "give the Type Group"},
	{"keeps deleted groups as members", "Delete removes the group from the groups that contain it"},
	{"keeps the version when a member is deleted", "and raises their versions"},
	{"refuses only cycles of typed members", "Update returns a CycleError"},
	{"refuses only direct cycles", "Update returns a CycleError"},
	{"checks for cycles before locking", "refuses exactly one of two"},
	{"finds only direct groups", "GroupsOf returns the groups"},
	{"starts every page of memberships at the first", "GroupsOf returns the groups"},
	{"ignores the Limit of memberships", "GroupsOf returns the groups"},
	{"reports all memberships as direct", "GroupsOf returns the groups"},
}

// faultVariable is the environment variable that tells TestBroken its fault.
const faultVariable = "SCIMGROUPS_STORETEST_FAULT"

func TestBroken(t *testing.T) {
	fault := os.Getenv(faultVariable)
	if fault == "" {
		t.Skip("a process of TestEveryFaultIsFound; switched on by " + faultVariable)
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
			t.Parallel() // at most GOMAXPROCS processes
			// Subtests have their names with underscores for spaces.
			sentence := strings.ReplaceAll(f.sentence, " ", "_")
			run := exec.Command(program, "-test.run=^TestBroken$/"+sentence)
			run.Env = append(os.Environ(), faultVariable+"="+f.fault)
			out, err := run.CombinedOutput()
			if failed := new(exec.ExitError); !errors.As(err, &failed) {
				t.Fatalf("the fault is not found: %v\n%s", err, out)
			}
			if !strings.Contains(string(out), "--- FAIL: TestBroken/") || !strings.Contains(string(out), sentence) {
				t.Fatalf("another test fails:\n%.2000s", out)
			}
		})
	}
}
