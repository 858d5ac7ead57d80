package scimtest

import (
	"testing"
	"time"
)

// SetCleaning changes how long deleting groups may take after an interrupt.
func SetCleaning(t *testing.T, d time.Duration) {
	before := cleaning
	t.Cleanup(func() { cleaning = before })
	cleaning = d
}
