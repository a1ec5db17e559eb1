package cfn

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/cloudformation/types"
	"github.com/google/uuid"
)

// words are the statuses of one operation on a stack
// (https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/view-stack-events.html).
type words struct {
	begun, cleaning, done                         types.StackStatus
	undoing, undoneCleaning, undone, undoneFailed types.StackStatus
}

var creating = words{
	begun: types.StackStatusCreateInProgress, done: types.StackStatusCreateComplete,
	undoing: types.StackStatusRollbackInProgress, undone: types.StackStatusRollbackComplete, undoneFailed: types.StackStatusRollbackFailed,
}

var updating = words{
	begun: types.StackStatusUpdateInProgress, cleaning: types.StackStatusUpdateCompleteCleanupInProgress, done: types.StackStatusUpdateComplete,
	undoing: types.StackStatusUpdateRollbackInProgress, undoneCleaning: types.StackStatusUpdateRollbackCompleteCleanupInProgress,
	undone: types.StackStatusUpdateRollbackComplete, undoneFailed: types.StackStatusUpdateRollbackFailed,
}

const stackType = "AWS::CloudFormation::Stack"

// turn gives a stack its next status and raises the event that AWS sends at it
// (https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/eventbridge-events.html).
func (s *Service) turn(st *record, status types.StackStatus, reason string) {
	s.mu.Lock()
	st.Status, st.Reason = status, reason
	st.busy = strings.HasSuffix(string(status), "_IN_PROGRESS")
	s.event(st, types.StackEvent{
		EventId: aws.String(uuid.NewString()), LogicalResourceId: &st.Name, PhysicalResourceId: &st.ID, ResourceType: aws.String(stackType),
		ResourceStatus: types.ResourceStatus(status),
	}, reason)
	resources := len(st.Resources)
	s.mu.Unlock()
	s.moved.Raise()
	if s.opts.Log != nil {
		s.opts.Log.Info("stack", "name", st.Name, "status", status, "reason", reason, "resources", resources)
	}
	if s.opts.Emit != nil {
		s.opts.Emit("aws.cloudformation", "CloudFormation Stack Status Change", []string{st.ID}, map[string]any{
			"stack-id": st.ID, "client-request-token": "", "status-details": map[string]any{"status": status, "status-reason": reason},
		})
	}
}

// event adds to the stack's events. The caller holds mu.
func (s *Service) event(st *record, e types.StackEvent, reason string) {
	e.StackId, e.StackName, e.Timestamp = &st.ID, &st.Name, aws.Time(time.Now())
	if reason != "" {
		e.ResourceStatusReason = &reason
	}
	st.events = append(st.events, e)
}

// note gives one of a stack's resources its next status.
func (s *Service) note(st *record, p *part, status types.ResourceStatus, reason string) {
	now := time.Now()
	s.mu.Lock()
	e := types.StackEvent{
		EventId:           aws.String(fmt.Sprintf("%s-%s-%s", p.logical, status, now.UTC().Format("2006-01-02T15:04:05.000Z"))),
		LogicalResourceId: &p.logical, PhysicalResourceId: aws.String(p.id), ResourceType: &p.kind, ResourceStatus: status,
	}
	if p.properties != nil {
		e.ResourceProperties = aws.String(written(p.properties))
	}
	s.event(st, e, reason)
	at := slices.IndexFunc(st.Resources, func(r Resource) bool { return r.Logical == p.logical })
	told := Resource{Logical: p.logical, Physical: p.id, Type: p.kind, Status: status, Reason: reason, At: now}
	switch {
	case at < 0:
		st.Resources = append(st.Resources, told)
	case p.id != "" && st.Resources[at].Physical != p.id && deleting(status):
		// What a replacement has left behind; its place is taken.
	default:
		if told.Physical == "" {
			told.Physical = st.Resources[at].Physical
		}
		st.Resources[at] = told
	}
	s.mu.Unlock()
	if s.opts.Emit != nil {
		s.opts.Emit("aws.cloudformation", "CloudFormation Resource Status Change", []string{st.ID}, map[string]any{
			"stack-id": st.ID, "logical-resource-id": p.logical, "physical-resource-id": p.id, "resource-type": p.kind,
			"client-request-token": "", "status-details": map[string]any{"status": status, "status-reason": reason},
		})
	}
}

func deleting(status types.ResourceStatus) bool {
	return status == types.ResourceStatusDeleteInProgress || status == types.ResourceStatusDeleteComplete ||
		status == types.ResourceStatusDeleteFailed || status == types.ResourceStatusDeleteSkipped
}
