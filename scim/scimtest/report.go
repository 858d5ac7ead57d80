package scimtest

import (
	"slices"
	"time"
)

// Outcome is what came of a rule.
type Outcome string

// The outcomes.
const (
	// Passed: the service does what the rule says.
	Passed Outcome = "passed"
	// Failed: it does not.
	Failed Outcome = "failed"
	// Tolerated: it accepts what the rule wants to be refused, and does no harm by it.
	Tolerated Outcome = "tolerated"
	// Skipped: the rule does not apply, as the service does not offer what it is about.
	Skipped Outcome = "skipped"
	// Blocked: it is not known, as something else went wrong before.
	Blocked Outcome = "blocked"
)

// Result is what came of a rule, or of the transcript of a client.
type Result struct {
	Rule
	Outcome Outcome `json:"outcome"`
	// Findings say what is wrong, or what is tolerated.
	Findings []Finding `json:"findings,omitempty"`
	// Reason says why the rule was skipped or is blocked.
	Reason string `json:"reason,omitempty"`
	// Because are the ids of rules that failed or are blocked as well, and that imply
	// this one.
	Because []string `json:"because,omitempty"`
	// Requests is how many requests were sent, and Duration how long they took.
	Requests int           `json:"requests"`
	Duration time.Duration `json:"nanoseconds"`
}

// Finding is one thing that a service does otherwise than a rule says.
type Finding struct {
	Message string `json:"message"`
	// Exchange is the request and the response that show it, if one does.
	Exchange *Exchange `json:"exchange,omitempty"`
}

// Exchange is a request and its response, without credentials. Long bodies are cut.
type Exchange struct {
	Method   string   `json:"method"`
	URL      string   `json:"url"`
	Headers  []string `json:"headers,omitempty"` // those that matter
	Request  string   `json:"request,omitempty"`
	Status   int      `json:"status"`
	Response string   `json:"response,omitempty"`
}

// Report is what a run found.
type Report struct {
	// Profile is the name of the profile, and Target the base URL of the service.
	Profile string `json:"profile"`
	Target  string `json:"target"`
	// Started and Duration say when the run was and how long it took.
	Started  time.Time     `json:"started"`
	Duration time.Duration `json:"nanoseconds"`
	// Requests is how many requests were sent, Throttled how many of them had to be
	// repeated because the service said so (429 or 503 with Retry-After).
	Requests  int      `json:"requests"`
	Throttled int      `json:"throttled"`
	Results   []Result `json:"results"`
	// Complete reports whether the run was not interrupted.
	Complete bool `json:"complete"`
	// Left are the groups that the run made and could not delete, by name and id.
	Left []string `json:"left,omitempty"`

	strict     bool // Options.Strict
	intolerant bool // Profile.Strict
}

// Counts reports whether a result speaks against the service: what is blocked, and a
// failure, unless the rule is only a SHOULD. If the run is strict, failures of a SHOULD
// count too, and what is tolerated; the latter also if the profile is strict.
func (r *Report) Counts(result *Result) bool {
	switch result.Outcome {
	case Failed:
		return r.strict || result.Level != Should
	case Tolerated:
		return r.strict || r.intolerant
	case Blocked:
		return true
	default:
		return false
	}
}

// Conforms reports whether the run is complete, nothing speaks against the service, and
// nothing was left.
func (r *Report) Conforms() bool {
	against := func(result Result) bool { return r.Counts(&result) }
	return r.Complete && len(r.Left) == 0 && !slices.ContainsFunc(r.Results, against)
}

// Number returns how many results have an outcome.
func (r *Report) Number(o Outcome) (n int) {
	for i := range r.Results {
		if r.Results[i].Outcome == o {
			n++
		}
	}
	return n
}

// explain notes which results follow from others.
func (r *Report) explain() {
	wrong := func(result *Result) bool { return result.Outcome == Failed || result.Outcome == Blocked }
	for i := range r.Results {
		result := &r.Results[i]
		for j := range r.Results {
			if cause := &r.Results[j]; wrong(result) && cause.Outcome == Failed && slices.Contains(cause.Implies, result.ID) &&
				!slices.Contains(result.Because, cause.ID) {
				result.Because = append(result.Because, cause.ID)
			}
		}
	}
}
