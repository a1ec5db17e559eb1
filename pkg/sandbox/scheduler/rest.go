package scheduler

import (
	"net/http"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/scheduler"
	"github.com/aws/aws-sdk-go-v2/service/scheduler/types"
	"github.com/cutover-ecs/cutover/pkg/sandbox/wire"
)

// Handler is the REST API of the operations, for wire's Handle under the signing name "scheduler". Register comes
// first.
func (s *Service) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("POST /schedules/{name}", wire.REST[scheduler.CreateScheduleInput, scheduler.CreateScheduleOutput](s.srv, http.StatusOK,
		func(r *http.Request, in *scheduler.CreateScheduleInput) error {
			in.Name = aws.String(r.PathValue("name"))
			return nil
		}))
	mux.Handle("PUT /schedules/{name}", wire.REST[scheduler.UpdateScheduleInput, scheduler.UpdateScheduleOutput](s.srv, http.StatusOK,
		func(r *http.Request, in *scheduler.UpdateScheduleInput) error {
			in.Name = aws.String(r.PathValue("name"))
			return nil
		}))
	mux.Handle("GET /schedules/{name}", wire.REST[scheduler.GetScheduleInput, scheduler.GetScheduleOutput](s.srv, http.StatusOK,
		func(r *http.Request, in *scheduler.GetScheduleInput) error {
			in.Name, in.GroupName = aws.String(r.PathValue("name")), query(r, "groupName")
			return nil
		}))
	mux.Handle("DELETE /schedules/{name}", wire.REST[scheduler.DeleteScheduleInput, scheduler.DeleteScheduleOutput](s.srv, http.StatusOK,
		func(r *http.Request, in *scheduler.DeleteScheduleInput) error {
			in.Name, in.GroupName = aws.String(r.PathValue("name")), query(r, "groupName")
			return nil
		}))
	mux.Handle("GET /schedules", wire.REST[scheduler.ListSchedulesInput, scheduler.ListSchedulesOutput](s.srv, http.StatusOK,
		func(r *http.Request, in *scheduler.ListSchedulesInput) error {
			in.GroupName, in.NamePrefix = query(r, "ScheduleGroup"), query(r, "NamePrefix")
			in.State = types.ScheduleState(r.URL.Query().Get("State"))
			return nil
		}))
	mux.Handle("GET /schedule-groups/{name}", wire.REST[scheduler.GetScheduleGroupInput, scheduler.GetScheduleGroupOutput](s.srv, http.StatusOK,
		func(r *http.Request, in *scheduler.GetScheduleGroupInput) error {
			in.Name = aws.String(r.PathValue("name"))
			return nil
		}))
	mux.Handle("GET /schedule-groups", wire.REST[scheduler.ListScheduleGroupsInput, scheduler.ListScheduleGroupsOutput](s.srv, http.StatusOK, nil))
	return mux
}

func query(r *http.Request, name string) *string {
	if q := r.URL.Query(); q.Has(name) {
		v := q.Get(name)
		return &v
	}
	return nil
}
