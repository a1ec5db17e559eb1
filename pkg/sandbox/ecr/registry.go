package ecr

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	stdlog "log"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/ecr/types"
	"github.com/aws/smithy-go"
	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
)

// maxBlob limits one request that carries a layer or a part of it.
const maxBlob = 4 << 30

// dataPlane wraps go-containerregistry's registry, which does the blobs: sessions, ranges, verification. What
// ECR does differently is done before: who may come in, which repositories there are, and all manifests.
func (s *Service) dataPlane() http.Handler {
	blobs := registry.New(registry.WithBlobHandler(s.blobs), registry.Logger(stdlog.New(io.Discard, "", 0)))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Docker-Distribution-Api-Version", "registry/2.0")
		if !s.admit(r) {
			w.Header().Set("WWW-Authenticate", fmt.Sprintf(`Basic realm="http://%s/",service="ecr.amazonaws.com"`, s.opts.Host()))
			refuse(w, http.StatusUnauthorized, "UNAUTHORIZED", "Not Authorized")
			return
		}
		if r.URL.Path == "/v2/" || r.URL.Path == "/v2" {
			w.WriteHeader(http.StatusOK)
			return
		}
		repo, kind, reference := route(r.URL.Path)
		if kind == "" {
			refuse(w, http.StatusNotFound, "UNSUPPORTED", "The operation is unsupported.")
			return
		}
		s.mu.RLock()
		_, err := s.repo(&repo, nil)
		s.mu.RUnlock()
		if err != nil {
			refuseFor(w, err)
			return
		}
		switch kind {
		case "manifests":
			s.manifest(w, r, repo, reference)
		case "tags":
			s.tags(w, r, repo)
		default:
			r.Body = http.MaxBytesReader(w, r.Body, maxBlob)
			blobs.ServeHTTP(w, r)
		}
	})
}

// route splits /v2/<repository>/{blobs,manifests,tags}/<reference>; a repository's name may have slashes, and
// such words in it.
func route(path string) (repo, kind, reference string) {
	parts := strings.Split(strings.Trim(strings.TrimPrefix(path, "/v2/"), "/"), "/")
	n := len(parts)
	if n >= 4 && parts[n-3] == "blobs" && parts[n-2] == "uploads" {
		return strings.Join(parts[:n-3], "/"), "blobs", parts[n-1]
	}
	if n >= 3 && slices.Contains([]string{"blobs", "manifests", "tags"}, parts[n-2]) {
		return strings.Join(parts[:n-2], "/"), parts[n-2], parts[n-1]
	}
	return "", "", ""
}

// token is a password that is good until then.
func (s *Service) token(until time.Time) string {
	expiry := strconv.FormatInt(until.Unix(), 10)
	mac := hmac.New(sha256.New, s.secret)
	_, _ = mac.Write([]byte(expiry))
	return expiry + "." + hex.EncodeToString(mac.Sum(nil))
}

func (s *Service) admit(r *http.Request) bool {
	user, password, ok := r.BasicAuth()
	expiry, _, _ := strings.Cut(password, ".")
	seconds, err := strconv.ParseInt(expiry, 10, 64)
	until := time.Unix(seconds, 0)
	return ok && err == nil && user == "AWS" && time.Now().Before(until) && hmac.Equal([]byte(password), []byte(s.token(until)))
}

func (s *Service) manifest(w http.ResponseWriter, r *http.Request, repo, reference string) {
	switch r.Method {
	case http.MethodGet, http.MethodHead:
		img, err := s.find(repo, reference)
		if err != nil {
			refuseFor(w, err)
			return
		}
		w.Header().Set("Content-Type", img.mediaType)
		w.Header().Set("Content-Length", strconv.Itoa(len(img.raw)))
		w.Header().Set("Docker-Content-Digest", img.digest)
		if r.Method == http.MethodGet {
			_, _ = w.Write(img.raw)
		}
	case http.MethodPut:
		raw, err := io.ReadAll(http.MaxBytesReader(w, r.Body, maxManifest))
		if err != nil {
			refuse(w, http.StatusRequestEntityTooLarge, "SIZE_INVALID", "The manifest is larger than 4 MiB.")
			return
		}
		tag := reference
		if strings.Contains(reference, ":") {
			digest, _, _ := v1.SHA256(bytes.NewReader(raw))
			if tag = ""; digest.String() != reference {
				refuse(w, http.StatusBadRequest, "DIGEST_INVALID", "The manifest does not have the digest under which it is pushed.")
				return
			}
		}
		img, _, err := s.push(r.Context(), &repo, nil, tag, r.Header.Get("Content-Type"), raw)
		if err != nil {
			refuseFor(w, err)
			return
		}
		w.Header().Set("Location", "/v2/"+repo+"/manifests/"+img.digest)
		w.Header().Set("Docker-Content-Digest", img.digest)
		w.WriteHeader(http.StatusCreated)
	default:
		refuse(w, http.StatusMethodNotAllowed, "UNSUPPORTED", "The operation is unsupported. Images are deleted with BatchDeleteImage.")
	}
}

// find is the manifest that a tag or digest names.
func (s *Service) find(repo, reference string) (*stored, error) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	r, err := s.repo(&repo, nil)
	if err != nil {
		return nil, err
	}
	id := types.ImageIdentifier{ImageTag: &reference}
	if strings.Contains(reference, ":") {
		id = types.ImageIdentifier{ImageDigest: &reference}
	}
	return s.image(r, id)
}

// image is what an identifier names; the caller holds the lock.
func (s *Service) image(r *repository, id types.ImageIdentifier) (*stored, error) {
	digest := deref(id.ImageDigest)
	if id.ImageTag != nil {
		tagged := r.tags[*id.ImageTag]
		if digest != "" && digest != tagged {
			tagged = ""
		}
		digest = tagged
	}
	if img := r.images[digest]; img != nil {
		return img, nil
	}
	return nil, &types.ImageNotFoundException{Message: new(fmt.Sprintf(
		"The image with imageId {imageDigest:'%s', imageTag:'%s'} does not exist within the repository with name '%s' in the registry with id '%s'",
		orNull(id.ImageDigest), orNull(id.ImageTag), r.name, s.opts.Account))}
}

func orNull(s *string) string {
	if s == nil {
		return "null"
	}
	return *s
}

// tags answers /v2/<repository>/tags/list.
func (s *Service) tags(w http.ResponseWriter, r *http.Request, repo string) {
	s.mu.RLock()
	names := []string{}
	if found := s.repos[repo]; found != nil {
		for tag := range found.tags {
			names = append(names, tag)
		}
	}
	s.mu.RUnlock()
	slices.Sort(names)
	query := r.URL.Query()
	if last := query.Get("last"); last != "" {
		names = slices.DeleteFunc(names, func(tag string) bool { return tag <= last })
	}
	if n, err := strconv.Atoi(query.Get("n")); err == nil && n > 0 && n < len(names) {
		names = names[:n]
		w.Header().Set("Link", fmt.Sprintf(`</v2/%s/tags/list?n=%d&last=%s>; rel="next"`, repo, n, names[n-1]))
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(map[string]any{"name": repo, "tags": names})
}

// refuseFor says an AWS error in the registry protocol's words.
func refuseFor(w http.ResponseWriter, err error) {
	status, word := http.StatusInternalServerError, "UNKNOWN"
	switch code(err) {
	case "RepositoryNotFoundException":
		status, word = http.StatusNotFound, "NAME_UNKNOWN"
	case "ImageNotFoundException":
		status, word = http.StatusNotFound, "MANIFEST_UNKNOWN"
	case "ImageTagAlreadyExistsException":
		status, word = http.StatusBadRequest, "TAG_INVALID"
	case "InvalidParameterException":
		status, word = http.StatusBadRequest, "MANIFEST_INVALID"
	case "LayersNotFoundException", "ReferencedImagesNotFoundException":
		status, word = http.StatusNotFound, "MANIFEST_BLOB_UNKNOWN"
	}
	message := err.Error()
	if api, ok := errors.AsType[smithy.APIError](err); ok {
		message = api.ErrorMessage()
	}
	refuse(w, status, word, message)
}

func refuse(w http.ResponseWriter, status int, code, message string) {
	type item struct {
		Code    string `json:"code"`
		Message string `json:"message"`
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(map[string][]item{"errors": {{code, message}}})
}
