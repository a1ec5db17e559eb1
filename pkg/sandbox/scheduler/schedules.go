package scheduler

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/scheduler"
	"github.com/aws/aws-sdk-go-v2/service/scheduler/types"
)

func missing(name string) error {
	return &types.ResourceNotFoundException{Message: aws.String(fmt.Sprintf("Schedule %s does not exist.", name))}
}

// inGroup refuses every group but the default one.
func inGroup(name *string) error {
	if n := aws.ToString(name); n != "" && n != group {
		return &types.ResourceNotFoundException{Message: aws.String(fmt.Sprintf("Schedule group %s does not exist.", n))}
	}
	return nil
}

// find is a schedule by its name; the caller holds mu.
func (s *Service) find(groupName, name *string) (*entry, error) {
	if err := inGroup(groupName); err != nil {
		return nil, err
	}
	e := s.schedules[aws.ToString(name)]
	if e == nil {
		return nil, missing(aws.ToString(name))
	}
	return e, nil
}

func (s *Service) createSchedule(_ context.Context, in *scheduler.CreateScheduleInput) (*scheduler.CreateScheduleOutput, error) {
	e, err := s.newEntry(in)
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.schedules[*e.Name] != nil {
		return nil, &types.ConflictException{Message: aws.String(fmt.Sprintf("Schedule %s already exists.", *e.Name))}
	}
	s.schedules[*e.Name] = e
	s.start(e)
	return &scheduler.CreateScheduleOutput{ScheduleArn: e.Arn}, nil
}

// newEntry is the schedule that an input describes.
func (s *Service) newEntry(in *scheduler.CreateScheduleInput) (*entry, error) {
	if err := inGroup(in.GroupName); err != nil {
		return nil, err
	}
	if err := check(in); err != nil {
		return nil, err
	}
	now := s.opts.Clock.Now()
	e := &entry{GetScheduleOutput: scheduler.GetScheduleOutput{
		Name: in.Name, GroupName: aws.String(group), Description: in.Description, ScheduleExpression: in.ScheduleExpression,
		ScheduleExpressionTimezone: in.ScheduleExpressionTimezone, FlexibleTimeWindow: in.FlexibleTimeWindow, KmsKeyArn: in.KmsKeyArn,
		StartDate: in.StartDate, EndDate: in.EndDate, State: in.State, ActionAfterCompletion: in.ActionAfterCompletion,
		CreationDate: &now, LastModificationDate: &now,
		Arn: aws.String(fmt.Sprintf("arn:aws:scheduler:%s:%s:schedule/%s/%s", s.opts.Region, s.opts.Account, group, *in.Name)),
	}}
	if e.State == "" {
		e.State = types.ScheduleStateEnabled
	}
	if e.ActionAfterCompletion == "" {
		e.ActionAfterCompletion = types.ActionAfterCompletionNone
	}
	if e.ScheduleExpressionTimezone == nil {
		e.ScheduleExpressionTimezone = aws.String("UTC")
	}
	target := *in.Target
	if target.RetryPolicy == nil {
		target.RetryPolicy = &types.RetryPolicy{MaximumEventAgeInSeconds: aws.Int32(86400), MaximumRetryAttempts: aws.Int32(185)}
	}
	e.Target = &target
	return e, nil
}

func (s *Service) updateSchedule(_ context.Context, in *scheduler.UpdateScheduleInput) (*scheduler.UpdateScheduleOutput, error) {
	// An update states the schedule whole: what it leaves out gets its default.
	e, err := s.newEntry(&scheduler.CreateScheduleInput{
		Name: in.Name, GroupName: in.GroupName, Description: in.Description, ScheduleExpression: in.ScheduleExpression,
		ScheduleExpressionTimezone: in.ScheduleExpressionTimezone, FlexibleTimeWindow: in.FlexibleTimeWindow, KmsKeyArn: in.KmsKeyArn,
		StartDate: in.StartDate, EndDate: in.EndDate, State: in.State, ActionAfterCompletion: in.ActionAfterCompletion, Target: in.Target,
	})
	if err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	old, err := s.find(in.GroupName, in.Name)
	if err != nil {
		return nil, err
	}
	old.halt()
	e.CreationDate = old.CreationDate
	s.schedules[*e.Name] = e
	s.start(e)
	return &scheduler.UpdateScheduleOutput{ScheduleArn: e.Arn}, nil
}

func (s *Service) getSchedule(_ context.Context, in *scheduler.GetScheduleInput) (*scheduler.GetScheduleOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e, err := s.find(in.GroupName, in.Name)
	if err != nil {
		return nil, err
	}
	out := e.GetScheduleOutput
	return &out, nil
}

func (s *Service) deleteSchedule(_ context.Context, in *scheduler.DeleteScheduleInput) (*scheduler.DeleteScheduleOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	e, err := s.find(in.GroupName, in.Name)
	if err != nil {
		return nil, err
	}
	e.halt()
	delete(s.schedules, *e.Name)
	return &scheduler.DeleteScheduleOutput{}, nil
}

func (s *Service) listSchedules(_ context.Context, in *scheduler.ListSchedulesInput) (*scheduler.ListSchedulesOutput, error) {
	if err := inGroup(in.GroupName); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	out := &scheduler.ListSchedulesOutput{Schedules: []types.ScheduleSummary{}}
	for _, name := range slices.Sorted(maps.Keys(s.schedules)) {
		e := s.schedules[name]
		if !strings.HasPrefix(name, aws.ToString(in.NamePrefix)) || in.State != "" && in.State != e.State {
			continue
		}
		out.Schedules = append(out.Schedules, types.ScheduleSummary{
			Arn: e.Arn, Name: e.Name, GroupName: e.GroupName, State: e.State, CreationDate: e.CreationDate,
			LastModificationDate: e.LastModificationDate, Target: &types.TargetSummary{Arn: e.Target.Arn},
		})
	}
	return out, nil
}

func (s *Service) getScheduleGroup(_ context.Context, in *scheduler.GetScheduleGroupInput) (*scheduler.GetScheduleGroupOutput, error) {
	if err := inGroup(in.Name); err != nil {
		return nil, err
	}
	out := s.created
	return &out, nil
}

func (s *Service) listScheduleGroups(context.Context, *scheduler.ListScheduleGroupsInput) (*scheduler.ListScheduleGroupsOutput, error) {
	g := s.created
	return &scheduler.ListScheduleGroupsOutput{ScheduleGroups: []types.ScheduleGroupSummary{{
		Arn: g.Arn, Name: g.Name, State: g.State, CreationDate: g.CreationDate, LastModificationDate: g.LastModificationDate,
	}}}, nil
}
