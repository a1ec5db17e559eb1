package config

import (
	"bytes"
	"compress/flate"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/cutover-ecs/cutover/pkg/appspec"
)

// The variables by which a function is told what it works for.
const (
	EnvService        = "CUTOVER_SERVICE" // Service as JSON, deflated, base64
	EnvStage          = "CUTOVER_STAGE"   // a lifecycle event; not set where the function is none's
	EnvReports        = "CUTOVER_REPORTS" // bucket/prefix; not set where none are kept
	EnvCluster        = "CUTOVER_CLUSTER"
	EnvBase           = "CUTOVER_BASE"
	EnvSubnets        = "CUTOVER_SUBNETS"
	EnvSecurityGroups = "CUTOVER_SECURITY_GROUPS"
	EnvAssignPublicIP = "CUTOVER_ASSIGN_PUBLIC_IP"
)

// WholeCPU is the memory in MiB with which a function has one whole CPU
// (https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html).
const WholeCPU = 1769

// GoRuntime are the variables that fit Go's runtime to a function of that many MiB. It would collect garbage for the
// first time within the first event, on as many threads as it sees CPUs: Lambda shows two, of which 256 MiB have a
// seventh of one. So garbage is left until it is four times what is in use, or until three quarters of the memory are
// taken, and there are as many threads as whole CPUs: a fifth less processor time for a release, and no more memory.
func GoRuntime(memory int) map[string]string {
	return map[string]string{
		"GOGC":       "400",
		"GOMEMLIMIT": strconv.Itoa(memory*3/4) + "MiB",
		"GOMAXPROCS": strconv.Itoa(max(1, memory/WholeCPU)),
	}
}

// maxService bounds what FromEnvironment inflates. Lambda's whole environment is at most 4 KB.
const maxService = 256 << 10

// Environment is d as a function's variables. All but the service may hold deploy-time tokens.
func (d Deployed) Environment() (map[string]string, error) {
	service := d.Service.with(d.Stage)
	var unread error
	service.suites(func(_ string, suite *Suite) { unread = errors.Join(unread, suite.unread()) })
	if unread != nil {
		return nil, fmt.Errorf("write %s: %w", EnvService, unread)
	}
	plain, err := json.Marshal(service)
	if err != nil {
		return nil, fmt.Errorf("write %s: %w", EnvService, err)
	}
	var packed bytes.Buffer
	w, err := flate.NewWriter(&packed, flate.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := w.Write(plain); err != nil {
		return nil, err
	}
	if err := w.Close(); err != nil {
		return nil, err
	}
	variables := map[string]string{
		EnvService: base64.StdEncoding.EncodeToString(packed.Bytes()),
		EnvCluster: d.Cluster,
		EnvBase:    d.Base,
	}
	if !d.Service.Adopted() {
		variables[EnvSubnets] = strings.Join(d.Subnets, ",")
		variables[EnvSecurityGroups] = strings.Join(d.SecurityGroups, ",")
		variables[EnvAssignPublicIP] = strconv.FormatBool(d.AssignPublicIP)
	}
	if d.Stage != "" {
		variables[EnvStage] = string(d.Stage)
	}
	if d.Reports.Bucket != "" {
		variables[EnvReports] = d.Reports.String()
	}
	return variables, nil
}

// FromEnvironment reads what Environment wrote; all findings at once.
func FromEnvironment(getenv func(string) string) (Deployed, error) {
	var f Findings
	d := Deployed{
		Stage:   appspec.Event(getenv(EnvStage)),
		Reports: shelf(getenv(EnvReports)),
		Cluster: required(getenv, EnvCluster, &f),
		Base:    required(getenv, EnvBase, &f),
	}
	if err := inflate(required(getenv, EnvService, &f), &d.Service); err != nil {
		f.add(EnvService, "%v; deploy the stack again", err)
	}
	if !d.Service.Adopted() {
		d.Subnets = listed(required(getenv, EnvSubnets, &f))
		d.SecurityGroups = listed(required(getenv, EnvSecurityGroups, &f))
		d.AssignPublicIP = getenv(EnvAssignPublicIP) == "true"
	}
	if len(f) > 0 {
		return Deployed{}, f
	}
	return d, nil
}

func inflate(packed string, s *Service) error {
	if packed == "" {
		return nil
	}
	deflated, err := base64.StdEncoding.DecodeString(packed)
	if err != nil {
		return fmt.Errorf("is not base64: %w", err)
	}
	plain, err := io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(deflated)), maxService))
	if err != nil {
		return fmt.Errorf("is not deflated: %w", err)
	}
	tree, err := tree(plain)
	if err != nil {
		return fmt.Errorf("is not JSON: %w", err)
	}
	var f Findings
	strictly(s, tree, &f)
	if len(f) > 0 {
		return f
	}
	return nil
}

func required(getenv func(string) string, name string, f *Findings) string {
	v := getenv(name)
	if v == "" {
		f.add(name, "is not set; the stack sets it on every function")
	}
	return v
}

func listed(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(s, ",")
}
