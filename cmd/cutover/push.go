package main

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ecr"
	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/cutover-ecs/cutover/pkg/live/oci"
)

// siteSource is where the website's source is, by the label of its images.
const siteSource = "https://github.com/cutover-ecs/cutover"

// siteImage builds an image of the website that lies in a directory: a version, what is wrong with it if anything, and
// more of its environment. It has the labels that builders set, and shows the same commit, unless its environment says
// another.
func siteImage(bin, version, revision, fault string, more ...string) (v1.Image, error) {
	env := append([]string{"SITE_VERSION=" + version}, more...)
	revision = cmp.Or(revision, madeUp(append(env, fault)))
	if !slices.ContainsFunc(env, func(e string) bool { return strings.HasPrefix(e, "SITE_REVISION=") }) {
		env = append(env, "SITE_REVISION="+revision)
	}
	if fault != "" {
		env = append(env, "SITE_FAULT="+fault)
	}
	return program(filepath.Join(bin, website), "/site", v1.Config{
		Entrypoint: []string{"/site"}, Env: env, ExposedPorts: map[string]struct{}{"80/tcp": {}},
		Labels: map[string]string{oci.Source: siteSource, oci.Revision: revision, oci.Version: version},
	})
}

// madeUp is the commit of a version that was built from none: the same for the same.
func madeUp(of []string) string {
	sum := sha256.Sum256([]byte(strings.Join(of, "\n")))
	return hex.EncodeToString(sum[:20])
}

// sendImage pushes an image as any registry client does, with ECR's own login.
func sendImage(ctx context.Context, login *ecr.Client, ref name.Reference, image v1.Image) error {
	out, err := login.GetAuthorizationToken(ctx, &ecr.GetAuthorizationTokenInput{})
	if err != nil {
		return fmt.Errorf("log in to the registry: %w", err)
	}
	auth := authn.FromConfig(authn.AuthConfig{Auth: aws.ToString(out.AuthorizationData[0].AuthorizationToken)})
	if err := remote.Write(ref, image, remote.WithContext(ctx), remote.WithAuth(auth)); err != nil {
		return fmt.Errorf("push %s: %w", ref, err)
	}
	return nil
}

// site builds an image of the website.
func (s *story) site(version, fault string) (v1.Image, error) {
	return siteImage(s.bin, version, "", fault)
}

// push builds an image and pushes it.
func (s *story) push(ctx context.Context, version, fault string) error {
	image, err := s.site(version, fault)
	if err != nil {
		return err
	}
	return s.send(ctx, version, image)
}

// send pushes an image and says so.
func (s *story) send(ctx context.Context, version string, image v1.Image) error {
	ref, err := name.ParseReference(s.local.Host() + "/" + s.names.Repository + ":" + version)
	if err != nil {
		return err
	}
	s.pushes = append(s.pushes, push{version: version, at: time.Now()})
	if err := sendImage(ctx, s.ecr, ref, image); err != nil {
		return err
	}
	s.say("   pushed %s", ref)
	return nil
}
