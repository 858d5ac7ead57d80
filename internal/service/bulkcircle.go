package service

import "iter"

// bulkCircle is the new groups that need each other, directly or through others, as
// members or in references; most often it is one group alone. They stand and fall
// together: if one cannot be made, none is left.
type bulkCircle struct {
	// open is how many of its groups, and of the circles that they need, are not
	// settled yet.
	open   int
	before []*bulkCircle // those that need it, once for each group that does
}

// settled reports whether its groups are all there, with all that they need, and
// will not be taken back, or never will be there.
func (c *bulkCircle) settled() bool { return c.open == 0 }

// settle notes that one more of what it needs is settled.
func (c *bulkCircle) settle() {
	if c.open--; c.open > 0 {
		return
	}
	for _, other := range c.before {
		other.settle()
	}
}

// dependencies are the bulkIds of all that an operation refers to.
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

// ready reports whether all that the operation needs is settled. What needs the
// operation itself in turn can only be there.
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

// findCircles finds the circles of the groups to create: the strongly connected
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
	order map[*bulkOperation]int // in which it was visited, from 1 on
	path  []*bulkOperation       // visited, and not in a circle yet
}

// visit puts an operation and all that it needs into circles, except for those whose
// circle goes on below it. It answers the lowest order that it can reach.
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
