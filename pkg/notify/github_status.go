package notify

import (
	"cmp"
	"context"
	"net/http"
	"slices"
)

// status is what is read and written of a commit's status or a deployment's. GitHub keeps all, and shows the newest.
type status struct {
	ID             int64  `json:"id,omitempty"`
	State          string `json:"state"`
	Context        string `json:"context,omitempty"` // of a commit's
	Description    string `json:"description"`
	TargetURL      string `json:"target_url,omitempty"`
	LogURL         string `json:"log_url,omitempty"`         // of a deployment's
	EnvironmentURL string `json:"environment_url,omitempty"` // of a deployment's
}

func (s status) says(other status) bool {
	return s.State == other.State && s.Description == other.Description
}

// stand tells a status and lets the furthest of its story be the newest. GitHub has no condition for writing one, and
// steps are told at the same time. But whoever has written looks again: so whoever writes an earlier step over a later
// one finds that in the list, and writes it again.
func (a at) stand(ctx context.Context, want status, path string, list func() ([]status, error), far func(status) reached) error {
	for range updates {
		told, err := list()
		if err != nil {
			return err
		}
		slices.SortFunc(told, func(x, y status) int { return cmp.Compare(y.ID, x.ID) })
		next, ok := due(told, want, far)
		if !ok {
			return nil
		}
		next.ID = 0
		if err := a.ask(ctx, http.MethodPost, path, next, nil); err != nil {
			return err
		}
	}
	return nil
}

// due is the status that is to be written next, if any, where those stand that were told, newest first.
func due(told []status, want status, far func(status) reached) (status, bool) {
	if len(told) == 0 {
		return want, true
	}
	newest, to := far(told[0]), far(want)
	furthest, by, known := want, to, told[0].says(want)
	for _, one := range told {
		its := far(one)
		if newest == elsewhere && its >= open {
			return status{}, false // another deployment came after this one
		}
		if its > by {
			furthest, by = one, its
		}
		known = known || its >= open && one.says(want)
	}
	if known || by > to {
		return furthest, newest < by
	}
	return want, true
}
