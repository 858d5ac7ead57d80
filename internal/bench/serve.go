package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/pprof"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

// serveFlag makes this program a server: -serve KIND WHERE.
const serveFlag = "-serve"

// greeting is the line that a server prints when it is ready.
type greeting struct {
	SCIM, Control string // addresses
	Base          string // path before /Groups
}

// usage is what a server has taken so far.
type usage struct {
	CPU     time.Duration // user and system
	Alloc   uint64        // bytes allocated on the heap
	Mallocs uint64
	Heap    uint64 // bytes that are alive; 0 if it was not asked for
	Peak    uint64 // largest resident size in bytes since the fixture was loaded
}

// serve is what the process of a server does, until its standard input ends, which
// happens when the driver ends, however it ends.
func serve(args []string) error {
	if len(args) != 2 {
		return fmt.Errorf("%s wants a kind of server and what is its own", serveFlag)
	}
	k, err := kindNamed(args[0])
	if err != nil {
		return err
	}
	b, err := k.open(context.Background(), args[1])
	if err != nil {
		return err
	}
	defer b.close()
	// Two listeners, so that nothing stands between net/http and the handler.
	scimListener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	controlListener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	failed := make(chan error, 2)
	go func() { failed <- http.Serve(scimListener, b.handler) }()
	go func() { failed <- http.Serve(controlListener, newControl(b)) }()
	ready, err := json.Marshal(greeting{SCIM: scimListener.Addr().String(), Control: controlListener.Addr().String(), Base: b.base})
	if err != nil {
		return err
	}
	fmt.Println(string(ready))
	go func() {
		_, err := io.Copy(io.Discard, os.Stdin)
		failed <- err
	}()
	return <-failed
}

// newControl is how the driver talks to a server.
func newControl(b *backend) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /load", func(w http.ResponseWriter, r *http.Request) {
		var f fixture
		if err := json.NewDecoder(r.Body).Decode(&f); err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		id, err := b.load(r.Context(), f)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		// What loading took is not what serving takes.
		debug.FreeOSMemory()
		if err := os.WriteFile("/proc/self/clear_refs", []byte("5"), 0); err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		fmt.Fprint(w, id)
	})
	mux.HandleFunc("POST /record", func(w http.ResponseWriter, r *http.Request) {
		var e exchange
		if err := json.NewDecoder(r.Body).Decode(&e); err != nil || b.record == nil {
			http.Error(w, fmt.Sprint("cannot record: ", err), http.StatusBadRequest)
			return
		}
		b.record(e)
	})
	mux.HandleFunc("GET /usage", func(w http.ResponseWriter, r *http.Request) {
		u, err := used(r.URL.Query().Has("heap"))
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		_ = json.NewEncoder(w).Encode(u)
	})
	p := &profiler{}
	mux.HandleFunc("POST /profile/start", p.start)
	mux.HandleFunc("POST /profile/stop", p.stop)
	return mux
}

func used(heap bool) (usage, error) {
	if heap {
		runtime.GC()
		runtime.GC() // the second frees what finalizers and pools held on to
	}
	var rusage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &rusage); err != nil {
		return usage{}, err
	}
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	u := usage{
		CPU:     time.Duration(rusage.Utime.Nano() + rusage.Stime.Nano()),
		Alloc:   m.TotalAlloc,
		Mallocs: m.Mallocs,
	}
	if heap {
		u.Heap = m.HeapAlloc
	}
	var err error
	u.Peak, err = peak()
	return u, err
}

// peak reads VmHWM.
func peak() (uint64, error) {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kibibytes, err := strconv.ParseUint(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(rest), "kB")), 10, 64)
			return kibibytes << 10, err
		}
	}
	return 0, fmt.Errorf("no VmHWM in /proc/self/status")
}

// profiler writes CPU profiles into the file that the body of a request names.
type profiler struct {
	mu   sync.Mutex
	file *os.File
}

func (p *profiler) start(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	name, err := io.ReadAll(r.Body)
	if err == nil {
		p.file, err = os.Create(string(name))
	}
	if err == nil {
		err = pprof.StartCPUProfile(p.file)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
	}
}

func (p *profiler) stop(w http.ResponseWriter, _ *http.Request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	pprof.StopCPUProfile()
	if err := p.file.Close(); err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
	}
}
