package store

import "time"

// IDs makes ids as [NewID] does, at times of the caller's choice.
func IDs() func(now time.Time) string { return new(ids).next }
