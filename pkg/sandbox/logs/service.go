// Package logs is the part of CloudWatch Logs that functions and their readers need: groups, streams, lines, and
// filters of words.
//
// Memory is bounded: a group keeps its newest lines, 50,000 of them and 16 MiB at most, whatever its retention, which
// is only remembered. Lines are kept as they come and read in the order of their timestamps.
package logs

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatchlogs/types"
	"github.com/cutover-ecs/cutover/pkg/sandbox/kms"
	"github.com/cutover-ecs/cutover/pkg/sandbox/wire"
)

// Bounds of what one group keeps.
const (
	maxLines   = 50_000
	maxBytes   = 16 << 20
	maxStreams = 1000
	overhead   = 26 // bytes that AWS counts for each line beside its text
)

// Options of a Service.
type Options struct {
	// Account and Region of the groups' ARNs.
	Account, Region string
}

// Service holds log groups. Use New; a Service is safe for concurrent use.
type Service struct {
	opts Options
	keys kms.User

	mu     sync.Mutex
	groups map[string]*group
	last   int64 // sequence of the newest line
}

// group is guarded by Service.mu.
type group struct {
	name      string
	created   time.Time
	retention *int32
	class     types.LogGroupClass
	key       *string
	streams   map[string]*stream
	lines     []line // oldest first, as they came
	bytes     int
}

type stream struct {
	name                  string
	created               int64
	first, last, ingested int64 // milliseconds; 0 without lines
	lines                 int   // that are still kept
}

type line struct {
	position
	stream   string
	ingested int64
	text     string
}

// position orders lines: by timestamp, and as they came where that is the same.
type position struct{ at, seq int64 }

func (p position) before(o position) bool { return p.at < o.at || p.at == o.at && p.seq < o.seq }

// New returns a service without groups.
func New(opts Options) *Service { return &Service{opts: opts, groups: map[string]*group{}} }

// Register puts the operations on srv.
func (s *Service) Register(srv *wire.Server) {
	s.keys = kms.User{Server: srv, Service: "logs"}
	wire.On(srv, "logs", s.createLogGroup)
	wire.On(srv, "logs", s.deleteLogGroup)
	wire.On(srv, "logs", s.describeLogGroups)
	wire.On(srv, "logs", s.putRetentionPolicy)
	wire.On(srv, "logs", s.deleteRetentionPolicy)
	wire.On(srv, "logs", s.associateKmsKey)
	wire.On(srv, "logs", s.disassociateKmsKey)
	wire.On(srv, "logs", s.createLogStream)
	wire.On(srv, "logs", s.deleteLogStream)
	wire.On(srv, "logs", s.describeLogStreams)
	wire.On(srv, "logs", s.putLogEvents)
	wire.On(srv, "logs", s.getLogEvents)
	wire.On(srv, "logs", s.filterLogEvents)
}

// Close does nothing: the service has no goroutines.
func (s *Service) Close() {}

// Write adds a line with the time of now, to a group and a stream that are made where they are missing.
func (s *Service) Write(groupName, streamName, text string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	g := s.groups[groupName]
	if g == nil {
		g = newGroup(groupName)
		s.groups[groupName] = g
	}
	now := time.Now().UnixMilli()
	if g.streams[streamName] == nil {
		g.addStream(streamName)
	}
	s.add(g, streamName, text, now, now)
}

func newGroup(name string) *group {
	return &group{name: name, created: time.Now(), class: types.LogGroupClassStandard, streams: map[string]*stream{}}
}

// addStream makes a stream. Beyond maxStreams the oldest without lines goes.
func (g *group) addStream(name string) {
	if len(g.streams) >= maxStreams {
		oldest := ""
		for n, s := range g.streams {
			if s.lines == 0 && (oldest == "" || s.created < g.streams[oldest].created) {
				oldest = n
			}
		}
		if oldest == "" {
			oldest = g.lines[0].stream
			g.forget(oldest)
		}
		delete(g.streams, oldest)
	}
	g.streams[name] = &stream{name: name, created: time.Now().UnixMilli()}
}

// forget drops a stream's lines.
func (g *group) forget(name string) {
	g.lines = slices.DeleteFunc(g.lines, func(l line) bool {
		if l.stream == name {
			g.bytes -= len(l.text) + overhead
		}
		return l.stream == name
	})
}

// add keeps a line and drops what is too much; the caller holds mu.
func (s *Service) add(g *group, name, text string, at, now int64) {
	s.last++
	g.lines = append(g.lines, line{position{at, s.last}, name, now, text})
	g.bytes += len(text) + overhead
	st := g.streams[name]
	if st.lines == 0 && st.first == 0 || at < st.first {
		st.first = at
	}
	st.last, st.ingested = max(st.last, at), now
	st.lines++
	drop := 0
	for len(g.lines)-drop > maxLines || g.bytes > maxBytes {
		g.bytes -= len(g.lines[drop].text) + overhead
		if old := g.streams[g.lines[drop].stream]; old != nil {
			old.lines--
		}
		drop++
	}
	if drop > 0 {
		clear(g.lines[:drop]) // so that the texts can go before the array does
		g.lines = g.lines[drop:]
	}
}

var (
	groupName  = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[\.\-_/#A-Za-z0-9]{1,512}$`) })
	streamName = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[^:*]{1,512}$`) })
)

func invalid(format string, args ...any) error {
	return &types.InvalidParameterException{Message: aws.String(fmt.Sprintf(format, args...))}
}

func missing(what string) error {
	return &types.ResourceNotFoundException{Message: aws.String("The specified log " + what + " does not exist.")}
}

// find is a group by its name or its ARN; the caller holds mu.
func (s *Service) find(name, identifier *string) (*group, error) {
	n := aws.ToString(name)
	if n == "" {
		n = aws.ToString(identifier)
		if _, after, found := strings.Cut(n, ":log-group:"); found {
			n = strings.TrimSuffix(after, ":*")
		}
	}
	if n == "" {
		return nil, invalid("1 validation error detected: Value null at 'logGroupName' failed to satisfy constraint: Member must not be null")
	}
	g := s.groups[n]
	if g == nil {
		return nil, missing("group")
	}
	return g, nil
}

// sorted names of a map that begin with prefix.
func sorted[V any](m map[string]V, prefix *string) []string {
	return slices.DeleteFunc(slices.Sorted(maps.Keys(m)), func(n string) bool { return !strings.HasPrefix(n, aws.ToString(prefix)) })
}
