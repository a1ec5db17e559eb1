package ecs

import (
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/google/uuid"
)

// Statuses of a task, in the order in which it passes through them
// (https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task-lifecycle-explanation.html).
const (
	provisioning   = "PROVISIONING"
	pending        = "PENDING"
	activating     = "ACTIVATING"
	running        = "RUNNING"
	deactivating   = "DEACTIVATING"
	stopping       = "STOPPING"
	deprovisioning = "DEPROVISIONING"
	stopped        = "STOPPED"
)

// member is one task of a task set.
type member struct {
	id        string
	set       *taskSet
	shape     types.Task
	tell      chan struct{} // closed when the task is told to stop
	told      bool
	addr      netip.Addr
	detached  func()
	targets   []target
	graceOver bool
}

// target is a task's place in a target group.
type target struct {
	group string
	port  int
}

func (s *Service) newMember(set *taskSet) *member {
	id, def := hexID(), set.layout.def
	cluster := *set.service.cluster.shape.ClusterName
	m := &member{id: id, set: set, tell: make(chan struct{})}
	arn := aws.String(s.arn("task", cluster, id))
	m.shape = types.Task{
		TaskArn:              arn,
		ClusterArn:           set.service.shape.ClusterArn,
		TaskDefinitionArn:    def.TaskDefinitionArn,
		Group:                aws.String("service:" + *set.service.shape.ServiceName),
		StartedBy:            set.shape.Id,
		LaunchType:           types.LaunchTypeFargate,
		PlatformVersion:      set.shape.PlatformVersion,
		PlatformFamily:       aws.String("Linux"),
		AvailabilityZone:     aws.String(s.opts.Region + "a"),
		Cpu:                  def.Cpu,
		Memory:               def.Memory,
		CreatedAt:            s.now(),
		DesiredStatus:        aws.String(running),
		LastStatus:           aws.String(provisioning),
		HealthStatus:         types.HealthStatusUnknown,
		EnableExecuteCommand: set.service.shape.EnableExecuteCommand,
		Overrides:            &types.TaskOverride{ContainerOverrides: []types.ContainerOverride{}},
		Attachments:          []types.Attachment{},
		Tags:                 s.propagated(set),
		Version:              1,
	}
	if len(set.layout.strategy) > 0 {
		m.shape.CapacityProviderName = set.layout.strategy[0].CapacityProvider
	}
	for _, c := range def.ContainerDefinitions {
		m.shape.Containers = append(m.shape.Containers, types.Container{
			ContainerArn:      aws.String(s.arn("container", cluster, id, uuid.NewString())),
			TaskArn:           arn,
			Name:              c.Name,
			Image:             c.Image,
			LastStatus:        aws.String(pending),
			HealthStatus:      types.HealthStatusUnknown,
			Cpu:               aws.String(strconv.Itoa(int(c.Cpu))),
			NetworkBindings:   []types.NetworkBinding{},
			NetworkInterfaces: []types.NetworkInterface{},
		})
	}
	return m
}

// propagated tags are those of the service or of the task definition, as the service wishes.
func (s *Service) propagated(set *taskSet) []types.Tag {
	switch set.service.shape.PropagateTags {
	case types.PropagateTagsService:
		return list(set.service.tags)
	case types.PropagateTagsTaskDefinition:
		if r, err := s.revision(*set.layout.taskDefinition); err == nil {
			return list(r.tags)
		}
	}
	return []types.Tag{}
}

// attach gives the task its network interface's identity.
func (m *member) attach() {
	id, ip := uuid.NewString(), m.addr.String()
	subnets := m.set.layout.network.AwsvpcConfiguration.Subnets
	detail := func(name, value string) types.KeyValuePair {
		return types.KeyValuePair{Name: aws.String(name), Value: aws.String(value)}
	}
	bytes := m.addr.As4()
	m.shape.Attachments = []types.Attachment{{
		Id: aws.String(id), Type: aws.String("ElasticNetworkInterface"), Status: aws.String("ATTACHED"),
		Details: []types.KeyValuePair{
			detail("subnetId", subnets[int(bytes[3])%len(subnets)]),
			detail("networkInterfaceId", "eni-0"+m.id[:16]),
			detail("macAddress", "0a:"+strings.Join([]string{m.id[0:2], m.id[2:4], m.id[4:6], m.id[6:8], m.id[8:10]}, ":")),
			detail("privateDnsName", "ip-"+strings.ReplaceAll(ip, ".", "-")+".ec2.internal"),
			detail("privateIPv4Address", ip),
		},
	}}
	for i := range m.shape.Containers {
		m.shape.Containers[i].NetworkInterfaces = []types.NetworkInterface{{
			AttachmentId: aws.String(id), PrivateIpv4Address: aws.String(ip),
		}}
	}
}

// move brings the task to its next status, with whatever else changes at that moment.
func (s *Service) move(m *member, status string, change func(*types.Task)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	m.shape.LastStatus = aws.String(status)
	if change != nil {
		change(&m.shape)
	}
	s.moved(m)
}

// moved tells everyone about a changed task.
func (s *Service) moved(m *member) {
	m.shape.Version++
	s.emitTask(m)
	s.touch(m.set.service)
}

// stop tells a task to end; the first reason stays.
func (s *Service) stop(m *member, code types.TaskStopCode, reason string) {
	if m.told {
		return
	}
	m.told = true
	close(m.tell)
	m.shape.DesiredStatus = aws.String(stopped)
	m.shape.StopCode = code
	m.shape.StoppedReason = aws.String(reason)
	m.shape.StoppingAt = s.now()
	s.moved(m)
}

// remember keeps a stopped task for an hour, and not more than a thousand of them.
func (c *cluster) remember(m *member, now time.Time) {
	c.stopped = append(c.stopped, m)
	old := 0
	for old < len(c.stopped) && (len(c.stopped)-old > 1000 || now.Sub(*c.stopped[old].shape.StoppedAt) > time.Hour) {
		old++
	}
	c.stopped = slices.Delete(c.stopped, 0, old)
}

// all tasks of a cluster, those that stopped last.
func (c *cluster) all() []*member {
	var all []*member
	for _, svc := range c.services {
		for _, set := range svc.sets {
			all = append(all, set.members...)
		}
	}
	return append(all, c.stopped...)
}

func (c *cluster) task(idOrARN string) *member {
	id := base(idOrARN)
	for _, m := range c.all() {
		if m.id == id {
			return m
		}
	}
	return nil
}
