package config

// Wanted are the service's images, in whichever form they are written: those of Images, or the one of Image.
func (s Service) Wanted() []Image {
	if len(s.Images) > 0 {
		return s.Images
	}
	return []Image{s.Image}
}

// Repositories are those of the service's images, each once, in their order.
func (s Service) Repositories() []string {
	var names []string
	seen := map[string]bool{}
	for _, i := range s.Wanted() {
		if name := i.Repository; !seen[name] {
			seen[name] = true
			names = append(names, name)
		}
	}
	return names
}

// mapped is the image of the container that the traffic goes to.
func (s Service) mapped() Image {
	for _, i := range s.Images {
		if i.Container == or(s.Task.Container, s.Name) {
			return i
		}
	}
	return s.Image
}
