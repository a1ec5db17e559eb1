package doctor

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"

	"github.com/cutover-ecs/cutover/pkg/config"
	"github.com/cutover-ecs/cutover/pkg/live"
)

// Candidate is a service that stands and may be adopted, with what AWS cannot tell of it.
type Candidate struct {
	// Name that it is to have in the configuration.
	Name string
	// Cluster and Service are ECS's names.
	Cluster, Service string
	// Application and Group are CodeDeploy's names; empty: the group that deploys the service is looked for.
	Application, Group string
	// Tag takes the pushes that release it; empty: it follows from the tag that runs, where one does.
	Tag string
	// ServerName that the test listener's certificate is for, where it speaks HTTPS.
	ServerName string
	// Subnets for the verify function; empty: those of the tasks. NAT are the addresses by which they leave.
	Subnets, NAT []string
}

// Adoption is what adopting a service comes to. Nothing was changed.
type Adoption struct {
	// Adopted says in sentences what is taken as it stands.
	Adopted []string `json:"adopted"`
	// InTheWay is all that must be otherwise first, Warnings what should be. Those of known pitfalls have their numbers.
	InTheWay []Finding `json:"inTheWay"`
	Warnings []Finding `json:"warnings"`
	// Service is the description to write down, Network that of its verify function; zero when something is in the way.
	Service config.Service `json:"service,omitzero"`
	Network config.VPC     `json:"network,omitzero"`
}

// NoService is the error of a candidate that is not there.
type NoService struct{ Cluster, Service string }

// Error tells where it was looked for.
func (e NoService) Error() string {
	return fmt.Sprintf("the cluster %s has no active service %s; name its cluster with --cluster", e.Cluster, e.Service)
}

// Adopt reads a live service with all that belongs to it, and says what adopting it comes to: everything that stands in
// the way at once. Its errors are those of reads without which nothing can be said.
func Adopt(ctx context.Context, c Candidate, clients *Clients, finders Finders) (Adoption, error) {
	s := &survey{of: c, Adoption: Adoption{Adopted: []string{}, InTheWay: []Finding{}, Warnings: []Finding{}}}
	s.description = config.Service{Name: c.Name, Existing: &config.Existing{Cluster: c.Cluster, Service: c.Service, Application: c.Application, DeploymentGroup: c.Group}}
	described, err := clients.described(ctx, c)
	if err != nil {
		return Adoption{}, err
	}
	s.controller(*described)
	if c.Application == "" {
		if err := s.find(ctx, finders); err != nil {
			return Adoption{}, err
		}
	}
	s.description.Existing.Scaled = true // so that what scales is told once, as what is adopted
	s.facts = clients.read(ctx, subjectOf(Plan{Service: s.description}))
	s.facts.service = described
	if s.facts.primary == nil {
		if s.facts.primary, err = live.ReadRevision(ctx, clients.Services, serving(*described)); err != nil {
			return Adoption{}, err
		}
	}
	if err := s.surroundings(ctx, finders); err != nil {
		return Adoption{}, err
	}
	return s.result(), ctx.Err()
}

// survey is an adoption under way.
type survey struct {
	Adoption
	of          Candidate
	facts       *facts
	description config.Service
	balancer    *elbtypes.LoadBalancer
}

func (s *survey) adopts(format string, args ...any) {
	s.Adopted = append(s.Adopted, fmt.Sprintf(format, args...))
}

func (s *survey) blocked(fix, format string, args ...any) {
	s.InTheWay = append(s.InTheWay, Finding{Evidence: fmt.Sprintf(format, args...), Fix: fix})
}

func (s *survey) warns(fix, format string, args ...any) {
	s.Warnings = append(s.Warnings, Finding{Evidence: fmt.Sprintf(format, args...), Fix: fix})
}

// surroundings looks at all that belongs to the service, part by part.
func (s *survey) surroundings(ctx context.Context, finders Finders) error {
	if err := s.wayIn(ctx, finders); err != nil {
		return err
	}
	if err := s.ownHooks(ctx, finders); err != nil {
		return err
	}
	s.revision()
	s.images()
	s.network()
	s.group()
	s.scaling()
	s.pitfalls()
	return nil
}

// ofStack are the parts that only a service whose stack was deployed has.
var ofStack = []part{ofHooks, ofSchedule, ofEvents, ofStarts}

// pitfalls are what the doctor finds of what stands, but for what was told already.
func (s *survey) pitfalls() {
	if !s.facts.stands() {
		return
	}
	var r Report
	s.facts.subject = subjectOf(Plan{Service: s.description})
	for _, p := range Pitfalls {
		if p.live == nil || !s.facts.has(p.reads) || slices.ContainsFunc(p.reads, func(of part) bool { return slices.Contains(ofStack, of) }) {
			continue
		}
		if found := p.live(s.facts); p.Number != noTestListener {
			r.add(p, found)
		}
	}
	for _, f := range r.Findings {
		if keepsBlue(s.facts) && f.Pitfall == lateRollback {
			s.InTheWay = append(s.InTheWay, f)
			continue
		}
		s.Warnings = append(s.Warnings, f)
	}
	for _, of := range slices.Sorted(maps.Keys(s.facts.failed)) {
		if !slices.Contains(ofStack, of) {
			s.warns("look again with credentials that may read it", "%s could not be read: %v", of, s.facts.failed[of])
		}
	}
}

// The pitfalls that stand in the way of an adoption.
const (
	noTestListener = 8
	lateRollback   = 30
)

// result is the adoption, without a description when something is in the way.
func (s *survey) result() Adoption {
	if len(s.InTheWay) == 0 {
		s.Service = s.description
	} else {
		s.Network = config.VPC{}
	}
	return s.Adoption
}

func (c *Clients) described(ctx context.Context, of Candidate) (*service, error) {
	f := &facts{subject: subject{names: config.Names{Cluster: of.Cluster, Service: of.Service}}}
	if err := c.services(ctx, f); err != nil {
		return nil, fmt.Errorf("describe service %s: %w", of.Service, err)
	}
	if f.service == nil {
		return nil, NoService{of.Cluster, of.Service}
	}
	return f.service, nil
}

// serving is the ARN of the revision that a service runs: its PRIMARY task set's, or its own where it has none.
func serving(s service) string {
	if primary, ok := live.Primary(&s); ok {
		return aws.ToString(primary.TaskDefinition)
	}
	return aws.ToString(s.TaskDefinition)
}
