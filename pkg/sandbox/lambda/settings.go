package lambda

import (
	"maps"
	"reflect"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/lambda/types"
	"github.com/google/uuid"
)

func (f *function) name() string           { return *f.config.FunctionName }
func (f *function) timeout() time.Duration { return time.Duration(*f.config.Timeout) * time.Second }
func (f *function) logGroup() string       { return *f.config.LoggingConfig.LogGroup }
func (f *function) jsonLogs() bool         { return f.config.LoggingConfig.LogFormat == types.LogFormatJson }

func (f *function) defaults() {
	c := &f.config
	if c.Timeout == nil {
		c.Timeout = aws.Int32(3)
	}
	if c.MemorySize == nil {
		c.MemorySize = aws.Int32(128)
	}
	if len(c.Architectures) == 0 {
		c.Architectures = []types.Architecture{types.ArchitectureX8664}
	}
	if c.EphemeralStorage == nil {
		c.EphemeralStorage = &types.EphemeralStorage{Size: aws.Int32(512)}
	}
}

func (f *function) setVPC(v *types.VpcConfig) {
	if v == nil {
		return
	}
	f.config.VpcConfig = &types.VpcConfigResponse{SecurityGroupIds: v.SecurityGroupIds, SubnetIds: v.SubnetIds, VpcId: aws.String("")}
}

func (f *function) setTracing(t *types.TracingConfig) {
	if t != nil && t.Mode != "" {
		f.config.TracingConfig = &types.TracingConfigResponse{Mode: t.Mode}
	}
}

func (f *function) setLogging(l *types.LoggingConfig) {
	set := types.LoggingConfig{LogFormat: types.LogFormatText}
	if l != nil {
		set = *l
	}
	if set.LogFormat == "" {
		set.LogFormat = types.LogFormatText
	}
	if aws.ToString(set.LogGroup) == "" {
		set.LogGroup = aws.String("/aws/lambda/" + f.name())
	}
	if set.LogFormat == types.LogFormatJson {
		if set.ApplicationLogLevel == "" {
			set.ApplicationLogLevel = types.ApplicationLogLevelInfo
		}
		if set.SystemLogLevel == "" {
			set.SystemLogLevel = types.SystemLogLevelInfo
		}
	}
	f.config.LoggingConfig = &set
}

func (f *function) setEnvironment(e *types.Environment) {
	if e == nil {
		return
	}
	f.environment = maps.Clone(e.Variables)
	f.config.Environment = &types.EnvironmentResponse{Variables: f.environment}
}

func (f *function) setKey(under sealed) {
	f.sealed, f.config.KMSKeyArn = under, nil
	if under.key != "" {
		f.config.KMSKeyArn = aws.String(under.key)
	}
}

// touch marks a change of the configuration.
func (f *function) touch(now time.Time) {
	f.config.LastModified = aws.String(now.UTC().Format("2006-01-02T15:04:05.000-0700"))
	f.config.RevisionId = aws.String(uuid.NewString())
}

// convert copies the members that dst, a pointer to a struct, and src have in common by name and type.
func convert(dst, src any) {
	to, from := reflect.ValueOf(dst).Elem(), reflect.ValueOf(src)
	for i := range from.NumField() {
		field := from.Type().Field(i)
		if !field.IsExported() {
			continue
		}
		if t := to.FieldByName(field.Name); t.IsValid() && t.Type() == field.Type {
			t.Set(from.Field(i))
		}
	}
}
