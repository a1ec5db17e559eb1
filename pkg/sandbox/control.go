package sandbox

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/cutover-ecs/cutover/pkg/sandbox/fault"
	"github.com/cutover-ecs/cutover/pkg/sandbox/wire"
)

// maxFault is the size in bytes of a fault's description.
const maxFault = 64 << 10

// listFaults answers the plan as JSON.
func (s *Sandbox) listFaults(w http.ResponseWriter, _ *http.Request) {
	all := []map[string]any{}
	for _, p := range s.Faults().List() {
		one := fault.Encode(p.Fault)
		one["ID"], one["Matched"], one["Struck"] = p.ID, p.Matched, p.Struck
		all = append(all, one)
	}
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(all)
}

// addFault plans one fault, as fault.Encode writes it, and answers its number.
func (s *Sandbox) addFault(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxFault))
	var f fault.Fault
	if err == nil {
		f, err = fault.Decode(body)
	}
	var id int
	if err == nil {
		id, err = s.Faults().Add(f)
	}
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	fmt.Fprintln(w, id)
}

func (s *Sandbox) clearFaults(w http.ResponseWriter, _ *http.Request) {
	fmt.Fprintf(w, "%d faults removed\n", s.Faults().Clear())
}

func (s *Sandbox) removeFault(w http.ResponseWriter, r *http.Request) {
	id, err := strconv.Atoi(r.PathValue("id"))
	if err != nil || !s.Faults().Remove(id) {
		http.Error(w, fmt.Sprintf("there is no fault %.20s", r.PathValue("id")), http.StatusNotFound)
		return
	}
	fmt.Fprintf(w, "fault %d removed\n", id)
}

// TrailLine is one entry of the trail as people and programs read it.
type TrailLine struct {
	Time      time.Time `json:"time"`
	Principal string    `json:"principal"`
	Action    string    `json:"action"`             // service:Operation
	Resource  string    `json:"resource,omitempty"` // what the call names first, when it names something
	Allowed   string    `json:"allowed,omitempty"`  // "root", or the statements that allowed it, by policy and role
	Error     string    `json:"error,omitempty"`    // code of the answer
	Fault     string    `json:"fault,omitempty"`    // what was injected
}

// trail writes a JSON document a line for each entry. With ?follow=1 it goes on until the client leaves.
func (s *Sandbox) trail(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/x-ndjson")
	follow := r.URL.Query().Get("follow") != ""
	out := json.NewEncoder(w)
	for seen := 0; ; {
		entries, next, changed := s.services.wire.TrailSince(seen)
		for _, e := range entries {
			if out.Encode(lineOf(e)) != nil {
				return
			}
		}
		seen = next
		if !follow {
			return
		}
		http.NewResponseController(w).Flush()
		select {
		case <-changed:
		case <-r.Context().Done():
			return
		}
	}
}

func lineOf(e wire.Entry) TrailLine {
	return TrailLine{
		Time: e.Time, Principal: e.Caller.ARN, Action: e.Service + ":" + e.Action, Resource: cmp.Or(e.Subject, resource(e.Input)),
		Allowed: e.Allowed, Error: e.Error, Fault: e.Fault,
	}
}

// naming members of inputs, the most telling first.
var naming = []string{
	"TaskSet", "PrimaryTaskSet", "DeploymentId", "ListenerArn", "RuleArn", "TargetGroupArn", "LoadBalancerArn", "FunctionName",
	"Service", "ServiceName", "TaskDefinition", "Family", "RepositoryName", "DeploymentGroupName", "ApplicationName", "QueueUrl", "QueueName",
	"TopicArn", "RuleName", "RoleName", "Cluster", "ClusterName", "LogGroupName", "StackName", "ResourceArn", "ResourceARN", "Name",
}

// resource is what an input names, read from its members.
func resource(input any) string {
	v := reflect.Indirect(reflect.ValueOf(input))
	if v.Kind() != reflect.Struct {
		return ""
	}
	for _, name := range naming {
		switch x := v.FieldByName(name); {
		case !x.IsValid():
		case x.Type() == reflect.TypeFor[*string]() && !x.IsNil():
			return aws.ToString(x.Interface().(*string))
		}
	}
	for i := range v.NumField() {
		if v.Type().Field(i).IsExported() && v.Field(i).Type() == reflect.TypeFor[[]string]() && v.Field(i).Len() > 0 {
			return strings.Join(v.Field(i).Interface().([]string), ",")
		}
	}
	return ""
}
