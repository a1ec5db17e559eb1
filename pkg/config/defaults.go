package config

import (
	"cmp"
	"time"
)

func (c *Config) fill() {
	p := &c.Platform
	p.Name = or(p.Name, "cutover")
	p.Cluster = or(p.Cluster, p.Name)
	p.LogRetentionDays = cmp.Or(p.LogRetentionDays, 30)
	given(&p.ReserveConcurrency, true)
	p.Notify.fill()
	if r := p.Reports; r != nil {
		r.Prefix = or(r.Prefix, "verify/")
		r.KeepDays = cmp.Or(r.KeepDays, 90)
	}
	if p.VPC.ID == "" {
		p.VPC.CIDR = or(p.VPC.CIDR, "10.0.0.0/16")
		p.VPC.Egress = or(p.VPC.Egress, NAT)
	}
	for i := range c.Services {
		c.Services[i].fill()
	}
}

func (s *Service) fill() {
	if s.Scaling == nil && !s.Adopted() {
		given(&s.DesiredCount, 1)
	}
	s.Scaling.fill()
	s.Gates.fill()
	s.Schedule = cmp.Or(s.Schedule, Duration(5*time.Minute))
	given(&s.Revisions.Deregister, true)
	given(&s.Revisions.Keep, 5)
	s.fillParts()
	if len(s.Images) == 0 {
		s.Image.fill(s.Task.Container, s.Name)
	}
	for i := range s.Images {
		s.Images[i].fill(s.Images[i].Container, s.Images[i].Container)
	}
	s.Observe.fill(s.Deployment)
	s.Verify.fill()
	s.fillStages()
	given(&s.Watch.FailedStarts, 3)
	w := &s.WhenNewer
	w.TerminationWait = or(w.TerminationWait, Finish)
	w.InProgress = or(w.InProgress, Wait)
	given(&w.MinimumObservation, Duration(5*time.Minute))
}

// fillParts fills in what the stack makes its resources of; of a service that stands only what names them.
func (s *Service) fillParts() {
	if !s.Adopted() {
		s.Task.fill(s.Name)
		s.LoadBalancer.fill()
		s.Deployment.fill()
		return
	}
	s.Task.Port, s.Task.Container = cmp.Or(s.Task.Port, 80), or(s.Task.Container, s.Name)
	s.LoadBalancer.ProductionPort = cmp.Or(s.LoadBalancer.ProductionPort, 80)
	s.LoadBalancer.TestPort = cmp.Or(s.LoadBalancer.TestPort, 8080)
	s.Deployment.Config = or(s.Deployment.Config, allAtOnce)
	given(&s.Deployment.TerminationWait, Duration(time.Hour))
	s.Image.Existing = s.Image.Existing || len(s.Images) == 0 && s.Image.From().Own()
	for i := range s.Images {
		s.Images[i].Existing = s.Images[i].Existing || s.Images[i].From().Own()
	}
}

// allAtOnce is CodeDeploy's configuration for who names none.
const allAtOnce = "CodeDeployDefault.ECSAllAtOnce"

func (i *Image) fill(container, repository string) {
	i.Container = or(i.Container, container)
	i.Repository = or(i.Repository, repository)
	if i.Regexp == "" && i.Semver == "" {
		i.Tag = or(i.Tag, "latest")
	}
	switch {
	case i.Semver != "":
		i.Order = or(i.Order, ByVersion)
	case !i.Exact():
		i.Order = or(i.Order, ByPushed)
	}
}

func (t *Task) fill(service string) {
	t.CPU = cmp.Or(t.CPU, 256)
	t.Memory = cmp.Or(t.Memory, 512)
	t.Architecture = or(t.Architecture, "arm64")
	t.Port = cmp.Or(t.Port, 80)
	t.Container = or(t.Container, service)
	t.StopTimeout = cmp.Or(t.StopTimeout, Duration(30*time.Second))
	t.PlatformVersion = or(t.PlatformVersion, "LATEST")
	if h := &t.HealthCheck; len(h.Command) > 0 {
		h.Interval = cmp.Or(h.Interval, Duration(30*time.Second))
		h.Timeout = cmp.Or(h.Timeout, Duration(5*time.Second))
		h.Retries = cmp.Or(h.Retries, 3)
	}
}

func (l *LoadBalancer) fill() {
	if h := &l.HTTPS; h.On() {
		l.ProductionPort, l.TestPort = cmp.Or(l.ProductionPort, 443), cmp.Or(l.TestPort, 8443)
		h.Policy = or(h.Policy, "ELBSecurityPolicy-TLS13-1-2-2021-06")
		redirect := 0
		if l.ProductionPort == 443 && !l.Shared {
			redirect = 80
		}
		given(&h.RedirectPort, redirect)
	}
	l.ProductionPort = cmp.Or(l.ProductionPort, 80)
	l.TestPort = cmp.Or(l.TestPort, 8080)
	l.DeregistrationDelay = cmp.Or(l.DeregistrationDelay, Duration(30*time.Second))
	h := &l.HealthCheck
	h.Path = or(h.Path, "/")
	h.Interval = cmp.Or(h.Interval, Duration(10*time.Second))
	h.Timeout = cmp.Or(h.Timeout, Duration(5*time.Second))
	h.HealthyThreshold = cmp.Or(h.HealthyThreshold, 2)
	h.UnhealthyThreshold = cmp.Or(h.UnhealthyThreshold, 2)
	h.Codes = or(h.Codes, "200-399")
}

func (d *Deployment) fill() {
	d.Blue = or(d.Blue, Terminate)
	if !d.Custom() {
		d.Config = or(d.Config, allAtOnce)
	}
	given(&d.TerminationWait, Duration(time.Hour))
	if d.Rollback == nil {
		d.Rollback = []string{OnFailure, OnAlarm, OnRequest}
	}
}

func (s *Suite) fill() {
	given(&s.Settle, settled)
	s.Timeout = cmp.Or(s.Timeout, Duration(5*time.Minute))
	if len(s.Checks) == 0 && s.File == "" {
		s.Checks = []Check{{}}
	}
	for i := range s.Checks {
		s.Checks[i].fill()
	}
	if s.Load != nil {
		s.Load.fill()
	}
	if s.Compare != nil {
		s.Compare.fill()
	}
	if v := s.Version; v != nil {
		v.Path = or(v.Path, "/")
		v.Is = or(v.Is, IsTag)
	}
}

func (c *Check) fill() {
	c.Method = or(c.Method, "GET")
	c.Path = or(c.Path, "/")
	c.Name = or(c.Name, c.Method+" "+c.Path)
	c.Expect.Latency = cmp.Or(c.Expect.Latency, defaultLatency)
}

func (l *LoadTest) fill() {
	l.Duration = cmp.Or(l.Duration, Duration(30*time.Second))
	given(&l.WarmUp, Duration(5*time.Second))
	l.Connections = cmp.Or(l.Connections, 50)
	for i := range l.Requests {
		l.Requests[i].fill()
	}
}

func (c *Comparison) fill() {
	c.Samples = cmp.Or(c.Samples, 300)
	given(&c.WarmUp, 20)
	c.Rate = cmp.Or(c.Rate, 50)
	c.Slower.Percent = cmp.Or(c.Slower.Percent, 10)
	c.Slower.By = cmp.Or(c.Slower.By, Duration(5*time.Millisecond))
	c.Errors = cmp.Or(c.Errors, 0.02)
	c.Level = cmp.Or(c.Level, 0.01)
	c.Body = or(c.Body, BodyCompatible)
	c.Inconclusive = or(c.Inconclusive, InconclusiveFails)
}

func given[T any](p **T, otherwise T) {
	if *p == nil {
		*p = &otherwise
	}
}
