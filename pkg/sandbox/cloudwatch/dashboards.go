package cloudwatch

import (
	"encoding/json"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/cloudwatch"
	"github.com/aws/aws-sdk-go-v2/service/cloudwatch/types"
)

// dashboard is a body as it was put. Nobody draws it here.
type dashboard struct {
	body     string
	modified time.Time
}

// A dashboard's name is what API_PutDashboard allows. Its length is asked apart: a count in the pattern is that many
// copies of it, which every start of the program would make.
var dashboardName = regexp.MustCompile(`^[A-Za-z0-9_-]+$`)

const longestDashboardName = 255

// dashboardPage is how many dashboards one ListDashboards lists (API_ListDashboards).
const dashboardPage = 1000

// putDashboard makes a dashboard or replaces its body, and refuses a body as AWS does, with all that is wrong.
func (s *Service) putDashboard(in *cloudwatch.PutDashboardInput) (*cloudwatch.PutDashboardOutput, error) {
	name, body := str(in.DashboardName), str(in.DashboardBody)
	if len(name) > longestDashboardName || !dashboardName.MatchString(name) {
		return nil, invalidDashboard(fmt.Sprintf("The value %q for field DashboardName contains invalid characters. It can only contain alphanumerics, dash (-) and underscore (_).", name), nil)
	}
	found, err := checkDashboard(body)
	if err != nil {
		return nil, invalidDashboard(notJSON, nil)
	}
	if len(found) > 0 {
		return nil, invalidDashboard(wrongBody(found), found)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.dashboards[name] = dashboard{body: body, modified: time.Now().UTC()}
	return &cloudwatch.PutDashboardOutput{DashboardValidationMessages: []types.DashboardValidationMessage{}}, nil
}

// wrongBody is how AWS puts findings into words
// (https://github.com/aws-samples/aws-eda-slurm-cluster/issues/116 shows one).
func wrongBody(found []types.DashboardValidationMessage) string {
	type message struct {
		DataPath string `json:"dataPath"`
		Message  string `json:"message"`
	}
	list := make([]message, len(found))
	for i, f := range found {
		list[i] = message{str(f.DataPath), str(f.Message)}
	}
	text, _ := json.MarshalIndent(list, "", "  ") // of two texts
	return fmt.Sprintf("The dashboard body is invalid, there are %d validation errors:\n%s", len(found), text)
}

func invalidDashboard(message string, found []types.DashboardValidationMessage) error {
	return &types.DashboardInvalidInputError{Message: &message, DashboardValidationMessages: found}
}

func (s *Service) getDashboard(in *cloudwatch.GetDashboardInput) (*cloudwatch.GetDashboardOutput, error) {
	name := str(in.DashboardName)
	s.mu.Lock()
	defer s.mu.Unlock()
	d, ok := s.dashboards[name]
	if !ok {
		return nil, noDashboard(name)
	}
	return &cloudwatch.GetDashboardOutput{DashboardName: &name, DashboardArn: s.dashboardARN(name), DashboardBody: &d.body}, nil
}

// dashboardARN names no region: a dashboard is one for all.
func (s *Service) dashboardARN(name string) *string {
	return ptr("arn:aws:cloudwatch::" + s.opts.Account + ":dashboard/" + name)
}

func (s *Service) listDashboards(in *cloudwatch.ListDashboardsInput) (*cloudwatch.ListDashboardsOutput, error) {
	from := 0
	if t := str(in.NextToken); t != "" {
		n, err := strconv.Atoi(t)
		if err != nil || n < 0 {
			return nil, &types.InvalidParameterValueException{Message: ptr("NextToken is not one of ListDashboards")}
		}
		from = n
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	out := &cloudwatch.ListDashboardsOutput{DashboardEntries: []types.DashboardEntry{}}
	names := slices.DeleteFunc(slices.Sorted(maps.Keys(s.dashboards)), func(name string) bool { return !strings.HasPrefix(name, str(in.DashboardNamePrefix)) })
	from = min(from, len(names))
	end := min(from+dashboardPage, len(names))
	if end < len(names) {
		out.NextToken = ptr(strconv.Itoa(end))
	}
	for _, name := range names[from:end] {
		d := s.dashboards[name]
		out.DashboardEntries = append(out.DashboardEntries, types.DashboardEntry{
			DashboardName: &name, DashboardArn: s.dashboardARN(name), LastModified: &d.modified, Size: ptr(int64(len(d.body))),
		})
	}
	return out, nil
}

// deleteDashboards deletes all or, when one is not known, none (API_DeleteDashboards).
func (s *Service) deleteDashboards(in *cloudwatch.DeleteDashboardsInput) (*cloudwatch.DeleteDashboardsOutput, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, name := range in.DashboardNames {
		if _, ok := s.dashboards[name]; !ok {
			return nil, unknownToDelete(name)
		}
	}
	for _, name := range in.DashboardNames {
		delete(s.dashboards, name)
	}
	return &cloudwatch.DeleteDashboardsOutput{}, nil
}

func noDashboard(name string) error {
	return &types.DashboardNotFoundError{Message: ptr("Dashboard " + name + " does not exist")}
}
