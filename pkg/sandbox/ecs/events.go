package ecs

import (
	"encoding/json"
	"fmt"
	"time"
	"unicode"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecs/types"
	"github.com/google/uuid"
)

// say adds an event of a task set to its service.
func (s *Service) say(set *taskSet, format string, args ...any) {
	s.sayService(set.service, fmt.Sprintf("(service %s, taskSet %s) ", *set.service.shape.ServiceName, *set.shape.Id)+
		fmt.Sprintf(format, args...))
}

// sayService adds an event; the newest hundred are kept.
func (s *Service) sayService(svc *service, message string) {
	svc.events = append([]types.ServiceEvent{{
		Id: aws.String(uuid.NewString()), CreatedAt: s.now(), Message: aws.String(message),
	}}, svc.events[:min(len(svc.events), 99)]...)
}

// emitAction raises an ECS Service Action, about one task set when there is one.
func (s *Service) emitAction(svc *service, eventType, name string, set *taskSet) {
	detail := map[string]any{
		"eventType": eventType, "eventName": name, "clusterArn": *svc.shape.ClusterArn,
		"createdAt": s.now().UTC().Format("2006-01-02T15:04:05.000Z"),
	}
	if set != nil {
		detail["taskSetArns"] = []string{*set.shape.TaskSetArn}
	}
	s.outbox.put(emission{"ECS Service Action", []string{*svc.shape.ServiceArn}, detail})
}

// emitTask raises an ECS Task State Change with the task as it stands now.
func (s *Service) emitTask(m *member) {
	detail, _ := lower(m.shape).(map[string]any)
	detail["updatedAt"] = s.now().UTC().Format(time.RFC3339Nano)
	s.outbox.put(emission{"ECS Task State Change", []string{*m.shape.TaskArn}, detail})
}

// lower is an SDK value as events have it: first letters small, nothing that is not set.
func lower(v any) any {
	b, err := json.Marshal(v)
	var plain any
	if err == nil {
		err = json.Unmarshal(b, &plain)
	}
	if err != nil {
		panic(fmt.Sprintf("event of %T: %v", v, err)) // the SDK's types are plain data
	}
	return lowerKeys(plain)
}

func lowerKeys(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := make(map[string]any, len(v))
		for key, value := range v {
			if value != nil && value != "" {
				out[string(unicode.ToLower(rune(key[0])))+key[1:]] = lowerKeys(value)
			}
		}
		return out
	case []any:
		for i := range v {
			v[i] = lowerKeys(v[i])
		}
	}
	return v
}
