package main

import (
	"context"
	"fmt"
	"path/filepath"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
)

// site builds an image of the website.
func (s *story) site(version, fault string) (v1.Image, error) {
	env := []string{"SITE_VERSION=" + version}
	if fault != "" {
		env = append(env, "SITE_FAULT="+fault)
	}
	return program(filepath.Join(s.bin, website), "/site", v1.Config{
		Entrypoint: []string{"/site"}, Env: env, ExposedPorts: map[string]struct{}{"80/tcp": {}},
	})
}

// push builds an image and pushes it.
func (s *story) push(ctx context.Context, version, fault string) error {
	image, err := s.site(version, fault)
	if err != nil {
		return err
	}
	return s.send(ctx, version, image)
}

// send pushes an image as any registry client does, with ECR's own login.
func (s *story) send(ctx context.Context, version string, image v1.Image) error {
	ref, err := name.ParseReference(s.local.Host() + "/" + s.names.Repository + ":" + version)
	if err != nil {
		return err
	}
	login, err := s.ecr.GetAuthorizationToken(ctx, &ecr.GetAuthorizationTokenInput{})
	if err != nil {
		return fmt.Errorf("log in to the registry: %w", err)
	}
	auth := authn.FromConfig(authn.AuthConfig{Auth: aws.ToString(login.AuthorizationData[0].AuthorizationToken)})
	s.pushes = append(s.pushes, push{version: version, at: time.Now()})
	if err := remote.Write(ref, image, remote.WithContext(ctx), remote.WithAuth(auth)); err != nil {
		return fmt.Errorf("push %s: %w", ref, err)
	}
	s.say("   pushed %s", ref)
	return nil
}
