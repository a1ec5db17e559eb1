package pid1

import (
	"bytes"
	"os"
	"path"
	"strconv"
	"syscall"
	"time"
)

// OutOfMemory is the reason of a container that was killed for its memory
// (https://docs.aws.amazon.com/AmazonECS/latest/developerguide/out-of-memory.html).
const OutOfMemory = "OutOfMemoryError: Container killed due to memory usage"

// measured is how often a task's memory is looked at. A task that takes a gigabyte a second has then a quarter of one
// too much, which the machine has to bear.
const measured = 250 * time.Millisecond

// meter ticks where there is a limit.
func (s *supervisor) meter() (ticks <-chan time.Time, end func()) {
	limited := s.plan.Memory > 0
	for _, c := range s.plan.Containers {
		limited = limited || c.Memory > 0
	}
	if !limited {
		return nil, func() {}
	}
	t := time.NewTicker(measured)
	return t.C, t.Stop
}

// starve kills containers that take more than they may, and the largest one of a task that does.
func (s *supervisor) starve() {
	taken := s.taken()
	var all int64
	largest := 0
	for pid, bytes := range taken {
		all += bytes
		if bytes > taken[largest] {
			largest = pid
		}
		if limit := s.plan.Containers[s.pids[pid]].Memory; limit > 0 && bytes > limit {
			s.kills(pid)
		}
	}
	if s.plan.Memory > 0 && all > s.plan.Memory {
		s.kills(largest)
	}
}

func (s *supervisor) kills(pid int) {
	s.starved[s.pids[pid]] = true
	_ = syscall.Kill(-pid, syscall.SIGKILL)
}

// taken is the memory of each container, by its first process: what is resident of all processes of its session.
func (s *supervisor) taken() map[int]int64 {
	taken := map[int]int64{}
	proc := "/proc"
	if s.plan.Namespaces { // the numbers that the init knows are those that containers see
		proc = path.Join(s.plan.Containers[0].Root, "proc")
	}
	entries, err := os.ReadDir(proc)
	if err != nil {
		return nil
	}
	for _, e := range entries {
		if pid, err := strconv.Atoi(e.Name()); err == nil && pid != os.Getpid() {
			if session, bytes := resident(path.Join(proc, e.Name(), "stat")); bytes > 0 {
				if _, ours := s.pids[session]; ours {
					taken[session] += bytes
				}
			}
		}
	}
	return taken
}

// resident reads a process's session and resident bytes, fields 6 and 24 of its stat (proc(5)); its name, in
// parentheses, may hold anything.
func resident(stat string) (session int, bytesResident int64) {
	content, err := os.ReadFile(stat)
	if err != nil {
		return 0, 0
	}
	fields := bytes.Fields(content[bytes.LastIndexByte(content, ')')+1:])
	if len(fields) < 22 {
		return 0, 0
	}
	session, err = strconv.Atoi(string(fields[3]))
	if err != nil {
		return 0, 0
	}
	pages, err := strconv.ParseInt(string(fields[21]), 10, 64)
	if err != nil {
		return 0, 0
	}
	return session, pages * int64(os.Getpagesize())
}
