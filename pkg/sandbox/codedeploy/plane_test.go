package codedeploy

import (
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/codedeploy"
	"github.com/aws/aws-sdk-go-v2/service/codedeploy/types"
	elbtypes "github.com/aws/aws-sdk-go-v2/service/elasticloadbalancingv2/types"
	"github.com/aws/smithy-go"

	"github.com/cutover-ecs/cutover/pkg/appspec"
)

func TestTheFivePredefinedConfigurationsHaveTheirExactNames(t *testing.T) {
	w := newWorld(t, 1)
	same(t, "names", do[codedeploy.ListDeploymentConfigsOutput](w, &codedeploy.ListDeploymentConfigsInput{}).DeploymentConfigsList, []string{
		"CodeDeployDefault.ECSAllAtOnce", "CodeDeployDefault.ECSCanary10Percent15Minutes", "CodeDeployDefault.ECSCanary10Percent5Minutes",
		"CodeDeployDefault.ECSLinear10PercentEvery1Minutes", "CodeDeployDefault.ECSLinear10PercentEvery3Minutes"})
	c := do[codedeploy.GetDeploymentConfigOutput](w, &codedeploy.GetDeploymentConfigInput{
		DeploymentConfigName: new("CodeDeployDefault.ECSLinear10PercentEvery3Minutes")}).DeploymentConfigInfo
	same(t, "linear", c.TrafficRoutingConfig, &types.TrafficRoutingConfig{Type: "TimeBasedLinear",
		TimeBasedLinear: &types.TimeBasedLinear{LinearPercentage: 10, LinearInterval: 3}})
}

func TestConfigurationsThatMakeNoSenseAreRefused(t *testing.T) {
	w := newWorld(t, 1)
	canary := func(percent, minutes int32) *types.TrafficRoutingConfig {
		return &types.TrafficRoutingConfig{Type: types.TrafficRoutingTypeTimeBasedCanary,
			TimeBasedCanary: &types.TimeBasedCanary{CanaryPercentage: percent, CanaryInterval: minutes}}
	}
	for name, c := range map[string]struct {
		in   codedeploy.CreateDeploymentConfigInput
		want string
	}{
		"no name":        {codedeploy.CreateDeploymentConfigInput{}, "DeploymentConfigNameRequired"},
		"bad name":       {codedeploy.CreateDeploymentConfigInput{DeploymentConfigName: new("a b")}, "InvalidDeploymentConfigName"},
		"reserved name":  {codedeploy.CreateDeploymentConfigInput{DeploymentConfigName: new("CodeDeployDefault.Mine")}, "InvalidDeploymentConfigName"},
		"Lambda":         {codedeploy.CreateDeploymentConfigInput{DeploymentConfigName: new("x"), ComputePlatform: "Lambda"}, "InvalidComputePlatform"},
		"no routing":     {codedeploy.CreateDeploymentConfigInput{DeploymentConfigName: new("x"), ComputePlatform: "ECS"}, "InvalidTrafficRoutingConfiguration"},
		"0 %":            {codedeploy.CreateDeploymentConfigInput{DeploymentConfigName: new("x"), ComputePlatform: "ECS", TrafficRoutingConfig: canary(0, 5)}, "InvalidTrafficRoutingConfiguration"},
		"100 %":          {codedeploy.CreateDeploymentConfigInput{DeploymentConfigName: new("x"), ComputePlatform: "ECS", TrafficRoutingConfig: canary(100, 5)}, "InvalidTrafficRoutingConfiguration"},
		"over two days":  {codedeploy.CreateDeploymentConfigInput{DeploymentConfigName: new("x"), ComputePlatform: "ECS", TrafficRoutingConfig: canary(10, 2881)}, "InvalidTrafficRoutingConfiguration"},
		"a fine one":     {codedeploy.CreateDeploymentConfigInput{DeploymentConfigName: new("fine"), ComputePlatform: "ECS", TrafficRoutingConfig: canary(99, 2880)}, ""},
		"healthy hosts":  {codedeploy.CreateDeploymentConfigInput{DeploymentConfigName: new("x"), ComputePlatform: "ECS", MinimumHealthyHosts: &types.MinimumHealthyHosts{}}, "InvalidMinimumHealthyHostValue"},
		"type and other": {codedeploy.CreateDeploymentConfigInput{DeploymentConfigName: new("x"), ComputePlatform: "ECS", TrafficRoutingConfig: &types.TrafficRoutingConfig{Type: "TimeBasedLinear", TimeBasedCanary: canary(1, 1).TimeBasedCanary}}, "InvalidTrafficRoutingConfiguration"},
	} {
		got, _ := code[codedeploy.CreateDeploymentConfigOutput](w, &c.in)
		same(t, name, strings.TrimSuffix(got, "Exception"), c.want)
	}
	again, _ := code[codedeploy.CreateDeploymentConfigOutput](w, &codedeploy.CreateDeploymentConfigInput{DeploymentConfigName: new("fine"), ComputePlatform: "ECS", TrafficRoutingConfig: canary(1, 1)})
	same(t, "twice", again, "DeploymentConfigAlreadyExistsException")
	w.group(func(in *codedeploy.CreateDeploymentGroupInput) { in.DeploymentConfigName = new("fine") })
	used, _ := code[codedeploy.DeleteDeploymentConfigOutput](w, &codedeploy.DeleteDeploymentConfigInput{DeploymentConfigName: new("fine")})
	own, _ := code[codedeploy.DeleteDeploymentConfigOutput](w, &codedeploy.DeleteDeploymentConfigInput{DeploymentConfigName: new(allAtOnce)})
	same(t, "deletions", []string{used, own}, []string{"DeploymentConfigInUseException", "InvalidOperationException"})
	do[codedeploy.DeleteDeploymentGroupOutput](w, &codedeploy.DeleteDeploymentGroupInput{ApplicationName: new("web"), DeploymentGroupName: new("web")})
	do[codedeploy.DeleteDeploymentConfigOutput](w, &codedeploy.DeleteDeploymentConfigInput{DeploymentConfigName: new("fine")})
	gone, _ := code[codedeploy.GetDeploymentConfigOutput](w, &codedeploy.GetDeploymentConfigInput{DeploymentConfigName: new("fine")})
	same(t, "gone", gone, "DeploymentConfigDoesNotExistException")
}

func TestADeploymentGroupIsValidated(t *testing.T) {
	type input = codedeploy.CreateDeploymentGroupInput
	pair := func(in *input) *types.TargetGroupPairInfo { return &in.LoadBalancerInfo.TargetGroupPairInfoList[0] }
	for name, c := range map[string]struct {
		arrange func(*world)
		change  func(*input)
		want    string
		text    string
	}{
		"no application":   {nil, func(in *input) { in.ApplicationName = new("none") }, "ApplicationDoesNotExist", ""},
		"no name":          {nil, func(in *input) { in.DeploymentGroupName = nil }, "DeploymentGroupNameRequired", ""},
		"bad name":         {nil, func(in *input) { in.DeploymentGroupName = new("a/b") }, "InvalidDeploymentGroupName", ""},
		"no role":          {nil, func(in *input) { in.ServiceRoleArn = nil }, "RoleRequired", ""},
		"bad role":         {nil, func(in *input) { in.ServiceRoleArn = new("deploys") }, "InvalidRole", ""},
		"powerless role":   {func(w *world) { w.refuse["DescribeListeners"] = &smithy.GenericAPIError{Code: "AccessDenied"} }, nil, "InvalidRole", "The IAM role " + role},
		"role without ECS": {func(w *world) { w.refuse["DescribeServices"] = &smithy.GenericAPIError{Code: "AccessDeniedException"} }, nil, "InvalidRole", "AmazonECS"},
		"unknown config":   {nil, func(in *input) { in.DeploymentConfigName = new("none") }, "DeploymentConfigDoesNotExist", ""},
		"in place":         {nil, func(in *input) { in.DeploymentStyle = nil }, "InvalidDeploymentStyle", ""},
		"two services":     {nil, func(in *input) { in.EcsServices = append(in.EcsServices, in.EcsServices[0]) }, "InvalidECSService", ""},
		"unknown service": {nil, func(in *input) {
			in.EcsServices = []types.ECSService{{ClusterName: new("main"), ServiceName: new("none")}}
		}, "InvalidECSService", "can not be found"},
		"no pair":            {nil, func(in *input) { in.LoadBalancerInfo = nil }, "InvalidLoadBalancerInfo", pairText},
		"one target group":   {nil, func(in *input) { pair(in).TargetGroups = pair(in).TargetGroups[:1] }, "InvalidTargetGroupPair", pairText},
		"unknown group":      {nil, func(in *input) { pair(in).TargetGroups[1].Name = new("none") }, "InvalidLoadBalancerInfo", pairText},
		"no listener":        {nil, func(in *input) { pair(in).ProdTrafficRoute = nil }, "InvalidTargetGroupPair", pairText},
		"unknown listener":   {nil, func(in *input) { pair(in).ProdTrafficRoute.ListenerArns[0] = "none" }, "InvalidLoadBalancerInfo", pairText},
		"test is production": {nil, func(in *input) { pair(in).TestTrafficRoute = pair(in).ProdTrafficRoute }, "InvalidTargetGroupPair", pairText},
		"wait too long": {nil, func(in *input) {
			in.BlueGreenDeploymentConfiguration.TerminateBlueInstancesOnDeploymentSuccess.TerminationWaitTimeInMinutes = 2881
		}, "InvalidBlueGreenDeploymentConfiguration", ""},
		"unknown action":      {nil, func(in *input) { in.BlueGreenDeploymentConfiguration.DeploymentReadyOption.ActionOnTimeout = "X" }, "InvalidBlueGreenDeploymentConfiguration", ""},
		"eleven alarms":       {nil, func(in *input) { in.AlarmConfiguration = &types.AlarmConfiguration{Alarms: make([]types.Alarm, 11)} }, "AlarmsLimitExceeded", ""},
		"alarms, none named":  {nil, func(in *input) { in.AlarmConfiguration = &types.AlarmConfiguration{Enabled: true} }, "InvalidAlarmConfig", ""},
		"rollback on nothing": {nil, func(in *input) { in.AutoRollbackConfiguration.Events = nil }, "InvalidAutoRollbackConfig", ""},
		"rollback on what":    {nil, func(in *input) { in.AutoRollbackConfiguration.Events[0] = "X" }, "InvalidAutoRollbackConfig", ""},
		"EC2 tags":            {nil, func(in *input) { in.Ec2TagFilters = make([]types.EC2TagFilter, 1) }, "InvalidInput", ""},
		"gradual over an NLB": {func(w *world) { w.protocol = elbtypes.ProtocolEnumTcp }, func(in *input) {
			in.DeploymentConfigName = new("CodeDeployDefault.ECSCanary10Percent5Minutes")
		}, "InvalidTrafficRoutingConfiguration", "Only ALB supports gradual traffic routing, use AllAtOnce Traffic routing instead when you create/update Deployment group."},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, 1e6)
			do[codedeploy.CreateApplicationOutput](w, &codedeploy.CreateApplicationInput{ApplicationName: new("web"), ComputePlatform: "ECS"})
			if c.arrange != nil {
				c.arrange(w)
			}
			in := groupInput()
			if c.change != nil {
				c.change(in)
			}
			got, text := code[codedeploy.CreateDeploymentGroupOutput](w, in)
			same(t, "code", strings.TrimSuffix(got, "Exception"), c.want)
			if !strings.Contains(text, c.text) {
				t.Errorf("message %q lacks %q", text, c.text)
			}
		})
	}
}

func TestAServiceBelongsToOneGroup(t *testing.T) {
	w := newWorld(t, 1)
	w.group(nil)
	in := groupInput()
	in.DeploymentGroupName = new("other")
	in.EcsServices[0] = types.ECSService{ClusterName: new("arn:aws:ecs:us-east-1:111122223333:cluster/main"), ServiceName: new("web")}
	got, _ := code[codedeploy.CreateDeploymentGroupOutput](w, in)
	same(t, "second group", got, "ECSServiceMappingLimitExceededException")
	got, _ = code[codedeploy.CreateDeploymentGroupOutput](w, groupInput())
	same(t, "same name", got, "ECSServiceMappingLimitExceededException")
}

func TestAGroupIsUpdatedRenamedAndDeleted(t *testing.T) {
	w := newWorld(t, 1)
	w.group(func(in *codedeploy.CreateDeploymentGroupInput) {
		in.BlueGreenDeploymentConfiguration = nil
		in.Tags = []types.Tag{{Key: new("team"), Value: new("web")}}
	})
	get := func(name string) *types.DeploymentGroupInfo {
		return do[codedeploy.GetDeploymentGroupOutput](w, &codedeploy.GetDeploymentGroupInput{ApplicationName: new("web"), DeploymentGroupName: &name}).DeploymentGroupInfo
	}
	same(t, "defaults", get("web").BlueGreenDeploymentConfiguration, &types.BlueGreenDeploymentConfiguration{
		DeploymentReadyOption:                     &types.DeploymentReadyOption{ActionOnTimeout: "CONTINUE_DEPLOYMENT"},
		TerminateBlueInstancesOnDeploymentSuccess: &types.BlueInstanceTerminationOption{Action: "TERMINATE"}})
	do[codedeploy.UpdateDeploymentGroupOutput](w, &codedeploy.UpdateDeploymentGroupInput{
		ApplicationName: new("web"), CurrentDeploymentGroupName: new("web"), NewDeploymentGroupName: new("site"),
		DeploymentConfigName: new("CodeDeployDefault.ECSCanary10Percent5Minutes")})
	same(t, "config", *get("site").DeploymentConfigName, "CodeDeployDefault.ECSCanary10Percent5Minutes")
	same(t, "production of a gradual group", w.weights(prod), "100/0")
	tags := do[codedeploy.ListTagsForResourceOutput](w, &codedeploy.ListTagsForResourceInput{
		ResourceArn: new("arn:aws:codedeploy:us-east-1:111122223333:deploymentgroup:web/site")}).Tags
	same(t, "tags", tags, []types.Tag{{Key: new("team"), Value: new("web")}})
	bad, _ := code[codedeploy.UpdateDeploymentGroupOutput](w, &codedeploy.UpdateDeploymentGroupInput{
		ApplicationName: new("web"), CurrentDeploymentGroupName: new("web")})
	same(t, "old name", bad, "DeploymentGroupDoesNotExistException")
	b := do[codedeploy.BatchGetDeploymentGroupsOutput](w, &codedeploy.BatchGetDeploymentGroupsInput{ApplicationName: new("web"), DeploymentGroupNames: []string{"site", "none"}})
	if len(b.DeploymentGroupsInfo) != 1 || !strings.Contains(*b.ErrorMessage, "none") {
		t.Errorf("batch: %+v", b)
	}
	for range 2 {
		do[codedeploy.DeleteDeploymentGroupOutput](w, &codedeploy.DeleteDeploymentGroupInput{ApplicationName: new("web"), DeploymentGroupName: new("site")})
		do[codedeploy.DeleteApplicationOutput](w, &codedeploy.DeleteApplicationInput{ApplicationName: new("web")})
	}
	same(t, "applications", do[codedeploy.ListApplicationsOutput](w, &codedeploy.ListApplicationsInput{}).Applications, []string{})
}

func TestApplicationsAreCreatedRenamedTaggedAndListedByPages(t *testing.T) {
	w := newWorld(t, 1)
	w.s.assumes.PageSize = 2
	for _, name := range []string{"c", "a", "b"} {
		do[codedeploy.CreateApplicationOutput](w, &codedeploy.CreateApplicationInput{ApplicationName: &name, ComputePlatform: "ECS"})
	}
	first := do[codedeploy.ListApplicationsOutput](w, &codedeploy.ListApplicationsInput{})
	second := do[codedeploy.ListApplicationsOutput](w, &codedeploy.ListApplicationsInput{NextToken: first.NextToken})
	same(t, "pages", [][]string{first.Applications, second.Applications}, [][]string{{"a", "b"}, {"c"}})
	if second.NextToken != nil {
		t.Error("a page follows the last")
	}
	arn := "arn:aws:codedeploy:us-east-1:111122223333:application:"
	do[codedeploy.TagResourceOutput](w, &codedeploy.TagResourceInput{ResourceArn: new(arn + "a"), Tags: []types.Tag{{Key: new("k"), Value: new("1")}, {Key: new("j")}}})
	do[codedeploy.TagResourceOutput](w, &codedeploy.TagResourceInput{ResourceArn: new(arn + "a"), Tags: []types.Tag{{Key: new("k"), Value: new("2")}}})
	do[codedeploy.UntagResourceOutput](w, &codedeploy.UntagResourceInput{ResourceArn: new(arn + "a"), TagKeys: []string{"j"}})
	do[codedeploy.UpdateApplicationOutput](w, &codedeploy.UpdateApplicationInput{ApplicationName: new("a"), NewApplicationName: new("z")})
	same(t, "tags", do[codedeploy.ListTagsForResourceOutput](w, &codedeploy.ListTagsForResourceInput{ResourceArn: new(arn + "z")}).Tags,
		[]types.Tag{{Key: new("k"), Value: new("2")}})
	batch := do[codedeploy.BatchGetApplicationsOutput](w, &codedeploy.BatchGetApplicationsInput{ApplicationNames: []string{"z", "b"}})
	same(t, "batch", *batch.ApplicationsInfo[0].ApplicationName, "z")
	var got []string
	note := func(c, _ string) { got = append(got, strings.TrimSuffix(c, "Exception")) }
	note(code[codedeploy.CreateApplicationOutput](w, &codedeploy.CreateApplicationInput{ApplicationName: new("b"), ComputePlatform: "ECS"}))
	note(code[codedeploy.CreateApplicationOutput](w, &codedeploy.CreateApplicationInput{ApplicationName: new("x")}))
	note(code[codedeploy.CreateApplicationOutput](w, &codedeploy.CreateApplicationInput{ApplicationName: new("a b"), ComputePlatform: "ECS"}))
	note(code[codedeploy.GetApplicationOutput](w, &codedeploy.GetApplicationInput{}))
	note(code[codedeploy.GetApplicationOutput](w, &codedeploy.GetApplicationInput{ApplicationName: new("a")}))
	note(code[codedeploy.ListApplicationsOutput](w, &codedeploy.ListApplicationsInput{NextToken: new("%")}))
	note(code[codedeploy.BatchGetApplicationsOutput](w, &codedeploy.BatchGetApplicationsInput{ApplicationNames: make([]string, 101)}))
	note(code[codedeploy.TagResourceOutput](w, &codedeploy.TagResourceInput{ResourceArn: new("arn:aws:s3:::x"), Tags: []types.Tag{{Key: new("k")}}}))
	note(code[codedeploy.TagResourceOutput](w, &codedeploy.TagResourceInput{ResourceArn: new(arn + "z"), Tags: []types.Tag{{Key: new("aws:k")}}}))
	note(code[codedeploy.ListTagsForResourceOutput](w, &codedeploy.ListTagsForResourceInput{ResourceArn: new("arn:aws:codedeploy:us-east-1:111122223333:instance:i")}))
	same(t, "refusals", got, []string{"ApplicationAlreadyExists", "InvalidComputePlatform", "InvalidApplicationName", "ApplicationNameRequired",
		"ApplicationDoesNotExist", "InvalidNextToken", "BatchLimitExceeded", "InvalidArn", "InvalidTagsToAdd", "ArnNotSupported"})
}

func TestCreateDeploymentRefusesWhatItCanSee(t *testing.T) {
	type input = codedeploy.CreateDeploymentInput
	for name, c := range map[string]struct {
		change     func(*input)
		want, text string
	}{
		"no application":      {func(in *input) { in.ApplicationName = nil }, "ApplicationNameRequired", ""},
		"unknown application": {func(in *input) { in.ApplicationName = new("none") }, "ApplicationDoesNotExist", ""},
		"no group":            {func(in *input) { in.DeploymentGroupName = nil }, "DeploymentGroupNameRequired", ""},
		"unknown group":       {func(in *input) { in.DeploymentGroupName = new("none") }, "DeploymentGroupDoesNotExist", ""},
		"no revision":         {func(in *input) { in.Revision = nil }, "RevisionRequired", "RevisionLocation must be specified"},
		"no content":          {func(in *input) { in.Revision.AppSpecContent = &types.AppSpecContent{} }, "InvalidRevision", ""},
		"S3":                  {func(in *input) { in.Revision = &types.RevisionLocation{RevisionType: "S3"} }, "InvalidRevision", "S3"},
		"GitHub":              {func(in *input) { in.Revision = &types.RevisionLocation{RevisionType: "GitHub"} }, "InvalidRevision", "GitHub"},
		"wrong sha256":        {func(in *input) { in.Revision.AppSpecContent.Sha256 = new("0") }, "InvalidRevision", "sha256"},
		"unknown sha256":      {func(in *input) { in.Revision.AppSpecContent = &types.AppSpecContent{Sha256: new("0")} }, "RevisionDoesNotExist", ""},
		"unknown config":      {func(in *input) { in.DeploymentConfigName = new("none") }, "DeploymentConfigDoesNotExist", ""},
		"long description":    {func(in *input) { in.Description = new(strings.Repeat("ä", 257)) }, "DescriptionTooLong", ""},
		"instances":           {func(in *input) { in.TargetInstances = &types.TargetInstances{} }, "InvalidTargetInstances", ""},
		"rollback on nothing": {func(in *input) { in.AutoRollbackConfiguration = &types.AutoRollbackConfiguration{Enabled: true} }, "InvalidAutoRollbackConfig", ""},
		"alarms, none named":  {func(in *input) { in.OverrideAlarmConfiguration = &types.AlarmConfiguration{Enabled: true} }, "InvalidAlarmConfig", ""},
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, 1)
			w.group(nil)
			in := &input{ApplicationName: new("web"), DeploymentGroupName: new("web"), Revision: inline(spec(td2))}
			c.change(in)
			got, text := code[codedeploy.CreateDeploymentOutput](w, in)
			same(t, "code", strings.TrimSuffix(got, "Exception"), c.want)
			if !strings.Contains(text, c.text) {
				t.Errorf("message %q lacks %q", text, c.text)
			}
		})
	}
}

func TestABadAppSpecIsRefusedAtTheCallWhenThatIsAssumed(t *testing.T) {
	w := newWorld(t, 1)
	w.group(nil)
	w.s.assumes.AppSpecCheckedAtCall = true
	got, _ := code[codedeploy.CreateDeploymentOutput](w, &codedeploy.CreateDeploymentInput{
		ApplicationName: new("web"), DeploymentGroupName: new("web"), Revision: inline("{")})
	same(t, "code", got, "InvalidRevisionException")
}

func TestDeploymentsAreListedNewestFirstAndFiltered(t *testing.T) {
	inBubble(t, 1, func(w *world) {
		w.group(nil)
		w.s.assumes.PageSize = 2
		var ids []string
		for _, content := range []string{spec(td2), "{", spec(td3)} {
			id := w.deploy(content)
			w.end(id)
			ids = append(ids, id)
		}
		slices.Reverse(ids)
		list := func(in codedeploy.ListDeploymentsInput) *codedeploy.ListDeploymentsOutput {
			return do[codedeploy.ListDeploymentsOutput](w, &in)
		}
		first := list(codedeploy.ListDeploymentsInput{ApplicationName: new("web"), DeploymentGroupName: new("web")})
		same(t, "page 1", first.Deployments, ids[:2])
		same(t, "page 2", list(codedeploy.ListDeploymentsInput{NextToken: first.NextToken}).Deployments, ids[2:])
		same(t, "failed", list(codedeploy.ListDeploymentsInput{IncludeOnlyStatuses: []types.DeploymentStatus{"Failed"}}).Deployments, ids[1:2])
		same(t, "active", list(codedeploy.ListDeploymentsInput{IncludeOnlyStatuses: []types.DeploymentStatus{"InProgress", "Created"}}).Deployments, []string{})
		begin := time.Date(2000, 1, 1, 0, 30, 0, 0, time.UTC)
		same(t, "since half past", list(codedeploy.ListDeploymentsInput{CreateTimeRange: &types.TimeRange{Start: &begin}}).Deployments, ids[:2])
		same(t, "until half past", list(codedeploy.ListDeploymentsInput{CreateTimeRange: &types.TimeRange{End: &begin}}).Deployments, ids[2:])
		same(t, "batch", len(do[codedeploy.BatchGetDeploymentsOutput](w, &codedeploy.BatchGetDeploymentsInput{
			DeploymentIds: append(ids, "d-AAAAAAAAA")}).DeploymentsInfo), 3)
		var got []string
		note := func(c, _ string) { got = append(got, strings.TrimSuffix(c, "Exception")) }
		note(code[codedeploy.ListDeploymentsOutput](w, &codedeploy.ListDeploymentsInput{ApplicationName: new("web")}))
		note(code[codedeploy.ListDeploymentsOutput](w, &codedeploy.ListDeploymentsInput{DeploymentGroupName: new("web")}))
		note(code[codedeploy.ListDeploymentsOutput](w, &codedeploy.ListDeploymentsInput{IncludeOnlyStatuses: []types.DeploymentStatus{"Done"}}))
		note(code[codedeploy.BatchGetDeploymentsOutput](w, &codedeploy.BatchGetDeploymentsInput{DeploymentIds: make([]string, 26)}))
		note(code[codedeploy.GetDeploymentOutput](w, &codedeploy.GetDeploymentInput{DeploymentId: new("d-1")}))
		note(code[codedeploy.GetDeploymentOutput](w, &codedeploy.GetDeploymentInput{DeploymentId: new("d-AAAAAAAAA")}))
		same(t, "refusals", got, []string{"DeploymentGroupNameRequired", "ApplicationNameRequired", "InvalidDeploymentStatus", "BatchLimitExceeded",
			"InvalidDeploymentId", "DeploymentDoesNotExist"})
	})
}

func TestTheOneTargetIsFoundByClusterAndService(t *testing.T) {
	inBubble(t, 1, func(w *world) {
		w.group(nil)
		id := w.deploy(spec(td2))
		synctest.Wait()
		d := w.s.deployments[id]
		w.s.change(d, func() { d.info.Status = types.DeploymentStatusCreated })
		c, _ := code[codedeploy.ListDeploymentTargetsOutput](w, &codedeploy.ListDeploymentTargetsInput{DeploymentId: &id})
		same(t, "while Created", c, "DeploymentNotStartedException")
		w.s.change(d, func() { d.info.Status = types.DeploymentStatusInProgress })
		same(t, "list", do[codedeploy.ListDeploymentTargetsOutput](w, &codedeploy.ListDeploymentTargetsInput{DeploymentId: &id}).TargetIds, []string{"main:web"})
		same(t, "filtered", do[codedeploy.ListDeploymentTargetsOutput](w, &codedeploy.ListDeploymentTargetsInput{DeploymentId: &id,
			TargetFilters: map[string][]string{"TargetStatus": {"Failed"}}}).TargetIds, []string{})
		batch := do[codedeploy.BatchGetDeploymentTargetsOutput](w, &codedeploy.BatchGetDeploymentTargetsInput{DeploymentId: &id, TargetIds: []string{"main:web"}})
		same(t, "batch", batch.DeploymentTargets[0].DeploymentTargetType, types.DeploymentTargetTypeEcsTarget)
		var got []string
		for _, target := range []*string{nil, new("x"), new("main:none")} {
			c, _ := code[codedeploy.GetDeploymentTargetOutput](w, &codedeploy.GetDeploymentTargetInput{DeploymentId: &id, TargetId: target})
			got = append(got, strings.TrimSuffix(c, "Exception"))
		}
		same(t, "refusals", got, []string{"DeploymentTargetIdRequired", "InvalidDeploymentTargetId", "DeploymentTargetDoesNotExist"})
	})
}

func TestRevisionsAreFoundByTheirDigestWithTheirContent(t *testing.T) {
	inBubble(t, 1, func(w *world) {
		w.group(nil)
		do[codedeploy.RegisterApplicationRevisionOutput](w, &codedeploy.RegisterApplicationRevisionInput{
			ApplicationName: new("web"), Revision: inline(spec(td3)), Description: new("later")})
		id := w.deploy(spec(td2))
		w.end(id)
		sum := w.get(id).Revision.AppSpecContent.Sha256
		same(t, "digest", *sum, appspec.SHA256([]byte(spec(td2))))
		bySum := func(sum *string) *types.RevisionLocation {
			return &types.RevisionLocation{RevisionType: "AppSpecContent", AppSpecContent: &types.AppSpecContent{Sha256: sum}}
		}
		got := do[codedeploy.GetApplicationRevisionOutput](w, &codedeploy.GetApplicationRevisionInput{ApplicationName: new("web"), Revision: bySum(sum)})
		same(t, "content", *got.Revision.AppSpecContent.Content, spec(td2))
		same(t, "groups", got.RevisionInfo.DeploymentGroups, []string{"web"})
		undeployed := do[codedeploy.ListApplicationRevisionsOutput](w, &codedeploy.ListApplicationRevisionsInput{ApplicationName: new("web"), Deployed: "exclude"})
		same(t, "never deployed", undeployed.Revisions, []types.RevisionLocation{*bySum(new(appspec.SHA256([]byte(spec(td3)))))})
		do[codedeploy.CreateDeploymentOutput](w, &codedeploy.CreateDeploymentInput{ApplicationName: new("web"), DeploymentGroupName: new("web"), Revision: bySum(undeployed.Revisions[0].AppSpecContent.Sha256)})
		batch := do[codedeploy.BatchGetApplicationRevisionsOutput](w, &codedeploy.BatchGetApplicationRevisionsInput{
			ApplicationName: new("web"), Revisions: []types.RevisionLocation{*bySum(sum), *bySum(new("0"))}})
		if len(batch.Revisions) != 1 || batch.ErrorMessage == nil {
			t.Errorf("batch: %+v", batch)
		}
		newest := do[codedeploy.ListApplicationRevisionsOutput](w, &codedeploy.ListApplicationRevisionsInput{ApplicationName: new("web"), SortBy: "lastUsedTime", SortOrder: "descending"})
		same(t, "newest", *newest.Revisions[0].AppSpecContent.Sha256, appspec.SHA256([]byte(spec(td3))))
		c, _ := code[codedeploy.GetApplicationRevisionOutput](w, &codedeploy.GetApplicationRevisionInput{ApplicationName: new("web"), Revision: bySum(new("0"))})
		same(t, "unknown", c, "RevisionDoesNotExistException")
	})
}
