package service

import "iter"

// bulkCircle is a set of new groups that need each other, directly or through others, as
// members or in references. Most often it is one group alone. They stand and fall
// together: if one cannot be created, none is kept.
type bulkCircle struct {
	// open is the number of its groups, and of the circles that they need, that are not
	// settled yet.
	open   int
	before []*bulkCircle // the circles that need it, once for each group that does
}

// settled reports whether it is decided what becomes of the groups: either they all
// exist, with all that they need, and will not be taken back, or they never will.
func (c *bulkCircle) settled() bool { return c.open == 0 }

// settle notes that one more of what the circle needs is settled.
func (c *bulkCircle) settle() {
	if c.open--; c.open > 0 {
		return
	}
	for _, other := range c.before {
		other.settle()
	}
}

// dependencies returns the bulkIds that an operation refers to.
func (op *bulkOperation) dependencies() iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, ids := range [][]string{op.members, op.needs} {
			for _, id := range ids {
				if !yield(id) {
					return
				}
			}
		}
	}
}

// ready reports whether what the operation needs is settled. A group of its own circle,
// which waits for it in turn, only has to exist.
func (j *bulkJob) ready(op *bulkOperation) bool {
	for _, id := range op.needs {
		switch creator := j.creators[id]; {
		case creator == nil || creator.circle.settled():
		case !creator.result.Done || creator.circle != op.circle:
			return false
		}
	}
	return true
}

// findCircles finds the circles among the groups to create: the strongly connected
// components, by Tarjan's algorithm, in time proportional to the references.
func (j *bulkJob) findCircles() {
	f := circleFinder{job: j, order: make(map[*bulkOperation]int)}
	for i := range j.operations {
		if op := &j.operations[i]; j.creators[op.BulkID] == op && f.order[op] == 0 {
			f.visit(op)
		}
	}
	for _, op := range j.creators {
		op.circle.open++
		for id := range op.dependencies() {
			if needed := j.creators[id]; needed != nil && needed.circle != op.circle {
				op.circle.open++
				needed.circle.before = append(needed.circle.before, op.circle)
			}
		}
	}
}

type circleFinder struct {
	job   *bulkJob
	order map[*bulkOperation]int // in which the operations were visited, from 1 on
	path  []*bulkOperation       // visited, and not in a circle yet
}

// visit puts an operation and what it needs into circles, except for operations whose
// circle reaches further down the path. It returns the lowest order within reach.
func (f *circleFinder) visit(op *bulkOperation) (lowest int) {
	lowest = len(f.order) + 1
	f.order[op] = lowest
	at := len(f.path)
	f.path = append(f.path, op)
	for id := range op.dependencies() {
		needed := f.job.creators[id]
		switch {
		case needed == nil || needed.circle != nil:
		case f.order[needed] == 0:
			lowest = min(lowest, f.visit(needed))
		default:
			lowest = min(lowest, f.order[needed])
		}
	}
	if lowest == f.order[op] {
		circle := new(bulkCircle)
		for _, member := range f.path[at:] {
			member.circle = circle
		}
		f.path = f.path[:at]
	}
	return lowest
}
