package patch

import "testing"

// SetMaxRescans sets the bound of rescans for the duration of a test.
func SetMaxRescans(t *testing.T, n int) {
	before := maxRescans
	maxRescans = n
	t.Cleanup(func() { maxRescans = before })
}
