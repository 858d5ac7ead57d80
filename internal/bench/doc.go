// Command bench drives whole SCIM servers over HTTP on the loopback interface and
// says how fast they are:
//
//	cd internal/bench && go run . -out results
//
// Each server runs in a process of its own, which is this program started again.
// The servers take turns, round after round, so that what else the machine does
// falls on all of them; every figure is the median of the rounds. It needs Linux,
// whose /proc says how much memory a process takes.
//
// Some more ways to run it:
//
//	go run . -quick                                                   # does everything work? (half a minute)
//	go run . -scenarios patch,get -sizes 10,100000 -rounds 9
//	go run . -scenarios memory -servers memory -sizes 10000000        # 10,000,000 memberships
//	go run . -scenarios small -servers memory,bare -cpuprofile prof   # then go tool pprof -top prof/small-100-memory.pprof
//
// The servers are those of this module on its stores in memory, in SQLite and in
// PostgreSQL (if SCIMGROUPS_POSTGRES names one); github.com/marcelom97/scimgateway
// with a plugin that keeps groups in memory, as its documentation has it; a
// ResourceHandler in memory on github.com/elimity-com/scim; and a bare net/http
// handler that sends the bytes which the first of them sent, which is as fast
// as a server on net/http can be. The servers are asked without
// authentication. What a database server takes of the processor and of memory is
// not counted.
//
// A server for which a request takes longer than two seconds is asked once, and not
// at all with larger sizes; notes below the tables say so. The first response to each
// request is looked at: a server that does not find what it should does not get a
// figure.
package main
